"""Evaluation, forecasts: how they went on days that the models had not seen."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, State, callback, dcc, html, no_update
from dash.exceptions import PreventUpdate

import runtime
from components import cards, controls, evaluations, horizons, markets, progress, score_sheets, sheets, shell, sight, views
from components.figures import evaluation as figures
from components.still import stilled
from pages import _forecast_tables
from pages._forecast_tables import OF_RECORD, WALK_JOB, K
from regime_core.errors import RegimeError
from regime_core.evaluation.forecasts import ForecastScores
from regime_core.uploads import download_name

HORIZON = "evaluation-horizon"
PICKED = "evaluation-forecaster"
AGAINST = "evaluation-against"
MEASURE = "evaluation-measure"
HEADLINE = "evaluation-headline"
WHERE = "evaluation-where"
BASIS = "evaluation-basis"
FACTS = "evaluation-facts"
STARTING = "evaluation-starting"
START = "evaluation-start"
BODY = "evaluation-body"
CONFUSION = "evaluation-confusion"
CONFUSION_TITLE = "evaluation-confusion-title"
RELIABILITY = "evaluation-reliability"
RELIABILITY_TITLE = "evaluation-reliability-title"
RELIABILITY_TEXT = "evaluation-reliability-text"
YEARS = "evaluation-years"
YEARS_TITLE = "evaluation-years-title"
YEARS_TEXT = "evaluation-years-text"
PAIR = "evaluation-pair"
CALIBRATED = "evaluation-calibrated"
TRANSITIONS = "evaluation-transitions"
TRANSITIONS_TITLE = "evaluation-transitions-title"
SAVE_CONFUSION = "evaluation-save-confusion"
SAID_HEIGHT = 457
"""Pixels of the first section below, at two states."""


def layout(
    k: str | None = None,
    horizon: str | None = None,
    measure: str | None = None,
    forecaster: str | None = None,
    against: str | None = None,
    **_others: str,
) -> html.Div:
    """View with the controls as the URL has them; what they choose comes by callbacks."""
    chosen = measure if measure in figures.MEASURES else "log_loss"
    years = cards.card(
        html.Div(id=PAIR),
        controls.chart(YEARS, description=YEARS_TEXT),
        title=html.Span("Score by year", id=YEARS_TITLE),
    )
    reliability = cards.card(
        html.Div(id=CALIBRATED),
        controls.chart(RELIABILITY, description=RELIABILITY_TEXT),
        title=html.Span("Said and came true", id=RELIABILITY_TITLE),
    )
    choices = html.Div(
        [
            horizons.k_buttons(K, k),
            horizons.buttons(HORIZON, horizon),
            evaluations.forecaster_select(PICKED, forecaster, "Forecaster", figures.MODEL),
            evaluations.forecaster_select(AGAINST, against, "beside", evaluations.STRONGEST),
            html.Div(
                [
                    html.Span("Score by year", className="muted"),
                    controls.segmented(MEASURE, figures.MEASURES, chosen, "Score by year"),
                ],
                className="labelled",
            ),
        ],
        className="controls",
    )
    pair = sight.here("evaluation-pair", html.Div([years, reliability], className="pair-of-cards"))
    below = [pair, *_later()]
    verdict = cards.card(_verdict(), html.Div(id=FACTS), className="verdict")
    return html.Div([verdict, choices, html.Div(below, id=BODY, className="stack kept")], className="stack")


def _verdict() -> html.Div:
    starting = html.Div(
        progress.starter(html.Button("Walk forward", id=START, className="quiet primary")), id=STARTING, hidden=True
    )
    row = [html.Div(id=WHERE), html.Div([starting, progress.panel(WALK_JOB)], className="update")]
    return html.Div([html.Div(cards.skeleton(35), id=HEADLINE), html.Div(row, className="where-row"), html.Div(id=BASIS)])


def _later() -> list[html.Div]:
    """Sections below, each with its own callback."""
    matrices = cards.card(
        html.Div(cards.skeleton(370), id=CONFUSION),
        title=html.Span("Said and came", id=CONFUSION_TITLE),
        aside=controls.save_button(SAVE_CONFUSION, "CSV"),
    )
    changes = cards.card(html.Div(cards.skeleton(200), id=TRANSITIONS), title=html.Span("Days of change", id=TRANSITIONS_TITLE))
    said = html.Div([matrices, changes], className="pair-of-cards")
    return [sight.later("evaluation-said", said, height=SAID_HEIGHT), *_forecast_tables.sections()]


@callback(
    Output(HEADLINE, "children"),
    Output(WHERE, "children"),
    Output(BASIS, "children"),
    Output(FACTS, "children"),
    Output(STARTING, "hidden"),
    Output(BODY, "hidden"),
    Input(shell.DATASET, "value"),
    Input(K, "value"),
    Input(progress.ended_id(WALK_JOB), "data"),
    Input(shell.REFRESHED, "data"),
)
@stilled
def show_record(dataset_id: str | None, k: str | None, _ended: Any, _refreshed: int) -> Any:  # noqa: ANN401
    """How forecasts went in a sentence; without a record, how to make one or what is missing for it."""
    if not dataset_id:
        raise PreventUpdate
    try:
        dataset = shell.dataset(dataset_id)
    except RegimeError as error:
        return views.not_shown(error), None, None, None, True, True
    where = cards.where(dataset, shell.today())
    try:
        walk = runtime.results().walk_forward(dataset, markets.k_of(k))
    except RegimeError as error:
        return evaluations.not_possible(error, dataset_id), where, None, None, True, True
    if walk is None:
        return evaluations.not_walked(dataset.bars.n_bars), where, None, None, False, True
    scores = runtime.results().scores(dataset, markets.k_of(k))
    if not scores:
        return evaluations.nothing_settled(), where, evaluations.basis(walk, {}), None, True, True
    return (
        [evaluations.headline(scores), evaluations.summary(scores)],
        where,
        evaluations.basis(walk, scores),
        evaluations.facts(walk, scores),
        True,
        False,
    )


_OF_HORIZON = (Input(HORIZON, "value"), Input(PICKED, "value"), Input(AGAINST, "value"))


@sight.callback(
    "evaluation-pair",
    Output(YEARS, "figure"),
    Output(YEARS_TITLE, "children"),
    Output(YEARS_TEXT, "children"),
    Output(PAIR, "children"),
    *OF_RECORD,
    *_OF_HORIZON,
    Input(MEASURE, "value"),
    Input(shell.THEME, "data"),
)
def show_years(*given: Any) -> Any:  # noqa: ANN401
    """Score of each year at one horizon."""
    dataset_id, k, _ended, _refreshed, horizon, picked, against, measure, mode = given
    title, found = _scores(dataset_id if mode else None, k, horizon)
    return (
        figures.years(found, measure, picked, against, mode=mode or "light"),
        figures.years_heading(title, found, measure),
        figures.years_description(title, found, measure, picked, against),
        evaluations.side_by_side(found, picked, against),
    )


@sight.callback(
    "evaluation-pair",
    Output(RELIABILITY, "figure"),
    Output(RELIABILITY_TITLE, "children"),
    Output(RELIABILITY_TEXT, "children"),
    Output(CALIBRATED, "children"),
    *OF_RECORD,
    *_OF_HORIZON,
    Input(shell.THEME, "data"),
)
def show_reliability(*given: Any) -> Any:  # noqa: ANN401
    """How often what was said came true, at one horizon."""
    dataset_id, k, _ended, _refreshed, horizon, picked, against, mode = given
    title, found = _scores(dataset_id if mode else None, k, horizon)
    return (
        figures.reliability(found, picked, against, mode=mode or "light"),
        figures.reliability_heading(title, found, picked),
        figures.reliability_description(title, found, picked),
        evaluations.calibrated(found, picked, against),
    )


@sight.callback(
    "evaluation-said",
    Output(CONFUSION, "children"),
    Output(CONFUSION_TITLE, "children"),
    Output(TRANSITIONS, "children"),
    Output(TRANSITIONS_TITLE, "children"),
    *OF_RECORD,
    *_OF_HORIZON,
)
def show_said(*given: Any) -> Any:  # noqa: ANN401
    """What was said against what came at one horizon."""
    dataset_id, k, _ended, _refreshed, horizon, picked, against = given
    title, found = _scores(dataset_id, k, horizon)
    return (
        evaluations.confusion(found, picked, against),
        evaluations.confusion_heading(title, found),
        evaluations.transitions(found, picked),
        evaluations.transitions_heading(title, found),
    )


@callback(
    Output(progress.job_id(WALK_JOB), "data"),
    Output(progress.job_shown_id(WALK_JOB), "children", allow_duplicate=True),
    Input(START, "n_clicks"),
    State(shell.DATASET, "value"),
    State(K, "value"),
    prevent_initial_call=True,
)
def walk_forward(clicks: int | None, dataset_id: str, k: str) -> Any:  # noqa: ANN401
    """Walk forward through the dataset in the background."""
    if not clicks:
        raise PreventUpdate
    try:
        job = runtime.results().start_walk_forward(shell.dataset(dataset_id), markets.k_of(k))
    except RegimeError as error:
        return no_update, error.message
    return progress.started(job, tell_result=False), no_update


@callback(
    Output(progress.job_id(WALK_JOB), "data", allow_duplicate=True),
    Input(shell.DATASET, "value"),
    Input(K, "value"),
    State(progress.job_id(WALK_JOB), "data"),
    prevent_initial_call="initial_duplicate",
)
def follow(dataset_id: str | None, k: str, followed: progress.Job | None = None) -> Any:  # noqa: ANN401
    """Take up what is under way for the dataset and number of states in sight: it goes on while other pages are open."""
    if not dataset_id:
        raise PreventUpdate
    try:
        job = runtime.results().walk_forward_under_way(shell.dataset(dataset_id), markets.k_of(k))
    except RegimeError:
        return progress.none(followed)
    return progress.none(followed) if job is None else progress.started(job, tell_result=False)


@callback(
    Output(controls.file_of(SAVE_CONFUSION), "data"),
    Input(SAVE_CONFUSION, "n_clicks"),
    State(shell.DATASET, "value"),
    State(K, "value"),
    State(HORIZON, "value"),
    prevent_initial_call=True,
)
def save_confusion(clicks: int | None, dataset_id: str, k: str, horizon: str) -> Any:  # noqa: ANN401
    """What every forecaster said against what came, as CSV."""
    title, found = _scores(dataset_id if clicks else None, k, horizon)
    rows = score_sheets.confusion_rows(found)
    return dcc.send_string(sheets.csv_text(rows), download_name(title, "confusion"), type="text/csv")


def _scores(dataset_id: str | None, k: str | None, horizon: str) -> tuple[str, ForecastScores]:
    """Title and scores to draw; that there are none is told by the headline alone."""
    if not dataset_id:
        raise PreventUpdate
    try:
        dataset = shell.dataset(dataset_id)
        found = runtime.results().scores(dataset, markets.k_of(k)).get(horizons.picked(horizon))
    except RegimeError:
        raise PreventUpdate from None
    if found is None:
        raise PreventUpdate
    return dataset.title, found


shell.remember("k", K)
shell.remember("horizon", HORIZON)
shell.remember("measure", MEASURE)
shell.remember("forecaster", PICKED)
shell.remember("against", AGAINST)
