import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from regime_core import MODEL_DIR, features
from regime_core.__main__ import main, run_command
from regime_core.studies import Shelf

BARS = ["timestamp", "open", "high", "low", "close", "volume"]
ANSWER = ["regime", "confidence", "p_trending_bullish", "p_trending_bearish", "p_ranging", "p_volatile", "p_calm"]
COLUMNS = [*BARS, *ANSWER]


@pytest.fixture
def file(tmp_path, sp500):
    bars = sp500.rows(None, 300)
    dates = pd.DatetimeIndex(bars.time.view("M8[ns]")).strftime("%Y-%m-%d")
    frame = pd.DataFrame({"Date": dates, "Open": bars.open, "High": bars.high, "Low": bars.low, "Close": bars.close})
    frame.to_csv(tmp_path / "bars.csv", index=False)
    return tmp_path / "bars.csv"


def test_label_writes_the_columns_the_readme_promises(file, tmp_path, capsys):
    assert main(["label", str(file), "--out", str(tmp_path / "out.csv")]) == 0
    assert "300 bars labelled by boosted@" in capsys.readouterr().out
    out = pd.read_csv(tmp_path / "out.csv")
    assert list(out.columns) == COLUMNS
    assert len(out) == 300
    probabilities = out[[name for name in COLUMNS if name.startswith("p_")]].sum(axis=1)
    np.testing.assert_allclose(probabilities, 1, atol=1e-5)


def test_study_leaves_all_that_the_page_shows(file, tmp_path, engine):
    seen = []
    arguments = ["study", str(file), "--out", str(tmp_path / "out"), "--model", "rules", "--name", "mine.csv"]
    assert "300 bars of 1 series labelled by rules." in run_command(arguments, lambda *told: seen.append(told))
    shelf = Shelf(tmp_path / "out")
    assert shelf.report().inspection.name == "mine.csv"
    bars = shelf.bars(0)
    labels = shelf.labels(0, engine.entry("rules").ref, bars.time)
    np.testing.assert_array_equal(labels.codes, engine.label(bars, model="rules").codes)
    assert seen[0] == ("Reading", 0, 4)
    assert seen[-1] == ("Writing the files to take home", 4, 4)


def test_features_writes_the_table_of_the_library(file, tmp_path, capsys):
    bars = pd.read_csv(file, index_col="Date", parse_dates=True).rename(columns=str.lower).assign(volume=np.nan)
    level = pd.Series(np.linspace(20, 30, 250), bars.index[:250])
    closes = {name: level.to_numpy() for name in ("open", "high", "low", "close")}
    pd.DataFrame(closes, index=level.index).to_csv(tmp_path / "vix.csv", index_label="date")
    assert main(["features", str(file), "--vix", str(tmp_path / "vix.csv"), "--out", str(tmp_path / "table.csv")]) == 0
    assert f"{len(features.FEATURES)} features of 300 bars" in capsys.readouterr().out
    written = pd.read_csv(tmp_path / "table.csv", index_col="timestamp", parse_dates=True)
    expected = features.table(bars.rename_axis("timestamp"), level)
    pd.testing.assert_frame_equal(written, expected, check_freq=False, check_index_type=False, rtol=1e-12)
    assert written["vix_level"].notna().sum() == 250
    main(["features", str(file), "--out", str(tmp_path / "table.parquet")])
    stored = pd.read_parquet(tmp_path / "table.parquet")
    np.testing.assert_allclose(stored["return_1"], expected["return_1"], rtol=1e-12)
    assert stored["vix_level"].isna().all()


