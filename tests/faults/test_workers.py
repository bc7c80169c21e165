"""Workers that are killed or told to end, under load."""

import os
import signal
import time

import pytest

from json_service import rules_folder
from load import Load
from real_server import reaches, serving, started
from waiting import wait_until


@pytest.fixture
def server(tmp_path):
    rules_folder(tmp_path / "model")
    with serving(tmp_path) as server:
        yield server


def test_a_killed_worker_takes_nothing_with_it_but_what_it_was_answering_and_is_replaced(server):
    with Load(server) as load:
        wait_until(lambda: len(load.asked) > 50)
        (killed, other) = server.workers()
        at = time.monotonic()
        os.kill(killed, signal.SIGKILL)
        answered = len(load.asked)
        wait_until(lambda: len(load.asked) > answered + 50)
        wait_until(lambda: len(server.workers()) == 2)
        answered = len(load.asked)
        wait_until(lambda: len(load.asked) > answered + 50)
    assert other in server.workers()
    failed = load.failed()
    assert all(asked.begun < at for asked in failed), failed
    assert len(failed) <= 4
    assert server.log.read_text().count("Booting worker") == 3


def test_on_sigterm_every_request_that_was_taken_up_is_answered_under_load(server):
    """Who connects after the server has closed its door is refused; nobody is cut off."""
    with Load(server) as load:
        wait_until(lambda: len(load.asked) > 50)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(60) == 0
        wait_until(load.failed)
    last_answer = max(asked.ended for asked in load.asked if asked.status == 200)
    assert all("refused" in asked.answer or "reset" in asked.answer for asked in load.failed())
    assert not [asked for asked in load.failed() if "IncompleteRead" in asked.answer or asked.ended < last_answer - 30]


def test_an_idle_connection_does_not_hold_up_the_end(server):
    with server.connect() as idle:
        idle.sendall(b"GET /ready HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.recv(10_000).startswith(b"HTTP/1.1 200")
        at = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(60) == 0
        assert time.monotonic() - at < 25  # gunicorn's own grace is thirty seconds
    assert not reaches(f"{server.address}/ready")


def test_a_master_that_is_told_to_end_leaves_no_folder_behind(tmp_path):
    rules_folder(tmp_path / "model")
    with serving(tmp_path) as server:
        assert list(tmp_path.glob("regime-desk-*"))
        assert len(started(server.log)) == 2
    assert not list(tmp_path.glob("regime-desk-*"))
