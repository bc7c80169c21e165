"""A bar closes: 500 symbols of 252 bars at once, and what trading clients feel of a dashboard at work.

Run from the repository: ``python -m benchmarks.bar_close``. It needs wrk (Debian has it). The server is gunicorn with two
workers. First the symbols are sent as one batch of columns, then as single requests over 32 connections; then two connections
ask without pause while nothing else runs, and while two jobs run as the dashboard starts them: a million bars labelled, and a
walk-forward fitted. CPU seconds are those of the server and its workers.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from benchmarks.label import minutes
from benchmarks.service import LUA, ROOT, Run, as_bars, serving, walks, write_bodies, wrk
from jobs import Jobs

SYMBOLS, CONNECTIONS = 500, 32
BATCH_LIMIT = 0.3
"""Seconds that a batch may take."""
FELT_LIMIT = 2.0
"""Times that p99 may grow while the dashboard is at work."""


def processor_seconds(address: str) -> float:
    """Of all processes of the server on this port, so far."""
    port = f"PORT={urlsplit(address).port}".encode()
    spent = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if port not in (process / "environ").read_bytes().split(b"\0"):
                continue
            fields = (process / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # ended since, or not ours to look at
            continue
        spent += int(fields[11]) + int(fields[12])
    return spent / os.sysconf("SC_CLK_TCK")


def post(connection: http.client.HTTPConnection, path: str, body: bytes) -> float:
    """Seconds that an answer takes. Raises RuntimeError where it is no 200."""
    start = time.perf_counter()
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 200 or b'"status"' in content[:200]:
        raise RuntimeError(f"{answer.status}: {content[:200]!r}")
    return time.perf_counter() - start


def connect(address: str) -> http.client.HTTPConnection:
    """A connection to a server."""
    return http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)


def batch(address: str, rounds: int) -> None:
    """One batch of columns."""
    series = [{"symbol": f"S{i}", "columns": columns} for i, columns in zip(range(SYMBOLS), walks(1), strict=False)]
    body = json.dumps({"series": series}, separators=(",", ":")).encode()
    connection = connect(address)
    post(connection, "/detect_regime/batch", body)
    before = processor_seconds(address)
    seconds = [post(connection, "/detect_regime/batch", body) for _ in range(rounds)]
    used = (processor_seconds(address) - before) / rounds
    print(f"one batch of {SYMBOLS}: {statistics.median(seconds):.3f} s (wanted {BATCH_LIMIT:g}), {used:.2f} s of processors")


def single(address: str, rounds: int) -> None:
    """As many requests, over CONNECTIONS connections."""
    bodies = [
        json.dumps({"bars": as_bars(columns)}, separators=(",", ":")).encode()
        for columns, _ in zip(walks(2), range(SYMBOLS), strict=False)
    ]
    connections = [connect(address) for _ in range(CONNECTIONS)]

    def some(i: int) -> list[float]:
        return [post(connections[i], "/detect_regime", body) for body in bodies[i::CONNECTIONS]]

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(some, range(CONNECTIONS)))
        before, taken, each = processor_seconds(address), [], []
        for _ in range(rounds):
            start = time.perf_counter()
            each += [seconds for found in pool.map(some, range(CONNECTIONS)) for seconds in found]
            taken.append(time.perf_counter() - start)
        used = (processor_seconds(address) - before) / rounds
    p50, p99 = np.percentile(each, [50, 99])
    print(
        f"{SYMBOLS} requests over {CONNECTIONS} connections: {statistics.median(taken):.3f} s to the last answer, "
        f"p50 {1e3 * p50:.1f} ms, p99 {1e3 * p99:.1f} ms, {used:.2f} s of the server's processors (the client shares them)"
    )


def under_work(address: str, folder: Path, seconds: float, rounds: int) -> None:
    """Latency while nothing runs and while jobs do, in turns."""
    bodies, script = write_bodies(folder)["default"], folder / "post.lua"
    script.write_text(LUA)
    minutes(folder / "minutes.csv", 1_000_000)
    jobs = Jobs(folder / "state" / "jobs", max_running=2)
    label = ["study", str(folder / "minutes.csv"), "--out", str(folder / "study")]
    fit = [
        "evaluate",
        "--bars",
        str(ROOT / "data" / "sp500.csv"),
        "--vix",
        str(ROOT / "data" / "vix.csv"),
        "--out",
        str(folder / "fit.json"),
    ]
    idle: list[Run] = []
    busy: list[Run] = []
    for _ in range(rounds):
        idle.append(wrk(address, bodies, script, seconds, connections=2))
        ids = [jobs.start(label), jobs.start(fit)]
        time.sleep(2)
        busy.append(wrk(address, bodies, script, seconds, connections=2))
        for job in ids:
            print(f"  {jobs.status(job).state} {jobs.status(job).stage}")
            jobs.cancel(job)
        time.sleep(1)
    times = statistics.median(b.p99 / i.p99 for b, i in zip(busy, idle, strict=True))
    for name, runs in (("idle", idle), ("while jobs run", busy)):
        p50, p99 = (statistics.median(column) for column in zip(*((1e3 * run.p50, 1e3 * run.p99) for run in runs), strict=True))
        print(f"{name:15} p50 {p50:.2f} ms, p99 {p99:.2f} ms")
    print(f"p99 grows {times:.1f} times (wanted at most {FELT_LIMIT:g})")


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4)
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with serving(folder, "app", workers=2) as address:
            batch(address, arguments.rounds)
            single(address, arguments.rounds)
            under_work(address, folder, arguments.seconds, min(arguments.rounds, 3))
    return 0


if __name__ == "__main__":
    sys.exit(main())
