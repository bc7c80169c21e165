"""Clusters: the stress states of a market's days, what each is like, how far they differ, and how firm they are."""

from __future__ import annotations

from typing import Any

import dash
from dash import Input, Output, State, callback, dcc, html, no_update
from dash.exceptions import PreventUpdate

import runtime
from components import cards, chosen, controls, glossary, markets, progress, shell, sight, views
from components.still import stilled
from pages import _clusters_apart as apart
from pages import _clusters_days as charts
from pages import _clusters_moves as moves
from pages._clusters import CHOSEN, JOB, ON_STATES, K
from regime_core.errors import RegimeError

dash.register_page(__name__, path="/clusters", name="Clusters", title="Clusters · Regime Desk", order=1)

HEADLINE = "clusters-headline"
WHERE = "clusters-where"
NOTES = "clusters-notes"
SHARES = "clusters-shares"
BODY = "clusters-body"
K_CHOICES = {markets.AUTO: "Auto", "2": "2", "3": "3", "4": "4", "5": "5"}


def layout(
    k: str | None = None,
    x: str | None = None,
    y: str | None = None,
    axes: str | None = None,
    brush: str | None = None,
    drag: str | None = None,
    vary: str | None = None,
    days: str | None = None,
    **_others: str,
) -> html.Div:
    """Page with the controls as the URL has them; what they choose comes by callbacks."""
    number = html.Div(
        [
            html.Span(glossary.term("k", "States"), className="muted"),
            controls.segmented(K, K_CHOICES, k if k in K_CHOICES else markets.AUTO, "Number of states"),
        ],
        className="labelled",
    )
    verdict = cards.card(
        html.Div(
            [
                html.Div(cards.skeleton(35), id=HEADLINE),
                html.Div([html.Div(id=WHERE), number], className="where-row"),
                html.Div(id=NOTES),
                progress.panel(JOB),
            ]
        ),
        html.Div(cards.skeleton(80), id=SHARES),
        className="verdict verdict-states",
    )
    body = [
        sight.here(
            "clusters-days",
            charts.bar(),
            html.Div([charts.scatter_card(x, y, axes, brush), charts.price_card(drag)], className="halves"),
        ),
        *apart.sections(),
        moves.section(vary),
    ]
    return html.Div(
        [
            dcc.Store(id=CHOSEN, data=chosen.of_address(days)),
            verdict,
            html.Div(body, id=BODY, className="stack"),
        ],
        className="stack",
    )


@callback(
    Output(HEADLINE, "children"),
    Output(WHERE, "children"),
    Output(NOTES, "children"),
    Output(SHARES, "children"),
    Output(BODY, "hidden"),
    Output(charts.LIGHTS, "children"),
    *ON_STATES,
)
@stilled
def show_states(dataset_id: str | None, k: str | None, _refreshed: int, _ended: object = None) -> Any:  # noqa: ANN401
    """State of the newest day and share of each; without states, a word on why, and nothing else."""
    if not dataset_id:
        raise PreventUpdate
    try:
        dataset = shell.dataset(dataset_id)
    except RegimeError as error:
        return views.not_shown(error), None, None, None, True, None
    where = cards.where(dataset, shell.today())
    try:
        view = markets.clustered(dataset, k)
    except RegimeError as error:
        return markets.not_shown(error.message), where, None, None, True, None
    if view is None:
        return markets.waiting(dataset), where, None, None, True, None
    return (
        markets.headline(view),
        where,
        markets.notes(view),
        markets.shares(view, markets.table(view)),
        False,
        markets.lights(view, charts.LIGHT["type"]),
    )


@callback(
    Output(progress.job_id(JOB), "data"),
    Output(progress.job_shown_id(JOB), "children", allow_duplicate=True),
    Input(shell.DATASET, "value"),
    Input(shell.REFRESHED, "data"),
    State(progress.job_id(JOB), "data"),
    prevent_initial_call="initial_duplicate",
)
def make_states(dataset_id: str | None, _refreshed: int, followed: progress.Job | None = None) -> Any:  # noqa: ANN401
    """Make the states of a long history in the background; a dataset that cannot have any is told of by the headline."""
    if not dataset_id:
        raise PreventUpdate
    try:
        dataset = shell.dataset(dataset_id)
        if runtime.results().clusters(dataset) is not None:
            return progress.none(followed), None
    except RegimeError:
        return progress.none(followed), None
    try:
        return progress.started(runtime.results().start_clusters(dataset), tell_result=False), no_update
    except RegimeError as error:
        return None, error.message


shell.remember("k", K)
