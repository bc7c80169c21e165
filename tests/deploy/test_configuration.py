"""What deploy/ holds: each file passes the tool that reads it, and keeps what docs/operations.md promises."""

import json
import re

import pytest
import yaml

from .conftest import PROMETHEUS, ROOT, promtool

COMPOSE = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())
CLOUD = yaml.safe_load((ROOT / "deploy/compose.cloud.yaml").read_text())
DASHBOARD = json.loads((ROOT / "deploy/grafana/dashboards/regime_desk.json").read_text())
SERVICES = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()


@pytest.mark.parametrize("config", ["prometheus.yml", "prometheus.cloud.yml"])
def test_the_configuration_passes(config):
    checked = promtool("check", "config", config)
    assert checked.returncode == 0, checked.stderr


def test_the_cloud_differs_by_the_remote_alone_and_holds_no_secret():
    here, there = (yaml.safe_load((PROMETHEUS / name).read_text()) for name in ("prometheus.yml", "prometheus.cloud.yml"))
    (remote,) = there.pop("remote_write")
    assert here == there
    assert remote["basic_auth"]["password_file"] == "/run/secrets/grafana_cloud_token"
    assert "password" not in remote["basic_auth"]


def test_the_rules_pass_and_do_what_their_tests_say():
    assert promtool("check", "rules", "rules/regime_desk.yml").returncode == 0
    tested = promtool("test", "rules", "rules/regime_desk_test.yml")
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_every_alert_has_a_test_that_it_fires_and_one_that_it_does_not():
    alerts = {
        rule["alert"] for rule in yaml.safe_load((PROMETHEUS / "rules/regime_desk.yml").read_text())["groups"][0]["rules"]
    }
    tests = yaml.safe_load((PROMETHEUS / "rules/regime_desk_test.yml").read_text())["tests"]
    asked = [(one["alertname"], bool(one.get("exp_alerts"))) for test in tests for one in test["alert_rule_test"]]
    assert set(asked) == {(alert, fires) for alert in alerts for fires in (True, False)}


def test_a_rule_that_is_broken_fails_its_test(tmp_path):
    text = (PROMETHEUS / "rules/regime_desk.yml").read_text()
    (tmp_path / "regime_desk.yml").write_text(text.replace("> 0.01", "> 0.10"))
    (tmp_path / "regime_desk_test.yml").write_text((PROMETHEUS / "rules/regime_desk_test.yml").read_text())
    assert promtool("test", "rules", "regime_desk_test.yml", cwd=tmp_path).returncode != 0


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_runs_with_little_to_break(name):
    service = SERVICES[name]
    assert service["user"].split(":")[0] not in ("0", "root")
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["healthcheck"]["test"][0] == "CMD"
    assert {"interval", "timeout", "retries", "start_period"} <= set(service["healthcheck"])
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])


def test_images_are_pinned():
    images = [service["image"] for service in SERVICES.values()]
    assert images[0] == "regime-desk:local"
    for image in images[1:]:
        assert re.fullmatch(r"[a-z/]+:v?\d+\.\d+\.\d+", image), image
    assert re.match(r"FROM python:3\.11-slim-[a-z]+\n", DOCKERFILE)


def test_all_that_the_app_writes_is_writable():
    app = SERVICES["app"]
    writable = [mount.split(":")[0] for mount in app["tmpfs"]] + [mount.split(":")[1] for mount in app["volumes"]]
    environment = app["environment"]
    for variable in ("TMPDIR", "REGIME_STATE_DIR", "NUMBA_CACHE_DIR"):
        assert any(environment[variable].startswith(path) for path in writable), variable
    assert "/srv/regime-desk/data" in writable
    for variable in ("REGIME_STATE_DIR", "NUMBA_CACHE_DIR"):
        assert f"{variable}={environment[variable]}" in DOCKERFILE
    assert f"--uid {app['user']} " in DOCKERFILE


def test_what_is_mounted_is_there():
    for service in (*SERVICES.values(), *CLOUD["services"].values()):
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            assert (ROOT / "deploy" / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]
        for secret in service.get("secrets", []):
            assert secret in COMPOSE["secrets"] | CLOUD["secrets"]
    assert (ROOT / "deploy/secrets/.gitignore").read_text().startswith("*\n")


def test_the_cloud_changes_the_configuration_alone():
    here, there = SERVICES["prometheus"]["command"], CLOUD["services"]["prometheus"]["command"]
    assert set(here) ^ set(there) == {
        "--config.file=/etc/prometheus/prometheus.yml",
        "--config.file=/etc/prometheus/prometheus.cloud.yml",
    }


def test_grafana_finds_its_source_and_its_dashboard():
    folder = ROOT / "deploy/grafana/provisioning"
    (source,) = yaml.safe_load((folder / "datasources/prometheus.yml").read_text())["datasources"]
    assert source["url"] == "http://prometheus:9090"
    uids = {part["datasource"]["uid"] for panel in DASHBOARD["panels"] for part in (panel, *panel["targets"])}
    assert uids == {source["uid"]}
    (provider,) = yaml.safe_load((folder / "dashboards/regime_desk.yml").read_text())["providers"]
    assert f"./grafana/dashboards:{provider['options']['path']}:ro" in SERVICES["grafana"]["volumes"]


def test_the_panels_do_not_overlap():
    taken = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
