"""Bars as standardised moves: free of gaps, of the time of day, and of bars on which nothing was traded."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float64]

N_COLUMNS = 4
MOVE, VARIANCE, BLIND, SPAN = range(N_COLUMNS)
"""Columns of a row: log move; variance per bar; 1 where the range tells nothing beyond the move; bars that the move covers."""

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

BARE_MEMORY, STILL_MEMORY, LOCAL_MEMORY = 0.05, 0.02, 0.05
"""What the newest bar counts in the shares of bars without a range of their own and of bars that stand still, and in the
variance that a coarse grid of prices is held against."""
STILL_PRIOR_BARS = 10.0
"""Bars of a market without still ones that each market is taken to begin with."""
STILL_RUN = 5
"""Bars of one run of still ones that count in their share: a halt does not make a market a thin one."""
LEAST_STILL_SHARE, UNEXPECTED = 0.05, 1e-3
"""A run of still bars is no accident of thin trading once it is less likely than UNEXPECTED, at this share or the seen one."""
COARSE, SAME_STEP, REPEATS = 0.5, 0.01, 5.0
"""Prices lie on a coarse grid where the smallest step seen is more than this multiple of local volatility, and was that of so
many more bars, to within this share of itself."""
ROUNDED = 6.0
"""Rounding both ends of a move adds a squared step over this to its variance."""
STILL_ON_GRID = 0.1
"""Variance of a bar that stands still on a coarse grid, in squared steps: its range is half a step or so."""

N_STATE = 8
BARE, STILL, RUN, PENDING, STEP, REPEATED, LOCAL, SEEN = range(N_STATE)
"""What goes on from bar to bar, zeros at first: the two shares; still bars in a row; untraded bars since the last trade;
smallest difference of prices seen, 0 for none, and how often it came again; running variance; bars seen."""


@njit(cache=True, nogil=True, error_model="numpy")
def standardised(
    time: NDArray[np.int64], open_: Float, high: Float, low: Float, close: Float, first: int, intraday_below: int
) -> Float:
    """What each bar tells, (n_bars, N_COLUMNS), free of gaps and the time of day.

    time : (n_bars,) nanoseconds. first : so many bars tell the usual step; they are intraday if that is under
    ``intraday_below`` nanoseconds.
    """
    usual = usual_step(time[:first])
    intraday = usual < intraday_below
    moved = moves(time, open_, high, low, close, intraday, usual)
    if intraday:
        remove_time_of_day(moved, time)
    return moved


@njit(cache=True, nogil=True, error_model="numpy")
def usual_step(time: NDArray[np.int64]) -> int:
    """Median step between bars, nanoseconds. time : (n_bars,) nanoseconds; two at least."""
    return int(np.median(time[1:] - time[:-1]))


@njit(cache=True, nogil=True, error_model="numpy")
def moves(time: NDArray[np.int64], open_: Float, high: Float, low: Float, close: Float, intraday: bool, usual: int) -> Float:
    """What each bar tells, (n_bars, N_COLUMNS).

    time : (n_bars,) nanoseconds. intraday : a bar after a step over GAP_STEPS * ``usual`` nanoseconds moves from its own open;
    every other bar, and all daily ones, from the close before.
    """
    n = len(close)
    out = np.empty((n, N_COLUMNS))
    state = np.zeros(N_STATE)
    for t in range(n):
        after_gap = t == 0 or (intraday and time[t] - time[t - 1] > GAP_STEPS * usual)
        before = open_[t] if after_gap else close[t - 1]
        take(state, before, after_gap, open_[t], high[t], low[t], close[t], out[t])
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def take(state: Float, before: float, after_gap: bool, open_: float, high: float, low: float, close: float, out: Float) -> None:
    """Fill ``out`` (N_COLUMNS,) with what one bar tells, and bring ``state`` (N_STATE,) up to date.

    before : the price the bar moves from. after_gap : nothing before it counts.

    A bar that *stands still*, all its prices those of the close before, most often had no trade: then it tells nothing, its
    span is 0, and the next bar's move covers both. Two kinds of still bars do tell something. On a grid of prices as coarse as
    the moves themselves it had a small range; and a run too long for the share of still bars so far is a halt, whose variance
    is 0. The range of a bar is blind where it moved and has none, as with one trade, and while most of the last bars have none
    beyond their move.
    """
    state[SEEN] += 1.0
    newest = max(STILL_MEMORY, 1.0 / (state[SEEN] + STILL_PRIOR_BARS))
    if high == low and open_ == close and close == before and not after_gap:
        _stand_still(state, newest, close, out)
        return
    state[RUN] = 0.0
    state[STILL] -= newest * state[STILL]
    _measure_step(state, before, open_, high, low, close)
    elsewhere = state[PENDING] > 0.0 and open_ != before
    span = state[PENDING] + 1.0 if elsewhere else 1.0
    state[PENDING] = 0.0
    out[MOVE] = np.log(close / before)
    out[SPAN] = span
    origin = open_ if elsewhere else before
    own = np.log(close / origin)
    reach = np.log(max(high, origin) / min(low, origin))
    bare = reach <= abs(own) * (1.0 + 1e-9)
    state[BARE] += BARE_MEMORY * ((1.0 if bare else 0.0) - state[BARE])
    blind = state[BARE] > 0.5 or high == low
    out[BLIND] = 1.0 if blind else 0.0
    if blind:
        out[VARIANCE] = out[MOVE] * out[MOVE] / span
    else:
        out[VARIANCE] = max(RANGE_WEIGHT * reach * reach + MOVE_WEIGHT * own * own, 0.0)
    if state[LOCAL] == 0.0:
        state[LOCAL] = out[VARIANCE]
    state[LOCAL] += LOCAL_MEMORY * (out[VARIANCE] - state[LOCAL])
    step = state[STEP] / close
    if _coarse(state, step):
        out[VARIANCE] = max(out[VARIANCE] - step * step / ROUNDED, STILL_ON_GRID * step * step)


@njit(cache=True, nogil=True, error_model="numpy")
def _stand_still(state: Float, newest: float, close: float, out: Float) -> None:
    state[RUN] += 1.0
    if state[RUN] <= STILL_RUN:
        state[STILL] += newest * (1.0 - state[STILL])
    out[MOVE] = 0.0
    out[VARIANCE] = 0.0
    out[BLIND] = 1.0 if state[BARE] > 0.5 else 0.0
    out[SPAN] = 1.0
    step = state[STEP] / close
    if _coarse(state, step):
        out[VARIANCE] = STILL_ON_GRID * step * step
        return
    if max(state[STILL], LEAST_STILL_SHARE) ** state[RUN] < UNEXPECTED:
        return
    out[SPAN] = 0.0
    state[PENDING] += 1.0


@njit(cache=True, nogil=True, error_model="numpy")
def _coarse(state: Float, step: float) -> bool:
    return state[REPEATED] >= REPEATS and step * step > COARSE * COARSE * state[LOCAL]


@njit(cache=True, nogil=True, error_model="numpy")
def _measure_step(state: Float, before: float, open_: float, high: float, low: float, close: float) -> None:
    least = 0.0
    for difference in (high - low, abs(close - open_), abs(open_ - before), abs(close - before)):
        if difference > 1e-9 * close and (least == 0.0 or difference < least):
            least = difference
    if least == 0.0:
        return
    if state[STEP] == 0.0 or least < state[STEP] * (1.0 - SAME_STEP):
        state[STEP] = least
        state[REPEATED] = 0.0
    elif least < state[STEP] * (1.0 + SAME_STEP):
        state[REPEATED] += 1.0


@njit(cache=True, nogil=True, error_model="numpy")
def remove_time_of_day(moved: Float, time: NDArray[np.int64]) -> None:
    """Divide moves by the usual volatility of their time of day, in place; each day is divided by the days before it.

    moved : (n_bars, N_COLUMNS) as ``moves`` returns. time : (n_bars,) nanoseconds UTC; days and buckets are those of UTC.
    """
    profile = np.zeros((4, N_BUCKETS))
    day = time[0] // DAY_NS
    for t in range(len(time)):
        day = divide_by_profile(profile, day, time[t], moved[t])


@njit(cache=True, nogil=True, error_model="numpy")
def divide_by_profile(profile: Float, day: int, time: int, moved: Float) -> int:
    """Divide one bar's move by the usual volatility of its time of day, in place; return its day.

    profile : (4, N_BUCKETS) sum of log volatility over the days before, their number, and both of today; zeros at first.
    day : of the bar before. moved : (N_COLUMNS,) a row of ``moves``.
    """
    total, days, today, seen = profile
    if time // DAY_NS != day:
        day = time // DAY_NS
        _close_day(total, days, today, seen)
    bucket = (time % DAY_NS) * N_BUCKETS // DAY_NS
    if moved[VARIANCE] > 0.0:
        today[bucket] += 0.5 * np.log(moved[VARIANCE])
        seen[bucket] += 1.0
    usual = np.exp(total[bucket] / (days[bucket] + PROFILE_PRIOR_DAYS))
    moved[MOVE] /= usual
    moved[VARIANCE] /= usual * usual
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
