"""Controls above a chart: which model, which range, line or candles."""

from __future__ import annotations

from collections.abc import Iterable

import dash_bootstrap_components as dbc
from dash import dcc, html

from components import ranges


def segmented(identifier: str, options: dict[str, str], value: str | None, label: str) -> dbc.RadioItems:
    """A row of buttons of which one is down; reachable by Tab, changed by arrow keys."""
    return dbc.RadioItems(
        id=identifier,
        options=[{"label": text, "value": key} for key, text in options.items()],
        value=value,
        inputClassName="btn-check",
        labelClassName="segment",
        labelCheckedClassName="segment-on",
        className="segmented",
    )


def range_buttons(identifier: str, chosen: str | None) -> dbc.RadioItems:
    """Preset ranges; none is down while a range was dragged."""
    value = chosen or ranges.DEFAULT
    return segmented(identifier, ranges.PRESETS, value if value in ranges.PRESETS else None, "Range")


def model_select(identifier: str, names: Iterable[str], value: str) -> html.Label:
    """Which model answers."""
    return html.Label(
        [html.Span("Model", className="muted"), dbc.Select(id=identifier, options=list(names), value=value, size="sm")],
        className="labelled",
    )


def chart(identifier: str, *, description: str, height_class: str = "chart") -> html.Div:
    """Graph that keeps its place while it loads, described in words for those who cannot see it."""
    graph = dcc.Graph(
        id=identifier,
        className=height_class,
        responsive=True,
        config={"displayModeBar": False, "doubleClick": "autosize", "scrollZoom": False},
    )
    return html.Div(
        [
            html.Div(graph, role="img", **{"aria-labelledby": description}),
            html.P(id=description, className="visually-hidden"),
        ]
    )
