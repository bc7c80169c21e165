"""Label: bring a file of prices, get every bar's regime."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import dash
from dash import MATCH, Input, Output, State, callback, dcc, html, no_update
from dash.exceptions import PreventUpdate

import runtime
from components import cards, controls, intake, progress, ranges, shell, studies, symbols, tables, understood, views
from components.figures import timeline
from regime_core import datasets
from regime_core.errors import RegimeError
from regime_core.regimes import MIN_BARS
from regime_core.studies import KINDS

dash.register_page(__name__, path="/label", name="Label", title="Label · Regime Desk", order=10)

MODEL = studies.MODEL
PRESET = "label-preset"
RANGE = "label-range"
STYLE = "label-style"
KNEW = "label-knew"
SHOWN = "label-shown"
DRAWN = "label-drawn"
WHERE = "label-where"
UNDERSTOOD = "label-understood"
UNDERSTOOD_CARD = "label-understood-card"
SYMBOLS = "label-symbols"
SYMBOLS_CARD = "label-symbols-card"
SYMBOLS_TITLE = "label-symbols-title"
SYMBOLS_OF = "label-symbols-of"
SUMMARY = "label-summary"
SUMMARY_TITLE = "label-summary-title"
AGAIN = "label-again"
PROBLEM = "label-problem"
RESULT = "label-result"
CHARTED = "label-charted"
PRICE = "label-price"
PRICE_TITLE = "label-price-title"
PRICE_TEXT = "label-price-text"
TABLE = "label-table"
TABLE_TITLE = "label-table-title"
GRID = "label-grid"
FILES = {kind: f"label-file-{kind}" for kind in KINDS}
CSV_TEXT = "label-file-csv-text"
Shown = dict[str, Any]


def layout(
    model: str | None = None, range: str | None = None, style: str | None = None, knew: str | None = None, **_others: str
) -> html.Div:
    """Page with a drop zone, and the result for the dataset that is picked."""
    settings, engine = runtime.current().settings, runtime.engine()
    return html.Div(
        [
            dcc.Store(id=RANGE, data=range or ranges.DEFAULT),
            dcc.Store(id=SHOWN),
            dcc.Store(id=DRAWN),
            dcc.Store(id=SYMBOLS_OF),
            *studies.stores(),
            html.Div([html.H1("Label your own prices", className="page-title"), html.Div(id=WHERE)]),
            intake.card(max_mb=settings.max_upload_mb, days=settings.upload_days),
            *studies.messages(),
            html.Div(id=PROBLEM),
            html.Div(
                [
                    cards.card(html.Div(id=UNDERSTOOD), title="What was understood", identifier=UNDERSTOOD_CARD, hidden=True),
                    cards.card(
                        symbols.grid(SYMBOLS),
                        title=html.Span("Symbols", id=SYMBOLS_TITLE),
                        identifier=SYMBOLS_CARD,
                        hidden=True,
                    ),
                    _labels_card(model or engine.default),
                    html.Div(_charted(range, style, knew), id=CHARTED, className="stack"),
                ],
                id=RESULT,
                className="stack",
            ),
        ],
        className="stack",
    )


def _labels_card(model: str) -> html.Section:
    aside = html.Div(
        [
            controls.model_select(MODEL, runtime.engine().entries, model),
            controls.download_link(FILES["csv"], html.Span("Download CSV", id=CSV_TEXT), primary=True),
            controls.download_link(FILES["parquet"], "Parquet"),
        ],
        className="controls",
    )
    again = html.Button("Label it", id=AGAIN, className="quiet", type="button", hidden=True)
    return cards.card(html.Div(cards.skeleton(64), id=SUMMARY), again, title=html.Span("Labels", id=SUMMARY_TITLE), aside=aside)


def _charted(range_: str | None, style: str | None, knew: str | None) -> list[html.Section]:
    above = html.Div(
        [controls.knew_buttons(KNEW, knew), controls.style_buttons(STYLE, style), controls.range_buttons(PRESET, range_)],
        className="controls",
    )
    return [
        cards.card(
            controls.chart(PRICE, description=PRICE_TEXT),
            cards.legend(),
            title=html.Span("Price and regime", id=PRICE_TITLE),
            aside=above,
        ),
        cards.card(html.Div(cards.skeleton(440), id=TABLE), title=html.Span("Every bar", id=TABLE_TITLE)),
    ]


@callback(
    Output(SHOWN, "data"),
    Output(DRAWN, "data"),
    Output(progress.job_id(studies.JOB), "data", allow_duplicate=True),
    Output(PROBLEM, "children"),
    Output(RESULT, "hidden"),
    Output(AGAIN, "hidden"),
    Input(shell.DATASET, "value"),
    Input(MODEL, "value"),
    Input(KNEW, "value"),
    Input(studies.TASK, "data"),
    Input(progress.stage_id(studies.JOB), "data"),
    Input(progress.ended_id(studies.JOB), "data"),
    Input(shell.REFRESHED, "data"),
    Input(AGAIN, "n_clicks"),
    State(SHOWN, "data"),
    State(DRAWN, "data"),
    prevent_initial_call="initial_duplicate",
)
def settle(
    dataset_id: str | None,
    model: str,
    knew: str,
    task: studies.Task | None,
    _stage: str | None,
    ended: dict[str, str] | None,
    _refreshed: int,
    _again: int | None,
    before: Shown | None,
    drawn: Shown | None,
) -> Any:  # noqa: ANN401
    """Find out what there is to show of the dataset, and start the work on what is not there yet."""
    if not dataset_id:
        raise PreventUpdate
    begun, problem, stopped = no_update, None, False
    try:
        shown = _what_is_there(shell.dataset(dataset_id), model)
    except RegimeError as error:
        return None, None, no_update, views.not_shown(error), True, True
    if not shown["complete"] and not task:
        stopped = studies.stopped(ended)
        try:
            begun, shown = (no_update, shown) if stopped else _start(dataset_id, model, shown)
        except RegimeError as error:
            shown, problem = {**shown, "labels": False}, views.not_shown(error)
    known = {name: shown[name] for name in ("dataset", "version", "model", "labels")}
    wanted = {**known, "hindsight": shown["labels"] and knew == "hindsight"}
    waits = task is not None and not _is_being_read(task, dataset_id)
    return (
        no_update if shown == before else shown,
        no_update if wanted == drawn else wanted,
        begun,
        problem,
        waits,
        not stopped,
    )


def _is_being_read(task: studies.Task, dataset_id: str) -> bool:
    return dataset_id.partition(".")[0] == task["id"]


def _what_is_there(dataset: datasets.Dataset, model: str) -> Shown:
    ref = runtime.engine().entry(model).ref
    results, shelf = runtime.results(), dataset.shelf
    labels = results.has_labels(dataset, model)
    files = ["csv"] if shelf is None else [kind for kind in KINDS if shelf.file(ref, kind).is_file()]
    return {
        "dataset": dataset.id,
        "version": dataset.version,
        "model": f"{ref.name}@{ref.version}",
        "labels": labels,
        "files": files,
        "complete": shelf is None or len(files) == len(KINDS),
    }


def _start(dataset_id: str, model: str, shown: Shown) -> tuple[Any, Shown]:
    """Start or join the work on what is missing; what was done at once is there already."""
    dataset = shell.dataset(dataset_id)
    upload, _ = runtime.library().upload(dataset_id, shell.visitor())
    report = None if dataset.shelf is None else dataset.shelf.report()
    if report is None:
        return no_update, shown
    started = runtime.results().start_study(upload, report.overrides, model)
    return (no_update, _what_is_there(dataset, model)) if started is None else (studies.job(started), shown)


@callback(
    Output(UNDERSTOOD, "children"),
    Output(UNDERSTOOD_CARD, "hidden"),
    Output(SYMBOLS, "rowData"),
    Output(SYMBOLS, "style"),
    Output(SYMBOLS, "selectedRows"),
    Output(SYMBOLS_CARD, "hidden"),
    Output(SYMBOLS_TITLE, "children"),
    Output(SYMBOLS_OF, "data"),
    Input(SHOWN, "data"),
    State(SYMBOLS_OF, "data"),
)
def show_file(shown: Shown | None, before: list[str] | None) -> Any:  # noqa: ANN401
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
    of = [str(dataset.shelf.folder), shown["model"], str(shown["labels"])]
    if of == before:
        return *[no_update] * 4, _row_of(dataset), *[no_update] * 3
    same_file = before is not None and before[0] == of[0]
    body = no_update if same_file else understood.body(report)  # a form that is open stays open
    ref = runtime.engine().entry(shown["model"]).ref
    if report.n_series == 1 or not dataset.shelf.labelled(ref):
        return body, False, [], no_update, [], True, None, of
    rows = symbols.rows(dataset.shelf.summary(ref))
    title = f"{dataset.file_title}: {len(rows):,} symbols and where each stands; pick one to see its chart"
    return body, False, rows, symbols.height(len(rows)), _row_of(dataset), False, title, of


def _row_of(dataset: datasets.Dataset) -> dict[str, list[str]]:
    return {"ids": [str(dataset.series)]}


@callback(
    Output(shell.DATASET, "options", allow_duplicate=True),
    Output(shell.DATASET, "value", allow_duplicate=True),
    Input(SYMBOLS, "selectedRows"),
    State(shell.DATASET, "value"),
    prevent_initial_call=True,
)
def pick_symbol(picked: Any, dataset_id: str) -> Any:  # noqa: ANN401
    """Show another symbol of the file."""
    if not isinstance(picked, list) or not picked:
        raise PreventUpdate
    try:
        upload, _ = runtime.library().upload(dataset_id, shell.visitor())
    except RegimeError:
        raise PreventUpdate from None
    row = picked[0]
    shown = runtime.library().uploads.show(upload, upload.reading, int(row["id"]), row["symbol"])
    if datasets.dataset_id(shown) == dataset_id:
        raise PreventUpdate
    return shell.dataset_options(), datasets.dataset_id(shown)


@callback(
    Output(WHERE, "children"),
    Output(SUMMARY, "children"),
    Output(SUMMARY_TITLE, "children"),
    Output(CHARTED, "hidden"),
    Output(TABLE, "children"),
    Output(TABLE_TITLE, "children"),
    Output(CSV_TEXT, "children"),
    *(Output(identifier, "href") for identifier in FILES.values()),
    *(Output(identifier, "hidden") for identifier in FILES.values()),
    Input(SHOWN, "data"),
    prevent_initial_call=True,
)
def show_summary(shown: Shown | None) -> Any:  # noqa: ANN401
    """Where the newest bar stands, the files to take home, and every bar."""
    no_files = *[None] * len(FILES), *[True] * len(FILES)
    if not shown:
        return None, None, None, True, None, None, None, *no_files
    try:
        seen = views.view(shown["dataset"], shown["model"])
    except RegimeError:
        raise PreventUpdate from None
    dataset = seen.dataset
    where = cards.where(dataset, shell.today())
    if seen.labels is None:
        waiting = html.P("The labels are on their way.", className="muted")
        return where, waiting, dataset.title, True, None, None, None, *no_files
    detection = views.explain(seen)
    summary = cards.newest(dataset, detection, seen.unit, runtime.results().differing(dataset, shown["model"]))
    grid = tables.label_grid({"type": GRID, "dataset": dataset.id, "model": shown["model"]}, intraday=dataset.intraday)
    title = f"{dataset.title}: every bar, newest first"
    query = urlencode({"model": shown["model"]})
    hrefs = [dash.get_relative_path(f"/labelled/{dataset.id}.{kind}?{query}") for kind in FILES]
    few = dataset.bars.n_bars < MIN_BARS and dataset.n_series == 1
    hidden = [few or kind not in shown["files"] for kind in FILES]
    text = f"Download all {dataset.n_series:,} as CSV" if dataset.n_series > 1 else "Download CSV"
    return where, summary, dataset.title, False, grid, title, text, *hrefs, *hidden


@callback(
    Output(PRICE, "figure"),
    Output(PRICE_TITLE, "children"),
    Output(PRICE_TEXT, "children"),
    Input(DRAWN, "data"),
    Input(RANGE, "data"),
    Input(STYLE, "value"),
    Input(shell.THEME, "data"),
)
def show_price(drawn: Shown | None, range_: str, style: str, mode: str | None) -> Any:  # noqa: ANN401
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
shell.remember("model", MODEL)
shell.remember("range", RANGE, "data")
shell.remember("style", STYLE)
shell.remember("knew", KNEW)
