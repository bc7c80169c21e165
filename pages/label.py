"""Label: drop a CSV of prices, get every bar's regime."""

from __future__ import annotations

import io
from typing import Any

import dash
from dash import MATCH, ClientsideFunction, Input, Output, State, callback, clientside_callback, dcc, html, no_update
from dash.exceptions import PreventUpdate

import runtime
from components import cards, controls, progress, ranges, shell, tables, uploads, views
from components.figures import timeline
from regime_core import readers
from regime_core.errors import RegimeError

dash.register_page(__name__, path="/label", name="Label", title="Label · Regime Desk", order=10)

MODEL = "label-model"
PRESET = "label-preset"
RANGE = "label-range"
STYLE = "label-style"
UPLOAD = "label-upload"
FILE = "label-file"
TOO_LARGE = "label-too-large"
LIMIT = "label-limit"
MESSAGE = "label-message"
WHERE = "label-where"
SUMMARY = "label-summary"
SUMMARY_TITLE = "label-summary-title"
PROBLEM = "label-problem"
RESULT = "label-result"
CHARTED = "label-charted"
PRICE = "label-price"
PRICE_TITLE = "label-price-title"
PRICE_TEXT = "label-price-text"
TABLE = "label-table"
TABLE_TITLE = "label-table-title"
GRID = "label-grid"
DOWNLOAD = "label-download"
DOWNLOADED = "label-downloaded"
LABEL_JOB = "label"


def layout(model: str | None = None, range: str | None = None, style: str | None = None, **_others: str) -> html.Div:
    """Page with a drop zone, and the result for the dataset that is picked."""
    settings, engine = runtime.current().settings, runtime.engine()
    chart_controls = html.Div(
        [
            controls.style_buttons(STYLE, style),
            controls.range_buttons(PRESET, range),
        ],
        className="controls",
    )
    summary_controls = html.Div(
        [controls.model_select(MODEL, engine.entries, model or engine.default), controls.download_button(DOWNLOAD)],
        className="controls",
    )
    result = [
        cards.card(
            html.Div(cards.skeleton(64), id=SUMMARY),
            progress.panel(LABEL_JOB),
            title=html.Span("Labels", id=SUMMARY_TITLE),
            aside=summary_controls,
        ),
        html.Div(
            [
                cards.card(
                    controls.chart(PRICE, description=PRICE_TEXT),
                    cards.legend(),
                    title=html.Span("Price and regime", id=PRICE_TITLE),
                    aside=chart_controls,
                ),
                cards.card(html.Div(cards.skeleton(440), id=TABLE), title=html.Span("Every bar", id=TABLE_TITLE)),
            ],
            id=CHARTED,
            className="stack",
        ),
    ]
    return html.Div(
        [
            dcc.Store(id=RANGE, data=range or ranges.DEFAULT),
            dcc.Store(id=FILE),
            dcc.Store(id=TOO_LARGE),
            dcc.Store(id=LIMIT, data=settings.max_upload_mb),
            dcc.Download(id=DOWNLOADED),
            html.Div([html.H1("Label your own prices", className="page-title"), html.Div(id=WHERE)]),
            controls.drop_zone(
                UPLOAD, max_mb=settings.max_upload_mb, days=settings.upload_days, sample=dash.get_asset_url("sample.csv")
            ),
            html.Div(id=MESSAGE, role="status"),
            html.Div(id=PROBLEM),
            html.Div(result, id=RESULT, className="stack"),
        ],
        className="stack",
    )


@callback(
    Output(MESSAGE, "children"),
    Output(shell.DATASET, "options", allow_duplicate=True),
    Output(shell.DATASET, "value", allow_duplicate=True),
    Output(UPLOAD, "contents"),
    Output(FILE, "data", allow_duplicate=True),
    Input(FILE, "data"),
    Input(TOO_LARGE, "data"),
    prevent_initial_call=True,
)
def take_file(file: dict[str, str] | None, refused: dict[str, Any] | None) -> Any:  # noqa: ANN401
    """Read a dropped file and keep it for its visitor, or say what is wrong with it and where."""
    runtime_ = runtime.current()
    limit = runtime_.settings.max_upload_mb
    visitor = shell.visitor()
    given = file if dash.ctx.triggered_id == FILE else refused
    if not given or visitor is None:
        raise PreventUpdate
    try:
        if given is refused:
            raise uploads.too_large(refused["megabytes"], limit)
        read = uploads.read(given["contents"], given["name"], limit)
        dataset_id = runtime_.library.add(
            visitor, uploads.title(given["name"]), read.bars, read.problems, rows_read=read.rows_read
        )
    except RegimeError as error:
        return cards.bad_file(given["name"], error.message), no_update, no_update, None, None
    return cards.good_file(read), shell.dataset_options(), dataset_id, None, None


