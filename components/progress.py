"""A job in the background: how far it is, a cancel once it takes long, and what came of it."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import dash_bootstrap_components as dbc
from dash import MATCH, Input, Output, State, callback, dcc, html, no_update, set_props

import runtime
from components import words
from jobs import JobStatus
from regime_core.errors import RegimeError

POLL_MS = 500
CANCEL_AFTER_SECONDS = 10.0
BEGUN_PERCENT = 4
"""Least of the bar that is filled, so that it is seen to have begun."""
Job = dict[str, Any]


def job_id(name: str) -> dict[str, str]:
    """Id of the store that is given ``started(...)`` to follow a job."""
    return {"type": "job", "name": name}


def ended_id(name: str) -> dict[str, str]:
    """Id of the store that holds a job's last status once it has ended."""
    return {"type": "job-ended", "name": name}


def stage_id(name: str) -> dict[str, str]:
    """Id of the store that holds what a job is doing, and changes with it only."""
    return {"type": "job-stage", "name": name}


def job_shown_id(name: str) -> dict[str, str]:
    """Id of the words on a job."""
    return {"type": "job-shown", "name": name}


def panel(name: str) -> html.Div:
    """Room for a job's progress; empty while there is none."""
    return html.Div(
        [
            dcc.Store(id=job_id(name)),
            dcc.Store(id=ended_id(name)),
            dcc.Store(id=stage_id(name)),
            dcc.Interval(id={"type": "job-poll", "name": name}, interval=POLL_MS, disabled=True),
            html.Div(id=job_shown_id(name), role="status"),
            html.Button(
                "Cancel",
                id={"type": "job-cancel", "name": name},
                className="quiet",
                type="button",
                style={"display": "none"},
            ),
        ],
        className="job",
    )


def starter(button: html.Button) -> html.Div:
    """The button that starts a job that costs; where visitors may not start any, the reason in its place."""
    off = runtime.current().settings.jobs_off
    return html.Div([html.Div(button, hidden=bool(off)), *([html.P(off, className="note")] if off else [])])


def started(identifier: str, *, tell_result: bool = True, cancel_after: float = CANCEL_AFTER_SECONDS) -> Job:
    """What the job store holds for a job that was just started or joined.

    tell_result : show what a job that is done has to say; not needed where the page shows the result itself.
    cancel_after : seconds until it can be cancelled.
    """
    return {"id": identifier, "since": time.time(), "tell": tell_result, "cancel_after": cancel_after}


def none(followed: Job | None) -> Any:  # noqa: ANN401
    """What the job store is given where there is no job to follow: nothing, where it holds none."""
    return no_update if followed is None else None


class Look(NamedTuple):
    """What there is to show of a job. ended, stage : what their stores are to hold; None where they stay as they are."""

    over: bool
    shown: Any
    cancel: dict[str, str]
    ended: dict[str, str] | None = None
    stage: str | None = None


def look(job: Job | None, told: str | None) -> Look:
    """Where a job stands. told : the stage that was shown last."""
    hidden = {"display": "none"}
    if not job:
        return Look(True, None, hidden)
    try:
        status = runtime.current().jobs.status(job["id"])
    except RegimeError as error:
        status = JobStatus("failed", message=error.message)
    if status.ended:
        outcome = _outcome(status) if job["tell"] or status.state != "done" else None
        return Look(True, outcome, hidden, ended={"id": job["id"], "state": status.state, "message": status.message})
    seconds = time.time() - job["since"]
    stage = f"{job['id']} {status.stage}"
    cancel = {} if seconds >= job["cancel_after"] else hidden
    return Look(False, _bar(status, seconds), cancel, stage=None if stage == told else stage)


@callback(
    Output({"type": "job-poll", "name": MATCH}, "disabled"),
    Output(job_shown_id(MATCH), "children"),
    Output({"type": "job-cancel", "name": MATCH}, "style"),
    Input(job_id(MATCH), "data"),
    Input({"type": "job-poll", "name": MATCH}, "n_intervals"),
    State(stage_id(MATCH), "data"),
    State(job_id(MATCH), "id"),
    prevent_initial_call=True,
)
def poll(job: Job | None, _ticks: int | None, told: str | None, of: dict[str, str]) -> Any:  # noqa: ANN401
    """Show where a job stands, until it has ended.

    Its stage and end are not outputs: all that is drawn anew at the end of a job would wait for whatever may begin one.
    """
    seen = look(job, told)
    if seen.ended is not None:
        set_props(ended_id(of["name"]), {"data": seen.ended})
    if seen.stage is not None:
        set_props(stage_id(of["name"]), {"data": seen.stage})
    return seen.over, seen.shown, seen.cancel


@callback(
    Output({"type": "job-cancel", "name": MATCH}, "n_clicks"),
    Input({"type": "job-cancel", "name": MATCH}, "n_clicks"),
    State(job_id(MATCH), "data"),
    prevent_initial_call=True,
)
def cancel(_clicks: int | None, job: Job | None) -> Any:  # noqa: ANN401
    """End the job; the next poll says so."""
    if job:
        runtime.current().jobs.cancel(job["id"])
    return no_update


def _bar(status: JobStatus, seconds: float) -> html.Div:
    """What is being done, how far it is, and for how long already: a long step shows by its seconds that it goes on."""
    share = 100 * status.done / status.total if status.total else 0
    steps = f" ({status.done:,} of {status.total:,})" if status.total else ""
    return html.Div(
        [
            html.Span(f"{status.stage or 'Working'}{steps}"),
            dbc.Progress(
                value=max(share, BEGUN_PERCENT) if status.total else 100, striped=True, animated=True, className="job-bar"
            ),
            html.Span(f"{seconds:.0f}{words.NBSP}s", className="muted figure"),
        ],
        className="job-running",
    )


def _outcome(status: JobStatus) -> html.Div:
    """The first line of the result; what follows it unfolds."""
    icon = "icon-done" if status.state == "done" else "icon-warning"
    first, _, rest = words.told(status.message or status.state.capitalize()).partition("\n")
    lines: list[Any] = [html.Span(first)]
    if rest:
        lines.append(html.Details([html.Summary("More"), html.Pre(rest)]))
    return html.Div(
        [html.I(className=f"icon {icon}", **{"aria-hidden": "true"}), html.Div(lines)], className=f"job-{status.state}"
    )
