"""Which path answers what, to which method."""

import logging

import pytest

from json_service import bars_of, detect, refused, server, walk
from regime_core.errors import ArtifactError
from regime_core.regimes import ALL_NAMES
from runtime import Runtime

GETS = ["/health", "/healthcheck", "/ready", "/openapi.json", "/docs", "/metrics", "/predict"]
POSTS = ["/detect_regime", "/detect_regime/batch"]
UNDER = ["/detect_regime/", "/detect_regime/x", "/detect_regime/batch/x", "/health/", "/health/x/y", "/metrics/x", "/ready/x"]
NOTHING = [*UNDER, "/docs/", "/openapi.json/x", "/predict/", "/predict/x"]


@pytest.mark.parametrize("path", GETS)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW"])
def test_get_routes_refuse_other_methods(service, path, method):
    response = service.open(path, method=method)
    refused(response, 405, "http.method_not_allowed")
    assert "GET" in response.headers["Allow"]


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "TRACE"])
def test_post_routes_refuse_other_methods(service, path, method):
    response = service.open(path, method=method)
    refused(response, 405, "http.method_not_allowed", method, "POST")
    assert response.headers["Allow"] == "POST, OPTIONS"


@pytest.mark.parametrize("path", [*(path for path in GETS if path != "/predict"), *POSTS])
def test_options_name_the_methods_and_head_is_a_get_without_a_body(service, path):
    options = service.options(path)
    assert options.status_code in (200, 204)
    assert ("POST" if path in POSTS else "GET") in options.headers["Allow"]
    head = service.head(path)
    assert (head.status_code, head.data) == (405 if path in POSTS else 200, b"")


@pytest.mark.parametrize("path", NOTHING)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_there_is_nothing_under_a_route(client, service, path, method):
    """``client`` is of the whole house: Dash's catch-all must not answer there either."""
    for visitor in (service, client):
        refused(visitor.open(path, method=method), 404, "http.not_found", path)


def test_health_tells_which_model_answers(service, client):
    health = service.get("/health").get_json()
    assert list(health) == ["status", "ml_available", "model_trained", "device", "model", "data_through"]
    assert health == {
        "status": "healthy",
        "ml_available": False,  # rules were never trained
        "model_trained": False,
        "device": "cpu",
        "model": {"name": "rules", "version": "1"},
        "data_through": None,
    }
    assert service.get("/healthcheck").get_json() == health
    assert client.post("/detect_regime", json={"bars": bars_of(walk(60))}).status_code == 200
    shipped = client.get("/health").get_json()
    assert (shipped["status"], shipped["model_trained"], shipped["model"]["name"]) == ("healthy", True, "boosted")
    assert shipped["data_through"] >= "2018-12-31"


def test_a_server_without_its_models_says_so_and_asking_loads_nothing(tmp_path, monkeypatch):
    flask = server(tmp_path)
    flask.extensions["regime_runtime"] = Runtime(flask.extensions["regime_runtime"].settings)
    service = flask.test_client()
    assert service.get("/health").get_json() == {
        "status": "starting",
        "ml_available": False,
        "model_trained": False,
        "device": "cpu",
        "model": None,
        "data_through": None,
    }
    not_ready = service.get("/ready")
    refused(not_ready, 503, "server.not_ready")
    assert int(not_ready.headers["Retry-After"]) > 0
    assert detect(service, bars_of(walk(60))).status_code == 200
    assert service.get("/ready").get_json() == {"status": "ready"}


def test_a_damaged_model_folder_is_503_and_its_path_is_logged_not_told(tmp_path, caplog):
    flask = server(tmp_path)
    flask.extensions["regime_runtime"] = Runtime(flask.extensions["regime_runtime"].settings)
    (tmp_path / "model" / "manifest.json").unlink()
    response = detect(flask.test_client(), bars_of(walk(60)))
    refused(response, 503, "server.not_ready")
    assert str(tmp_path) not in response.text
    assert "manifest.json" in caplog.text


def test_what_a_request_says_of_itself_is_shown_as_text(service):
    page = service.get("/docs", headers={"Host": "x<script>alert(1)</script>"}).text
    assert "<script>alert" not in page


def test_a_fault_of_the_server_is_500_and_its_trace_is_logged_not_told(server, service, monkeypatch, caplog):
    def fail(*_, **__):
        raise ZeroDivisionError("a secret of the house")

    monkeypatch.setattr(server.extensions["regime_runtime"].engine, "detect", fail)
    with caplog.at_level(logging.ERROR):
        response = detect(service, bars_of(walk(60)))
    refused(response, 500, "server.error")
    assert "secret" not in response.text
    assert "a secret of the house" in caplog.text
    assert "Traceback" in caplog.text


def test_an_artifact_error_is_a_fault_of_the_server_in_a_batch_too(server, service, monkeypatch):
    def fail(*_, **__):
        raise ArtifactError("artifact.missing", "/secret/path is missing")

    monkeypatch.setattr(server.extensions["regime_runtime"].engine, "detect", fail)
    response = service.post("/detect_regime/batch", json={"series": [{"bars": []}]})
    assert response.get_json()["results"][0]["status"] == 503
    assert "secret" not in response.text


def test_a_batch_answers_results_and_problems_in_order(service):
    good, bad = bars_of(walk(60)), bars_of(walk(60))
    bad[5]["low"] = -1
    series = [{"symbol": "A", "bars": good}, {"bars": bad}, {"bars": []}, 7, {"bars": good, "model": "rules@8"}]
    results = service.post("/detect_regime/batch", json={"series": series}).get_json()["results"]
    assert results[0] == detect(service, good).get_json()
    assert [result.get("status", 200) for result in results] == [200, 422, 200, 422, 410]
    assert "series[1].bars[5].low" in results[1]["detail"]
    assert results[2]["regime"] == "unknown"
    assert "series[3]" in results[3]["detail"]
    assert service.post("/detect_regime/batch", json={"series": []}).get_json() == {"results": []}
    refused(service.post("/detect_regime/batch", json={"bars": good}), 422, "json.missing", "series")


def test_every_regime_a_reply_may_hold_is_in_the_description(service):
    schema = service.get("/openapi.json").get_json()["components"]["schemas"]["DetectReply"]
    assert schema["properties"]["regime"]["enum"] == list(ALL_NAMES)
