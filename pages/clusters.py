"""Clusters: the stress states of a market's days, what each is like, and how far they differ."""

from __future__ import annotations

from typing import Any

import dash
from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback, dcc, html, no_update
from dash.exceptions import PreventUpdate

import runtime
from components import cards, controls, markets, progress, shell, state_tables, states, views
from components.figures import clusters
from components.figures.clusters import Clustered
from regime_core.errors import RegimeError
from regime_core.uploads import download_name

dash.register_page(__name__, path="/clusters", name="Clusters", title="Clusters · Regime Desk", order=1)

K = "clusters-k"
X = "clusters-x"
Y = "clusters-y"
BRUSH = "clusters-brush"
TABS = "clusters-tabs"
HEADLINE = "clusters-headline"
WHERE = "clusters-where"
NOTES = "clusters-notes"
SHARES = "clusters-shares"
BODY = "clusters-body"
LEGEND = "clusters-legend"
SCATTER = "clusters-scatter"
SCATTER_TITLE = "clusters-scatter-title"
SCATTER_TEXT = "clusters-scatter-text"
FLAT = "clusters-flat"
DEEP = "clusters-deep"
SOLID = "clusters-solid"
SOLID_TEXT = "clusters-solid-text"
CHOSEN = "clusters-chosen"
PRICE = "clusters-price"
PRICE_TITLE = "clusters-price-title"
PRICE_TEXT = "clusters-price-text"
SILHOUETTES = "clusters-silhouettes"
SILHOUETTES_TITLE = "clusters-silhouettes-title"
SILHOUETTES_TEXT = "clusters-silhouettes-text"
RADAR = "clusters-radar"
RADAR_TITLE = "clusters-radar-title"
RADAR_TEXT = "clusters-radar-text"
RETURNS = "clusters-returns"
RETURNS_TITLE = "clusters-returns-title"
RETURNS_TEXT = "clusters-returns-text"
STATISTICS = "clusters-statistics"
STATISTICS_TITLE = "clusters-statistics-title"
TESTS = "clusters-tests"
TESTS_TITLE = "clusters-tests-title"
SAVE_STATISTICS = "clusters-save-statistics"
SAVE_TESTS = "clusters-save-tests"
SAVE_DAYS = "clusters-save-days"
SAVED = "clusters-saved"
JOB = "clusters"
K_CHOICES = {markets.AUTO: "Auto", "2": "2", "3": "3", "4": "4", "5": "5"}
BRUSHES = {"box": "Box", "lasso": "Lasso"}
DIMENSIONS = {"2": "2-D", "3": "3-D"}


