"""Keys, sizes, types, rates and headers."""

import hashlib
import io
import json

import pytest

from json_service import bars_of, detect, refused, walk

BARS = bars_of(walk(60))
KEY, OTHER = "k-1f7e", "k-9a2b"
HASHES = ", ".join(hashlib.sha256(key.encode()).hexdigest() for key in (KEY, OTHER))


def test_without_keys_the_json_routes_are_open(service):
    assert detect(service, BARS).status_code == 200


def test_with_keys_only_their_holders_are_answered(service_with):
    service = service_with(api_keys=HASHES)
    for key in (KEY, OTHER):
        answer = service.post("/detect_regime", json={"bars": BARS}, headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code == 200
    for path in ("/detect_regime", "/detect_regime/batch"):
        for header, code in {
            "": "auth.missing",
            "Bearer": "auth.missing",
            "Bearer ": "auth.missing",
            f"Basic {KEY}": "auth.missing",
            "Bearer wrong": "auth.unknown",
            f"Bearer {HASHES[:64]}": "auth.unknown",
            "Bearer ключ": "auth.unknown",
        }.items():
            headers = {"Authorization": header.encode().decode("latin-1")} if header else {}
            response = service.post(path, data="no JSON at all", headers=headers)
            refused(response, 401, code)
            assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert service.get("/health").status_code == service.get("/metrics").status_code == 200


def test_a_key_setting_that_is_no_hash_stops_the_start(service_with):
    with pytest.raises(ValueError, match="REGIME_API_KEYS"):
        service_with(api_keys="plain-key")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
def test_another_type_is_415(service, headers):
    response = service.post("/detect_regime", data=json.dumps({"bars": BARS}), headers=headers)
    refused(response, 415, "http.unsupported_media_type")


def test_a_body_over_the_limit_is_413(service_with):
    service = service_with(max_body_mb=1)
    response = service.post("/detect_regime", data=b" " * 1_000_001, content_type="application/json")
    refused(response, 413, "limits.body", "1,000,000")
    fits = json.dumps({"bars": BARS}).encode().ljust(1_000_000)
    assert service.post("/detect_regime", data=fits, content_type="application/json").status_code == 200


def test_a_body_that_does_not_tell_its_length_is_read_up_to_the_limit(service_with):
    """What gunicorn hands on for a chunked body: no length, and an input that ends by itself."""
    read = 0

    class Endless:
        def read(self, size=-1):
            nonlocal read
            assert 0 < size < 10**7
            read += size
            return b" " * size

        def close(self):
            pass

    service = service_with(max_body_mb=1)
    environ = {
        "wsgi.input": Endless(),
        "wsgi.input_terminated": True,
        "CONTENT_TYPE": "application/json",
        "HTTP_TRANSFER_ENCODING": "chunked",
    }
    refused(service.post("/detect_regime", environ_overrides=environ), 413, "limits.body")
    assert read <= 1_100_000


def test_a_body_that_does_not_tell_its_length_and_fits_is_answered(service):
    environ = {
        "wsgi.input": io.BytesIO(json.dumps({"bars": BARS}).encode()),
        "wsgi.input_terminated": True,
        "CONTENT_TYPE": "application/json",
        "HTTP_TRANSFER_ENCODING": "chunked",
    }
    assert service.post("/detect_regime", environ_overrides=environ).get_json()["bars_used"] == 60


def test_series_longer_than_the_limit_and_batches_larger_are_422(service_with):
    service = service_with(max_bars=60, max_series=2)
    assert detect(service, BARS).status_code == 200
    refused(detect(service, bars_of(walk(61))), 422, "limits.bars", "61", "60")
    one = {"bars": BARS}
    assert service.post("/detect_regime/batch", json={"series": [one, one]}).status_code == 200
    refused(service.post("/detect_regime/batch", json={"series": [one] * 3}), 422, "limits.series", "3", "2")
    mixed = service.post("/detect_regime/batch", json={"series": [one, {"bars": bars_of(walk(61))}]}).get_json()["results"]
    assert mixed[0]["bars_used"] == 60
    assert mixed[1]["detail"].startswith("series[1]")


def test_beyond_the_rate_is_429_with_the_seconds_to_wait(service_with):
    service = service_with(rate_limit="3/hour")
    for path in ("/detect_regime", "/detect_regime/batch", "/detect_regime"):
        assert service.post(path, json={"bars": BARS, "series": []}).status_code == 200
    for path in ("/detect_regime", "/detect_regime/batch"):
        response = service.post(path, json={"bars": BARS, "series": []})
        refused(response, 429, "limits.rate", "3/hour", "Retry-After")
        assert 0 < int(response.headers["Retry-After"]) <= 3600
    assert service.get("/health").status_code == service.get("/metrics").status_code == 200
    elsewhere = service.post("/detect_regime", json={"bars": BARS}, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert elsewhere.status_code == 200


def test_the_rate_is_by_key_where_there_are_keys(service_with):
    service = service_with(rate_limit="1/hour", api_keys=HASHES)
    statuses = [
        service.post("/detect_regime", json={"bars": BARS}, headers={"Authorization": f"Bearer {key}"}).status_code
        for key in (KEY, KEY, OTHER, OTHER, "wrong")
    ]
    assert statuses == [200, 429, 200, 429, 401]


def test_where_the_shared_store_of_rates_is_away_each_worker_counts_and_the_log_says_so(service_with, caplog):
    service = service_with(rate_limit="2/hour", redis_url="redis://127.0.0.1:1/0")
    assert [detect(service, BARS).status_code for _ in range(3)] == [200, 200, 429]
    assert "storage unreachable" in caplog.text


@pytest.mark.parametrize("path", ["/health", "/docs", "/nowhere", "/detect_regime", "/metrics"])
def test_every_answer_has_the_security_headers(service, path):
    headers = service.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert headers["Referrer-Policy"] == "no-referrer"
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self'; script-src 'self';")
    assert "unsafe-eval" not in policy


def test_metrics_ask_for_a_key_of_their_own(service_with):
    service = service_with(metrics_keys=hashlib.sha256(b"scrape").hexdigest(), api_keys=hashlib.sha256(b"trade").hexdigest())
    assert service.get("/metrics", headers={"Authorization": "Bearer scrape"}).status_code == 200
    refused(service.get("/metrics"), 401, "auth.missing")
    refused(service.get("/metrics", headers={"Authorization": "Bearer trade"}), 401, "auth.unknown")
    refused(
        service.post("/detect_regime", json={"bars": BARS}, headers={"Authorization": "Bearer scrape"}), 401, "auth.unknown"
    )
    document = service.get("/openapi.json").get_json()
    assert document["paths"]["/metrics"]["get"]["security"] == [{"key": []}]


def test_a_key_of_metrics_that_is_no_hash_stops_the_start(service_with):
    with pytest.raises(ValueError, match="REGIME_METRICS_KEYS"):
        service_with(metrics_keys="plain-key")


LOGIN = {"login_header": "X-Forwarded-User", "trusted_proxies": 1}


@pytest.mark.parametrize("headers", [{}, {"X-Forwarded-User": ""}, {"X-Forwarded-User": " "}, {"X_Forwarded_Users": "ann"}])
def test_files_are_for_those_who_have_logged_in(service_with, headers):
    service = service_with(**LOGIN)
    for response in (
        service.post("/uploads", headers=headers),
        service.get("/labelled/sp500.csv", headers=headers),
        service.get("/uploads/anything", headers=headers),
    ):
        refused(response, 401, "login.missing", "Log in")
    assert service.get("/labelled/sp500.csv", headers={"X-Forwarded-User": "ann"}).status_code == 404


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics", "/openapi.json", "/docs"])
def test_programs_need_no_login(service_with, path):
    service = service_with(**LOGIN)
    assert service.get(path).status_code == 200
    assert detect(service, BARS).status_code == 200
