"""Which series of a file is looked at: a visitor's own file shows it from now on, of a shared one only this visitor sees it."""

from __future__ import annotations

import flask
from dash import ClientsideFunction, Input, Output, State, clientside_callback

import runtime
from components import shell
from regime_core import shares


def follow_picks(grid: str, picked: str) -> None:
    """Put the id of a row that is picked in a grid into a store; not of one that stands for what is shown already."""
    clientside_callback(
        ClientsideFunction("view", "pickRow"),
        Output(picked, "data"),
        Input(grid, "selectedRows"),
        State(shell.DATASET, "value"),
        prevent_initial_call=True,
    )


def look_at(dataset_id: str, series: int | None = None) -> str:
    """Look at a series of the file that a dataset is of, and return the id of that dataset.

    series : None for the one that the id names. Raises RegimeError ``dataset.unknown`` and ``share.over``.
    """
    file_id = dataset_id.partition(".")[0]
    seen = shell.dataset(dataset_id if series is None else f"{file_id}.{series}")
    if seen.bundled or seen.shelf is None:
        return seen.id
    if seen.shared:
        flask.session[shares.REMEMBERED] = shares.plain(shares.looking_at(shell.grants(), file_id, seen.series))
        return seen.id
    upload, _ = runtime.library().upload(file_id, shell.visitor())
    symbol = str(seen.shelf.series(seen.series)["symbol"]) if seen.n_series > 1 else ""
    runtime.library().uploads.show(upload, upload.reading, seen.series, symbol)
    return seen.id
