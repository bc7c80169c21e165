"""From a file that has come in to its bars on the page: what is asked, what is told, and the work in the background."""

from __future__ import annotations

from typing import Any

import dash
from dash import ALL, Input, Output, State, callback, dcc, html, no_update
from dash.exceptions import PreventUpdate

import runtime
from components import cards, intake, progress, shell, understood
from regime_core import datasets
from regime_core.errors import RegimeError
from regime_core.readers import Overrides
from regime_core.studies import Report, overrides_json, overrides_of_json
from regime_core.uploads import Upload

JOB = "label"
MODEL = "label-model"
TASK = "label-task"
MESSAGE = "label-message"
QUESTION = "label-question"
Task = dict[str, str]


def stores() -> list[Any]:
    """Store of the file that is being read: its id, and the overrides to read it under."""
    return [dcc.Store(id=TASK)]


def messages() -> list[html.Div]:
    """Room for the job's progress, what came of it, and what has to be settled first."""
    return [progress.panel(JOB), html.Div(id=MESSAGE, role="status"), html.Div(id=QUESTION)]


def job(identifier: str) -> progress.Job:
    """What the job's store holds: its result is shown by the page, and it can be cancelled at once."""
    return progress.started(identifier, tell_result=False, cancel_after=0)


def stopped(ended: dict[str, str] | None) -> bool:
    """Whether the job has just ended without a result."""
    now = progress.ended_id(JOB) in dash.ctx.triggered_prop_ids.values()
    return now and ended is not None and ended["state"] != "done"


@callback(
    Output(TASK, "data"),
    Output(progress.job_id(JOB), "data"),
    Output(MESSAGE, "children"),
    Output(intake.FILE, "data"),
    Input(intake.FILE, "data"),
    State(MODEL, "value"),
    prevent_initial_call=True,
)
def read(file: dict[str, str] | None, model: str) -> Any:  # noqa: ANN401
    """Read a file that came in.

    A callback of its own, not one with the forms below: what a form's appearance is part of would be left out, as going round.
    """
    if not file:
        raise PreventUpdate
    try:
        return _begun(_upload(file["id"]), Overrides(), model)
    except RegimeError as error:
        return _not_begun(error)


@callback(
    Output(TASK, "data", allow_duplicate=True),
    Output(progress.job_id(JOB), "data", allow_duplicate=True),
    Output(MESSAGE, "children", allow_duplicate=True),
    Output(intake.FILE, "data", allow_duplicate=True),
    Input({"type": "label-choice", "field": ALL, "value": ALL}, "n_clicks"),
    Input(understood.button_id(understood.READ_AGAIN, ALL), "n_clicks"),
    Input(understood.button_id(understood.READ_AS_FOUND, ALL), "n_clicks"),
    State(understood.setting_id(ALL, ALL), "value"),
    State(understood.setting_id(ALL, ALL), "id"),
    State(TASK, "data"),
    State(shell.DATASET, "value"),
    State(MODEL, "value"),
    prevent_initial_call=True,
)
def read_otherwise(
    _choices: list[int | None],
    _again: list[int | None],
    _found: list[int | None],
    values: list[str | None],
    settings: list[dict[str, str] | None],
    task: Task | None,
    dataset_id: str | None,
    model: str,
) -> Any:  # noqa: ANN401
    """Read a file another way."""
    asked = _asked()
    if asked is None:
        raise PreventUpdate
    form = asked.get("form")
    try:
        upload, base = _read_so_far(None if form == understood.SHOWN else task, dataset_id)
        # the controls of a form that has left the page come without their ids
        given = ((one, value) for one, value in zip(settings, values, strict=True) if one is not None)
        overrides = _overrides(asked, base, {one["what"]: value for one, value in given if one["form"] == form})
        return _begun(upload, overrides, model)
    except RegimeError as error:
        return _not_begun(error)


def _begun(upload: Upload, overrides: Overrides, model: str) -> Any:  # noqa: ANN401
    started = runtime.results().start_study(upload, overrides, model)
    task = {"id": upload.id, "overrides": overrides_json(overrides)}
    return task, None if started is None else job(started), None, no_update


def _not_begun(error: RegimeError) -> Any:  # noqa: ANN401
    return None, None, cards.problem(error.message, title="The file could not be read"), None


