"""The threshold of a detector's prediction sets, from simulated markets that nothing else of it was chosen on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import Float
from regime_core.evaluation import conformal
from regime_core.models.base import Detector
from regime_core.regimes import MIN_BARS
from regime_core.training.markets import SEED_OF_PART, Part, random_market
from regime_core.training.progress import Progress, silent


def set_threshold(
    model: Detector, *, first: int, n_markets: int, rows_a_market: int, seed: int, progress: Progress | None = None
) -> float:
    """Threshold that nine in ten random bars of random markets keep; see ``evaluation.conformal.threshold``.

    Markets are those of the validation part from number ``first`` on: a calibration that ended before shares none with them.
    """
    tell = progress or silent
    given, codes = [], []
    for i in range(n_markets):
        probabilities, true = answered_rows(model, first + i, rows_a_market, part="validation", seed=seed)
        given.append(probabilities)
        codes.append(true)
        tell(f"sets of {model.name}", i + 1, n_markets)
    return conformal.threshold(np.concatenate(given), np.concatenate(codes))


def answered_rows(model: Detector, number: int, rows_a_market: int, *, part: Part, seed: int) -> tuple[Float, NDArray[np.int8]]:
    """Probabilities (n_rows, 5) and true regimes (n_rows,) of random bars of a random market, as a client is answered."""
    rng = np.random.default_rng([seed, SEED_OF_PART[part], number])
    market = random_market(rng)
    labelled = np.arange(MIN_BARS - 1, market.bars.n_bars)
    taken = np.sort(rng.choice(labelled, min(rows_a_market, len(labelled)), replace=False))
    return model.filter(market.bars).probabilities[taken], market.regimes[taken]
