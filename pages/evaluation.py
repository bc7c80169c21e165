"""Evaluation: what a label was worth, and how far forecasts can be trusted, on days that the models had not seen."""

from __future__ import annotations

from typing import Any

import dash
from dash import Input, Output, State, callback, dcc, html, no_update
from dash.exceptions import PreventUpdate

import runtime
from components import cards, controls, evaluations, horizons, markets, progress, score_sheets, sheets, shell, views
from components.figures import evaluation as figures
from regime_core.errors import RegimeError
from regime_core.evaluation.forecasts import ForecastScores
from regime_core.uploads import download_name

dash.register_page(__name__, path="/evaluation", name="Evaluation", title="Evaluation · Regime Desk", order=4)

K = "evaluation-k"
HORIZON = "evaluation-horizon"
MEASURE = "evaluation-measure"
HEADLINE = "evaluation-headline"
WHERE = "evaluation-where"
BASIS = "evaluation-basis"
FACTS = "evaluation-facts"
STARTING = "evaluation-starting"
START = "evaluation-start"
BODY = "evaluation-body"
AHEAD = "evaluation-ahead"
OUTCOMES = "evaluation-outcomes"
OUTCOMES_TITLE = "evaluation-outcomes-title"
SCORES = "evaluation-scores"
SCORES_TITLE = "evaluation-scores-title"
CONFUSION = "evaluation-confusion"
CONFUSION_TITLE = "evaluation-confusion-title"
RELIABILITY = "evaluation-reliability"
RELIABILITY_TITLE = "evaluation-reliability-title"
RELIABILITY_TEXT = "evaluation-reliability-text"
YEARS = "evaluation-years"
YEARS_TITLE = "evaluation-years-title"
YEARS_TEXT = "evaluation-years-text"
TRANSITIONS = "evaluation-transitions"
TRANSITIONS_TITLE = "evaluation-transitions-title"
SAVE_OUTCOMES = "evaluation-save-outcomes"
SAVE_SAID = "evaluation-save-said"
SAVE_GAIN = "evaluation-save-gain"
SAVE_SCORES = "evaluation-save-scores"
SAVE_DETECTORS = "evaluation-save-detectors"
SAVED = "evaluation-saved"
WALK_JOB = "walk"


def layout(k: str | None = None, horizon: str | None = None, measure: str | None = None, **_others: str) -> html.Div:
    """Page with the controls as the URL has them; what they choose comes by callbacks."""
    chosen = measure if measure in figures.MEASURES else "log_loss"
    verdict = html.Div(
        [
            html.Div(cards.skeleton(35), id=HEADLINE),
            html.Div(
                [
                    html.Div(id=WHERE),
                    html.Div(
                        [
                            html.Div(
                                progress.starter(html.Button("Walk forward", id=START, className="quiet primary")),
                                id=STARTING,
                                hidden=True,
                            ),
                            progress.panel(WALK_JOB),
                        ],
                        className="update",
                    ),
                ],
                className="where-row",
            ),
            html.Div(id=BASIS),
        ]
    )
    matrices = cards.card(html.Div(cards.skeleton(320), id=CONFUSION), title=html.Span("Said and came", id=CONFUSION_TITLE))
    reliability = cards.card(
        controls.chart(RELIABILITY, description=RELIABILITY_TEXT),
        title=html.Span("Said and came true", id=RELIABILITY_TITLE),
    )
    years = cards.card(
        controls.chart(YEARS, description=YEARS_TEXT),
        title=html.Span("Score by year", id=YEARS_TITLE),
        aside=controls.segmented(MEASURE, figures.MEASURES, chosen, "Score"),
    )
    changes = cards.card(html.Div(cards.skeleton(200), id=TRANSITIONS), title=html.Span("Days of change", id=TRANSITIONS_TITLE))
    of_horizon = html.Div(
        [
            horizons.buttons(HORIZON, horizon),
            html.Div([matrices, reliability], className="pair-of-cards"),
            html.Div([years, changes], className="pair-of-cards"),
        ],
        id=AHEAD,
        className="stack",
    )
    body = html.Div(
        [
            cards.card(
                html.Div(cards.skeleton(300), id=OUTCOMES),
                title=html.Span("What followed each label", id=OUTCOMES_TITLE),
                aside=html.Div(
                    [
                        controls.save_button(SAVE_OUTCOMES, "Outcomes as CSV"),
                        controls.save_button(SAVE_SAID, "Beside VIX and HAR as CSV"),
                        controls.save_button(SAVE_GAIN, "QLIKE as CSV"),
                    ],
                    className="controls",
                ),
            ),
            cards.card(
                html.Div(cards.skeleton(420), id=SCORES),
                title=html.Span("Model beside the baselines", id=SCORES_TITLE),
                aside=controls.save_button(SAVE_SCORES, "Download CSV"),
            ),
            of_horizon,
        ],
        id=BODY,
        className="stack",
    )
    detectors = cards.card(
        *evaluations.detectors(runtime.engine().entries),
        title="Detectors of regimes, on simulated markets",
        aside=controls.save_button(SAVE_DETECTORS, "Download CSV"),
    )
    return html.Div(
        [
            dcc.Download(id=SAVED),
            cards.card(verdict, html.Div(id=FACTS), className="verdict"),
            html.Div(horizons.k_buttons(K, k), className="controls"),
            body,
            detectors,
        ],
        className="stack",
    )


