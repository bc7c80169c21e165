"""Whole simulated markets for detectors that read them bar by bar; parts share no random number with each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from regime_core.models import lstm
from regime_core.training.markets import SEED_OF_PART, Part, random_market
from regime_core.training.progress import Progress, silent


def sequences(
    n_markets: int, *, part: Part, seed: int, progress: Progress | None = None
) -> list[tuple[NDArray[np.float32], NDArray[np.int8]]]:
    """What the recurrent detector reads of random markets, (n_bars, n_inputs), and their true regimes, (n_bars,).

    The markets are those of ``markets.rows`` of the same part and seed.
    """
    tell = progress or silent
    read = []
    for i in range(n_markets):
        market = random_market(np.random.default_rng([seed, SEED_OF_PART[part], i]))
        read.append((lstm.inputs_of(market.bars), market.regimes))
        if i % 50 == 49 or i == n_markets - 1:
            tell(f"simulate {part} sequences", i + 1, n_markets)
    return read
