"""Probabilities of the states on every trading day ahead, up to the furthest that is forecast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import Float


class Stretch(NamedTuple):
    """Days ahead, ``first`` to ``last``, over which one state is the likeliest."""

    state: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Fan:
    """What is forecast for each of the next days, with two baselines. Rows are days, columns states; rows sum to 1.

    days : (n_days,) int64 trading days ahead, 1 to the furthest horizon. fitted : horizons that models were fitted for; their
    rows are the forecast itself. The rows of all other days are made of these, see ``models.fans``.
    probabilities, markov, persistence : (n_days, k).
    """

    days: NDArray[np.int64]
    fitted: tuple[int, ...]
    probabilities: Float
    markov: Float
    persistence: Float

    @property
    def k(self) -> int:
        """Number of states."""
        return int(self.probabilities.shape[1])

    @property
    def likeliest(self) -> tuple[Stretch, ...]:
        """Which state is the likeliest on which days, from the first on."""
        states = self.probabilities.argmax(axis=1)
        starts = np.flatnonzero(np.diff(states, prepend=-1))
        ends = np.append(starts[1:], len(states)) - 1
        return tuple(Stretch(int(states[i]), int(self.days[i]), int(self.days[j])) for i, j in zip(starts, ends, strict=True))

    def as_dict(self) -> dict[str, Any]:
        """All fields as plain values that JSON can hold."""
        tables = {name: getattr(self, name).tolist() for name in ("days", "probabilities", "markov", "persistence")}
        return {**tables, "fitted": list(self.fitted)}

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Fan:
        """Fan of what ``as_dict`` gave, also through JSON."""
        tables = {name: np.array(found[name]) for name in ("probabilities", "markov", "persistence")}
        return cls(days=np.array(found["days"], dtype=np.int64), fitted=tuple(found["fitted"]), **tables)
