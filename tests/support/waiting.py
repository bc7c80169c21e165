"""Waiting for what other processes do, with a bound."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from jobs import Jobs, JobStatus

T = TypeVar("T")


def wait_until(look: Callable[[], T], *, seconds: float = 60) -> T:
    """First true result of ``look``; AssertionError when the time is up."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < deadline, f"nothing after {seconds} s: {seen!r}"
        time.sleep(0.02)
    return seen


def wait_for_job(jobs: Jobs, job_id: str) -> JobStatus:
    """Status of a job once it has ended."""
    wait_until(lambda: jobs.status(job_id).ended)
    return jobs.status(job_id)
