"""Throughput and latency of ``POST /detect_regime`` beside a floor: a Flask route that decodes the same body.

Run from the repository: ``python -m benchmarks.service``. It needs wrk (Debian has it). Each server is gunicorn with one
worker and the product's own threads and limits, started here on a free port; eight connections send bodies of 252 bars that are
all different. The servers take turns, and of each the median of all rounds counts, so that a noisy minute hits all of them.
Ratios are those to the floor of the same round.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import runpy
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
BARS, BODIES, CONNECTIONS = 252, 1_000, 8
WANTED = {"rules": (0.70, 2.5), "boosted": (0.55, 2.5), "default": (0.35, 4.0)}
"""Of each model, the least share of the floor's throughput and the most times its p99."""
COLUMNS_GAIN = 1.3
"""The column form is at least so many times as fast as the bar form."""

LUA = """
local bodies, at = {}, 0
function init(args)
  for line in io.lines(args[1]) do bodies[#bodies + 1] = line end
  wrk.method, wrk.headers["Content-Type"] = "POST", "application/json"
end
function request()
  at = at % #bodies + 1
  return wrk.format(nil, nil, nil, bodies[at])
end
function done(summary, latency, requests)
  local bad = summary.errors
  io.write(string.format('\\n{"requests": %d, "seconds": %.6f, "p50": %.6f, "p99": %.6f, "failed": %d}\\n', summary.requests,
    summary.duration / 1e6, latency:percentile(50) / 1e6, latency:percentile(99) / 1e6,
    bad.connect + bad.read + bad.write + bad.status + bad.timeout))
end
"""


class Run(NamedTuple):
    """Of one run of wrk: answers a second, and latency at the median and at 99 of 100, in seconds."""

    rate: float
    p50: float
    p99: float


def walks(seed: int) -> Iterator[dict[str, list[float]]]:
    """Random walks of daily bars, as columns; no two alike, of all volatilities."""
    rng = np.random.default_rng(seed)
    while True:
        close = 100 * np.exp(np.cumsum(rng.normal(0, 10 ** rng.uniform(-3, -1.5), BARS)))
        opens = np.append(100.0, close[:-1])
        reach = np.exp(np.abs(rng.normal(0, 2e-3, (2, BARS))))
        high, low = np.maximum(opens, close) * reach[0], np.minimum(opens, close) / reach[1]
        prices = {"open": opens, "high": high, "low": low, "close": close}
        times = (1_600_000_000 + 86_400 * np.arange(BARS)).tolist()
        volume = rng.integers(1_000, 1_000_000, BARS).astype(float).tolist()
        yield {"timestamp": times, **{name: column.round(2).tolist() for name, column in prices.items()}, "volume": volume}


def as_bars(columns: dict[str, list[float]]) -> list[dict[str, float]]:
    """The same as a list of bars."""
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def write_bodies(folder: Path) -> dict[str, Path]:
    """Files of bodies, one a line, by model; ``columns`` are those of the default model in the form of columns."""
    series = [columns for columns, _ in zip(walks(0), range(BODIES), strict=False)]
    found = {}
    for name in (*WANTED, "columns"):
        asked = {} if name in ("default", "columns") else {"model": name}
        found[name] = folder / f"{name}.jsonl"
        with found[name].open("w") as file:
            for columns in series:
                body = {"columns": columns} if name == "columns" else {"bars": as_bars(columns)}
                file.write(json.dumps(asked | body, separators=(",", ":")) + "\n")
    return found


