"""Bid-ask spreads read from closes (Roll) and from highs and lows (Corwin and Schultz)."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float64]

TWO_BARS = 3.0 - 2.0 * np.sqrt(2.0)


@njit(cache=True, nogil=True)
def roll(r: Float, window: int) -> Float:
    """Twice the root of minus the lag-1 sample covariance of the last ``window`` returns: (n,); 0 where that is positive."""
    out = np.full(len(r), np.nan)
    pairs = window - 1
    for t in range(window - 1, len(r)):
        first = t - window + 1
        before, after = 0.0, 0.0
        for i in range(first, t):
            before += r[i]
            after += r[i + 1]
        before, after = before / pairs, after / pairs
        products = 0.0
        for i in range(first, t):
            products += (r[i] - before) * (r[i + 1] - after)
        covariance = products / (pairs - 1)
        if covariance < 0.0:
            out[t] = 2.0 * np.sqrt(-covariance)
        elif covariance >= 0.0:
            out[t] = 0.0
    return out


@njit(cache=True, nogil=True)
def corwin_schultz(high: Float, low: Float, close: Float) -> Float:
    """Spread of each pair of neighbouring bars as a fraction of price: (n,), the first NaN; negative estimates are set to 0.

    A bar that opened away from the last close is first moved back over the gap, as the authors do with overnight gaps.
    """
    out = np.full(len(close), np.nan)
    for t in range(1, len(close)):
        last, top, bottom = close[t - 1], high[t], low[t]
        if low[t] > last:
            top, bottom = last + (high[t] - low[t]), last
        elif high[t] < last:
            top, bottom = last, last - (high[t] - low[t])
        beta = _log_range(high[t - 1], low[t - 1]) ** 2 + _log_range(top, bottom) ** 2
        gamma = _log_range(max(high[t - 1], top), min(low[t - 1], bottom)) ** 2
        alpha = (np.sqrt(2.0 * beta) - np.sqrt(beta)) / TWO_BARS - np.sqrt(gamma / TWO_BARS)
        out[t] = max(2.0 * np.tanh(alpha / 2.0), 0.0)
    return out


@njit(cache=True, nogil=True)
def _log_range(high: float, low: float) -> float:
    return float(np.log1p((high - low) / low))
