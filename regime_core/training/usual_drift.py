"""How far a single market usually lies from all that detectors learnt from, though it was made just as those were.

The customary bounds of a stability index are for independent cases. Bars of one market are not: they share its volatility and
its tails, and neighbours are alike. So what a dataset shows is held against markets of the same length from the same source.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from regime_core.evaluation.stability import OTHER, population_stability_index
from regime_core.features import relative
from regime_core.models.training_rows import N_BINS, TrainingRows
from regime_core.training.markets import SEED_OF_PART, random_market

N_MARKETS = 40
LEVELS = (0.1, 0.9)
"""Eight of ten markets lie between."""
MOST_BARS = 6_000
"""Longer histories than this look alike: the inputs forget, and their age stops counting at 2,000 bars."""
_SEED = 11
_GRID = 1.25


def rounded(n_bars: int) -> int:
    """A number of bars nearby, at most MOST_BARS, so that histories of about one length share their markets."""
    return min(MOST_BARS, round(_GRID ** round(math.log(max(n_bars, 1), _GRID))))


def market_bins(learnt: TrainingRows, n_bars: int) -> list[NDArray[np.uint8]]:
    """Which decile of training each input of each bar falls into, for N_MARKETS markets that nothing was trained on.

    Each is (n_rows, n_inputs), of the bars of ``n_bars``, or of as many as have inputs at all, that have them.
    """
    n_bars = max(n_bars, 2 * relative.FIRST_ROW)
    made = []
    for number in range(N_MARKETS):
        rng = np.random.default_rng([_SEED, SEED_OF_PART["test"], number])
        rows = relative.matrix(random_market(rng, n_bars).bars)[relative.FIRST_ROW :]
        columns = zip(learnt.edges, rows.T, strict=True)
        made.append(
            np.stack([np.searchsorted(edges, column, side="left") for edges, column in columns], axis=1).astype(np.uint8)
        )
    return made


def usual(learnt: TrainingRows, markets: list[NDArray[np.uint8]], n_rows: int) -> tuple[NDArray[np.float64], int]:
    """Stability indices of inputs over the last ``n_rows`` bars of single markets, (n_inputs, 2): the quantiles LEVELS.

    And how many inputs at most lie beyond the upper one and the customary bound, in as many of these markets.
    markets : of ``market_bins``.
    """
    indices = np.array([population_stability_index(_counts(bins[-n_rows:]), learnt.shares) for bins in markets])
    bounds = np.quantile(indices, LEVELS, axis=0).T
    n_beyond = ((indices > OTHER) & (indices > bounds[:, 1])).sum(axis=1)
    return bounds, int(np.quantile(n_beyond, LEVELS[1], method="higher"))


def _counts(bins: NDArray[np.uint8]) -> NDArray[np.float64]:
    return np.stack([np.bincount(column, minlength=N_BINS) for column in bins.T]).astype(np.float64)
