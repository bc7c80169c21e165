"""Days of a market with the values that its stress states rest on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from regime_core.bars import DAY_NS, OHLCV, Float, is_intraday
from regime_core.errors import ModelError

Times = NDArray[np.int64]

WINDOW = 21
"""Trading days of a month, over which volatility is measured."""
HORIZONS = (1, 5, 21)
K_RANGE = (2, 3, 4, 5)
YEAR = 252
MIN_DAYS = 3 * WINDOW
"""Fewest days with all values that clusters are made of."""
MIN_HISTORY = 3 * 365
"""Calendar days of history that a forecast is fitted on, at least."""
RETURN, VOLATILITY, VIX, PARKINSON = "return", "volatility", "vix", "parkinson"
TITLES = {
    RETURN: "Daily return",
    VOLATILITY: "21-day volatility",
    VIX: "VIX",
    PARKINSON: "Parkinson volatility, 21 days",
}

_NO_VIX = "There is no VIX here: states rest on return, volatility and Parkinson volatility instead."
_CLOSES_ONLY = (
    "There is no VIX here, and these prices are closes only: Parkinson volatility, which needs each day's high and low, cannot "
    "be had. States rest on return and 21-day volatility alone."
)
_VIX_ITSELF = (
    "This is the VIX itself: its states rest on its own daily change, the 21-day volatility of that change, and its level."
)


@dataclass(frozen=True, slots=True)
class Market:
    """Days of a market for which all values are known, oldest first.

    time : (n_days,) int64 nanoseconds since 1970 UTC, midnight of each trading day.
    bars : the same n_days as OHLCV. vix : (n_days,) VIX close in percent a year, or None.
    values : (n_days, n_values) daily simple return and its 21-day sample standard deviation, both fractions a day, then the
    VIX in percent a year or, where there is none, the 21-day Parkinson volatility, a fraction a day. All finite.
    columns : names of the values: ``return volatility vix``, ``return volatility parkinson``, or, of closes only without a
    VIX, ``return volatility``.
    notes : sentences on what fell out or was put in another's place.
    """

    time: Times
    bars: OHLCV
    vix: Float | None
    values: Float
    columns: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def n_days(self) -> int:
        """Number of days."""
        return len(self.time)

    @property
    def order_column(self) -> int:
        """Column by whose centre states are ordered: that of the VIX, of volatility where there is no VIX."""
        return 2 if self.vix is not None else 1

    @property
    def years(self) -> NDArray[np.int64]:
        """Calendar year of each day, (n_days,)."""
        return self.time.view("M8[ns]").astype("M8[Y]").astype(np.int64) + 1970

    def rows(self, start: int | None, stop: int | None = None) -> Market:
        """Days ``start:stop``, as views of these."""
        part = slice(start, stop)
        vix = None if self.vix is None else self.vix[part]
        return replace(self, time=self.time[part], bars=self.bars.take(part), vix=vix, values=self.values[part])


def market(bars: OHLCV, vix: OHLCV | None = None, *, vix_name: str = "the VIX") -> Market:
    """Market of daily bars and, where there is one, a VIX: the days that both have.

    The bars may be the VIX itself, given as both: its own level is the third value then.
    Bars of which most among the first ``MIN_DAYS + WINDOW`` have no range are closes only, and have no Parkinson volatility.
    Later bars do not count for that, so that cutting them off changes no value.
    Returns and volatility are measured over the days that both have; the first 21 days have no volatility and fall out.
    Raises ModelError ``market.intraday`` on bars shorter than a day, ``market.no_overlap`` where no date is in both,
    ``market.few`` with fewer than ``MIN_DAYS`` days left, ``market.constant`` where the close never changes.
    """
    if is_intraday(bars.time):
        raise ModelError(
            "market.intraday", "Stress states are of days, and these bars are shorter: Overview and Label still work for them."
        )
    days = _midnights(bars.time)
    notes: list[str] = []
    level: Float | None = None
    if vix is not None:
        own, theirs = _common(days, _midnights(vix.time), bars, vix, notes, vix_name)
        if _same(bars, vix):
            notes.append(_VIX_ITSELF)
        bars, days, level = bars.take(own), days[own], vix.close[theirs]
    if len(days) < MIN_DAYS + WINDOW:
        raise ModelError(
            "market.few",
            f"{len(days)} days are too few for stress states: send at least {MIN_DAYS + WINDOW}. "
            "Overview, with the regime of each bar, can still be shown.",
        )
    if np.ptp(bars.close) == 0:
        raise ModelError(
            "market.constant",
            f"The close is {bars.close[0]:g} on every day from {_date(days[0])} to {_date(days[-1])}: states that never differ "
            "cannot be told apart. Send prices that move.",
        )
    columns = {RETURN: _returns(bars.close), VOLATILITY: _volatility(bars.close)}
    if level is not None:
        columns[VIX] = level
    elif _closes_only(bars):
        notes.append(_CLOSES_ONLY)
    else:
        columns[PARKINSON] = _parkinson(bars)
        notes.append(_NO_VIX)
        still = int((columns[PARKINSON][WINDOW:] == 0).sum())
        if still:
            notes.append(f"On {still:,} days high and low were equal for {WINDOW} days: Parkinson volatility is 0 there.")
    kept = slice(WINDOW, None)
    if not _long_enough(days[kept]):
        notes.append(
            f"There are {years_of(days[kept]):.1f} years of data ({_date(days[kept][0])} to {_date(days[-1])}); forecasts and "
            "their evaluation need three. Clusters and features can still be shown."
        )
    return Market(
        days[kept],
        bars.take(kept)._replace(time=days[kept]),
        None if level is None else level[kept],
        np.column_stack(list(columns.values()))[kept],
        tuple(columns),
        tuple(notes),
    )


def require_history(found: Market) -> None:
    """Refuse less than three years. Raises ModelError ``market.short``, which says what can still be shown."""
    if _long_enough(found.time):
        return
    raise ModelError(
        "market.short",
        f"Forecasts need three years of daily data, and here are {years_of(found.time):.1f} ({_date(found.time[0])} to "
        f"{_date(found.time[-1])}). Clusters and features, in sample, can still be shown.",
    )


def _long_enough(days: Times) -> bool:
    return bool(len(days) and days[-1] - days[0] >= (MIN_HISTORY - 2 * WINDOW) * DAY_NS)


def years_of(days: Times) -> float:
    """Years from the first to the last day."""
    return float((days[-1] - days[0]) / DAY_NS / 365.25) if len(days) else 0.0


def _common(
    days: Times, vix_days: Times, bars: OHLCV, vix: OHLCV, notes: list[str], vix_name: str
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows of both that have the same date."""
    common, own, theirs = np.intersect1d(days, vix_days, return_indices=True)
    if not len(common):
        raise ModelError(
            "market.no_overlap",
            f"No date is in both: the prices run from {_date(days[0])} to {_date(days[-1])}, {vix_name} from "
            f"{_date(vix_days[0])} to {_date(vix_days[-1])}. Bring one of them up to date, or go without a VIX.",
        )
    inside = (days >= common[0]) & (days <= common[-1])
    without = int(inside.sum()) - len(common)
    if without:
        first = days[inside][~np.isin(days[inside], common)][0]
        notes.append(f"{without} day{'s' * (without > 1)} without {vix_name} fell out, first {_date(first)}.")
    outside = len(days) - int(inside.sum())
    if outside:
        notes.append(
            f"{outside:,} day{'s' * (outside > 1)} outside the dates of {vix_name} that the prices share "
            f"({_date(common[0])} to {_date(common[-1])}) fell out."
        )
    return own, theirs


