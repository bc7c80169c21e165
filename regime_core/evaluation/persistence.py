"""How long states last and where they lead: runs, transitions and time shares of a series of labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regime_core.evaluation.significance import wilson

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
class NextStep:
    """Where one state led at the next bar, beside the forecast that it stays.

    code : that state. counts : (n_states,) bars with it, by the state of the bar after. probability : (n_states,) their share.
    low, high : (n_states,) Wilson's 95 % interval of each, which takes the bars as independent.
    as_now : (n_states,) what persistence gives: to the same state the share of all bars whose state the next one kept, the rest
    in equal parts to the others. All are NaN where the state was never followed by a known one.
    """

    code: int
    counts: Ints
    probability: Float
    low: Float
    high: Float
    as_now: Float

    @property
    def n(self) -> int:
        """Bars counted."""
        return int(self.counts.sum())


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


def next_step(codes: Codes, n_states: int) -> NextStep:
    """Where the state of the last bar led in the past.

    codes : (n_bars,), oldest first, the last one a state below ``n_states``. Steps are counted as in ``transitions``.
    """
    found, code = transitions(codes, n_states), int(codes[-1])
    counts = found.counts[code]
    low, high = wilson(counts, np.full(n_states, counts.sum()))
    total = found.counts.sum()
    stay = np.trace(found.counts) / total if counts.sum() else np.nan
    as_now = np.full(n_states, (1.0 - stay) / (n_states - 1))
    as_now[code] = stay
    return NextStep(code, counts, found.probability[code], low, high, as_now)


def time_share(codes: Codes, n_states: int) -> TimeShare:
    """Bars and share of each state; codes of ``n_states`` or more are an error of the caller."""
    bars = np.bincount(codes, minlength=n_states).astype(np.int64)
    share = bars / len(codes) if len(codes) else np.full(n_states, np.nan)
    return TimeShare(bars, share)