@contextlib.contextmanager
def serving(folder: Path, app: str, *, workers: int = 1, config: str = "gunicorn.conf.py", **environment: str) -> Iterator[str]:
    """Address of a server that is ready, and is ended afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {"PORT": str(port), "WEB_CONCURRENCY": str(workers), "REGIME_STATE_DIR": str(folder / "state")} | environment
    with (folder / f"{app.partition(':')[0]}.log").open("wb") as log:
        command = [sys.executable, "-m", "gunicorn", "--config", config, f"{app}:create_server()"]
        server = subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, stdout=log, stderr=log)
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(f"{address}/ready", server)
            yield address
        finally:
            server.terminate()
            server.wait(60)


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    """Return once a server answers. Raises RuntimeError where it ends first."""
    while server.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            urllib.request.urlopen(url, timeout=5).close()
            return
        time.sleep(0.1)
    raise RuntimeError(f"{url}: the server ended with status {server.returncode}; its log says why.")


def floor_config(folder: Path) -> str:
    """Configuration of the floor's server: the product's, without its hooks."""
    known = runpy.run_path(str(ROOT / "gunicorn.conf.py"))
    kept = {name: known[name] for name in ("threads", "timeout", "keepalive", "control_socket_disable", "accesslog")}
    worker = known["worker_class"]
    kept |= {"workers": 1, "worker_class": f"{worker.__module__}.{worker.__name__}"}
    path = folder / "floor.conf.py"
    lines = [f"{name} = {value!r}" for name, value in kept.items()]
    path.write_text("\n".join(["import os", *lines, "bind = f\"127.0.0.1:{os.environ['PORT']}\"", ""]))
    return str(path)


def wrk(address: str, bodies: Path, script: Path, seconds: float, *, connections: int = CONNECTIONS) -> Run:
    """One run against ``/detect_regime``. Raises RuntimeError where an answer is not a 200."""
    command = [
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{seconds:g}s",
        "-s",
        str(script),
        f"{address}/detect_regime",
        "--",
        str(bodies),
    ]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = json.loads(out.strip().splitlines()[-1])
    if found["failed"]:
        raise RuntimeError(f"{found['failed']} of {found['requests']} requests to {address} failed.")
    return Run(found["requests"] / found["seconds"], found["p50"], found["p99"])


def compare(rounds: int, seconds: float) -> bool:
    """Print each model beside the floor; whether all is as wanted."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        bodies, script = write_bodies(folder), folder / "post.lua"
        script.write_text(LUA)
        with serving(folder, "benchmarks.floor", config=floor_config(folder)) as floor, serving(folder, "app") as address:
            places = {"floor": (floor, bodies["default"]), "floor, columns": (floor, bodies["columns"])} | {
                name: (address, path) for name, path in bodies.items()
            }
            for place in places.values():
                wrk(*place, script, 1)
            runs: dict[str, list[Run]] = {name: [] for name in places}
            for _ in range(rounds):
                for name, place in places.items():
                    runs[name].append(wrk(*place, script, seconds))
    return report(runs)


def report(runs: dict[str, list[Run]]) -> bool:
    """Print medians and ratios; whether all is as wanted."""
    print(
        f"{'252 bars, 8 connections':26} {'answers/s':>10} {'p50 ms':>8} {'p99 ms':>8} {'of the floor':>13} {'its p99':>8}"
        "   wanted"
    )
    good = True
    for name, found in runs.items():
        share = statistics.median(run.rate / base.rate for run, base in zip(found, runs["floor"], strict=True))
        slower = statistics.median(run.p99 / base.p99 for run, base in zip(found, runs["floor"], strict=True))
        rate, p50, p99 = (statistics.median(column) for column in zip(*found, strict=True))
        least, most = WANTED.get(name, (0.0, float("inf")))
        good &= share >= least and slower <= most
        wanted = f"{least:.2f}, {most:g}" if name in WANTED else ""
        print(f"{name:26} {rate:10.0f} {1e3 * p50:8.2f} {1e3 * p99:8.2f} {share:13.2f} {slower:8.1f}   {wanted}")
    gain = statistics.median(c.rate / b.rate for c, b in zip(runs["columns"], runs["default"], strict=True))
    print(f"the column form is {gain:.2f} times as fast as the bar form (wanted {COLUMNS_GAIN:g})")
    return good and gain >= COLUMNS_GAIN


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4)
    arguments = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is needed: apt-get install wrk")
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    return 0 if compare(arguments.rounds, arguments.seconds) else 1


if __name__ == "__main__":
    sys.exit(main())
