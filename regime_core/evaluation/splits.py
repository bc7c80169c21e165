"""Which days may be fitted on when a year is forecast: those before it, without those whose outcome lies in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Fold:
    """One year of a walk-forward: everything is fitted on rows ``:start`` and scored on rows ``start:stop``."""

    year: int
    start: int
    stop: int


def year_folds(years: NDArray[np.integer], *, first_year: int) -> tuple[Fold, ...]:
    """Folds of each year from ``first_year`` on that has a day and a day before it.

    years : (n_days,) calendar year of each day, ascending.
    """
    starts = {int(year): int(np.searchsorted(years, year)) for year in np.unique(years) if year >= first_year}
    stops = {year: int(np.searchsorted(years, year, side="right")) for year in starts}
    return tuple(Fold(year, start, stops[year]) for year, start in starts.items() if start > 0)


def purged(first: int, stop: int, horizon: int) -> slice:
    """Rows of ``first:stop`` whose outcome, ``horizon`` rows later, lies before ``stop`` too; may be empty."""
    return slice(first, max(first, stop - horizon))


def with_validation(first: int, stop: int, horizon: int, *, days: int) -> tuple[slice, slice]:
    """Split past rows ``first:stop`` into rows to fit on and a later block to choose and calibrate on.

    The block is the last ``days`` rows, at most a third of all. No row fitted on has its outcome in the block, and none of the
    block has it at ``stop`` or later.
    """
    block = min(days, (stop - first) // 3)
    border = stop - block
    return purged(first, border, horizon), purged(border, stop, horizon)


def contiguous(rows: NDArray[np.int64], n_folds: int, horizon: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Positions kept and positions left out, for each of ``n_folds`` stretches of ``rows`` in turn.

    rows : (n_rows,) ascending. No row kept has its outcome, ``horizon`` rows later, within the days of the stretch, and none of
    the stretch has it at a row kept that comes after it. There are fewer folds where there are fewer rows.
    """
    for inside in np.array_split(np.arange(len(rows)), min(n_folds, len(rows))):
        first, last = rows[inside[0]], rows[inside[-1]]
        yield np.flatnonzero((rows + horizon < first) | (rows > last + horizon)), inside
