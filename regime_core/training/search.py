"""Fourth stage: the best parameters of each candidate on validation markets, within a fixed number of trials.

A trial's proposal rests on its number, the seed and the trials finished before it, all of which are in the study's file: a
search that was killed goes on where it was, to the same end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regime_core.training.candidates import Candidate, Parameters, Task
from regime_core.training.judging import judge
from regime_core.training.lessons import Lessons
from regime_core.training.progress import Progress

if TYPE_CHECKING:
    import optuna

STUDIES = "studies.db"
STARTUP_TRIALS = 4
"""Trials of random parameters, the first one aside, before the sampler learns from them; none is pruned among as many."""
WARM_UP_ROUNDS = 30
"""Rounds before which no trial is given up: those that learn slowly start behind."""
ROUNDS_A_REPORT = 10


@dataclass(frozen=True, slots=True)
class Trial:
    """One trial. log_loss : on validation markets; None where it was given up. rounds : the last that was reported."""

    parameters: Parameters
    log_loss: float | None
    rounds: int | None


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: the best parameters, their validation log-loss on part of the rows, and all trials in order."""

    parameters: Parameters
    log_loss: float | None
    trials: tuple[Trial, ...]

    def about(self) -> dict[str, Any]:
        """The search as the manifest keeps it."""
        pruned = sum(trial.log_loss is None for trial in self.trials)
        best = {"parameters": dict(self.parameters), "validation_log_loss": self.log_loss}
        return {**best, "trials": len(self.trials), "pruned": pruned, "tried": [asdict(trial) for trial in self.trials]}


def search(
    lessons: Lessons,
    runs: Path,
    *,
    trials: int,
    candidates: Sequence[Candidate],
    tell: Progress,
) -> dict[str, Found]:
    """Best parameters of each candidate, by name. runs : folder of the studies' file.

    A study belongs to its candidate, seed and rows; finished trials of an earlier run of the same are not run again.
    """
    runs.mkdir(parents=True, exist_ok=True)
    key = hashlib.sha256(f"{lessons.seed} {lessons.sha256}".encode()).hexdigest()[:12]
    return {
        candidate.name: Found({}, None, ())
        if candidate.suggest is None
        else _searched(candidate, lessons, _study(runs, f"{candidate.name} {key}"), trials, tell)
        for candidate in candidates
    }


def _study(runs: Path, name: str) -> optuna.Study:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=STARTUP_TRIALS, n_warmup_steps=WARM_UP_ROUNDS)
    storage = f"sqlite:///{runs.absolute() / STUDIES}"
    return optuna.create_study(storage=storage, study_name=name, pruner=pruner, load_if_exists=True)


def _searched(candidate: Candidate, lessons: Lessons, study: optuna.Study, trials: int, tell: Progress) -> Found:
    _forget_unfinished(study)
    tell(candidate.name, len(_finished(study)), trials)
    while (done := len(_finished(study))) < trials:
        _try(candidate, lessons, study, number=done)
        tell(candidate.name, done + 1, trials)
    finished = _finished(study)[:trials]
    tried = tuple(Trial(one.user_attrs["parameters"], one.user_attrs.get("log_loss"), one.last_step) for one in finished)
    best = min((trial for trial in tried if trial.log_loss is not None), key=lambda trial: float(trial.log_loss or 0.0))
    return Found(best.parameters, best.log_loss, tried)


def _try(candidate: Candidate, lessons: Lessons, study: optuna.Study, *, number: int) -> None:
    """Run the trial of a number; what it proposes rests on the seed, the number and the trials finished before."""
    import optuna

    seed = int(hashlib.sha256(f"{lessons.seed} {number}".encode()).hexdigest()[:8], 16)
    study.sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=STARTUP_TRIALS, constant_liar=False)
    if number == 0 and candidate.first is not None and not _in_state(study, "WAITING"):
        study.enqueue_trial(dict(candidate.first))
    trial = study.ask()
    assert candidate.suggest is not None
    parameters = candidate.suggest(trial)
    trial.set_user_attr("parameters", parameters)

    def watch(rounds: int, log_loss: float) -> None:
        if rounds % ROUNDS_A_REPORT:
            return
        trial.report(log_loss, rounds)
        if trial.should_prune():
            raise optuna.TrialPruned

    try:
        model = candidate.fit(Task(lessons, lessons.searched, parameters, watch=watch))
    except optuna.TrialPruned:
        study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        return
    log_loss = judge(model, lessons.markets).log_loss
    trial.set_user_attr("log_loss", log_loss)
    study.tell(trial, log_loss)


def _forget_unfinished(study: optuna.Study) -> None:
    """Trials that a kill cut off count for nothing."""
    from optuna.trial import TrialState

    for trial in _in_state(study, "RUNNING"):
        study.tell(trial.number, state=TrialState.FAIL)


def _finished(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    return _in_state(study, "COMPLETE", "PRUNED")


def _in_state(study: optuna.Study, *names: str) -> list[optuna.trial.FrozenTrial]:
    """Trials in any of these states, by number."""
    from optuna.trial import TrialState

    found: list[optuna.trial.FrozenTrial] = study.get_trials(deepcopy=False, states=[TrialState[name] for name in names])
    return found
