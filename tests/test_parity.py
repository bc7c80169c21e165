"""The library, the command line, the JSON route and the upload page give the same labels to the same file."""

import numpy as np
import pandas as pd
import pytest

import regime_core
import runtime
from regime_core import bars
from regime_core.__main__ import main
from regime_core.readers import Overrides
from regime_core.regimes import REGIME_NAMES
from runtime import ROOT
from visitors import received

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
    here = runtime.current()
    uploads = here.library.uploads
    upload = uploads.get(received(uploads, "a visitor", FILE.name, FILE.read_bytes()), "a visitor")
    here.results.start_study(upload, Overrides(), model)
    dataset = here.library.get(uploads.show(upload, "as-found").id, "a visitor")
    assert dataset.shelf.labelled(library.model)
    same(here.results.labels(dataset, model), library)
    written = pd.read_csv(dataset.shelf.file(library.model, "csv"))
    assert written["regime"].tolist() == library.names


def same(labels, library):
    np.testing.assert_array_equal(labels.time, library.time)
    assert labels.names == library.names
    np.testing.assert_array_equal(labels.probabilities, library.probabilities)
    np.testing.assert_array_equal(labels.confidence, library.confidence)
    assert labels.model == library.model
