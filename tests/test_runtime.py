import hashlib
import shutil
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import runtime
from detectors import recurrent_folder
from json_service import rules_folder
from regime_core import features
from regime_core.bars import DAY_NS, OHLCV, to_frame
from regime_core.errors import ArtifactError, ModelError, RegimeError
from regime_core.models import lstm_torch
from regime_core.readers import Overrides
from results import of_features, of_labels, of_states
from runtime import Runtime, Settings, signing_key
from visitors import received, uploaded
from waiting import wait_for_job

ROOT = Path(__file__).resolve().parent.parent


def test_settings_come_from_the_environment_and_keep_their_defaults():
    settings = Settings.from_environment({"PORT": "9000", "REGIME_SECURE_COOKIES": "1", "REGIME_DATA_DIR": "/d", "HOST": ""})
    assert (settings.port, settings.secure_cookies, settings.data_dir) == (9000, True, Path("/d"))
    assert settings.host == "127.0.0.1"
    assert settings.workers == Settings().workers


@pytest.mark.parametrize("variable", ["PORT", "REGIME_UPLOAD_DAYS", "REGIME_SECURE_COOKIES"])
def test_a_setting_that_does_not_parse_is_named(variable):
    with pytest.raises(ValueError, match=variable):
        Settings.from_environment({variable: "soon"})


def test_the_signing_key_is_private_and_one_for_all_workers(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(signing_key, [tmp_path / "state"] * 32))
    assert len(keys) == 1
    assert len(keys.pop()) == 32
    assert stat.S_IMODE((tmp_path / "state" / "signing.key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["signing.key"]


@pytest.fixture
def process(tmp_path):
    return Runtime(Settings(state_dir=tmp_path))


def walk(n):
    rng = np.random.default_rng(3)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, n)))
    return OHLCV(np.arange(n, dtype=np.int64) * DAY_NS, close, close * 1.01, close * 0.99, close, np.full(n, np.nan))


def test_labels_are_made_once(process):
    dataset = process.library.get("sp500")
    labels = process.results.labels(dataset)
    assert labels is not None
    assert process.results.labels(dataset) is labels
    assert process.results.labels(dataset, "rules") is not labels


def test_long_series_are_labelled_by_a_job_and_read_back(process, monkeypatch):
    for part in (of_labels, of_features):
        monkeypatch.setattr(part, "INLINE_BARS", 200)
    monkeypatch.setattr(of_labels, "INLINE_BYTES", 1_000)
    uploads = process.library.uploads
    text = to_frame(walk(300)).to_csv().encode()
    upload = uploads.get(received(uploads, "alice", "long.csv", text), "alice")
    job = process.results.start_study(upload, Overrides(), "rules")
    assert wait_for_job(process.jobs, job).state == "done"
    dataset = process.library.get(uploads.show(upload, "as-found").id, "alice")
    np.testing.assert_array_equal(dataset.bars.close, walk(300).close)
    labels, expected = process.results.labels(dataset, "rules"), process.engine.label(dataset.bars, model="rules")
    np.testing.assert_array_equal(labels.codes, expected.codes)
    np.testing.assert_array_equal(labels.probabilities, expected.probabilities)
    hindsight = process.engine.hindsight(dataset.bars, model="rules")
    np.testing.assert_array_equal(process.results.hindsight(dataset, "rules"), hindsight)
    assert process.results.differing(dataset, "rules")[0] == int((hindsight != labels.codes).sum())
    assert process.results.labels(dataset, "boosted") is None  # that model has its own work to do


def test_states_of_the_sp500_rest_on_the_vix_and_are_made_once(process):
    dataset = process.library.get("sp500")
    market = process.results.market(dataset)
    assert market.columns == ("return", "volatility", "vix")
    assert "outside the dates of the VIX" in " ".join(market.notes)
    found = process.results.clusters(dataset)
    assert process.results.clusters(dataset) is found
    assert process.results.clusters(dataset, found.k) is found
    assert set(found.silhouettes) == {2, 3, 4, 5}
    assert found.k == max(found.silhouettes, key=found.silhouettes.get)
    assert process.results.clusters(dataset, 4).k == 4


def test_states_of_an_upload_do_without_the_vix(process):
    dataset = process.library.get(uploaded(process.library, "alice", "walk.csv", walk(300)), "alice")
    market = process.results.market(dataset)
    assert market.columns == ("return", "volatility", "parkinson")
    assert "There is no VIX here" in " ".join(market.notes)


def test_states_of_the_vix_rest_on_its_own_level_and_no_forecast_of_the_index_is_its_own(process):
    vix = process.library.get("vix")
    market = process.results.market(vix)
    assert market.columns == ("return", "volatility", "vix")
    assert "This is the VIX itself" in " ".join(market.notes)
    assert process.results.forecast(vix) is None
    assert process.results._market_arguments(vix, 2) == ["--bars", str(vix.path), "--vix", str(vix.path), "--regimes", "2"]


