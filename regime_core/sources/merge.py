"""Join a download to what is on disk: by date, losing nothing, and refusing what cannot be right."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import DAY_NS, OHLCV
from regime_core.errors import SourceError
from regime_core.sources.bundled import Series, to_date
from regime_core.sources.daily import Daily

SEAM_ROWS = 20
SEAM_TOLERANCE = 0.01
SEAM_SHARE = 0.01
MAX_HOLE_DAYS = 10
MAX_MISSING_SHARE = 0.06
MAX_MISSING_ROWS = 6
"""Holidays take about 3.5 % of the weekdays of a year; a short span may hold six (a closed week and a holiday)."""


@dataclass(frozen=True, slots=True)
class Merged:
    """The joined history and what changed: rows with a date that is new, and old rows that now hold other numbers."""

    series: Series
    rows_before: int
    rows_added: int
    rows_replaced: int


def merge(name: str, old: Series | None, new: Daily, source: str) -> Merged:
    """History on disk extended and, date by date, replaced by a download.

    Rows that hold closes only never replace a row with a true range. Old rows that the download lacks stay.
    Raises SourceError where the download has holes, ends before the old history with nothing new, does not reach it, or differs
    from it where they overlap: in a close of the last ``SEAM_ROWS`` common days, or of more than ``SEAM_SHARE`` of all of them,
    by more than ``SEAM_TOLERANCE``.
    """
    _check_density(name, new.bars.time)
    fresh = (source,) * new.bars.n_bars
    if old is None:
        return Merged(Series(name, new.bars, fresh), 0, new.bars.n_bars, 0)
    common, in_old, in_new = np.intersect1d(old.bars.time, new.bars.time, assume_unique=True, return_indices=True)
    added = new.bars.n_bars - len(common)
    _check_reach(name, old, new, added)
    _check_seam(name, old.bars.close[in_old], new.bars.close[in_new], common)
    taken = _rows_to_take(old.bars, new, in_old, in_new)
    changed = _count_changed(old.bars, new.bars, in_old[taken[in_new]], in_new[taken[in_new]])
    return Merged(_join(name, old, new.bars, taken, source), old.bars.n_bars, added, changed)


def _check_density(name: str, time: NDArray[np.int64]) -> None:
    days = (time // DAY_NS).astype("M8[D]")
    weekdays = int(np.busday_count(days[0], days[-1])) + 1
    missing = weekdays - len(days)
    if missing > max(MAX_MISSING_ROWS, MAX_MISSING_SHARE * weekdays):
        raise SourceError(
            "source.incomplete",
            f"{name}: only {len(days)} rows came for {weekdays} weekdays from {days[0]} to {days[-1]}: the download has holes.",
        )


def _check_reach(name: str, old: Series, new: Daily, added: int) -> None:
    first, last = to_date(int(new.bars.time[0])), to_date(int(new.bars.time[-1]))
    if not added and last < old.through:
        raise SourceError(
            "source.stale", f"{name}: the download ends on {last}, the file on {old.through}, and it has nothing new."
        )
    hole = _hole(first, last, to_date(int(old.bars.time[0])), old.through)
    if hole > MAX_HOLE_DAYS:
        raise SourceError(
            "source.hole",
            f"{name}: the download ({first} to {last}) leaves {hole} days without a row beside the file's history, "
            f"which ends on {old.through}: bring the days between first.",
        )


def _hole(first: date, last: date, old_first: date, old_last: date) -> int:
    """Calendar days between two spans, 0 where they touch."""
    return max((first - old_last).days, (old_first - last).days, 0)


def _check_seam(name: str, old_close: NDArray[np.float64], new_close: NDArray[np.float64], common: NDArray[np.int64]) -> None:
    if not len(common):
        return
    apart = np.abs(new_close / old_close - 1) > SEAM_TOLERANCE
    if not apart[-SEAM_ROWS:].any() and apart.mean() <= SEAM_SHARE:
        return
    i = int(np.flatnonzero(apart)[-1])
    raise SourceError(
        "source.seam",
        f"{name}: {int(apart.sum())} of {len(common)} common days have closes more than 1 % apart, last "
        f"{to_date(int(common[i]))} ({new_close[i]:g} came, {old_close[i]:g} is on disk): not the same series. "
        "If the download is right, move the file away first.",
    )


def _rows_to_take(old: OHLCV, new: Daily, in_old: NDArray[np.intp], in_new: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which rows of the download go into the history, (n_new,)."""
    taken = np.ones(new.bars.n_bars, dtype=bool)
    if new.close_only:
        taken[in_new] = old.high[in_old] <= old.low[in_old]
    return taken


def _count_changed(old: OHLCV, new: OHLCV, in_old: NDArray[np.intp], in_new: NDArray[np.intp]) -> int:
    """Rows with another number; vendors differ in the seventh digit, which is no change."""
    changed = np.zeros(len(in_old), dtype=bool)
    for before, after in zip(old[1:], new[1:], strict=True):
        changed |= ~np.isclose(before[in_old], after[in_new], rtol=1e-6, equal_nan=True)
    return int(changed.sum())


def _join(name: str, old: Series, new: OHLCV, taken: NDArray[np.bool_], source: str) -> Series:
    stays = ~np.isin(old.bars.time, new.time[taken])
    time = np.concatenate([old.bars.time[stays], new.time[taken]])
    order = np.argsort(time)
    columns = [np.concatenate([a[stays], b[taken]])[order] for a, b in zip(old.bars[1:], new[1:], strict=True)]
    origins = [old.sources[i] for i in np.flatnonzero(stays)] + [source] * int(taken.sum())
    return Series(name, OHLCV(time[order], *columns), tuple(origins[i] for i in order))
