"""Which day a daily bar is of, where its time is the market's midnight on another clock: an evening, of the day before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from regime_core.bars import DAY_NS
from regime_core.readers.time_column import Flags, Nanoseconds, distinct

QUARTER_NS = 15 * 60_000_000_000
ON_THE_QUARTER = 0.9
"""Share of bars at a full quarter of an hour, as midnights are in every zone; the close of a session often is not."""
ENOUGH_BARS = 10
SHARED_DATES = 0.01
"""Share of daily bars that may fall on the date of another."""
SOME_WEEKENDS, FEW_WEEKENDS = 0.02, 0.01
"""Shares of bars on Saturdays and Sundays: above the first of the days shown, and below the second of those that follow,
the evenings belong to these. London is a day behind UTC's midnight in summer alone."""


@dataclass(frozen=True, slots=True)
class SessionDays:
    """Days of daily bars.

    days : (n_rows,) nanoseconds. moved : evenings count as the day that follows. doubtful : (n_rows,) dates of a Sunday or
    Saturday, kept, that may stand for the day after.
    """

    days: Nanoseconds
    moved: bool
    doubtful: Flags


def session_days(wall: Nanoseconds, absent: Flags, *, utc: bool) -> SessionDays:
    """Calendar days of the times of daily bars.

    A market east of London opens its day in the evening of UTC: where such evenings show weekends, and the days that follow
    hardly any, or only first days of a month, they count as those days. utc : the times are UTC; others keep the date they
    show. Times of which many share a date are as they were.
    """
    shown = np.floor_divide(wall, DAY_NS)
    following = np.floor_divide(wall + DAY_NS // 2, DAY_NS)
    present = ~absent
    none = np.zeros(len(wall), dtype=bool)
    evening = (following != shown) & present
    if not evening.any() or (wall[present] % QUARTER_NS == 0).mean() < ON_THE_QUARTER:
        return SessionDays(_whole_days(wall, shown * DAY_NS, absent), False, none)
    before, after = _weekends(shown), _weekends(following)
    enough = present.sum() >= ENOUGH_BARS
    weekdays = enough and before[present].mean() >= SOME_WEEKENDS and after[present].mean() <= FEW_WEEKENDS
    if utc and (weekdays or _first_days(following[present], shown[present])):
        return SessionDays(_whole_days(wall, following * DAY_NS, absent), True, none)
    doubtful = evening & before if not after[present].any() else none
    return SessionDays(_whole_days(wall, shown * DAY_NS, absent), False, doubtful)


def _weekends(days: Nanoseconds) -> Flags:
    return np.asarray((days + 3) % 7 >= 5)


def _first_days(following: Nanoseconds, shown: Nanoseconds) -> bool:
    """Whether the days that follow are all the first of a month, and those shown are not."""
    first, own = (days == days.astype("M8[D]").astype("M8[M]").astype("M8[D]").astype(np.int64) for days in (following, shown))
    return len(following) > 2 and bool(first.all()) and not own.all()


def _whole_days(wall: Nanoseconds, days: Nanoseconds, absent: Flags) -> Nanoseconds:
    """Days, or the times where too many would share one.

    Few may: a vendor adds the running day, with the time of its last trade, to a row of the same date.
    """
    times, dates = len(distinct(wall[~absent])), len(distinct(days[~absent]))
    return days if times - dates <= max(1, SHARED_DATES * times) else wall
