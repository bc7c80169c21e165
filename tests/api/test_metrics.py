"""What /metrics counts, read back by Prometheus's own parser."""

import math
import sys

import numpy as np
import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

import telemetry
from api import drift
from json_service import bars_of, detect, server, walk
from regime_core.engine import Engine
from regime_core.models.training_rows import N_BINS, TrainingRows
from regime_core.regimes import CALM, REGIME_NAMES, UNKNOWN, Detection, Metrics, ModelRef
from regime_core.sources import bundled

BARS = bars_of(walk(60))


def samples(service):
    text = service.get("/metrics").text
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def detection(regime=CALM, *, age=7, censored=False, confidence=0.62, model="rules", inputs=None, fallback=None):
    metrics = Metrics(0.01, 0.0, 1.0, 0.5, 0.0, 0.0, 252)
    spread, ref = np.full(5, 0.2), ModelRef(model, "1")
    return Detection(
        regime, confidence, "", spread, metrics, 0, age, censored, 300, True, ref, fallback=fallback, inputs=inputs
    )  # fmt: skip


def grown(before, after):
    return {key: value - before.get(key, 0) for key, value in after.items() if value != before.get(key, 0)}


def test_answers_are_counted_by_regime_source_and_model(service):
    before = samples(service)
    regime = detect(service, BARS).get_json()["regime"]
    detect(service, BARS[:10])
    service.post("/detect_regime/batch", json={"series": [{"bars": BARS}, {"bars": BARS[:5]}]})
    delta = grown(before, samples(service))
    for source in ("json", "batch"):
        for name in (regime, "unknown"):
            labels = (("model", "rules"), ("regime", name), ("source", source))
            assert delta["prediction_requests_total", *labels] == 1
        assert delta["inference_latency_seconds_count", ("model", "rules"), ("source", source)] == 2
    assert not [key for key in delta if key[0] == "problems_total"]


def test_problems_are_counted_by_code(service):
    before = samples(service)
    detect(service, [BARS[0] | {"low": -1}])
    service.post("/detect_regime/batch", json={"series": [{"bars": [BARS[0] | {"low": -1}]}, 3]})
    service.get("/detect_regime")
    delta = {key: value for key, value in grown(before, samples(service)).items() if key[0].endswith("_total")}
    assert delta == {
        ("problems_total", ("code", "bars.not_positive"), ("status", "422")): 2,
        ("problems_total", ("code", "json.type"), ("status", "422")): 1,
        ("problems_total", ("code", "http.method_not_allowed"), ("status", "405")): 1,
    }


def test_what_a_stranger_sends_never_becomes_a_label(service):
    before = set(samples(service))
    detect(service, BARS, model="made-up-model", symbol="MADE-UP")
    service.get("/health/made-up-path")
    assert not [key for key in set(samples(service)) - before if "made-up" in str(key).lower()]


def test_pages_and_fallbacks_count_too(service):
    before = samples(service)
    telemetry.answered(detection(fallback="model.busy"), source="page", seconds=0.3)
    delta = grown(before, samples(service))
    assert delta["prediction_requests_total", ("model", "rules"), ("regime", "calm"), ("source", "page")] == 1
    assert delta["inference_latency_seconds_sum", ("model", "rules"), ("source", "page")] == pytest.approx(0.3)
    assert delta["prediction_confidence_bucket", ("le", "0.7"), ("model", "rules")] == 1
    assert ("prediction_confidence_bucket", ("le", "0.6"), ("model", "rules")) not in delta
    assert delta["prediction_fallbacks_total", ("model", "rules")] == 1


def test_forward_passes_on_a_card_are_counted_by_size(tmp_path, monkeypatch):
    client = server(tmp_path).test_client()
    before = samples(client)
    monkeypatch.setattr(Engine, "take_pass_sizes", lambda self: [1, 64, 65])
    delta = grown(before, samples(client))
    assert delta["forward_pass_sequences_sum",] == 130
    assert [delta["forward_pass_sequences_bucket", ("le", f"{most}.0")] for most in (1, 64, 128)] == [1, 2, 3]


def test_a_lost_card_does_not_keep_metrics_from_being_read(service, monkeypatch):
    class Cuda:
        @staticmethod
        def is_initialized():
            return True

        @staticmethod
        def mem_get_info():
            raise RuntimeError("CUDA error: unspecified launch failure")

    class Torch:
        cuda = Cuda

    monkeypatch.setitem(sys.modules, "torch", Torch)
    assert service.get("/metrics").status_code == 200


