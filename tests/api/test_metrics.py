"""What /metrics counts, read back by Prometheus's own parser."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

import telemetry
from json_service import bars_of, detect, server, walk
from regime_core.sources import bundled

BARS = bars_of(walk(60))


def samples(service):
    text = service.get("/metrics").text
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


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
    assert delta["prediction_fallbacks_total", ("model", "rules")] == 1


def test_models_and_the_age_of_the_data_are_told(tmp_path, client, monkeypatch):
    rules = samples(server(tmp_path).test_client())
    assert rules["model_info", ("default", "true"), ("name", "rules"), ("version", "1")] == 1
    monkeypatch.setattr(telemetry.time, "time", lambda: 2e9)
    path = client.application.extensions["regime_runtime"].settings.data_dir / "sp500.csv"
    newest = bundled.read(path).bars.time[-1] / 1e9
    assert samples(client)["data_age_seconds", ("dataset", "sp500")] == 2e9 - newest
