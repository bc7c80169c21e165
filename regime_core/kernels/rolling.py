"""Trailing windows over one series, each computed afresh from its own bars.

No sum runs on from one window to the next: nothing drifts over a million bars, a NaN spoils only the windows that contain it,
and row t does not depend on how many rows follow. Values are taken relative to the window's last one before they are added, so
that small moves at a high price keep their digits. The first ``window - 1`` values of every result are NaN.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float64]

ROUNDING = 1e-15
"""Dispersion of returns up to this is the rounding of the prices and counts as none."""


@njit(cache=True, nogil=True)
def change(x: Float, lag: int) -> Float:
    """Relative change over ``lag`` bars: (n,), the first ``lag`` NaN."""
    out = np.full(len(x), np.nan)
    for t in range(lag, len(x)):
        out[t] = (x[t] - x[t - lag]) / x[t - lag]
    return out


@njit(cache=True, nogil=True)
def log_ratio(a: Float, b: Float) -> Float:
    """Natural logarithm of a / b, bar by bar, to full precision also where the two are close; both (n,) positive."""
    out = np.full(len(a), np.nan)
    for t in range(len(a)):
        if 0.5 * b[t] < a[t] < 2.0 * b[t]:
            out[t] = np.log1p((a[t] - b[t]) / b[t])
        else:
            out[t] = np.log(a[t]) - np.log(b[t])
    return out


@njit(cache=True, nogil=True)
def mean(x: Float, window: int) -> Float:
    """Mean of the last ``window`` values: (n,)."""
    out = np.full(len(x), np.nan)
    for t in range(window - 1, len(x)):
        total = 0.0
        for i in range(t - window + 1, t + 1):
            total += x[i] - x[t]
        out[t] = x[t] + total / window
    return out


@njit(cache=True, nogil=True)
def deviation(x: Float, window: int) -> Float:
    """Sample standard deviation (divisor ``window - 1``) of the last ``window`` values: (n,)."""
    out = np.full(len(x), np.nan)
    for t in range(window - 1, len(x)):
        total = 0.0
        for i in range(t - window + 1, t + 1):
            total += x[i] - x[t]
        centre = x[t] + total / window
        squares = 0.0
        for i in range(t - window + 1, t + 1):
            squares += (x[i] - centre) * (x[i] - centre)
        out[t] = np.sqrt(squares / (window - 1))
    return out


@njit(cache=True, nogil=True)
def zscore(x: Float, window: int, floor: float) -> Float:
    """Distance of the last value from its window's mean in sample standard deviations: (n,); 0 where those are <= ``floor``."""
    centre, spread = mean(x, window), deviation(x, window)
    out = np.full(len(x), np.nan)
    for t in range(window - 1, len(x)):
        if spread[t] <= floor:
            out[t] = 0.0
        else:
            out[t] = (x[t] - centre[t]) / spread[t]
    return out


@njit(cache=True, nogil=True)
def band(x: Float, window: int) -> tuple[Float, Float]:
    """Mean less the last value, and population standard deviation, both over the last value: two (n,); x positive."""
    centre, spread = np.full(len(x), np.nan), np.full(len(x), np.nan)
    for t in range(window - 1, len(x)):
        total = 0.0
        for i in range(t - window + 1, t + 1):
            total += x[i] - x[t]
        gap = total / window
        squares = 0.0
        for i in range(t - window + 1, t + 1):
            step = x[i] - x[t] - gap
            squares += step / x[t] * (step / x[t])
        centre[t] = gap / x[t]
        spread[t] = np.sqrt(squares / window)
    return centre, spread


@njit(cache=True, nogil=True)
def trend(x: Float, window: int) -> Float:
    """Least-squares slope per bar over the window's mean: (n,); x positive."""
    out = np.full(len(x), np.nan)
    middle = (window - 1) / 2.0
    spread = window * (window * window - 1) / 12.0
    for t in range(window - 1, len(x)):
        slope, total = 0.0, 0.0
        for i in range(window):
            gap = x[t - window + 1 + i] - x[t]
            slope += (i - middle) * gap
            total += gap
        out[t] = slope / spread / (x[t] + total / window)
    return out


@njit(cache=True, nogil=True)
def efficiency(x: Float, window: int) -> Float:
    """Net move over (sum of absolute relative changes * mean): (n,); 0 where x never moved; x positive."""
    out = np.full(len(x), np.nan)
    for t in range(window - 1, len(x)):
        first = t - window + 1
        path, total = 0.0, x[first] - x[t]
        for i in range(first + 1, t + 1):
            path += abs(x[i] - x[i - 1]) / x[i - 1]
            total += x[i] - x[t]
        out[t] = 0.0 if path == 0.0 else abs(x[t] - x[first]) / (path * (x[t] + total / window))
    return out


@njit(cache=True, nogil=True)
def highest(x: Float, window: int) -> Float:
    """Largest of the last ``window`` values: (n,); x without NaN."""
    out = np.full(len(x), np.nan)
    for t in range(window - 1, len(x)):
        top = x[t]
        for i in range(t - window + 1, t):
            top = max(top, x[i])
        out[t] = top
    return out


@njit(cache=True, nogil=True)
def lowest(x: Float, window: int) -> Float:
    """Smallest of the last ``window`` values: (n,); x without NaN."""
    out = np.full(len(x), np.nan)
    for t in range(window - 1, len(x)):
        bottom = x[t]
        for i in range(t - window + 1, t):
            bottom = min(bottom, x[i])
        out[t] = bottom
    return out


@njit(cache=True, nogil=True)
def autocorrelation(r: Float, window: int) -> Float:
    """Lag-1 sample autocorrelation of the last ``window`` returns: (n,) in [-1, 1]; 0 where they do not vary."""
    out = np.full(len(r), np.nan)
    centre = mean(r, window)
    for t in range(window - 1, len(r)):
        last = r[t - window + 1] - centre[t]
        squares, products = last * last, 0.0
        for i in range(t - window + 2, t + 1):
            step = r[i] - centre[t]
            squares += step * step
            products += step * last
            last = step
        out[t] = 0.0 if squares <= window * ROUNDING * ROUNDING else products / squares
    return out


@njit(cache=True, nogil=True)
def variance_ratio(r: Float, window: int, lag: int) -> Float:
    """Variance of overlapping ``lag``-bar returns over ``lag`` times that of 1-bar returns, unbiased; 1 where r does not vary.

    r : (n,) log returns. Returns (n,); 1 for a random walk, above it for a trend, below it for reversion.
    """
    out = np.full(len(r), np.nan)
    centre = mean(r, window)
    path = np.zeros(window + 1)
    norm = lag * (window - lag + 1) * (1.0 - lag / window)
    for t in range(window - 1, len(r)):
        squares = 0.0
        for i in range(window):
            step = r[t - window + 1 + i] - centre[t]
            squares += step * step
            path[i + 1] = path[i] + step
        long_squares = 0.0
        for i in range(lag, window + 1):
            long_squares += (path[i] - path[i - lag]) ** 2
        if squares <= window * ROUNDING * ROUNDING:
            out[t] = 1.0
        else:
            out[t] = (long_squares / norm) / (squares / (window - 1))
    return out
