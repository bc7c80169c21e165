"""Pictures of a training, for those who look through tracked runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from regime_core.artifacts import DETECTOR
from regime_core.training.pipeline import Trained

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figures(trained: Trained, manifest: Mapping[str, Any]) -> Iterator[tuple[str, Figure]]:
    """File name and picture: trials of each search, detectors side by side, skill of forecasts by horizon."""
    about = manifest.get("trained", {}).get(DETECTOR, {})
    if trained.election is not None:
        for name, found in about["search"].items():
            yield f"search_{name}.png", _trials(name, found["tried"])
        yield "detectors.png", _bars("Log-loss on validation markets", _column(about["compared_on_validation_markets"]))
    if trained.states is not None:
        for k, by_horizon in manifest["models"]["forecaster"]["scores"]["walk_forward"].items():
            skill = {horizon: found["skill"]["markov"] for horizon, found in by_horizon.items()}
            yield f"skill_{k.replace(' ', '_')}.png", _bars(f"Log-loss skill over Markov, {k}", skill)


def _column(compared: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    return {name: found["log_loss"] for name, found in compared.items()}


def _trials(name: str, tried: list[dict[str, Any]]) -> Figure:
    figure = _empty(f"Search of {name}: log-loss on validation markets")
    kept = [(number, trial["log_loss"]) for number, trial in enumerate(tried, 1) if trial["log_loss"] is not None]
    axes = figure.axes[0]
    axes.plot(*zip(*kept, strict=True), "o", label="finished")
    for number, trial in enumerate(tried, 1):
        if trial["log_loss"] is None:
            axes.axvline(number, color="lightgrey")
    axes.set_xlabel("trial (grey: given up early)")
    return figure


def _bars(title: str, values: Mapping[str, float]) -> Figure:
    figure = _empty(title)
    bars = figure.axes[0].barh(list(values), list(values.values()))
    figure.axes[0].bar_label(bars, fmt="%.4f")
    return figure


def _empty(title: str) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    figure.subplots().set_title(title)
    return figure
