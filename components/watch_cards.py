"""A card for each dataset: where it stands, what changed since the bar before, and how it came here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from dash import dcc, html
from dash.development.base_component import Component

import runtime
from components import cards, overviews, shell, words
from components.figures import sparkline
from components.theme import LOOKS
from regime_core.datasets import Dataset
from regime_core.errors import RegimeError
from regime_core.regimes import MIN_BARS, UNKNOWN_CODE, Labels

SHOWN_BARS = 90
MOST = 24
"""Cards at most; the picker lists all datasets."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A dataset and its labels; without labels, ``why`` says why there are none."""

    dataset: Dataset
    labels: Labels | None
    why: str = ""


def watched(model: str | None) -> list[Watched]:
    """Bundled datasets, this visitor's uploads and those shown to them, with such labels as take a moment at most."""
    found = []
    for info in runtime.library().infos(shell.visitor(), shell.grants())[:MOST]:
        try:
            dataset = shell.dataset(info.id)
        except RegimeError:
            continue  # removed just now
        found.append(_watched(dataset, model))
    return found


def _watched(dataset: Dataset, model: str | None) -> Watched:
    if dataset.bars.n_bars < MIN_BARS:
        return Watched(dataset, None, f"{words.count(dataset.bars.n_bars, 'bar')}: {MIN_BARS} are needed for a label")
    try:
        labels = runtime.results().labels_at_hand(dataset, model)
    except RegimeError as error:
        return Watched(dataset, None, words.told(error.message))
    return Watched(dataset, labels, "" if labels is not None else "Not labelled by this model yet")


def grid(found: list[Watched], here: str, query: dict[str, str]) -> html.Ul:
    """All cards; ``here`` is the dataset on the page. query : what of the view a link keeps."""
    items = [html.Li(_card(one, here, query)) for one in found]
    return html.Ul([*items, html.Li(_bring(here))], className="watch-grid")


def _card(one: Watched, here: str, query: dict[str, str]) -> dcc.Link:
    dataset = one.dataset
    on_page = dataset.id == here
    head = html.Div(
        [
            html.Strong(dataset.title, className="watch-name"),
            *([html.Span("on this page", className="watch-here")] if on_page else []),
        ],
        className="watch-head",
    )
    return dcc.Link(
        [head, html.Div(_price(dataset), className="watch-price"), *_regime(one), _sparkline(one), _when(dataset)],
        href=shell.href("/", **{**query, "dataset": dataset.id}),
        className="watch-card watch-on" if on_page else "watch-card",
    )


def _price(dataset: Dataset) -> list[Component]:
    """Newest close with its unit, and the change since the bar before."""
    close = dataset.bars.close
    unit = "index points" if dataset.bundled else ""
    value = html.Span([html.Span(_number(float(close[-1])), className="watch-close"), f" {unit}" if unit else ""])
    if len(close) < 2:
        return [value]
    before, now = float(close[-2]), float(close[-1])
    move = f"{now - before:+,.2f}" if abs(now) >= 10 else f"{now - before:+.4g}"
    share = f" ({words.signed_percent(now / before - 1)})" if before > 0 else ""
    return [value, html.Span(f"{move.replace('-', '−')}{share}", className="watch-move")]


def _number(value: float) -> str:
    return f"{value:,.2f}" if abs(value) >= 10 else f"{value:.5g}"


def _regime(one: Watched) -> list[Component]:
    """Regime with confidence and age, and what changed since the bar before."""
    if one.labels is None:
        return [html.P(one.why, className="watch-regime muted")]
    found = overviews.newest_of(one.dataset, one.labels)
    unit, model = words.unit_of(one.dataset.step_ns), one.labels.model.name
    if found.code == UNKNOWN_CODE:
        said: list[Component | str] = ["No regime stands out"]
    else:
        held = f"{'at least ' if found.censored else ''}{words.count(found.age, unit)}"
        said = [
            cards.regime(found.code),
            html.Span(f"{overviews.sure(found.confidence, model)}, for {held}", className="muted"),
        ]
    changed = overviews.change_told(found, model, unit, with_close=False) if found.code_before is not None else "the first bar"
    told = f"Changed: {changed}" if found.changed else changed.capitalize()
    return [html.P(said, className="watch-regime"), html.P(told, className="watch-changed")]


def _sparkline(one: Watched) -> html.Div:
    """The newest closes as a line over the ribbon of their regimes; what it shows is told in words."""
    close = np.asarray(one.dataset.bars.close[-SHOWN_BARS:])
    lines: list[Component] = [
        html.Div(className="spark-line", style={"--spark": f'url("{sparkline.line(close)}")'}, **{"aria-hidden": "true"})
    ]
    told = f"The last {words.count(len(close), 'close')}, from {_number(float(close[0]))} to {_number(float(close[-1]))}"
    if one.labels is None:
        return html.Div([*lines, html.Span(told, className="visually-hidden")], className="spark")
    codes, sure = one.labels.codes[-SHOWN_BARS:], one.labels.confidence[-SHOWN_BARS:]
    counts = np.bincount(codes, minlength=len(LOOKS))
    spent = ", ".join(f"{look.word.lower()} on {int(counts[code])}" for code, look in enumerate(LOOKS) if counts[code])
    picture = html.Img(src=sparkline.ribbon(codes, sure), alt=f"{told}; {spent}", className="spark-ribbon")
    return html.Div([*lines, picture], className="spark")


def _when(dataset: Dataset) -> html.Div:
    return html.Div(cards.as_of(dataset, shell.today(), brief=True), className="watch-when")


def _bring(here: str) -> dcc.Link:
    """Way to the page where a file becomes a dataset; until then that page shows ``here``."""
    icon = html.I(className="icon icon-upload", **{"aria-hidden": "true"})
    return dcc.Link(
        [
            icon,
            html.Strong("Bring your own"),
            html.Span("A CSV or Excel file of prices becomes a card here.", className="muted"),
        ],
        href=shell.href("/label", dataset=here),
        className="watch-card watch-bring",
    )
