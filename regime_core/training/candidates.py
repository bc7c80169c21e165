"""Detectors that stand for election. One that is not listed here is not trained; one that wins nothing does not ship."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from regime_core.models import Boosted
from regime_core.models.base import Detector
from regime_core.regimes import N_REGIMES
from regime_core.training.lessons import Lessons, Rows

if TYPE_CHECKING:
    from optuna.trial import Trial

Watch = Callable[[int, float], None]
"""Told the rounds done and the log-loss on validation rows; raises to give up."""
Parameters = Mapping[str, Any]

MOST_STEPS = 4000
"""Comparisons a row may cost, trees times depth: with more a client's answer leaves its budget of a millisecond."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One kind of detector.

    name : key in ``MODELS``. fit : lessons, rows to fit on and parameters -> a fitted and calibrated detector; it may tell a
    watch how it goes. suggest : parameters of a trial; None where there is nothing to search. first : those of the first trial.
    steps : comparisons a row costs under these parameters; 0 where they do not matter.
    """

    name: str
    fit: Callable[[Lessons, Rows, Parameters, Watch | None], Detector]
    suggest: Callable[[Trial], dict[str, Any]] | None = None
    first: Parameters | None = None
    steps: Callable[[Parameters], int] = lambda parameters: 0


def on_rows(kind: type[Any]) -> Candidate:
    """Candidate of a ``MarginDetector`` that is fitted on rows and has nothing to search."""

    def fit(lessons: Lessons, rows: Rows, parameters: Parameters, watch: Watch | None) -> Detector:
        model: Detector = kind(**parameters, random_state=lessons.seed).fit(*rows).calibrate(*lessons.validation)
        return model

    return Candidate(kind.name, fit)


def fit_boosted(lessons: Lessons, rows: Rows, parameters: Parameters, watch: Watch | None) -> Detector:
    """Boosted trees; a leaf wants as large a share of some rows as of all."""
    share = len(rows.codes) / len(lessons.train.codes)
    given = {**parameters, "min_child_weight": parameters["min_child_weight"] * share}
    watched = None if watch is None else (*lessons.validation, watch)
    model = Boosted(**given, threads=lessons.threads, random_state=lessons.seed)
    return model.fit(*rows, watched=watched).calibrate(*lessons.validation)


def boosted_space(trial: Trial) -> dict[str, Any]:
    """Parameters of boosted trees, within what a row may cost."""
    depth = trial.suggest_int("depth", 4, 7)
    return {
        "depth": depth,
        "rounds": trial.suggest_int("rounds", 40, most_rounds(depth)),
        "learning_rate": trial.suggest_float("learning_rate", 0.05, 0.4, log=True),
        "min_child_weight": trial.suggest_float("min_child_weight", 5.0, 500.0, log=True),
    }


def boosted_steps(parameters: Parameters) -> int:
    """Trees times depth."""
    return int(parameters["rounds"] * N_REGIMES * parameters["depth"])


def most_rounds(depth: int) -> int:
    """Rounds that trees of a depth may have."""
    return MOST_STEPS // (N_REGIMES * depth)


_SEARCHED = ("depth", "rounds", "learning_rate", "min_child_weight")

CANDIDATES: tuple[Candidate, ...] = (
    Candidate(Boosted.name, fit_boosted, boosted_space, {name: getattr(Boosted(), name) for name in _SEARCHED}, boosted_steps),
)
