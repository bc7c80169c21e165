"""What the sections of the Overview share: the choices they follow, and the labels they show."""

from __future__ import annotations

from dash.exceptions import PreventUpdate

from components import views
from components.figures.window import Window
from regime_core.errors import RegimeError

MODEL = "overview-model"
RANGE = "overview-range"
STYLE = "overview-style"


def view_of(dataset_id: str | None, model: str | None) -> views.View:
    """Dataset and its labels; that there are none is told by the headline alone."""
    if not dataset_id:
        raise PreventUpdate
    try:
        seen = views.view(dataset_id, model)
    except RegimeError:
        raise PreventUpdate from None
    if seen.labels is None:
        raise PreventUpdate
    return seen


def window_of(dataset_id: str | None, model: str | None, range_: str) -> Window:
    """Bars and labels in sight; what cannot be shown is told by the headline alone."""
    return view_of(dataset_id, model).window(range_)