def layout(k: str | None = None, x: str | None = None, y: str | None = None, **_others: str) -> html.Div:
    """Page with the controls as the URL has them; what they choose comes by callbacks."""
    number = html.Div(
        [
            html.Span("States", className="muted", id="clusters-k-label"),
            controls.segmented(K, K_CHOICES, k if k in K_CHOICES else markets.AUTO, "Number of states"),
        ],
        className="labelled",
    )
    scatter_controls = html.Div(
        [
            controls.segmented(TABS, DIMENSIONS, "2", "Axes"),
            html.Div(
                [
                    controls.picker(X, "Across", [], x or "volatility"),
                    controls.picker(Y, "Up", [], y or "return"),
                    controls.segmented(BRUSH, BRUSHES, "box", "Brush"),
                ],
                id="clusters-flat-controls",
                className="controls",
            ),
        ],
        className="controls",
    )
    days = cards.card(
        html.Div(
            [
                controls.chart(SCATTER, description=SCATTER_TEXT),
                html.P(
                    "Drag over days to light them on the price chart; double-click to let them go.", className="note note-close"
                ),
            ],
            id=FLAT,
        ),
        html.Div(id=DEEP),
        title=html.Span("Days by state", id=SCATTER_TITLE),
        aside=scatter_controls,
    )
    price = cards.card(
        controls.chart(PRICE, description=PRICE_TEXT),
        html.Div(id=LEGEND),
        title=html.Span("Price and state", id=PRICE_TITLE),
        aside=controls.save_button(SAVE_DAYS, "Days as CSV"),
    )
    thirds = [
        cards.card(
            controls.chart(SILHOUETTES, description=SILHOUETTES_TEXT, size="small"),
            title=html.Span("How many states?", id=SILHOUETTES_TITLE),
        ),
        cards.card(controls.chart(RADAR, description=RADAR_TEXT, size="small"), title=html.Span("Profiles", id=RADAR_TITLE)),
        cards.card(
            controls.chart(RETURNS, description=RETURNS_TEXT, size="small"), title=html.Span("Mean return", id=RETURNS_TITLE)
        ),
    ]
    return html.Div(
        [
            dcc.Store(id=CHOSEN),
            dcc.Download(id=SAVED),
            cards.card(
                html.Div(
                    [
                        html.Div(cards.skeleton(35), id=HEADLINE),
                        html.Div([html.Div(id=WHERE), number], className="where-row"),
                        html.Div(id=NOTES),
                        progress.panel(JOB),
                    ]
                ),
                html.Div(cards.skeleton(80), id=SHARES),
                className="verdict",
            ),
            html.Div(
                [
                    html.Div([days, price], className="halves"),
                    html.Div(thirds, className="thirds"),
                    cards.card(
                        html.Div(cards.skeleton(120), id=STATISTICS),
                        title=html.Span("Statistics by state", id=STATISTICS_TITLE),
                        aside=controls.save_button(SAVE_STATISTICS, "Download CSV"),
                    ),
                    cards.card(
                        html.Div(cards.skeleton(80), id=TESTS),
                        title=html.Span("Do mean returns differ?", id=TESTS_TITLE),
                        aside=controls.save_button(SAVE_TESTS, "Download CSV"),
                    ),
                ],
                id=BODY,
                className="stack",
            ),
        ],
        className="stack",
    )


@callback(
    Output(HEADLINE, "children"),
    Output(WHERE, "children"),
    Output(NOTES, "children"),
    Output(SHARES, "children"),
    Output(BODY, "hidden"),
    Output(LEGEND, "children"),
    Output(STATISTICS, "children"),
    Output(STATISTICS_TITLE, "children"),
    Output(TESTS, "children"),
    Output(TESTS_TITLE, "children"),
    Input(shell.DATASET, "value"),
    Input(K, "value"),
    Input(shell.REFRESHED, "data"),
    Input(progress.ended_id(JOB), "data"),
)
def show_states(dataset_id: str | None, k: str | None, _refreshed: int, _ended: object = None) -> Any:  # noqa: ANN401
    """State of the newest day, share and statistics of each; without states, a word on why, and nothing else."""
    if not dataset_id:
        raise PreventUpdate
    nothing = (None, None, None, None, None, None)
    try:
        dataset = shell.dataset(dataset_id)
    except RegimeError as error:
        return views.not_shown(error), None, None, None, True, *nothing[1:]
    where = cards.where(dataset, shell.today())
    try:
        view = markets.clustered(dataset, k)
    except RegimeError as error:
        return markets.not_shown(error.message), where, None, None, True, *nothing[1:]
    if view is None:
        return markets.waiting(dataset), where, None, None, True, *nothing[1:]
    found = markets.table(view)
    return (
        markets.headline(view),
        where,
        markets.notes(view),
        markets.shares(view, found),
        False,
        states.legend(view.k),
        [state_tables.statistics(view, found), html.P(state_tables.STATISTICS_NOTE, className="note")],
        f"{view.title}: statistics by state, {view.span}, in sample",
        [state_tables.welch_tests(view, found), html.P(state_tables.TESTS_NOTE, className="note")],
        f"{view.title}: do mean daily returns differ between states? {view.span}, in sample",
    )


