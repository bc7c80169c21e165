"""How soon a server is whole again after a worker was killed, and what clients feel of a reload.

Run from the repository: ``python -m benchmarks.recovery``. The server is gunicorn with the shipped models. While clients ask
without pause, each request over a connection of its own, a worker gets SIGKILL: with one worker the time to the next answer
counts, with two the time until both serve again. Then the master of two gets SIGHUP: what counts is the longest wait of any
request from then until the old workers are gone, beside the longest in as much time without it.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import re
import signal
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from benchmarks.service import as_bars, serving, walks

CLIENTS = 2
BACK_LIMIT = 2.0
"""Seconds within which a killed worker is replaced."""
PATIENCE = 120.0
SETTLE = 1.0
SCRAPE = 0.1
"""Seconds between looks at /metrics, which take a processor's time from what is waited for."""


class Asked(NamedTuple):
    """One request: when it began and ended (``time.perf_counter``), and whether it was answered with 200."""

    begun: float
    ended: float
    good: bool


class Load:
    """Clients that ask while the block runs."""

    def __init__(self, address: str) -> None:
        self.asked: list[Asked] = []
        self._place = urlsplit(address)
        self._body = json.dumps({"bars": as_bars(next(walks(0)))}).encode()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._visit) for _ in range(CLIENTS)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def failed(self) -> int:
        """Requests without a 200."""
        return sum(not asked.good for asked in self.asked)

    def _visit(self) -> None:
        while not self._stop.is_set():
            begun = time.perf_counter()
            connection = http.client.HTTPConnection(self._place.hostname, self._place.port, timeout=PATIENCE)
            with contextlib.closing(connection):
                try:
                    connection.request("POST", "/detect_regime", self._body, {"Content-Type": "application/json"})
                    answer = connection.getresponse()
                    answer.read()
                    good = answer.status == 200
                except (OSError, http.client.HTTPException):
                    good = False
            self.asked.append(Asked(begun, time.perf_counter(), good))


class Server(NamedTuple):
    """A running server: its address and its master."""

    address: str
    master: int

    def workers(self) -> set[int]:
        """Its worker processes."""
        return {int(pid) for pid in Path(f"/proc/{self.master}/task/{self.master}/children").read_text().split()}

    def serving(self) -> int:
        """Workers that say they serve."""
        with urllib.request.urlopen(f"{self.address}/metrics", timeout=PATIENCE) as response:
            return round(float(re.search(r"^workers_alive (\S+)$", response.read().decode(), re.MULTILINE)[1]))


@contextlib.contextmanager
def server_of(workers: int) -> Iterator[Server]:
    """A server that is ready, and is ended afterwards."""
    with tempfile.TemporaryDirectory() as temporary:
        pid = Path(temporary) / "pid"
        with serving(Path(temporary), "app", workers=workers, GUNICORN_CMD_ARGS=f"--pid {pid}") as address:
            yield Server(address, int(pid.read_text()))


def wait_until(look: Callable[[], object], *, every: float = 0.01) -> float:
    """Time at which ``look`` is first true. Raises RuntimeError where it is not in two minutes."""
    end = time.perf_counter() + PATIENCE
    while not look():
        if time.perf_counter() > end:
            raise RuntimeError("The server did not get there in two minutes.")
        time.sleep(every)
    return time.perf_counter()


def kill_one(server: Server) -> float:
    """Kill a worker; seconds until as many serve as before, or until the next answer where it was the only one."""
    before = server.workers()
    with Load(server.address) as load:
        time.sleep(SETTLE)
        killed = time.perf_counter()
        os.kill(min(before), signal.SIGKILL)
        if len(before) == 1:
            back = wait_until(lambda: any(asked.good and asked.begun > killed for asked in list(load.asked)))
        else:
            wait_until(lambda: server.workers() - before)
            back = wait_until(lambda: server.serving() == len(before), every=SCRAPE)
    late = [asked for asked in load.asked if not asked.good and asked.begun > killed]
    if late:
        raise RuntimeError(f"{len(late)} requests failed that began after the kill.")
    return back - killed


def reload(server: Server) -> tuple[float, float, float, int]:
    """Seconds that a reload took; the longest wait meanwhile and in as much time before it; requests that failed."""
    before = server.workers()
    with Load(server.address) as load:
        time.sleep(SETTLE)
        told = time.perf_counter()
        os.kill(server.master, signal.SIGHUP)
        done = wait_until(lambda: not server.workers() & before)
        time.sleep(SETTLE)
        usual = time.perf_counter()
        time.sleep(done - told)
    longest = max(asked.ended - asked.begun for asked in load.asked if told < asked.ended and asked.begun < done)
    without = max(asked.ended - asked.begun for asked in load.asked if asked.begun > usual)
    return done - told, longest, without, load.failed()


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = range(parser.parse_args().rounds)
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; medians (and worst) of {len(rounds)}, seconds")
    good = True
    for workers, what in ((1, "the next answer"), (2, "both serve")):
        with server_of(workers) as server:
            seconds = [kill_one(server) for _ in rounds]
            good &= statistics.median(seconds) <= BACK_LIMIT
            print(f"{f'from a kill of one of {workers} until {what}':44} {shown(seconds)}   wanted {BACK_LIMIT:g}")
    with server_of(2) as server:
        took, longest, without, failed = zip(*(reload(server) for _ in rounds), strict=True)
    for name, seconds in (("a reload", took), ("longest wait in it", longest), ("longest wait in as long without", without)):
        print(f"{name:44} {shown(list(seconds))}")
    print(f"{sum(failed)} requests failed in the reloads (wanted 0)")
    return 0 if good and not sum(failed) else 1


def shown(seconds: list[float]) -> str:
    """Median, and the worst in brackets."""
    return f"{statistics.median(seconds):7.3f} ({max(seconds):.3f})"


if __name__ == "__main__":
    sys.exit(main())
