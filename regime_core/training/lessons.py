"""Second stage: simulated markets become rows of features to learn from, and markets to be judged on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from regime_core.features import relative
from regime_core.models.training_rows import TrainingRows
from regime_core.simulate import SimulatedMarket
from regime_core.training.markets import SEED_OF_PART, foreign_markets, random_market, rows
from regime_core.training.plan import Plan
from regime_core.training.progress import Progress


class Rows(NamedTuple):
    """Rows of ``features.relative.matrix``, (n_rows, n_features), and the true regime of each, (n_rows,)."""

    features: NDArray[np.float32]
    codes: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Lessons:
    """What detectors learn from and are chosen by; nothing of the test part.

    train : rows of the training markets. searched : some of them, for trials. validation : rows of the validation markets.
    markets : these markets themselves. foreign : validation markets of the second generator, whose like nothing learns from:
    they find out what has learnt the first one by heart. seed : of all of it, and of whatever is fitted. plan : the sizes.
    """

    train: Rows
    searched: Rows
    validation: Rows
    markets: tuple[SimulatedMarket, ...]
    foreign: tuple[SimulatedMarket, ...]
    seed: int
    plan: Plan

    @property
    def sha256(self) -> str:
        """Hash of all rows: another simulator, other features or another plan give another."""
        digest = hashlib.sha256()
        for array in (*self.train, *self.searched, *self.validation):
            digest.update(array.tobytes())
        return digest.hexdigest()

    @property
    def training_rows(self) -> TrainingRows:
        """Deciles of each feature, and shares of the regimes, over the rows of the training markets."""
        return TrainingRows.of(relative.NAMES, *self.train)


def lessons(plan: Plan, seed: int, tell: Progress) -> Lessons:
    """Simulate the markets of a plan and compute the features of random rows of them."""
    size = plan.rows_a_market
    train = Rows(*rows(plan.train_markets, size, part="train", seed=seed, progress=tell))
    validation = Rows(*rows(plan.validation_markets, size, part="validation", seed=seed, progress=tell))
    order = np.random.default_rng([seed, len(SEED_OF_PART)]).permutation(len(train.codes))
    some = np.sort(order[: plan.search_rows])
    markets = tuple(
        random_market(np.random.default_rng([seed, SEED_OF_PART["validation"], i])) for i in range(plan.validation_markets)
    )
    foreign = foreign_markets(plan.foreign_markets, seed=seed)
    return Lessons(train, Rows(train.features[some], train.codes[some]), validation, markets, foreign, seed, plan)
