"""Forecast: how likely each stress state is on each of the next 21 trading days, what moved that, and how it went before."""

from __future__ import annotations

from typing import Any

import dash
from dash import Input, Output, State, callback, dcc, html, no_update
from dash.exceptions import PreventUpdate

import runtime
from components import (
    cards,
    controls,
    fans,
    forecasts,
    horizons,
    markets,
    progress,
    ranges,
    sheets,
    shell,
    sight,
    views,
)
from components.figures import contributions
from components.figures import fan as fan_figures
from components.still import stilled
from pages import forecast_record as record
from pages.forecast_record import HORIZON, RANGE, K
from regime_core.errors import RegimeError
from regime_core.states import Forecast
from regime_core.uploads import download_name

dash.register_page(__name__, path="/forecast", name="Forecast", title="Forecast · Regime Desk", order=3)

HEADLINE = "forecast-headline"
WHERE = "forecast-where"
MADE = "forecast-made"
CHANCES = "forecast-chances"
PREDICT = "forecast-predict"
BODY = "forecast-body"
ANSWER = "forecast-answer"
FAN = "forecast-fan"
FAN_TITLE = "forecast-fan-title"
FAN_TEXT = "forecast-fan-text"
FAN_TOLD = "forecast-fan-told"
FAN_LEGEND = "forecast-fan-legend"
FAN_NOTE = "forecast-fan-note"
BESIDE = "forecast-beside"
BESIDE_TITLE = "forecast-beside-title"
SAVE = "forecast-save"
REASONS = "forecast-reasons"
MOVED = "forecast-moved"
MOVED_TITLE = "forecast-moved-title"
MOVED_TEXT = "forecast-moved-text"
MOVED_SUM = "forecast-moved-sum"
MOVED_NOTE = "forecast-moved-note"
PREDICT_JOB = "predict"
NO_REASONS = "Reasons come with a forecast: there is none yet for this dataset and number of states."
NO_TRUST = "How far to trust it comes with the record of past forecasts: there is none yet that could be counted."


def layout(k: str | None = None, horizon: str | None = None, range: str | None = None, **_others: str) -> html.Div:
    """Page with the controls as the URL has them; what they choose comes by callbacks."""
    choices = html.Div([horizons.k_buttons(K, k), horizons.buttons(HORIZON, horizon)], className="controls")
    return html.Div(
        [
            dcc.Store(id=RANGE, data=range or ranges.DEFAULT),
            cards.card(_verdict(), html.Div(cards.skeleton(80), id=CHANCES), className="verdict"),
            choices,
            html.Div(
                [
                    html.Div(
                        [sight.here("forecast-fan", _fan()), sight.later("forecast-beside", _beside(), height=285)],
                        id=ANSWER,
                        className="stack kept",
                    ),
                    html.Div(
                        [
                            _cell(REASONS, sight.later("forecast-reasons", _moved(), height=694), NO_REASONS),
                            _cell(record.TRUSTED, sight.later("forecast-trust", record.trust_card(), height=694), NO_TRUST),
                        ],
                        className="pair-of-cards side-by-side",
                    ),
                    html.Div(
                        [
                            sight.later("forecast-record", record.history_card(range), height=560),
                            sight.later("forecast-lately", record.lately_cards(), height=580),
                        ],
                        id=record.RECORD,
                        className="stack kept",
                    ),
                    html.Div(id=record.NO_RECORD),
                ],
                id=BODY,
                className="stack",
            ),
        ],
        className="stack",
    )


def _cell(identifier: str, section: html.Div, instead: str) -> html.Div:
    """Half of a row; where its section is hidden a word says why, and the other half stays as wide as it was."""
    empty = cards.card(html.P(instead, className="muted"), className="instead")
    return html.Div([html.Div(section, id=identifier, className="tall kept"), empty])


def _verdict() -> html.Div:
    update = html.Div(
        [progress.starter(forecasts.predict_button(PREDICT)), progress.panel(PREDICT_JOB)],
        className="update",
    )
    return html.Div(
        [
            html.Div(cards.skeleton(64), id=HEADLINE),
            html.Div([html.Div(id=WHERE), update], className="where-row"),
            html.Div(id=MADE),
        ]
    )


