"""How much a training simulates, searches and walks, and what it is asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from regime_core.states import HORIZONS, K_RANGE

Part = Literal["all", "detectors", "states"]


@dataclass(frozen=True, slots=True)
class Plan:
    """Sizes of a training; the defaults are those of the shipped models.

    train_markets, validation_markets : of random parameters and lengths. rows_a_market : taken at random from each, at most.
    foreign_markets : of the second generator, which nothing learns from, that detectors are chosen by as well.
    test_paths : of TEST_BARS bars, for each s0, mean duration and kind of shocks.
    trials : of the search of each detector that has one. search_rows : of the training rows, that a trial is fitted on.
    threads : of a fit; part of what makes it repeatable. sequence_markets : that a detector which reads them whole learns from.
    candidates : names of the detectors that stand for election; all there are where None.
    ks, horizons : numbers of states and days ahead that the record of past forecasts has.
    """

    train_markets: int = 4000
    validation_markets: int = 300
    foreign_markets: int = 100
    rows_a_market: int = 300
    test_paths: int = 4
    trials: int = 12
    search_rows: int = 150_000
    threads: int = 2
    sequence_markets: int = 10_000
    candidates: tuple[str, ...] | None = None
    ks: tuple[int, ...] = K_RANGE
    horizons: tuple[int, ...] = HORIZONS


@dataclass(frozen=True, slots=True)
class Order:
    """What to train and where it goes.

    data : folder of the histories. out : model folder to be served. runs : folder of searches, tracked runs and versions kept.
    only : a part to train alone; the other stays as it is in ``out``. force : use what is worse than what is there, too.
    """

    data: Path
    out: Path
    runs: Path
    seed: int = 0
    only: Part = "all"
    force: bool = False
    plan: Plan = Plan()

    @property
    def detectors(self) -> bool:
        """Whether detectors of regimes are trained."""
        return self.only != "states"

    @property
    def states(self) -> bool:
        """Whether models of stress states are trained."""
        return self.only != "detectors"

    @property
    def versions(self) -> Path:
        """Where versions are kept."""
        return self.runs / "versions"
