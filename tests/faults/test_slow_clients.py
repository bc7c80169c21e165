"""Fifty clients that send hardly anything hold up nobody else."""

import contextlib
import http.client
import json
import re
import socket
import time
import urllib.request
from pathlib import Path

import pytest

from json_service import rules_folder
from real_server import BODY, post, reaches, serving
from waiting import wait_until

SLOW = 50
HEAD = b"POST /detect_regime HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
LARGE = b" " * 300_000
BEGINNINGS = {
    "nothing": b"",
    "half a head": HEAD,
    "half a body": HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY[:100],
    "half a chunked body": HEAD + b"Transfer-Encoding: chunked\r\n\r\n64\r\n" + BODY[:100] + b"\r\n",
    "half a large body": HEAD + b"Content-Length: 1000000\r\n\r\n" + LARGE,
    "half a large chunked body": HEAD + b"Transfer-Encoding: chunked\r\n\r\nF4240\r\n" + LARGE,
    "a head without end": HEAD + b"".join(b"X-%d: %s\r\n" % (i, b"y" * 5000) for i in range(60)),
}


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    """One worker of two threads that lets a client take ten minutes: who is not served beside slow ones is never served."""
    folder = tmp_path_factory.mktemp("patient")
    rules_folder(folder / "model")
    with serving(folder, WEB_CONCURRENCY="1", REGIME_THREADS="2", REGIME_SLOW_SECONDS="600") as server:
        yield server


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    folder = tmp_path_factory.mktemp("strict")
    rules_folder(folder / "model")
    with serving(folder, WEB_CONCURRENCY="1", REGIME_THREADS="2", REGIME_SLOW_SECONDS="1") as server:
        yield server


@pytest.mark.parametrize("beginning", BEGINNINGS.values(), ids=BEGINNINGS)
def test_others_are_served_while_fifty_send_slowly(patient, beginning):
    with contextlib.ExitStack() as connections:
        slow = [connections.enter_context(patient.connect()) for _ in range(SLOW)]
        for connection in slow:
            connection.sendall(beginning)
        for round_ in range(5):
            for connection in slow:
                connection.sendall(b"\r" if round_ == 0 and not beginning else b"x" if beginning else b"")
            assert [post(patient.address)[0] for _ in range(10)] == [200] * 10
            assert reaches(f"{patient.address}/ready")


def test_a_body_that_comes_slowly_but_whole_is_answered(patient):
    with patient.connect() as connection:
        connection.sendall(HEAD[:30])
        time.sleep(0.1)
        connection.sendall(HEAD[30:] + b"Content-Length: %d\r\n\r\n" % len(BODY))
        for at in range(0, len(BODY), len(BODY) // 10 + 1):
            time.sleep(0.05)
            connection.sendall(BODY[at : at + len(BODY) // 10 + 1])
        response = http.client.HTTPResponse(connection)
        response.begin()
        assert json.load(response)["bars_used"] == 60


@pytest.mark.parametrize("name", [name for name in BEGINNINGS if name not in ("nothing", "a head without end")])
def test_who_takes_too_long_gets_408_is_counted_and_is_let_go(strict, name):
    before = timeouts(strict)
    with strict.connect() as connection:
        connection.sendall(BEGINNINGS[name])
        response = http.client.HTTPResponse(connection)
        response.begin()
        problem = json.load(response)
        assert (response.status, problem["status"], problem["code"]) == (408, 408, "http.request_timeout")
        assert response.headers["Content-Type"] == "application/problem+json"
        assert not set(problem) & {"regime", "confidence", "reasoning"}
        assert connection.recv(1) == b""
    wait_until(lambda: timeouts(strict) == before + 1)


def timeouts(server):
    with urllib.request.urlopen(f"{server.address}/metrics", timeout=30) as response:
        counts = re.findall(
            r'^problems_total\{code="http.request_timeout",status="408"\} (\S+)$', response.read().decode(), re.M
        )
    return sum(map(float, counts))


def test_who_says_nothing_is_let_go_without_a_word(strict):
    with strict.connect() as connection:
        assert connection.recv(1) == b""


def test_a_client_that_keeps_a_closed_connection_open_holds_up_nobody(patient):
    """gunicorn itself would wait for each of these for two seconds, in the loop that serves all: longer than ``post`` waits."""
    with contextlib.ExitStack() as connections:
        for _ in range(SLOW):
            connection = connections.enter_context(patient.connect())
            connection.sendall(b"GET /ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert post(patient.address)[0] == 200


@pytest.fixture(scope="module")
def large(patient):
    """Path of a large file, and its content."""
    with urllib.request.urlopen(f"{patient.address}/", timeout=30) as response:
        path = re.search(r'name="charts" content="(/[^"]+)"', response.read().decode())[1]
    with urllib.request.urlopen(patient.address + path, timeout=30) as response:
        content = response.read()
    assert len(content) > 1_000_000
    return path, content


TIMES = 6
"""Together more than the system keeps of what is sent."""


def ask_for(server, path):
    """A connection over which a file was asked for some times, and which takes little at a time."""
    connection = socket.socket()
    connection.settimeout(30)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(server.place)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * TIMES)
    return connection


def answer_in(file, length):
    """Status line and content of one answer."""
    status = file.readline()
    while file.readline() != b"\r\n":
        pass
    return status, file.read(length)


def test_others_are_served_while_fifty_take_nothing_of_large_answers(patient, large):
    path, content = large
    with contextlib.ExitStack() as connections:
        slow = [connections.enter_context(ask_for(patient, path)) for _ in range(SLOW)]
        for _ in range(20):
            assert post(patient.address)[0] == 200
        with slow[SLOW // 2].makefile("rb") as file:  # who takes it after all gets all of it
            for _ in range(TIMES):
                assert answer_in(file, len(content)) == (b"HTTP/1.1 200 OK\r\n", content)
        assert post(patient.address)[0] == 200


def test_who_takes_nothing_of_an_answer_is_let_go(strict, large):
    path, content = large
    with ask_for(strict, path) as connection:
        wait_until(lambda: in_use(strict, connection) == 0)
        taken = 0
        with contextlib.suppress(ConnectionResetError):
            while piece := connection.recv(65_536):
                taken += len(piece)
        assert taken < TIMES * len(content)


def in_use(server, connection):
    """Connections that the server's workers have open to this one."""
    local, remote = (f":{port:04X}" for port in (server.place[1], connection.getsockname()[1]))
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
    return sum(line[1].endswith(local) and line[2].endswith(remote) and line[3] == "01" for line in lines)


def test_a_client_that_asks_before_it_sends_is_told_to(strict):
    with strict.connect() as connection:
        connection.sendall(HEAD + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(BODY))
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 Continue")
        connection.sendall(BODY)
        answer = b""
        while b"bars_used" not in answer:
            answer += connection.recv(65_536)
        assert b"200 OK" in answer


def test_requests_sent_at_once_are_answered_in_order(strict):
    whole = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
    with strict.connect() as connection:
        connection.sendall(b"GET /ready HTTP/1.1\r\nHost: x\r\n\r\n" + whole + b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b""
        while b"healthy" not in answer:
            answer += connection.recv(65_536)
    assert answer.index(b'"ready"') < answer.index(b"bars_used") < answer.index(b"healthy")
