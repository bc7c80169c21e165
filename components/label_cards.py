"""Cards on the labels of a dataset: where the newest bar stands, the files to take home, the chart, and every bar."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import dash
from dash import MATCH, Input, Output, State, callback, dcc, html
from dash.exceptions import PreventUpdate

import runtime
from components import cards, controls, labelling, ranges, shell, tables, views
from components.figures import timeline
from regime_core.errors import RegimeError
from regime_core.studies import KINDS

PRESET = "label-preset"
RANGE = "label-range"
STYLE = "label-style"
WHERE = "label-where"
SUMMARY = "label-summary"
SUMMARY_TITLE = "label-summary-title"
CHARTED = "label-charted"
PRICE = "label-price"
PRICE_TITLE = "label-price-title"
PRICE_TEXT = "label-price-text"
TABLE = "label-table"
TABLE_TITLE = "label-table-title"
GRID = "label-grid"
LABELS = "label-labels"
FILES = {kind: f"label-file-{kind}" for kind in KINDS}
CSV_TEXT = "label-file-csv-text"
NEEDS_LABELS = "needs-labels"
NEEDS_ANY_LABELS = "needs-any-labels"
"""Classes of what means nothing where the series shown, or every series of the file, is too short to be labelled."""


def stores(range_: str | None) -> list[Any]:
    """Store of the range that is drawn."""
    return [dcc.Store(id=RANGE, data=range_ or ranges.DEFAULT)]


def all_of(model: str, range_: str | None, style: str | None, knew: str | None) -> html.Div:
    """Every card, with the controls as they were chosen, without content."""
    charted = html.Div([_chart_card(range_, style, knew), _table_card()], id=CHARTED, className="stack")
    return html.Div([_labels_card(model), charted], id=LABELS, className="stack")


def _labels_card(model: str) -> html.Section:
    aside = html.Div(
        [
            html.Div(controls.model_select(labelling.MODEL, runtime.engine().entries, model), className=NEEDS_ANY_LABELS),
            controls.download_link(FILES["csv"], html.Span("Download CSV", id=CSV_TEXT), primary=True),
            controls.download_link(FILES["parquet"], "Parquet"),
        ],
        className="controls",
    )
    content = html.Div(cards.skeleton(64), id=SUMMARY)
    return cards.card(content, labelling.again_button(), title=html.Span("Labels", id=SUMMARY_TITLE), aside=aside)


def _chart_card(range_: str | None, style: str | None, knew: str | None) -> html.Section:
    above = html.Div(
        [
            html.Div(controls.knew_buttons(labelling.KNEW, knew), className=NEEDS_LABELS),
            controls.style_buttons(STYLE, style),
            controls.range_buttons(PRESET, range_),
        ],
        className="controls",
    )
    return cards.card(
        controls.chart(PRICE, description=PRICE_TEXT),
        html.Div(cards.legend(), className=NEEDS_LABELS),
        title=html.Span("Price and regime", id=PRICE_TITLE),
        aside=above,
    )


def _table_card() -> html.Section:
    return cards.card(html.Div(cards.skeleton(440), id=TABLE), title=html.Span("Every bar", id=TABLE_TITLE))


@callback(
    Output(WHERE, "children"),
    Output(LABELS, "className"),
    Output(SUMMARY, "children"),
    Output(SUMMARY_TITLE, "children"),
    Output(CHARTED, "hidden"),
    Output(TABLE, "children"),
    Output(TABLE_TITLE, "children"),
    Output(CSV_TEXT, "children"),
    *(Output(identifier, "href") for identifier in FILES.values()),
    *(Output(identifier, "hidden") for identifier in FILES.values()),
    Input(labelling.SHOWN, "data"),
    prevent_initial_call=True,
)
def show_summary(shown: labelling.Shown | None) -> Any:  # noqa: ANN401
    """Where the newest bar stands, the files to take home, and every bar."""
    no_files = *[None] * len(FILES), *[True] * len(FILES)
    if not shown:
        return None, "stack", None, None, True, None, None, None, *no_files
    try:
        seen = views.view(shown["dataset"], shown["model"])
    except RegimeError:
        raise PreventUpdate from None
    dataset = seen.dataset
    where = cards.where(dataset, shell.today())
    if seen.labels is None:
        waiting = html.P("The labels are on their way.", className="muted")
        return where, "stack", waiting, dataset.title, True, None, None, None, *no_files
    grid = tables.label_grid(
        {"type": GRID, "dataset": dataset.id, "model": shown["model"]}, intraday=dataset.intraday, labelled=not seen.too_short
    )
    title = f"{dataset.title}: every bar, newest first"
    query = urlencode({"model": shown["model"]})
    hrefs = [dash.get_relative_path(f"/labelled/{dataset.id}.{kind}?{query}") for kind in FILES]
    hidden = [(seen.too_short and dataset.n_series == 1) or kind not in shown["files"] for kind in FILES]
    text = f"Download all {dataset.n_series:,} as CSV" if dataset.n_series > 1 else "Download CSV"
    return where, _classes(seen), _summary(seen, shown["model"]), dataset.title, False, grid, title, text, *hrefs, *hidden


def _summary(seen: views.View, model: str) -> html.Div:
    if seen.too_short:
        return cards.too_short(seen.dataset)
    detection = views.explain(seen)
    return cards.newest(seen.dataset, detection, seen.unit, runtime.results().differing(seen.dataset, model))


def _classes(seen: views.View) -> str:
    if not seen.too_short:
        return "stack"
    return "stack without-labels" if seen.dataset.n_series > 1 else "stack without-labels without-any-labels"


@callback(
    Output(PRICE, "figure"),
    Output(PRICE_TITLE, "children"),
    Output(PRICE_TEXT, "children"),
    Input(labelling.DRAWN, "data"),
    Input(RANGE, "data"),
    Input(STYLE, "value"),
    Input(shell.THEME, "data"),
)
def show_price(drawn: labelling.Shown | None, range_: str, style: str, mode: str | None) -> Any:  # noqa: ANN401
    """Price and regime over the range, from as many points as can be told apart."""
    if not drawn or not drawn["labels"] or not mode:
        raise PreventUpdate
    try:
        window = views.view(drawn["dataset"], drawn["model"], hindsight=drawn["hindsight"]).window(range_)
    except RegimeError:
        raise PreventUpdate from None
    candles = style == "candles"
    figure = timeline.price(window, mode=mode, candles=candles)
    return figure, timeline.heading(window, candles=candles), timeline.description(window)


@callback(
    Output({"type": GRID, "dataset": MATCH, "model": MATCH}, "getRowsResponse"),
    Input({"type": GRID, "dataset": MATCH, "model": MATCH}, "getRowsRequest"),
    State({"type": GRID, "dataset": MATCH, "model": MATCH}, "id"),
    prevent_initial_call=True,
)
def give_rows(request: dict[str, Any] | None, grid: dict[str, str]) -> Any:  # noqa: ANN401
    """Rows of the table as they come into sight."""
    if not request:
        raise PreventUpdate
    try:
        seen = views.view(grid["dataset"], grid["model"])
    except RegimeError:
        raise PreventUpdate from None
    if seen.labels is None:
        raise PreventUpdate
    dataset = seen.dataset
    rows = tables.label_rows(dataset.bars, seen.labels, request["startRow"], request["endRow"], intraday=dataset.intraday)
    return {"rowData": rows, "rowCount": dataset.bars.n_bars}


controls.follow_range(RANGE, PRESET, PRICE)
