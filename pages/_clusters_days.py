"""The two charts of the Clusters page that show its days, and the days chosen in either."""

from __future__ import annotations

from typing import Any

from dash import ALL, ClientsideFunction, Input, Output, State, callback, clientside_callback, dcc, html, no_update, set_props
from dash.exceptions import PreventUpdate

from components import cards, chosen, controls, markets, shell, sight, state_tables
from components.figures import clusters
from pages._clusters import CHOSEN, ON_STATES, K, file, view_of

X = "clusters-x"
Y = "clusters-y"
BRUSH = "clusters-brush"
TABS = "clusters-tabs"
DRAG = "clusters-drag"
LIGHTS = "clusters-lights"
LIGHT = {"type": "clusters-light", "code": ALL}
TOLD = "clusters-told"
RELEASE = "clusters-release"
SCATTER = "clusters-scatter"
SCATTER_TITLE = "clusters-scatter-title"
SCATTER_TEXT = "clusters-scatter-text"
FLAT = "clusters-flat"
FLAT_CONTROLS = "clusters-flat-controls"
NEAR = "clusters-near"
ASKED = "clusters-asked"
HELD = "clusters-held"
DEEP = "clusters-deep"
SOLID = "clusters-solid"
SOLID_ROOM = "clusters-solid-room"
NO_SOLID = "clusters-no-solid"
SOLID_TEXT = "clusters-solid-text"
SOLID_TITLE = "clusters-solid-title"
PRICE = "clusters-price"
PRICE_TITLE = "clusters-price-title"
PRICE_TEXT = "clusters-price-text"
SAVE_DAYS = "clusters-save-days"
BRUSHES = {"box": "Box", "lasso": "Lasso"}
DIMENSIONS = {"2": "2-D", "3": "3-D"}
DRAGS = {"choose": "Choose days", "zoom": "Zoom"}


def bar() -> html.Section:
    """Buttons that light a state, what the days chosen were like, and how to let them go."""
    return html.Section(
        [
            html.Div(id=LIGHTS, className="lights", role="group", **{"aria-label": "Light all days of a state"}),
            html.P(chosen.HINT, id=TOLD, role="status", className="told-days"),
            html.Button("Let go", id=RELEASE, className="quiet", type="button", disabled=True, title="Escape does the same"),
        ],
        className="chosen-days",
        **{"aria-label": "Days chosen"},
    )


def scatter_card(x: str | None, y: str | None, axes: str | None, brush: str | None) -> html.Section:
    """Days on two axes or three; those brushed are chosen.

    Three join the page when somebody comes near the buttons, as to draw the first of them takes long.
    """
    flat_controls = html.Div(
        [
            controls.picker(X, "Across", [], x or "volatility"),
            controls.picker(Y, "Up", [], y or "return"),
            controls.segmented(BRUSH, BRUSHES, brush if brush in BRUSHES else "box", "Brush"),
        ],
        id=FLAT_CONTROLS,
        className="controls",
    )
    shown = controls.segmented(TABS, DIMENSIONS, axes if axes in DIMENSIONS else "2", "Axes")
    solid = [
        html.Div(
            [controls.chart(SOLID, description=SOLID_TEXT), html.P("Drag to turn.", className="note note-close")], id=SOLID_ROOM
        ),
        html.P(clusters.NO_SOLID, id=NO_SOLID, className="note", hidden=True),
    ]
    flat_or_deep = [
        html.Div(controls.chart(SCATTER, description=SCATTER_TEXT), id=FLAT),
        html.Div(id=DEEP, hidden=True),
    ]
    return cards.card(
        html.Div(flat_or_deep, className="flat-or-deep"),
        dcc.Store(id=HELD, data=[part.to_plotly_json() for part in solid]),
        dcc.Store(id=NEAR),
        dcc.Store(id=ASKED),
        title=[html.Span("Days by state", id=SCATTER_TITLE), html.Span(id=SOLID_TITLE, hidden=True)],
        aside=html.Div([shown, flat_controls], className="controls"),
    )


def price_card(drag: str | None) -> html.Section:
    """Close over time; the stretch dragged over is chosen."""
    dragging = html.Div(
        [
            html.Span("Drag to", className="muted"),
            controls.segmented(DRAG, DRAGS, drag if drag in DRAGS else "choose", "What dragging over the price does"),
        ],
        className="labelled",
    )
    return cards.card(
        controls.chart(PRICE, description=PRICE_TEXT),
        title=html.Span("Price and state", id=PRICE_TITLE),
        aside=html.Div([dragging, controls.save_button(SAVE_DAYS, "Days as CSV")], className="controls"),
    )


@sight.callback(
    "clusters-days",
    Output(TOLD, "children"),
    Output(RELEASE, "disabled"),
    Input(CHOSEN, "data"),
    *ON_STATES,
)
def tell_days(choice: chosen.Choice | None, dataset_id: str | None, k: str, _refreshed: int, _ended: object = None) -> Any:  # noqa: ANN401
    """Which days are chosen and what they were like."""
    view = view_of(dataset_id, k)
    found = chosen.days(choice, view, dataset_id)
    return chosen.sentence(found, view), found.rows is None


