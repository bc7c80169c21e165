"""Evaluation, detectors: how soon and how well they name the regimes of simulated markets, beside the exact Bayes filter."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, State, callback, dcc, html
from dash.exceptions import PreventUpdate

import runtime
from components import cards, controls, detector_sheets, sheets, shell, sight, simulated
from components.figures import lags as figures
from components.figures.lags import Tried
from components.still import stilled
from regime_core import trials

MODEL = "detectors-model"
DURATION = "detectors-duration"
SHOCKS = "detectors-shocks"
HEADLINE = "detectors-headline"
BASIS = "detectors-basis"
FACTS = "detectors-facts"
LAGS = "detectors-lags"
LAGS_TITLE = "detectors-lags-title"
LAGS_TEXT = "detectors-lags-text"
CELLS = "detectors-cells"
CELLS_TITLE = "detectors-cells-title"
CONFUSIONS = "detectors-confusions"
CONFUSIONS_TITLE = "detectors-confusions-title"
SAVE_CELLS = "detectors-save-cells"
SAVE_CONFUSIONS = "detectors-save-confusions"
SAVE_MANIFEST = "evaluation-save-detectors"
CONFUSIONS_HEIGHT, MANIFEST_HEIGHT = 352, 294
"""Pixels of the sections below."""


def layout(model: str | None = None, duration: str | None = None, shocks: str | None = None, **_others: str) -> html.Div:
    """View with the controls as the URL has them; what they choose comes by callbacks."""
    engine = runtime.engine()
    choices = html.Div(
        [
            controls.model_select(MODEL, engine.entries, model if model in engine.entries else engine.default),
            simulated.duration_buttons(DURATION, duration),
            simulated.shock_buttons(SHOCKS, shocks),
        ],
        className="controls",
    )
    verdict = html.Div([html.Div(simulated.waiting(), id=HEADLINE), html.Div(id=BASIS)])
    lags = cards.card(
        controls.chart(LAGS, description=LAGS_TEXT),
        simulated.lag_note(),
        title=html.Span("New regimes named within so many bars", id=LAGS_TITLE),
    )
    cells = cards.card(
        html.Div(cards.skeleton(420), id=CELLS),
        title=html.Span("On every kind of market", id=CELLS_TITLE),
        aside=controls.save_button(SAVE_CELLS, "CSV"),
    )
    confusions = cards.card(
        html.Div(cards.skeleton(CONFUSIONS_HEIGHT - 90), id=CONFUSIONS),
        title=html.Span("True regime and regime named", id=CONFUSIONS_TITLE),
        aside=controls.save_button(SAVE_CONFUSIONS, "Download CSV"),
    )
    manifest = cards.card(
        *simulated.manifest(engine.entries),
        title="What the manifest says of the detectors",
        aside=controls.save_button(SAVE_MANIFEST, "Download CSV"),
    )
    return html.Div(
        [
            cards.card(verdict, html.Div(id=FACTS), className="verdict"),
            choices,
            html.Div([lags, cells], className="pair-of-cards"),
            sight.later("evaluation-confusions", confusions, height=CONFUSIONS_HEIGHT),
            sight.later("evaluation-manifest", manifest, height=MANIFEST_HEIGHT),
        ],
        className="stack",
    )


_CHOICES = (Input(MODEL, "value"), Input(DURATION, "value"), Input(SHOCKS, "value"))


@callback(Output(HEADLINE, "children"), Output(BASIS, "children"), Output(FACTS, "children"), *_CHOICES)
@stilled
def show_verdict(model: str, duration: str, shocks: str) -> Any:  # noqa: ANN401
    """How soon and how well, in a sentence."""
    found = _tried(model, simulated.cell_of(duration, shocks))
    return [simulated.headline(found), simulated.summary(found)], simulated.basis(found), simulated.facts(found)


@callback(
    Output(LAGS, "figure"),
    Output(LAGS_TITLE, "children"),
    Output(LAGS_TEXT, "children"),
    *_CHOICES,
    Input(shell.THEME, "data"),
)
def show_lags(model: str, duration: str, shocks: str, mode: str | None) -> Any:  # noqa: ANN401
    """How long until a new regime is named."""
    if not mode:
        raise PreventUpdate
    found = _tried(model, simulated.cell_of(duration, shocks))
    return figures.named_within(found, mode=mode), figures.heading(found), figures.description(found)


@callback(Output(CELLS, "children"), Output(CELLS_TITLE, "children"), *_CHOICES)
@stilled
def show_cells(model: str, duration: str, shocks: str) -> Any:  # noqa: ANN401
    """Scores on every kind of market."""
    sheet = simulated.cell_sheet(_everywhere(model), simulated.cell_of(duration, shocks))
    return [sheets.table(sheet), html.P(simulated.CELLS_NOTE, className="note")], simulated.cells_heading(model)


@sight.callback("evaluation-confusions", Output(CONFUSIONS, "children"), Output(CONFUSIONS_TITLE, "children"), *_CHOICES)
def show_confusions(model: str, duration: str, shocks: str) -> Any:  # noqa: ANN401
    """True regime and regime named."""
    found = _tried(model, simulated.cell_of(duration, shocks))
    return simulated.confusions(found), simulated.confusions_heading(found)


@callback(
    Output(controls.file_of(SAVE_CELLS), "data"),
    Input(SAVE_CELLS, "n_clicks"),
    State(MODEL, "value"),
    prevent_initial_call=True,
)
def save_cells(clicks: int | None, model: str) -> Any:  # noqa: ANN401
    """Scores on every kind of market as CSV."""
    if not clicks:
        raise PreventUpdate
    rows = simulated.cell_sheet(_everywhere(model), trials.CELLS[0]).rows
    return dcc.send_string(sheets.csv_text(rows), f"{model}_simulated.csv", type="text/csv")


@callback(
    Output(controls.file_of(SAVE_CONFUSIONS), "data"),
    Input(SAVE_CONFUSIONS, "n_clicks"),
    *(State(choice.component_id, "value") for choice in _CHOICES),
    prevent_initial_call=True,
)
def save_confusions(clicks: int | None, model: str, duration: str, shocks: str) -> Any:  # noqa: ANN401
    """Both matrices as CSV."""
    if not clicks:
        raise PreventUpdate
    rows = simulated.confusion_rows(_tried(model, simulated.cell_of(duration, shocks)))
    return dcc.send_string(sheets.csv_text(rows), f"{model}_confusion.csv", type="text/csv")


@callback(Output(controls.file_of(SAVE_MANIFEST), "data"), Input(SAVE_MANIFEST, "n_clicks"), prevent_initial_call=True)
def save_manifest(clicks: int | None) -> Any:  # noqa: ANN401
    """Scores of the manifest as CSV."""
    if not clicks:
        raise PreventUpdate
    rows = detector_sheets.detector_rows(runtime.engine().entries)
    return dcc.send_string(sheets.csv_text(rows), "detectors.csv", type="text/csv")


def _tried(model: str, cell: trials.Cell) -> Tried:
    results = runtime.results()
    return Tried(model, results.trial(cell, model), results.yardstick(cell))


def _everywhere(model: str) -> list[Tried]:
    return [_tried(model, cell) for cell in trials.CELLS]


shell.remember("model", MODEL)
shell.remember("duration", DURATION)
shell.remember("shocks", SHOCKS)
