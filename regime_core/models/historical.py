"""Filtered historical simulation: past paths, scaled to what is expected now, are replayed from today; their ends have states.

Source: Barone-Adesi, Giannopoulos and Vosper, VaR without correlations for portfolios of derivative securities, Journal of
Futures Markets 19 (1999).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import Float
from regime_core.evaluation import splits
from regime_core.features import stress
from regime_core.kernels.replay import nearest_counts
from regime_core.models.classifiers import Arrays, floored
from regime_core.models.kmeans import KMeans
from regime_core.models.members import Past, Rows, Scale
from regime_core.models.regressions import gamma, predicted, ridge
from regime_core.states import PARKINSON, WINDOW, YEAR

MEAN_INPUTS = ("level", "against_21", "against_126", "volatility_21", "volatility_63", "return_21", "drawdown_126")
"""What the mean change of the level and the volatility of returns are regressed on; the return is over the level."""
SPREAD_INPUTS = ("level", "against_21", "change_1", "volatility_5", "range_5", "change_5")
"""What the size of the change of the level about its mean is regressed on."""
INPUTS = tuple(dict.fromkeys(MEAN_INPUTS + SPREAD_INPUTS))
_MEAN = [INPUTS.index(name) for name in MEAN_INPUTS]
_SPREAD = [INPUTS.index(name) for name in SPREAD_INPUTS]
REGRESSIONS = ("change", "spread", "variance")
_PRIOR = 0.5
"""Replays added to each state: a state never met may come."""


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What came after each row, (n_rows,) each: of the returns that came into its window, and of the logarithm of the level.

    total, squares, last : sum and sum of squares of returns less their mean, and the last of them. variance : mean squared
    return of all days up to the horizon. change : of the logarithm of the level.
    """

    total: Float
    squares: Float
    last: Float
    variance: Float
    change: Float

    @classmethod
    def of(cls, past: Past, mean_return: float) -> Self:
        returns, level = past.market.values[:, 0], np.log(stress.stress(past.market))
        sums, squares, plain = (
            np.append(0.0, np.cumsum(x)) for x in (returns - mean_return, (returns - mean_return) ** 2, returns**2)
        )
        end, new = past.rows + past.horizon + 1, min(past.horizon, WINDOW)
        return cls(
            sums[end] - sums[end - new],
            squares[end] - squares[end - new],
            returns[end - 1] - mean_return,
            np.maximum(plain[end] - plain[end - past.horizon], 0.0) / past.horizon,
            level[end - 1] - level[past.rows],
        )


@dataclass(frozen=True, slots=True)
class _Expected:
    """Regressions of the mean and size of the level's change, and of the variance of returns: weights, the intercept last."""

    change: Float
    spread: Float
    variance: Float

    @classmethod
    def of(
        cls, inputs: Float, ahead: _Ahead, kept: Rows, *, ridge_penalty: float, gamma_penalty: float, like: _Expected | None
    ) -> Self:
        """Fit on the rows kept, starting from other fits where there are any."""
        means, spreads = inputs[kept][:, _MEAN], inputs[kept][:, _SPREAD]
        change = ridge(means, ahead.change[kept], penalty=ridge_penalty)
        missed = ahead.change[kept] - predicted(change, means)
        return cls(
            change,
            gamma(spreads, missed**2, penalty=gamma_penalty, start=None if like is None else like.spread),
            gamma(means, ahead.variance[kept], penalty=gamma_penalty, start=None if like is None else like.variance),
        )

    def at(self, inputs: Float) -> tuple[Float, Float, Float]:
        """Mean and size of the level's change and volatility of a day's return, (n_days,) each. inputs : (n_days, n_inputs)."""
        means, spreads = inputs[:, _MEAN], inputs[:, _SPREAD]
        change = predicted(self.change, means)
        return change, np.exp(0.5 * predicted(self.spread, spreads)), np.exp(0.5 * predicted(self.variance, means))


