"""From nothing to ``final_model/``: the detectors of regimes from simulated markets, then the stress states of a history."""

from __future__ import annotations

from regime_core.training.detectors import Plan, train
from regime_core.training.states import train_states

__all__ = ["Plan", "train", "train_states"]