def _fan() -> html.Section:
    return cards.card(
        html.P(id=FAN_TOLD, className="sentence"),
        controls.chart(FAN, description=FAN_TEXT),
        html.Div(id=FAN_LEGEND),
        html.P(id=FAN_NOTE, className="note note-close"),
        title=html.Span("The days ahead", id=FAN_TITLE),
        aside=controls.save_button(SAVE, "Download CSV"),
        className="fan",
    )


def _beside() -> html.Section:
    return cards.card(
        html.Div(cards.skeleton(180), id=BESIDE),
        title=html.Span("Beside the baselines", id=BESIDE_TITLE),
    )


def _moved() -> html.Section:
    return cards.card(
        html.P(id=MOVED_SUM, className="sentence"),
        controls.chart(MOVED, description=MOVED_TEXT),
        html.P(id=MOVED_NOTE, className="note note-close"),
        title=html.Span("What speaks for it", id=MOVED_TITLE),
        className="waterfall",
    )


@callback(
    Output(HEADLINE, "children"),
    Output(WHERE, "children"),
    Output(MADE, "children"),
    Output(CHANCES, "children"),
    Output(PREDICT, "disabled"),
    Output(ANSWER, "hidden"),
    Output(REASONS, "hidden"),
    Output(BODY, "hidden"),
    Input(shell.DATASET, "value"),
    Input(K, "value"),
    Input(progress.ended_id(PREDICT_JOB), "data"),
    Input(shell.REFRESHED, "data"),
)
@stilled
def show_forecast(dataset_id: str | None, k: str | None, _ended: Any, _refreshed: int) -> Any:  # noqa: ANN401
    """What is known of the days ahead without waiting; without a forecast, a word on how to get one."""
    if not dataset_id:
        raise PreventUpdate
    try:
        dataset = shell.dataset(dataset_id)
    except RegimeError as error:
        return views.not_shown(error), None, None, None, True, True, True, True
    where = cards.where(dataset, shell.today())
    try:
        forecast = runtime.results().forecast(dataset, markets.k_of(k))
        walk = runtime.results().walk_forward(dataset, markets.k_of(k)) if forecast and forecast.in_sample else None
    except RegimeError as error:
        return forecasts.not_possible(error, dataset_id), where, None, None, True, True, True, True
    if forecast is None:
        return forecasts.none_yet(), where, None, None, False, True, True, False
    return (
        [forecasts.headline(forecast), forecasts.further(forecast)],
        where,
        forecasts.made(forecast, walk),
        forecasts.chances(forecast),
        forecasts.fitted_here(forecast),
        False,
        False,
        False,
    )


@sight.callback(
    "forecast-fan",
    Output(FAN, "figure"),
    Output(FAN_TITLE, "children"),
    Output(FAN_TEXT, "children"),
    Output(FAN_TOLD, "children"),
    Output(FAN_LEGEND, "children"),
    Output(FAN_NOTE, "children"),
    Input(shell.DATASET, "value"),
    Input(K, "value"),
    Input(HORIZON, "value"),
    Input(shell.THEME, "data"),
    Input(progress.ended_id(PREDICT_JOB), "data"),
    Input(shell.REFRESHED, "data"),
)
def show_fan(dataset_id: str | None, k: str, horizon: str, mode: str | None, _ended: Any, _refreshed: int) -> Any:  # noqa: ANN401
    """Each of the next days, with the chosen one marked."""
    forecast = _forecast(dataset_id if mode else None, k)
    title, ahead = shell.dataset(dataset_id or "").title, horizons.picked(horizon)
    return (
        fan_figures.figure(forecast, ahead, mode=mode or "light"),
        fan_figures.heading(title, forecast),
        fan_figures.description(title, forecast),
        fans.told(forecast, ahead),
        fans.legend(forecast.k),
        fans.note(forecast),
    )


