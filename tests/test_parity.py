"""The library, the command line, the JSON route and the upload page give the same labels to the same file."""

import base64

import numpy as np
import pandas as pd
import pytest

import regime_core
import runtime
from components import uploads
from regime_core import bars, datasets
from regime_core.__main__ import main
from regime_core.regimes import REGIME_NAMES
from runtime import ROOT

FILE = ROOT / "data" / "sp500.csv"


@pytest.fixture(scope="module", params=["rules", "boosted"])
def model(request):
    return request.param


@pytest.fixture(scope="module")
def read():
    return regime_core.read_csv(FILE).bars


@pytest.fixture(scope="module")
def library(model, read):
    """Labels by the library: the others are held against them."""
    labels = regime_core.label(bars.to_frame(read), model=model)
    assert len(labels) == read.n_bars > 4000
    assert len(set(labels.names)) > 3
    return labels


def test_the_command_line_writes_the_same_labels(library, model, tmp_path):
    out = tmp_path / "labels.csv"
    assert main(["label", str(FILE), "--out", str(out), "--model", model]) == 0
    written = pd.read_csv(out)
    assert written["regime"].tolist() == library.names
    probabilities = written[[f"p_{name}" for name in REGIME_NAMES]].to_numpy()
    np.testing.assert_allclose(probabilities, library.probabilities, atol=5.1e-7, rtol=0)  # six decimals are written
    np.testing.assert_allclose(written["confidence"], library.confidence, atol=5.1e-7, rtol=0)


def test_a_job_on_stored_bars_stores_the_same_labels(library, model, read, tmp_path):
    out = tmp_path / "labels.parquet"
    datasets.write_bars(tmp_path / "bars.parquet", read, {})
    assert main(["label", str(tmp_path / "bars.parquet"), "--out", str(out), "--model", model]) == 0
    stored = datasets.read_labels(out, library.model)
    same(stored, library)


def test_the_json_route_answers_the_same_labels(client, library, model, read):
    columns = {name: getattr(read, name).tolist() for name in ("open", "high", "low", "close")}
    columns["timestamp"] = (read.time // 10**9).tolist()
    columns["volume"] = [None if np.isnan(value) else value for value in read.volume]
    body = {"columns": columns, "model": model, "history": True}
    reply = client.post("/detect_regime", json=body).get_json()
    assert reply["labels"] == library.names
    assert reply["confidences"] == library.confidence.tolist()
    assert reply["model"] == {"name": library.model.name, "version": library.model.version}
    assert reply["as_of"] == library.time[-1] // 10**9


def test_the_last_bar_of_the_json_route_and_of_the_library_are_one(client, library, model, read):
    """Of all models: the rules answer a client from all bars sent, so what they are sent is their window for a file."""
    window = read.rows(-252) if model == "rules" else read
    columns = {name: getattr(window, name).tolist() for name in ("open", "high", "low", "close", "volume")}
    columns["timestamp"] = (window.time // 10**9).tolist()
    reply = client.post("/detect_regime", json={"columns": columns, "model": model}).get_json()
    assert reply["regime"] == library.names[-1]
    assert [reply["probabilities"][name] for name in REGIME_NAMES] == library.probabilities[-1].tolist()
    detection = regime_core.detect(bars.to_frame(window), model=model)
    assert (reply["regime"], reply["confidence"], reply["reasoning"], reply["regime_age"]) == (
        detection.regime.name,
        detection.confidence,
        detection.reasoning,
        detection.regime_age,
    )


def test_the_upload_page_shows_the_same_labels(app, library, model):
    contents = "data:text/csv;base64," + base64.b64encode(FILE.read_bytes()).decode()
    result = uploads.read(contents, FILE.name, max_mb=10)
    here = runtime.current()
    dataset_id = here.library.add("a visitor", uploads.title(FILE.name), result.bars, result.problems)
    same(here.results.labels(here.library.get(dataset_id, "a visitor"), model), library)


def same(labels, library):
    np.testing.assert_array_equal(labels.time, library.time)
    assert labels.names == library.names
    np.testing.assert_array_equal(labels.probabilities, library.probabilities)
    np.testing.assert_array_equal(labels.confidence, library.confidence)
    assert labels.model == library.model