@callback(
    Output(HEADLINE, "children"),
    Output(WHERE, "children"),
    Output(BASIS, "children"),
    Output(FACTS, "children"),
    Output(STARTING, "hidden"),
    Output(BODY, "hidden"),
    Output(OUTCOMES, "children"),
    Output(OUTCOMES_TITLE, "children"),
    Output(SCORES, "children"),
    Output(SCORES_TITLE, "children"),
    Input(shell.DATASET, "value"),
    Input(K, "value"),
    Input(progress.ended_id(WALK_JOB), "data"),
    Input(shell.REFRESHED, "data"),
)
def show_record(dataset_id: str | None, k: str | None, _ended: Any, _refreshed: int) -> Any:  # noqa: ANN401
    """What labels were worth and how forecasts went; without a record, how to make one or what is missing for it."""
    if not dataset_id:
        raise PreventUpdate
    nothing = (None, None, None, None)
    try:
        dataset = shell.dataset(dataset_id)
    except RegimeError as error:
        return views.not_shown(error), None, None, None, True, True, *nothing
    where = cards.where(dataset, shell.today())
    try:
        found = evaluations.record(dataset, k)
    except RegimeError as error:
        return evaluations.not_possible(error, dataset_id), where, None, None, True, True, *nothing
    if found is None:
        return evaluations.not_walked(dataset.bars.n_bars), where, None, None, False, True, *nothing
    if not found.scores:
        return evaluations.nothing_settled(), where, evaluations.basis(found.walk, {}), None, True, True, *nothing
    return (
        [evaluations.headline(found.scores), evaluations.summary(found.scores)],
        where,
        evaluations.basis(found.walk, found.scores),
        evaluations.facts(found.walk, found.scores),
        True,
        False,
        evaluations.outcomes(found),
        evaluations.outcomes_heading(dataset.title, dataset.bars.time, found.walk),
        [sheets.table(score_sheets.score_sheet(found.scores)), html.P(evaluations.SCORES_NOTE, className="note")],
        evaluations.scores_heading(dataset.title, found.walk),
    )


