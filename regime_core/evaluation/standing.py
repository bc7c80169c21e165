"""Where a value stands within its own past."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regime_core.evaluation import geometry

Float = NDArray[np.float64]
Ints = NDArray[np.int64]
N_BINS = 48
MIDDLE = (0.005, 0.995)
"""Quantiles between which a history is drawn: one crash must not press the rest of it into a corner."""
YEAR_NS = 365 * 86_400_000_000_000
_BLOCK = 512


@dataclass(frozen=True, slots=True)
class Standing:
    """The newest value of a series within all that came before.

    value : NaN where it is unknown. rank : share of the past below it, ties counted half; NaN without a past.
    n_past : known values before it. median : of these; NaN without any. year_ago : the last value known a year before or
    earlier, at most a month earlier; NaN where there is none.
    high : whether it lies in the upper half of the past. since : index of the last earlier value as high (as low, where it
    lies in the lower half); -1 where it is the most extreme of all, or nothing can be said.
    counts : (N_BINS,) past values in bins of equal width from ``low_end`` to ``high_end``, the middle 99 % of the past and the
    value itself; values beyond are left out.
    """

    value: float
    rank: float
    n_past: int
    median: float
    year_ago: float
    high: bool
    since: int
    low_end: float
    high_end: float
    counts: Ints

    def place(self, value: float) -> float:
        """Where a value lies between the ends, as a share of the way from the lower, within [0, 1]; NaN for NaN."""
        width = self.high_end - self.low_end
        return float(np.clip((value - self.low_end) / width, 0.0, 1.0)) if width > 0 else float("nan")


def standing(time: Ints, values: Float) -> Standing:
    """Stand of the last value among those before.

    time : (n,) nanoseconds, increasing, n > 0. values : (n,), NaN where unknown.
    """
    value = float(values[-1])
    past = values[:-1][np.isfinite(values[:-1])]
    rank = geometry.rank_of_last(values)
    high = bool(rank >= 0.5)
    known = np.append(past, value) if np.isfinite(value) else past
    low_end, high_end = _ends(past, known)
    counts = np.histogram(past, bins=N_BINS, range=(low_end, high_end))[0] if high_end > low_end else np.zeros(N_BINS)
    return Standing(
        value,
        rank,
        len(past),
        float(np.median(past)) if len(past) else float("nan"),
        _year_ago(time, values),
        high,
        _since(values, high=high),
        low_end,
        high_end,
        counts.astype(np.int64),
    )


def past_ranks(values: Float) -> Float:
    """Share of the earlier known values that lie below each value, ties counted half, (n,); NaN where it or they are unknown.

    The last is ``geometry.rank_of_last``; each rests on values before it alone.
    """
    rows = np.flatnonzero(np.isfinite(values))
    known, out = values[rows], np.full(len(values), np.nan)
    past = np.empty(0)
    for start in range(0, len(known), _BLOCK):
        block = known[start : start + _BLOCK]
        below = np.searchsorted(past, block, side="left") + 0.5 * (
            np.searchsorted(past, block, side="right") - np.searchsorted(past, block, side="left")
        )
        earlier = np.tri(len(block), k=-1, dtype=bool)
        within = ((block[None, :] < block[:, None]) + 0.5 * (block[None, :] == block[:, None])) * earlier
        n_before = start + np.arange(len(block))
        shares = np.divide(below + within.sum(axis=1), n_before, out=np.full(len(block), np.nan), where=n_before > 0)
        out[rows[start : start + len(block)]] = shares
        past = np.sort(np.concatenate([past, block]), kind="stable")
    return out


def _ends(past: Float, known: Float) -> tuple[float, float]:
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(past if len(past) else known, MIDDLE).tolist()
    return min(low, float(known[-1])), max(high, float(known[-1]))


def _since(values: Float, *, high: bool) -> int:
    if not np.isfinite(values[-1]):
        return -1
    earlier = values[:-1]
    as_far = np.flatnonzero(earlier >= values[-1] if high else earlier <= values[-1])
    return int(as_far[-1]) if len(as_far) else -1


def _year_ago(time: Ints, values: Float) -> float:
    """Last known value at or before a year before the last bar; NaN where none is within a month of it."""
    wanted = time[-1] - YEAR_NS
    rows = np.flatnonzero(np.isfinite(values) & (time <= wanted) & (time > wanted - YEAR_NS // 12))
    return float(values[rows[-1]]) if len(rows) else float("nan")
