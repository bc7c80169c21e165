"""Detectors for tests: as they ship, or small ones of the same kind, fitted in a second."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from regime_core import MODEL_DIR, artifacts
from regime_core.models import LSTM, MODELS, Boosted, Detector, Ensemble, Forest, Linear, Rules
from regime_core.models.arrays import packed
from regime_core.models.lstm import INPUTS, Weights
from regime_core.regimes import N_REGIMES
from regime_core.training import markets, sequences


@cache
def rows() -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Rows of a few simulated markets and their true regimes."""
    return markets.rows(60, 100, part="train", seed=0)


def small_linear() -> Linear:
    """Logistic regression on few rows."""
    return Linear(rows=4000).fit(*rows()).calibrate(*rows())


def small_forest() -> Forest:
    """A forest of few, shallow trees."""
    return Forest(trees=5, depth=5, leaf=10, share=0.5).fit(*rows()).calibrate(*rows())


def small_lstm() -> LSTM:
    """A recurrent network of six cells, fitted for a second."""
    made = sequences.sequences(12, part="train", seed=0)
    model = LSTM(hidden=6, passes=3, markets_a_batch=4, bars_a_step=128, learning_rate=0.02)
    return model.fit(made).calibrate_on(made)


def random_lstm() -> LSTM:
    """A recurrent network of six cells that has learned nothing, made at once and without PyTorch."""
    rng = np.random.default_rng(62)
    n, hidden = len(INPUTS), 6
    shapes = (n, 4 * hidden), (hidden, 4 * hidden), (4 * hidden,), (n, N_REGIMES), (hidden, N_REGIMES), (N_REGIMES,)
    arrays = Weights(*(rng.normal(0, 0.3, shape).astype(np.float32) for shape in shapes))
    model = LSTM(hidden=hidden)
    model.take(packed(usual=np.zeros(n, np.float32), **arrays._asdict()))
    model.temperature_ = 1.0
    return model


def recurrent_folder(folder: Path) -> Path:
    """Model folder whose default is such a network, with the rules beside it."""
    artifacts.save(folder, [artifacts.Fitted(Rules()), artifacts.Fitted(random_lstm())], default="lstm")
    return folder


def small_ensemble() -> Ensemble:
    """The shipped boosted trees and a small network, weighed on a few markets."""
    rng = np.random.default_rng(0)
    made = [markets.random_market(rng) for _ in range(6)]
    members = [Boosted.load(MODEL_DIR), small_lstm()]
    return Ensemble().fit(members, [(market.bars, market.regimes) for market in made])


SMALL: dict[str, Callable[[], Detector]] = {
    "linear": small_linear,
    "forest": small_forest,
    "lstm": small_lstm,
    "ensemble": small_ensemble,
}
"""Name in ``MODELS`` -> one fitted quickly, for models that are registered and need not ship."""


@cache
def shipped_names() -> tuple[str, ...]:
    """Names of the models in the manifest."""
    return tuple(json.loads((MODEL_DIR / "manifest.json").read_bytes())["models"])


@cache
def detector(name: str) -> Detector:
    """Shipped model of this name, or a small one where none ships."""
    return MODELS[name].load(MODEL_DIR) if name in shipped_names() else SMALL[name]()
