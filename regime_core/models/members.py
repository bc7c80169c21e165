"""What a forecaster pools: the contract, what a fit is given, and the members that look at the day alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import Float
from regime_core.evaluation import baselines, splits
from regime_core.features import stress
from regime_core.models.classifiers import CLASSIFIERS, Arrays, Logistic, floored
from regime_core.models.kmeans import KMeans
from regime_core.states import Codes, Market

CLIP = 6.0
"""Standard deviations beyond which an input counts as that: a crash never seen must not carry a forecast off the scale."""
BORDERS = {
    "border_today": "Distances to the states' centres today",
    "border_mean_return": "Distances, with an average return today",
    "border_ahead": "Distances, with the volatility expected ahead",
}
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Past:
    """Days that a member is fitted on. No row's outcome lies after the last of them.

    market : the days. states : a clustering fitted on them or fewer. horizon : trading days. rows : (n_rows,) days fitted on,
    ascending. codes : (n_days,) labels. ingredients : (n_days, n_ingredients), see ``features.stress.ingredients``.
    """

    market: Market
    states: KMeans
    horizon: int
    rows: Rows
    codes: Codes
    ingredients: Float

    @classmethod
    def of(cls, market: Market, states: KMeans, horizon: int) -> Self:
        """All days of a market that are known well enough and whose outcome is known."""
        rows = np.arange(market.n_days)[splits.purged(stress.FIRST_ROW, market.n_days, horizon)]
        return cls(market, states, horizon, rows, states.label(market.values), stress.ingredients(market, horizon))

    @property
    def outcomes(self) -> Codes:
        """State ``horizon`` days after each row, (n_rows,)."""
        return self.codes[self.rows + self.horizon]

    def folds(self, n_folds: int) -> Iterator[tuple[Rows, Past]]:
        """Rows of each fold, and the same past without them: no day lies between a row kept and its outcome on both sides."""
        for kept, inside in splits.contiguous(self.rows, n_folds, self.horizon):
            yield self.rows[inside], replace(self, rows=self.rows[kept])


class Scale(NamedTuple):
    """Mean and standard deviation of each input over the days fitted on."""

    mean: Float
    spread: Float

    @classmethod
    def of(cls, inputs: Float) -> Scale:
        """Scale of inputs, (n_inputs,) each; an input that never changes keeps its unit."""
        spread = inputs.std(axis=0)
        return cls(inputs.mean(axis=0), np.where(spread > 0, spread, 1.0))

    def apply(self, inputs: Float) -> Float:
        """Inputs in standard deviations, within ``CLIP``."""
        return np.asarray(np.clip((inputs - self.mean) / self.spread, -CLIP, CLIP))


class Member(Protocol):
    """Probabilities of the states some days ahead. A row's answer does not depend on the rows beside it."""

    name: ClassVar[str]

    def fit(self, past: Past) -> Self:
        """Fit on the rows of ``past`` and what came ``past.horizon`` days after them."""
        ...

    def probabilities(self, ingredients: Float) -> Float:
        """(n_days, k) of days with these ingredients, none of them NaN; rows sum to 1, all positive."""
        ...

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All that was fitted."""
        ...

    @classmethod
    def of(cls, arrays: Arrays, states: KMeans, horizon: int) -> Self:
        """Return the same member from its arrays."""
        ...


class Markov:
    """Steps of the horizon counted over the rows, from the state of today."""

    name: ClassVar[str] = "markov"

    def fit(self, past: Past) -> Self:
        """Count."""
        self.states_ = past.states
        self.steps_ = baselines.transitions(past.codes[past.rows], past.outcomes, past.states.k)
        return self

    def probabilities(self, ingredients: Float) -> Float:
        """(n_days, k)."""
        return floored(self.steps_[self.states_.label(values_of(ingredients, self.states_))])

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Probabilities of each state from each."""
        return {"steps": self.steps_}

    @classmethod
    def of(cls, arrays: Arrays, states: KMeans, horizon: int) -> Self:
        """Return the same chain from its arrays."""
        model = cls()
        model.states_, model.steps_ = states, arrays["steps"]
        return model


