"""How past forecasts went: cards and callbacks of the Forecast page that rest on the record, not on the forecast."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, callback, html
from dash.exceptions import PreventUpdate

import runtime
from components import cards, controls, forecasts, horizons, markets, shell, sight, states, track_record
from components.figures import evaluation as reliability
from components.figures import forecast as figures
from components.figures import record
from regime_core.errors import RegimeError
from regime_core.states import WalkForward

K = "forecast-k"
HORIZON = "forecast-horizon"
RANGE = "forecast-range"
RECORD = "forecast-record"
NO_RECORD = "forecast-no-record"
HISTORY = "forecast-history"
HISTORY_TITLE = "forecast-history-title"
HISTORY_TEXT = "forecast-history-text"
LEGEND = "forecast-legend"
TRUSTED = "forecast-trusted"
TRUST = "forecast-trust"
TRUST_TITLE = "forecast-trust-title"
RELIABILITY = "forecast-reliability"
RELIABILITY_TEXT = "forecast-reliability-text"
SETTLED = "forecast-settled"
SETTLED_TITLE = "forecast-settled-title"
SETTLED_SUM = "forecast-settled-sum"
SHARE = "forecast-share"
SHARE_TITLE = "forecast-share-title"
SHARE_TEXT = "forecast-share-text"
SHARE_SUM = "forecast-share-sum"
PRESET = "forecast-preset"


def trust_card() -> html.Section:
    """How far to trust what is said."""
    return cards.card(
        html.Div(cards.skeleton(60), id=TRUST),
        controls.chart(RELIABILITY, description=RELIABILITY_TEXT),
        title=html.Span("How far to trust it", id=TRUST_TITLE),
    )


def history_card(range_: str | None) -> html.Section:
    """What was forecast over time, and what came."""
    return cards.card(
        controls.chart(HISTORY, description=HISTORY_TEXT),
        html.Div(id=LEGEND),
        title=html.Span("What was forecast, and what came", id=HISTORY_TITLE),
        aside=controls.range_buttons(PRESET, range_),
    )


def lately_cards() -> html.Div:
    """The last forecasts one by one, and the share right of the year before each day."""
    settled = cards.card(
        html.P(id=SETTLED_SUM, className="sentence"),
        html.Div(cards.skeleton(380), id=SETTLED),
        title=html.Span("The last forecasts", id=SETTLED_TITLE),
    )
    share = cards.card(
        html.P(id=SHARE_SUM, className="sentence"),
        controls.chart(SHARE, description=SHARE_TEXT),
        title=html.Span("Share right", id=SHARE_TITLE),
    )
    return html.Div([settled, share], className="pair-of-cards lately")


@callback(
    Output(TRUSTED, "hidden"),
    Output(RECORD, "hidden"),
    Output(NO_RECORD, "children"),
    Input(shell.DATASET, "value"),
    Input(K, "value"),
    Input(HORIZON, "value"),
    Input(shell.REFRESHED, "data"),
)
def show_whether_recorded(dataset_id: str | None, k: str, horizon: str, _refreshed: int) -> Any:  # noqa: ANN401
    """Room for the record where there is one; without one, where to make it."""
    if not dataset_id:
        raise PreventUpdate
    try:
        walk = runtime.results().walk_forward(shell.dataset(dataset_id), markets.k_of(k))
    except RegimeError as error:
        return True, True, forecasts.no_record_possible(error)
    if walk is None:
        return True, True, forecasts.no_record(dataset_id, k)
    return not len(walk.at(horizons.picked(horizon)).settled()), False, None


@sight.callback(
    "forecast-trust",
    Output(TRUST, "children"),
    Output(RELIABILITY, "figure"),
    Output(TRUST_TITLE, "children"),
    Output(RELIABILITY_TEXT, "children"),
    Input(shell.DATASET, "value"),
    Input(K, "value"),
    Input(HORIZON, "value"),
    Input(shell.THEME, "data"),
    Input(shell.REFRESHED, "data"),
)
def show_trust(dataset_id: str | None, k: str, horizon: str, mode: str | None, _refreshed: int) -> Any:  # noqa: ANN401
    """How often what was said came true."""
    _walk(dataset_id if mode else None, k)
    dataset = shell.dataset(dataset_id or "")
    found = runtime.results().scores(dataset, markets.k_of(k)).get(horizons.picked(horizon))
    if found is None:
        raise PreventUpdate
    return (
        forecasts.trust(found),
        reliability.reliability(found, mode=mode or "light"),
        reliability.reliability_heading(dataset.title, found),
        reliability.reliability_description(dataset.title, found),
    )


@sight.callback(
    "forecast-record",
    Output(HISTORY, "figure"),
    Output(HISTORY_TITLE, "children"),
    Output(HISTORY_TEXT, "children"),
    Output(LEGEND, "children"),
    Input(shell.DATASET, "value"),
    Input(K, "value"),
    Input(HORIZON, "value"),
    Input(RANGE, "data"),
    Input(shell.THEME, "data"),
    Input(shell.REFRESHED, "data"),
)
def show_history(dataset_id: str | None, k: str, horizon: str, range_: str, mode: str | None, _refreshed: int) -> Any:  # noqa: ANN401
    """Forecasts of past days, each by models of the years before, with what then happened."""
    walk = _walk(dataset_id if mode else None, k)
    title, ahead = shell.dataset(dataset_id or "").title, horizons.picked(horizon)
    shown = forecasts.in_range(walk.at(ahead), range_)
    return (
        figures.history(shown, ahead, mode=mode or "light"),
        figures.history_heading(title, shown, ahead),
        figures.history_description(title, shown, ahead),
        states.legend(walk.k),
    )


@sight.callback(
    "forecast-lately",
    Output(SETTLED, "children"),
    Output(SETTLED_TITLE, "children"),
    Output(SETTLED_SUM, "children"),
    Input(shell.DATASET, "value"),
    Input(K, "value"),
    Input(HORIZON, "value"),
    Input(shell.REFRESHED, "data"),
)
def show_settled(dataset_id: str | None, k: str, horizon: str, _refreshed: int) -> Any:  # noqa: ANN401
    """The last forecasts one by one."""
    ahead = horizons.picked(horizon)
    walk = _walk(dataset_id, k).at(ahead)
    title = shell.dataset(dataset_id or "").title
    return track_record.table(walk, ahead), track_record.heading(title, walk, ahead), track_record.summary(walk)


@sight.callback(
    "forecast-lately",
    Output(SHARE, "figure"),
    Output(SHARE_TITLE, "children"),
    Output(SHARE_TEXT, "children"),
    Output(SHARE_SUM, "children"),
    Input(shell.DATASET, "value"),
    Input(K, "value"),
    Input(HORIZON, "value"),
    Input(RANGE, "data"),
    Input(shell.THEME, "data"),
    Input(shell.REFRESHED, "data"),
)
def show_share(dataset_id: str | None, k: str, horizon: str, range_: str, mode: str | None, _refreshed: int) -> Any:  # noqa: ANN401
    """How often the year before each day was forecast rightly."""
    walk = _walk(dataset_id if mode else None, k).at(horizons.picked(horizon))
    title, ahead, span = shell.dataset(dataset_id or "").title, horizons.picked(horizon), forecasts.days_of(walk, range_)
    return (
        record.running(walk, span, mode=mode or "light"),
        record.running_heading(title, walk, ahead, span),
        record.running_description(title, walk, ahead, span),
        record.running_sentence(walk, span),
    )


def _walk(dataset_id: str | None, k: str | None) -> WalkForward:
    """Record to draw; that there is none is told in its place."""
    if not dataset_id:
        raise PreventUpdate
    try:
        walk = runtime.results().walk_forward(shell.dataset(dataset_id), markets.k_of(k))
    except RegimeError:
        raise PreventUpdate from None
    if walk is None:
        raise PreventUpdate
    return walk


controls.follow_range(RANGE, PRESET, HISTORY)
