"""A server that other machines reach: what it asks of visitors, and what it keeps off."""

import json
import urllib.error
import urllib.request

import pytest

from json_service import rules_folder
from real_server import post, serving

BEHIND_LOGIN = (
    *("/", "/label", "/nowhere", "/_dash-layout", "/_dash-dependencies", "/assets/favicon.svg", "/labelled/sp500.csv"),
    *("/_dash-update-component", "/uploads", "/_reload-hash"),
)
FOR_PROGRAMS = ("/health", "/healthcheck", "/ready", "/metrics", "/openapi.json", "/docs")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("open")
    rules_folder(folder / "model")
    return folder


@pytest.fixture(scope="module")
def with_login(folder):
    settings = {"REGIME_LOGIN_HEADER": "X-Forwarded-User", "REGIME_TRUSTED_PROXIES": "1"}
    with serving(folder, HOST="0.0.0.0", WEB_CONCURRENCY="1", **settings) as server:
        yield server


def status(server, path, headers, method="GET"):
    data = b"{}" if method == "POST" else None
    request = urllib.request.Request(
        server.address + path, data, {"Content-Type": "application/json", **headers}, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


@pytest.mark.parametrize("path", BEHIND_LOGIN)
@pytest.mark.parametrize("header", ["", "X_Forwarded_User", "X-Forwarded-Users"])
def test_pages_callbacks_and_files_are_behind_the_login(with_login, path, header):
    headers = {header: "ann"} if header else {}
    for method in ("GET", "POST"):
        found, body = status(with_login, path, headers, method)
        assert (found, json.loads(body)["code"]) == (401, "login.missing")


@pytest.mark.parametrize("path", ["/", "/label", "/_dash-layout", "/assets/favicon.svg", "/labelled/sp500.csv"])
def test_who_has_logged_in_is_served(with_login, path):
    assert status(with_login, path, {"X-Forwarded-User": "ann"})[0] == 200


@pytest.mark.parametrize("path", FOR_PROGRAMS)
def test_programs_are_served_without(with_login, path):
    assert status(with_login, path, {})[0] == 200
    assert post(with_login.address)[0] == 200


def test_with_a_login_jobs_are_on(with_login):
    assert "Fits and updates are off" not in with_login.log.read_text()


def test_without_a_login_jobs_are_off_and_the_log_says_so(folder):
    with serving(folder, HOST="0.0.0.0", WEB_CONCURRENCY="1") as server:
        (line,) = [line for line in server.log.read_text().splitlines() if "Fits and updates are off" in line]
        assert json.loads(line)["level"] == "warning"
        assert "HOST=0.0.0.0" in line
        clicked = {
            "output": '..{"name":"update","type":"job"}.data...{"name":"update","type":"job-shown"}.children@1..',
            "outputs": [
                {"id": {"name": "update", "type": "job"}, "property": "data"},
                {"id": {"name": "update", "type": "job-shown"}, "property": "children"},
            ],
            "inputs": [{"id": "overview-update", "property": "n_clicks", "value": 1}],
            "changedPropIds": ["overview-update.n_clicks"],
        }
        dependencies = json.loads(status(server, "/_dash-dependencies", {})[1])
        (update,) = [d for d in dependencies if d["inputs"] == [{"id": "overview-update", "property": "n_clicks"}]]
        clicked["output"] = update["output"]
        found, body = status_of_click(server, clicked)
        assert found == 200
        assert "Fits and updates are off" in body.decode()
        assert not list((folder / "state").glob("jobs/*/job.json"))


def status_of_click(server, clicked):
    request = urllib.request.Request(
        f"{server.address}/_dash-update-component", json.dumps(clicked).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        return response.status, response.read()