def test_states_of_a_long_history_are_made_by_a_job_and_are_the_same(process, monkeypatch):
    dataset = process.library.get(uploaded(process.library, "alice", "walk.csv", walk(300)), "alice")
    inline = [process.results.clusters(dataset, k) for k in (None, 3)]
    monkeypatch.setattr(of_states, "INLINE_DAYS", 200)
    again = Runtime(process.settings)
    assert again.results.clusters(dataset) is None
    assert wait_for_job(again.jobs, again.results.start_clusters(dataset)).state == "done"
    for made, k in zip(inline, (None, 3), strict=True):
        found = again.results.clusters(dataset, k)
        assert (found.k, found.silhouettes) == (made.k, made.silhouettes)
        np.testing.assert_array_equal(found.distances, made.distances)
    assert again.results.clusters(dataset, 3) is again.results.clusters(dataset, 3)
    with pytest.raises(RegimeError, match="2 to 5"):
        again.results.clusters(dataset, 9)


def stormy(n):
    """Weekdays of quiet and stormy quarters."""
    rng = np.random.default_rng(3)
    days = np.busday_offset("2018-01-01", np.arange(n), roll="forward").astype("M8[ns]").astype(np.int64)
    move = np.where((np.arange(n) // 90) % 2, 0.02, 0.006)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 1, n) * move))
    return OHLCV(days, close, close * (1 + move / 2), close * (1 - move / 2), close, np.full(n, np.nan))


def test_a_forecast_and_the_record_of_an_upload_are_made_by_jobs_and_kept(process):
    dataset = process.library.get(uploaded(process.library, "alice", "stormy.csv", stormy(800)), "alice")
    assert process.results.forecast(dataset, 2) is None
    assert process.results.walk_forward(dataset, 2) is None
    assert (process.results.scores(dataset, 2), process.results.outcomes(dataset, 2)) == ({}, {})
    assert wait_for_job(process.jobs, process.results.start_forecast(dataset, 2)).state == "done"
    forecast = process.results.forecast(dataset, 2)
    assert (forecast.as_of, forecast.k, forecast.in_sample) == (dataset.bars.time[-1], 2, False)
    assert process.results.forecast(dataset, 3) is None
    assert wait_for_job(process.jobs, process.results.start_walk_forward(dataset, 2)).state == "done"
    walked = process.results.walk_forward(dataset, 2)
    assert walked.time[-1] == dataset.bars.time[-1]
    assert set(walked.years) == {2021}
    found = process.results.scores(dataset, 2)
    assert found[1].n_days == walked.at(1).settled().time.size
    assert process.results.scores(dataset, 2) is found
    assert process.results.outcomes(dataset, 2)[1].n.sum() == found[1].n_days


def test_too_little_history_says_what_can_still_be_shown(process):
    dataset = process.library.get(uploaded(process.library, "alice", "short.csv", stormy(300)), "alice")
    for ask in (process.results.forecast, process.results.walk_forward, process.results.scores, process.results.outcomes):
        with pytest.raises(RegimeError, match="three years"):
            ask(dataset)


def test_features_are_those_of_the_library(process):
    dataset = process.library.get("sp500")
    found = process.results.features(dataset, ["vix_level", "volatility_21"])
    bars, vix = to_frame(dataset.bars), to_frame(process.library.get("vix").bars)["close"]
    np.testing.assert_array_equal(found, features.table(bars, vix, names=["vix_level", "volatility_21"]))
    with pytest.raises(RegimeError, match="No feature is called soup"):
        process.results.features(dataset, ["soup"])


def test_features_of_a_long_series_are_made_by_a_job(process, monkeypatch):
    dataset = process.library.get(uploaded(process.library, "alice", "long.csv", walk(300)), "alice")
    inline = process.results.features(dataset, ["rsi_14", "volatility_5"])
    for part in (of_labels, of_features):
        monkeypatch.setattr(part, "INLINE_BARS", 200)
    assert process.results.features(dataset, ["rsi_14", "volatility_5"]) is None
    assert wait_for_job(process.jobs, process.results.start_features(dataset)).state == "done"
    np.testing.assert_array_equal(process.results.features(dataset, ["rsi_14", "volatility_5"]), inline)


def test_no_result_lands_among_the_bundled_histories(process, tmp_path):
    """A result of theirs goes to the state folder, and one of an upload beside it, so that both expire together."""
    vix = process.library.get("vix")
    upload = process.library.get(uploaded(process.library, "alice", "mine.csv", walk(300)), "alice")
    assert process.results._walk_path(vix, 2).is_relative_to(tmp_path / "results")
    assert process.results._walk_path(vix, 2).parent.is_dir()
    assert process.results._walk_path(upload, 2).parent == upload.path.parent
    assert upload.path.is_relative_to(process.library.uploads.folder)


def test_an_update_that_finds_no_server_says_so_and_leaves_the_data(tmp_path):
    shutil.copytree(ROOT / "data", tmp_path / "data")
    before = (tmp_path / "data" / "sp500.csv").read_bytes()
    nowhere = "http://127.0.0.1:9"
    settings = Settings(
        state_dir=tmp_path / "var", data_dir=tmp_path / "data", yahoo_url=nowhere, cboe_url=nowhere, fred_url=nowhere
    )
    process = Runtime(settings)
    status = wait_for_job(process.jobs, process.start_update())
    assert status.state == "failed"
    assert "127.0.0.1" in status.message
    assert (tmp_path / "data" / "sp500.csv").read_bytes() == before


def test_asking_before_configure_says_what_to_call(monkeypatch):
    monkeypatch.setattr(runtime, "_runtime", None)
    with pytest.raises(RuntimeError, match="create_app"):
        runtime.current()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "::1", "localhost"])
