"""The Rust client against a real server: its live tests, its README's example and its example of a file."""

import hashlib
import os
import re
import subprocess
import urllib.request
from pathlib import Path

import pytest

from real_server import ROOT, SHIPPED, serving

CRATE = ROOT / "clients" / "rust" / "market-regime-detector"
DEBIAN_CRATES = Path("/usr/share/cargo/registry")
KEY = "a key of the tests"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A server with the shipped models that asks for a key."""
    folder = tmp_path_factory.mktemp("rust")
    key = hashlib.sha256(KEY.encode()).hexdigest()
    with serving(folder, WEB_CONCURRENCY="1", REGIME_MODEL_DIR=SHIPPED, REGIME_API_KEYS=key) as server:
        yield server.address


def answers_by_model(address):
    with urllib.request.urlopen(f"{address}/metrics", timeout=10) as response:
        text = response.read().decode()
    counts = {}
    for labels, count in re.findall(r"^prediction_requests_total\{(.*)\} (\S+)$", text, re.MULTILINE):
        model = dict(re.findall(r'(\w+)="([^"]*)"', labels))["model"]
        counts[model] = counts.get(model, 0) + float(count)
    return counts


def cargo(*arguments, **environment):
    command, *others = arguments
    source = ["--offline", "--config", "debian.toml"] if DEBIAN_CRATES.is_dir() else []
    done = subprocess.run(
        ["cargo", command, *source, *others],
        cwd=CRATE,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_live_tests_pass(address):
    where = {"REGIME_TEST_SERVICE_URL": address, "REGIME_TEST_SERVICE_KEY": KEY}
    printed = cargo("test", "--test", "live", "--", "--include-ignored", **where)
    assert "4 passed; 0 failed; 0 ignored" in printed
    assert answers_by_model(address)["rules"] > 200


def test_the_example_of_the_readme_runs_and_asks_the_service(address):
    before = sum(answers_by_model(address).values())
    cargo("test", "--doc", REGIME_ML_SERVICE_URL=address, REGIME_ML_SERVICE_KEY=KEY)
    assert sum(answers_by_model(address).values()) == before + 1


def test_the_example_of_a_file_prints_the_service_s_answer(address):
    file = str(ROOT / "data" / "sp500.csv")
    printed = cargo("run", "--example", "regime_of_csv", "--", file, REGIME_ML_SERVICE_URL=address, REGIME_ML_SERVICE_KEY=KEY)
    assert re.search(r"^\d+ bars to 20\d\d-\d\d-\d\d 00:00$", printed, re.MULTILINE)
    assert re.search(r", confidence [01]\.\d\d, by \w+@\w+$", printed, re.MULTILINE)
    alone = cargo("run", "--example", "regime_of_csv", "--", file, REGIME_ML_SERVICE_URL="")
    assert "by local rules, as no service is set" in alone


@pytest.mark.parametrize("spoil", [lambda text: text.replace(",close", ",last", 1), lambda text: text.replace("1228.", "x", 1)])
def test_the_example_refuses_a_file_it_cannot_read(tmp_path, spoil):
    file = tmp_path / "prices.csv"
    file.write_text(spoil((ROOT / "data" / "sp500.csv").read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(AssertionError, match=r"no column close|line 2: "):
        cargo("run", "--quiet", "--example", "regime_of_csv", "--", str(file), REGIME_ML_SERVICE_URL="")
