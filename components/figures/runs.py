"""Stretches of one regime in sight: few enough to be drawn, however many bars and spells there are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.figures.window import Window
from regime_core.evaluation import persistence
from regime_core.regimes import ALL_REGIMES

MOST = 1_200
"""Stretches drawn at most: about one for each pixel of a wide screen."""


@dataclass(frozen=True, slots=True)
class Runs:
    """Stretches of bars, each with one regime.

    start, stop : (n_runs,) first bar and one past the last bar, from the first bar in sight on. code : (n_runs,) the regime.
    confidence : (n_runs,) mean over the stretch, in [0, 1].
    """

    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    code: NDArray[np.int64]
    confidence: NDArray[np.float64]


def in_sight(window: Window, most: int = MOST) -> Runs:
    """Spells in sight, cut at its edges; where they are more than ``most``, stretches of what held longest in each."""
    spells, n = window.spells, window.bars.n_bars
    start = np.maximum(spells.start - window.first, 0)
    stop = np.minimum(spells.stop - window.first, n)
    found = Runs(start, stop, spells.code.astype(np.int64), spells.confidence)
    return found if len(start) <= most else _summed(found, n, most)


def _summed(runs: Runs, n: int, most: int) -> Runs:
    edges = np.linspace(0, n, most + 1).astype(np.int64)
    cuts = np.unique(np.concatenate((runs.start, edges)))[:-1]
    length = np.diff(np.append(cuts, n))
    run = np.searchsorted(runs.start, cuts, side="right") - 1
    place = (np.searchsorted(edges, cuts, side="right") - 1, runs.code[run])
    held = np.zeros((most, len(ALL_REGIMES)))
    sure = np.zeros_like(held)
    np.add.at(held, place, length)
    np.add.at(sure, place, length * runs.confidence[run])
    code = held.argmax(axis=1)
    every = np.arange(most)
    first, last = persistence.run_bounds(code)
    weight, weighted = held[every, code], sure[every, code]
    return Runs(
        edges[first],
        edges[last],
        code[first],
        np.add.reduceat(weighted, first) / np.add.reduceat(weight, first),
    )
