"""Rules that stay out of a market by its labels, tested on its past beside holding it throughout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import DAY_NS, OHLCV, is_intraday
from regime_core.errors import RegimeError
from regime_core.evaluation import backtest
from regime_core.evaluation.backtest import Backtest, Difference
from regime_core.regimes import UNKNOWN_CODE, Labels
from regime_core.states import WalkForward

MIN_DAYS = 2 * backtest.BLOCK
"""Days of fewer say nothing of a rule: there are no two blocks to draw from."""


@dataclass(frozen=True, slots=True)
class Trade:
    """How a rule trades. delay : closes waited after the signal's. cost_bp : of each trade, hundredths of a percent."""

    delay: int
    cost_bp: float


@dataclass(frozen=True, slots=True)
class Tested:
    """A rule and holding throughout, on the same days, after the same delay and costs.

    time : (n_days,) int64 nanoseconds since 1970 UTC. rule, hold : as traded; cash earns nothing. difference : rule less hold.
    """

    time: NDArray[np.int64]
    rule: Backtest
    hold: Backtest
    difference: Difference


def of_labels(bars: OHLCV, labels: Labels, out: Sequence[int], trade: Trade) -> Tested:
    """Hold unless a bar's causal label is one of ``out``; from the first known label on. An unknown label later on holds.

    bars : daily or longer. Raises RegimeError ``backtest.intraday``, ``backtest.prices``, ``backtest.short``.
    """
    known = np.flatnonzero(labels.codes != UNKNOWN_CODE)
    first = int(known[0]) if len(known) else bars.n_bars
    return _tested(bars, first, bars.n_bars, np.isin(labels.codes, out), trade)


def of_forecasts(bars: OHLCV, walk: WalkForward, out: Sequence[int], trade: Trade, *, horizon: int) -> Tested:
    """Hold unless the likeliest state ``horizon`` days ahead is one of ``out``, by forecasts that knew no later year."""
    days = walk.at(horizon)
    return _of_states(bars, days.time, days.probabilities.argmax(axis=1), out, trade)


def of_states(bars: OHLCV, walk: WalkForward, out: Sequence[int], trade: Trade) -> Tested:
    """Hold unless today's state, as known today, is one of ``out``."""
    days = walk.at(min(walk.horizons))
    return _of_states(bars, days.time, days.today, out, trade)


def _of_states(bars: OHLCV, time: NDArray[np.int64], codes: NDArray[np.integer], out: Sequence[int], trade: Trade) -> Tested:
    """Days between the first and the last with a state; one without has that of the day before."""
    days = bars.time // DAY_NS * DAY_NS
    first, stop = int(np.searchsorted(days, time[0])), int(np.searchsorted(days, time[-1], side="right"))
    newest = np.searchsorted(time, days, side="right") - 1
    stay_out = np.isin(codes, out)[np.maximum(newest, 0)]
    return _tested(bars, first, stop, stay_out, trade)


def _tested(bars: OHLCV, first: int, stop: int, stay_out: NDArray[np.bool_], trade: Trade) -> Tested:
    _require(bars, stop - first)
    rows = slice(first, stop)
    time, returns = bars.time[rows], backtest.simple_returns(bars.close)[rows]
    periods = backtest.periods_a_year(time)
    hold = np.ones(len(time), dtype=bool)
    rule, whole = (
        backtest.zero_one(returns, signal, delay=trade.delay, cost_bp=trade.cost_bp, periods=periods)
        for signal in (~stay_out[rows], hold)
    )
    return Tested(time, rule, whole, backtest.difference(rule, whole))


def _require(bars: OHLCV, n_days: int) -> None:
    if is_intraday(bars.time):
        told = (
            "Backtests are of daily and longer bars: what a trade within a day costs, and whether it is filled, is not known."
        )
        raise RegimeError("backtest.intraday", told)
    if not (bars.close > 0).all():
        raise RegimeError("backtest.prices", "Some closes are zero or below: a return on them has no meaning.")
    if n_days < MIN_DAYS:
        there = max(0, n_days)
        raise RegimeError("backtest.short", f"A backtest needs {MIN_DAYS} labelled days with prices; there are {there}.")
