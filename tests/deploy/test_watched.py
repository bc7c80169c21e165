"""A real Prometheus scrapes a real server of two workers, and answers everything the dashboard and the alerts ask."""

import json
import re
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request

import pytest
import yaml

from json_service import bars_of, walk
from waiting import wait_until

from .conftest import PROMETHEUS, ROOT, free_port, promtool, reaches, tool

DASHBOARD = json.loads((ROOT / "deploy/grafana/dashboards/regime_desk.json").read_text())
EXPRESSIONS = [(panel["title"], target["expr"]) for panel in DASHBOARD["panels"] for target in panel["targets"]]
WINDOW = "20s"
"""What Grafana puts for $__rate_interval when it is scraped as often as here."""


def post(address, body, path="/detect_regime"):
    request = urllib.request.Request(address + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, response.headers["X-Request-ID"]
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["X-Request-ID"]


def some_of_all(address, seed):
    """Answers of each kind: single, in a batch, under rules, refused."""
    bars = bars_of(walk(80, drift=0.003, seed=seed))
    assert post(address, {"bars": bars})[0] == 200
    assert post(address, {"bars": bars, "model": "rules"})[0] == 200
    assert post(address, {"series": [{"bars": bars}] * 3}, "/detect_regime/batch")[0] == 200
    assert post(address, {"bars": bars, "model": "none"})[0] == 422


@pytest.fixture(scope="module")
def visited(server):
    """The server, asked again and again until the test ends, so that rates have something to rise from."""
    address, _ = server
    ended, failed = threading.Event(), []

    def visit():
        seed = 0
        while not ended.wait(0.1):
            seed += 1
            try:
                some_of_all(address, seed)
            except (AssertionError, OSError) as error:
                failed.append(error)
                return

    visiting = [threading.Thread(target=visit) for _ in range(4)]
    for thread in visiting:
        thread.start()
    yield address
    ended.set()
    for thread in visiting:
        thread.join()
    assert not failed


@pytest.fixture(scope="module")
def prometheus(visited, tmp_path_factory):
    """Address of a Prometheus with the shipped configuration, but for where the server is and how often it looks."""
    folder = tmp_path_factory.mktemp("prometheus")
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    config["global"] = dict.fromkeys(("scrape_interval", "scrape_timeout", "evaluation_interval"), "1s")
    config["rule_files"] = [str(PROMETHEUS / name) for name in config["rule_files"]]
    config["scrape_configs"][0]["static_configs"][0]["targets"] = [visited.removeprefix("http://")]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    port = free_port()
    command = [
        tool("prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: process.poll() is not None or reaches(f"{address}/-/ready"))
        assert process.poll() is None, (folder / "log").read_text()
        yield address
    finally:
        process.terminate()
        process.wait(60)


def ask(prometheus, expression):
    """Values that an expression has now, by their labels."""
    query = urllib.parse.urlencode({"query": expression.replace("$__rate_interval", WINDOW)})
    with urllib.request.urlopen(f"{prometheus}/api/v1/query?{query}", timeout=30) as response:
        answer = json.load(response)
    assert answer["status"] == "success", answer
    return {tuple(sorted(one["metric"].items())): float(one["value"][1]) for one in answer["data"]["result"]}


@pytest.mark.parametrize("expression", [expression for _, expression in EXPRESSIONS], ids=[title for title, _ in EXPRESSIONS])
def test_the_dashboard_has_data(prometheus, expression):
    """A number, not NaN: a rate of nothing is one too."""
    found = wait_until(lambda: [value for value in ask(prometheus, expression).values() if value == value])
    assert found


def test_the_dashboard_shows_what_was_asked(prometheus):
    wait_until(lambda: ask(prometheus, "drift_mix_answers"))
    assert set(ask(prometheus, "workers_alive").values()) == {2.0}
    regimes = {dict(key)["regime"] for key in ask(prometheus, "sum by (regime) (prediction_requests_total)")}
    assert regimes & {"trending_bullish", "calm", "ranging"}
    assert {dict(key)["source"] for key in ask(prometheus, "prediction_requests_total")} >= {"json", "batch"}
    codes = {(dict(key)["status"], dict(key)["code"]) for key in ask(prometheus, "problems_total")}
    assert ("422", "model.unknown") in codes


def test_the_alerts_are_evaluated_and_none_of_a_fault_fires(prometheus):
    def groups():
        with urllib.request.urlopen(f"{prometheus}/api/v1/rules", timeout=30) as response:
            return json.load(response)["data"]["groups"]

    (group,) = wait_until(lambda: [one for one in groups() if all(rule["health"] == "ok" for rule in one["rules"])])
    states = {rule["name"]: rule["state"] for rule in group["rules"]}
    assert len(states) == 7
    assert states["RegimeDeskNotScraped"] == states["RegimeDeskErrors"] == "inactive"


def test_no_label_is_of_a_worker_or_of_a_client(prometheus):
    labels = {name for key in ask(prometheus, '{job="regime-desk", __name__!~"ALERTS.*"}') for name, _ in key}
    assert labels == {
        *("__name__", "job", "instance", "regime", "source", "model", "le", "feature", "bin"),
        *("code", "status", "state", "name", "version", "default", "dataset"),
    }


def test_a_scrape_passes_promtool(visited):
    wait_until(lambda: b"drift_flip_ratio" in scrape(visited))
    checked = promtool("check", "metrics", given=scrape(visited).decode())
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert checked.stderr == ""


def test_promtool_sees_a_metric_that_is_wrong():
    assert promtool("check", "metrics", given="# TYPE calls counter\ncalls 1\n").returncode != 0


def test_all_rows_of_all_workers_are_counted(visited):
    """Each input of each answer under the default model lies in one decile, whichever worker answered."""

    def sums():
        text = scrape(visited).decode()
        bins = sum(float(v) for v in re.findall(r'^feature_bin_total\{.*feature="turnover".*\} (\S+)$', text, re.M))
        return bins, float(re.search(r"^drift_mix_answers (\S+)$", text, re.M)[1])

    wait_until(lambda: b"drift_mix_answers" in scrape(visited))
    _, answers = sums()
    wait_until(lambda: sums()[0] >= answers)


def scrape(address):
    with urllib.request.urlopen(f"{address}/metrics", timeout=30) as response:
        return response.read()


def test_the_log_is_json_and_a_line_a_fault(server):
    _, log = server
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert sum(line["message"].startswith("Booting worker") for line in lines) == 2
    assert all({"time", "level", "logger", "process", "message"} <= set(line) for line in lines)
    assert not [line for line in lines if line["message"] == "request"]


def test_an_id_comes_back_from_a_real_server(server):
    address, _ = server
    status, own = post(address, {"bars": []})
    assert status == 200
    assert re.fullmatch("[0-9a-f]{16}", own)
