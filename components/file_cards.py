"""Cards on a file that was brought: what was understood of it, and where each of its symbols stands."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback, dcc, html, no_update
from dash.exceptions import PreventUpdate

import runtime
from components import cards, labelling, looking, shell, symbols, understood
from regime_core import datasets
from regime_core.errors import RegimeError

UNDERSTOOD = "label-understood"
UNDERSTOOD_CARD = "label-understood-card"
SYMBOLS = "label-symbols"
SYMBOLS_CARD = "label-symbols-card"
SYMBOLS_TITLE = "label-symbols-title"
SYMBOLS_SOUGHT = "label-symbols-sought"
SYMBOLS_OF = "label-symbols-of"
SYMBOL = "label-symbol"


def stores() -> list[Any]:
    """Stores of the reading and the labels that the cards show, and of the symbol picked."""
    return [dcc.Store(id=SYMBOLS_OF), dcc.Store(id=SYMBOL)]


def both() -> list[html.Section]:
    """Both cards, without content."""
    return [
        cards.card(
            symbols.grid(SYMBOLS),
            title=html.Span("Symbols", id=SYMBOLS_TITLE),
            aside=symbols.search(SYMBOLS_SOUGHT),
            identifier=SYMBOLS_CARD,
            hidden=True,
        ),
        cards.card(html.Div(id=UNDERSTOOD), title="What was understood", identifier=UNDERSTOOD_CARD, hidden=True),
    ]


@callback(
    Output(UNDERSTOOD, "children"),
    Output(UNDERSTOOD_CARD, "hidden"),
    Output(SYMBOLS, "rowData"),
    Output(SYMBOLS, "style"),
    Output(SYMBOLS, "selectedRows"),
    Output(SYMBOLS_CARD, "hidden"),
    Output(SYMBOLS_TITLE, "children"),
    Output(SYMBOLS_OF, "data"),
    Input(labelling.SHOWN, "data"),
    State(SYMBOLS_OF, "data"),
)
def show_file(shown: labelling.Shown | None, before: list[str] | None) -> Any:  # noqa: ANN401
    """What was understood of an upload, and where each of its symbols stands."""
    nothing = None, True, [], no_update, [], True, None, None
    if not shown:
        return nothing
    try:
        dataset = shell.dataset(shown["dataset"])
    except RegimeError:
        return nothing
    report = None if dataset.shelf is None else dataset.shelf.report()
    if dataset.shelf is None or report is None:
        return nothing
    of = [str(dataset.shelf.folder), shown["model"], str(shown["summary"])]
    if of == before:
        return *[no_update] * 4, _row_of(dataset), *[no_update] * 3
    same_file = before is not None and before[0] == of[0]
    body = no_update if same_file else understood.body(report, changeable=not dataset.shared)  # a form that is open stays open
    if report.n_series == 1 or not shown["summary"]:
        return body, False, [], no_update, [], True, None, of
    rows = symbols.rows(dataset.shelf.summary(runtime.engine().entry(shown["model"]).ref))
    title = f"{dataset.file_title}: {len(rows):,} symbols and where each stands; pick one to see its chart"
    return body, False, rows, symbols.height(len(rows)), _row_of(dataset), False, title, of


def _row_of(dataset: datasets.Dataset) -> dict[str, list[str]]:
    return {"ids": [str(dataset.series)]}


@callback(
    Output(shell.DATASET, "options", allow_duplicate=True),
    Output(shell.DATASET, "value", allow_duplicate=True),
    Input(SYMBOL, "data"),
    State(shell.DATASET, "value"),
    prevent_initial_call=True,
)
def pick_symbol(picked: str | None, dataset_id: str) -> Any:  # noqa: ANN401
    """Show another symbol of the file."""
    if picked is None:  # the page has just come
        raise PreventUpdate
    try:
        chosen = looking.look_at(dataset_id, int(picked))
    except RegimeError:
        raise PreventUpdate from None
    if chosen == dataset_id:
        raise PreventUpdate
    return shell.dataset_options(), chosen


clientside_callback(
    ClientsideFunction("view", "seek"),
    Output(SYMBOLS, "dashGridOptions"),
    Input(SYMBOLS_SOUGHT, "value"),
    State(SYMBOLS, "dashGridOptions"),
    prevent_initial_call=True,
)
looking.follow_picks(SYMBOLS, SYMBOL)