def test_models_and_the_age_of_the_data_are_told(tmp_path, client, monkeypatch):
    rules = samples(server(tmp_path).test_client())
    assert rules["model_info", ("default", "true"), ("name", "rules"), ("version", "1")] == 1
    monkeypatch.setattr(telemetry.time, "time", lambda: 2e9)
    path = client.application.extensions["regime_runtime"].settings.data_dir / "sp500.csv"
    newest = bundled.read(path).bars.time[-1] / 1e9
    assert samples(client)["data_age_seconds", ("dataset", "sp500")] == 2e9 - newest


@pytest.mark.parametrize(
    ("given", "source", "flips"),
    [
        (detection(age=1), "json", 1),
        (detection(age=1), "batch", 1),
        (detection(age=1), "page", 0),
        (detection(age=1, censored=True), "json", 0),
        (detection(age=2), "json", 0),
        (detection(UNKNOWN, age=0), "json", 0),
    ],
)
def test_a_flip_is_a_regime_that_has_held_for_one_bar(service, given, source, flips):
    before = samples(service)
    telemetry.answered(given, source=source, seconds=0.001)
    assert grown(before, samples(service)).get(("regime_flips_total", ("model", "rules")), 0) == flips


def test_the_size_of_a_batch_is_counted(service):
    before = samples(service)
    service.post("/detect_regime/batch", json={"series": [{"bars": BARS[:9]}] * 7})
    delta = grown(before, samples(service))
    assert (delta["batch_series_count",], delta["batch_series_sum",]) == (1, 7)


def test_a_request_is_in_flight_while_it_is_answered(server, service, monkeypatch):
    """The scrape aside; one that fails is let go of too."""
    seen = []

    def broken(*_, **__):
        seen.append(samples(server.test_client())["requests_in_flight",])
        raise ZeroDivisionError

    assert samples(service)["requests_in_flight",] == 0
    monkeypatch.setattr(server.extensions["regime_runtime"].engine, "detect", broken)
    assert detect(service, BARS).status_code == 500
    assert set(seen) == {1}
    assert samples(service)["requests_in_flight",] == 0


def test_a_worker_tells_of_itself_and_of_the_jobs(service, server, monkeypatch):
    runtime = server.extensions["regime_runtime"]
    monkeypatch.setattr(runtime.jobs, "counts", lambda: {"running": 1, "queued": 3})
    told = samples(service)
    assert told["workers_alive",] == 1
    assert told["server_threads",] == runtime.settings.threads
    assert 20e6 < told["workers_resident_memory_bytes",] == told["worker_resident_memory_max_bytes",] < 20e9
    assert (told["jobs", ("state", "running")], told["jobs", ("state", "queued")]) == (1, 3)
    assert not [key for key in told if key[0] == "gpu_memory_bytes"]


def test_memory_of_a_card_is_told_where_one_is_in_use(service, monkeypatch):
    class Cuda:
        is_initialized = staticmethod(lambda: True)
        mem_get_info = staticmethod(lambda: (30, 100))
        memory_allocated = staticmethod(lambda: 10)
        memory_reserved = staticmethod(lambda: 20)

    monkeypatch.setitem(telemetry.sys.modules, "torch", type("torch", (), {"cuda": Cuda}))
    told = samples(service)
    kinds = {"allocated": 10, "reserved": 20, "used": 70, "total": 100}
    assert {kind: told["gpu_memory_bytes", ("kind", kind)] for kind in kinds} == kinds


def stability(seen, expected):
    """By hand: the sum over the bins of (seen - expected) times the log of their ratio."""
    seen = [max(one / sum(seen), 1e-4) for one in seen]
    expected = [max(one, 1e-4) for one in expected]
    return sum((s - e) * math.log(s / e) for s, e in zip(seen, expected, strict=True))