@callback(
    Output(WHERE, "children"),
    Output(SUMMARY, "children"),
    Output(SUMMARY_TITLE, "children"),
    Output(PROBLEM, "children"),
    Output(RESULT, "hidden"),
    Output(CHARTED, "hidden"),
    Output(DOWNLOAD, "disabled"),
    Output(TABLE, "children"),
    Output(progress.job_id(LABEL_JOB), "data"),
    Input(shell.DATASET, "value"),
    Input(MODEL, "value"),
    Input(progress.ended_id(LABEL_JOB), "data"),
)
def show_summary(dataset_id: str | None, model: str | None, ended: dict[str, str] | None) -> Any:  # noqa: ANN401
    """What was read and found; a long series is labelled in the background first."""
    if not dataset_id:
        raise PreventUpdate
    try:
        seen = views.view(dataset_id, model)
        title, where = seen.dataset.title, cards.where(seen.dataset, shell.today())
        if seen.labels is None:
            again = dash.ctx.triggered_id == progress.ended_id(LABEL_JOB) and ended is not None and ended["state"] != "done"
            job = (
                no_update
                if again
                else progress.started(runtime.results().start_labelling(seen.dataset, model), tell_result=False)
            )
            return where, cards.read_facts(seen.dataset, None, seen.unit), title, None, False, True, True, None, job
        detection = views.explain(seen)
    except RegimeError as error:
        return None, None, None, views.not_shown(error), True, True, True, None, None
    grid = tables.label_grid(
        {"type": GRID, "dataset": dataset_id, "model": detection.model.name}, intraday=seen.dataset.intraday
    )
    return where, cards.read_facts(seen.dataset, detection, seen.unit), title, None, False, False, False, grid, None


@callback(
    Output(PRICE, "figure"),
    Output(PRICE_TITLE, "children"),
    Output(PRICE_TEXT, "children"),
    Output(TABLE_TITLE, "children"),
    Input(shell.DATASET, "value"),
    Input(MODEL, "value"),
    Input(RANGE, "data"),
    Input(STYLE, "value"),
    Input(shell.THEME, "data"),
    Input(progress.ended_id(LABEL_JOB), "data"),
)
def show_price(dataset_id: str | None, model: str | None, range_: str, style: str, mode: str | None, _ended: Any) -> Any:  # noqa: ANN401
    """Price and regime over the range."""
    if not dataset_id or not mode:
        raise PreventUpdate
    try:
        seen = views.view(dataset_id, model)
        window = seen.window(range_)
    except RegimeError:
        raise PreventUpdate from None
    candles = style == "candles"
    figure = timeline.price(window, mode=mode, candles=candles)
    return (
        figure,
        timeline.heading(window, candles=candles),
        timeline.description(window),
        f"{seen.dataset.title}: every bar, newest first",
    )


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
    rows = tables.label_rows(seen.dataset.bars, seen.labels, request["startRow"], request["endRow"])
    return {"rowData": rows, "rowCount": seen.dataset.bars.n_bars}


@callback(
    Output(DOWNLOADED, "data"),
    Input(DOWNLOAD, "n_clicks"),
    State(shell.DATASET, "value"),
    State(MODEL, "value"),
    prevent_initial_call=True,
)
def download(_clicks: int, dataset_id: str, model: str) -> Any:  # noqa: ANN401
    """The labelled bars as the command line writes them."""
    try:
        seen = views.view(dataset_id, model)
    except RegimeError:
        raise PreventUpdate from None
    if seen.labels is None:
        raise PreventUpdate
    file = io.BytesIO()
    readers.write_labels_csv(file, seen.dataset.bars, seen.labels)
    return dcc.send_bytes(file.getvalue(), uploads.download_name(seen.dataset.title), type="text/csv")


clientside_callback(
    ClientsideFunction("view", "sendable"),
    Output(FILE, "data"),
    Output(TOO_LARGE, "data"),
    Input(UPLOAD, "contents"),
    State(UPLOAD, "filename"),
    State(LIMIT, "data"),
    prevent_initial_call=True,
)
controls.follow_range(RANGE, PRESET, PRICE)
shell.remember("model", MODEL)
shell.remember("range", RANGE, "data")
shell.remember("style", STYLE)
