"""What lies below comes into being as it scrolls into sight, so that what is in sight first is drawn first."""

from __future__ import annotations

from typing import Any

from dash import MATCH, ClientsideFunction, Input, Output, State, clientside_callback, dcc, html

from components import cards


def section_id(name: str) -> dict[str, str]:
    """Id of the room of a section."""
    return {"type": "later", "section": name}


def seen_id(name: str) -> dict[str, str]:
    """Id of the store that is true once a section was in sight."""
    return {"type": "later-seen", "section": name}


def held_id(name: str) -> dict[str, str]:
    """Id of the store that holds a section until then."""
    return {"type": "later-held", "section": name}


def later(name: str, *children: Any, height: int, className: str = "stack") -> html.Div:  # noqa: ANN401
    """Section that joins the page shortly before it is scrolled to; its callbacks run then, and not before.

    So a callback may have outputs, inputs and states in one such section and in what is on the page from the start only.
    name : unique over all pages. height : pixels that it will have, kept free until then, so that nothing jumps.
    """
    room = html.Div(
        cards.skeleton(height),
        id=section_id(name),
        className=f"later {className}",
        style={"minHeight": f"{height}px"},
        tabIndex="0",
        role="region",
        **{"aria-label": "Comes as it is scrolled to"},
    )
    held = [child.to_plotly_json() for child in children]
    return html.Div([room, dcc.Store(id=held_id(name), data=held), dcc.Store(id=seen_id(name))])


clientside_callback(
    ClientsideFunction("sight", "watch"),
    Output(seen_id(MATCH), "data"),
    Input(held_id(MATCH), "data"),
    State(section_id(MATCH), "id"),
)
clientside_callback(
    ClientsideFunction("sight", "show"),
    Output(section_id(MATCH), "children"),
    Output(section_id(MATCH), "tabIndex"),
    Output(section_id(MATCH), "role"),
    Output(section_id(MATCH), "aria-label"),
    Input(seen_id(MATCH), "data"),
    State(held_id(MATCH), "data"),
    prevent_initial_call=True,
)