def _same(bars: OHLCV, vix: OHLCV) -> bool:
    return np.array_equal(bars.time, vix.time) and np.array_equal(bars.close, vix.close)


def _closes_only(bars: OHLCV) -> bool:
    first = bars.rows(None, MIN_DAYS + WINDOW)
    return bool((first.high == first.low).mean() > 0.5)


def _midnights(time: Times) -> Times:
    return np.asarray(np.floor_divide(time, DAY_NS) * DAY_NS, dtype=np.int64)


def _date(time: np.int64 | int) -> str:
    return str(np.datetime64(int(time), "ns").astype("M8[D]"))


def _returns(close: Float) -> Float:
    out = np.full(len(close), np.nan)
    out[1:] = close[1:] / close[:-1] - 1.0
    return out


def _volatility(close: Float) -> Float:
    out = np.full(len(close), np.nan)
    out[WINDOW:] = sliding_window_view(_returns(close)[1:], WINDOW).std(axis=1, ddof=1)
    return out


def _parkinson(bars: OHLCV) -> Float:
    out = np.full(bars.n_bars, np.nan)
    squares = np.log(bars.high / bars.low) ** 2 / (4.0 * np.log(2.0))
    out[WINDOW - 1 :] = np.sqrt(sliding_window_view(squares, WINDOW).mean(axis=1))
    return out
