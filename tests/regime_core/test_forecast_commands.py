"""evaluate, forecast and train --only states, on made-up histories: what they write, print and refuse."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

import regime_core
from regime_core import MODEL_DIR, artifacts, mapped, states, training, walkforward
from regime_core.__main__ import main
from regime_core.bars import to_frame
from regime_core.engine import Engine
from regime_core.errors import ArtifactError, ModelError, RegimeError
from regime_core.states import Forecast
from stress_markets import index_and_vix


@pytest.fixture(scope="module")
def histories():
    return index_and_vix(1250)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, histories):
    """A data folder, and the same with the last months cut off."""
    root = tmp_path_factory.mktemp("histories")
    for name, bars in zip(("sp500", "vix"), histories, strict=True):
        frame = to_frame(bars).reset_index(names="Date").rename(columns=str.title)
        frame.to_csv(root / f"{name}.csv", index=False)
        frame[:1150].to_csv(root / f"{name}_cut.csv", index=False)
    return root


def evaluate(folder, out, *more, cut=""):
    files = ["--bars", str(folder / f"sp500{cut}.csv"), "--vix", str(folder / f"vix{cut}.csv")]
    return main(["evaluate", *files, "--horizons", "1,5", "--out", str(out), *more])


@pytest.fixture(scope="module")
def predictions(folder):
    assert evaluate(folder, folder / "predictions.csv", "--start", "2014-02-03", "--regimes", "2") == 0
    return pd.read_csv(folder / "predictions.csv")


def test_the_columns_are_as_agreed(predictions):
    columns = ["date", "horizon", "label_today", "p0", "p1", "m0", "m1", "label_realised"]
    assert list(predictions.columns) == columns
    assert predictions["date"].min() == "2014-02-03"
    assert not predictions.duplicated(["date", "horizon"]).any()
    assert set(predictions["horizon"]) == {1, 5}
    np.testing.assert_allclose(predictions[["p0", "p1"]].sum(axis=1), 1, atol=2e-6)
    np.testing.assert_allclose(predictions[["m0", "m1"]].sum(axis=1), 1, atol=2e-6)
    unknown = predictions[predictions["label_realised"].isna()]
    assert unknown.groupby("horizon").size().to_dict() == {1: 1, 5: 5}
    assert set(predictions["label_realised"].dropna()) <= {0, 1}


def test_labels_are_written_as_integers(folder, predictions):
    lines = (folder / "predictions.csv").read_text().splitlines()
    assert lines[1].split(",")[-1] in ("0", "1")
    assert lines[-1].endswith(",")  # not yet known


def test_rows_on_cut_data_are_those_on_the_whole(folder, predictions, tmp_path):
    assert evaluate(folder, tmp_path / "cut.csv", "--start", "2014-02-03", "--regimes", "2", cut="_cut") == 0
    cut = pd.read_csv(tmp_path / "cut.csv")
    whole = predictions[predictions["date"] <= cut["date"].max()].reset_index(drop=True)
    assert 100 < len(cut) == len(whole)
    pd.testing.assert_frame_equal(cut.drop(columns="label_realised"), whole.drop(columns="label_realised"), check_exact=True)
    known = cut["label_realised"].notna()
    pd.testing.assert_series_equal(cut.loc[known, "label_realised"], whole.loc[known, "label_realised"])


def test_the_table_names_model_and_baselines(folder, tmp_path, capsys):
    assert evaluate(folder, tmp_path / "walk.parquet") == 0
    printed = capsys.readouterr().out
    walk = walkforward.read(tmp_path / "walk.parquet")
    found = walkforward.scores(walk)
    for horizon, scores in found.items():
        block = printed.split(f"{horizon} day{'s' * (horizon > 1)} ahead")[1]
        for score in scores.scores:
            line = next(line for line in block.splitlines() if line.startswith(score.name))
            assert f"{score.accuracy:.4f}" in line
        margin = next(line for line in block.splitlines() if line.startswith("margin"))
        assert float(margin.split()[9]) == pytest.approx(scores.against("margin").skill, abs=2e-4)
    assert "Weights learnt on the past" in printed


def test_a_stored_upload_and_no_vix_are_taken_too(folder, histories, tmp_path, capsys):
    mapped.write_bars(tmp_path / "upload.arrow", [histories[0]])
    out = tmp_path / "forecast.json"
    assert (
        main(["forecast", "--bars", str(tmp_path / "upload.arrow"), "--horizons", "1", "--regimes", "2", "--out", str(out)])
        == 0
    )
    printed = capsys.readouterr().out
    forecast = Forecast.from_dict(json.loads(out.read_text()))
    assert forecast.as_of == histories[0].time[-1]
    assert "no VIX" in printed
    assert f"{forecast.horizons[1][0] * 100:.1f} %" in printed


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--start", "2010-01-01"], "start in 2013"),
        (["--regimes", "7"], "2 to 5"),
        (["--horizons", "0"], "1 to 63"),
    ],
)
def test_what_cannot_be_evaluated_is_said_in_one_line(folder, tmp_path, capsys, more, words):
    assert evaluate(folder, tmp_path / "out.csv", *more) == 1
    told = capsys.readouterr().err
    assert words in told
    assert "Traceback" not in told
    assert not (tmp_path / "out.csv").exists()


def test_horizons_and_days_that_are_none_are_wrong_usage(folder, tmp_path, capsys):
    with pytest.raises(SystemExit):
        evaluate(folder, tmp_path / "out.csv", "--horizons", "soon")
    assert "1,5,21" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        evaluate(folder, tmp_path / "out.csv", "--start", "yesterday")
    assert "'yesterday' is not a day such as 2000-01-31" in capsys.readouterr().err


@pytest.fixture(scope="module")
def trained(tmp_path_factory, folder):
    data = tmp_path_factory.mktemp("data")
    for name in ("sp500", "vix"):
        frame = pd.read_csv(folder / f"{name}.csv").rename(columns=str.lower)
        frame.assign(source="made up").to_csv(data / f"{name}.csv", index=False)
    out = shutil.copytree(MODEL_DIR, tmp_path_factory.mktemp("trained") / "models")
    train_states(out, data)
    return out, data


def train_states(out, data):
    """States of made-up histories, which have fewer days than those that ship, and so are used by force alone."""
    plan = training.Plan(ks=(2,), horizons=(1,))
    training.run(training.Order(data, out, out.parent / "runs", only="states", force=True, plan=plan))


def test_training_adds_states_beside_the_detectors(trained, histories):
    loaded = artifacts.load(trained[0])
    shipped = artifacts.load(MODEL_DIR)
    assert loaded.entries == shipped.entries
    assert set(loaded.state_entries) == {"kmeans", "forecaster"}
    assert {entry.kind for entry in loaded.state_entries.values()} == {"states"}
    about = loaded.state_entries["forecaster"].training
    assert about["last"] == str(histories[0].time[-1].view("M8[ns]").astype("M8[D]"))
    engine = Engine.load(trained[0])
    assert engine.walk_forward_k == (2,)
    walk = engine.walk_forward(2)
    figure = walkforward.scores(walk)[1].against("margin").skill
    assert loaded.state_entries["forecaster"].scores["walk_forward"]["k 2"]["horizon 1"]["skill"]["margin"] == pytest.approx(
        figure, abs=1e-3
    )


def test_the_same_data_gives_the_same_bytes(trained, tmp_path):
    out, data = trained
    models = shutil.copytree(MODEL_DIR, tmp_path / "models")
    train_states(models, data)
    for path in out.iterdir():
        assert (models / path.name).read_bytes() == path.read_bytes(), path.name


@pytest.mark.parametrize("name", ["walk_forward.parquet", "forecaster.npz", "kmeans.npz"])
def test_an_altered_file_of_states_is_named(trained, tmp_path, name):
    folder = shutil.copytree(trained[0], tmp_path / "models")
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(ArtifactError, match=name):
        artifacts.load(folder)


def test_a_folder_of_detectors_alone_says_what_is_not_there(tmp_path, histories):
    artifacts.save(tmp_path, [artifacts.Fitted(artifacts.MODELS["rules"]())], default="rules")
    engine = Engine.load(tmp_path)
    market = states.market(*histories)
    assert engine.walk_forward_k == ()
    for ask in (lambda: engine.forecast(market), lambda: engine.cluster(market), lambda: engine.walk_forward(2)):
        with pytest.raises(ModelError, match="train") as caught:
            ask()
        assert caught.value.code == "model.not_shipped"


def test_the_library_forecasts_as_the_engine_does(histories):
    forecast = regime_core.forecast(*(to_frame(bars) for bars in histories))
    expected = Engine.load(MODEL_DIR).forecast(states.market(*histories))
    assert forecast.as_dict() == expected.as_dict()
    assert forecast.k == Engine.load(MODEL_DIR).cluster(states.market(*histories)).k


def test_the_shipped_record_covers_2000_to_2022_and_beats_every_baseline_a_day_ahead():
    engine = Engine.load(MODEL_DIR)
    for k in (2, 3):
        walk = engine.walk_forward(k)
        days = walk.time.view("M8[ns]").astype("M8[D]")
        assert (str(days[0]), str(days[-1])) == ("2000-01-03", "2022-12-30")
        scores = walkforward.scores(walk, draws=100)[1]
        assert all(scores.against(baseline).skill > 0 for baseline in ("persistence", "markov", "margin"))


def test_a_start_after_the_last_day_is_refused_before_the_long_work(folder, tmp_path, capsys):
    last = pd.read_csv(folder / "sp500.csv")["Date"].max()[:10]
    start = (pd.Timestamp(last) + pd.Timedelta(days=1)).date()
    assert evaluate(folder, tmp_path / "out.csv", "--start", str(start)) == 1
    assert f"The data ends on {last}, before {start}" in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()


def test_a_start_on_the_last_day_gives_that_day(folder, tmp_path, capsys):
    last = pd.read_csv(folder / "sp500.csv")["Date"].max()[:10]
    assert evaluate(folder, tmp_path / "out.csv", "--start", last, "--regimes", "2") == 0
    assert pd.read_csv(tmp_path / "out.csv")["date"].tolist() == [last, last]


@pytest.mark.parametrize("horizons", ["0", "1,64", "-1"])
def test_forecast_refuses_horizons_that_are_none(folder, tmp_path, capsys, horizons):
    files = ["--bars", str(folder / "sp500.csv"), "--vix", str(folder / "vix.csv")]
    assert main(["forecast", *files, f"--horizons={horizons}", "--out", str(tmp_path / "out.json")]) == 1
    assert "Horizons are trading days from 1 to 63" in capsys.readouterr().err
    assert not (tmp_path / "out.json").exists()


def test_training_reads_histories_of_any_layout(trained, folder, tmp_path):
    out, _ = trained
    for name in ("sp500", "vix"):
        shutil.copy(folder / f"{name}.csv", tmp_path / f"{name}_daily.csv")
    models = shutil.copytree(MODEL_DIR, tmp_path / "models")
    train_states(models, tmp_path)
    for path in out.iterdir():
        assert (models / path.name).read_bytes() == path.read_bytes(), path.name


def test_training_names_the_history_that_is_not_there(trained, tmp_path):
    with pytest.raises(RegimeError, match=r"neither sp500\.csv nor sp500_daily\.csv"):
        train_states(trained[0], tmp_path)


def test_clusters_writes_those_of_every_k(folder, capsys):
    files = ["--bars", str(folder / "sp500.csv"), "--vix", str(folder / "vix.csv")]
    assert main(["clusters", *files, "--out", str(folder / "clusters.json")]) == 0
    stored = json.loads((folder / "clusters.json").read_text())
    best = max(stored["silhouettes"], key=stored["silhouettes"].get)
    assert f"days in {best} states" in capsys.readouterr().out
    assert [len(model["centres"]) for model in stored["models"]] == [2, 3, 4, 5]
    assert all((np.diff(np.array(model["centres"])[:, 2]) > 0).all() for model in stored["models"])
