"""The section of the Clusters page on how firm its labels are: what they do when k, the penalty or the seed is another."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, State, callback, html
from dash.exceptions import PreventUpdate

from components import cards, controls, markets, sensitivities, shell, sight
from components.figures import sensitivity
from pages._clusters import ON_STATES, K, file, view_of

VARY = "clusters-vary"
MOVES_TITLE = "clusters-moves-title"
MOVES_TOLD = "clusters-moves-told"
MOVES_CHARTS = "clusters-moves-charts"
MOVES_TABLE = "clusters-moves-table"
MOVES_NOTE = "clusters-moves-note"
SETTINGS = "clusters-settings"
SETTINGS_TITLE = "clusters-settings-title"
SETTINGS_TEXT = "clusters-settings-text"
NEARNESS = "clusters-nearness"
NEARNESS_TEXT = "clusters-nearness-text"
OVER_TIME = "clusters-over-time"
OVER_TIME_TITLE = "clusters-over-time-title"
OVER_TIME_TEXT = "clusters-over-time-text"
SAVE_MOVES = "clusters-save-moves"


def section(vary: str | None) -> html.Div:
    """Joins the page as it is scrolled to. vary : what is varied, as in the address."""
    return sight.later("clusters-moves", _card(vary), height=1243)


def _card(vary: str | None) -> html.Section:
    settings = controls.chart(SETTINGS, description=SETTINGS_TEXT, size="small")
    near = controls.chart(NEARNESS, description=NEARNESS_TEXT, size="small")
    over_time = controls.chart(OVER_TIME, description=OVER_TIME_TEXT)
    settings.children.insert(0, html.H3("Days that change hands", id=SETTINGS_TITLE, className="chart-title"))
    near.children.insert(0, html.H3(sensitivity.nearness_heading(), className="chart-title"))
    over_time.children.insert(0, html.H3("Where they lie", id=OVER_TIME_TITLE, className="chart-title"))
    controls_ = [
        controls.segmented(VARY, sensitivities.CHOICES, sensitivities.varied(vary), "What is varied"),
        controls.save_button(SAVE_MOVES, "Download CSV"),
    ]
    return cards.card(
        html.Div(cards.skeleton(54), id=MOVES_TOLD),
        html.Div([html.Div([settings, near], className="two-charts"), over_time], id=MOVES_CHARTS),
        html.Div(id=MOVES_TABLE, className="moves-table"),
        html.P(id=MOVES_NOTE, className="note"),
        title=html.Span("How firm are the labels?", id=MOVES_TITLE),
        aside=html.Div(controls_, className="controls"),
    )


@sight.callback(
    "clusters-moves",
    Output(MOVES_TITLE, "children"),
    Output(MOVES_TOLD, "children"),
    Output(MOVES_CHARTS, "hidden"),
    Output(MOVES_TABLE, "children"),
    Output(MOVES_NOTE, "children"),
    *ON_STATES,
    Input(VARY, "value"),
)
def tell_moves(dataset_id: str | None, k: str, _refreshed: int, _ended: object, vary: str | None) -> Any:  # noqa: ANN401
    """How far the labels move with what is varied, in words and figures."""
    view = view_of(dataset_id, k)
    title = sensitivities.heading(view.title, view.span, vary)
    found = sensitivities.found(shell.dataset(dataset_id or ""), k, vary)
    if found is None:
        return title, sensitivities.too_long(view.market.n_days), True, None, None
    return title, sensitivities.told(found), False, sensitivities.table(found), sensitivities.note(found)


@sight.callback(
    "clusters-moves",
    Output(SETTINGS, "figure"),
    Output(SETTINGS_TITLE, "children"),
    Output(SETTINGS_TEXT, "children"),
    Output(NEARNESS, "figure"),
    Output(NEARNESS_TEXT, "children"),
    Output(OVER_TIME, "figure"),
    Output(OVER_TIME_TITLE, "children"),
    Output(OVER_TIME_TEXT, "children"),
    *ON_STATES,
    Input(VARY, "value"),
    Input(shell.THEME, "data"),
)
def draw_moves(dataset_id: str | None, k: str, _refreshed: int, _ended: object, vary: str | None, mode: str | None) -> Any:  # noqa: ANN401
    """How far the labels move by setting, and where the days lie that change hands."""
    view = view_of(dataset_id if mode else None, k)
    dataset = shell.dataset(dataset_id or "")
    found = sensitivities.found(dataset, k, vary)
    if found is None:
        raise PreventUpdate
    shown = mode or "light"
    return (
        sensitivity.by_setting(found, mode=shown),
        sensitivity.by_setting_heading(found),
        sensitivity.by_setting_description(found),
        sensitivity.nearness(found, mode=shown),
        sensitivity.nearness_description(found),
        sensitivity.over_time(view, found, mode=shown, quantity=markets.quantity(dataset)),
        sensitivity.over_time_heading(view, found),
        sensitivity.over_time_description(view, found),
    )


@callback(
    Output(controls.file_of(SAVE_MOVES), "data"),
    Input(SAVE_MOVES, "n_clicks"),
    State(shell.DATASET, "value"),
    State(K, "value"),
    State(VARY, "value"),
    prevent_initial_call=True,
)
def save_moves(_clicks: int | None, dataset_id: str, k: str, vary: str) -> Any:  # noqa: ANN401
    """How far the labels move under each setting, as CSV."""
    view = view_of(dataset_id, k)
    found = sensitivities.found(shell.dataset(dataset_id), k, vary)
    if found is None:
        raise PreventUpdate
    return file(sensitivities.as_csv(found), view, f"states_by_{found.varied}")


shell.remember("vary", VARY)