@sight.callback(
    "clusters-days",
    Output(SCATTER, "figure"),
    Output(SCATTER_TITLE, "children"),
    Output(SCATTER_TEXT, "children"),
    Input(CHOSEN, "data"),
    *ON_STATES,
    Input(X, "value"),
    Input(Y, "value"),
    Input(BRUSH, "value"),
    Input(shell.THEME, "data"),
    State(X, "options"),
    State(Y, "options"),
)
def show_scatter(
    choice: chosen.Choice | None,
    dataset_id: str | None,
    k: str,
    _refreshed: int,
    _ended: object,
    x: str,
    y: str,
    brush: str,
    mode: str | None,
    *offered: list[dict[str, str]] | None,
) -> Any:  # noqa: ANN401
    """Days on the two axes chosen; an axis that this dataset has not is replaced by one that it has."""
    view = view_of(dataset_id if mode else None, k)
    taken = {X: view.axis(x, "volatility"), Y: view.axis(y, "return")}
    options = [{"label": title, "value": name} for name, title in view.axes.items()]
    for (identifier, name), wanted, present in zip(taken.items(), (x, y), offered, strict=True):
        if (name, options) != (wanted, present):  # no outputs: what is drawn by the axes would wait for them
            set_props(identifier, {"options": options, "value": name})
    rows = chosen.days(choice, view, dataset_id).rows
    figure = clusters.scatter(view, *taken.values(), mode=mode or "light", lasso=brush == "lasso", chosen=rows)
    return figure, clusters.scatter_heading(view, *taken.values()), clusters.scatter_description(view, *taken.values())


clientside_callback(
    ClientsideFunction("clusters", "axes"),
    Output(FLAT, "hidden"),
    Output(FLAT_CONTROLS, "hidden"),
    Output(SCATTER_TITLE, "hidden"),
    Output(SOLID_TITLE, "hidden"),
    Output(DEEP, "hidden"),
    Input(TABS, "value"),
)
clientside_callback(
    ClientsideFunction("clusters", "solid"),
    Output(DEEP, "children"),
    Output(ASKED, "data"),
    Input(TABS, "value"),
    Input(NEAR, "data"),
    Input(CHOSEN, "data"),
    *ON_STATES,
    Input(shell.THEME, "data"),
    State(ASKED, "data"),
    State(HELD, "data"),
)


@sight.callback(
    "clusters-days",
    Output(SOLID, "figure"),
    Output(SOLID_TEXT, "children"),
    Output(SOLID_ROOM, "hidden"),
    Output(NO_SOLID, "hidden"),
    Input(ASKED, "data"),
    on_demand=True,
)
def draw_solid(asked: list[Any] | None) -> Any:  # noqa: ANN401
    """Days on the three values that they were clustered on, with the chosen ones lit; two are all in the other tab.

    asked : what ``clusters.js`` keeps while three axes are shown or soon will be: choice, what the states rest on, theme.
    """
    if not asked:
        raise PreventUpdate
    choice, dataset_id, k, *_, mode = asked
    view = view_of(dataset_id if mode else None, k)
    title = clusters.solid_heading(view)
    set_props(SOLID_TITLE, {"children": title})  # no output: it is on the page from the start, and the others are not
    if len(view.market.columns) < 3:
        return no_update, title, True, False
    rows = chosen.days(choice, view, dataset_id).rows
    return clusters.scatter_3d(view, mode=mode, chosen=rows), title, False, True


@sight.callback(
    "clusters-days",
    Output(PRICE, "figure"),
    Output(PRICE_TITLE, "children"),
    Output(PRICE_TEXT, "children"),
    Input(CHOSEN, "data"),
    *ON_STATES,
    Input(DRAG, "value"),
    Input(shell.THEME, "data"),
)
def show_price(
    choice: chosen.Choice | None,
    dataset_id: str | None,
    k: str,
    _refreshed: int,
    _ended: object,
    drag: str | None,
    mode: str | None,
) -> Any:  # noqa: ANN401
    """Close over time, with the chosen days lit."""
    view = view_of(dataset_id if mode else None, k)
    found = chosen.days(choice, view, dataset_id)
    quantity = markets.quantity(shell.dataset(dataset_id or ""))
    figure = clusters.price(view, found.rows, span=found.band, zoom=drag == "zoom", mode=mode or "light", quantity=quantity)
    return figure, clusters.price_heading(view, found.n_days), clusters.price_description(view, found.n_days)


@callback(
    Output(controls.file_of(SAVE_DAYS), "data"),
    Input(SAVE_DAYS, "n_clicks"),
    State(shell.DATASET, "value"),
    State(K, "value"),
    prevent_initial_call=True,
)
def save_days(_clicks: int | None, dataset_id: str, k: str) -> Any:  # noqa: ANN401
    """Every day with its state as CSV."""
    view = view_of(dataset_id, k)
    return file(state_tables.days_csv(view), view, "state_days")


clientside_callback(
    ClientsideFunction("clusters", "choose"),
    Output(CHOSEN, "data"),
    Input(SCATTER, "selectedData"),
    Input(PRICE, "selectedData"),
    Input(LIGHT, "n_clicks"),
    Input(RELEASE, "n_clicks"),
    State(CHOSEN, "data"),
    State(shell.DATASET, "value"),
    prevent_initial_call=True,
)
clientside_callback(
    ClientsideFunction("clusters", "pressed"),
    Output(LIGHT, "aria-pressed"),
    Input(CHOSEN, "data"),
    Input(LIGHT, "id"),
)
clientside_callback(
    ClientsideFunction("clusters", "address"),
    Output(shell.QUERY, "data", allow_duplicate=True),
    Input(CHOSEN, "data"),
    prevent_initial_call=True,
)
shell.remember("x", X)
shell.remember("y", Y)
shell.remember("axes", TABS)
shell.remember("brush", BRUSH)
shell.remember("drag", DRAG)