def test_inspect_tells_people_and_programs(file, capsys):
    assert main(["inspect", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["symbols"][0]["rows"] == 300
    assert main(["inspect", str(file)]) == 0
    assert "300" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["label", "no-such-file.csv", "--out", "out.csv"],
        ["inspect", "no-such-file.csv"],
        ["ingest", "--source", "nowhere"],
    ],
)
def test_errors_are_one_sentence_and_exit_1(arguments, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert "error: " in error
    assert "Traceback" not in error


@pytest.mark.parametrize(
    ("out", "words"),
    [
        ("nowhere/out.csv", "nowhere does not exist; make it first"),
        ("nowhere/out.parquet", "nowhere does not exist; make it first"),
        (".", "is a folder: name a file in it"),
        ("/dev/full", "No space left on device: check"),
        ("/proc/out.csv", "No such file or directory: check"),
    ],
)
def test_an_output_that_cannot_be_written_is_an_error(out, words, file, capsys, monkeypatch):
    monkeypatch.chdir(file.parent)
    assert main(["label", str(file), "--out", out]) == 1
    assert words in capsys.readouterr().err


def test_stored_bars_that_are_none_are_an_error(file, tmp_path, capsys):
    file.rename(tmp_path / "bars.arrow")
    assert main(["features", str(tmp_path / "bars.arrow"), "--out", str(tmp_path / "out.csv")]) == 1
    assert "bars.arrow is not a file of this library" in capsys.readouterr().err
    assert main(["features", str(tmp_path / "none.arrow"), "--out", str(tmp_path / "out.csv")]) == 1
    assert "none.arrow: No such file or directory" in capsys.readouterr().err


def test_an_unknown_model_is_an_error(file, tmp_path, capsys):
    assert main(["label", str(file), "--out", str(tmp_path / "out.csv"), "--model", "oracle"]) == 1
    error = capsys.readouterr().err
    assert "boosted, ensemble, rules" in error
    assert "Labelling" not in error
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("command", ["label", "features", "inspect", "ingest", "train"])
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert "usage:" in capsys.readouterr().out


def test_the_command_line_starts_without_the_heavy_libraries():
    """What --help needs not, it does not import."""
    code = "import sys, regime_core.__main__; print([m for m in ('xgboost', 'pandas', 'torch', 'numba') if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], cwd=MODEL_DIR.parent, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def write_symbols(path, sp500):
    days = pd.DatetimeIndex(sp500.time.view("M8[ns]")).strftime("%Y-%m-%d")
    lines = ["date,open,high,low,close,volume,Name"]
    for name, first, n in (("AAPL", 0, 120), ("MSFT", 200, 20), ("GOOG", 400, 90)):
        for i in range(first, first + n):
            prices = ",".join(str(getattr(sp500, field)[i]) for field in ("open", "high", "low", "close"))
            lines.append(f"{days[i]},{prices},1,{name}")
    path.write_text("\n".join(lines) + "\n")


def test_label_of_many_symbols_is_one_file_and_short_ones_stay_unknown(tmp_path, sp500, engine):
    write_symbols(tmp_path / "stocks.csv", sp500)
    seen = []
    arguments = ["label", str(tmp_path / "stocks.csv"), "--out", str(tmp_path / "out.csv")]
    message = run_command(arguments, lambda stage, done, total: seen.append((stage, done, total)))
    assert "230 bars of 3 symbols labelled by" in message
    assert "too_few_bars" in message
    out = pd.read_csv(tmp_path / "out.csv")
    assert list(out.columns) == ["symbol", *COLUMNS]
    assert list(out["symbol"].unique()) == ["AAPL", "MSFT", "GOOG"]
    assert (out.loc[out["symbol"] == "MSFT", "regime"] == "unknown").all()
    assert list(out.loc[out["symbol"] == "GOOG", "regime"]) == engine.label(sp500.rows(400, 490)).names
    assert [step for step in seen if step[0].startswith("Labelling")] == [
        ("Labelling: AAPL", 1, 3),
        ("Labelling: MSFT", 2, 3),
        ("Labelling: GOOG", 3, 3),
    ]


def test_label_keeps_columns_and_writes_parquet(tmp_path, sp500):
    write_symbols(tmp_path / "stocks.csv", sp500)
    arguments = ["label", str(tmp_path / "stocks.csv"), "--out", str(tmp_path / "out.parquet"), "--keep-columns"]
    assert main(arguments) == 0
    out = pd.read_parquet(tmp_path / "out.parquet")
    assert list(out.columns) == ["date", "open", "high", "low", "close", "volume", "Name", *ANSWER]
    assert main(["label", str(tmp_path / "stocks.csv"), "--out", str(tmp_path / "own.parquet")]) == 0
    assert list(pd.read_parquet(tmp_path / "own.parquet").columns) == ["symbol", *COLUMNS]


def test_label_of_prices_below_zero_shows_them_as_they_are(tmp_path, sp500, capsys):
    bars = sp500.rows(None, 120)
    shift = float(np.quantile(bars.low, 0.2))
    days = pd.DatetimeIndex(bars.time.view("M8[ns]")).strftime("%Y-%m-%d")
    closes = np.round(bars.close - shift, 2)
    lines = [f"{day},{close:.2f}" for day, close in zip(days, closes, strict=True)]
    (tmp_path / "oil.csv").write_text("date,close\n" + "\n".join(lines) + "\n")
    assert main(["label", str(tmp_path / "oil.csv"), "--out", str(tmp_path / "out.csv")]) == 0
    assert "warning: negative_prices" in capsys.readouterr().out
    out = pd.read_csv(tmp_path / "out.csv")
    np.testing.assert_array_equal(out["close"], closes)
    assert (out["regime"][49:] != "unknown").all()
    assert main(["label", str(tmp_path / "oil.csv"), "--out", str(tmp_path / "out.csv"), "--model", "rules"]) == 1
    assert "percent of the price" in capsys.readouterr().err
