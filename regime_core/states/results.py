"""What is found of stress states: their clusters, forecasts of the state ahead, and how past forecasts went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import Float
from regime_core.regimes import ModelRef
from regime_core.states.days import Times
from regime_core.states.fans import Fan

Codes = NDArray[np.int8]


def state_name(code: int) -> str:
    """Wire name of a state: 0 is the least stressed."""
    return f"state_{code}"


@dataclass(frozen=True, slots=True)
class Clustering:
    """States of a market's days under one set of centres.

    k : number of states. columns : the values clustered.
    centres : (k, n_values) in the units of ``Market.values``, by rising stress.
    codes : (n_days,) int8, each day's nearest centre.
    distances : (n_days, k) Euclidean distance to each centre in standard deviations of the past.
    silhouettes : k tried -> mean silhouette, in [-1, 1]; empty where k was asked for and no other was tried.
    fitted_through : last day the scaler and the centres saw, int nanoseconds since 1970 UTC.
    in_sample : some of the days labelled were among those fitted on, so that their labels were not known at the time.
    """

    k: int
    columns: tuple[str, ...]
    centres: Float
    codes: Codes
    distances: Float
    silhouettes: Mapping[int, float]
    fitted_through: int
    in_sample: bool

    @property
    def names(self) -> tuple[str, ...]:
        """State names by code."""
        return tuple(state_name(code) for code in range(self.k))


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one group of inputs adds to a probability.

    name : as in ``models.explanation``. title : the same in words. inputs : what is in the group, in words.
    change : fraction added to the probability, negative where it is taken away.
    """

    name: str
    title: str
    change: float
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the probability of a forecast's most likely state is made of.

    state : that state. usual : mean probability that the same model gives to it on days of the past. days : how many these are.
    first, last : the first and last of them, int nanoseconds since 1970 UTC; never later than the forecast.
    parts : exact Shapley values against these days, largest first. usual and all changes sum to the probability forecast.
    """

    state: int
    usual: float
    days: int
    first: int
    last: int
    parts: tuple[Contribution, ...]

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Explanation:
        """Explanation of what ``asdict`` gave, also through JSON."""
        parts = tuple(Contribution(**{**part, "inputs": tuple(part["inputs"])}) for part in found["parts"])
        return cls(**{**found, "parts": parts})


@dataclass(frozen=True, slots=True)
class Forecast:
    """Forecast made at the close of one day.

    as_of : that day, int nanoseconds since 1970 UTC. state_today : its label. k : number of states.
    horizons, markov, margin : trading days ahead -> (k,) probabilities of the model and of two baselines.
    persistence : the third baseline, the state of today. stay : horizon -> share of past days whose label h days later was the
    same, the probability persistence gives to it.
    explanations : horizon -> what moved the forecast; empty where that was not asked for.
    fitted_through : where the data ends that the model was fitted on. in_sample : that is later than ``as_of``, so that what
    came after was known to the model.
    prediction_sets : horizon -> states likely enough for such sets to hold the state that comes nine times in ten, likeliest
    first; empty where no single one is. See ``evaluation.conformal``.
    fan : all days up to the furthest horizon; None where that was not asked for.
    """

    as_of: int
    state_today: int
    k: int
    horizons: Mapping[int, Float]
    persistence: int
    stay: Mapping[int, float]
    markov: Mapping[int, Float]
    margin: Mapping[int, Float]
    explanations: Mapping[int, Explanation]
    model: ModelRef
    fitted_through: int
    in_sample: bool
    notes: tuple[str, ...] = ()
    prediction_sets: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    fan: Fan | None = None

    def most_likely(self, horizon: int) -> int:
        """State with the largest probability at a horizon."""
        return int(np.argmax(self.horizons[horizon]))

    def as_today(self, horizon: int) -> Float:
        """Probabilities of the baseline that expects today's state again at a horizon, (k,)."""
        out = np.full(self.k, (1.0 - self.stay[horizon]) / (self.k - 1))
        out[self.persistence] = self.stay[horizon]
        return out

    def as_dict(self) -> dict[str, Any]:
        """All fields as plain values that JSON can hold."""
        found = {part.name: getattr(self, part.name) for part in fields(self)}
        for name in ("horizons", "markov", "margin"):
            found[name] = {str(horizon): given.tolist() for horizon, given in found[name].items()}
        found["stay"] = {str(horizon): share for horizon, share in self.stay.items()}
        found["explanations"] = {str(horizon): asdict(told) for horizon, told in self.explanations.items()}
        found["prediction_sets"] = {str(horizon): list(inside) for horizon, inside in self.prediction_sets.items()}
        found["fan"] = None if self.fan is None else self.fan.as_dict()
        return found | {"model": asdict(self.model), "notes": list(self.notes)}

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Forecast:
        """Forecast of what ``as_dict`` gave."""

        def by_horizon(name: str) -> dict[int, Float]:
            return {int(horizon): np.array(given) for horizon, given in found[name].items()}

        return cls(
            horizons=by_horizon("horizons"),
            markov=by_horizon("markov"),
            margin=by_horizon("margin"),
            stay={int(horizon): share for horizon, share in found["stay"].items()},
            explanations={int(horizon): Explanation.from_dict(told) for horizon, told in found["explanations"].items()},
            model=ModelRef(**found["model"]),
            notes=tuple(found["notes"]),
            prediction_sets={int(horizon): tuple(inside) for horizon, inside in found["prediction_sets"].items()},
            fan=None if found["fan"] is None else Fan.from_dict(found["fan"]),
            **{name: found[name] for name in ("as_of", "state_today", "k", "persistence", "fitted_through", "in_sample")},
        )


