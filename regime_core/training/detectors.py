"""Sixth stage: the best of each candidate is fitted on all rows, calibrated and judged; those that win something ship."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from regime_core import artifacts
from regime_core.artifacts import Fitted
from regime_core.models import Rules
from regime_core.models.base import Detector
from regime_core.models.margins import MarginDetector
from regime_core.training.candidates import MOST_STEPS, Candidate, Task
from regime_core.training.heldout import choose_window, held_out_scores, rounded
from regime_core.training.judging import Judgement, judge, mean
from regime_core.training.lessons import Lessons
from regime_core.training.markets import DURATION_RANGE, LENGTH_RANGE, S0_RANGE
from regime_core.training.plan import Plan
from regime_core.training.progress import Progress
from regime_core.training.search import Found
from regime_core.training.sets import set_threshold

OCCASIONS: dict[str, Callable[[Judgement], float]] = {
    "lowest log-loss": lambda judged: judged.log_loss,
    "lowest log-loss with fewer than 252 bars": lambda judged: judged.short_log_loss,
    "most regimes named rightly": lambda judged: -judged.balanced_accuracy,
}
"""Where a detector can win: words -> what of its judgement is to be small."""
WORTH = 0.01
"""Share of the default's score by which another must be better to win there: a user would not see less."""


@dataclass(frozen=True, slots=True)
class Election:
    """Who stood and who won; all by name.

    lessons : what they learnt from. found : what the search found. models : fitted on all training rows and calibrated.
    judged : on validation markets, ``rules`` too. foreign : on those of the second generator, which nothing learns from.
    steps : comparisons a row. wins : of those that ship, in words.
    default : the lowest log-loss, both kinds of markets counting alike, of those that are fast enough for the service.
    """

    lessons: Lessons
    found: Mapping[str, Found]
    models: Mapping[str, Detector]
    judged: Mapping[str, Judgement]
    foreign: Mapping[str, Judgement]
    steps: Mapping[str, int]
    wins: Mapping[str, tuple[str, ...]]
    default: str

    def overall(self, name: str) -> Judgement:
        """Mean of what one was judged on both kinds of markets."""
        return mean([self.judged[name], self.foreign[name]])


def calibrate(lessons: Lessons, found: Mapping[str, Found], candidates: Sequence[Candidate], tell: Progress) -> Election:
    """Fit every candidate on all rows with the parameters found, calibrate it, judge it, and hold the election."""
    models: dict[str, Detector] = {}
    for done, candidate in enumerate(candidates):
        tell(f"fit {candidate.name}", done, len(candidates))
        task = Task(lessons, lessons.train, found[candidate.name].parameters, fitted=models, tell=_of(candidate.name, tell))
        models[candidate.name] = candidate.fit(task)
        tell(f"fit {candidate.name}", done + 1, len(candidates))
    all_judged = {**models, Rules.name: Rules()}
    judged = {name: judge(model, lessons.markets) for name, model in all_judged.items()}
    foreign = {name: judge(model, lessons.foreign) for name, model in all_judged.items()}
    steps = {one.name: one.steps(found[one.name].parameters) for one in candidates}
    default, wins = elect({name: mean([judged[name], foreign[name]]) for name in models}, steps)
    return Election(lessons, found, models, judged, foreign, steps, wins, default)


def elect(judged: Mapping[str, Judgement], steps: Mapping[str, int]) -> tuple[str, dict[str, tuple[str, ...]]]:
    """Name of the default, and what each detector that ships has won. Of equals, or nearly, the default or the earlier wins."""
    fast = [name for name in judged if steps[name] <= MOST_STEPS]
    default = min(fast, key=lambda name: judged[name].log_loss)
    won = {occasion: _winner(judged, default, loss) for occasion, loss in OCCASIONS.items()}
    won["default"] = default
    return default, {
        name: tuple(occasion for occasion, winner in won.items() if winner == name) for name in judged if name in won.values()
    }


def _winner(judged: Mapping[str, Judgement], default: str, loss: Callable[[Judgement], float]) -> str:
    best = min(judged, key=lambda name: loss(judged[name]))
    to_beat = loss(judged[default])
    return best if to_beat - loss(judged[best]) >= WORTH * abs(to_beat) else default


def write(folder: Path, election: Election, plan: Plan, tell: Progress) -> None:
    """Save the winners with scores on markets of the test part, window and sets' threshold; ``rules`` ships beside them."""
    lessons, shipped = election.lessons, []
    for name, wins in election.wins.items():
        step = _of(name, tell)
        model = election.models[name]
        figures = held_out_scores(model, seed=lessons.seed, paths=plan.test_paths, progress=step)
        model.window = choose_window(figures["agreement_by_window"])
        size = {"n_markets": 2 * plan.validation_markets, "rows_a_market": plan.rows_a_market}
        threshold = set_threshold(model, first=plan.validation_markets, **size, seed=lessons.seed, progress=step)
        about = {"wins": list(wins), "parameters": dict(election.found[name].parameters)}
        shipped.append(Fitted(model, _columns(model), _learnt_from(lessons, plan) | about, figures, threshold))
    artifacts.save(
        folder,
        [*shipped, Fitted(Rules())],
        default=election.default,
        trained=_about(election),
        training_rows=lessons.training_rows,
    )


def _about(election: Election) -> dict[str, Any]:
    """Search and election as the manifest keeps them, those that did not win included."""
    compared = {
        name: _figures(judged) | {"steps": election.steps.get(name, 0), "wins": list(election.wins.get(name, ()))}
        for name, judged in election.judged.items()
    }
    foreign = {name: _figures(judged) for name, judged in election.foreign.items()}
    searched = {name: one.about() for name, one in election.found.items() if one.trials}
    return {
        "most_steps": MOST_STEPS,
        "compared_on_validation_markets": compared,
        "compared_on_markets_of_the_second_generator": foreign,
        "search": searched,
    }


def _figures(judged: Judgement) -> dict[str, float]:
    return {measure: rounded(value) for measure, value in asdict(judged).items()}


def _learnt_from(lessons: Lessons, plan: Plan) -> dict[str, Any]:
    return {
        "seed": lessons.seed,
        "rows": len(lessons.train.codes),
        "s0": list(S0_RANGE),
        "mean_duration": list(DURATION_RANGE),
        "bars": list(LENGTH_RANGE),
        "data": "simulated markets, see docs/models.md",
        "data_sha256": lessons.sha256,
        "train_markets": plan.train_markets,
        "validation_markets": plan.validation_markets,
        "foreign_markets": plan.foreign_markets,
        "rows_a_market": plan.rows_a_market,
        "test_paths": plan.test_paths,
    }


def _columns(model: Detector) -> tuple[str, ...]:
    return model.columns if isinstance(model, MarginDetector) else ()


def _of(name: str, tell: Progress) -> Progress:
    return lambda step, done, total: tell(f"{step}, {name}", done, total)
