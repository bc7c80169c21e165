"""What the detectors learnt from, added to a folder that does not say: as training writes it, and nothing else changes."""

import json

import numpy as np
import pytest

from regime_core import MODEL_DIR, artifacts, versions
from regime_core.errors import ArtifactError, RegimeError
from regime_core.features import relative
from regime_core.models import Rules
from regime_core.models.boosted import Boosted
from regime_core.regimes import REGIME_NAMES
from regime_core.training import detectors, learnt_from
from regime_core.training.lessons import lessons
from regime_core.training.plan import Plan
from regime_core.training.progress import silent

TINY = Plan(train_markets=12, validation_markets=3, foreign_markets=1, rows_a_market=40, search_rows=200)


@pytest.fixture(scope="module")
def taught():
    return lessons(TINY, 5, silent)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def folder(taught, tmp_path):
    """Models as training saves them."""
    model = Boosted(rounds=2).fit(*taught.train)
    about = {"data_sha256": taught.sha256}
    fitted = [artifacts.Fitted(model, model.columns, about), artifacts.Fitted(Rules())]
    artifacts.save(tmp_path / "models", fitted, default="boosted", training_rows=taught.training_rows)
    return tmp_path / "models"


def test_what_is_added_is_what_training_writes(folder):
    whole = contents(folder)
    manifest = json.loads(whole["manifest.json"])
    del manifest["drift"]
    (folder / "manifest.json").write_bytes(json.dumps(manifest, indent=1).encode() + b"\n")
    (folder / "drift.json").unlink()
    assert artifacts.load(folder).training_rows is None
    learnt_from.add(folder, TINY, 5)
    assert contents(folder) == whole


def test_rows_that_the_models_did_not_learn_from_are_refused(folder):
    before = contents(folder)
    with pytest.raises(RegimeError, match="other rows"):
        learnt_from.add(folder, TINY, 6)
    assert contents(folder) == before


def test_training_writes_it(taught, tmp_path, monkeypatch):
    saved = {}
    monkeypatch.setattr(detectors.artifacts, "save", lambda folder, models, **given: saved.update(given))
    election = detectors.Election(taught, {}, {}, {}, {}, {}, {}, "boosted")
    detectors.write(tmp_path, election, TINY, silent)
    rows = saved["training_rows"]
    assert rows.names == relative.NAMES
    assert rows.n_rows == len(taught.train.codes)


def test_it_goes_with_the_detectors_and_is_verified(folder, tmp_path):
    versions.install(tmp_path / "served", detectors=folder, states=None)
    assert artifacts.load(tmp_path / "served").training_rows is not None
    assert artifacts.load(tmp_path / "served", kinds=(artifacts.STATES,)).training_rows is None
    path = tmp_path / "served" / "drift.json"
    path.write_bytes(path.read_bytes().replace(b"0.1", b"0.2", 1))
    with pytest.raises(ArtifactError, match=r"drift\.json does not match"):
        artifacts.load(tmp_path / "served")


def test_the_shipped_models_say_it_of_their_own_inputs():
    models = artifacts.load(MODEL_DIR)
    rows = models.training_rows
    assert rows.names == models.entries["boosted"].features
    assert rows.n_rows == models.entries["boosted"].training["rows"]
    assert np.allclose(rows.shares.sum(axis=1), 1)
    assert len(rows.regimes) == len(REGIME_NAMES)
