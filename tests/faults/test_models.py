"""Model folders that are broken or renewed under a running server."""

import contextlib
import hashlib
import http.client
import json
import os
import signal
import time

import numpy as np
import pytest

from load import Load
from real_server import BODY, post, serving, start, started
from regime_core import artifacts
from regime_core.features import relative
from regime_core.models import Linear, Rules
from waiting import wait_until


def put(folder, seed):
    """Fill a model folder: the version of its linear model follows from the rows it was fitted on, which mean nothing."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(400, len(relative.NAMES))).astype(np.float32)
    known = features, rng.permutation(np.arange(400) % 5).astype(np.int8)
    linear = Linear().fit(*known).calibrate(*known)
    artifacts.save(folder, [artifacts.Fitted(Rules()), artifacts.Fitted(linear)], default="linear")
    return json.loads((folder / "manifest.json").read_text())["models"]["linear"]["version"]


def spoil(folder):
    """Alter one byte of the weights, and return their file."""
    name, *_ = json.loads((folder / "manifest.json").read_text())["models"]["linear"]["files"]
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    return folder / name


@contextlib.contextmanager
def stopped(pid):
    """A process stands still meanwhile."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.fixture
def model(tmp_path):
    return tmp_path / "model"


def asking(version):
    return json.dumps({**json.loads(BODY), "model": f"linear@{version}"}).encode()


def test_a_server_does_not_start_on_a_broken_folder_and_names_the_file(tmp_path, model):
    put(model, 1)
    spoiled = spoil(model)
    server = start(tmp_path)
    assert server.process.wait(60) != 0
    assert str(spoiled) in server.log.read_text()
    assert not started(server.log)
    assert not list(tmp_path.glob("regime-desk-*"))


def test_a_reload_takes_up_a_new_version_and_fails_no_request(tmp_path, model):
    old = put(model, 1)
    with serving(tmp_path, REGIME_SLOW_SECONDS="600") as server:
        before = post(server.address, asking(old))[1]
        assert before["model"] == {"name": "linear", "version": old}
        with Load(server) as load, Load(server, asking(old), clients=1) as of_old, server.connect() as half_sent:
            body = asking(old)
            half_sent.sendall(
                b"POST /detect_regime HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                % len(body)
                + body[:1000]
            )
            wait_until(lambda: len(load.asked) > 20)
            new = put(model, 2)
            assert new != old
            server.process.send_signal(signal.SIGHUP)
            wait_until(lambda: load.asked[-1].answer["model"]["version"] == new)
            half_sent.sendall(body[1000:])
            response = http.client.HTTPResponse(half_sent)
            response.begin()
            assert json.load(response) == before
            wait_until(lambda: {asked.answer["model"]["version"] for asked in load.asked[-20:]} == {new})
        assert not load.failed()
        assert {asked.answer["model"]["version"] for asked in load.asked} == {old, new}
        answers = {asked.status: asked.answer for asked in of_old.asked}
        assert answers[200] == before
        assert answers[410]["code"] == "model.gone"
        assert {asked.status for asked in of_old.asked} == {200, 410}
        assert post(server.address)[1]["model"]["version"] == new


def test_old_workers_serve_until_the_new_ones_do(tmp_path, model):
    old = put(model, 1)
    with serving(tmp_path) as server:
        before = server.workers()
        for pid, other in (before, before[::-1]):
            with stopped(other):  # the first to load answers for both
                assert post(server.address)[0] == 200, f"worker {pid}: {server.log.read_text()}"
        new = put(model, 2)
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: len(started(server.log)) == 4)
        successors = [pid for pid in server.workers() if pid not in before]
        with contextlib.ExitStack() as slow:
            for pid in successors:
                slow.enter_context(stopped(pid))  # these take ever so long to load
            for _ in range(40):
                status, answer = post(server.address)
                assert (status, answer["model"]["version"]) == (200, old)
            assert set(before) <= set(server.workers())
            os.kill(before[0], signal.SIGTERM)  # told again: by someone who wants it to end
            wait_until(lambda: before[0] not in server.workers())
            assert post(server.address)[1]["model"]["version"] == old
        wait_until(lambda: server.workers() == successors)
        assert post(server.address)[1]["model"]["version"] == new


def test_a_broken_folder_changes_nothing_for_those_who_are_served(tmp_path, model):
    old = put(model, 1)
    with serving(tmp_path) as server:
        put(model, 2)
        spoiled = spoil(model)
        with Load(server) as load:
            server.process.send_signal(signal.SIGHUP)
            wait_until(lambda: "kept" in server.log.read_text())
            wait_until(lambda: len(started(server.log)) == 4 and len(server.workers()) == 2)
            os.kill(server.workers()[0], signal.SIGKILL)  # whoever starts later still finds what the others serve
            wait_until(lambda: len(started(server.log)) == 5)
            at = time.monotonic()
            wait_until(lambda: len([asked for asked in load.asked if asked.begun > at]) > 50)
        assert str(spoiled) in server.log.read_text()
        assert {asked.answer["model"]["version"] for asked in load.asked if asked.status == 200} == {old}
        assert len(load.failed()) <= 4
        new = put(model, 2)
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: post(server.address)[1]["model"]["version"] == new)
    assert not list(tmp_path.glob("regime-desk-*"))


def test_models_of_another_digest_are_not_served(tmp_path, model):
    put(model, 1)
    server = start(tmp_path, REGIME_MODEL_DIGEST="0" * 64)
    assert server.process.wait(60) != 0
    assert "REGIME_MODEL_DIGEST asks for 0000" in server.log.read_text()
    assert not started(server.log)


def test_at_a_reload_models_of_another_digest_are_refused_and_the_old_ones_kept(tmp_path, model):
    old = put(model, 1)
    approved = hashlib.sha256((model / "manifest.json").read_bytes()).hexdigest()
    with serving(tmp_path, REGIME_MODEL_DIGEST=approved) as server:
        new = put(model, 2)
        assert new != old
        found = hashlib.sha256((model / "manifest.json").read_bytes()).hexdigest()
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "The models that were served before are kept" in server.log.read_text())
        assert f"has the SHA-256 {found}, and REGIME_MODEL_DIGEST asks for {approved}" in server.log.read_text()
        wait_until(lambda: len(started(server.log)) == 4 and len(server.workers()) == 2)
        assert {post(server.address)[1]["model"]["version"] for _ in range(10)} == {old}
        assert put(model, 1) == old
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "The models were taken anew" in server.log.read_text())


def test_a_worker_that_cannot_load_the_models_ends_the_server_which_says_why(tmp_path, model):
    """It would else be started over and over."""
    put(model, 1)
    with serving(tmp_path) as server:
        (manifest,) = tmp_path.glob("regime-desk-models-*/model/manifest.json")
        manifest.unlink()
        os.kill(server.workers()[0], signal.SIGKILL)
        assert server.process.wait(60) != 0
        assert "The models cannot be loaded" in server.log.read_text()