def test_inputs_and_regimes_are_held_against_training(client):
    """Of the shipped models: what is answered is counted by decile, and the indices follow from the counts told."""
    runtime = client.application.extensions["regime_runtime"]
    learnt = runtime.engine.training_rows
    before = samples(client)
    for seed in range(4):
        for length in range(60, 260, 20):
            detect(client, bars_of(walk(length, drift=0.002, seed=seed)))
    after = samples(client)
    delta = grown(before, after)
    assert {
        name: sum(delta.get(("feature_bin_total", ("bin", str(bin_)), ("feature", name)), 0) for bin_ in range(N_BINS))
        for name in learnt.names
    } == dict.fromkeys(learnt.names, 40)
    for name, shares in zip(learnt.names, learnt.shares, strict=True):
        counts = [after.get(("feature_bin_total", ("bin", str(bin_)), ("feature", name)), 0) for bin_ in range(N_BINS)]
        assert after["drift_feature_psi", ("feature", name)] == pytest.approx(stability(counts, shares))
    mix = [
        sum(
            after.get(("prediction_requests_total", ("model", "boosted"), ("regime", name), ("source", source)), 0)
            for source in ("json", "batch")
        )
        for name in REGIME_NAMES
    ]
    assert sum(mix) == after["drift_mix_answers",] >= 40
    assert after["drift_regime_mix_psi",] == pytest.approx(stability(mix, learnt.regimes))
    assert after["drift_flip_ratio",] == after.get(("regime_flips_total", ("model", "boosted")), 0) / sum(mix)


def test_a_row_goes_to_the_decile_it_lies_in(client):
    runtime = client.application.extensions["regime_runtime"]
    learnt = runtime.engine.training_rows
    low, high = np.full(len(learnt.names), -1e9), np.full(len(learnt.names), 1e9)
    before = samples(client)
    for row in (low, high, learnt.edges[:, 0]):
        telemetry.answered(detection(inputs=row), source="json", seconds=0.001)
    delta = grown(before, samples(client))
    assert delta["feature_bin_total", ("bin", "0"), ("feature", "drift_8")] == 2  # a decile belongs to what is below it
    assert delta["feature_bin_total", ("bin", "9"), ("feature", "drift_8")] == 1


def test_a_page_and_rules_leave_no_inputs(client):
    before = samples(client)
    telemetry.answered(detection(inputs=np.zeros(36)), source="page", seconds=0.001)
    detect(client, BARS, model="rules")
    assert not [key for key in grown(before, samples(client)) if key[0] == "feature_bin_total"]


def test_rows_are_counted_when_many_wait_and_none_is_lost():
    learnt = TrainingRows.of(("a",), np.arange(100, dtype=np.float32)[:, None], np.zeros(100, dtype=np.int8))
    inputs = telemetry.Inputs()
    inputs.leave(np.array([5.0]))  # before it is known what to hold it against
    inputs.expect(learnt)
    for value in range(700):
        inputs.leave(np.array([float(value % 100)]))
    assert len(inputs._waiting) < inputs.MOST_WAITING
    inputs._count()
    assert inputs._counts.tolist() == [[71.0] + [70.0] * 9]


def test_without_answers_there_is_no_index():
    learnt = TrainingRows.of(("a",), np.arange(100, dtype=np.float32)[:, None], np.zeros(100, dtype=np.int8))
    families = [Metric("prediction_requests", "", "counter"), Metric("feature_bin", "", "counter")]
    assert [family.name for family in drift.gauges(families, learnt, "boosted")] == [
        "drift_inputs_answers",
        "drift_mix_answers",
    ]


def test_pages_unknown_and_other_models_are_no_part_of_the_mix():
    learnt = TrainingRows.of(("a",), np.arange(100, dtype=np.float32)[:, None], np.arange(100, dtype=np.int8) % 5)
    answers, flips = Metric("prediction_requests", "", "counter"), Metric("regime_flips", "", "counter")
    for regime, source, model, value in (
        ("calm", "json", "boosted", 30),
        ("calm", "batch", "boosted", 10),
        ("calm", "page", "boosted", 500),
        ("unknown", "json", "boosted", 500),
        ("volatile", "json", "rules", 500),
    ):
        answers.add_sample("prediction_requests_total", {"regime": regime, "source": source, "model": model}, value)
    flips.add_sample("regime_flips_total", {"model": "boosted"}, 4)
    flips.add_sample("regime_flips_total", {"model": "rules"}, 400)
    told = {family.name: family.samples[0].value for family in drift.gauges([answers, flips], learnt, "boosted")}
    assert told["drift_mix_answers"] == 40
    assert told["drift_regime_mix_psi"] == pytest.approx(stability([0, 0, 0, 0, 40], [0.2] * 5))
    assert told["drift_flip_ratio"] == 0.1
    assert "drift_feature_psi" not in told