class Classified:
    """A classifier of ``CLASSIFIERS`` on inputs made of a day's ingredients."""

    name: ClassVar[str]

    def classifier(self) -> Any:  # noqa: ANN401 - any of the protocol ``Classifier``, not fitted
        """Return the classifier that is fitted."""
        return CLASSIFIERS[self.name]()

    def fit(self, past: Past) -> Self:
        """Fit scale and classifier."""
        self.states_, self.horizon_ = past.states, past.horizon
        self.mean_return_ = float(past.market.values[:, 0].mean())
        self.ratio_ = stress.variance_ratio(past.market)
        inputs = self.inputs(past.ingredients[past.rows])
        self.scale_ = Scale.of(inputs)
        self.classifier_ = self.classifier().fit(self.scale_.apply(inputs), past.outcomes, past.states.k)
        return self

    def inputs(self, ingredients: Float) -> Float:
        """Distances today, with an average return, and ahead; then ``stress.table``: (n_days, n_inputs)."""
        n_values = len(self.states_.columns_)
        values, window, table = np.split(ingredients, [n_values, n_values + len(stress.WINDOW_AHEAD)], axis=1)
        average = values.copy()
        average[:, 0] = self.mean_return_
        ahead = stress.expected_ahead(values, window, self.horizon_, mean_return=self.mean_return_, ratio=self.ratio_)
        return np.column_stack([*(border(self.states_, given) for given in (values, average, ahead)), table])

    def probabilities(self, ingredients: Float) -> Float:
        """(n_days, k)."""
        return np.asarray(self.classifier_.probabilities(self.scale_.apply(self.inputs(ingredients))))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Scale, classifier, and what its inputs rest on."""
        own = {f"classifier_{name}": array for name, array in self.classifier_.arrays().items()}
        rests_on = {"mean_return": np.array(self.mean_return_), "ratio": np.array(self.ratio_)}
        return {**own, "mean": self.scale_.mean, "spread": self.scale_.spread, **rests_on}

    @classmethod
    def of(cls, arrays: Arrays, states: KMeans, horizon: int) -> Self:
        """Return the same member from its arrays."""
        model = cls()
        model.states_, model.horizon_ = states, horizon
        model.mean_return_, model.ratio_ = float(arrays["mean_return"]), float(arrays["ratio"])
        model.scale_ = Scale(arrays["mean"], arrays["spread"])
        own = {name.removeprefix("classifier_"): array for name, array in arrays.items() if name.startswith("classifier_")}
        model.classifier_ = type(model.classifier()).of(own)
        return model


class Margin(Classified):
    """Logistic regression on the distances to the centres alone: it knows how near the border today is, nothing else."""

    name: ClassVar[str] = "margin"

    def classifier(self) -> Logistic:
        """Return a logistic regression with a weak penalty."""
        return Logistic(strength=1.0)

    def inputs(self, ingredients: Float) -> Float:
        """(n_days, 2 k - 1)."""
        return border(self.states_, values_of(ingredients, self.states_))


class LogisticMember(Classified):
    """Logistic regression on all inputs."""

    name: ClassVar[str] = "logistic"


class ForestMember(Classified):
    """Random forest on all inputs."""

    name: ClassVar[str] = "random_forest"


class XGBoostMember(Classified):
    """Gradient-boosted trees on all inputs."""

    name: ClassVar[str] = "xgboost"


def values_of(ingredients: Float, states: KMeans) -> Float:
    """Values that the states rest on, (n_days, n_values)."""
    return ingredients[:, : len(states.columns_)]


def border(states: KMeans, values: Float) -> Float:
    """Distance to each centre, and its square less that to the first, (n_days, 2 k - 1)."""
    distances = states.distances(values)
    squared = distances**2
    return np.column_stack([distances, squared[:, 1:] - squared[:, :1]])


def under(arrays: Mapping[str, NDArray[Any]], folder: str) -> dict[str, NDArray[Any]]:
    """Arrays whose name begins with ``folder/``, without it."""
    return {name.removeprefix(f"{folder}/"): array for name, array in arrays.items() if name.startswith(f"{folder}/")}
