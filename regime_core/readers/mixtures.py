"""Rows of several series in one: which share their time but not their prices, and what tells that they are no repeats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import Float

Codes = NDArray[np.int64]
MANY_SHARE_A_TIME = 0.2
"""Where more rows than this share their time with another of other prices, the file holds more than one series."""
FEW_CLASHES = 10
EVEN_SHARE = 0.6
"""Share of the steps of a series that are within half of their median."""
FAR_APART = 10.0
"""Closes of one time that differ by more than so many moves from bar to bar are of two instruments."""
FAR_CLASHES = 5
REPEATED_HOUR = 3_600_000_000_000
"""Nanoseconds of the hour that comes twice where summer time ends."""


@dataclass(frozen=True, slots=True)
class Timed:
    """Rows with a time and a close. time : (n,). prices : (n, k), the close first, NaN where missing."""

    time: NDArray[np.int64]
    prices: Float


@dataclass(frozen=True, slots=True)
class Clashes:
    """Pairs of rows, (k,) each, of one time and one code that differ in a price. many : whether they are many of the rows."""

    first: NDArray[np.intp]
    second: NDArray[np.intp]
    many: bool

    def __len__(self) -> int:
        return len(self.first)


def one_way(time: NDArray[np.int64]) -> bool:
    """Whether times, (n,), all rise or all fall, so that no two rows share one."""
    step = np.diff(time)
    return bool((step > 0).all() or (step < 0).all())


def clashes(rows: Timed, codes: Codes | None) -> Clashes:
    """Clashes among rows of equal code, (n,); of all rows where there is none."""
    none = np.zeros(0, dtype=np.intp)
    if len(rows.time) < 2 or (codes is None and one_way(rows.time)):
        return Clashes(none, none, False)
    order = np.argsort(rows.time, kind="stable") if codes is None else np.lexsort((rows.time, codes))
    same = np.diff(rows.time[order]) == 0
    if codes is not None:
        same &= np.diff(codes[order]) == 0
    at = np.flatnonzero(same)
    apart = np.nan_to_num(rows.prices[order[at]] - rows.prices[order[at + 1]]).any(axis=1)
    at = at[apart]
    many = len(at) >= FEW_CLASHES and len(at) > MANY_SHARE_A_TIME * (len(order) - 1)
    return Clashes(order[at], order[at + 1], many)


def recur(rows: Timed, codes: Codes, found: Clashes) -> bool:
    """Whether clashes come at even steps, longer than those of the rows, as where days stand among hours."""
    if len(found) < FEW_CLASHES:
        return False
    code = np.bincount(codes[found.first]).argmax()
    clash = np.unique(rows.time[found.first[codes[found.first] == code]])
    every = np.unique(rows.time[codes == code])
    if len(clash) < FEW_CLASHES or clash[-1] - clash[0] < (every[-1] - every[0]) / 2:
        return False
    step = np.diff(clash)
    usual = np.median(step)
    return bool(usual >= 2 * np.median(np.diff(every)) and (np.abs(step - usual) <= usual / 2).mean() >= EVEN_SHARE)


def far_apart(rows: Timed, codes: Codes, found: Clashes) -> bool:
    """Whether the closes of clashing rows differ by far more than those of rows that follow each other."""
    close = rows.prices[:, 0]
    if len(found) < FAR_CLASHES or (close <= 0).any() or np.ptp(rows.time[found.first]) <= REPEATED_HOUR:
        return False
    order = np.lexsort((rows.time, codes))
    follows = (np.diff(codes[order]) == 0) & (np.diff(rows.time[order]) > 0)
    moves = np.abs(np.diff(np.log(close[order])))[follows]
    gaps = np.abs(np.log(close[found.first] / close[found.second]))
    return bool(len(moves) and np.median(gaps) > FAR_APART * moves.mean())


def evenness(time: NDArray[np.int64], codes: Codes) -> tuple[float, float]:
    """Share of steps near the median of their group, of all groups together, and of the most uneven group; 0 for two times."""
    order = np.lexsort((time, codes))
    step = np.diff(time[order])
    within = (np.diff(codes[order]) == 0) & (step > 0)
    group, step = codes[order][1:][within], step[within]
    if not len(step):
        return 0.0, 0.0
    rising = np.lexsort((step, group))
    group, step = group[rising], step[rising]
    counts = np.bincount(group, minlength=int(codes.max()) + 1)
    middle = np.cumsum(counts) - counts + (counts - 1) // 2
    median = step[np.clip(middle, 0, len(step) - 1)]
    near = np.bincount(group, weights=np.abs(step - median[group]) <= median[group] / 2, minlength=len(counts))
    return float(near.sum() / len(step)), float(np.where(counts > 1, near / np.maximum(counts, 1), 0.0).min())
