"""Content that callbacks neither read nor set: one component, where Dash would make one of each of its elements."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import wraps
from typing import Any

from dash import dcc
from dash.development.base_component import Component

_ELEMENTS = "dash_html_components"


class Still(Component):  # type: ignore[misc]  # Dash's has no types
    """Elements, links and words that stay as they are until all of them are replaced, drawn by ``assets/still.js``.

    Dash asks each component at every change on the page whether it is concerned, so that tables cost more than charts.
    """

    _namespace = "regime_desk"
    _type = "Still"
    _prop_names = ("content",)
    _valid_wildcard_attributes: tuple[str, ...] = ()
    _base_nodes: tuple[str, ...] = ()
    _children_props: tuple[str, ...] = ()

    def __init__(self, *content: Any) -> None:  # noqa: ANN401
        super().__init__(content=list(content))

    @property
    def children(self) -> list[Any]:
        """What it holds, for whoever walks over a page."""
        content: list[Any] = self.content
        return content


def still(content: Any) -> Any:  # noqa: ANN401
    """The same content, as ``Still`` wherever nothing in it has an id or is more than elements, links and words."""
    if isinstance(content, list | tuple):
        if all(map(_plain, content)) and any(isinstance(part, Component) for part in content):
            return [Still(*content)]
        return [still(part) for part in content]
    if not isinstance(content, Component) or isinstance(content, Still):
        return content
    if _plain(content):
        return Still(content)
    around = copy.copy(content)
    if hasattr(around, "children"):
        around.children = still(around.children)
    return around


def stilled(function: Callable[..., Any]) -> Callable[..., Any]:
    """A callback's function whose content is ``still``, and nothing else is touched; of several outputs it gives a tuple."""

    @wraps(function)
    def quiet(*given: Any, **named: Any) -> Any:  # noqa: ANN401
        values = function(*given, **named)
        return tuple(map(still, values)) if isinstance(values, tuple) else still(values)

    return quiet


def _plain(content: Any) -> bool:  # noqa: ANN401
    if isinstance(content, list | tuple):
        return all(map(_plain, content))
    if not isinstance(content, Component):
        return True
    known = content._namespace == _ELEMENTS or isinstance(content, dcc.Link)
    return known and not hasattr(content, "id") and _plain(getattr(content, "children", None))