@dataclass(frozen=True, slots=True)
class YearModel:
    """What forecast one year at one horizon: weighed and fitted on days before that year.

    weights : member of the pool -> its share in the forecasts, summing to 1. log_loss : of each candidate on days of that past
    which it was not fitted on, nats a day.
    """

    year: int
    horizon: int
    weights: Mapping[str, float]
    log_loss: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class WalkForward:
    """Forecasts of each year by what was fitted on the years before it; one row a day and horizon, by day, then horizon.

    time : (n_rows,) int64 nanoseconds since 1970 UTC, the day of the forecast. horizon : (n_rows,) trading days ahead.
    today : (n_rows,) int8 label of that day, realised : (n_rows,) int8 label ``horizon`` days later, both under the clustering
    known at the beginning of the year. known : (n_rows,) whether that later day is there; ``realised`` means nothing where not.
    probabilities, markov, margin : (n_rows, k), rows sum to 1. stay : (n_rows,) probability that persistence gives to today's
    label.
    models : what forecast each year and horizon. centres : (n_years, k, n_values), the centres of each year of ``years``.
    columns : names of the values clustered. notes : sentences for people.
    """

    k: int
    time: Times
    horizon: NDArray[np.int64]
    today: Codes
    realised: Codes
    known: NDArray[np.bool_]
    probabilities: Float
    markov: Float
    margin: Float
    stay: Float
    models: tuple[YearModel, ...]
    years: NDArray[np.int64]
    centres: Float
    columns: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.time)

    @property
    def horizons(self) -> tuple[int, ...]:
        """Horizons there are, ascending."""
        return tuple(int(h) for h in np.unique(self.horizon))

    @property
    def persistence(self) -> Float:
        """Probabilities of the baseline that expects today's label again, (n_rows, k)."""
        rest = (1.0 - self.stay) / (self.k - 1)
        out = np.repeat(rest[:, None], self.k, axis=1)
        out[np.arange(len(self)), self.today] = self.stay
        return out

    def at(self, horizon: int) -> WalkForward:
        """Rows of one horizon: one a day."""
        return self._take(self.horizon == horizon)

    def settled(self) -> WalkForward:
        """Rows whose outcome is known."""
        return self._take(self.known)

    def between(self, first: int, last: int) -> WalkForward:
        """Rows of days from ``first`` to ``last``, both included, int nanoseconds."""
        return self._take((self.time >= first) & (self.time <= last))

    def since(self, day: date) -> WalkForward:
        """Rows from a date on."""
        return self._take(self.time >= np.datetime64(day, "ns").astype(np.int64))

    def mean_weights(self, horizon: int) -> dict[str, float]:
        """Share of each member of the pool in the forecasts of a horizon, mean over years, largest first."""
        pools = [model.weights for model in self.models if model.horizon == horizon]
        names = {name for pool in pools for name in pool}
        shares = {name: sum(pool.get(name, 0.0) for pool in pools) / len(pools) for name in sorted(names)}
        return dict(sorted(shares.items(), key=lambda item: -item[1]))

    def _take(self, kept: NDArray[np.bool_]) -> WalkForward:
        rows = ("time", "horizon", "today", "realised", "known", "probabilities", "markov", "margin", "stay")
        return replace(self, **{name: getattr(self, name)[kept] for name in rows})