@callback(
    Output(CONFUSION, "children"),
    Output(CONFUSION_TITLE, "children"),
    Output(TRANSITIONS, "children"),
    Output(TRANSITIONS_TITLE, "children"),
    Output(RELIABILITY, "figure"),
    Output(RELIABILITY_TITLE, "children"),
    Output(RELIABILITY_TEXT, "children"),
    Input(shell.DATASET, "value"),
    Input(K, "value"),
    Input(HORIZON, "value"),
    Input(shell.THEME, "data"),
    Input(progress.ended_id(WALK_JOB), "data"),
    Input(shell.REFRESHED, "data"),
)
def show_horizon(dataset_id: str | None, k: str, horizon: str, mode: str | None, _ended: Any, _refreshed: int) -> Any:  # noqa: ANN401
    """What was said against what came at one horizon."""
    title, found = _scores(dataset_id if mode else None, k, horizon)
    return (
        evaluations.confusion(found),
        evaluations.confusion_heading(title, found),
        evaluations.transitions(found),
        evaluations.transitions_heading(title, found),
        figures.reliability(found, mode=mode or "light"),
        figures.reliability_heading(title, found),
        figures.reliability_description(title, found),
    )


@callback(
    Output(YEARS, "figure"),
    Output(YEARS_TITLE, "children"),
    Output(YEARS_TEXT, "children"),
    Input(shell.DATASET, "value"),
    Input(K, "value"),
    Input(HORIZON, "value"),
    Input(MEASURE, "value"),
    Input(shell.THEME, "data"),
    Input(progress.ended_id(WALK_JOB), "data"),
    Input(shell.REFRESHED, "data"),
)
def show_years(dataset_id: str | None, k: str, horizon: str, measure: str, mode: str | None, *_drawn_anew: Any) -> Any:  # noqa: ANN401
    """Score of each year at one horizon."""
    title, found = _scores(dataset_id if mode else None, k, horizon)
    return (
        figures.years(found, measure, mode=mode or "light"),
        figures.years_heading(title, found, measure),
        figures.years_description(title, found, measure),
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
    prevent_initial_call="initial_duplicate",
)
def follow(dataset_id: str | None, k: str) -> Any:  # noqa: ANN401
    """Take up what is under way for the dataset and number of states in sight: it goes on while other pages are open."""
    if not dataset_id:
        raise PreventUpdate
    try:
        job = runtime.results().walk_forward_under_way(shell.dataset(dataset_id), markets.k_of(k))
    except RegimeError:
        return None
    return None if job is None else progress.started(job, tell_result=False)


@callback(
    Output(SAVED, "data"),
    Input(SAVE_OUTCOMES, "n_clicks"),
    Input(SAVE_SAID, "n_clicks"),
    Input(SAVE_GAIN, "n_clicks"),
    Input(SAVE_SCORES, "n_clicks"),
    Input(SAVE_DETECTORS, "n_clicks"),
    State(shell.DATASET, "value"),
    State(K, "value"),
    prevent_initial_call=True,
)
def save(*given: Any) -> Any:  # noqa: ANN401
    """One of the tables as CSV."""
    *_, dataset_id, k = given
    if dash.ctx.triggered_id == SAVE_DETECTORS:
        rows = score_sheets.detector_rows(runtime.engine().entries)
        return dcc.send_string(sheets.csv_text(rows), "detectors.csv", type="text/csv")
    try:
        found = evaluations.record(shell.dataset(dataset_id), k)
    except RegimeError:
        raise PreventUpdate from None
    if found is None:
        raise PreventUpdate
    match dash.ctx.triggered_id:
        case "evaluation-save-outcomes":
            kind, sheet = "outcomes", score_sheets.outcome_sheet(found.outcomes, found.walk.k)
        case "evaluation-save-said":
            kind, sheet = "volatility_said", score_sheets.said_sheet(found.outcomes, found.walk.k)
        case "evaluation-save-gain":
            kind, sheet = "volatility_qlike", score_sheets.gain_sheet(found.outcomes)
        case _:
            kind, sheet = "scores", score_sheets.score_sheet(found.scores)
    return dcc.send_string(sheets.csv_text(sheet.rows), download_name(found.dataset.title, kind), type="text/csv")


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