class HistoricalSimulation:
    """Share of replayed past paths that end nearest each centre.

    A path is what came after one past day, in units of what was expected that day: the returns that came into the 21-day
    window over their expected volatility, the change of the logarithm of the level less its expected mean over its expected
    size. Paths are measured against expectations fitted on other years, so that they are as wide as errors of forecasts are.

    folds : stretches of the past that are left out in turn. paths : most that are kept, evenly spread over the order of their
    level's change.
    ridge_penalty, gamma_penalty : see ``models.regressions``.
    """

    name: ClassVar[str] = "historical_simulation"

    def __init__(self, *, folds: int = 8, paths: int = 2000, ridge_penalty: float = 1000.0, gamma_penalty: float = 0.5) -> None:
        self.folds = folds
        self.paths = paths
        self.ridge_penalty = ridge_penalty
        self.gamma_penalty = gamma_penalty

    def fit(self, past: Past) -> Self:
        """Fit what is expected on all rows, and measure each row's path against what the other folds expected of it."""
        self.states_, self.horizon_ = past.states, past.horizon
        self.mean_return_ = float(past.market.values[:, 0].mean())
        ahead = _Ahead.of(past, self.mean_return_)
        inputs = self._inputs(past.ingredients[past.rows])
        self.scale_ = Scale.of(inputs)
        inputs = self.scale_.apply(inputs)
        self.expected_ = self._expected(inputs, ahead, np.arange(len(inputs)), None)
        paths = np.empty((4, len(inputs)))
        for kept, inside in splits.contiguous(past.rows, self.folds, past.horizon):
            mean, size, volatility = self._expected(inputs, ahead, kept, self.expected_).at(inputs[inside])
            paths[:, inside] = (
                ahead.total[inside] / volatility,
                ahead.squares[inside] / volatility**2,
                ahead.last[inside] / volatility,
                (ahead.change[inside] - mean) / size,
            )
        by_change = np.argsort(paths[3], kind="stable")
        evenly = np.linspace(0, len(inputs) - 1, min(self.paths, len(inputs))).round().astype(np.int64)
        self.paths_ = np.ascontiguousarray(paths[:, by_change[evenly]])
        return self

    def probabilities(self, ingredients: Float) -> Float:
        """(n_days, k)."""
        n_values, new = len(self.states_.columns_), min(self.horizon_, WINDOW)
        level = ingredients[:, n_values + len(stress.WINDOW_AHEAD) + stress.NAMES.index("level")]
        change, size, volatility = self.expected_.at(self.scale_.apply(self._inputs(ingredients)))
        known = np.column_stack([ingredients[:, n_values : n_values + 2], volatility, level + change, size])
        weights, constants = self._centres()
        known, which = np.unique(known, axis=0, return_inverse=True)  # mixtures of days in an explanation are often the same
        counts = nearest_counts(known, self.paths_, weights, constants, self.mean_return_, new, WINDOW)[which] + _PRIOR
        return floored(counts / counts.sum(axis=1, keepdims=True))

    def over(self, days: int) -> Self:
        """Return the same member for another number of days: its paths, drawn out or drawn together in time.

        Means and squares grow with the days, sizes and sums with their root, as those of a walk whose steps are independent.
        """
        if days == self.horizon_:
            return self
        longer = days / self.horizon_
        entered = min(days, WINDOW) / min(self.horizon_, WINDOW)
        model = type(self)()
        model.states_, model.horizon_, model.mean_return_, model.scale_ = self.states_, days, self.mean_return_, self.scale_
        model.paths_ = self.paths_ * np.array([[np.sqrt(entered)], [entered], [1.0], [1.0]])
        spread = np.append(self.expected_.spread[:-1], self.expected_.spread[-1] + np.log(longer))
        model.expected_ = _Expected(longer * self.expected_.change, spread, self.expected_.variance)
        return model

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Paths, regressions and scale."""
        regressions = {name: getattr(self.expected_, name) for name in REGRESSIONS}
        scale = {"mean": self.scale_.mean, "deviation": self.scale_.spread}
        return {"paths": self.paths_, "mean_return": np.array(self.mean_return_), **regressions, **scale}

    @classmethod
    def of(cls, arrays: Arrays, states: KMeans, horizon: int) -> Self:
        """Return the same member from its arrays."""
        model = cls()
        model.states_, model.horizon_ = states, horizon
        model.paths_, model.mean_return_ = arrays["paths"], float(arrays["mean_return"])
        model.expected_ = _Expected(*(arrays[name] for name in REGRESSIONS))
        model.scale_ = Scale(arrays["mean"], arrays["deviation"])
        return model

    def _expected(self, inputs: Float, ahead: _Ahead, kept: Rows, like: _Expected | None) -> _Expected:
        return _Expected.of(inputs, ahead, kept, ridge_penalty=self.ridge_penalty, gamma_penalty=self.gamma_penalty, like=like)

    def _inputs(self, ingredients: Float) -> Float:
        """Columns of ``INPUTS``, (n_days, n_inputs)."""
        table = ingredients[:, len(self.states_.columns_) + len(stress.WINDOW_AHEAD) :]
        out = table[:, [stress.NAMES.index(name) for name in INPUTS]]
        out[:, INPUTS.index("return_21")] *= np.exp(-out[:, INPUTS.index("level")])
        return out

    def _centres(self) -> tuple[Float, Float]:
        """Weights (k, 3) and constants (k,) of squared distances to the centres, see ``kernels.replay``."""
        states = self.states_
        weights = np.zeros((states.k, 3))
        weights[:, : len(states.columns_)] = -2.0 * states.centres_ / states.scale_
        if states.columns_[-1] == PARKINSON:
            weights[:, 2] /= 100.0 * np.sqrt(YEAR)  # the level is in percent a year
        return weights, (states.centres_ * (states.centres_ + 2.0 * states.mean_ / states.scale_)).sum(axis=1)
