"""Sharing a visitor's own upload: a link that expires, to be copied, and an end to all of them."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback, dcc, html, no_update
from dash.exceptions import PreventUpdate

import runtime
from components import cards, controls, labelling, shell, words
from regime_core import shares
from regime_core.datasets import Dataset
from regime_core.errors import RegimeError

BUTTON = "label-share"
ROOM = "label-share-room"
PANEL = "label-share-panel"
DAYS = "label-share-days"
MAKE = "label-share-make"
LINK = "label-share-link"
MADE = "label-share-made"
ADDRESS = "label-share-address"
COPY = "label-share-copy"
COPIED = "label-share-copied"
TOLD = "label-share-told"
STOP = "label-share-stop"
NOTE = "label-share-note"
_WHAT = "label-share-what"


def stores() -> list[Any]:
    """Store of the link that was made: of which upload, its token, and until when it works."""
    return [dcc.Store(id=LINK)]


def button() -> html.Button:
    """Opens the panel; not there for what is not the visitor's own."""
    return html.Button(
        [html.I(className="icon icon-share", **{"aria-hidden": "true"}), "Share"],
        id=BUTTON,
        className="quiet",
        type="button",
        hidden=True,
        **{"aria-expanded": "false", "aria-controls": PANEL},
    )


def room() -> html.Div:
    """Panel with the link, closed at first; or what a guest should know."""
    days = {str(days): words.count(days, "day") for days in shares.DAYS}
    make = html.Div(
        [
            html.Span("The link works for", className="muted"),
            controls.segmented(DAYS, days, str(shares.DAYS[0]), "The link works for"),
            html.Button("Make a link", id=MAKE, className="quiet primary", type="button"),
            html.Button("Stop sharing", id=STOP, className="quiet", type="button", hidden=True),
        ],
        className="controls",
    )
    made = html.Div(
        [
            dcc.Input(id=ADDRESS, readOnly=True, className="form-control share-address", debounce=True),
            html.Label("Link to share", htmlFor=ADDRESS, className="visually-hidden"),
            html.Button("Copy", id=COPY, className="quiet", type="button"),
            html.Span(id=COPIED, className="muted", role="status"),
        ],
        id=MADE,
        className="share-made",
        hidden=True,
    )
    panel = html.Div(
        [html.P(id=_WHAT, className="share-what"), make, made, html.Div(id=TOLD, className="share-told", role="status")],
        id=PANEL,
        className="share-panel",
        hidden=True,
    )
    return html.Div([html.Div(panel, id=ROOM, hidden=True), html.Div(id=NOTE)])


@callback(
    Output(BUTTON, "hidden"),
    Output(ROOM, "hidden"),
    Output(STOP, "hidden"),
    Output(LINK, "data"),
    Output(TOLD, "children"),
    Output(_WHAT, "children"),
    Output(NOTE, "children"),
    Input(labelling.SHOWN, "data"),
    State(LINK, "data"),
    prevent_initial_call=True,
)
def show_sharing(shown: labelling.Shown | None, link: dict[str, Any] | None) -> Any:  # noqa: ANN401
    """Offer to share one's own upload; tell a guest until when it is shared with them."""
    nothing = True, True, True, None, None, None, None
    if not shown:
        return nothing
    try:
        dataset = shell.dataset(shown["dataset"])
    except RegimeError:
        return nothing
    if dataset.bundled:
        return nothing
    if dataset.shared:
        return *nothing[:-1], _guest_note(dataset)
    upload, _ = runtime.library().upload(dataset.id, shell.visitor())
    same_file = link is not None and link["upload"] == upload.id
    what = (
        f"Whoever opens the link sees {dataset.file_title} as this page shows it, and can take its labels home. "
        "They see nothing else of yours, and can change nothing."
    )
    stop_hidden = not runtime.library().uploads.is_shared(upload)
    return False, False, stop_hidden, no_update if same_file else None, no_update if same_file else None, what, None


def _guest_note(dataset: Dataset) -> html.P | None:
    """Until when a guest sees the file, and what they can do with it."""
    until = next((grant.until for grant in shell.grants() if grant.upload_id == dataset.id.partition(".")[0]), None)
    if until is None:
        return None
    return html.P(
        f"Shared with you until {_moment(until)}. You see this file and can take its labels home; only who brought it can read "
        "it otherwise, remove it or share it.",
        className="note",
    )


@callback(
    Output(LINK, "data", allow_duplicate=True),
    Output(TOLD, "children", allow_duplicate=True),
    Output(STOP, "hidden", allow_duplicate=True),
    Input(MAKE, "n_clicks"),
    State(DAYS, "value"),
    State(shell.DATASET, "value"),
    prevent_initial_call=True,
)
def make_link(clicks: int | None, days: str, dataset_id: str | None) -> Any:  # noqa: ANN401
    """Make a link to the file that is shown."""
    if not clicks or not dataset_id:
        raise PreventUpdate
    try:
        upload, _ = runtime.library().upload(dataset_id, shell.visitor())
        link = runtime.current().shares.link(upload, int(days))
    except RegimeError as error:
        return None, cards.problem(error.message, title="The file cannot be shared"), True
    told = f"The link works until {_moment(link.until)}, and not longer than the file is kept."
    return {"upload": upload.id, "token": link.token, "until": link.until}, told, False


@callback(
    Output(LINK, "data", allow_duplicate=True),
    Output(TOLD, "children", allow_duplicate=True),
    Output(STOP, "hidden", allow_duplicate=True),
    Input(STOP, "n_clicks"),
    State(shell.DATASET, "value"),
    prevent_initial_call=True,
)
def stop_sharing(clicks: int | None, dataset_id: str | None) -> Any:  # noqa: ANN401
    """End all links to the file that is shown."""
    if not clicks or not dataset_id:
        raise PreventUpdate
    try:
        upload, _ = runtime.library().upload(dataset_id, shell.visitor())
    except RegimeError as error:
        return None, cards.problem(error.message, title="The file is not here"), True
    runtime.library().uploads.stop_sharing(upload)
    return None, "Sharing has ended: no link to this file that was made before shows it any more.", True


def _moment(seconds: int) -> str:
    return words.moment(seconds * 1_000_000_000, intraday=True)


def _clientside(name: str, *dependencies: Any, **options: Any) -> None:  # noqa: ANN401
    clientside_callback(ClientsideFunction("sharing", name), *dependencies, **options)


_clientside(
    "toggle",
    Output(PANEL, "hidden"),
    Output(BUTTON, "aria-expanded"),
    Input(BUTTON, "n_clicks"),
    State(PANEL, "hidden"),
    prevent_initial_call=True,
)
_clientside("address", Output(ADDRESS, "value"), Output(MADE, "hidden"), Input(LINK, "data"), Input(shell.QUERY, "data"))
_clientside(
    "copy",
    Output(COPIED, "children"),
    Input(COPY, "n_clicks"),
    Input(LINK, "data"),
    State(ADDRESS, "id"),
    prevent_initial_call=True,
)
