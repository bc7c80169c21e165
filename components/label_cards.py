"""Cards on the labels of a dataset: where the newest bar stands, the files to take home, the chart, and every bar."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import dash
from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback, dcc, html, no_update
from dash.exceptions import PreventUpdate

import runtime
from components import cards, controls, glossary, labelling, ranges, sharing, shell, sight, tables, views, words
from components.figures import repaint, timeline
from regime_core.errors import RegimeError
from regime_core.studies import KINDS

PRESET = "label-preset"
RANGE = "label-range"
STYLE = "label-style"
WHERE = "label-where"
SUMMARY = "label-summary"
SUMMARY_TITLE = "label-summary-title"
CHARTED = "label-charted"
TABLED = "label-tabled"
LEGEND = "label-legend"
PRICE = "label-price"
PRICE_TITLE = "label-price-title"
PRICE_TEXT = "label-price-text"
TABLE = "label-table"
TABLE_TITLE = "label-table-title"
TABLE_OF = "label-table-of"
REPAINT = "label-repaint"
KNEW_TOLD = "label-knew-told"
KNEW = {"then": "What it knew then", "hindsight": "With hindsight"}
TABLE_HEIGHT = 522
LABELS = "label-labels"
FILES = {kind: f"label-file-{kind}" for kind in KINDS}
CSV_TEXT = "label-file-csv-text"
NEEDS_LABELS = "needs-labels"
NEEDS_ANY_LABELS = "needs-any-labels"
"""Classes of what means nothing where the series shown, or every series of the file, is too short to be labelled."""


def stores(range_: str | None) -> list[Any]:
    """Store of the range that is drawn."""
    return [dcc.Store(id=RANGE, data=range_ or ranges.DEFAULT)]


def all_of(model: str, range_: str | None, style: str | None, knew: str | None, *between: html.Section) -> html.Div:
    """Every card, with the controls as they were chosen, without content. between : what stands above the table."""
    chart = html.Div(sight.here("label-chart", _chart_card(range_, style, knew)), id=CHARTED)
    table = html.Div(sight.later("label-table", _table_card(), height=TABLE_HEIGHT), id=TABLED)
    return html.Div([_labels_card(model), chart, *between, table], id=LABELS, className="stack")


def _labels_card(model: str) -> html.Section:
    aside = html.Div(
        [
            html.Div(controls.model_select(labelling.MODEL, runtime.engine().entries, model), className=NEEDS_ANY_LABELS),
            sharing.button(),
            controls.download_link(FILES["parquet"], "Parquet"),
            controls.download_link(FILES["csv"], html.Span("Download CSV", id=CSV_TEXT), primary=True),
        ],
        className="controls",
    )
    content = html.Div(cards.skeleton(54), id=SUMMARY)
    title = html.Span("Labels", id=SUMMARY_TITLE)
    return cards.card(sharing.room(), content, labelling.again_button(), title=title, aside=aside)


def _chart_card(range_: str | None, style: str | None, knew: str | None) -> html.Section:
    above = html.Div([controls.style_buttons(STYLE, style), controls.range_buttons(PRESET, range_)], className="controls")
    switch = controls.segmented(labelling.KNEW, KNEW, knew if knew in KNEW else "then", "Labels as the model")
    knew_row = html.Div(
        [switch, html.Div([html.P(id=REPAINT), html.P(id=KNEW_TOLD, className="muted")], className="knew-told")],
        className=f"knew-row {NEEDS_LABELS}",
    )
    return cards.card(
        knew_row,
        controls.chart(PRICE, description=PRICE_TEXT),
        html.Div(cards.legend(), id=LEGEND, className=NEEDS_LABELS),
        title=html.Span("Price and regime", id=PRICE_TITLE),
        aside=above,
    )


def _table_card() -> html.Section:
    return cards.card(tables.label_grid(TABLE), dcc.Store(id=TABLE_OF), title=html.Span("Every bar", id=TABLE_TITLE))


@callback(
    Output(WHERE, "children"),
    Output(LABELS, "className"),
    Output(SUMMARY, "children"),
    Output(SUMMARY_TITLE, "children"),
    Output(CHARTED, "hidden"),
    Output(TABLED, "hidden"),
    Output(CSV_TEXT, "children"),
    *(Output(identifier, "href") for identifier in FILES.values()),
    *(Output(identifier, "hidden") for identifier in FILES.values()),
    Input(labelling.SHOWN, "data"),
    prevent_initial_call=True,
)
def show_summary(shown: labelling.Shown | None) -> Any:  # noqa: ANN401
    """Where the newest bar stands, and the files to take home."""
    no_files = *[None] * len(FILES), *[True] * len(FILES)
    if not shown:
        return None, "stack", None, None, True, True, None, *no_files
    try:
        seen = views.view(shown["dataset"], shown["model"])
    except RegimeError:
        raise PreventUpdate from None
    dataset = seen.dataset
    where = cards.where(dataset, shell.today())
    if seen.labels is None:
        waiting = html.P("The labels are on their way.", className="muted")
        return where, "stack", waiting, dataset.title, True, True, None, *no_files
    query = urlencode({"model": shown["model"]})
    hrefs = [dash.get_relative_path(f"/labelled/{dataset.id}.{kind}?{query}") for kind in FILES]
    hidden = [(seen.too_short and dataset.n_series == 1) or kind not in shown["files"] for kind in FILES]
    text = f"Download all {dataset.n_series:,} as CSV" if dataset.n_series > 1 else "Download CSV"
    return where, _classes(seen), _summary(seen), dataset.title, False, False, text, *hrefs, *hidden


def _summary(seen: views.View) -> html.Div:
    if seen.too_short:
        return cards.too_short(seen.dataset)
    return cards.newest(seen.dataset, views.explain(seen), seen.unit, None)


@sight.callback(
    "label-table",
    Output(TABLE, "columnDefs"),
    Output(TABLE_TITLE, "children"),
    Output(TABLE_OF, "data"),
    Input(labelling.SHOWN, "data"),
    State(TABLE, "columnDefs"),
)
def show_table(shown: labelling.Shown | None, before: list[dict[str, Any]]) -> Any:  # noqa: ANN401
    """Columns of the table of every bar; its rows are asked for as they come into sight."""
    if not shown or not shown["labels"]:
        raise PreventUpdate
    try:
        seen = views.view(shown["dataset"], shown["model"])
    except RegimeError:
        raise PreventUpdate from None
    columns = tables.label_columns(intraday=seen.dataset.intraday, labelled=not seen.too_short)
    of = {"dataset": shown["dataset"], "model": shown["model"]}
    return no_update if columns == before else columns, f"{seen.dataset.title}: every bar, newest first", of


@sight.callback("label-chart", Output(REPAINT, "children"), Input(labelling.SHOWN, "data"))
def show_repaint(shown: labelling.Shown | None) -> Any:  # noqa: ANN401
    """For how many bars of the whole series the two kinds of labels differ."""
    if not shown or not shown["labels"]:
        return None
    try:
        differing = runtime.results().differing(shell.dataset(shown["dataset"]), shown["model"])
    except RegimeError:
        return None
    changed, known = differing or (0, 0)
    if not known:
        return None
    share = html.Strong(words.percent(changed / known, 1))
    counted = f" of the bars ({changed:,} of {known:,}): the "
    return ["Hindsight changes the label of ", share, counted, glossary.term("repaint", "repaint share"), "."]


def _classes(seen: views.View) -> str:
    if not seen.too_short:
        return "stack"
    return "stack without-labels" if seen.dataset.n_series > 1 else "stack without-labels without-any-labels"


@sight.callback(
    "label-chart",
    Output(PRICE, "figure"),
    Output(PRICE_TITLE, "children"),
    Output(PRICE_TEXT, "children"),
    Output(KNEW_TOLD, "children"),
    Output(LEGEND, "className"),
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
        then = views.view(drawn["dataset"], drawn["model"]).window(range_) if drawn["hindsight"] else None
    except RegimeError:
        raise PreventUpdate from None
    candles = style == "candles"
    figure, described = timeline.price(window, mode=mode, candles=candles), timeline.description(window)
    if then is None or not window.hindsight:
        return figure, timeline.heading(window, candles=candles), described, KNEW_THEN, NEEDS_LABELS
    counted = repaint.in_sight(window, then)
    told, heading = f"{counted} {KNEW_LATER}", timeline.heading(window, candles=candles)
    both = repaint.beside(figure, window, then, mode=mode)
    return both, heading, f"{described} {told}", told, f"{NEEDS_LABELS} without-confidence"


KNEW_THEN = "Shown is each label as the model gave it on that very bar, knowing nothing of later ones: what a trader had."
KNEW_LATER = (
    "Upper ribbon: with hindsight, when a regime really began; lower ribbon: what it knew then; dark marks between them: where "
    "the two differ. Good for studying the past, not for testing a strategy on it."
)


@callback(Output(TABLE, "getRowsResponse"), Input(TABLE, "getRowsRequest"), State(TABLE_OF, "data"), prevent_initial_call=True)
def give_rows(request: dict[str, Any] | None, of: dict[str, str] | None) -> Any:  # noqa: ANN401
    """Rows of the table as they come into sight; none while it is not known yet of what."""
    if not request:
        raise PreventUpdate
    if not of:
        return {"rowData": [], "rowCount": 0}
    try:
        seen = views.view(of["dataset"], of["model"])
    except RegimeError:
        raise PreventUpdate from None
    if seen.labels is None:
        raise PreventUpdate
    dataset = seen.dataset
    rows = tables.label_rows(dataset.bars, seen.labels, request["startRow"], request["endRow"], intraday=dataset.intraday)
    return {"rowData": rows, "rowCount": dataset.bars.n_bars}


clientside_callback(
    ClientsideFunction("grid", "askAnew"),
    Output(TABLE, "eventListeners"),
    Input(TABLE_OF, "data"),
    State(TABLE, "id"),
    prevent_initial_call=True,
)
controls.follow_range(RANGE, PRESET, PRICE)
