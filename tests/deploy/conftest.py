import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"


def tool(name):
    """A program that the Makefile installs: where it is missing the test fails, it is not skipped."""
    found = shutil.which(name)
    assert found, f"{name} is missing: run `make prometheus`, or install the package prometheus"
    return found


def promtool(*arguments, given=None, cwd=PROMETHEUS):
    return subprocess.run([tool("promtool"), *arguments], cwd=cwd, input=given, capture_output=True, text=True, timeout=120)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def reaches(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status == 200
    except OSError:
        return False


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """Address and process of a server with the shipped models and two workers, as `make run` starts it."""
    folder = tmp_path_factory.mktemp("server")
    port = free_port()
    settings = {
        "PORT": str(port),
        "WEB_CONCURRENCY": "2",
        "REGIME_STATE_DIR": str(folder / "state"),
        "REGIME_LOG": "json",
        "TMPDIR": str(folder),
    }
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "NUMBA_CACHE_DIR") if name in os.environ}
    log = folder / "log"
    command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", "app:create_server()"]
    with log.open("wb") as file:
        process = subprocess.Popen(command, cwd=ROOT, env=kept | settings, stdout=file, stderr=file)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: process.poll() is not None or reaches(f"{address}/ready"), seconds=180)
        assert process.poll() is None, log.read_text()
        yield address, log
    finally:
        process.terminate()
        process.wait(60)
