"""A real server on loopback: two workers, as ``make run`` starts it."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from json_service import rules_folder
from real_server import BODY, counted, post, reaches, serving, start, started
from waiting import wait_until

MB = 1_000_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gunicorn")
    rules_folder(folder / "model")
    return folder


@pytest.fixture(scope="module")
def server(folder):
    with serving(folder, REGIME_URL_PREFIX="/desk", REGIME_MAX_BODY_MB="2") as server:
        yield server


@pytest.fixture
def address(server):
    return server.address


def stat_ticks(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def test_counts_add_up_over_workers_and_survive_a_killed_one(server, address):
    before = counted(address)
    pids = server.workers()
    assert len(pids) == 2
    ticks = [stat_ticks(pid) for pid in pids]
    wait_until(lambda: post_many(address) and all(stat_ticks(pid) > old for pid, old in zip(pids, ticks, strict=True)))
    after = counted(address)
    assert after - before == posted
    os.kill(pids[0], signal.SIGKILL)
    wait_until(lambda: len(started(server.log)) == 3)
    assert post(address)[0] == 200
    assert {counted(address) for _ in range(8)} == {after + 1}


def test_counts_are_read_while_a_worker_makes_its_files(server, address, folder):
    before = counted(address)
    (metrics,) = folder.glob("regime-desk-metrics-*")
    made = [metrics / f"{kind}_999999.db" for kind in ("counter", "gauge_livesum", "histogram")]
    for path in made:
        path.touch()
    assert counted(address) == before
    for path in made:
        path.unlink()


posted = 0


def post_many(address):
    """Forty requests over four connections at once, so that both workers get some."""
    global posted
    statuses = []

    def visit():
        statuses.extend(post(address)[0] for _ in range(10))

    threads = [threading.Thread(target=visit) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 40
    posted += 40
    return True


@pytest.mark.parametrize("chunked", [False, True])
def test_a_gigabyte_is_refused_unread_and_the_next_request_is_answered(server, address, chunked):
    host, port = address.removeprefix("http://").split(":")
    largest = {pid: memory(pid) for pid in server.workers()}
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        length = "Transfer-Encoding: chunked" if chunked else "Content-Length: 1000000000"
        connection.sendall(
            f"POST /detect_regime HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{length}\r\n\r\n".encode()
        )
        piece = b" " * MB
        sent = 0
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for _ in range(1000):
                connection.sendall(b"%x\r\n%s\r\n" % (MB, piece) if chunked else piece)
                sent += MB
        response = http.client.HTTPResponse(connection)
        response.begin()
        problem = json.load(response)
    assert (response.status, problem["code"]) == (413, "limits.body")
    assert sent < 1000 * MB
    for pid, before in largest.items():
        assert memory(pid) - before < 30 * MB
    assert post(address)[0] == 200


def memory(pid):
    """Most memory a process has held so far, in bytes."""
    return int(re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())[1]) * 1024


def test_ten_million_bars_are_refused(address):
    body = b'{"columns": {"close": [' + b"1," * 10_000_000 + b"1]}}"
    with contextlib.suppress(urllib.error.URLError, ConnectionError):  # the server may hang up before all is sent
        assert post(address, body)[0] == 413
    assert post(address)[0] == 200


def test_two_visitors_are_told_apart_by_every_worker(address):
    names = set()
    for _ in range(2):
        jar = CookieJar()
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        with opener.open(f"{address}/desk/", timeout=30) as response:
            assert "HttpOnly" in response.headers["Set-Cookie"]
            assert "SameSite=Lax" in response.headers["Set-Cookie"]
            assert "Path=/desk" in response.headers["Set-Cookie"]
        (cookie,) = jar
        for _ in range(8):  # any worker knows the cookie that another one signed
            with opener.open(f"{address}/desk/", timeout=30) as response:
                assert "Set-Cookie" not in response.headers
        names.add(cookie.value)
    assert len(names) == 2


@pytest.mark.parametrize("path", ["/desk", ""], ids=["kept by the proxy", "stripped by the proxy"])
def test_it_works_under_a_prefix(address, path):
    with urllib.request.urlopen(f"{address}{path}/", timeout=30) as response:
        page = response.read().decode()
    links = re.findall(r'(?:href|src)="(/[^"]*)"', page)
    assert links
    assert all(link.startswith("/desk/") for link in links)
    for link in links[:4]:
        assert reaches(address + path + link.removeprefix("/desk"))
    status, problem = post(address + path, b"{}")
    assert (status, problem["type"]) == (422, "/desk/docs#json.series")
    assert post(address + path)[0] == 200


def test_without_its_models_it_does_not_start(folder):
    process, address, log = start(folder, REGIME_MODEL_DIR=str(folder / "nowhere"))
    assert process.wait(60) != 0
    assert str(folder / "nowhere" / "manifest.json") in log.read_text()
    assert "Listening at" not in log.read_text()
    assert not reaches(f"{address}/ready")


def test_on_sigterm_a_request_under_way_is_still_answered_and_nothing_stays_behind(server, folder):
    """The last test here: it ends the server."""
    process, address, log = server
    (metrics,) = folder.glob("regime-desk-metrics-*")  # of this server: the one that did not start left none
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        head = (
            f"POST /detect_regime HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
        )
        connection.sendall(head.encode() + BODY[:100])
        time.sleep(0.3)  # a worker takes it up
        process.send_signal(signal.SIGTERM)
        wait_until(lambda: "Handling signal: term" in log.read_text())
        connection.sendall(BODY[100:])
        response = http.client.HTTPResponse(connection)
        response.begin()
        assert response.status == 200
        assert json.load(response)["bars_used"] == 60
    assert process.wait(30) == 0
    assert not reaches(f"{address}/ready")
    assert not metrics.exists()
