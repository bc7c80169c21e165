"""What there is to show of a dataset on the Label page, and the work on what is not there yet."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, State, callback, dcc, html, no_update
from dash.exceptions import PreventUpdate

import runtime
from components import progress, shell, studies, views
from regime_core import datasets
from regime_core.errors import RegimeError
from regime_core.studies import KINDS

MODEL = studies.MODEL
KNEW = "label-knew"
SHOWN = "label-shown"
DRAWN = "label-drawn"
AGAIN = "label-again"
PROBLEM = "label-problem"
RESULT = "label-result"
Shown = dict[str, Any]


def stores() -> list[Any]:
    """Stores of what there is of the dataset, and of what of it is drawn."""
    return [dcc.Store(id=SHOWN), dcc.Store(id=DRAWN), *studies.stores()]


def again_button() -> html.Button:
    """Starts work anew that was cancelled or failed."""
    return html.Button("Label it", id=AGAIN, className="quiet", type="button", hidden=True)


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
        return None, None, no_update, views.not_shown(error, whole_page=False), True, True
    if not shown["complete"] and not task:
        stopped = studies.stopped(ended)
        try:
            begun, shown = (no_update, shown) if stopped else _start(dataset_id, model, shown)
        except RegimeError as error:
            shown, problem = {**shown, "labels": False}, views.not_shown(error, whole_page=False)
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
        "summary": shelf is not None and shelf.labelled(ref),
        "files": files,
        "complete": shelf is None or len(files) == len(KINDS),
    }


def _start(dataset_id: str, model: str, shown: Shown) -> tuple[Any, Shown]:
    """Start or join the work on what is missing; what was done at once is there already."""
    dataset = shell.dataset(dataset_id)
    upload, _ = runtime.library().upload(dataset_id, shell.visitor(), shell.grants())
    report = None if dataset.shelf is None else dataset.shelf.report()
    if report is None:
        return no_update, shown
    started = runtime.results().start_study(upload, report.overrides, model)
    return (no_update, _what_is_there(dataset, model)) if started is None else (studies.job(started), shown)
