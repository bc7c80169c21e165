"""The newest value of each chosen feature within its history."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from dash import html
from dash.development.base_component import Component

import runtime
from components import glossary, quantities, trend_views, words
from regime_core.bars import is_intraday
from regime_core.datasets import Dataset
from regime_core.evaluation.standing import MIDDLE, Standing
from regime_core.features import FEATURES, Feature

WORTH_TELLING = 10
"""Bars since a value was last as high from which on that is told: before, it is no news."""
_TERMS = ("volatility", "drawdown", "vix")
"""Entries of the glossary that features are named after."""


def table(dataset: Dataset, names: Sequence[str]) -> Component:
    """One row a feature: its value, where that lies in its history, and what it was a year ago and mostly."""
    rows = [_row(dataset, FEATURES[name]) for name in names]
    head = html.Tr(
        [
            html.Th("Feature", scope="col"),
            html.Th("Newest", scope="col", className="figure"),
            html.Th(_history_head(), scope="col"),
            html.Th(["Among its ", glossary.term("percentile", "past values")], scope="col"),
            html.Th("A year before", scope="col", className="figure"),
            html.Th("Median of the past", scope="col", className="figure"),
        ]
    )
    return html.Table([html.Thead(head), html.Tbody(rows)], className="plain standings")


def _history_head() -> str:
    return f"Its history, middle {words.percent(MIDDLE[1] - MIDDLE[0])}"


def above(stand: Standing) -> str:
    """``above 91 % of the past``."""
    if np.isnan(stand.rank):
        return "no past to compare with"
    if stand.low_end == stand.high_end:
        return "as nearly always in the past"
    if stand.rank == 0.0 or stand.rank == 1.0:
        return f"{'above' if stand.rank else 'below'} all {words.count(stand.n_past, 'value')} of the past"
    return f"above {words.percent(stand.rank)} of the past"


def since(stand: Standing, time: np.ndarray[tuple[int], np.dtype[np.int64]]) -> str:
    """``highest since 5 Feb 2016``; empty where that is no news. time : (n_bars,) of the series."""
    if np.isnan(stand.rank) or len(time) - 1 - stand.since < WORTH_TELLING:
        return ""
    extreme = "highest" if stand.high else "lowest"
    if stand.since < 0:
        return f"{extreme} of all"
    return f"{extreme} since {words.moment(int(time[stand.since]), intraday=is_intraday(time))}"


def _row(dataset: Dataset, feature: Feature) -> html.Tr:
    stand = runtime.results().standing(dataset, feature.name)
    title = html.Th(_title(feature), scope="row")
    if stand is None or np.isnan(stand.value):
        return html.Tr([title, html.Td(f"not known: {trend_views.unknown(feature)}", colSpan=5, className="muted")])
    told = [html.Strong(above(stand))]
    if extreme := since(stand, dataset.bars.time):
        told.append(html.Span(f", {extreme}", className="muted"))
    return html.Tr(
        [
            title,
            html.Td(_value(stand.value, feature), className="figure standing-now"),
            html.Td(_strip(stand, feature), className="standing-strip"),
            html.Td(told, className="standing-told"),
            html.Td(_cell("A year before", stand.year_ago, feature), className="figure"),
            html.Td(_cell("Median", stand.median, feature), className="figure"),
        ]
    )


def _title(feature: Feature) -> Component:
    """Title with unit and source as a tip; a link where the glossary says what is measured."""
    key = next((key for key in _TERMS if feature.name.startswith(f"{key}_")), None)
    if key is not None:
        return glossary.term(key, feature.title)
    return html.Span(feature.title, title=f"{quantities.unit(feature)}. {feature.source}.")


def _value(value: float, feature: Feature) -> list[Component | str]:
    number = quantities.number(value * quantities.factor(feature))
    return [number, html.Span(quantities.behind(feature), className="muted")]


def _cell(label: str, value: float, feature: Feature) -> list[Component | str]:
    """A value with what it is, which a narrow screen shows before it."""
    return [html.Span(f"{label} ", className="standing-label muted"), quantities.told(value, feature)]


def _strip(stand: Standing, feature: Feature) -> Component:
    """Outline of the history's histogram, with the median, the value a year before and the newest marked."""
    low, high = (quantities.told(end, feature) for end in (stand.low_end, stand.high_end))
    told = (
        f"History from {low} to {high}. Now {quantities.told(stand.value, feature)}, {above(stand)}; "
        f"median {quantities.told(stand.median, feature)}, a year before {quantities.told(stand.year_ago, feature)}."
    )
    marks = [
        html.Span(className=f"standing-mark {kind}", style={"left": f"{100 * place:.2f}%"})
        for kind, place in (
            ("median", stand.place(stand.median)),
            ("before", stand.place(stand.year_ago)),
            ("now", stand.place(stand.value)),
        )
        if np.isfinite(place)
    ]
    drawn = html.Div(
        [html.Span(className="standing-shape", style={"clipPath": _outline(stand)}), *marks], className="standing-box"
    )
    ends = html.Div([html.Span(quantities.number(end * quantities.factor(feature))) for end in (stand.low_end, stand.high_end)])
    return html.Div([drawn, ends], className="standing", role="img", title=told, **{"aria-label": told})


def _outline(stand: Standing) -> str:
    """Histogram as a CSS shape: steps along the top, the ground below."""
    n, most = len(stand.counts), max(int(stand.counts.max()), 1)
    corners = ["0% 100%"]
    for i, count in enumerate(stand.counts.tolist()):
        top = f"{100 - 100 * count / most:.1f}%"
        corners += [f"{100 * i / n:.2f}% {top}", f"{100 * (i + 1) / n:.2f}% {top}"]
    return f"polygon({', '.join([*corners, '100% 100%'])})"


def key() -> Component:
    """What the marks of the strips mean."""
    marks = (("now", "newest"), ("before", "a year before"), ("median", "median of the past"))
    items = [
        html.Span([html.Span(className=f"standing-mark {kind}", **{"aria-hidden": "true"}), text], className="standing-key")
        for kind, text in marks
    ]
    return html.Div(items, className="standing-keys muted")
