"""What a page shows of a dataset: its labels by a model, or a plain word on why there are none."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from dash import dcc, html
from dash.development.base_component import Component

import runtime
import telemetry
from components import cards, ranges, shell, words
from components.figures.window import Window, closes_only, window
from regime_core.datasets import Dataset
from regime_core.errors import RegimeError
from regime_core.regimes import MIN_BARS, Detection, Labels

EXPLAINED_BARS = 20_000
"""Newest bars that the explanation of an answer is made of: in a request, however long the series is."""


@dataclass(frozen=True, slots=True)
class View:
    """A dataset and its labels; ``labels`` is None while those of a long upload still have to be made.

    hindsight : whether the labels shown are those that rest on later bars too; asked for, they are given where there are any.
    """

    dataset: Dataset
    labels: Labels | None
    seconds: float
    hindsight: bool = False

    @property
    def unit(self) -> str:
        """``day`` or ``bar``."""
        return words.unit_of(self.dataset.step_ns)

    @property
    def too_short(self) -> bool:
        """Whether the series has too few bars for any label."""
        return self.dataset.bars.n_bars < MIN_BARS

    @property
    def closes_only(self) -> bool:
        """Whether no bar has a range."""
        return closes_only(self.dataset.bars)

    def window(self, range_: str | None) -> Window:
        """Bars and labels of a range. Raises RegimeError ``labels.missing`` where there are none."""
        if self.labels is None:
            raise RegimeError("labels.missing", f"{self.dataset.title} is not labelled yet: label it on the Label page.")
        first, stop = ranges.bounds(range_, self.dataset.bars.time)
        return window(
            self.dataset.title,
            self.dataset.bars,
            self.labels,
            first,
            stop,
            "index points" if self.dataset.bundled else "price",
            spells=runtime.results().spells(self.dataset, self.labels.model.name, hindsight=self.hindsight),
            intraday=self.dataset.intraday,
            hindsight=self.hindsight,
        )


def view(dataset_id: str, model: str | None, *, hindsight: bool = False) -> View:
    """View of a dataset that this visitor may see. Raises RegimeError for an unknown dataset or model."""
    dataset = shell.dataset(dataset_id)
    begun = time.perf_counter()
    labels = runtime.results().labels(dataset, model)
    codes = runtime.results().hindsight(dataset, model) if hindsight and labels is not None else None
    if labels is not None and codes is not None:
        labels = replace(labels, codes=codes)
    return View(dataset, labels, time.perf_counter() - begun, codes is not None)


def explain(seen: View, *, counted: bool = True) -> Detection:
    """What the newest label rests on; the view must have labels.

    counted : as one more answer; not where a page tells more of one that was counted already.
    """
    if seen.labels is None:
        raise RegimeError("labels.missing", f"{seen.dataset.title} is not labelled yet: label it on the Label page.")
    begun = time.perf_counter()
    recent = slice(max(0, seen.dataset.bars.n_bars - EXPLAINED_BARS), None)
    detection = runtime.engine().explain(seen.dataset.bars.take(recent).copy(), seen.labels.rows(recent))
    if counted:
        telemetry.answered(detection, source="page", seconds=seen.seconds + time.perf_counter() - begun)
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


def not_shown(error: RegimeError, *, whole_page: bool = True) -> Component:
    """Word on a dataset or model that cannot be shown; it is the heading where the page has no other."""
    title = {"dataset.unknown": "Not here", "model.unknown": "No such model", "model.gone": "No longer served"}
    title["share.over"] = "No longer shared"
    home = html.P(dcc.Link("Show the S&P 500", href=shell.href("/", dataset="sp500")))
    return cards.problem(error.message, home, title=title.get(error.code, "This cannot be shown"), whole_page=whole_page)
