"""What each state looks like: how often, how long, with which returns, and whether the states differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regime_core.evaluation.persistence import run_bounds
from regime_core.evaluation.significance import holm, mean_interval, welch

Float = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class StateTable:
    """Statistics by state; NaN in the row of a state that no day is in, or too few for the figure.

    days : (k,). share : (k,) of all days. spells : (k,) stretches of days in the state. mean_duration : (k,) days a stretch.
    mean, sd : (k, n_columns) of each of ``columns``, in their own units.
    worst_drawdown : (k,) deepest fall from a peak within one stretch, a negative fraction of the close.
    return_low, return_high : (k,) 95 % confidence interval of the mean daily return (Student, days taken as independent).
    welch_t, welch_p, holm_p : (k, k) Welch's test of equal mean daily returns of two states, and its p-value with Holm's
    correction over all pairs; NaN on the diagonal.
    """

    columns: tuple[str, ...]
    days: Ints
    share: Float
    spells: Ints
    mean_duration: Float
    mean: Float
    sd: Float
    worst_drawdown: Float
    return_low: Float
    return_high: Float
    welch_t: Float
    welch_p: Float
    holm_p: Float


def state_table(
    codes: NDArray[np.integer], values: Float, close: Float, *, k: int, columns: tuple[str, ...], level: float = 0.95
) -> StateTable:
    """Statistics of each state.

    codes : (n_days,) in 0..k-1, oldest first. values : (n_days, n_columns), the first column the daily return.
    close : (n_days,) positive.
    """
    groups = [values[codes == state] for state in range(k)]
    days = np.array([len(group) for group in groups], dtype=np.int64)
    start, stop = run_bounds(codes)
    spells = np.bincount(codes[start].astype(np.int64), minlength=k).astype(np.int64)
    intervals = np.array([mean_interval(group[:, 0], level=level) for group in groups]).reshape(k, 2)
    t, p = _pairs([group[:, 0] for group in groups])
    return StateTable(
        columns=columns,
        days=days,
        share=days / len(codes) if len(codes) else np.full(k, np.nan),
        spells=spells,
        mean_duration=np.divide(days, spells, out=np.full(k, np.nan), where=spells > 0),
        mean=np.array([group.mean(axis=0) if len(group) else np.full(len(columns), np.nan) for group in groups]),
        sd=np.array([group.std(axis=0, ddof=1) if len(group) > 1 else np.full(len(columns), np.nan) for group in groups]),
        worst_drawdown=_worst_drawdowns(codes, close, start, stop, k),
        return_low=intervals[:, 0],
        return_high=intervals[:, 1],
        welch_t=t,
        welch_p=p,
        holm_p=_holm(p),
    )


def _worst_drawdowns(codes: NDArray[np.integer], close: Float, start: Ints, stop: Ints, k: int) -> Float:
    """Deepest fall inside one stretch of each state; a stretch begins at the close before its first day."""
    worst = np.full(k, np.nan)
    for first, last in zip(start, stop, strict=True):
        path = close[max(0, first - 1) : last]
        fall = float((path / np.maximum.accumulate(path) - 1.0).min())
        worst[codes[first]] = np.fmin(worst[codes[first]], fall)
    return worst


def _pairs(groups: list[Float]) -> tuple[Float, Float]:
    k = len(groups)
    t, p = np.full((k, k), np.nan), np.full((k, k), np.nan)
    for one in range(k):
        for other in range(one + 1, k):
            if len(groups[one]) < 2 or len(groups[other]) < 2:
                continue
            t[one, other], p[one, other] = welch(groups[one], groups[other])
            t[other, one], p[other, one] = -t[one, other], p[one, other]
    return t, p


def _holm(p: Float) -> Float:
    out = np.full_like(p, np.nan)
    upper = np.triu_indices(len(p), 1)
    tested = np.isfinite(p[upper])
    rows, columns = upper[0][tested], upper[1][tested]
    out[rows, columns] = holm(p[rows, columns])
    out[columns, rows] = out[rows, columns]
    return out
