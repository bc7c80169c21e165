"""A real server on a card, which PyTorch's CPU stands in for: one worker, requests that meet, and a card that goes."""

import json
import os
import re
import signal
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from detectors import recurrent_folder
from json_service import bars_of, server, walk
from real_server import post, reaches, serving, start, started
from regime_core.models import cards
from waiting import wait_until

CONFIG = "tests/support/fake_card.py"
BODIES = [json.dumps({"bars": bars_of(walk(60 + seed % 7 * 40, seed=seed))}).encode() for seed in range(64)]


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """What the CPU answers."""
    folder = tmp_path_factory.mktemp("cpu")
    client = server(folder, default="lstm", model_dir=recurrent_folder(folder / "models"), device="cpu").test_client()
    return [client.post("/detect_regime", data=body, content_type="application/json").get_json() for body in BODIES]


@pytest.fixture(scope="module")
def gone(tmp_path_factory):
    return tmp_path_factory.mktemp("card") / "gone"


@pytest.fixture(scope="module")
def on_card(tmp_path_factory, gone):
    folder = tmp_path_factory.mktemp("server")
    recurrent_folder(folder / "model")
    with serving(folder, config=CONFIG, workers=1, FAKE_CARD_GONE=str(gone), WEB_CONCURRENCY="3") as running:
        yield running


def got(address, path):
    with urllib.request.urlopen(address + path, timeout=60) as response:
        return response.read().decode()


def metric(address, name):
    return sum(float(value) for value in re.findall(rf"^{name}(?:\{{.*\}})? (\S+)$", got(address, "/metrics"), re.MULTILINE))


def alike(answer, expected):
    assert {name: answer[name] for name in ("regime", "regime_age", "reasoning")} == {
        name: expected[name] for name in ("regime", "regime_age", "reasoning")
    }
    assert answer["probabilities"] == pytest.approx(expected["probabilities"], abs=1e-5)


def all_at_once(address):
    with ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(lambda body: post(address, body), BODIES))
    assert {status for status, _ in answers} == {200}
    return [answer for _, answer in answers]


def test_one_worker_has_the_card_and_the_log_says_why(on_card):
    assert len(started(on_card.log)) == 1
    assert "one worker has it, with 64 threads (WEB_CONCURRENCY=3 is for the CPU)" in on_card.log.read_text()
    assert json.loads(got(on_card.address, "/health"))["device"] == "cuda"
    wait_until(lambda: metric(on_card.address, "server_threads") == cards.THREADS)


def test_requests_meet_in_passes_and_have_their_own_answers(on_card, expected):
    before = [metric(on_card.address, f"forward_pass_sequences_{what}") for what in ("sum", "count")]
    for answer, wanted in zip(all_at_once(on_card.address), expected, strict=True):
        alike(answer, wanted)
        assert answer["fallback"] is None
    series, passes = (
        metric(on_card.address, f"forward_pass_sequences_{what}") - old
        for what, old in zip(("sum", "count"), before, strict=True)
    )
    assert series == 64
    assert passes < 64


def test_the_series_of_a_batch_meet(on_card, expected):
    before = metric(on_card.address, "forward_pass_sequences_count")
    body = b'{"series": [' + b",".join(BODIES) + b"]}"
    request = urllib.request.Request(f"{on_card.address}/detect_regime/batch", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        answers = json.load(response)["results"]
    for answer, wanted in zip(answers, expected, strict=True):
        alike(answer, wanted)
    assert metric(on_card.address, "forward_pass_sequences_count") - before < 64


def test_a_reload_still_has_one_worker(on_card):
    on_card.process.send_signal(signal.SIGHUP)
    wait_until(lambda: len(started(on_card.log)) == 2 and len(on_card.workers()) == 1)
    assert json.loads(got(on_card.address, "/health"))["device"] == "cuda"


def test_a_lost_card_fails_no_request_and_is_named_and_counted(on_card, expected, gone):
    gone.touch()
    for answer, wanted in zip(all_at_once(on_card.address), expected, strict=True):
        alike(answer, wanted)
        assert answer["fallback"] == cards.LOST
    assert json.loads(got(on_card.address, "/health"))["device"] == "cpu"
    assert metric(on_card.address, "prediction_fallbacks_total") == 64
    assert on_card.log.read_text().count("The GPU was lost (CUDA error: unspecified launch failure)") == 1
    rules = json.dumps({**json.loads(BODIES[0]), "model": "rules"}).encode()
    assert post(on_card.address, rules)[1]["fallback"] is None


def test_a_worker_that_starts_when_the_card_has_gone_answers_too(on_card, expected):
    """The last test here: the card stays gone."""
    (worker,) = on_card.workers()
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: on_card.workers() and worker not in on_card.workers() and reaches(f"{on_card.address}/ready"))
    _, answer = post(on_card.address, BODIES[0])
    alike(answer, expected[0])
    assert answer["fallback"] == cards.LOST
    assert "PyTorch sees no card" in on_card.log.read_text()
    assert len(on_card.workers()) == 1


def test_cuda_without_a_card_is_no_start(tmp_path):
    recurrent_folder(tmp_path / "model")
    refused = start(tmp_path, REGIME_DEVICE="cuda")
    assert refused.process.wait(120) != 0
    assert "CUDA was asked for, and PyTorch sees no card: use auto or cpu." in refused.log.read_text()
    assert not started(refused.log)


def test_another_word_is_no_start(tmp_path):
    refused = start(tmp_path, REGIME_DEVICE="gpu")
    assert refused.process.wait(120) != 0
    assert "REGIME_DEVICE='gpu' is none of auto, cpu, cuda" in refused.log.read_text()
