"""What a page shows of a dataset: its labels by a model, or a plain word on why there are none."""

from __future__ import annotations

import time
from dataclasses import dataclass

from dash import dcc, html
from dash.development.base_component import Component

import runtime
import telemetry
from components import cards, ranges, shell, words
from components.figures.window import Window, closes_only, window
from regime_core.datasets import Dataset
from regime_core.errors import RegimeError
from regime_core.regimes import Detection, Labels


@dataclass(frozen=True, slots=True)
class View:
    """A dataset and its labels; ``labels`` is None while those of a long series still have to be made."""

    dataset: Dataset
    labels: Labels | None
    seconds: float

    @property
    def unit(self) -> str:
        """``day`` or ``bar``."""
        return words.bar_unit(self.dataset.bars.time)

    @property
    def closes_only(self) -> bool:
        """Whether no bar has a range."""
        return closes_only(self.dataset.bars)

    def window(self, range_: str | None) -> Window:
        """Bars and labels of a range. Raises RegimeError ``labels.missing`` where there are none."""
        if self.labels is None:
            raise RegimeError("labels.missing", f"{self.dataset.title} is not labelled yet: label it on the Label page.")
        first, stop = ranges.bounds(range_, self.dataset.bars.time)
        quantity = "index points" if self.dataset.bundled else "price"
        return window(self.dataset.title, self.dataset.bars, self.labels, first, stop, quantity)


def view(dataset_id: str, model: str | None) -> View:
    """View of a dataset that this visitor may see. Raises RegimeError for an unknown dataset or model."""
    dataset = shell.dataset(dataset_id)
    begun = time.perf_counter()
    labels = runtime.results().labels(dataset, model)
    return View(dataset, labels, time.perf_counter() - begun)


def explain(seen: View) -> Detection:
    """What the newest label rests on; counted as one answer. The view must have labels."""
    if seen.labels is None:
        raise RegimeError("labels.missing", f"{seen.dataset.title} is not labelled yet: label it on the Label page.")
    begun = time.perf_counter()
    detection = runtime.engine().explain(seen.dataset.bars, seen.labels)
    telemetry.answered(
        detection.regime.name, detection.model.name, source="page", seconds=seen.seconds + time.perf_counter() - begun
    )
    return detection


def unlabelled(seen: View) -> Component:
    """Word on a long series without labels, and where to get them."""
    return cards.notice(
        html.P(
            f"{seen.dataset.title} has {words.count(seen.dataset.bars.n_bars, 'bar')}: so many are labelled in the background."
        ),
        html.P(dcc.Link("Label it on the Label page", href=shell.href("/label", dataset=seen.dataset.id))),
        title="Not labelled yet",
    )


def not_shown(error: RegimeError) -> Component:
    """Word on a dataset or model that cannot be shown."""
    title = {"dataset.unknown": "Not here", "model.unknown": "No such model", "model.gone": "No longer served"}
    home = html.P(dcc.Link("Show the S&P 500", href=shell.href("/", dataset="sp500")))
    return cards.problem(error.message, home, title=title.get(error.code, "This cannot be shown"))
