"""Bars as standardised moves, and the scale-free features made of them, in one causal pass."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from regime_core.kernels import regime_filter as bank

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]

FIRST_ROW = 49
"""Rows before this one have no features: the bars up to it set the unit everything is measured in."""
N_BUCKETS = 96
"""Time-of-day buckets of 15 minutes."""
DAY_NS = 86_400_000_000_000
PROFILE_MEMORY = 0.98
"""Weight of yesterday's profile in today's."""
PROFILE_PRIOR_DAYS = 5.0
"""Days of data at which the profile is believed by half."""
GAP_STEPS = 3
"""A step longer than this many usual steps is a gap: an overnight, a weekend, a halt."""
RANGE_WEIGHT, MOVE_WEIGHT = 0.694, -0.470
"""Variance of a bar from its squared range and squared move: of all such sums the unbiased one with the least variance on
a walk of 24 steps; 2 / (its relative variance) is about 5, against 1 for the squared move alone."""
WINSOR_TOP, WINSOR_BOTTOM = 10.0, 0.05
"""Moves beyond this multiple of s0, and volatilities below this one, are drawn in to it."""

VOLATILITY_HALF_LIVES = (3.0, 8.0, 20.0, 60.0)
DRIFT_HALF_LIVES = (4.0, 8.0, 16.0, 32.0, 64.0)
EFFICIENCY_HALF_LIVES = (8.0, 24.0)
DISTANCE_HALF_LIVES = (16.0, 48.0)
CORRELATION_HALF_LIVES = (20.0, 60.0)
N_FEATURES = 27


@njit(cache=True, nogil=True)
def moves(time: NDArray[np.int64], open_: Float, high: Float, low: Float, close: Float, intraday: bool, usual: int) -> Float:
    """Log move and variance of each bar.

    time : (n_bars,) nanoseconds. intraday : a bar after a step over GAP_STEPS * ``usual`` nanoseconds moves from its own open;
    every other bar, and all daily ones, from the close before.
    Returns (n_bars, 3): log move, its variance from the bar's range, 1 where the range tells nothing beyond the move.
    """
    n = len(close)
    out = np.empty((n, 3))
    blind = 0.0
    for t in range(n):
        after_gap = t == 0 or (intraday and time[t] - time[t - 1] > GAP_STEPS * usual)
        origin = open_[t] if after_gap else close[t - 1]
        move = np.log(close[t] / origin)
        reach = np.log(max(high[t], origin) / min(low[t], origin))
        bare = reach <= abs(move) * (1.0 + 1e-9)
        blind += 0.05 * ((1.0 if bare else 0.0) - blind)
        out[t, 0] = move
        if blind > 0.5:
            out[t, 1] = move * move
            out[t, 2] = 1.0
        else:
            out[t, 1] = max(RANGE_WEIGHT * reach * reach + MOVE_WEIGHT * move * move, 0.0)
            out[t, 2] = 0.0
    return out


@njit(cache=True, nogil=True)
def remove_time_of_day(moved: Float, time: NDArray[np.int64]) -> None:
    """Divide moves by the usual volatility of their time of day, in place; each day is divided by the days before it.

    moved : (n_bars, 3) as ``moves`` returns. time : (n_bars,) nanoseconds UTC; days and buckets are those of UTC.
    """
    total = np.zeros(N_BUCKETS)
    days = np.zeros(N_BUCKETS)
    today = np.zeros(N_BUCKETS)
    seen = np.zeros(N_BUCKETS)
    day = time[0] // DAY_NS
    for t in range(len(time)):
        if time[t] // DAY_NS != day:
            day = time[t] // DAY_NS
            _close_day(total, days, today, seen)
        bucket = (time[t] % DAY_NS) * N_BUCKETS // DAY_NS
        if moved[t, 1] > 0.0:
            today[bucket] += 0.5 * np.log(moved[t, 1])
            seen[bucket] += 1.0
        usual = np.exp(total[bucket] / (days[bucket] + PROFILE_PRIOR_DAYS))
        moved[t, 0] /= usual
        moved[t, 1] /= usual * usual


@njit(cache=True, nogil=True)
def _close_day(total: Float, days: Float, today: Float, seen: Float) -> None:
    bars = seen.sum()
    if (seen > 0).sum() >= 4:
        level = today.sum() / bars
        for b in range(N_BUCKETS):
            if seen[b] > 0:
                total[b] = PROFILE_MEMORY * total[b] + today[b] / seen[b] - level
                days[b] = PROFILE_MEMORY * days[b] + 1.0
    today[:] = 0.0
    seen[:] = 0.0


@njit(cache=True, nogil=True)
def first_unit(moved: Float) -> float:
    """Median volatility of the moving ones among the bars before FIRST_ROW; 0 if none moved."""
    variance = moved[1:FIRST_ROW, 1]
    variance = variance[variance > 0]
    return float(np.sqrt(np.median(variance))) if len(variance) else 0.0


@njit(cache=True, nogil=True)
def features(moved: Float, start: int) -> Float32:
    """Scale-free features of bars ``start:``; the order is that of ``features.relative.FEATURES``.

    moved : (n_bars, 3) as ``moves`` returns, divided by the time of day where that matters. n_bars > FIRST_ROW.
    Returns (n_bars - start, N_FEATURES); rows of bars before FIRST_ROW are NaN. While no bar has ever moved all is 0 and calm is certain.
    """
    n = len(moved)
    out = np.full((n - start, N_FEATURES), np.nan, dtype=np.float32)
    state = bank.new_state()
    unit = first_unit(moved)
    begun = 0
    smooth = np.zeros(32)
    posterior = np.zeros(bank.N_OUT)
    for t in range(n):
        if unit == 0.0:
            if t >= FIRST_ROW:
                unit = np.sqrt(moved[t, 1])
                begun = t
            if unit == 0.0:
                if t >= max(start, FIRST_ROW):
                    _fill_still(out[t - start])
                continue
        blind = moved[t, 2] > 0.0
        s0 = np.exp(posterior[bank.LOG_S0]) if t > begun else 1.0
        move = min(max(moved[t, 0] / unit, -WINSOR_TOP * s0), WINSOR_TOP * s0)
        variance = min(max(moved[t, 1] / (unit * unit), (WINSOR_BOTTOM * s0) ** 2), (WINSOR_TOP * s0) ** 2)
        variance = max(variance, 0.22 * move * move)
        bank.step(state, move, variance, blind, posterior)
        _smooth(smooth, move, variance, posterior, t - begun)
        if t >= max(start, FIRST_ROW):
            _fill(out[t - start], smooth, posterior, t - begun)
    return out


@njit(cache=True, nogil=True)
def _fill_still(row: Float32) -> None:
    row[:] = 0.0
    for k in range(5):
        row[k] = np.log(bank.SMALLEST) if k != 4 else 0.0


@njit(cache=True, nogil=True)
def _blend(value: float, new: float, half_life: float, age: int) -> float:
    """Exponentially weighted mean that starts as a plain mean."""
    weight = max(1.0 - 0.5 ** (1.0 / half_life), 1.0 / (age + 1.0))
    return value + weight * (new - value)


@njit(cache=True, nogil=True)
def _smooth(smooth: Float, move: float, variance: float, posterior: Float, age: int) -> None:
    """Bring the running means up to date. The last two slots are the path and the last move."""
    i = 0
    for half_life in VOLATILITY_HALF_LIVES:
        smooth[i] = _blend(smooth[i], variance, half_life, age)
        i += 1
    for half_life in DRIFT_HALF_LIVES:
        smooth[i] = _blend(smooth[i], move, half_life, age)
        i += 1
    for half_life in EFFICIENCY_HALF_LIVES:
        smooth[i] = _blend(smooth[i], abs(move), half_life, age)
        smooth[i + 1] = _blend(smooth[i + 1], move, half_life, age)
        i += 2
    path = smooth[30] + move
    for half_life in DISTANCE_HALF_LIVES:
        smooth[i] = _blend(smooth[i], path, half_life, age)
        i += 1
    for half_life in CORRELATION_HALF_LIVES:
        smooth[i] = _blend(smooth[i], move * smooth[31], half_life, age)
        smooth[i + 1] = _blend(smooth[i + 1], move * move, half_life, age)
        i += 2
    smooth[i] = _blend(smooth[i], posterior[bank.TURNOVER], 300.0, age)
    smooth[i + 1] = _blend(smooth[i + 1], posterior[0] - posterior[1], 10.0, age)
    smooth[i + 2] = _blend(smooth[i + 2], variance, 500.0, age)
    smooth[30] = path
    smooth[31] = move


@njit(cache=True, nogil=True)
def _fill(row: Float32, smooth: Float, posterior: Float, age: int) -> None:
    j = 0
    for k in range(5):
        row[j] = np.log(max(posterior[k], bank.SMALLEST))
        j += 1
    row[j] = posterior[bank.FAT_TAILS]
    row[j + 1] = posterior[bank.SD_LOG_S0]
    row[j + 2] = np.log(min(age + 1.0, 2000.0))
    j += 3
    i = 0
    for _ in VOLATILITY_HALF_LIVES:
        row[j] = 0.5 * np.log(smooth[i]) - posterior[bank.LOG_S0]
        i += 1
        j += 1
    local = np.sqrt(smooth[1])
    for _ in DRIFT_HALF_LIVES:
        row[j] = smooth[i] / local
        i += 1
        j += 1
    for _ in EFFICIENCY_HALF_LIVES:
        row[j] = smooth[i + 1] / smooth[i] if smooth[i] > 0.0 else 0.0
        i += 2
        j += 1
    for _ in DISTANCE_HALF_LIVES:
        row[j] = (smooth[30] - smooth[i]) / local
        i += 1
        j += 1
    for _ in CORRELATION_HALF_LIVES:
        row[j] = smooth[i] / smooth[i + 1] if smooth[i + 1] > 0.0 else 0.0
        i += 2
        j += 1
    row[j] = smooth[i]
    row[j + 1] = smooth[i + 1]
    row[j + 2] = 0.5 * np.log(smooth[i + 2]) - posterior[bank.LOG_S0]
    row[j + 3] = np.sqrt(smooth[0]) / np.sqrt(smooth[3])
