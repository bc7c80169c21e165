"""Evaluation, backtest: what staying out by a label would have earned, after delay and costs, beside buy and hold."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, State, callback, dcc, html
from dash.exceptions import PreventUpdate

import runtime
from components import backtests, cards, controls, horizons, sheets, shell, sight, views
from components.figures import backtest as figures
from components.still import stilled
from regime_core.errors import RegimeError
from regime_core.uploads import download_name

SIGNAL = "backtest-signal"
OUT = "backtest-out"
DELAY = "backtest-delay"
COST = "backtest-cost"
K = "backtest-k"
HORIZON = "backtest-horizon"
OF_STATES = "backtest-of-states"
OF_FORECAST = "backtest-of-forecast"
HEADLINE = "backtest-headline"
WHERE = "backtest-where"
BASIS = "backtest-basis"
WARNING = "backtest-warning"
BODY = "backtest-body"
WEALTH = "backtest-wealth"
WEALTH_TITLE = "backtest-wealth-title"
WEALTH_TEXT = "backtest-wealth-text"
TABLE = "backtest-table"
TABLE_TITLE = "backtest-table-title"
SAVE = "backtest-save"
TABLE_HEIGHT = 499


def layout(
    signal: str | None = None,
    out: str | None = None,
    delay: str | None = None,
    cost: str | None = None,
    k: str | None = None,
    horizon: str | None = None,
    **_others: str,
) -> html.Div:
    """View with the controls as the URL has them; what they choose comes by callbacks."""
    engine = runtime.engine()
    options = backtests.signal_options(engine.entries)
    chosen = signal if signal in (option["value"] for option in options) else engine.default
    rule = [
        controls.picker(SIGNAL, "Signal", options, chosen),
        html.Div(horizons.k_buttons(K, k), id=OF_STATES, hidden=chosen not in backtests.STRESS),
        html.Div(horizons.buttons(HORIZON, horizon), id=OF_FORECAST, hidden=chosen != backtests.FORECAST),
        backtests.out_buttons(OUT, chosen, out),
    ]
    trade = [backtests.delay_buttons(DELAY, delay), backtests.cost_buttons(COST, cost)]
    choices = html.Div(
        [html.Div(rule, className="controls"), html.Div(trade, className="controls")], className="rows-of-controls"
    )
    verdict = html.Div([html.Div(cards.skeleton(110), id=HEADLINE), html.Div(id=WHERE, className="where-row")])
    wealth = cards.card(
        controls.chart(WEALTH, description=WEALTH_TEXT, size="wealth"),
        html.Div(id=BASIS),
        title=html.Span("What 1 became", id=WEALTH_TITLE),
    )
    table = cards.card(
        html.Div(cards.skeleton(TABLE_HEIGHT - 90), id=TABLE),
        title=html.Span("The rule beside buy and hold", id=TABLE_TITLE),
        aside=controls.save_button(SAVE, "Download CSV"),
    )
    below = [sight.here("evaluation-wealth", wealth), sight.later("evaluation-backtest", table, height=TABLE_HEIGHT)]
    return html.Div(
        [cards.card(verdict), html.Div(cards.skeleton(81), id=WARNING), choices, html.Div(below, id=BODY, className="stack")],
        className="stack stack-close",
    )


@callback(
    Output(OUT, "options"),
    Output(OUT, "value"),
    Output(OF_STATES, "hidden"),
    Output(OF_FORECAST, "hidden"),
    Input(SIGNAL, "value"),
    State(OUT, "value"),
    prevent_initial_call=True,
)
def offer(signal: str, out: str | None) -> Any:  # noqa: ANN401
    """What the signal can stay out of, and the choices that it has."""
    stress = signal in backtests.STRESS
    return backtests.out_options(signal), backtests.out_of(signal, out), not stress, signal != backtests.FORECAST


_CHOICES = (
    Input(SIGNAL, "value"),
    Input(OUT, "value"),
    Input(DELAY, "value"),
    Input(COST, "value"),
    Input(K, "value"),
    Input(HORIZON, "value"),
)


@callback(
    Output(HEADLINE, "children"),
    Output(WHERE, "children"),
    Output(BASIS, "children"),
    Output(WARNING, "children"),
    Output(BODY, "hidden"),
    Input(shell.DATASET, "value"),
    Input(shell.REFRESHED, "data"),
    *_CHOICES,
)
@stilled
def show_verdict(dataset_id: str | None, _refreshed: int, signal: str, *choices: str) -> Any:  # noqa: ANN401
    """What the rule earned in a sentence, and what that does not say; without a test, why there is none."""
    if not dataset_id:
        raise PreventUpdate
    try:
        dataset = shell.dataset(dataset_id)
    except RegimeError as error:
        return views.not_shown(error), None, None, None, True
    where = cards.where(dataset, shell.today())
    try:
        found = _test(dataset_id, signal, *choices)
    except RegimeError as error:
        return backtests.not_possible(error, signal), where, None, None, True
    if found is None:
        return backtests.unmade(dataset, signal), where, None, None, True
    return (
        [backtests.headline(found), backtests.summary(found)],
        where,
        backtests.basis(found, signal),
        backtests.warning(dataset, signal),
        False,
    )


@sight.callback(
    "evaluation-wealth",
    Output(WEALTH, "figure"),
    Output(WEALTH_TITLE, "children"),
    Output(WEALTH_TEXT, "children"),
    Input(shell.DATASET, "value"),
    Input(shell.REFRESHED, "data"),
    Input(shell.THEME, "data"),
    *_CHOICES,
)
def show_wealth(dataset_id: str | None, _refreshed: int, mode: str | None, *choices: str) -> Any:  # noqa: ANN401
    """Wealth, days out and drawdowns."""
    found = _there(dataset_id if mode else None, *choices)
    return figures.figure(found, mode=mode or "light"), figures.heading(found), figures.description(found)


@sight.callback(
    "evaluation-backtest",
    Output(TABLE, "children"),
    Output(TABLE_TITLE, "children"),
    Input(shell.DATASET, "value"),
    Input(shell.REFRESHED, "data"),
    *_CHOICES,
)
def show_table(dataset_id: str | None, _refreshed: int, *choices: str) -> Any:  # noqa: ANN401
    """Figures of the rule beside buy and hold."""
    found = _there(dataset_id, *choices)
    return [sheets.table(backtests.sheet(found)), backtests.table_note()], backtests.table_heading(found)


@callback(
    Output(controls.file_of(SAVE), "data"),
    Input(SAVE, "n_clicks"),
    State(shell.DATASET, "value"),
    *(State(choice.component_id, "value") for choice in _CHOICES),
    prevent_initial_call=True,
)
def save(clicks: int | None, dataset_id: str, *choices: str) -> Any:  # noqa: ANN401
    """The table as CSV."""
    if not clicks:
        raise PreventUpdate
    found = _there(dataset_id, *choices)
    return dcc.send_string(
        sheets.csv_text(backtests.sheet(found).rows), download_name(found.title, "backtest"), type="text/csv"
    )


def _test(dataset_id: str, signal: str, *choices: str) -> figures.Shown | None:
    out, delay, cost, k, horizon = choices
    trade = backtests.trade_of(delay, cost)
    return backtests.shown(shell.dataset(dataset_id), signal, out, trade, k, horizons.picked(horizon))


def _there(dataset_id: str | None, *choices: str) -> figures.Shown:
    """Backtest to draw; that there is none is told by the headline alone."""
    if not dataset_id:
        raise PreventUpdate
    try:
        found = _test(dataset_id, *choices)
    except RegimeError:
        raise PreventUpdate from None
    if found is None:
        raise PreventUpdate
    return found


shell.remember("signal", SIGNAL)
shell.remember("out", OUT)
shell.remember("delay", DELAY)
shell.remember("cost", COST)
shell.remember("k", K)
shell.remember("horizon", HORIZON)
