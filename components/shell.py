"""The frame of every page: top bar, dataset picker, theme switch, and the view in the URL."""

from __future__ import annotations

import logging
from collections import Counter
from typing import Any
from urllib.parse import urlencode

import dash
import dash_bootstrap_components as dbc
import flask
import numpy as np
from dash import ALL, ClientsideFunction, Input, Output, State, callback, clientside_callback, dcc, html
from plotly.offline import get_plotlyjs_version

import runtime
from components import cards, tables, words
from regime_core import datasets, shares
from regime_core.bars import INTRADAY_BELOW_NS
from regime_core.errors import RegimeError
from regime_core.uploads import Grant

logger = logging.getLogger(__name__)

NAME = "Regime Desk"
URL = "url"
QUERY = "query"
THEME = "theme"
DATASET = "dataset"
REFRESHED = "refreshed"
AS_OF = "as-of"
FAULT = "fault"
_FOLD = "fold"
_BAR = "bar"
_THEME_SWITCH = "theme-switch"
_LINKS = {"type": "page-link", "path": ALL, "place": ALL}
_PAGES = {"type": "page-link", "path": ALL, "place": "pages"}

INDEX = """<!DOCTYPE html>
<html lang="en">
  <head>
    {%metas%}
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="grids" content="GRIDS_SCRIPT">
    <title>{%title%}</title>
    <link rel="icon" type="image/svg+xml" href="FAVICON">
    <script src="THEME_SCRIPT"></script>
    <script src="AWAITED_SCRIPT"></script>
    <meta name="charts" content="ALL_CHARTS_SCRIPT">
    <meta name="solid-charts" content="SOLID_SCRIPT">
    <script src="CHARTS_SCRIPT" defer></script>
    <script src="ROUTES_SCRIPT" defer></script>
    {%css%}
  </head>
  <body>
    {%app_entry%}
    <footer>{%config%}{%scripts%}{%renderer%}</footer>
  </body>
</html>
"""
ALL_CHARTS = "/_dash-component-suites/plotly/package_data/plotly.min.js"
"""Where Dash serves the whole plotly.js, which takes a browser longer to load than a page to be drawn."""
CHARTS = f"charts/plotly-{get_plotlyjs_version()}.min.js"
"""Asset with the part of it that pages draw with at first (``make charts``)."""
SOLID_CHARTS = f"charts/plotly-solid-{get_plotlyjs_version()}.min.js"
"""Asset with the part of it that draws in 3-D, which ``charts/routes.js`` fetches once 3-D is expected."""
HEAD_ONLY_ASSETS = r"theme\.js|awaited\.js|routes\.js|plotly-(solid-)?[\d.]+\.min\.js"
"""Assets that the head loads itself: to be given to Dash as ``assets_ignore``."""


def index_string(app: dash.Dash) -> str:
    """Page around every page: sets light or dark before the first paint, and fetches the charts' library with all else."""
    scripts = {
        "THEME_SCRIPT": app.get_asset_url("theme.js"),
        "AWAITED_SCRIPT": app.get_asset_url("charts/awaited.js"),
        "ALL_CHARTS_SCRIPT": app.get_relative_path(ALL_CHARTS),
        "CHARTS_SCRIPT": app.get_asset_url(CHARTS),
        "SOLID_SCRIPT": app.get_asset_url(SOLID_CHARTS),
        "ROUTES_SCRIPT": app.get_asset_url("charts/routes.js"),
        "GRIDS_SCRIPT": app.get_relative_path(tables.LIBRARY),
    }
    index = INDEX.replace("FAVICON", app.get_asset_url("favicon.svg"))
    for name, path in scripts.items():
        index = index.replace(name, path)
    return index


def tell_fault(error: Exception) -> None:
    """Log a fault in a callback, and say on the page that there was one: else nothing would happen, and nobody would know."""
    logger.error("A callback failed", exc_info=error)
    told = (
        "The server failed to answer; the fault was logged, and nothing was changed. Load the page anew, or try something else."
    )
    dash.set_props(FAULT, {"children": cards.problem(told, title="Something went wrong")})


def layout() -> html.Div:
    """Top bar and the room for a page."""
    return html.Div(
        [
            dcc.Location(id=URL, refresh=False),
            dcc.Store(id=QUERY),
            dcc.Store(id=THEME),
            dcc.Store(id=REFRESHED, data=0),
            html.A("Skip to the page", href="#main", className="skip"),
            _top_bar(),
            html.Div(id=FAULT, className="fault"),
            html.Main(dash.page_container, id="main", className="page", tabIndex="-1"),
        ]
    )


