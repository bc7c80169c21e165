"""A whole training, small: equal bytes, a readable end, a tracked run, and no worse model put in use."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from dataclasses import replace

import pytest
from filelock import FileLock

from regime_core import MODEL_DIR, artifacts, training, versions
from regime_core.__main__ import main
from regime_core.artifacts import DETECTOR, STATES
from regime_core.bars import to_frame
from regime_core.errors import ArtifactError, RegimeError
from regime_core.training import pipeline, search, tracking
from regime_core.training.former import Verdict
from regime_core.training.summary import figures, summary
from stress_markets import index_and_vix

TINY = training.Plan(
    train_markets=20,
    validation_markets=4,
    foreign_markets=2,
    rows_a_market=60,
    test_paths=1,
    trials=2,
    search_rows=400,
    threads=1,
    ks=(2,),
    horizons=(1,),
    candidates=("boosted", "linear"),
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    for name, bars in zip(("sp500", "vix"), index_and_vix(1250), strict=True):
        to_frame(bars).reset_index(names="date").to_csv(folder / f"{name}.csv", index=False)
    return folder


def order(data, root, **more):
    return training.Order(data, root / "models", root / "runs", seed=3, plan=TINY, **more)


@pytest.fixture(scope="module")
def trained(tmp_path_factory, data):
    """An order into an empty house, and what came of it."""
    given = order(data, tmp_path_factory.mktemp("house"))
    told = []
    return given, training.run(given, lambda *step: told.append(step)), told


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_seed_and_data_give_the_same_bytes_although_killed_on_the_way(trained, data, tmp_path, monkeypatch):
    given = order(data, tmp_path)
    real, calls = search._try, []

    def cut_off(*arguments, number):
        calls.append(number)
        if len(calls) == 2:
            raise KeyboardInterrupt
        real(*arguments, number=number)

    monkeypatch.setattr(search, "_try", cut_off)
    with pytest.raises(KeyboardInterrupt):
        training.run(given)
    assert not given.out.exists()
    training.run(given)
    assert calls == [0, 1, 1]
    assert contents(given.out) == contents(trained[0].out)
    named = {name for raw in artifacts.read_manifest(given.out)["models"].values() for name in raw["files"]}
    assert contents(given.out).keys() == named | {"manifest.json", "drift.json", "walk_forward.parquet"}


def test_stages_come_in_order_and_reach_their_end(trained):
    stages = list(dict.fromkeys(stage.split(": ")[0] for stage, _, _ in trained[2]))
    assert stages == ["features", "states", "search", "walk-forward", "calibration", "final_model"]
    last = {stage.split(": ")[0]: (done, total) for stage, done, total in trained[2]}
    assert all(done == total for done, total in last.values())


def test_the_manifest_says_how_it_came_about(trained):
    manifest = artifacts.read_manifest(trained[0].out)
    about = manifest["trained"][DETECTOR]
    assert len(about["search"]["boosted"]["tried"]) == TINY.trials
    assert set(about["compared_on_validation_markets"]) == {"boosted", "linear", "rules"}
    boosted = manifest["models"]["boosted"]
    assert boosted["training"]["seed"] == 3
    assert boosted["training"]["parameters"] == about["search"]["boosted"]["parameters"]
    assert "default" in boosted["training"]["wins"]
    for name in ("precision", "recall"):
        assert set(boosted["scores"][name]) == {"trending_bullish", "trending_bearish", "ranging", "volatile", "calm"}
    walked = manifest["models"]["forecaster"]["scores"]["walk_forward"]["k 2"]["horizon 1"]
    assert {"precision", "recall"} <= set(walked)
    assert re.fullmatch("[0-9a-f]{64}", manifest["models"]["kmeans"]["training"]["data_sha256"])


def test_the_summary_says_what_was_chosen_and_how_good_it_is(trained):
    given, result, _ = trained
    told = summary(result, given, run=None)
    manifest = artifacts.read_manifest(given.out)
    walked = manifest["models"]["forecaster"]["scores"]["walk_forward"]["k 2"]["horizon 1"]
    line = next(line for line in told.splitlines() if "k 2, horizon 1" in line)
    assert [f"{walked[name]:.4f}" for name in ("accuracy", "precision", "recall")] == line.split()[4:7]
    assert f"boosted@{manifest['models']['boosted']['version']} (default)" in told
    assert "put in use; there was none before" in told
    assert "Not tracked" in told


@pytest.fixture
def no_network(monkeypatch):
    def refused(*arguments):
        raise AssertionError(f"a request was to leave this machine: {arguments[1:]}")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)


def test_a_run_is_in_mlflow_with_its_figures_and_files(trained, no_network):
    import mlflow

    given, result, _ = trained
    told = tracking.track(result, given)
    client = mlflow.MlflowClient(f"sqlite:///{given.runs / 'mlflow.db'}")
    (run,) = client.search_runs([client.get_experiment_by_name("regime-desk").experiment_id])
    assert run.info.status == "FINISHED"
    assert run.info.run_id in told
    assert run.data.params["seed"] == "3"
    assert run.data.params["boosted.depth"] == str(result.election.found["boosted"].parameters["depth"])
    manifest = artifacts.read_manifest(given.out)
    assert run.data.metrics["boosted/log_loss"] == manifest["models"]["boosted"]["scores"]["log_loss"]
    assert len(run.data.metrics) == len(figures(manifest))
    (version,) = client.search_model_versions("name = 'regime-desk'")
    assert version.run_id == run.info.run_id
    assert version.tags["boosted"] == manifest["models"]["boosted"]["version"]
    files = given.runs / "artifacts" / run.info.run_id / "artifacts"
    assert contents(files / "final_model") == contents(given.out)
    assert version.source == f"{(given.runs / 'artifacts').as_uri()}/{run.info.run_id}/artifacts/final_model"
    assert "precision" in (files / "summary.txt").read_text()
    pictures = sorted((files / "figures").iterdir())
    assert [path.name for path in pictures] == ["detectors.png", "search_boosted.png", "skill_k_2.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in pictures)
    assert not [path for path in files.rglob("*") if path.suffix in (".pkl", ".pickle", ".joblib") or path.name == "MLmodel"]


def test_telemetry_is_off(tmp_path):
    """In a process of its own: MLflow sends nothing from within pytest anyway."""
    code = (
        "import sys; from pathlib import Path; from regime_core.training import tracking; "
        "tracking._client(Path(sys.argv[1])); from mlflow.telemetry import get_telemetry_client; "
        "sys.exit(get_telemetry_client() is not None)"
    )
    plain = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(MODEL_DIR.parent)}
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], env=plain, cwd=tmp_path).returncode == 0


def test_a_worse_model_is_kept_but_not_put_in_use(trained, tmp_path):
    """Of fewer days, and of twenty markets: the shipped models stay, until it is forced."""
    _, result, _ = trained
    served = shutil.copytree(MODEL_DIR, tmp_path / "models")
    before = contents(served)
    given = replace(trained[0], out=served, runs=tmp_path / "runs")
    verdicts = {
        STATES: pipeline.states_verdict(result.kept, served),
        DETECTOR: pipeline.detectors_verdict("boosted", result.election.overall("boosted"), served, result.election.lessons),
    }
    assert [verdict.accepted for verdict in verdicts.values()] == [False, False]
    assert "learnt from 1,2" in verdicts[STATES].why
    became = pipeline.put_in_use(result.kept, given, verdicts)
    assert contents(served) == before
    told = summary(replace(result, verdicts=became), given, run=None)
    assert told.count("NOT put in use") == 2
    assert f"boosted@{json.loads(before['manifest.json'])['models']['boosted']['version']} (default)" in told
    assert "--force" in told
    became = pipeline.put_in_use(result.kept, replace(given, force=True), verdicts)
    assert all(verdict.forced for verdict in became.values())
    assert contents(served) == contents(result.kept)
    there = {f"{one.name}@{one.version}" for one in versions.versions(served, given.versions) if not one.in_use}
    assert {f"{name}@{raw['version']}" for name, raw in json.loads(before["manifest.json"])["models"].items()} - there <= {
        "rules@1"
    }


def test_only_the_part_that_is_no_worse_is_put_in_use(trained, tmp_path):
    _, result, _ = trained
    served = shutil.copytree(MODEL_DIR, tmp_path / "models")
    given = replace(trained[0], out=served, runs=tmp_path / "runs")
    pipeline.put_in_use(result.kept, given, {DETECTOR: Verdict(True, ""), STATES: Verdict(False, "")})
    now, new, old = (artifacts.read_manifest(folder)["models"] for folder in (served, result.kept, MODEL_DIR))
    assert now["boosted"] == new["boosted"]
    assert now["forecaster"] == old["forecaster"]
    assert artifacts.load(served).trained.keys() >= {DETECTOR}


def test_states_that_cannot_be_read_any_more_are_left_out_and_named(trained, tmp_path):
    _, result, _ = trained
    served = shutil.copytree(MODEL_DIR, tmp_path / "models")
    (served / "forecaster.npz").write_bytes(b"")
    given = replace(trained[0], out=served, runs=tmp_path / "runs", only="detectors")
    became = pipeline.put_in_use(result.kept, given, {DETECTOR: Verdict(True, "")})
    assert "forecaster.npz" in became[STATES].why
    assert artifacts.load(served).forecaster is None


def test_states_alone_want_detectors_beside_them(data, tmp_path):
    with pytest.raises(ArtifactError, match=r"manifest\.json is missing"):
        training.run(order(data, tmp_path, only="states"))


def test_one_training_at_a_time(data, tmp_path):
    given = order(data, tmp_path)
    given.runs.mkdir()
    with FileLock(given.runs / "training.lock"), pytest.raises(RegimeError, match="under way"):
        training.run(given)


def test_the_commands_list_versions_and_go_back(trained, tmp_path, capsys):
    given, _, _ = trained
    served = shutil.copytree(given.out, tmp_path / "models")
    where = ["--model-dir", str(served), "--runs", str(given.runs)]
    assert main(["models", *where]) == 0
    lines = capsys.readouterr().out.splitlines()
    version = artifacts.read_manifest(served)["models"]["boosted"]["version"]
    (line,) = (line for line in lines if f"boosted@{version}" in line)
    assert line.startswith("**")
    assert "log-loss" in line
    assert re.search(r"20\d\d-\d\d-\d\d", line)
    assert main(["use", "rules@1", *where]) == 0
    assert artifacts.load(served).default == "rules"
    assert main(["use", f"boosted@{version}", *where]) == 0
    assert contents(served) == contents(given.out)
    assert main(["use", "boosted@0", *where]) == 1
    assert "kept are" in capsys.readouterr().err
