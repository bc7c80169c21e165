"""Real servers on loopback, as ``make run`` starts them, and clients of theirs."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from json_service import bars_of, walk
from waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = str(ROOT / "final_model")
START_SECONDS = 300
"""How long a start may take: the first one on a machine compiles."""
BODY = json.dumps({"bars": bars_of(walk(60))}).encode()


class Server(NamedTuple):
    """A server's master process, its address and its log."""

    process: subprocess.Popen[bytes]
    address: str
    log: Path

    @property
    def place(self) -> tuple[str, int]:
        """Host and port."""
        host, port = self.address.removeprefix("http://").split(":")
        return host, int(port)

    def workers(self) -> list[int]:
        """Process ids of the workers that live, oldest first."""
        return [pid for pid in started(self.log) if alive(pid)]

    def connect(self) -> socket.socket:
        """A connection to it."""
        return socket.create_connection(self.place, timeout=30)


def start(folder: Path, *, config: str = "gunicorn.conf.py", **environment: str) -> Server:
    """Start a server on a free port and return at once, not waiting for it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        "PORT": str(port),
        "WEB_CONCURRENCY": "2",
        "REGIME_MODEL_DIR": str(folder / "model"),
        "REGIME_STATE_DIR": str(folder / "state"),
        "TMPDIR": str(folder),
    } | environment
    command = [sys.executable, "-m", "gunicorn", "--config", config, "app:create_server()"]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "NUMBA_CACHE_DIR") if name in os.environ}
    log = folder / f"log-{port}"
    with log.open("wb") as file:
        process = subprocess.Popen(command, cwd=ROOT, env=kept | settings, stdout=file, stderr=file)
    return Server(process, f"http://127.0.0.1:{port}", log)


@contextlib.contextmanager
def serving(
    folder: Path, *, config: str = "gunicorn.conf.py", workers: int | None = None, **environment: str
) -> Iterator[Server]:
    """A server that answers and has all its workers, ended afterwards; of the shipped models where REGIME_MODEL_DIR names them.

    workers : that it starts with; as many as WEB_CONCURRENCY says where None.
    """
    server = start(folder, config=config, **environment)
    try:
        wait_until(lambda: server.process.poll() is not None or reaches(f"{server.address}/ready"), seconds=START_SECONDS)
        assert server.process.poll() is None, server.log.read_text()
        expected = workers or int(environment.get("WEB_CONCURRENCY", "2"))
        wait_until(lambda: len(started(server.log)) >= expected)  # the first may answer before the next one is there
        yield server
    finally:
        server.process.terminate()
        server.process.wait(60)


def started(log: Path) -> list[int]:
    """Process ids of all workers ever started."""
    return [int(pid) for pid in re.findall(r"Booting worker with pid: (\d+)", log.read_text())]


def alive(pid: int) -> bool:
    """Whether a process runs: a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def reaches(url: str) -> bool:
    """Whether a GET is answered with 200."""
    with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5) as response:
        return bool(response.status == 200)
    return False


def post(address: str, body: bytes = BODY, path: str = "/detect_regime") -> tuple[int, Any]:
    """Status and JSON of an answer."""
    request = urllib.request.Request(address + path, body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def counted(address: str) -> float:
    """Series answered so far, by /metrics."""
    with urllib.request.urlopen(f"{address}/metrics", timeout=30) as response:
        text = response.read().decode()
    return sum(float(value) for value in re.findall(r"^prediction_requests_total\{.*\} (\S+)$", text, re.MULTILINE))