def _top_bar() -> html.Header:
    links = [
        dcc.Link(
            page["name"],
            href=page["relative_path"],
            id={"type": "page-link", "path": page["relative_path"], "place": "pages"},
            className="page-name",
        )
        for page in dash.page_registry.values()
        if page["path"] is not None and page.get("order") is not None
    ]
    brand = dcc.Link(
        [html.Img(src=dash.get_asset_url("favicon.svg"), alt="", width=22, height=22), html.Span(NAME)],
        href=dash.get_relative_path("/"),
        id={"type": "page-link", "path": dash.get_relative_path("/"), "place": "brand"},
        className="brand",
    )
    return html.Header(
        html.Div(
            [
                brand,
                html.Button(
                    html.I(className="icon icon-list", **{"aria-hidden": "true"}),
                    id=_FOLD,
                    className="icon-button fold",
                    **{"aria-label": "Menu", "aria-expanded": "false", "aria-controls": _BAR},
                ),
                html.Div(
                    [
                        html.Nav(links, className="pages", **{"aria-label": "Pages"}),
                        html.Div(
                            [
                                html.Label("Dataset", htmlFor=DATASET, className="visually-hidden"),
                                dbc.Select(id=DATASET, options=dataset_options(), size="sm", className="picker"),
                                html.Div(id=AS_OF, className="as-of"),
                            ],
                            className="picking",
                        ),
                    ],
                    id=_BAR,
                    className="bar-fold",
                ),
                html.Button(
                    html.I(className="icon icon-theme", **{"aria-hidden": "true"}),
                    id=_THEME_SWITCH,
                    className="icon-button",
                    title="Light or dark",
                    **{"aria-label": "Switch between light and dark"},
                ),
            ],
            className="bar",
        ),
        className="top",
    )


def visitor() -> str | None:
    """Token of who is looking, from the signed cookie that the server gives to every newcomer; uploads belong to it."""
    return flask.session.get("visitor")


def grants() -> tuple[Grant, ...]:
    """What others let this visitor see, from the same cookie."""
    return shares.grants_of(flask.session.get(shares.REMEMBERED))


def dataset_options() -> list[dict[str, str]]:
    """Bundled datasets, then this visitor's uploads, then those shared with them.

    Of those of one title it is also told what tells them apart.
    """
    infos = runtime.library().infos(visitor(), grants())
    times = Counter(info.title for info in infos)
    return [
        {
            "label": (_told_apart(info) if times[info.title] > 1 else info.title) + (" (shared)" if info.shared else ""),
            "value": info.id,
        }
        for info in infos
    ]


def _told_apart(info: datasets.DatasetInfo) -> str:
    """``btc · 180 bars, 2 Jan 2015 – 18 Sep 2015 · came 29 Nov 2026, 03:01:44 UTC``; a bundled history by its name alone."""
    if info.bundled:
        return info.title
    intraday = 0 < info.step_ns < INTRADAY_BELOW_NS
    came = words.second(int(info.arrived * 1e9))
    return f"{info.title} · {words.bars_in_span(info.n_bars, info.first, info.last, intraday=intraday)} · came {came}"


def dataset(dataset_id: str) -> datasets.Dataset:
    """A dataset this visitor may see. Raises RegimeError ``dataset.unknown`` for any other."""
    return runtime.library().get(dataset_id, visitor(), grants())


def href(path: str, **query: str) -> str:
    """Address of a page with a view in it."""
    return f"{dash.get_relative_path(path)}?{urlencode(query)}"


def today() -> np.datetime64:
    """Now, in UTC."""
    return np.datetime64("now")


@callback(Output(AS_OF, "children"), Input(DATASET, "value"), Input(REFRESHED, "data"))
def show_as_of(dataset_id: str | None, _refreshed: int) -> Any:  # noqa: ANN401
    """Date and source of the newest bar."""
    if not dataset_id:
        return dash.no_update
    try:
        return cards.as_of(dataset(dataset_id), today(), brief=True)
    except RegimeError:
        return "not here"


def _clientside(name: str, *dependencies: Any, **options: Any) -> None:  # noqa: ANN401
    clientside_callback(ClientsideFunction("view", name), *dependencies, **options)


def remember(name: str, component: str, property_: str = "value") -> None:
    """Write a control's choice into the URL, where it is read back by the page's ``layout(name=...)``."""
    _clientside(
        name, Output(QUERY, "data", allow_duplicate=True), Input(component, property_), prevent_initial_call="initial_duplicate"
    )


_clientside(
    "pickDataset", Output(DATASET, "value"), Output(DATASET, "options"), Input(URL, "search"), State(DATASET, "options")
)
_clientside("query", Output(QUERY, "data"), Input(URL, "search"))
_clientside("links", Output(_LINKS, "href"), Input(QUERY, "data"), State(_LINKS, "id"))
_clientside("here", Output(_PAGES, "className"), Input(URL, "pathname"), State(_PAGES, "id"))
_clientside("theme", Output(THEME, "data"), Input(_THEME_SWITCH, "n_clicks"))
_clientside(
    "fold",
    Output(_BAR, "className"),
    Output(_FOLD, "aria-expanded"),
    Input(_FOLD, "n_clicks"),
    Input(URL, "pathname"),
    State(_BAR, "className"),
)
_clientside("cleared", Output(FAULT, "children"), Input(URL, "pathname"), prevent_initial_call=True)
remember("dataset", DATASET)
