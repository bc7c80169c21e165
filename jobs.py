"""Heavy work in separate, freshly spawned, low-priority processes, bounded over all workers.

A job is a command line of ``python -m regime_core`` with a folder of its own. Its state is on disk, so any worker can tell
it. While the process lives it holds a lock on ``alive``; the slots it queues for are locked files too, so that a killed
process frees both.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import shutil
import signal
import subprocess  # nosec B404
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Thread
from typing import IO

from regime_core.errors import RegimeError

ROOT = Path(__file__).resolve().parent
KEPT_SECONDS = 86_400
MAX_WAITING = 20
NICENESS = 19
"""Of all processes the last: a job has what clients leave over, and all of it where there are none."""
_JOB_ID = re.compile(r"[0-9a-f]{32}")
ENDED = ("done", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class JobStatus:
    """Where a job stands.

    state : queued, running, done, failed or cancelled. stage : what it is doing, in words.
    done, total : steps of that stage; total is 0 while unknown. message : the result or the error, once ended.
    """

    state: str
    stage: str = ""
    done: int = 0
    total: int = 0
    message: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ENDED


class Jobs:
    """Starts jobs and tells how they stand. Every worker of a server has one on the same folder."""

    def __init__(self, folder: Path, *, max_running: int) -> None:
        self.folder = folder
        self.max_running = max_running

    def start(self, arguments: Sequence[str]) -> str:
        """Start ``python -m regime_core ARGUMENTS`` and return the job's id; the id of the same job where one is under way.

        Raises RegimeError ``jobs.full`` where too many are waiting.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.folder / "starting").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._sweep()
            joined = self.under_way(arguments)
            if joined is not None:
                return joined
            others = len(self._alive())
            if others >= self.max_running + MAX_WAITING:
                raise RegimeError("jobs.full", f"{others} jobs are under way or waiting: try again in a few minutes.")
            return self._spawn(arguments)

    def under_way(self, arguments: Sequence[str]) -> str | None:
        """Id of the job of these arguments that is queued or running; None where there is none."""
        same = (path for path in self._alive() if _arguments(path) == list(arguments))
        return next((path.name for path in same if not _read_status(path).ended), None)

    def counts(self) -> dict[str, int]:
        """How many jobs under way are in each state, ``queued`` and ``running``."""
        states = [_read_status(path).state for path in self._alive()]
        return {state: states.count(state) for state in ("queued", "running")}

    def status(self, job_id: str) -> JobStatus:
        """How a job stands. Raises RegimeError ``jobs.unknown`` for an id that is not known or no longer kept."""
        path = self._path(job_id)
        status = _read_status(path)
        if status.ended or _alive(path):
            return status
        status = _read_status(path)  # it may have ended between the two looks
        return status if status.ended else JobStatus("failed", message="The job's process ended unexpectedly: start it again.")

    def cancel(self, job_id: str) -> None:
        """End a job that is queued or running; one that has ended is left as it is."""
        path = self._path(job_id)
        if _alive(path) and not _read_status(path).ended:
            os.kill(int((path / "pid").read_text()), signal.SIGTERM)
            _write_status(path, JobStatus("cancelled", message="Cancelled."))

    def _spawn(self, arguments: Sequence[str]) -> str:
        path = self.folder / secrets.token_hex(16)
        path.mkdir(mode=0o700)
        (path / "job.json").write_text(json.dumps({"arguments": list(arguments)}))
        _write_status(path, JobStatus("queued", stage="Waiting for a free slot"))
        with (path / "alive").open("w") as alive, (path / "log").open("wb") as log:
            fcntl.flock(alive, fcntl.LOCK_EX)  # the child inherits the lock with the open file
            command = [sys.executable, str(ROOT / "jobs.py"), str(path), str(self.max_running)]
            # Bandit's B404 and B603: no shell is started, and what a visitor chose is one argument each of our own command
            child = subprocess.Popen(  # nosec B603
                command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(alive.fileno(),),
                start_new_session=True,
            )
        (path / "pid").write_text(str(child.pid))
        Thread(target=child.wait, daemon=True).start()  # so that no zombie stays
        return path.name

    def _path(self, job_id: str) -> Path:
        path = self.folder / job_id
        if not _JOB_ID.fullmatch(job_id) or not (path / "job.json").is_file():
            raise RegimeError("jobs.unknown", "This job is not known any more: start it again.")
        return path

    def _folders(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        return [path for path in self.folder.iterdir() if _JOB_ID.fullmatch(path.name)]

    def _alive(self) -> list[Path]:
        return [path for path in self._folders() if _alive(path)]

    def _sweep(self) -> None:
        for path in self._folders():
            if time.time() - path.stat().st_mtime > KEPT_SECONDS and not _alive(path):
                shutil.rmtree(path)


def run(path: Path, slots: int) -> None:
    """Body of a job's process: wait for a slot, run the command, leave its outcome on disk."""
    os.nice(NICENESS)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    arguments = _arguments(path)
    slot = _wait_for_slot(path.parent, slots)
    from regime_core.__main__ import run_command

    def report(stage: str, done: int, total: int) -> None:
        _write_status(path, JobStatus("running", stage, done, total))

    report("Starting", 0, 0)
    try:
        message = run_command(arguments, report)
    except RegimeError as error:
        _write_status(path, JobStatus("failed", message=error.message))
    else:
        _write_status(path, JobStatus("done", message=message))
    slot.close()


def _wait_for_slot(folder: Path, slots: int) -> IO[str]:
    while True:
        for number in range(slots):
            slot = (folder / f"slot{number}").open("a")
            try:
                fcntl.flock(slot, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                slot.close()
            else:
                return slot
        time.sleep(0.1)


def _arguments(path: Path) -> list[str]:
    return list(json.loads((path / "job.json").read_text())["arguments"])


def _alive(path: Path) -> bool:
    try:
        with (path / "alive").open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _read_status(path: Path) -> JobStatus:
    return JobStatus(**json.loads((path / "status.json").read_text()))


def _write_status(path: Path, status: JobStatus) -> None:
    temporary = path / f".status.{os.getpid()}"
    temporary.write_text(json.dumps(asdict(status)))
    temporary.replace(path / "status.json")


if __name__ == "__main__":
    run(Path(sys.argv[1]), int(sys.argv[2]))
