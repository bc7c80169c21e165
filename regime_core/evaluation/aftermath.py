"""What followed one label, beside what followed every bar: return, volatility and drawdown over the bars after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from regime_core.evaluation.outcomes import MEASURES, ahead
from regime_core.evaluation.persistence import run_bounds
from regime_core.evaluation.significance import block_length, block_means

Float = NDArray[np.float64]

HORIZONS = (1, 5, 21)
DRAWS = 2_000
MIN_BLOCKS = 10
"""Fewer blocks than this make no interval: of one or two, every draw of a circular bootstrap is nearly the same."""
MIN_SPELLS = 5
"""Fewer stretches of a label than this make no interval: the bars of one stretch are nearly one observation."""


class Mean(NamedTuple):
    """A mean and the ends of its 95 % interval; NaN where there is none."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What followed the bars with one label over the next ``horizon`` bars.

    n, spells : bars with the label whose outcome is known, and the stretches they lie in. n_all : all bars with a known one.
    first, last : places of the first and last of these in the series; both -1 where there are none.
    label, every : measure -> mean after bars with the label, and after all bars. gap : of the first less the second, drawn
    together. Measures and units as in ``outcomes.Outcomes``, with a bar in place of a day.
    """

    horizon: int
    n: int
    spells: int
    n_all: int
    first: int
    last: int
    label: Mapping[str, Mean]
    every: Mapping[str, Mean]
    gap: Mapping[str, Mean]

    def told_apart(self, measure: str) -> bool | None:
        """Whether the interval of the gap lies on one side of 0; None where there is no interval."""
        _, low, high = self.gap[measure]
        return None if np.isnan(low) else bool(low > 0 or high < 0)


def aftermath(
    close: Float, codes: NDArray[np.integer], code: int, *, first: int, horizon: int, draws: int = DRAWS
) -> Aftermath:
    """What followed each bar labelled ``code``, beside each bar at all.

    close, codes : (n_bars,) oldest first, positive prices and causal labels. first : first bar that counts, where labels begin.
    Intervals are by circular block bootstrap over all bars from ``first`` on; none with fewer than ``MIN_BLOCKS`` blocks of
    bars or ``MIN_SPELLS`` stretches of the label.
    """
    close, codes = np.asarray(close[first:]), np.asarray(codes[first:])
    n_all = max(0, len(close) - horizon)
    member = codes[:n_all] == code
    after = {name: values[:n_all] for name, values in ahead(close, horizon).items()}
    averaged = np.column_stack([after[name] ** 2 if name == "volatility" else after[name] for name in MEASURES])
    start, _ = run_bounds(member)
    spells = int(member[start].sum()) if n_all else 0
    label, every = _means(averaged, member), _means(averaged, np.ones(n_all, dtype=bool))
    block = block_length(horizon)
    enough = n_all >= MIN_BLOCKS * block and spells >= MIN_SPELLS
    drawn = _drawn(averaged, member, block, draws) if enough else (np.full((1, len(MEASURES)), np.nan),) * 2
    return Aftermath(
        horizon=horizon,
        n=int(member.sum()),
        spells=spells,
        n_all=n_all,
        first=first if n_all else -1,
        last=first + n_all - 1 if n_all else -1,
        label=_with_interval(_rooted(label[None])[0], _rooted(drawn[0])),
        every=_with_interval(_rooted(every[None])[0], _rooted(drawn[1])),
        gap=_with_interval((_rooted(label[None]) - _rooted(every[None]))[0], _rooted(drawn[0]) - _rooted(drawn[1])),
    )


def _means(averaged: Float, member: NDArray[np.bool_]) -> Float:
    """Mean of each measure over the bars of a label, (n_measures,); NaN without any."""
    kept = averaged[member]
    return np.asarray(kept.mean(axis=0)) if len(kept) else np.full(averaged.shape[1], np.nan)


def _drawn(averaged: Float, member: NDArray[np.bool_], block: int, draws: int) -> tuple[Float, Float]:
    """Means of each draw, (draws, n_measures): over the bars of the label, and over all bars of the same draw."""
    n_measures = averaged.shape[1]
    weights = np.column_stack([np.repeat(member[:, None], n_measures, axis=1), np.ones((len(member), n_measures))])
    means = block_means(np.column_stack([averaged, averaged]), block=block, draws=draws, weights=weights)
    return means[:, :n_measures], means[:, n_measures:]


def _rooted(means: Float) -> Float:
    """Means of measures, of which the volatility was averaged as its square."""
    out = means.copy()
    place = MEASURES.index("volatility")
    out[:, place] = np.sqrt(np.maximum(out[:, place], 0.0))
    return out


def _with_interval(values: Float, drawn: Float) -> dict[str, Mean]:
    there = drawn[np.isfinite(drawn).all(axis=1)]
    low, high = np.quantile(there, (0.025, 0.975), axis=0) if len(there) else np.full((2, len(values)), np.nan)
    return {name: Mean(float(values[i]), float(low[i]), float(high[i])) for i, name in enumerate(MEASURES)}
