"""What the sections of the Clusters page share: the ids they have in common, and the states they show."""

from __future__ import annotations

from typing import Any

from dash import Input, dcc
from dash.exceptions import PreventUpdate

from components import markets, progress, shell
from components.figures.clustered import Clustered
from regime_core.errors import RegimeError
from regime_core.uploads import download_name

K = "clusters-k"
CHOSEN = "clusters-chosen"
JOB = "clusters"
ON_STATES = (
    Input(shell.DATASET, "value"),
    Input(K, "value"),
    Input(shell.REFRESHED, "data"),
    Input(progress.ended_id(JOB), "data"),
)
"""What the states rest on."""


def view_of(dataset_id: str | None, k: str | None) -> Clustered:
    """States to draw; what cannot be shown is told by the headline alone."""
    if not dataset_id:
        raise PreventUpdate
    try:
        view = markets.clustered(shell.dataset(dataset_id), k)
    except RegimeError:
        raise PreventUpdate from None
    if view is None:
        raise PreventUpdate
    return view


def file(text: str, view: Clustered, kind: str) -> Any:  # noqa: ANN401
    """A table as a file that the browser keeps."""
    return dcc.send_string(text, download_name(view.title, kind), type="text/csv")
