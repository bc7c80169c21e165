"""The watchlist: every symbol that this visitor can see, where it stands and what changed; picked with a click or Enter."""

from __future__ import annotations

import hashlib
from typing import Any

import dash_ag_grid as dag
from dash import Input, Output, State, callback, dcc, html, no_update
from dash.exceptions import PreventUpdate

import runtime
from components import cards, labelling, looking, shell, sight, tables, watched, words
from regime_core.datasets import DEFAULT, dataset_id
from regime_core.errors import RegimeError
from regime_core.uploads import Upload

GRID = "label-watch"
TITLE = "label-watch-title"
NOTE = "label-watch-note"
LISTED = "label-watch-listed"
PICKED = "label-watch-picked"
CONFIRM = "label-watch-confirm"
ASKED = "label-watch-asked"
REMOVING = "label-watch-removing"
MOST_HIGH = 6
_AGE = {
    "function": "params.value == null ? '–' : (params.data.longer ? '≥ ' : '') + d3.format(',')(params.value)",
}
_AS_OF = {
    "function": "params.value == null ? '–' : params.value.length > 10 "
    "? d3.utcFormat('%-d %b %Y, %H:%M UTC')(d3.utcParse('%Y-%m-%d %H:%M')(params.value)) "
    ": d3.utcFormat('%-d %b %Y')(d3.utcParse('%Y-%m-%d')(params.value))"
}


def stores() -> list[Any]:
    """Stores of what is listed, picked and about to be removed, with the question whether it should be."""
    return [*(dcc.Store(id=store) for store in (LISTED, PICKED, ASKED, REMOVING)), dcc.ConfirmDialog(id=CONFIRM)]


def card() -> html.Section:
    """Card with the table, without content."""
    grid = dag.AgGrid(
        id=GRID,
        columnDefs=_columns(),
        rowData=[],
        getRowId="params.data.id",
        defaultColDef={"sortable": True, "resizable": True, "suppressMovable": True},
        dashGridOptions={
            **tables.GRID_OPTIONS,
            "rowSelection": {"mode": "singleRow", "checkboxes": False, "enableClickSelection": True},
        },
        eventListeners={"cellKeyDown": ["watchKey(params)"]},
        className="grid watch",
        style=height(2),
    )
    return cards.card(
        html.Div(grid, role="region", tabIndex="-1", **{"aria-labelledby": TITLE}),
        html.P(id=NOTE, className="note note-close"),
        title=html.Span("Watchlist", id=TITLE),
    )


def height(n_rows: int) -> dict[str, str]:
    """Style that shows all rows up to six, and scrolls beyond."""
    return {"height": f"{tables.ROW_HEIGHT * (max(1, min(n_rows, MOST_HIGH)) + 1) + 4}px", "width": "100%"}


def _columns() -> list[dict[str, Any]]:
    return [
        {"field": "symbol", "headerName": "Symbol", "minWidth": 120, "flex": 2},
        {"field": "regime", "headerName": "Regime", "minWidth": 165, "flex": 1, "cellRenderer": "RegimeCell"},
        {
            "field": "since",
            "headerName": "Since the bar before",
            "minWidth": 170,
            "flex": 1,
            "cellClassRules": {"watch-changed": "params.data.changed"},
        },
        {"field": "confidence", "headerName": "Confidence", "minWidth": 110, "flex": 1, **tables.PERCENT},
        {**tables.COUNT, "field": "age", "headerName": "For bars", "minWidth": 96, "flex": 1, "valueFormatter": _AGE},
        {"field": "close", "headerName": "Last close", "minWidth": 108, "flex": 1, **tables.PRICE},
        {"field": "change", "headerName": "Change", "minWidth": 92, "flex": 1, **tables.CHANGE},
        {"field": "last", "headerName": "As of", "minWidth": 124, "flex": 1, "cellClass": "figure", "valueFormatter": _AS_OF},
        {"field": "file", "headerName": "File", "minWidth": 140, "flex": 2},
        {
            "field": "own",
            "colId": "remove",
            "headerName": "",
            "width": 92,
            "minWidth": 92,
            "sortable": False,
            "cellRenderer": "WatchRemove",
        },
    ]