@sight.callback(
    "forecast-beside",
    Output(BESIDE, "children"),
    Output(BESIDE_TITLE, "children"),
    Input(shell.DATASET, "value"),
    Input(K, "value"),
    Input(progress.ended_id(PREDICT_JOB), "data"),
    Input(shell.REFRESHED, "data"),
)
def show_beside(dataset_id: str | None, k: str, _ended: Any, _refreshed: int) -> Any:  # noqa: ANN401
    """Model and baselines at each horizon, in numbers."""
    forecast = _forecast(dataset_id, k)
    title = shell.dataset(dataset_id or "").title
    return [forecasts.beside_baselines(forecast), forecasts.beside_note()], forecasts.beside_heading(title, forecast)


@sight.callback(
    "forecast-reasons",
    Output(MOVED, "figure"),
    Output(MOVED_TITLE, "children"),
    Output(MOVED_TEXT, "children"),
    Output(MOVED_SUM, "children"),
    Output(MOVED_NOTE, "children"),
    Input(shell.DATASET, "value"),
    Input(K, "value"),
    Input(HORIZON, "value"),
    Input(shell.THEME, "data"),
    Input(progress.ended_id(PREDICT_JOB), "data"),
    Input(shell.REFRESHED, "data"),
)
def show_reasons(dataset_id: str | None, k: str, horizon: str, mode: str | None, _ended: Any, _refreshed: int) -> Any:  # noqa: ANN401
    """What speaks for the answer at the horizon, and what against it."""
    forecast = _forecast(dataset_id if mode else None, k)
    ahead = horizons.picked(horizon)
    return (
        contributions.figure(forecast, ahead, mode=mode or "light"),
        contributions.heading(forecast, ahead),
        contributions.description(forecast, ahead),
        contributions.total(forecast, ahead),
        forecasts.moved_note(forecast, ahead),
    )


@callback(
    Output(progress.job_id(PREDICT_JOB), "data"),
    Output(progress.job_shown_id(PREDICT_JOB), "children", allow_duplicate=True),
    Input(PREDICT, "n_clicks"),
    State(shell.DATASET, "value"),
    State(K, "value"),
    prevent_initial_call=True,
)
def predict(clicks: int | None, dataset_id: str, k: str) -> Any:  # noqa: ANN401
    """Fit on the dataset's own days in the background."""
    if not clicks:
        raise PreventUpdate
    try:
        job = runtime.results().start_forecast(shell.dataset(dataset_id), markets.k_of(k))
    except RegimeError as error:
        return no_update, error.message
    return progress.started(job, tell_result=False), no_update


@callback(
    Output(progress.job_id(PREDICT_JOB), "data", allow_duplicate=True),
    Input(shell.DATASET, "value"),
    Input(K, "value"),
    State(progress.job_id(PREDICT_JOB), "data"),
    prevent_initial_call="initial_duplicate",
)
def follow(dataset_id: str | None, k: str, followed: progress.Job | None = None) -> Any:  # noqa: ANN401
    """Take up what is under way for the dataset and number of states in sight: it goes on while other pages are open."""
    if not dataset_id:
        raise PreventUpdate
    try:
        job = runtime.results().forecast_under_way(shell.dataset(dataset_id), markets.k_of(k))
    except RegimeError:
        return progress.none(followed)
    return progress.none(followed) if job is None else progress.started(job, tell_result=False)


@callback(
    Output(controls.file_of(SAVE), "data"),
    Input(SAVE, "n_clicks"),
    State(shell.DATASET, "value"),
    State(K, "value"),
    prevent_initial_call=True,
)
def save(_clicks: int | None, dataset_id: str, k: str) -> Any:  # noqa: ANN401
    """The probabilities of model and baselines as CSV."""
    forecast = _forecast(dataset_id, k)
    name = download_name(shell.dataset(dataset_id).title, "forecast")
    return dcc.send_string(sheets.csv_text(forecasts.rows(forecast)), name, type="text/csv")


def _forecast(dataset_id: str | None, k: str | None) -> Forecast:
    """Forecast to draw; that there is none is told by the headline alone."""
    if not dataset_id:
        raise PreventUpdate
    try:
        forecast = runtime.results().forecast(shell.dataset(dataset_id), markets.k_of(k))
    except RegimeError:
        raise PreventUpdate from None
    if forecast is None:
        raise PreventUpdate
    return forecast


shell.remember("k", K)
shell.remember("horizon", HORIZON)
shell.remember("range", RANGE, "data")
