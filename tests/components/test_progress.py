"""What a visitor is told of a job."""

from types import SimpleNamespace

import pytest

import runtime
from components import progress
from jobs import JobStatus
from markets import text_of


@pytest.fixture
def status(monkeypatch):
    """Sets what the job's status is said to be."""
    said = SimpleNamespace(status=lambda identifier: said.now, now=JobStatus("running", "Labelling", 1, 3))
    monkeypatch.setattr(runtime, "current", lambda: SimpleNamespace(jobs=said))
    return said


def test_while_it_runs_the_stage_is_shown_and_polled_on(status):
    stopped, shown, cancel, ended, stage = progress.look(progress.started("x"), None)
    assert not stopped
    assert stage == "x Labelling"
    assert progress.look(progress.started("x"), stage).stage is None  # told once
    assert "Labelling (1 of 3)" in text_of(shown)
    assert cancel == {"display": "none"}
    assert ended is None


def test_after_ten_seconds_it_can_be_cancelled(status):
    job = progress.started("x")
    job["since"] -= 10.1
    assert progress.look(job, None).cancel == {}
    job["since"] += 0.5
    assert progress.look(job, None).cancel == {"display": "none"}
    assert progress.look(progress.started("x", cancel_after=0), None).cancel == {}


@pytest.mark.parametrize("state", ["done", "failed", "cancelled"])
def test_the_end_is_told_and_polling_stops(status, state):
    status.now = JobStatus(state, message="First line.\nAnd why.")
    stopped, shown, cancel, ended, _ = progress.look(progress.started("x"), None)
    assert stopped
    assert text_of(shown) == "First line. More And why."
    assert cancel == {"display": "none"}
    assert ended == {"id": "x", "state": state, "message": "First line.\nAnd why."}


def test_a_result_that_the_page_shows_itself_is_not_told(status):
    status.now = JobStatus("done", message="/secret/path.parquet")
    job = progress.started("x", tell_result=False)
    assert progress.look(job, None).shown is None
    status.now = JobStatus("failed", message="Why.")
    assert text_of(progress.look(job, None).shown) == "Why."


def test_without_a_job_there_is_nothing_to_poll(status):
    assert progress.look(None, None)[:2] == (True, None)
