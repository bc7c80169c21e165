"""The seven metrics of rule-based detection and their scores, one pass over the bars."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float64]

VOLATILITY_BARS = 20
TREND_BARS = 20
ATR_BARS = 14
MOMENTUM_BARS = 20
FAST_BARS, SLOW_BARS = 10, 50
N_METRICS = 6


@njit(cache=True, nogil=True)
def rule_metrics(high: Float, low: Float, close: Float, start: int, window: int) -> Float:
    """Metrics of the bars in a trailing window, for each bar from ``start`` on; ``window`` 0 means all bars so far.

    high, low, close : (n_bars,) positive, oldest first.
    Returns (n_bars - start, 6): volatility, trend_strength, atr_percent, range_efficiency, momentum, ma_convergence as
    ``regimes.Metrics`` defines them; a metric that lacks bars is NaN.
    """
    n = len(close)
    out = np.full((n - start, N_METRICS), np.nan)
    total = path = 0.0
    summed = 0
    earliest = 0 if window == 0 else max(0, start + 1 - window)
    size = np.empty(n)
    for i in range(earliest + 1, n):
        size[i] = abs(close[i] / close[i - 1] - 1.0)
    for t in range(start, n):
        first = 0 if window == 0 else max(0, t + 1 - window)
        if window > 0:  # summed anew for each bar: what leaves a running sum leaves rounding behind
            total, path, summed = 0.0, 0.0, first
        for i in range(summed, t + 1):
            total += close[i]
            path += size[i] if i > first else 0.0
        summed = t + 1
        mean = total / (t - first + 1)
        row = out[t - start]
        row[0] = _volatility(close, first, t)
        row[1] = _trend_strength(close, first, t, mean)
        row[2] = _atr_percent(high, low, close, first, t)
        row[3] = _range_efficiency(close, first, t, path, mean)
        if t - first + 1 >= MOMENTUM_BARS:
            row[4] = close[t] / close[t - MOMENTUM_BARS + 1] - 1.0
        if t - first + 1 >= SLOW_BARS:
            row[5] = close[t - FAST_BARS + 1 : t + 1].mean() / close[t - SLOW_BARS + 1 : t + 1].mean() - 1.0
    return out


@njit(cache=True, nogil=True)
def rule_scores(metrics: Float) -> Float:
    """Points of each regime for each row of metrics: (n_rows, 5), in wire order. A NaN metric scores nothing."""
    out = np.zeros((len(metrics), 5))
    for i in range(len(metrics)):
        volatility, trend, atr, efficiency, momentum = metrics[i, 0], metrics[i, 1], metrics[i, 2], metrics[i, 3], metrics[i, 4]
        if volatility > 0.03:
            out[i, 3] += 40.0
        elif volatility < 0.01:
            out[i, 4] += 30.0
        if trend > 0.01 and efficiency > 0.5:
            out[i, 0] += 50.0
        elif trend < -0.01 and efficiency > 0.5:
            out[i, 1] += 50.0
        if efficiency < 0.3 and 0.01 <= volatility <= 0.025:
            out[i, 2] += 40.0
        if momentum > 0.05:
            out[i, 0] += 20.0
        elif momentum < -0.05:
            out[i, 1] += 20.0
        if atr > 3.0:
            out[i, 3] += 20.0
        elif atr < 1.0:
            out[i, 4] += 20.0
    return out


@njit(cache=True, nogil=True)
def rule_labels(scores: Float, unlabelled: int, unknown: int) -> tuple[NDArray[np.int8], Float, Float]:
    """Regime of the highest score, (n_rows,), the first of equal ones; scores over their sum, (n_rows, 5); highest over 100.

    unlabelled : rows at the beginning that get no label. Where there is none, or no rule fires, it is ``unknown``, and each
    regime as likely as the next.
    """
    n, n_regimes = scores.shape
    codes = np.full(n, unknown, dtype=np.int8)
    probabilities = np.full((n, n_regimes), 1.0 / n_regimes)
    confidence = np.zeros(n)
    for t in range(unlabelled, n):
        total = scores[t].sum()
        if total > 0.0:
            codes[t] = np.argmax(scores[t])
            probabilities[t] = scores[t] / total
            confidence[t] = scores[t, codes[t]] / 100.0
    return codes, probabilities, confidence


@njit(cache=True, nogil=True)
def _volatility(close: Float, first: int, t: int) -> float:
    if t - first < VOLATILITY_BARS:
        return np.nan
    mean = 0.0
    for i in range(t - VOLATILITY_BARS + 1, t + 1):
        mean += close[i] / close[i - 1] - 1.0
    mean /= VOLATILITY_BARS
    total = 0.0
    for i in range(t - VOLATILITY_BARS + 1, t + 1):
        total += (close[i] / close[i - 1] - 1.0 - mean) ** 2
    return np.sqrt(total / (VOLATILITY_BARS - 1))


@njit(cache=True, nogil=True)
def _trend_strength(close: Float, first: int, t: int, mean: float) -> float:
    if t - first + 1 < TREND_BARS:
        return np.nan
    centre = (TREND_BARS - 1) / 2.0
    slope = 0.0
    for i in range(TREND_BARS):
        slope += (i - centre) * close[t - TREND_BARS + 1 + i]
    slope /= TREND_BARS * (TREND_BARS * TREND_BARS - 1) / 12.0
    return slope / mean


@njit(cache=True, nogil=True)
def _atr_percent(high: Float, low: Float, close: Float, first: int, t: int) -> float:
    if t - first < ATR_BARS:
        return np.nan
    total = 0.0
    for i in range(t - ATR_BARS + 1, t + 1):
        total += max(high[i] - low[i], abs(high[i] - close[i - 1]), abs(low[i] - close[i - 1]))
    return total / ATR_BARS / close[t] * 100.0


@njit(cache=True, nogil=True)
def _range_efficiency(close: Float, first: int, t: int, path: float, mean: float) -> float:
    """Net move over path length; 0 where the price never moved."""
    if t == first:
        return np.nan
    return 0.0 if path == 0.0 else abs(close[t] - close[first]) / (path * mean)
