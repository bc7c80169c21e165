"""Models by name: the key in the manifest, on the wire and on the command line."""

from __future__ import annotations

from regime_core.models.base import Detector, Filtered, Reading, StateModel
from regime_core.models.boosted import Boosted
from regime_core.models.ensemble import Ensemble
from regime_core.models.forecaster import Forecaster
from regime_core.models.forest import Forest
from regime_core.models.hmm import HMM
from regime_core.models.jump import Jump
from regime_core.models.kmeans import KMeans
from regime_core.models.linear import Linear
from regime_core.models.lstm import LSTM
from regime_core.models.rules import Rules

MODELS: dict[str, type[Detector]] = {
    "rules": Rules,
    "boosted": Boosted,
    "linear": Linear,
    "forest": Forest,
    "lstm": LSTM,
    "ensemble": Ensemble,
}
"""Detectors: they say which of five regimes an instrument is in."""
STATE_MODELS: dict[str, type[StateModel]] = {"kmeans": KMeans, "forecaster": Forecaster, "jump": Jump, "hmm": HMM}
"""Models of a market's stress states; no detector is among them."""

__all__ = [
    "HMM",
    "LSTM",
    "MODELS",
    "STATE_MODELS",
    "Boosted",
    "Detector",
    "Ensemble",
    "Filtered",
    "Forecaster",
    "Forest",
    "Jump",
    "KMeans",
    "Linear",
    "Reading",
    "Rules",
    "StateModel",
]
