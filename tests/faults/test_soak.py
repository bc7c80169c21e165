"""What only shows after a while. Each takes over a minute: ``make soak``; docs/operations.md has the last results."""

import asyncio
import json
import os
import re
import signal
import time
import urllib.request
from collections import Counter
from pathlib import Path

import pytest

from json_service import bars_of, rules_folder, walk
from load import Load
from real_server import BODY, counted, post, serving
from waiting import wait_until

pytestmark = pytest.mark.soak

MB = 2**20
BODY_252 = json.dumps({"bars": bars_of(walk(252))}).encode()


def request_of(body):
    head = "POST /detect_regime HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def keep_asking(place, request, statuses, until):
    """One connection that asks without a pause; a status of 0 is one that was not answered."""
    reader, writer = None, None
    while not until():
        try:
            if writer is None:
                reader, writer = await asyncio.open_connection(*place)
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(re.search(rb"(?i)content-length: (\d+)", head)[1]))
            statuses[int(head.split()[1])] += 1
            if b"connection: close" in head.lower():
                writer.close()
                writer = None
        except (OSError, asyncio.IncompleteReadError):
            statuses[0] += 1
            writer = None
    if writer is not None:
        writer.close()


def ask(server, *, connections, seconds=None, requests=None, body=BODY):
    """Statuses of what many connections were answered, for some seconds or some requests."""
    statuses = Counter()
    end = time.monotonic() + (seconds or 3600)

    async def all_of_them():
        def until():
            return time.monotonic() > end or (requests is not None and statuses.total() >= requests)

        request = request_of(body)
        await asyncio.gather(*(keep_asking(server.place, request, statuses, until) for _ in range(connections)))

    asyncio.run(all_of_them())
    return statuses


def resident(pid):
    """Memory that is in use by a process alone or with others, in bytes."""
    return int(re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())[1]) * 1024


def scrape_seconds(server):
    started = time.perf_counter()
    with urllib.request.urlopen(f"{server.address}/metrics", timeout=60) as response:
        response.read()
    return time.perf_counter() - started


def test_five_hundred_connections_for_a_minute_meet_no_fault(tmp_path):
    rules_folder(tmp_path / "model")
    with serving(tmp_path) as server:
        statuses = ask(server, connections=500, seconds=60)
        print(f"500 connections, 60 s: {dict(statuses)}")
        assert set(statuses) == {200}
        assert statuses[200] > 1000


def test_after_two_hundred_restarts_counts_only_grew_and_a_scrape_is_quick(tmp_path):
    rules_folder(tmp_path / "model")
    with serving(tmp_path) as server:
        wait_until(lambda: len(server.workers()) == 2)
        seen, restarts = counted(server.address), 0
        with Load(server, clients=1) as load:
            while restarts < 200:
                alive = server.workers()
                if len(alive) < 2:
                    time.sleep(0.05)
                    continue
                os.kill(alive[0], signal.SIGKILL if restarts % 2 else signal.SIGTERM)
                wait_until(lambda gone=alive[0]: gone not in server.workers())
                restarts += 1
                now = counted(server.address)
                assert now >= seen
                seen = now
        wait_until(lambda: len(server.workers()) == 2)
        answered = sum(asked.status == 200 for asked in load.asked)
        scrapes = sorted(scrape_seconds(server) for _ in range(20))
        files = len(list(tmp_path.glob("regime-desk-metrics-*/*.db")))
        print(
            f"{restarts} restarts: {answered} answers, {len(load.failed())} cut off, "
            f"scrape {scrapes[10] * 1000:.1f} ms, {files} files"
        )
        assert counted(server.address) >= answered
        assert scrapes[10] < 0.1
        assert files < 30


def test_two_hundred_thousand_requests_leave_a_worker_as_large_as_ten_thousand_did(tmp_path):
    """With the shipped default model."""
    model = Path(__file__).resolve().parents[2] / "final_model"
    with serving(tmp_path, WEB_CONCURRENCY="1", REGIME_MODEL_DIR=str(model)) as server:
        (worker,) = server.workers()
        assert set(ask(server, connections=8, requests=10_000, body=BODY_252)) == {200}
        early = resident(worker)
        assert set(ask(server, connections=8, requests=190_000, body=BODY_252)) == {200}
        late = resident(worker)
        print(f"resident {early / MB:.0f} MB after 10,000 requests, {late / MB:.0f} MB after 200,000")
        assert late - early < 30 * MB
        assert post(server.address)[0] == 200
