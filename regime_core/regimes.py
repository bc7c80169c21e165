"""The five regimes of one instrument, and what a detection holds."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

MIN_BARS = 50
"""Fewer bars than this are answered ``unknown``; so are the first ``MIN_BARS - 1`` bars of any series."""


@dataclass(frozen=True, slots=True)
class Regime:
    """One regime: its wire name, the strategies that suit it, and a multiplier for the risk to take."""

    name: str
    strategies: tuple[str, ...]
    risk_multiplier: float


TRENDING_BULLISH = Regime("trending_bullish", ("momentum", "breakout", "trend_following"), 1.2)
TRENDING_BEARISH = Regime("trending_bearish", ("short_selling", "inverse_momentum"), 1.2)
RANGING = Regime("ranging", ("mean_reversion", "range_trading", "support_resistance"), 1.0)
VOLATILE = Regime("volatile", ("options", "small_positions", "tight_stops"), 0.5)
CALM = Regime("calm", ("position_building", "swing_trading"), 1.1)
UNKNOWN = Regime("unknown", ("conservative", "wait"), 0.3)

REGIMES: tuple[Regime, ...] = (TRENDING_BULLISH, TRENDING_BEARISH, RANGING, VOLATILE, CALM)
"""The five regimes in wire order; a code is an index into ``ALL_REGIMES``."""

ALL_REGIMES: tuple[Regime, ...] = (*REGIMES, UNKNOWN)
REGIME_NAMES: tuple[str, ...] = tuple(regime.name for regime in REGIMES)
ALL_NAMES: tuple[str, ...] = tuple(regime.name for regime in ALL_REGIMES)
N_REGIMES = len(REGIMES)
UNKNOWN_CODE = N_REGIMES


@dataclass(frozen=True, slots=True)
class ModelRef:
    """Which model answered: ``name`` as in the manifest and its ``version``."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Metrics:
    """The figures of rule-based detection on the bars sent, all causal; NaN where too few bars are there.

    volatility : sample standard deviation of the last 20 simple returns, a fraction per bar.
    trend_strength : least-squares slope of the last 20 closes over the mean of all closes, per bar.
    atr_percent : mean of the last 14 true ranges, in percent of the last close.
    range_efficiency : net move over path length, 0 to about 1.
    momentum : last close over the close 19 bars earlier, less 1.
    ma_convergence : 10-bar over 50-bar simple moving average, less 1.
    sample_size : bars used.
    """

    volatility: float
    trend_strength: float
    atr_percent: float
    range_efficiency: float
    momentum: float
    ma_convergence: float
    sample_size: int


@dataclass(frozen=True, slots=True)
class Labels:
    """Causal labels of a whole series: row t rests on bars up to t only.

    time : (n_bars,) int64 nanoseconds since 1970 UTC.
    codes : (n_bars,) int8, indices into ``ALL_REGIMES``; ``UNKNOWN_CODE`` where no answer is given.
    probabilities : (n_bars, 5) in the order of ``REGIMES``, rows sum to 1 (0.2 each where unknown).
    confidence : (n_bars,) in [0, 1]; 0 where unknown.
    """

    time: NDArray[np.int64]
    codes: NDArray[np.int8]
    probabilities: NDArray[np.float64]
    confidence: NDArray[np.float64]
    model: ModelRef

    def __len__(self) -> int:
        return len(self.codes)

    def rows(self, rows: slice) -> Labels:
        """Labels of some of the bars, as views of these."""
        return Labels(self.time[rows], self.codes[rows], self.probabilities[rows], self.confidence[rows], self.model)

    @property
    def names(self) -> list[str]:
        """Wire names, one a bar, oldest first."""
        return [ALL_NAMES[code] for code in self.codes]


@dataclass(frozen=True, slots=True)
class Detection:
    """The regime of the last bar of a series and what the answer rests on.

    probabilities : (5,) in the order of ``REGIMES``, summing to 1 (0.2 each where unknown).
    as_of : time of the last bar, int nanoseconds since 1970 UTC; None for no bars.
    regime_age : bars for which the regime has held, the last one included; 0 where unknown.
    regime_age_censored : the run reaches back to the first bar that could be labelled, so it may be older.
    warm : the window is as long as the model wants for full accuracy.
    labels : labels of every bar, where asked for.
    prediction_set : regimes likely enough for such sets to hold the true one nine times in ten on markets like those the model
    was calibrated on, likeliest first. Empty where no single one is; None where unknown, or for a model without a threshold.
    inputs : (n_inputs,) features of the last bar that the model answered from; None where unknown, or for a model without any.
    """

    regime: Regime
    confidence: float
    reasoning: str
    probabilities: NDArray[np.float64]
    metrics: Metrics
    as_of: int | None
    regime_age: int
    regime_age_censored: bool
    bars_used: int
    warm: bool
    model: ModelRef
    warnings: tuple[str, ...] = ()
    fallback: str | None = None
    labels: Labels | None = field(default=None, repr=False)
    prediction_set: tuple[Regime, ...] | None = None
    inputs: NDArray[np.float64] | None = field(default=None, repr=False, compare=False)
