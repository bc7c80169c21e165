"""Third, fifth and last stage of states: how many there are, how past forecasts of them went, and the forecaster to come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regime_core import artifacts, walkforward
from regime_core.models import Forecaster, kmeans
from regime_core.states import Market, WalkForward
from regime_core.training.heldout import rounded
from regime_core.training.ingest import History
from regime_core.training.progress import Progress

RECORD_AFTER_YEARS = 10
"""Years of history before the first year of the shipped walk-forward, where there are so many."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A history, the number of states with the best mean silhouette, and the silhouettes of all numbers tried."""

    history: History
    k: int
    silhouettes: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Fitted:
    """What goes into the folder: the states chosen, a forecaster fitted on all days, and forecasts of past years."""

    chosen: Chosen
    walks: tuple[WalkForward, ...]
    forecaster: Forecaster


def choose(history: History, tell: Progress) -> Chosen:
    """How many states the days of a history fall into. Raises ModelError as ``kmeans.silhouettes`` does."""
    tell("silhouettes", 0, 1)
    found = kmeans.silhouettes(history.market)
    tell("silhouettes", 1, 1)
    return Chosen(history, kmeans.best_k(found), found)


def walk(market: Market, ks: Sequence[int], horizons: Sequence[int], tell: Progress) -> tuple[WalkForward, ...]:
    """Forecasts of past years by models of the years before, for each number of states.

    Raises ModelError on a market with fewer than three years before the last one.
    """
    start = _record_start(market)
    return tuple(
        walkforward.walk_forward(market, k=k, horizons=horizons, start_year=start, progress=_named(tell, k)) for k in ks
    )


def fit(chosen: Chosen, walks: Sequence[WalkForward], horizons: Sequence[int], tell: Progress) -> Fitted:
    """Forecaster of all days, calibrated on the last block of them as those of past years were."""
    tell("fit forecaster", 0, 1)
    forecaster = walkforward.fit(chosen.history.market, k=chosen.k, horizons=horizons)
    tell("fit forecaster", 1, 1)
    return Fitted(chosen, tuple(walks), forecaster)


def write(folder: Path, fitted: Fitted) -> None:
    """Add clustering, forecaster and the record of past forecasts to the detectors in a folder; equals give equal bytes."""
    chosen, forecaster = fitted.chosen, fitted.forecaster
    walkforward.write(folder / artifacts.WALK_FORWARD, fitted.walks)
    about = chosen.history.about() | {"k": chosen.k, "seed": forecaster.states_.random_state}
    silhouette = {str(k): rounded(score) for k, score in chosen.silhouettes.items()}
    figures = {f"k {walked.k}": walk_figures(walked) for walked in fitted.walks}
    models = [
        artifacts.Fitted(forecaster.states_, chosen.history.market.columns, about, {"silhouette": silhouette}),
        artifacts.Fitted(forecaster, forecaster.groups(), about, {"walk_forward": figures}),
    ]
    artifacts.add_states(folder, models)


def walk_figures(walk: WalkForward) -> dict[str, Any]:
    """Scores of the forecaster by horizon, on days its models had not seen, and its skill over each baseline."""
    figures = {}
    for horizon, found in walkforward.scores(walk).items():
        model = found.score("model")
        figures[f"horizon {horizon}"] = {
            "days": found.n_days,
            "accuracy": rounded(model.accuracy),
            "precision": rounded(model.macro_precision),
            "recall": rounded(model.macro_recall),
            "log_loss": rounded(model.log_loss),
            "expected_calibration_error": rounded(model.calibration_error),
            "skill": {one.baseline: rounded(one.skill) for one in found.comparisons},
            "p_value": {one.baseline: rounded(one.p_value) for one in found.comparisons},
        }
    return figures


def _record_start(market: Market) -> int:
    """First year with ten calendar years of history before it, or, of a shorter market, with three."""
    later = int(market.years[0]) + RECORD_AFTER_YEARS
    return later if later <= market.years[-1] else walkforward.first_year(market)


def _named(tell: Progress, k: int) -> Progress:
    return lambda step, done, total: tell(f"{k} states", done, total)
