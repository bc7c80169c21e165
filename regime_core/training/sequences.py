"""Detectors that are fitted on whole simulated markets: the recurrent one, and the mixture weighed on markets of validation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from regime_core.models import LSTM, Ensemble, lstm
from regime_core.models.lstm import Device
from regime_core.models.margins import MarginDetector
from regime_core.training.markets import SEED_OF_PART, Part, random_market
from regime_core.training.progress import Progress, silent

TRAIN_MARKETS, VALIDATION_MARKETS = 10_000, 300
"""More than trees need: every market is read whole, and gives no more than a few independent regimes."""


def fit_lstm(
    *,
    seed: int,
    n_train: int = TRAIN_MARKETS,
    n_validation: int = VALIDATION_MARKETS,
    progress: Progress | None = None,
    device: Device = "cpu",
) -> LSTM:
    """Fit and calibrate a recurrent detector; on the CPU the same seed gives the same weights bit for bit."""
    tell = progress or silent
    train = sequences(n_train, part="train", seed=seed, progress=tell)
    model = LSTM(random_state=seed, device=device).fit(train, tell=lambda done, total: tell("fit lstm", done, total))
    return model.calibrate_on(sequences(n_validation, part="validation", seed=seed, progress=tell))


def fit_ensemble(members: Sequence[MarginDetector], *, seed: int) -> Ensemble:
    """Weigh fitted and calibrated detectors on validation markets, which none of them was fitted on."""
    rngs = (np.random.default_rng([seed, SEED_OF_PART["validation"], i]) for i in range(VALIDATION_MARKETS))
    made = [random_market(rng) for rng in rngs]
    mixture = Ensemble(members=[member.name for member in members])
    return mixture.fit(members, [(market.bars, market.regimes) for market in made])


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
