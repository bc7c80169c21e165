"""The bars and labels in sight, and the spells of regimes they belong to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components import words
from regime_core.bars import OHLCV, is_intraday
from regime_core.evaluation import persistence
from regime_core.evaluation.persistence import Spells
from regime_core.regimes import MIN_BARS, UNKNOWN_CODE, Labels

LOG_BEYOND_DAYS = 5.02 * 365.25
"""Longer spans are drawn on a logarithmic scale; five years and their leap days are not longer."""


@dataclass(frozen=True, slots=True)
class Window:
    """Bars ``first:first + n`` of a series.

    bars, labels : those in sight. spells : those that touch the window, whole, with indices into the series.
    series_time : (n_series,) times of the whole series, nanoseconds since 1970 UTC. quantity : what the price axis measures.
    intraday : whether the time of day is shown. hindsight : whether the labels rest on later bars too.
    labelled : whether the labels say anything; not where the whole series is too short for any.
    """

    title: str
    first: int
    bars: OHLCV
    labels: Labels
    spells: Spells
    series_time: NDArray[np.int64]
    quantity: str = "price"
    intraday: bool = False
    hindsight: bool = False
    labelled: bool = True

    @property
    def span(self) -> str:
        """First and last date in words."""
        return words.span(self.bars.time[0], self.bars.time[-1], intraday=self.intraday)

    @property
    def closes_only(self) -> bool:
        """Whether no bar has a range, so that there are no candles to draw."""
        return closes_only(self.bars)

    @property
    def logarithmic(self) -> bool:
        """Whether the price is drawn on a logarithmic scale."""
        days = (self.bars.time[-1] - self.bars.time[0]) / 86_400e9
        return bool(days > LOG_BEYOND_DAYS and self.bars.low.min() > 0)


def closes_only(bars: OHLCV) -> bool:
    """Whether no bar has a range: its open, high, low and close are one number."""
    return bool((bars.high == bars.low).all())


def window(
    title: str,
    bars: OHLCV,
    labels: Labels,
    first: int,
    stop: int,
    quantity: str = "price",
    *,
    spells: Spells | None = None,
    intraday: bool | None = None,
    hindsight: bool = False,
) -> Window:
    """Cut a series to the bars in sight; its spells stay whole.

    spells, intraday : of the whole series, where they are known already.
    """
    seen = labels.rows(slice(first, stop))
    whole = persistence.spells(labels.codes, labels.confidence, bars.close) if spells is None else spells
    told = is_intraday(bars.time) if intraday is None else intraday
    sight, spells_in_sight = bars.rows(first, stop), whole.touching(first, stop)
    enough = bars.n_bars >= MIN_BARS or bool((labels.codes != UNKNOWN_CODE).any())
    return Window(title, first, sight, seen, spells_in_sight, bars.time, quantity, told, hindsight, enough)