@callback(
    Output(progress.job_id(JOB), "data"),
    Output(progress.job_shown_id(JOB), "children", allow_duplicate=True),
    Input(shell.DATASET, "value"),
    Input(shell.REFRESHED, "data"),
    prevent_initial_call="initial_duplicate",
)
def make_states(dataset_id: str | None, _refreshed: int) -> Any:  # noqa: ANN401
    """Make the states of a long history in the background; a dataset that cannot have any is told of by the headline."""
    if not dataset_id:
        raise PreventUpdate
    try:
        dataset = shell.dataset(dataset_id)
        if runtime.results().clusters(dataset) is not None:
            return None, None
    except RegimeError:
        return None, None
    try:
        return progress.started(runtime.results().start_clusters(dataset), tell_result=False), no_update
    except RegimeError as error:
        return None, error.message


@callback(
    Output(SCATTER, "figure"),
    Output(SCATTER_TITLE, "children"),
    Output(SCATTER_TEXT, "children"),
    Output(X, "options"),
    Output(Y, "options"),
    Output(X, "value"),
    Output(Y, "value"),
    Input(shell.DATASET, "value"),
    Input(K, "value"),
    Input(X, "value"),
    Input(Y, "value"),
    Input(BRUSH, "value"),
    Input(TABS, "value"),
    Input(shell.THEME, "data"),
    Input(shell.REFRESHED, "data"),
    Input(progress.ended_id(JOB), "data"),
    State(CHOSEN, "data"),
)
def show_scatter(
    dataset_id: str | None,
    k: str,
    x: str,
    y: str,
    brush: str,
    dimensions: str,
    mode: str | None,
    _refreshed: int,
    _ended: object,
    chosen: dict[str, Any] | None,
) -> Any:  # noqa: ANN401
    """Days on the two axes chosen; an axis that this dataset has not is replaced by one that it has."""
    view = _view(dataset_id if mode else None, k)
    x, y = view.axis(x, "volatility"), view.axis(y, "return")
    options = [{"label": title, "value": name} for name, title in view.axes.items()]
    figure = clusters.scatter(view, x, y, mode=mode or "light", lasso=brush == "lasso", chosen=_rows(chosen, dataset_id))
    title = clusters.solid_heading(view) if dimensions == "3" else clusters.scatter_heading(view, x, y)
    return figure, title, clusters.scatter_description(view, x, y), options, options, x, y


@callback(
    Output(DEEP, "children"),
    Output(FLAT, "hidden"),
    Output("clusters-flat-controls", "hidden"),
    Input(TABS, "value"),
    Input(shell.DATASET, "value"),
    Input(K, "value"),
    Input(shell.THEME, "data"),
    Input(shell.REFRESHED, "data"),
    Input(progress.ended_id(JOB), "data"),
)
def show_solid(
    dimensions: str, dataset_id: str | None, k: str, mode: str | None, _refreshed: int, _ended: object = None
) -> Any:  # noqa: ANN401
    """Days on the three values that they were clustered on; drawn only where asked for. Two values are all in the other tab."""
    if dimensions != "3":
        return None, False, False
    view = _view(dataset_id if mode else None, k)
    if len(view.market.columns) < 3:
        return html.P(clusters.NO_SOLID, className="note"), True, True
    graph = controls.chart(SOLID, description=SOLID_TEXT, figure=clusters.scatter_3d(view, mode=mode or "light"))
    graph.children[1].children = clusters.solid_heading(view)
    return [graph, html.P("Drag to turn.", className="note note-close")], True, True


@callback(
    Output(PRICE, "figure"),
    Output(PRICE_TITLE, "children"),
    Output(PRICE_TEXT, "children"),
    Input(shell.DATASET, "value"),
    Input(K, "value"),
    Input(CHOSEN, "data"),
    Input(shell.THEME, "data"),
    Input(shell.REFRESHED, "data"),
    Input(progress.ended_id(JOB), "data"),
)
def show_price(
    dataset_id: str | None, k: str, chosen: dict[str, Any] | None, mode: str | None, _refreshed: int, _ended: object = None
) -> Any:  # noqa: ANN401
    """Close over time, with the days that were brushed."""
    view = _view(dataset_id if mode else None, k)
    rows = _rows(chosen, dataset_id)
    quantity = "index points" if shell.dataset(dataset_id or "").bundled else "price"
    figure = clusters.price(view, rows, mode=mode or "light", quantity=quantity)
    return figure, clusters.price_heading(view, len(rows)), clusters.price_description(view, len(rows))


