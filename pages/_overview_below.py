"""The lower sections of the Overview: a card a dataset, what the answer rests on, time in each regime, and the spells."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, html
from dash.exceptions import PreventUpdate

from components import cards, ranges, shell, sight, tables, views, watch_cards, words
from pages._overview import MODEL, RANGE, STYLE, view_of, window_of
from regime_core.evaluation import persistence
from regime_core.regimes import ALL_REGIMES, N_REGIMES

WATCHED = "overview-watched"
EVIDENCE = "overview-evidence"
SHARE = "overview-share"
MATRIX = "overview-matrix"
SPELLS = "overview-spells"
SPELLS_TITLE = "overview-spells-title"


def watched() -> html.Div:
    """Joins the page as it is scrolled to, also where this dataset has no labels."""
    return sight.later("overview-watched", _watched(), height=327)


def sections() -> list[html.Div]:
    """Each joins the page as it is scrolled to."""
    return [
        sight.later("overview-thirds", _thirds(), height=427),
        sight.later("overview-history", _history(), height=446),
    ]


def _watched() -> html.Section:
    return cards.card(html.Div(cards.skeleton(230), id=WATCHED), title="Your datasets, and what changed since the bar before")


def _thirds() -> html.Div:
    return html.Div(
        [
            cards.card(html.Div(cards.skeleton(320), id=EVIDENCE), title="What it rests on"),
            cards.card(html.Div(cards.skeleton(320), id=SHARE), title="Time in each regime"),
            cards.card(html.Div(cards.skeleton(320), id=MATRIX), title="From one bar to the next"),
        ],
        className="thirds",
    )


def _history() -> html.Section:
    return cards.card(tables.spell_grid(SPELLS), title=html.Span("Regime history", id=SPELLS_TITLE))


@sight.callback(
    "overview-watched",
    Output(WATCHED, "children"),
    Input(shell.DATASET, "value"),
    Input(MODEL, "value"),
    Input(RANGE, "data"),
    Input(STYLE, "value"),
    Input(shell.REFRESHED, "data"),
)
def show_watched(dataset_id: str | None, model: str | None, range_: str, style: str, _refreshed: int) -> Any:  # noqa: ANN401
    """A card for each dataset of this visitor."""
    if not dataset_id or not model:
        raise PreventUpdate
    view = {"model": model, "style": style, **({"range": range_} if range_ in ranges.PRESETS else {})}
    return watch_cards.grid(watch_cards.watched(model), dataset_id, view)


@sight.callback(
    "overview-thirds",
    Output(EVIDENCE, "children"),
    Input(shell.DATASET, "value"),
    Input(MODEL, "value"),
    Input(shell.REFRESHED, "data"),
)
def show_evidence(dataset_id: str | None, model: str | None, _refreshed: int) -> Any:  # noqa: ANN401
    """What the answer of the headline rests on."""
    seen = view_of(dataset_id, model)
    return cards.evidence(views.explain(seen, counted=False), closes_only=seen.closes_only)


@sight.callback(
    "overview-thirds",
    Output(SHARE, "children"),
    Output(MATRIX, "children"),
    Input(shell.DATASET, "value"),
    Input(MODEL, "value"),
    Input(RANGE, "data"),
    Input(shell.REFRESHED, "data"),
)
def show_shares(dataset_id: str | None, model: str | None, range_: str, _refreshed: int) -> Any:  # noqa: ANN401
    """Time spent in each regime and steps between them, in the range."""
    window = window_of(dataset_id, model, range_)
    bars, labels, unit = window.bars, window.labels, words.bar_unit(window.bars.time)
    share = persistence.time_share(labels.codes, len(ALL_REGIMES))
    steps = persistence.transitions(labels.codes, N_REGIMES)
    found = persistence.spells(labels.codes, labels.confidence, bars.close)
    return (
        [cards.dates(f"{window.span}; spells are cut at its ends"), cards.time_spent(share, found, unit)],
        [
            cards.dates(window.span),
            tables.transition_matrix(steps),
            html.P(tables.stay_sentence(steps, unit), className="note"),
        ],
    )


@sight.callback(
    "overview-history",
    Output(SPELLS, "columnDefs"),
    Output(SPELLS, "rowData"),
    Output(SPELLS, "style"),
    Output(SPELLS_TITLE, "children"),
    Input(shell.DATASET, "value"),
    Input(MODEL, "value"),
    Input(RANGE, "data"),
    Input(shell.REFRESHED, "data"),
)
def show_history(dataset_id: str | None, model: str | None, range_: str, _refreshed: int) -> Any:  # noqa: ANN401
    """Spells of the range."""
    window = window_of(dataset_id, model, range_)
    return (
        tables.spell_columns(intraday=window.intraday),
        tables.spell_rows(window.spells, window.series_time),
        tables.spell_height(len(window.spells)),
        tables.spell_heading(window),
    )