@callback(
    Output(shell.DATASET, "options", allow_duplicate=True),
    Output(shell.DATASET, "value", allow_duplicate=True),
    Output(shell.REFRESHED, "data", allow_duplicate=True),
    Output(TASK, "data", allow_duplicate=True),
    Output(intake.FILE, "data", allow_duplicate=True),
    Output(QUESTION, "children"),
    Output(MESSAGE, "children", allow_duplicate=True),
    Input(TASK, "data"),
    Input(progress.stage_id(JOB), "data"),
    Input(progress.ended_id(JOB), "data"),
    State(shell.REFRESHED, "data"),
    prevent_initial_call=True,
)
def follow(task: Task | None, _stage: str | None, ended: dict[str, str] | None, refreshed: int) -> Any:  # noqa: ANN401
    """Show a file once it is read; ask or say why where it cannot be; let go of one that was cancelled."""
    if not task:
        return no_update, no_update, no_update, no_update, no_update, None, no_update
    try:
        upload = _upload(task["id"])
    except RegimeError as error:
        return *[no_update] * 3, None, None, None, cards.problem(error.message, title="Not here")
    shelf = runtime.results().shelf(upload, overrides_of_json(task["overrides"]))
    report = shelf.report()
    if report is None:
        if not stopped(ended):
            raise PreventUpdate
        if not upload.reading:
            runtime.library().uploads.remove(upload)
        return *[no_update] * 3, None, None, None, no_update
    if report.status == "ok":
        series = shelf.series(0)
        symbol = str(series["symbol"]) if report.n_series > 1 else ""
        shown = runtime.library().uploads.show(upload, shelf.folder.name, 0, symbol)
        return shell.dataset_options(), datasets.dataset_id(shown), refreshed + 1, None, None, None, None
    if not report.header and not upload.reading:
        runtime.library().uploads.remove(upload)
        return *[no_update] * 3, None, None, None, cards.bad_file(upload.name, report.inspection.reason)
    return *[no_update] * 5, understood.question(report), None


@callback(
    Output(TASK, "data", allow_duplicate=True),
    Output(intake.FILE, "data", allow_duplicate=True),
    Output(QUESTION, "children", allow_duplicate=True),
    Input(understood.PUT_ASIDE, "n_clicks", allow_optional=True),
    State(TASK, "data"),
    prevent_initial_call=True,
)
def put_aside(clicks: int | None, task: Task | None) -> Any:  # noqa: ANN401
    """Let go of a file that cannot be read; one that was read before stays as it was."""
    if not clicks or not task:
        raise PreventUpdate
    try:
        upload = _upload(task["id"])
    except RegimeError:
        return None, None, None
    if not upload.reading:
        runtime.library().uploads.remove(upload)
    return None, None, None


@callback(Output(MESSAGE, "children", allow_duplicate=True), Input(intake.REFUSED, "data"), prevent_initial_call=True)
def refused(told: dict[str, str] | None) -> Any:  # noqa: ANN401
    """Say why a file did not come in."""
    if not told:
        raise PreventUpdate
    return cards.bad_file(told["name"], told["message"])


def _asked() -> dict[str, str] | None:
    """Which button asks for a file to be read. A form that appears triggers as well, but asks nothing."""
    values = {one["prop_id"]: one["value"] for one in dash.ctx.triggered}
    return next((identifier for name, identifier in dash.ctx.triggered_prop_ids.items() if values.get(name)), None)


def _upload(upload_id: str) -> Upload:
    upload, _ = runtime.library().upload(upload_id, shell.visitor())
    return upload


def _read_so_far(task: Task | None, dataset_id: str | None) -> tuple[Upload, Overrides]:
    """File that is asked about, or else shown, and the overrides it was read under."""
    if task:
        return _upload(task["id"]), overrides_of_json(task["overrides"])
    shelf = shell.dataset(dataset_id or "").shelf
    report: Report | None = None if shelf is None else shelf.report()
    if report is None:
        raise RegimeError("dataset.unknown", "There is no file to read again: drop one.")
    return _upload((dataset_id or "").partition(".")[0]), report.overrides


def _overrides(asked: dict[str, str], base: Overrides, chosen: dict[str, str | None]) -> Overrides:
    if asked["type"] == understood.READ_AS_FOUND:
        return Overrides()
    if "field" in asked:
        return understood.overrides_of({**understood.settings_of(base), asked["field"]: asked["value"]}, base)
    return understood.overrides_of(chosen, base)
