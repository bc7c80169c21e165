"""Where an engine answers: what is asked for, what is there, what the models can use."""

import subprocess
import sys

import numpy as np
import pytest

from detectors import random_lstm, recurrent_folder
from json_service import rules_folder
from regime_core import MODEL_DIR, artifacts
from regime_core.engine import Engine
from regime_core.errors import ModelError
from regime_core.models import LSTM, Boosted, Ensemble, Rules, cards, lstm_torch
from regime_core.models.arrays import packed
from regime_core.models.ensemble import recurrent


@pytest.fixture
def stand_in(monkeypatch):
    """PyTorch's CPU as the card."""
    monkeypatch.setattr(lstm_torch, "resolved", lambda device: "cpu" if device == "cpu" else "cpu:0")


@pytest.fixture
def not_asked(monkeypatch):
    def resolved(device):
        raise AssertionError("looked for a card")

    monkeypatch.setattr(lstm_torch, "resolved", resolved)


def ensemble():
    """The shipped boosted trees, and a network that has learned nothing."""
    model = Ensemble()
    model.members_ = (Boosted.load(MODEL_DIR), random_lstm())
    model.temperature_ = 1.0
    model.take(packed(shares=np.array([0.5, 0.5])))
    return model


@pytest.fixture
def both(tmp_path):
    """Folder whose default has no use for a card, and whose ensemble does."""
    mixed = ensemble()
    models = [artifacts.Fitted(Rules()), artifacts.Fitted(mixed.members_[0]), artifacts.Fitted(mixed)]
    artifacts.save(tmp_path, models, default="boosted")
    return Engine.load(tmp_path)


def test_recurrent_networks_are_found_in_what_mixes_them():
    alone, mixed = random_lstm(), ensemble()
    assert recurrent([Rules(), alone, mixed]) == [alone, mixed.members_[1]]
    assert recurrent([Rules(), mixed.members_[0]]) == []


@pytest.mark.parametrize("device", ["auto", "cuda"])
def test_a_recurrent_default_answers_on_a_card(tmp_path, stand_in, sp500, device):
    engine = Engine.load(recurrent_folder(tmp_path))
    bars = sp500.rows(0, 400)
    assert engine.device == "cpu"
    own = engine.detect(bars)
    engine.answer_on(device)
    assert engine.device == "cuda"
    found = engine.detect(bars)
    np.testing.assert_allclose(found.probabilities, own.probabilities, atol=1e-5)
    assert (found.regime, found.reasoning, found.fallback) == (own.regime, own.reasoning, None)
    assert engine.take_pass_sizes() == [1]
    assert engine.take_pass_sizes() == []


def test_auto_leaves_several_workers_to_a_default_that_has_no_use_for_a_card(both, not_asked):
    both.answer_on("auto")
    assert both.device == "cpu"


def test_cuda_is_for_whatever_model_has_use_for_it(both, stand_in, sp500):
    both.answer_on("cuda")
    assert both.device == "cuda"
    bars = sp500.rows(0, 400)
    both.detect(bars, model="boosted")
    assert both.take_pass_sizes() == []
    both.detect(bars, model="ensemble")
    assert both.take_pass_sizes() == [1]


@pytest.mark.parametrize("device", ["auto", "cpu", "cuda"])
def test_a_folder_without_recurrent_models_needs_no_card(tmp_path, not_asked, device):
    engine = Engine.load(rules_folder(tmp_path))
    engine.answer_on(device)
    assert (engine.device, engine.lost) == ("cpu", False)


def test_cuda_without_a_card_is_refused_with_a_code(tmp_path, monkeypatch):
    engine = Engine.load(recurrent_folder(tmp_path))
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(ModelError, match="no card") as told:
        engine.answer_on("cuda")
    assert told.value.code == "model.device"
    engine.answer_on("auto")
    assert (engine.device, engine.lost) == ("cpu", False)


def test_a_lost_card_is_named_by_those_who_would_use_it_alone(both, stand_in, monkeypatch, sp500):
    both.answer_on("cuda")
    bars = sp500.rows(0, 400)
    monkeypatch.setattr(lstm_torch.OnDevice, "_read", lost)
    assert both.detect(bars, model="ensemble").fallback == cards.LOST
    assert (both.device, both.lost) == ("cpu", True)
    assert both.detect(bars, model="boosted").fallback is None
    assert both.detect(bars, model="rules").fallback is None
    assert both.detect(bars, model="ensemble", history=True).fallback == cards.LOST
    assert both.detect(sp500.rows(0, 40), model="ensemble").fallback is None


def lost(self, sequences):
    raise RuntimeError("CUDA error: unspecified launch failure")


def test_a_saved_network_is_loaded_onto_the_cpu(tmp_path, stand_in):
    model = random_lstm()
    model.answer_on("cuda")
    model.save(tmp_path)
    assert LSTM.load(tmp_path).card_ is None


@pytest.mark.parametrize("device", ["auto", "cpu"])
@pytest.mark.parametrize("folder", ["shipped", "recurrent"])
def test_pytorch_is_not_imported_where_there_is_no_card(tmp_path, folder, device):
    models = MODEL_DIR if folder == "shipped" else recurrent_folder(tmp_path)
    lines = [
        "import sys",
        "from pathlib import Path",
        "from regime_core.engine import Engine",
        "from regime_core.models import lstm_torch",
        "lstm_torch.has_driver = lambda: False",
        f"engine = Engine.load(Path({str(models)!r}))",
        f"engine.answer_on({device!r})",
        "assert engine.device == 'cpu'",
        "assert 'torch' not in sys.modules",
    ]
    subprocess.run([sys.executable, "-c", "\n".join(lines)], check=True, cwd=MODEL_DIR.parent)