@callback(
    Output(SILHOUETTES, "figure"),
    Output(SILHOUETTES_TITLE, "children"),
    Output(SILHOUETTES_TEXT, "children"),
    Output(RADAR, "figure"),
    Output(RADAR_TITLE, "children"),
    Output(RADAR_TEXT, "children"),
    Output(RETURNS, "figure"),
    Output(RETURNS_TITLE, "children"),
    Output(RETURNS_TEXT, "children"),
    Input(shell.DATASET, "value"),
    Input(K, "value"),
    Input(shell.THEME, "data"),
    Input(shell.REFRESHED, "data"),
    Input(progress.ended_id(JOB), "data"),
)
def show_differences(dataset_id: str | None, k: str, mode: str | None, _refreshed: int, _ended: object = None) -> Any:  # noqa: ANN401
    """How well the days fall apart, and what sets the states apart."""
    view = _view(dataset_id if mode else None, k)
    found = markets.table(view)
    titles, profiles = markets.profile(view, shell.dataset(dataset_id or ""))
    shown = mode or "light"
    return (
        clusters.silhouettes(view, mode=shown),
        f"How many states? Mean silhouettes, {view.span}",
        clusters.silhouettes_description(view),
        clusters.radar(view, titles, profiles, mode=shown),
        f"Profiles in standard deviations from all days, {view.span}",
        clusters.radar_description(view, titles, profiles),
        clusters.mean_returns(view, found, mode=shown),
        f"Mean daily return, 95 % interval, {view.span}",
        clusters.returns_description(view, found),
    )


@callback(
    Output(SAVED, "data"),
    Input(SAVE_STATISTICS, "n_clicks"),
    Input(SAVE_TESTS, "n_clicks"),
    Input(SAVE_DAYS, "n_clicks"),
    State(shell.DATASET, "value"),
    State(K, "value"),
    prevent_initial_call=True,
)
def save(_statistics: int | None, _tests: int | None, _days: int | None, dataset_id: str, k: str) -> Any:  # noqa: ANN401
    """One of the tables as CSV."""
    view = _view(dataset_id, k)
    match dash.ctx.triggered_id:
        case "clusters-save-statistics":
            kind, text = "states", state_tables.statistics_csv(view, markets.table(view))
        case "clusters-save-tests":
            kind, text = "state_tests", state_tables.welch_csv(view, markets.table(view))
        case _:
            kind, text = "state_days", state_tables.days_csv(view)
    return dcc.send_string(text, download_name(view.title, kind), type="text/csv")


def _view(dataset_id: str | None, k: str | None) -> Clustered:
    """States to draw; what cannot be shown is told by the headline alone."""
    if not dataset_id:
        raise PreventUpdate
    try:
        view = markets.clustered(shell.dataset(dataset_id), k)
    except RegimeError:
        raise PreventUpdate from None
    if view is None:
        raise PreventUpdate
    return view


def _rows(chosen: dict[str, Any] | None, dataset_id: str | None) -> list[int]:
    """Rows that were brushed in this dataset; those of another mean nothing here."""
    return chosen["rows"] if chosen and chosen["dataset"] == dataset_id else []


clientside_callback(
    ClientsideFunction("view", "pickDays"),
    Output(CHOSEN, "data"),
    Input(SCATTER, "selectedData"),
    State(shell.DATASET, "value"),
    prevent_initial_call=True,
)
shell.remember("k", K)
shell.remember("x", X)
shell.remember("y", Y)
