"""Evaluation, forecasts: the tables of scores, and of what followed each label."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, State, callback, ctx, dcc, html
from dash.exceptions import PreventUpdate

from components import cards, controls, evaluations, progress, score_sheets, sheets, shell, sight
from regime_core.errors import RegimeError
from regime_core.uploads import download_name

K = "evaluation-k"
WALK_JOB = "walk"
OUTCOMES = "evaluation-outcomes"
OUTCOMES_TITLE = "evaluation-outcomes-title"
COMPARED = "evaluation-compared"
SCORES = "evaluation-scores"
SCORES_TITLE = "evaluation-scores-title"
SAVE_SCORES = "evaluation-save-scores"
SAVE_OUTCOMES = "evaluation-save-outcomes"
SAVE_SAID = "evaluation-save-said"
SAVE_GAIN = "evaluation-save-gain"
SCORES_HEIGHT, OUTCOMES_HEIGHT, COMPARED_HEIGHT = 736, 502, 770
"""Pixels of the sections, at two states."""
OF_RECORD = (
    Input(shell.DATASET, "value"),
    Input(K, "value"),
    Input(progress.ended_id(WALK_JOB), "data"),
    Input(shell.REFRESHED, "data"),
)
"""What a record is of, and when it may have changed."""


def sections() -> list[html.Div]:
    """Sections that come as they are scrolled to, each with its own callback."""
    scores = cards.card(
        html.Div(cards.skeleton(SCORES_HEIGHT - 90), id=SCORES),
        title=html.Span("Model beside the baselines", id=SCORES_TITLE),
        aside=controls.save_button(SAVE_SCORES, "Download CSV"),
    )
    outcomes = cards.card(
        html.Div(cards.skeleton(OUTCOMES_HEIGHT - 90), id=OUTCOMES),
        title=html.Span("What followed each label", id=OUTCOMES_TITLE),
        aside=controls.save_button(SAVE_OUTCOMES, "Download CSV"),
    )
    compared = cards.card(
        html.Div(cards.skeleton(COMPARED_HEIGHT - 90), id=COMPARED),
        title="The volatility that came, beside what the VIX and HAR said of the same days",
        aside=html.Div(
            [controls.save_button(SAVE_SAID, "Volatility as CSV"), controls.save_button(SAVE_GAIN, "QLIKE as CSV")],
            className="controls",
        ),
    )
    return [
        sight.later("evaluation-scores", scores, height=SCORES_HEIGHT),
        sight.later("evaluation-outcomes", outcomes, height=OUTCOMES_HEIGHT),
        sight.later("evaluation-compared", compared, height=COMPARED_HEIGHT),
    ]


@sight.callback("evaluation-scores", Output(SCORES, "children"), Output(SCORES_TITLE, "children"), *OF_RECORD)
def show_scores(dataset_id: str | None, k: str | None, *_drawn_anew: Any) -> Any:  # noqa: ANN401
    """All scores of model and baselines."""
    found = _record(dataset_id, k)
    return evaluations.scores(found), evaluations.scores_heading(found.dataset.title, found.walk)


@sight.callback("evaluation-outcomes", Output(OUTCOMES, "children"), Output(OUTCOMES_TITLE, "children"), *OF_RECORD)
def show_outcomes(dataset_id: str | None, k: str | None, *_drawn_anew: Any) -> Any:  # noqa: ANN401
    """What followed each label."""
    found = _record(dataset_id, k)
    title = evaluations.outcomes_heading(found.dataset.title, found.dataset.bars.time, found.walk)
    return evaluations.outcomes(found), title


@sight.callback("evaluation-compared", Output(COMPARED, "children"), *OF_RECORD)
def show_compared(dataset_id: str | None, k: str | None, *_drawn_anew: Any) -> Any:  # noqa: ANN401
    """What followed each label, beside VIX and HAR."""
    return evaluations.compared(_record(dataset_id, k))


def _saves(*buttons: str) -> Any:  # noqa: ANN401
    """Register a callback for the buttons of one section: a callback must not reach into another's."""
    return callback(
        Output(controls.file_of(buttons[0]), "data"),
        *(Input(button, "n_clicks") for button in buttons),
        State(shell.DATASET, "value"),
        State(K, "value"),
        prevent_initial_call=True,
    )


@_saves(SAVE_SCORES)
def save_scores(clicks: int | None, dataset_id: str, k: str) -> Any:  # noqa: ANN401
    """Scores of model and baselines as CSV."""
    found = _clicked(clicks, dataset_id, k)
    return _csv(found, "scores", score_sheets.score_sheet(found.scores))


@_saves(SAVE_OUTCOMES)
def save_outcomes(clicks: int | None, dataset_id: str, k: str) -> Any:  # noqa: ANN401
    """What followed each label as CSV."""
    found = _clicked(clicks, dataset_id, k)
    return _csv(found, "outcomes", score_sheets.outcome_sheet(found.outcomes, found.walk.k))


@_saves(SAVE_SAID, SAVE_GAIN)
def save_compared(said: int | None, gain: int | None, dataset_id: str, k: str) -> Any:  # noqa: ANN401
    """Volatility beside VIX and HAR, or how well each foretold it, as CSV."""
    found = _clicked(said or gain, dataset_id, k)
    if ctx.triggered_id == SAVE_GAIN:
        return _csv(found, "volatility_qlike", score_sheets.gain_sheet(found.outcomes))
    return _csv(found, "volatility_said", score_sheets.said_sheet(found.outcomes, found.walk.k))


def _clicked(clicks: int | None, dataset_id: str, k: str) -> evaluations.Record:
    if not clicks:
        raise PreventUpdate
    return _record(dataset_id, k)


def _csv(found: evaluations.Record, kind: str, sheet: sheets.Sheet) -> Any:  # noqa: ANN401
    return dcc.send_string(sheets.csv_text(sheet.rows), download_name(found.dataset.title, kind), type="text/csv")


def _record(dataset_id: str | None, k: str | None) -> evaluations.Record:
    """Record to show; that there is none is told by the headline alone."""
    if not dataset_id:
        raise PreventUpdate
    try:
        found = evaluations.record(shell.dataset(dataset_id), k)
    except RegimeError:
        raise PreventUpdate from None
    if found is None or not found.scores:
        raise PreventUpdate
    return found
