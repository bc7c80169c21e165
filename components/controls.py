"""Controls above a chart: which model, which range, line or candles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import dash_bootstrap_components as dbc
import plotly.graph_objects as go
from dash import ClientsideFunction, Input, Output, State, clientside_callback, dcc, html

from components import ranges, theme

STYLES = {"line": "Line", "candles": "Candles"}


def segmented(identifier: str, options: dict[str, str], value: str | None, label: str) -> html.Div:
    """A row of buttons of which one is down; reachable by Tab, changed by arrow keys. label : its name, spoken, not shown."""
    buttons = dbc.RadioItems(
        id=identifier,
        options=[{"label": text, "value": key} for key, text in options.items()],
        value=value,
        name=identifier,  # one Tab stop, as of any row of radio buttons
        inputClassName="btn-check",
        labelClassName="segment",
        labelCheckedClassName="segment-on",
        className="segmented",
    )
    return html.Div(buttons, className="segments", role="group", **{"aria-label": label})


def style_buttons(identifier: str, chosen: str | None) -> html.Div:
    """How the price is drawn."""
    return segmented(identifier, STYLES, chosen if chosen in STYLES else "line", "Drawn as")


def range_buttons(identifier: str, chosen: str | None) -> html.Div:
    """Preset ranges; none is down while a range was dragged."""
    value = chosen or ranges.DEFAULT
    return segmented(identifier, ranges.PRESETS, value if value in ranges.PRESETS else None, "Range")


def follow_range(store: str, buttons: str, graph: str) -> None:
    """Let the range follow the buttons and what is dragged over the chart, whichever came last."""
    clientside_callback(
        ClientsideFunction("view", "pickRange"),
        Output(store, "data"),
        Output(buttons, "value"),
        Input(buttons, "value"),
        Input(graph, "relayoutData", allow_optional=True),
        State(store, "data"),
        prevent_initial_call=True,
    )


def follow_drag(store: str, buttons: str, graph: str) -> None:
    """Let the range also follow what is dragged over a second chart on the same time axis."""
    clientside_callback(
        ClientsideFunction("overview", "followDrag"),
        Output(store, "data", allow_duplicate=True),
        Output(buttons, "value", allow_duplicate=True),
        Input(graph, "relayoutData", allow_optional=True),
        State(store, "data"),
        prevent_initial_call=True,
    )


def model_select(identifier: str, names: Iterable[str], value: str) -> html.Label:
    """Which model answers."""
    return html.Label(
        [html.Span("Model", className="muted"), dbc.Select(id=identifier, options=list(names), value=value, size="sm")],
        className="labelled",
    )


def picker(identifier: str, label: str, options: Sequence[dict[str, str]], value: str) -> html.Label:
    """One of several, with its label."""
    select = dbc.Select(id=identifier, options=list(options), value=value, size="sm")
    return html.Label([html.Span(label, className="muted"), select], className="labelled")


def chart(
    identifier: str | dict[str, str],
    *,
    description: str,
    figure: go.Figure | None = None,
    size: str = "",
    box: str | None = None,
) -> html.Div:
    """Graph that keeps its place while it loads, described in words for those who cannot see it, to be had as PNG and CSV.

    The arrow keys walk over its points, and what is told of each is read out.

    figure : the first one; without, nothing is drawn until a callback sends one.
    size : ``small`` for charts three abreast. box : id of what has the chart's height, where a callback sets it.
    """
    graph = dcc.Graph(
        id=identifier,
        figure=theme.blank() if figure is None else figure,
        style={"height": "100%"},
        responsive=True,
        config={"displayModeBar": False, "doubleClick": "autosize", "scrollZoom": False},
    )
    return html.Div(
        [
            html.Div(
                graph,
                className=f"chart chart-{size}" if size else "chart",
                role="img",
                tabIndex="0",
                **{"aria-labelledby": description},
                **({"id": box} if box else {}),
            ),
            html.P(id=description, className="visually-hidden"),
            _take_home(),
        ],
        className="figure-box",
    )


def _take_home() -> html.Div:
    """The figure as a picture, and its points as a table; ``figures.js`` makes both from what is drawn."""
    icon = html.I(className="icon icon-download", **{"aria-hidden": "true"})
    buttons = [
        html.Button(
            [icon, kind], className="take", type="button", title=told, **{"data-take": kind.lower(), "aria-label": told}
        )
        for kind, told in (("PNG", "This figure as a PNG picture"), ("CSV", "The points of this figure as a CSV table"))
    ]
    said = html.Div(className="visually-hidden figure-said", role="status")
    return html.Div([*buttons, said], className="take-home")


def download_link(identifier: str, text: str | html.Span, *, primary: bool = False) -> html.A:
    """Fetches the labelled bars as a file; hidden while it has no address."""
    icon = html.I(className="icon icon-download", **{"aria-hidden": "true"})
    return html.A([icon, text], id=identifier, className="quiet primary" if primary else "quiet", hidden=True, download="")


def file_of(button: str) -> str:
    """Id of what brings the file of a ``save_button`` to its visitor."""
    return f"{button}-file"


def save_button(identifier: str, text: str) -> html.Span:
    """Fetches a table as a file, which a callback gives to ``file_of(identifier)``."""
    icon = html.I(className="icon icon-download", **{"aria-hidden": "true"})
    button = html.Button([icon, text], id=identifier, className="quiet")
    return html.Span([button, dcc.Download(id=file_of(identifier))], className="saver")
