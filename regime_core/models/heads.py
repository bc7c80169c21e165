"""What forecasts at one horizon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from regime_core.bars import Float
from regime_core.models.members import Margin, Member


@dataclass(frozen=True, slots=True)
class Head:
    """What forecasts at one horizon.

    members : those that have a weight in the pool. weights : of each of them, summing to 1. log_loss : of each candidate on
    days of the past that it was not fitted on, nats a day. threshold : of the prediction sets, from the same days.
    margin, markov, stay : the baselines.
    """

    members: Mapping[str, Member]
    weights: Mapping[str, float]
    log_loss: Mapping[str, float]
    threshold: float
    margin: Margin
    markov: Float
    stay: float

    def probabilities(self, ingredients: Float) -> Float:
        """Pooled probabilities of days with these ingredients, (n_days, k)."""
        parts = [self.weights[name] * member.probabilities(ingredients) for name, member in self.members.items()]
        return np.asarray(np.sum(parts, axis=0))
