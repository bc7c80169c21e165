"""How long states last and where they lead: runs, transitions and time shares of a series of labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int8]
Ints = NDArray[np.int64]
Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Spells:
    """Stretches of bars with one label, oldest first.

    start, stop : (n_spells,) first bar and one past the last bar. code : (n_spells,) the label.
    simple_return : (n_spells,) close of the last bar over the close before the first, less 1; NaN for a spell from bar 0.
    confidence : (n_spells,) mean over the spell's bars, in [0, 1].
    """

    start: Ints
    stop: Ints
    code: Codes
    simple_return: Float
    confidence: Float

    def __len__(self) -> int:
        return len(self.code)

    @property
    def length(self) -> Ints:
        """Bars in each spell, (n_spells,)."""
        return self.stop - self.start

    def touching(self, first: int, stop: int) -> Spells:
        """Those with a bar in ``first:stop``, whole."""
        kept = (self.stop > first) & (self.start < stop)
        bounds = self.start[kept], self.stop[kept]
        return Spells(*bounds, self.code[kept], self.simple_return[kept], self.confidence[kept])


@dataclass(frozen=True, slots=True)
class Transitions:
    """Where one bar's label leads at the next bar.

    counts : (n_states, n_states) pairs of neighbouring bars, from row to column.
    probability : (n_states, n_states) rows sum to 1; NaN in the row of a state that was never left nor kept.
    """

    counts: Ints
    probability: Float

    @property
    def mean_duration(self) -> Float:
        """Bars a state lasts on average if the next label depends on the present one only, (n_states,); inf if never left."""
        stay = np.diag(self.probability)
        with np.errstate(divide="ignore"):
            return np.asarray(1.0 / (1.0 - stay), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class TimeShare:
    """Bars spent in each state, (n_states,), and their share of all bars; the shares are NaN for no bars."""

    bars: Ints
    share: Float


def run_bounds(codes: NDArray[np.integer]) -> tuple[Ints, Ints]:
    """First bar and one past the last bar of each stretch of equal values, each (n_runs,); empty for no bars."""
    n = len(codes)
    if n == 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    change = np.flatnonzero(codes[1:] != codes[:-1]) + 1
    return np.append(0, change).astype(np.int64), np.append(change, n).astype(np.int64)


def last_run(codes: NDArray[np.integer]) -> int:
    """Bars for which the last value has held, the last one included; 0 for no bars."""
    others = np.flatnonzero(codes != codes[-1]) if len(codes) else codes
    return len(codes) - (int(others[-1]) + 1 if len(others) else 0)


def spells(codes: Codes, confidence: Float, close: Float) -> Spells:
    """Spells of a series.

    codes, confidence, close : (n_bars,), oldest first; closes positive.
    """
    start, stop = run_bounds(codes)
    if len(start) == 0:
        return Spells(start, stop, codes[:0], close[:0], confidence[:0])
    before = np.where(start > 0, close[start - 1], np.nan)
    mean = np.add.reduceat(confidence, start) / (stop - start)
    return Spells(start, stop, codes[start], close[stop - 1] / before - 1.0, mean)


def transitions(codes: Codes, n_states: int) -> Transitions:
    """Count steps from each bar to the next.

    codes : (n_bars,), oldest first; a step from or to a code of ``n_states`` or more (no answer) is not counted.
    """
    source, target = codes[:-1].astype(np.int64), codes[1:].astype(np.int64)
    known = (source < n_states) & (target < n_states)
    counts = np.bincount(source[known] * n_states + target[known], minlength=n_states**2).reshape(n_states, n_states)
    total = counts.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        return Transitions(counts.astype(np.int64), counts / np.where(total > 0, total, np.nan))


def time_share(codes: Codes, n_states: int) -> TimeShare:
    """Bars and share of each state; codes of ``n_states`` or more are an error of the caller."""
    bars = np.bincount(codes, minlength=n_states).astype(np.int64)
    share = bars / len(codes) if len(codes) else np.full(n_states, np.nan)
    return TimeShare(bars, share)
