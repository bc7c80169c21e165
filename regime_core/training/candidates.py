"""Detectors that stand for election. One that is not listed here is not trained; one that wins nothing does not ship."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from regime_core.kernels import cut_trees
from regime_core.models import LSTM, Boosted, Ensemble, Forest, Linear
from regime_core.models.base import Detector
from regime_core.models.margins import MarginDetector
from regime_core.regimes import N_REGIMES
from regime_core.training import sequences
from regime_core.training.lessons import Lessons, Rows
from regime_core.training.progress import Progress, silent

if TYPE_CHECKING:
    from optuna.trial import Trial

Watch = Callable[[int, float], None]
"""Told the rounds done and the log-loss on validation rows; raises to give up."""
Parameters = Mapping[str, Any]

MOST_STEPS = 4000
"""Comparisons a bar may cost, trees times depth: with more, 500 answers to 252 bars take two cores over 0.3 seconds."""
LSTM_STEPS, ENSEMBLE_STEPS = 3200, 10_400
"""Comparisons that take as long as the recurrent network, and as the mixture."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a candidate is to be fitted to.

    rows : all training rows of the lessons, or some of them. fitted : the candidates before it in the list, by name.
    watch : of a trial. tell : how far a long fit is.
    """

    lessons: Lessons
    rows: Rows
    parameters: Parameters
    fitted: Mapping[str, Detector] = field(default_factory=dict)
    watch: Watch | None = None
    tell: Progress = silent


@dataclass(frozen=True, slots=True)
class Candidate:
    """One kind of detector.

    name : key in ``MODELS``. fit : task -> a fitted and calibrated detector. suggest : parameters of a trial; None where there
    is nothing to search. first : those of the first trial. steps : comparisons a bar costs under these parameters, or what
    takes as long. of : candidates without which it cannot stand.
    """

    name: str
    fit: Callable[[Task], Detector]
    suggest: Callable[[Trial], dict[str, Any]] | None = None
    first: Parameters | None = None
    steps: Callable[[Parameters], int] = lambda parameters: 0
    of: tuple[str, ...] = ()


def on_rows(kind: type[Any]) -> Candidate:
    """Candidate of a ``RowDetector``, which is fitted on rows and has nothing to search."""

    def fit(task: Task) -> Detector:
        model: Detector = kind(random_state=task.lessons.seed).fit(*task.rows).calibrate(*task.lessons.validation)
        return model

    return Candidate(kind.name, fit)


def fit_boosted(task: Task) -> Detector:
    """Boosted trees; a leaf wants as large a share of some rows as of all."""
    lessons = task.lessons
    share = len(task.rows.codes) / len(lessons.train.codes)
    given = {**task.parameters, "min_child_weight": task.parameters["min_child_weight"] * share}
    watched = None if task.watch is None else (*lessons.validation, task.watch)
    model = Boosted(**given, threads=lessons.plan.threads, random_state=lessons.seed)
    return model.fit(*task.rows, watched=watched).calibrate(*lessons.validation)


def fit_lstm(task: Task) -> Detector:
    """Recurrent network; it reads whole markets, of which it wants more than trees do."""
    plan = task.lessons.plan
    return sequences.fit_lstm(
        seed=task.lessons.seed, n_train=plan.sequence_markets, n_validation=plan.validation_markets, progress=task.tell
    )


def fit_ensemble(task: Task) -> Detector:
    """Mixture of its members, weighed on the validation markets."""
    members = [model for name in POOLED if isinstance(model := task.fitted[name], MarginDetector)]
    mixture = Ensemble(members=POOLED)
    return mixture.fit(members, [(market.bars, market.regimes) for market in task.lessons.markets])


def boosted_space(trial: Trial) -> dict[str, Any]:
    """Parameters of boosted trees, within what a row may cost."""
    depth = trial.suggest_int("depth", 4, cut_trees.LEVELS)
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

POOLED = (Boosted.name, LSTM.name)

CANDIDATES: tuple[Candidate, ...] = (
    Candidate(Boosted.name, fit_boosted, boosted_space, {name: getattr(Boosted(), name) for name in _SEARCHED}, boosted_steps),
    on_rows(Linear),
    on_rows(Forest),
    Candidate(LSTM.name, fit_lstm, steps=lambda parameters: LSTM_STEPS),
    Candidate(Ensemble.name, fit_ensemble, steps=lambda parameters: ENSEMBLE_STEPS, of=POOLED),
)


def standing(names: tuple[str, ...] | None) -> tuple[Candidate, ...]:
    """Candidates of these names, or all where None; without those whose members do not stand."""
    named = [one for one in CANDIDATES if names is None or one.name in names]
    there = {one.name for one in named}
    return tuple(one for one in named if set(one.of) <= there)