def test_on_loopback_visitors_may_start_jobs(host):
    assert not Settings(host=host).jobs_off
    assert not Settings(host=host).warnings()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "desk.example"])
def test_beyond_loopback_visitors_may_start_jobs_only_behind_a_login(host, tmp_path):
    off = Settings(host=host, state_dir=tmp_path)
    assert "REGIME_LOGIN_HEADER" in off.jobs_off
    assert host in off.warnings()[0]
    assert not Settings(host=host, login_header="X-Forwarded-User", trusted_proxies=1).jobs_off
    open_to_all = Runtime(off)
    sp500 = open_to_all.library.get("sp500")
    for start in (
        open_to_all.update_by_visitor,
        lambda: open_to_all.results.start_clusters(sp500),
        lambda: open_to_all.results.start_forecast(sp500, 3),
        lambda: open_to_all.results.start_walk_forward(sp500, 3),
    ):
        with pytest.raises(RegimeError, match="Fits and updates are off") as told:
            start()
        assert told.value.code == "jobs.off"
    assert not (tmp_path / "jobs").exists()


def test_a_login_header_that_anyone_could_send_stops_the_start():
    with pytest.raises(ValueError, match="REGIME_TRUSTED_PROXIES"):
        Settings(login_header="X-Forwarded-User")


@pytest.mark.parametrize("digest", ["abc", "g" * 64, "0" * 63])
def test_a_digest_that_is_none_stops_the_start(digest):
    with pytest.raises(ValueError, match="REGIME_MODEL_DIGEST"):
        Settings(model_digest=digest)


def test_a_device_that_is_none_stops_the_start():
    assert Settings.from_environment({}).device == "auto"
    assert Settings.from_environment({"REGIME_DEVICE": "cuda"}).device == "cuda"
    with pytest.raises(ValueError, match="REGIME_DEVICE='tpu' is none of auto, cpu, cuda"):
        Settings.from_environment({"REGIME_DEVICE": "tpu"})


@pytest.fixture
def failing_card(monkeypatch):
    """A card that takes the network, and fails in the first pass."""
    monkeypatch.setattr(lstm_torch, "resolved", lambda device: "cpu" if device == "cpu" else "cpu:0")
    monkeypatch.setattr(lstm_torch.OnDevice, "_read", fail)


def fail(self, sequences):
    raise RuntimeError("CUDA error: no kernel image is available for execution on the device")


def test_a_card_that_fails_at_the_start_is_no_start_with_cuda(tmp_path, failing_card):
    settings = Settings(model_dir=recurrent_folder(tmp_path / "model"), state_dir=tmp_path, device="cuda")
    with pytest.raises(ModelError, match="failed in its first answers") as told:
        _ = Runtime(settings).engine
    assert told.value.code == "model.device"
    later = Runtime(settings).load(or_say_so=True)
    assert (later.device, later.lost) == ("cpu", True)
    assert Runtime(replace(settings, device="auto")).engine.device == "cpu"
    assert not Runtime(replace(settings, device="cpu")).engine.lost


def test_only_the_models_of_the_digest_are_served(tmp_path):
    folder = rules_folder(tmp_path / "model")
    digest = hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    for right in (digest, digest.upper()):
        assert Runtime(Settings(model_dir=folder, state_dir=tmp_path, model_digest=right)).engine.default == "rules"
    with pytest.raises(ArtifactError, match=f"{digest}.*REGIME_MODEL_DIGEST"):
        _ = Runtime(Settings(model_dir=folder, state_dir=tmp_path, model_digest="0" * 64)).engine
