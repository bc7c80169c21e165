"""The sections of the Clusters page that tell the states apart: three small charts, statistics and tests."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, State, callback, html

from components import cards, controls, glossary, markets, shell, sight, state_tables
from components.figures import differences
from pages._clusters import ON_STATES, K, file, view_of

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


def sections() -> list[html.Div]:
    """Each joins the page as it is scrolled to."""
    return [
        sight.later("clusters-differences", html.Div(_difference_cards(), className="thirds"), height=414),
        sight.later("clusters-statistics", _statistics_card(), height=225),
        sight.later("clusters-tests", _tests_card(), height=207),
    ]


def _difference_cards() -> list[html.Section]:
    return [
        cards.card(
            controls.chart(SILHOUETTES, description=SILHOUETTES_TEXT, size="small"),
            title=html.Span("How many states?", id=SILHOUETTES_TITLE),
        ),
        cards.card(controls.chart(RADAR, description=RADAR_TEXT, size="small"), title=html.Span("Profiles", id=RADAR_TITLE)),
        cards.card(
            controls.chart(RETURNS, description=RETURNS_TEXT, size="small"), title=html.Span("Mean return", id=RETURNS_TITLE)
        ),
    ]


def _statistics_card() -> html.Section:
    return cards.card(
        html.Div(cards.skeleton(120), id=STATISTICS),
        html.P(state_tables.STATISTICS_NOTE, className="note"),
        title=html.Span("Statistics by state", id=STATISTICS_TITLE),
        aside=controls.save_button(SAVE_STATISTICS, "Download CSV"),
    )


def _tests_card() -> html.Section:
    return cards.card(
        html.Div(cards.skeleton(80), id=TESTS),
        html.P(state_tables.TESTS_NOTE, className="note"),
        title=html.Span("Do mean returns differ?", id=TESTS_TITLE),
        aside=controls.save_button(SAVE_TESTS, "Download CSV"),
    )


@sight.callback(
    "clusters-differences",
    Output(SILHOUETTES, "figure"),
    Output(SILHOUETTES_TITLE, "children"),
    Output(SILHOUETTES_TEXT, "children"),
    Output(RADAR, "figure"),
    Output(RADAR_TITLE, "children"),
    Output(RADAR_TEXT, "children"),
    Output(RETURNS, "figure"),
    Output(RETURNS_TITLE, "children"),
    Output(RETURNS_TEXT, "children"),
    *ON_STATES,
    Input(shell.THEME, "data"),
)
def show_differences(dataset_id: str | None, k: str, _refreshed: int, _ended: object, mode: str | None) -> Any:  # noqa: ANN401
    """How well the days fall apart, and what sets the states apart."""
    view = view_of(dataset_id if mode else None, k)
    found = markets.table(view)
    titles, profiles = markets.profile(view, shell.dataset(dataset_id or ""))
    shown = mode or "light"
    return (
        differences.silhouettes(view, mode=shown),
        ["How many states? Mean ", glossary.term("silhouette", "silhouettes"), f", {view.span}"],
        differences.silhouettes_description(view),
        differences.radar(view, titles, profiles, mode=shown),
        f"Profiles in standard deviations from all days, {view.span}",
        differences.radar_description(view, titles, profiles),
        differences.mean_returns(view, found, mode=shown),
        f"Mean daily return, 95 % interval, {view.span}",
        differences.returns_description(view, found),
    )


@sight.callback("clusters-statistics", Output(STATISTICS, "children"), Output(STATISTICS_TITLE, "children"), *ON_STATES)
def show_statistics(dataset_id: str | None, k: str, _refreshed: int, _ended: object = None) -> Any:  # noqa: ANN401
    """What each state is like, in figures."""
    view = view_of(dataset_id, k)
    return state_tables.statistics(view, markets.table(view)), f"{view.title}: statistics by state, {view.span}, in sample"


@sight.callback("clusters-tests", Output(TESTS, "children"), Output(TESTS_TITLE, "children"), *ON_STATES)
def show_tests(dataset_id: str | None, k: str, _refreshed: int, _ended: object = None) -> Any:  # noqa: ANN401
    """Whether the mean returns of two states differ."""
    view = view_of(dataset_id, k)
    title = f"{view.title}: do mean daily returns differ between states? {view.span}, in sample"
    return state_tables.welch_tests(view, markets.table(view)), title


@callback(
    Output(controls.file_of(SAVE_STATISTICS), "data"),
    Input(SAVE_STATISTICS, "n_clicks"),
    State(shell.DATASET, "value"),
    State(K, "value"),
    prevent_initial_call=True,
)
def save_statistics(_clicks: int | None, dataset_id: str, k: str) -> Any:  # noqa: ANN401
    """The table of states as CSV."""
    view = view_of(dataset_id, k)
    return file(state_tables.statistics_csv(view, markets.table(view)), view, "states")


@callback(
    Output(controls.file_of(SAVE_TESTS), "data"),
    Input(SAVE_TESTS, "n_clicks"),
    State(shell.DATASET, "value"),
    State(K, "value"),
    prevent_initial_call=True,
)
def save_tests(_clicks: int | None, dataset_id: str, k: str) -> Any:  # noqa: ANN401
    """The tests as CSV."""
    view = view_of(dataset_id, k)
    return file(state_tables.welch_csv(view, markets.table(view)), view, "state_tests")
