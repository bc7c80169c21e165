"""Scale-free features of the five-regime detectors: everything relative to the instrument's own s0, and causal.

The first six are what a forward filter over regime, s0 and tail weight makes of the bars so far (``kernels.regime_filter``);
the rest are volatilities, drifts and shapes of the path at several horizons, in units of s0 or of local volatility.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import INTRADAY_BELOW_NS, OHLCV, Float
from regime_core.features.base import Feature
from regime_core.kernels import moves, regime_filter
from regime_core.kernels import relative as kernel
from regime_core.regimes import MIN_BARS, REGIME_NAMES

FIRST_ROW = regime_filter.FIRST_ROW
"""Rows before this one are NaN: the bars up to it set the unit, and tell intraday bars from daily ones."""
KEPT_ROWS = 1000
"""Rows kept for further questions about the same bars; those of a long history would weigh more than it takes to make them."""
PIECE = 50_000
"""Bars of a long history that are made into features at once, so that models can be at work on those before."""
_FILTER = "Hamilton (1989), A new approach to the economic analysis of nonstationary time series; docs/models.md"
_RANGE = "Garman and Klass (1980), On the estimation of security price volatilities; weights for 24 steps a bar"
_MEAN = "exponentially weighted means, RiskMetrics technical document (1996)"


def _feature(name: str, title: str, unit: str, source: str) -> Feature:
    return Feature(name, title, unit, group="relative", source=source, warm_up=FIRST_ROW)


def _horizons(stem: str, title: str, unit: str, half_lives: tuple[float, ...], source: str = _MEAN) -> tuple[Feature, ...]:
    return tuple(_feature(f"{stem}_{h:.0f}", f"{title}, half-life {h:.0f} bars", unit, source) for h in half_lives)


FEATURES: tuple[Feature, ...] = (
    *(_feature(f"log_p_{name}", f"Log probability of {name.replace('_', ' ')}", "nats", _FILTER) for name in REGIME_NAMES),
    _feature("log_p_steady", "Log probability of a free path at s0 that seldom ends", "nats", _FILTER),
    _feature("fat_tails", "Probability of fat-tailed shocks", "probability", _FILTER),
    _feature("s0_uncertainty", "Uncertainty of s0", "log volatility", _FILTER),
    _feature("log_age", "Log number of bars seen, at most 2,000", "log bars", "definition"),
    *_horizons("log_volatility", "Log volatility over s0", "log ratio", kernel.VOLATILITY_HALF_LIVES, _RANGE),
    *_horizons("drift", "Mean move over local volatility", "local volatilities per bar", kernel.DRIFT_HALF_LIVES),
    *_horizons("efficiency", "Net move over path length", "ratio", kernel.EFFICIENCY_HALF_LIVES),
    *_horizons("distance", "Distance from the mean path", "local volatilities", kernel.DISTANCE_HALF_LIVES),
    *_horizons("correlation", "Correlation of successive moves", "correlation", kernel.CORRELATION_HALF_LIVES),
    *(
        _feature(
            f"mean_p_{name}",
            f"Mean probability of {name.replace('_', ' ')}, half-life {kernel.POSTERIOR_HALF_LIFE:.0f} bars",
            "probability",
            _MEAN,
        )
        for name in REGIME_NAMES
    ),
    _feature("turnover", "How much the regime probabilities usually change per bar", "probability", _FILTER),
    _feature("misfit", "Usual distance of volatility from the levels of the regimes", "log ratio", _FILTER),
    _feature("spread_of_volatility", "Spread of local volatility about its long run", "log ratio", _RANGE),
    _feature("log_long_volatility", "Log of long-run geometric volatility over s0", "log ratio", _RANGE),
    _feature("log_volatility_8_to_long", "Log volatility over its long run, half-life 8 bars", "log ratio", _RANGE),
    _feature("log_volatility_60_to_long", "Log volatility over its long run, half-life 60 bars", "log ratio", _RANGE),
    _feature("untraded", "Share of bars without a trade, half-life 60 bars", "ratio", _MEAN),
)
NAMES: tuple[str, ...] = tuple(feature.name for feature in FEATURES)


def matrix(bars: OHLCV, *, start: int = 0) -> NDArray[np.float32]:
    """Features of bars ``start:``, (n_bars - start, n_features) float32 in the order of ``FEATURES``.

    Rows before FIRST_ROW are NaN, and so are all rows of fewer than MIN_BARS bars; all else is finite. Intraday bars are told
    by the median step of the first FIRST_ROW bars; on them moves are divided by a causal profile of the time of day, and a bar
    after a gap moves from its own open.
    """
    if bars.n_bars < MIN_BARS:
        return np.full((bars.n_bars - start, len(FEATURES)), np.nan, dtype=np.float32)
    return Known(bars).matrix(start)


class Known:
    """What the forward filter knows after each bar, made once for all that is made of it. bars : at least MIN_BARS."""

    def __init__(self, bars: OHLCV) -> None:
        self._moved = standardised_moves(bars)
        self._filtered: Float | None = None
        self._first = bars.n_bars
        self._rows = np.empty((0, len(FEATURES)), dtype=np.float32)

    @property
    def filtered(self) -> Float:
        """What is known after each bar, (n_bars, N_OUT); see ``kernels.regime_filter.filter_bars``. Made once."""
        # no cached_property: up to Python 3.11 all instances share its lock, and one thread alone would filter
        if self._filtered is None:
            self._filtered = np.asarray(regime_filter.filter_bars(self._moved))
        return self._filtered

    def matrix(self, start: int) -> NDArray[np.float32]:
        """Features of bars ``start:``, as the function of that name; the last KEPT_ROWS are not made again once they were."""
        if start >= self._first:
            return self._rows[start - self._first :]
        if self._filtered is None:  # most often all that is asked: then by one kernel, which leaves Python's lock once
            self._filtered, rows = kernel.filtered_and_features(self._moved, start)
        else:
            rows = kernel.features(self._filtered, start)
        if len(rows) <= KEPT_ROWS:
            self._first, self._rows = start, rows
        return rows

    def pieces(self, start: int) -> Iterator[NDArray[np.float32]]:
        """Rows of ``matrix(start)`` in pieces of at most PIECE bars, each made when it is asked for."""
        state, level = regime_filter.new_state(), regime_filter.new_level(regime_filter.first_unit(self._moved))
        known, means = np.zeros(regime_filter.N_OUT), np.zeros(kernel.N_STATE)
        for at in range(0, len(self._moved), PIECE):
            filtered = regime_filter.filter_more(state, level, known, self._moved[at : at + PIECE])
            rows = np.asarray(kernel.features_more(means, filtered, min(max(start - at, 0), len(filtered))))
            if len(rows):
                yield rows


def standardised_moves(bars: OHLCV) -> Float:
    """What each bar tells, (n_bars, moves.N_COLUMNS), free of gaps and the time of day; see ``kernels.moves``.

    bars : at least MIN_BARS.
    """
    return np.asarray(moves.standardised(*bars[:5], FIRST_ROW, INTRADAY_BELOW_NS))


def compute(bars: OHLCV) -> dict[str, Float]:
    """Every feature by name, each (n_bars,) float64, NaN in the first FIRST_ROW rows."""
    columns = matrix(bars).astype(np.float64)
    return {name: columns[:, i] for i, name in enumerate(NAMES)}
