"""A clock that is put back, as a time server may do."""

import re
import time

import pytest

import refresh
from jobs import KEPT_SECONDS, Jobs
from json_service import bars_of, detect, server, walk

BARS = bars_of(walk(60))
HOUR = 3600.0


@pytest.fixture
def service_with(tmp_path):
    return lambda **settings: server(tmp_path, **settings).test_client()


@pytest.fixture
def clock(monkeypatch):
    """Set the clock that tells the time of day; the one that measures spans goes on, as the system's does."""
    real = time.time
    return lambda offset: monkeypatch.setattr(time, "time", lambda: real() + offset)


def counts(service):
    text = service.get("/metrics").text
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in text.splitlines() if not line.startswith("#")}


def test_answers_and_counts_go_on(service_with, clock):
    service = service_with()
    before = {}
    for offset in (0, -HOUR, -30 * 24 * HOUR, 5.0, -1.0):
        clock(offset)
        assert detect(service, BARS).status_code == 200
        assert service.get("/ready").status_code == 200
        now = counts(service)
        for name, value in before.items():
            if re.search(r"_(total|count|bucket|sum)($|\{)", name):
                assert now[name] >= value >= 0, name
        assert min(now.values()) >= 0
        before = now


def test_who_may_ask_again_is_not_kept_out_for_longer(service_with, clock):
    service = service_with(rate_limit="2/minute")
    clock(0)
    assert [detect(service, BARS).status_code for _ in range(3)] == [200, 200, 429]
    clock(-HOUR)
    refusal = detect(service, BARS)
    assert refusal.status_code in (200, 429)
    assert 0 < int(refusal.headers.get("Retry-After", "1")) <= HOUR + 60


def test_the_schedule_of_updates_is_not_held_up_by_a_time_to_come(tmp_path):
    now = 1_700_000_000.0
    assert refresh.due(tmp_path, 6, lambda: now + 365 * 24 * HOUR)  # by a clock that was a year fast
    assert refresh.due(tmp_path, 6, lambda: now)
    assert not refresh.due(tmp_path, 6, lambda: now + HOUR)
    assert refresh.due(tmp_path, 6, lambda: now + 7 * HOUR)


def test_a_job_runs_on_and_is_not_swept_away(tmp_path, clock):
    jobs = Jobs(tmp_path, max_running=1)
    clock(KEPT_SECONDS + HOUR)
    job = jobs.start(["nonsense"])
    clock(-HOUR)
    other = jobs.start(["more", "nonsense"])
    assert {jobs.status(one).state for one in (job, other)} <= {"queued", "running", "failed"}