@sight.callback(
    "label-watchlist",
    Output(GRID, "rowData"),
    Output(GRID, "style"),
    Output(GRID, "selectedRows"),
    Output(TITLE, "children"),
    Output(NOTE, "children"),
    Output(LISTED, "data"),
    Input(labelling.SHOWN, "data"),
    Input(labelling.MODEL, "value"),
    Input(shell.REFRESHED, "data"),
    State(shell.DATASET, "value"),
    State(LISTED, "data"),
)
def list_symbols(shown: labelling.Shown | None, model: str, _refreshed: int, picked: str | None, before: str | None) -> Any:  # noqa: ANN401
    """Where every symbol stands by the model picked, from what was labelled already: no work is begun for it."""
    picked_row = {"ids": [shown["dataset"] if shown else picked or DEFAULT]}
    try:
        standings = _standings(model)
    except RegimeError:
        raise PreventUpdate from None  # the model is not served: the page says so
    found = watched.rows(standings)
    mark = hashlib.sha256(repr(found).encode()).hexdigest()
    if mark == before:
        return *[no_update] * 2, picked_row, *[no_update] * 3
    listed = found[: watched.MOST_ROWS]
    return listed, height(len(listed)), picked_row, watched.title(found, _name(model)), _note(found), mark


def _standings(model: str) -> list[watched.Standing]:
    library, results = runtime.library(), runtime.results()
    brought = [upload for upload in library.brought(shell.visitor(), shell.grants()) if upload.reading]
    own = [watched.Standing(upload.title, dataset_id(upload), upload, results.summary(upload, model)) for upload in brought]
    bundled = [library.get(info.id) for info in library.infos() if info.bundled]
    return [*own, *(watched.Standing(one.title, one.id, None, results.summary_of(one, model)) for one in bundled)]


def _name(model: str) -> str:
    return runtime.engine().entry(model).ref.name


def _note(found: list[watched.Row]) -> str:
    if len(found) > watched.MOST_ROWS:
        return f"Listed are {watched.MOST_ROWS:,} of {words.count(len(found), 'symbol')}, those that changed first."
    if all(row["file"] == watched.BUNDLED for row in found):
        return "Your own symbols join this list when you bring a file: drop one above."
    return "Pick a symbol with a click, or with Enter, to see its chart."


@callback(
    Output(shell.DATASET, "options", allow_duplicate=True),
    Output(shell.DATASET, "value", allow_duplicate=True),
    Input(PICKED, "data"),
    prevent_initial_call=True,
)
def open_symbol(picked: str | None) -> Any:  # noqa: ANN401
    """Show the symbol that was picked."""
    if picked is None:  # the page has just come
        raise PreventUpdate
    try:
        chosen = looking.look_at(picked)
    except RegimeError:
        raise PreventUpdate from None
    return shell.dataset_options(), chosen


@callback(
    Output(CONFIRM, "message"),
    Output(CONFIRM, "displayed"),
    Output(REMOVING, "data"),
    Input(ASKED, "data"),
    prevent_initial_call=True,
)
def ask_to_remove(asked: dict[str, Any] | None) -> Any:  # noqa: ANN401
    """Ask before a file goes."""
    if not asked:
        raise PreventUpdate
    upload = _own(asked["id"])
    if upload is None:
        raise PreventUpdate
    links = (
        " The links to it that you shared will show nothing any more." if runtime.library().uploads.is_shared(upload) else ""
    )
    return f"Remove {upload.name} with all that was made of it? This cannot be undone.{links}", True, upload.id


@callback(
    Output(shell.DATASET, "options", allow_duplicate=True),
    Output(shell.DATASET, "value", allow_duplicate=True),
    Output(shell.REFRESHED, "data", allow_duplicate=True),
    Output(REMOVING, "data", allow_duplicate=True),
    Input(CONFIRM, "submit_n_clicks"),
    State(REMOVING, "data"),
    State(shell.DATASET, "value"),
    State(shell.REFRESHED, "data"),
    prevent_initial_call=True,
)
def remove(clicks: int | None, upload_id: str | None, shown: str | None, refreshed: int) -> Any:  # noqa: ANN401
    """Remove a file of this visitor; where it was shown, the S&P 500 is shown instead."""
    upload = _own(upload_id) if clicks and upload_id else None
    if upload is None:
        raise PreventUpdate
    runtime.library().uploads.remove(upload)
    gone = (shown or "").partition(".")[0] == upload.id
    return shell.dataset_options(), DEFAULT if gone else no_update, refreshed + 1, None


def _own(dataset_id_: str) -> Upload | None:
    """Upload of this visitor that a row is of."""
    try:
        return runtime.library().upload(dataset_id_, shell.visitor())[0]
    except RegimeError:
        return None


looking.follow_picks(GRID, PICKED)
