import json
import os
import signal
import stat

import pytest

from jobs import Jobs
from regime_core.errors import RegimeError
from waiting import wait_for_job

CSV_ROW = "2020-01-{:02d},1,2,0.5,1.5,10\n"


@pytest.fixture
def pool(tmp_path):
    return Jobs(tmp_path / "jobs", max_running=1)


@pytest.fixture
def slot_taken(pool):
    """Hold the only slot, so that jobs stay queued."""
    import fcntl

    pool.folder.mkdir(parents=True)
    with (pool.folder / "slot0").open("a") as slot:
        fcntl.flock(slot, fcntl.LOCK_EX)
        yield


def test_a_job_runs_a_command_and_leaves_its_message(pool, tmp_path):
    file = tmp_path / "bars.csv"
    file.write_text("date,open,high,low,close,volume\n" + "".join(CSV_ROW.format(day) for day in range(1, 29)))
    assert pool.under_way(["inspect", str(file), "--json"]) is None  # nor is there a folder yet
    status = wait_for_job(pool, pool.start(["inspect", str(file), "--json"]))
    assert pool.under_way(["inspect", str(file), "--json"]) is None
    assert status.state == "done", status
    assert json.loads(status.message)["symbols"][0]["rows"] == 28


def test_a_job_that_fails_tells_why_in_the_words_of_the_error(pool, tmp_path):
    file = tmp_path / "bars.csv"
    file.write_text("date,open,high,low,close\n2020-01-02,1,2,0.5,abc\n")
    status = wait_for_job(pool, pool.start(["inspect", str(file)]))
    assert status.state == "failed"
    assert "abc" in status.message
    assert "Traceback" not in status.message


def test_the_same_job_is_joined_while_it_is_under_way(pool, slot_taken):
    first = pool.start(["inspect", "a.csv"])
    assert Jobs(pool.folder, max_running=1).start(["inspect", "a.csv"]) == first
    assert pool.start(["inspect", "b.csv"]) != first
    assert pool.under_way(["inspect", "a.csv"]) == first
    assert pool.under_way(["inspect", "c.csv"]) is None
    assert pool.status(first).state == "queued"
    for folder in pool.folder.glob("*/pid"):
        os.kill(int(folder.read_text()), signal.SIGKILL)


def test_a_cancelled_job_ends_and_says_so(pool, slot_taken):
    job = pool.start(["inspect", "a.csv"])
    pool.cancel(job)
    assert pool.status(job).state == "cancelled"


def test_a_killed_job_is_told_as_failed(pool, slot_taken):
    job = pool.start(["inspect", "a.csv"])
    os.kill(int((pool.folder / job / "pid").read_text()), signal.SIGKILL)
    status = wait_for_job(pool, job)
    assert status.state == "failed"
    assert "unexpectedly" in status.message


def test_the_queue_is_bounded(pool, slot_taken, monkeypatch):
    monkeypatch.setattr("jobs.MAX_WAITING", 0)
    job = pool.start(["inspect", "a.csv"])
    with pytest.raises(RegimeError, match="under way or waiting") as caught:
        pool.start(["inspect", "b.csv"])
    assert caught.value.code == "jobs.full"
    pool.cancel(job)


@pytest.mark.parametrize("job_id", ["0" * 32, "../../etc", ""])
def test_an_unknown_job_is_an_error(pool, job_id):
    with pytest.raises(RegimeError, match="not known"):
        pool.status(job_id)


def test_jobs_are_for_the_owner_of_the_process_only(pool, slot_taken):
    job = pool.start(["inspect", "a.csv"])
    assert stat.S_IMODE((pool.folder / job).stat().st_mode) == 0o700
    pool.cancel(job)
