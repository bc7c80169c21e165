"""Recursive averages of closes: RSI and MACD, and the true range. Row t depends on all bars up to t, and on none after it."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float64]

STILL = 1e-15
"""Average moves up to this fraction of the price are what is left of an old move, or rounding: the price stands still."""


@njit(cache=True, nogil=True)
def true_range(high: Float, low: Float, close: Float) -> Float:
    """Largest of high - low, |high - last close|, |low - last close|: (n,) in price units; the first is NaN."""
    out = np.full(len(close), np.nan)
    for t in range(1, len(close)):
        out[t] = max(high[t] - low[t], abs(high[t] - close[t - 1]), abs(low[t] - close[t - 1]))
    return out


@njit(cache=True, nogil=True)
def rsi(close: Float, window: int) -> Float:
    """Relative strength index with Wilder's smoothing: (n,) in 0..100, the first ``window`` NaN.

    50 where the price stands still. The first average is the plain mean of the first ``window`` moves.
    """
    n = len(close)
    out = np.full(n, np.nan)
    if n <= window:
        return out
    gain, loss = 0.0, 0.0
    for t in range(1, n):
        move = close[t] - close[t - 1]
        up, down = max(move, 0.0), max(-move, 0.0)
        if t <= window:
            gain += up / window
            loss += down / window
        else:
            gain += (up - gain) / window
            loss += (down - loss) / window
        if t >= window:
            out[t] = 50.0 if gain + loss <= STILL * close[t] else 100.0 * gain / (gain + loss)
    return out


@njit(cache=True, nogil=True)
def macd(close: Float, fast: int, slow: int, signal: int) -> tuple[Float, Float]:
    """MACD line and its signal line, as fractions of the close: two (n,), the first ``slow - 1``, ``slow + signal - 2`` NaN.

    Both averages start at bar ``slow - 1`` from plain means of the bars up to it, the signal from the mean of its first values.
    What is carried is each average's distance from the close, so that small moves at a high price keep their digits.
    """
    n = len(close)
    line, smooth = np.full(n, np.nan), np.full(n, np.nan)
    start = slow - 1
    if n <= start:
        return line, smooth
    fast_gap, slow_gap = _mean_gap(close, start, fast), _mean_gap(close, start, slow)
    keep_fast, keep_slow, keep_signal = 1.0 - 2.0 / (fast + 1.0), 1.0 - 2.0 / (slow + 1.0), 1.0 - 2.0 / (signal + 1.0)
    average = 0.0
    for t in range(start, n):
        if t > start:
            move = close[t] - close[t - 1]
            fast_gap = keep_fast * (fast_gap - move)
            slow_gap = keep_slow * (slow_gap - move)
        value = fast_gap - slow_gap
        line[t] = value / close[t]
        if t < start + signal:
            average += value / signal
        else:
            average = value + keep_signal * (average - value)
        if t >= start + signal - 1:
            smooth[t] = average / close[t]
    return line, smooth


@njit(cache=True, nogil=True)
def _mean_gap(close: Float, t: int, window: int) -> float:
    total = 0.0
    for i in range(t - window + 1, t + 1):
        total += close[i] - close[t]
    return total / window
