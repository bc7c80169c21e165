"""GET /predict: the forecast of the served S&P 500 and VIX, and what it says where there is none."""

import shutil

import msgspec
import numpy as np
import pytest

import json_service
from api import wire
from json_service import refused
from regime_core import states
from regime_core.engine import Engine
from regime_core.sources import bundled
from runtime import ROOT


@pytest.fixture(scope="module")
def bundled_market():
    return states.market(*(bundled.read(ROOT / "data" / f"{name}.csv").bars for name in ("sp500", "vix")))


def test_the_answer_is_that_of_the_engine_for_the_newest_common_day(client, bundled_market):
    reply = client.get("/predict")
    assert reply.status_code == 200
    answer = reply.get_json()
    assert list(answer) == ["prediction", "regime", "as_of", "horizons", "baseline", "model"]
    engine = Engine.load(ROOT / "final_model")
    forecast = engine.forecast(bundled_market)
    assert answer["as_of"] == "2018-12-31"
    assert type(answer["prediction"]) is int
    assert answer["prediction"] == int(np.argmax(forecast.horizons[1]))
    assert answer["regime"] == f"state_{answer['prediction']}"
    assert list(answer["horizons"]) == ["1", "5", "21"]
    for horizon, given in answer["horizons"].items():
        assert list(given["probabilities"].values()) == pytest.approx(forecast.horizons[int(horizon)].tolist())
        for name in ("probabilities", "markov", "margin"):
            assert list(given[name]) == [f"state_{code}" for code in range(forecast.k)]
            assert sum(given[name].values()) == pytest.approx(1)
    assert answer["baseline"]["persistence"] == forecast.state_today
    assert answer["baseline"]["markov"] == answer["horizons"]["1"]["markov"]
    assert answer["model"]["version"] == engine.state_entry("forecaster").version
    assert answer["model"]["in_sample"] is True  # fitted through 2022: what followed 2018 was known to it
    msgspec.convert(answer, wire.PredictReply)


def test_a_longer_history_moves_the_forecast_on(tmp_path):
    """As after a refresh: the newest day that both files share is the one forecast from."""
    for name in ("sp500", "vix"):
        lines = (ROOT / "data" / f"{name}.csv").read_text().splitlines()
        (tmp_path / f"{name}.csv").write_text("\n".join(lines[:-10]) + "\n")
    service = json_service.server(tmp_path / "service", model_dir=ROOT / "final_model", data_dir=tmp_path, default="boosted")
    client = service.test_client()
    before = client.get("/predict").get_json()
    for name in ("sp500", "vix"):
        shutil.copy(ROOT / "data" / f"{name}.csv", tmp_path / f"{name}.csv")
    after = client.get("/predict").get_json()
    assert before["as_of"] < after["as_of"] == "2018-12-31"
    assert before["horizons"] != after["horizons"]


def test_a_server_without_a_forecaster_says_so(tmp_path):
    service = json_service.server(tmp_path, data_dir=ROOT / "data").test_client()
    refused(service.get("/predict"), 503, "model.not_shipped", "train")


def test_a_server_without_the_histories_says_so(service):
    refused(service.get("/predict"), 404, "dataset.unknown")


def test_a_key_is_asked_for_where_keys_are_set(service_with):
    refused(service_with(api_keys="0" * 64).get("/predict"), 401, "auth.missing")
