"""Bars as they come: what the forward filter knows after each, kept up to date instead of made again."""

from __future__ import annotations

import numpy as np

from regime_core.bars import INTRADAY_BELOW_NS, OHLCV, Float
from regime_core.features import relative
from regime_core.kernels import moves, regime_filter


class BarStream:
    """The forward filter of ``features.relative``, fed bar by bar.

    The first FIRST_ROW bars set the unit and tell intraday bars from daily ones, so nothing is known until one more has come;
    from then on a bar costs the same however many came before it.
    """

    def __init__(self) -> None:
        self._begun = False
        self._first: list[OHLCV] = []
        self._intraday, self._usual = False, 0
        self._close, self._time, self._going_on = np.nan, 0, np.zeros(moves.N_STATE)
        self._profile, self._day = np.zeros((4, moves.N_BUCKETS)), 0
        self._state, self._level = regime_filter.new_state(), regime_filter.new_level(0.0)
        self._known = np.zeros(regime_filter.N_OUT)

    def push(self, bar: OHLCV) -> Float:
        """Rows of ``regime_filter.filter_bars`` that this bar makes known, (n_rows, N_OUT).

        bar : one bar, later than all before. None of the first FIRST_ROW gives a row, the next gives theirs and its own, every
        other one row. Rows before anything has moved are NaN.
        """
        if self._begun:
            return self._row(self._moved(bar))[None]
        self._first.append(bar)
        if len(self._first) <= relative.FIRST_ROW:
            return np.empty((0, regime_filter.N_OUT))
        return self._begin()

    def _begin(self) -> Float:
        bars, self._first, self._begun = self._first, [], True
        times = np.array([int(bar.time[0]) for bar in bars[: relative.FIRST_ROW]])
        self._usual = moves.usual_step(times)
        self._intraday = self._usual < INTRADAY_BELOW_NS
        self._day = int(times[0]) // moves.DAY_NS
        moved = np.array([self._moved(bar) for bar in bars])
        self._level = regime_filter.new_level(regime_filter.first_unit(moved))
        return np.array([self._row(row) for row in moved])

    def _moved(self, bar: OHLCV) -> Float:
        """The bar's row of ``relative.standardised_moves``, (moves.N_COLUMNS,)."""
        time, open_, high, low, close = (column[0] for column in bar[:5])
        first = bool(np.isnan(self._close))
        gap = first or bool(self._intraday and time - self._time > moves.GAP_STEPS * self._usual)
        moved = np.empty(moves.N_COLUMNS)
        moves.take(self._going_on, open_ if gap else self._close, gap, open_, high, low, close, moved)
        if self._intraday:
            self._day = moves.divide_by_profile(self._profile, self._day, time, moved)
        self._close, self._time = close, time
        return moved

    def _row(self, moved: Float) -> Float:
        """Take one standardised move; what is known after it, (N_OUT,)."""
        if not regime_filter.take(self._state, self._level, moved, self._known):
            return np.full(regime_filter.N_OUT, np.nan)
        return self._known.copy()
