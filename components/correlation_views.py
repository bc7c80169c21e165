"""Correlation of the chosen features, side by side for all bars and for the bars of each label."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from components import controls, glossary, words
from components.figures import correlations
from components.figures.correlations import LEAST_BARS, Matrix
from components.figures.trends import Trends


def matrices(view: Trends, mode: str) -> list[Component]:
    """One small matrix a label; a word where there are too few bars for one."""
    if len(view) < 2:
        return [html.P("One feature alone has nothing to move together with: choose a second one above.", className="note")]
    return [_matrix(view, found, mode) for found in correlations.matrices(view)]


def _matrix(view: Trends, found: Matrix, mode: str) -> Component:
    count = html.Span(f" {words.count(found.n_bars, 'bar')}", className="muted")
    title = html.H3([found.name, count], className="chart-title")
    if not found.enough:
        few = f"Too few bars: at least {LEAST_BARS} are needed for a correlation. A longer range may have them."
        return html.Div([title, html.P(few, className="matrix-few note")])
    described = f"features-matrix-text-{found.code + 1}"
    graph = controls.chart(
        {"type": "features-matrix", "label": str(found.code + 1)},
        description=described,
        figure=correlations.matrix(view, found, mode=mode),
        size="matrix",
    )
    graph.children[1].children = correlations.matrix_description(view, found)
    return html.Div([title, graph])


def key(view: Trends) -> Component:
    """Which number is which feature, what the colours mean, and what changes most."""
    items = [html.Li(feature.title) for feature in view.features]
    told = [
        "Pearson ",
        glossary.term("correlation", "correlation"),
        " over the bars where both are known: blue together, orange against each other. The numbers stand for these features:",
    ]
    change = correlations.largest_change(view)
    parts: list[Component] = [html.P(change, className="matrix-change")] if change else []
    return html.Div([*parts, html.P(told, className="note"), html.Ol(items, className="heat-key matrix-key")])
