"""Overview: which regime a market is in, how sure we are, and how it came here."""

from __future__ import annotations

from typing import Any

import dash
from dash import Input, Output, State, callback, dcc, html, no_update
from dash.exceptions import PreventUpdate

import runtime
from components import cards, controls, progress, ranges, shell, tables, views, words
from components.figures import timeline
from components.figures.window import Window
from regime_core.errors import RegimeError
from regime_core.evaluation import persistence
from regime_core.regimes import ALL_REGIMES, N_REGIMES

dash.register_page(__name__, path="/", name="Overview", title="Overview · Regime Desk", order=0)

MODEL = "overview-model"
PRESET = "overview-preset"
RANGE = "overview-range"
STYLE = "overview-style"
HEADLINE = "overview-headline"
WHERE = "overview-where"
ADVICE = "overview-advice"
PROBABILITIES = "overview-probabilities"
PRICE = "overview-price"
PRICE_TITLE = "overview-price-title"
PRICE_TEXT = "overview-price-text"
EVIDENCE = "overview-evidence"
SHARE = "overview-share"
MATRIX = "overview-matrix"
SPELLS = "overview-spells"
SPELLS_TITLE = "overview-spells-title"
BODY = "overview-body"
UPDATE = "overview-update"
UPDATING = "overview-updating"
UPDATE_JOB = "update"


def layout(model: str | None = None, range: str | None = None, style: str | None = None, **_others: str) -> html.Div:
    """Page with the controls as the URL has them; what they choose comes by callbacks."""
    engine = runtime.engine()
    aside = html.Div(
        [
            controls.model_select(MODEL, engine.entries, model or engine.default),
            controls.style_buttons(STYLE, style),
            controls.range_buttons(PRESET, range),
        ],
        className="controls",
    )
    price = cards.card(
        controls.chart(PRICE, description=PRICE_TEXT),
        cards.legend(),
        title=html.Span("Price and regime", id=PRICE_TITLE),
        aside=aside,
    )
    thirds = [
        cards.card(html.Div(cards.skeleton(320), id=EVIDENCE), title="What it rests on"),
        cards.card(html.Div(cards.skeleton(320), id=SHARE), title="Time in each regime"),
        cards.card(html.Div(cards.skeleton(320), id=MATRIX), title="From one bar to the next"),
    ]
    spells = cards.card(tables.spell_grid(SPELLS), title=html.Span("Regime history", id=SPELLS_TITLE))
    return html.Div(
        [
            dcc.Store(id=RANGE, data=range or ranges.DEFAULT),
            cards.card(
                html.Div(
                    [
                        html.Div(cards.skeleton(35), id=HEADLINE),
                        html.Div(
                            [
                                html.Div(id=WHERE),
                                html.Div(
                                    [progress.starter(cards.update_button(UPDATE)), progress.panel(UPDATE_JOB)],
                                    id=UPDATING,
                                    className="update",
                                ),
                            ],
                            className="where-row",
                        ),
                        html.Div(id=ADVICE, className="advice-row"),
                    ]
                ),
                html.Div(id=PROBABILITIES),
                className="verdict",
            ),
            html.Div([price, html.Div(thirds, className="thirds"), spells], id=BODY, className="stack"),
        ],
        className="stack",
    )


@callback(
    Output(HEADLINE, "children"),
    Output(WHERE, "children"),
    Output(ADVICE, "children"),
    Output(PROBABILITIES, "children"),
    Output(EVIDENCE, "children"),
    Output(BODY, "hidden"),
    Output(UPDATING, "hidden"),
    Input(shell.DATASET, "value"),
    Input(MODEL, "value"),
    Input(shell.REFRESHED, "data"),
)
def show_headline(dataset_id: str | None, model: str | None, _refreshed: int) -> Any:  # noqa: ANN401
    """Regime of the newest bar and what it rests on; without labels, a word on why, and nothing else."""
    if not dataset_id:
        raise PreventUpdate
    try:
        seen = views.view(dataset_id, model)
        if seen.labels is None:
            return views.unlabelled(seen), None, None, None, None, True, True
        detection = views.explain(seen)
    except RegimeError as error:
        return views.not_shown(error), None, None, None, None, True, True
    return (
        cards.headline(detection, seen.unit),
        cards.where(seen.dataset, shell.today()),
        cards.advice(detection),
        cards.probabilities(detection),
        cards.evidence(detection, closes_only=seen.closes_only),
        False,
        not seen.dataset.bundled,
    )


@callback(
    Output(PRICE, "figure"),
    Output(PRICE_TITLE, "children"),
    Output(PRICE_TEXT, "children"),
    Input(shell.DATASET, "value"),
    Input(MODEL, "value"),
    Input(RANGE, "data"),
    Input(STYLE, "value"),
    Input(shell.THEME, "data"),
    Input(shell.REFRESHED, "data"),
)
def show_price(dataset_id: str | None, model: str | None, range_: str, style: str, mode: str | None, _refreshed: int) -> Any:  # noqa: ANN401
    """Price and regime over the range."""
    window = _window(dataset_id if mode else None, model, range_)
    candles = style == "candles"
    figure = timeline.price(window, mode=mode or "light", candles=candles)
    return figure, timeline.heading(window, candles=candles), timeline.description(window)


@callback(
    Output(SHARE, "children"),
    Output(MATRIX, "children"),
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
    """Time spent in each regime, steps between them, and the spells of the range."""
    window = _window(dataset_id, model, range_)
    bars, labels, unit = window.bars, window.labels, words.bar_unit(window.bars.time)
    share = persistence.time_share(labels.codes, len(ALL_REGIMES))
    steps = persistence.transitions(labels.codes, N_REGIMES)
    found = persistence.spells(labels.codes, labels.confidence, bars.close)
    return (
        [cards.dates(window.span), cards.time_spent(share, found, unit)],
        [
            cards.dates(window.span),
            tables.transition_matrix(steps),
            html.P(tables.stay_sentence(steps, unit), className="note"),
        ],
        tables.spell_columns(intraday=window.intraday),
        tables.spell_rows(window.spells, window.series_time),
        tables.spell_height(len(window.spells)),
        tables.spell_heading(window),
    )


@callback(
    Output(progress.job_id(UPDATE_JOB), "data"),
    Output(progress.job_shown_id(UPDATE_JOB), "children", allow_duplicate=True),
    Input(UPDATE, "n_clicks"),
    prevent_initial_call=True,
)
def update_data(_clicks: int) -> Any:  # noqa: ANN401
    """Bring the bundled histories up to date in the background."""
    try:
        return progress.started(runtime.current().update_by_visitor()), no_update
    except RegimeError as error:
        return no_update, error.message


@callback(
    Output(shell.REFRESHED, "data"),
    Input(progress.ended_id(UPDATE_JOB), "data"),
    State(shell.REFRESHED, "data"),
    prevent_initial_call=True,
)
def take_up(ended: dict[str, str] | None, refreshed: int) -> int:
    """Draw everything anew once an update has ended."""
    if not ended or ended["state"] != "done":
        raise PreventUpdate
    return refreshed + 1


def _window(dataset_id: str | None, model: str | None, range_: str) -> Window:
    """Bars and labels in sight; what cannot be shown is told by the headline alone."""
    if not dataset_id:
        raise PreventUpdate
    try:
        return views.view(dataset_id, model).window(range_)
    except RegimeError:
        raise PreventUpdate from None


controls.follow_range(RANGE, PRESET, PRICE)
shell.remember("model", MODEL)
shell.remember("range", RANGE, "data")
shell.remember("style", STYLE)
