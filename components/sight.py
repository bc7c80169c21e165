"""What lies below comes into being as it scrolls into sight, and follows the page's choices while it is there.

So what is in sight answers first, and what nobody looks at costs nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import wraps
from typing import Any

import dash
from dash import MATCH, ClientsideFunction, Input, Output, State, clientside_callback, dcc, html
from dash.exceptions import PreventUpdate

from components import cards
from components.still import still, stilled

_PARTS: defaultdict[str, dict[str, None]] = defaultdict(dict)
"""Of each section its parts in their order: what is drawn by one callback, by the id of its first output."""


def section_id(name: str) -> dict[str, str]:
    """Id of the room of a section."""
    return {"type": "later", "section": name}


def seen_id(name: str) -> dict[str, str]:
    """Id of the store that is true once a section was in sight."""
    return {"type": "later-seen", "section": name}


def held_id(name: str) -> dict[str, str]:
    """Id of the store that holds a section until then."""
    return {"type": "later-held", "section": name}


def again_id(name: str) -> dict[str, str]:
    """Id of the store that is set whenever a section comes into sight again."""
    return {"type": "later-again", "section": name}


def choices_id(name: str, part: str) -> dict[str, str]:
    """Id of the store of the choices that a part of a section was last drawn by."""
    return {"type": "later-choices", "section": name, "part": part}


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
    held = [still(child).to_plotly_json() for child in (*children, *_choices(name))]
    stores = [dcc.Store(id=held_id(name), data=held), dcc.Store(id=seen_id(name)), dcc.Store(id=again_id(name))]
    return html.Div([room, *stores])


def here(name: str, *children: Any) -> html.Div:  # noqa: ANN401
    """Section that is on the page from the start, and follows its choices while it is in sight. name : as of ``later``."""
    room = html.Div([still(child) for child in children], id=section_id(name), className="stack")
    return html.Div([room, dcc.Store(id=held_id(name)), dcc.Store(id=again_id(name)), *_choices(name)])


def _choices(name: str) -> list[dcc.Store]:
    return [dcc.Store(id=choices_id(name, part)) for part in _PARTS[name]]


def callback(
    name: str, *given: Input | Output | State, on_demand: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """As ``dash.callback``, for outputs in one section: it runs for what was chosen last, once the section is in sight.

    It is given its inputs and then its states, and cannot ask which input changed.
    on_demand : its outputs are not in the section from the start, but come when another choice asks for them.
    """
    inputs = [one for one in given if isinstance(one, Input)]
    states = [one for one in given if isinstance(one, State)]
    outputs = [one for one in given if isinstance(one, Output)]
    part = str(outputs[0].component_id)
    _PARTS[name][part] = None  # a page may be imported by several apps
    chosen = choices_id(name, part)
    clientside_callback(
        ClientsideFunction("sight", "follow"),
        Output(chosen, "data"),
        Input(again_id(name), "data"),
        *inputs,
        State(chosen, "data"),
    )

    def registered(function: Callable[..., Any]) -> Callable[..., Any]:
        quiet = stilled(function)

        @dash.callback(*outputs, Input(chosen, "data"), *states, prevent_initial_call=not on_demand)
        @wraps(function)
        def drawn(choices: list[Any] | None, *others: Any) -> Any:  # noqa: ANN401
            if choices is None:
                raise PreventUpdate
            return quiet(*choices, *others)

        return function

    return registered


clientside_callback(
    ClientsideFunction("sight", "watch"),
    Output(section_id(MATCH), "data-watched"),  # never set, and nothing waits for it
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
