"""Bars as standardised moves, and the scale-free features made of them, in one causal pass."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from regime_core.kernels import regime_filter as bank

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]

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

VOLATILITY_HALF_LIVES = (3.0, 8.0, 20.0, 60.0)
DRIFT_HALF_LIVES = (4.0, 8.0, 16.0, 32.0, 64.0)
EFFICIENCY_HALF_LIVES = (8.0, 16.0)
DISTANCE_HALF_LIVES = (16.0, 48.0)
CORRELATION_HALF_LIVES = (20.0, 60.0)
POSTERIOR_HALF_LIFE, FIT_HALF_LIFE, SPREAD_HALF_LIFE = 8.0, 750.0, 500.0
WEIGHTS = 1.0 - 0.5 ** (
    1.0
    / np.array(
        [
            *VOLATILITY_HALF_LIVES,
            *DRIFT_HALF_LIVES,
            *EFFICIENCY_HALF_LIVES,
            *DISTANCE_HALF_LIVES,
            *np.repeat(CORRELATION_HALF_LIVES, 2),
            *([POSTERIOR_HALF_LIFE] * bank.N_REGIMES),
            *([FIT_HALF_LIFE] * 2),
            SPREAD_HALF_LIFE,
        ]
    )
)
"""What the newest bar counts in each running mean."""
N_MEANS = len(WEIGHTS) + 2
PATH, LAST_MOVE = N_MEANS - 2, N_MEANS - 1
N_FEATURES = 35
P_CALM_MEAN = 28
LOG_RATIO = np.log(np.array(bank.VOLATILITY))


@njit(cache=True, nogil=True, error_model="numpy")
def moves(time: NDArray[np.int64], open_: Float, high: Float, low: Float, close: Float, intraday: bool, usual: int) -> Float:
    """Log move and variance of each bar.

    time : (n_bars,) nanoseconds. intraday : a bar after a step over GAP_STEPS * ``usual`` nanoseconds moves from its own open;
    every other bar, and all daily ones, from the close before.
    Returns (n_bars, 3): log move, its variance from the bar's range, 1 where the range tells nothing beyond the move: on a bar
    that moved and has no range at all, as a day with one trade, and on every bar while most of the last have none beyond it.
    """
    n = len(close)
    out = np.empty((n, 3))
    blind = 0.0
    for t in range(n):
        after_gap = t == 0 or (intraday and time[t] - time[t - 1] > GAP_STEPS * usual)
        blind = move_from(open_[t] if after_gap else close[t - 1], high[t], low[t], close[t], blind, out[t])
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def move_from(origin: float, high: float, low: float, close: float, blind: float, out: Float) -> float:
    """Fill ``out`` (3,), a bar's row of ``moves`` from the price ``origin``; return ``blind`` with this bar in it.

    blind : running share of bars whose range tells nothing, 0 before the first.
    """
    move = np.log(close / origin)
    reach = np.log(max(high, origin) / min(low, origin))
    bare = reach <= abs(move) * (1.0 + 1e-9)
    blind += 0.05 * ((1.0 if bare else 0.0) - blind)
    out[0] = move
    if blind > 0.5 or (high == low and move != 0.0):
        out[1] = move * move
        out[2] = 1.0
    else:
        out[1] = max(RANGE_WEIGHT * reach * reach + MOVE_WEIGHT * move * move, 0.0)
        out[2] = 0.0
    return blind


@njit(cache=True, nogil=True, error_model="numpy")
def remove_time_of_day(moved: Float, time: NDArray[np.int64]) -> None:
    """Divide moves by the usual volatility of their time of day, in place; each day is divided by the days before it.

    moved : (n_bars, 3) as ``moves`` returns. time : (n_bars,) nanoseconds UTC; days and buckets are those of UTC.
    """
    profile = np.zeros((4, N_BUCKETS))
    day = time[0] // DAY_NS
    for t in range(len(time)):
        day = divide_by_profile(profile, day, time[t], moved[t])


@njit(cache=True, nogil=True, error_model="numpy")
def divide_by_profile(profile: Float, day: int, time: int, moved: Float) -> int:
    """Divide one bar's move by the usual volatility of its time of day, in place; return its day.

    profile : (4, N_BUCKETS) sum of log volatility over the days before, their number, and both of today; zeros at first.
    day : of the bar before. moved : (3,) a row of ``moves``.
    """
    total, days, today, seen = profile
    if time // DAY_NS != day:
        day = time // DAY_NS
        _close_day(total, days, today, seen)
    bucket = (time % DAY_NS) * N_BUCKETS // DAY_NS
    if moved[1] > 0.0:
        today[bucket] += 0.5 * np.log(moved[1])
        seen[bucket] += 1.0
    usual = np.exp(total[bucket] / (days[bucket] + PROFILE_PRIOR_DAYS))
    moved[0] /= usual
    moved[1] /= usual * usual
    return day


@njit(cache=True, nogil=True, error_model="numpy")
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


@njit(cache=True, nogil=True, error_model="numpy")
def features(filtered: Float, start: int) -> Float32:
    """Scale-free features of bars ``start:``; the order is that of ``features.relative.FEATURES``.

    filtered : (n_bars, bank.N_OUT) as ``regime_filter.filter_bars`` returns.
    Returns (n_bars - start, N_FEATURES). Rows of bars before bank.FIRST_ROW are NaN; until a bar has moved, calm is certain and
    all else 0.
    """
    n = len(filtered)
    first = max(start, bank.FIRST_ROW)
    out = np.full((n - start, N_FEATURES), np.nan, dtype=np.float32)
    means = np.zeros(N_MEANS)
    age = 0
    for t in range(n):
        still = np.isnan(filtered[t, 0])
        if not still:
            _update(means, filtered[t, bank.MOVE], filtered[t, bank.VARIANCE], filtered[t], age)
            age += 1
        if t < first:
            continue
        if still:
            _fill_still(out[t - start])
        else:
            _fill(out[t - start], means, filtered[t], age)
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def _fill_still(row: Float32) -> None:
    row[:] = 0.0
    row[: bank.N_STATES] = np.log(bank.SMALLEST)
    row[bank.CALM] = 0.0
    row[P_CALM_MEAN] = 1.0


@njit(cache=True, nogil=True, error_model="numpy")
def _blend(value: float, new: float, weight: float, age: int) -> float:
    """Exponentially weighted mean that starts as a plain mean."""
    return value + max(weight, 1.0 / (age + 1.0)) * (new - value)


@njit(cache=True, nogil=True, error_model="numpy")
def _update(means: Float, move: float, variance: float, posterior: Float, age: int) -> None:
    """Bring the running means up to date, in the order of WEIGHTS; after them come the path and the last move."""
    path = means[PATH] + move
    last = means[LAST_MOVE]
    i = 0
    for _ in range(len(VOLATILITY_HALF_LIVES)):
        means[i] = _blend(means[i], variance, WEIGHTS[i], age)
        i += 1
    for _ in range(len(DRIFT_HALF_LIVES)):
        means[i] = _blend(means[i], move, WEIGHTS[i], age)
        i += 1
    for _ in range(len(EFFICIENCY_HALF_LIVES)):
        means[i] = _blend(means[i], abs(move), WEIGHTS[i], age)
        i += 1
    for _ in range(len(DISTANCE_HALF_LIVES)):
        means[i] = _blend(means[i], path, WEIGHTS[i], age)
        i += 1
    for _ in range(len(CORRELATION_HALF_LIVES)):
        means[i] = _blend(means[i], move * last, WEIGHTS[i], age)
        means[i + 1] = _blend(means[i + 1], move * move, WEIGHTS[i], age)
        i += 2
    for k in range(bank.N_REGIMES):
        means[i] = _blend(means[i], posterior[k], WEIGHTS[i], age)
        i += 1
    misfit = posterior[bank.LOG_LOCAL] - posterior[bank.LOG_S0]
    for k in range(bank.N_STATES):
        misfit -= posterior[k] * LOG_RATIO[k]
    off = posterior[bank.LOG_LOCAL] - posterior[bank.LOG_LONG]
    for value in (posterior[bank.TURNOVER], abs(misfit), off * off):
        means[i] = _blend(means[i], value, WEIGHTS[i], age)
        i += 1
    means[PATH] = path
    means[LAST_MOVE] = move


@njit(cache=True, nogil=True, error_model="numpy")
def _fill(row: Float32, means: Float, posterior: Float, age: int) -> None:
    log_s0 = posterior[bank.LOG_S0]
    local = np.sqrt(means[1])
    for k in range(bank.N_STATES):
        row[k] = np.log(max(posterior[k], bank.SMALLEST))
    row[6] = posterior[bank.FAT_TAILS]
    row[7] = posterior[bank.SD_LOG_S0]
    row[8] = np.log(min(float(age), 2000.0))
    i = 0
    j = 9
    for _ in range(len(VOLATILITY_HALF_LIVES)):
        row[j] = 0.5 * np.log(means[i]) - log_s0
        i += 1
        j += 1
    drift = i
    for _ in range(len(DRIFT_HALF_LIVES)):
        row[j] = means[i] / local
        i += 1
        j += 1
    for h in range(len(EFFICIENCY_HALF_LIVES)):
        row[j] = means[drift + 1 + h] / means[i] if means[i] > 0.0 else 0.0
        i += 1
        j += 1
    for _ in range(len(DISTANCE_HALF_LIVES)):
        row[j] = (means[PATH] - means[i]) / local
        i += 1
        j += 1
    for _ in range(len(CORRELATION_HALF_LIVES)):
        row[j] = means[i] / means[i + 1] if means[i + 1] > 0.0 else 0.0
        i += 2
        j += 1
    for _ in range(bank.N_REGIMES + 2):
        row[j] = means[i]
        i += 1
        j += 1
    row[j] = np.sqrt(means[i])
    row[j + 1] = posterior[bank.LOG_LONG] - log_s0
    row[j + 2] = posterior[bank.LOG_LOCAL] - posterior[bank.LOG_LONG]
    row[j + 3] = 0.5 * np.log(means[3]) - posterior[bank.LOG_LONG]
