"""Stress states of a market: its days, their clusters, forecasts of the state ahead, and how past forecasts went.

The *states* ``state_0``, ``state_1``, … rise with stress. They are not the five regimes of ``regimes``; no vote is taken
across the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from regime_core.bars import DAY_NS, OHLCV, Float, is_intraday
from regime_core.errors import ModelError
from regime_core.regimes import ModelRef

Codes = NDArray[np.int8]
Times = NDArray[np.int64]

WINDOW = 21
"""Trading days of a month, over which volatility is measured."""
HORIZONS = (1, 5, 21)
K_RANGE = (2, 3, 4, 5)
YEAR = 252
MIN_DAYS = 3 * WINDOW
"""Fewest days with all three values that clusters are made of."""
MIN_HISTORY = 3 * 365
"""Calendar days of history that a forecast is fitted on, at least."""
RETURN, VOLATILITY, VIX, PARKINSON = "return", "volatility", "vix", "parkinson"
TITLES = {
    RETURN: "Daily return",
    VOLATILITY: "21-day volatility",
    VIX: "VIX",
    PARKINSON: "Parkinson volatility, 21 days",
}


def state_name(code: int) -> str:
    """Wire name of a state: 0 is the least stressed."""
    return f"state_{code}"


@dataclass(frozen=True, slots=True)
class Market:
    """Days of a market for which all three values are known, oldest first.

    time : (n_days,) int64 nanoseconds since 1970 UTC, midnight of each trading day.
    bars : the same n_days as OHLCV. vix : (n_days,) VIX close in percent a year, or None.
    values : (n_days, 3) daily simple return and its 21-day sample standard deviation, both fractions a day, then the VIX in
    percent a year or, where there is none, the 21-day Parkinson volatility, a fraction a day. All finite.
    columns : names of the three values: ``return volatility vix``, or ``return volatility parkinson``.
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


@dataclass(frozen=True, slots=True)
class Clustering:
    """States of a market's days under one set of centres.

    k : number of states. columns : the three values clustered.
    centres : (k, 3) in the units of ``Market.values``, by rising stress. codes : (n_days,) int8, each day's nearest centre.
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
    """How much one group of inputs moved a forecast.

    name : ``return_today``, … as in ``models.forecaster``. title : the same in words.
    log_odds : change of the log-odds of the forecast's most likely state against the same forecast with this input at its
    past median; positive speaks for that state. For a logistic regression of two states the contributions add up.
    """

    name: str
    title: str
    log_odds: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """Forecast made at the close of one day.

    as_of : that day, int nanoseconds since 1970 UTC. state_today : its label. k : number of states.
    horizons, markov, margin : trading days ahead -> (k,) probabilities of the model and of two baselines.
    persistence : the third baseline, the state of today. stay : horizon -> share of past days whose label h days later was the
    same, the probability persistence gives to it.
    contributions : horizon -> what moved the forecast, largest first.
    fitted_through : where the data ends that the model was fitted on. in_sample : that is later than ``as_of``, so that what
    came after was known to the model.
    """

    as_of: int
    state_today: int
    k: int
    horizons: Mapping[int, Float]
    persistence: int
    stay: Mapping[int, float]
    markov: Mapping[int, Float]
    margin: Mapping[int, Float]
    contributions: Mapping[int, tuple[Contribution, ...]]
    model: ModelRef
    fitted_through: int
    in_sample: bool
    notes: tuple[str, ...] = ()

    def most_likely(self, horizon: int) -> int:
        """State with the largest probability at a horizon."""
        return int(np.argmax(self.horizons[horizon]))

    def as_dict(self) -> dict[str, Any]:
        """All fields as plain values that JSON can hold."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        for name in ("horizons", "markov", "margin"):
            found[name] = {str(horizon): given.tolist() for horizon, given in found[name].items()}
        found["stay"] = {str(horizon): share for horizon, share in self.stay.items()}
        found["contributions"] = {str(h): [asdict(part) for part in parts] for h, parts in self.contributions.items()}
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
            contributions={
                int(h): tuple(Contribution(**part) for part in parts) for h, parts in found["contributions"].items()
            },
            model=ModelRef(**found["model"]),
            notes=tuple(found["notes"]),
            **{name: found[name] for name in ("as_of", "state_today", "k", "persistence", "fitted_through", "in_sample")},
        )


@dataclass(frozen=True, slots=True)
class YearModel:
    """What forecast one year at one horizon: chosen, calibrated and fitted on days before that year.

    name : ``logistic``, ``random_forest`` or ``xgboost``. temperature : the calibration. log_loss : on the validation block of
    past days, by candidate.
    """

    year: int
    horizon: int
    name: str
    temperature: float
    log_loss: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class WalkForward:
    """Forecasts of each year by what was fitted on the years before it; one row a day and horizon, by day, then horizon.

    time : (n_rows,) int64 nanoseconds since 1970 UTC, the day of the forecast. horizon : (n_rows,) trading days ahead.
    today : (n_rows,) int8 label of that day, realised : (n_rows,) int8 label ``horizon`` days later, both under the clustering
    known at the beginning of the year. known : (n_rows,) whether that later day is there; ``realised`` means nothing where not.
    probabilities, markov, margin : (n_rows, k), rows sum to 1. stay : (n_rows,) probability that persistence gives to today's
    label.
    models : what forecast each year and horizon. centres : (n_years, k, 3), the centres of each year of ``years``.
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

    def _take(self, kept: NDArray[np.bool_]) -> WalkForward:
        rows = ("time", "horizon", "today", "realised", "known", "probabilities", "markov", "margin", "stay")
        return replace(self, **{name: getattr(self, name)[kept] for name in rows})


def market(bars: OHLCV, vix: OHLCV | None = None, *, vix_name: str = "the VIX") -> Market:
    """Market of daily bars and, where there is one, a VIX: the days that both have.

    Returns and volatility are measured over the days that both have; the first 21 days have no volatility and fall out.
    Raises ModelError ``market.intraday`` on bars shorter than a day, ``market.no_overlap`` where no date is in both,
    ``market.short`` with fewer than ``MIN_DAYS`` days left, ``market.constant`` where the close never changes.
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
        bars, days, level = bars.take(own), days[own], vix.close[theirs]
    else:
        notes.append("There is no VIX here: states rest on return, volatility and Parkinson volatility instead.")
    if len(days) < MIN_DAYS + WINDOW:
        raise ModelError(
            "market.short",
            f"{len(days)} days are too few for stress states: send at least {MIN_DAYS + WINDOW}. "
            "Overview, with the regime of each bar, can still be shown.",
        )
    if np.ptp(bars.close) == 0:
        raise ModelError(
            "market.constant",
            f"The close is {bars.close[0]:g} on every day from {_date(days[0])} to {_date(days[-1])}: states that never differ "
            "cannot be told apart. Send prices that move.",
        )
    values = np.column_stack([_returns(bars.close), _volatility(bars.close), _parkinson(bars) if level is None else level])
    kept = slice(WINDOW, None)
    if years_of(days) < 3:
        notes.append(
            f"There are {years_of(days):.1f} years of data ({_date(days[0])} to {_date(days[-1])}); forecasts and their "
            "evaluation need three. Clusters and features can still be shown."
        )
    third = VIX if level is not None else PARKINSON
    return Market(
        days[kept],
        bars.take(kept)._replace(time=days[kept]),
        None if level is None else level[kept],
        np.ascontiguousarray(values[kept]),
        (RETURN, VOLATILITY, third),
        tuple(notes),
    )


def require_history(found: Market) -> None:
    """Refuse less than three years. Raises ModelError ``market.short``, which says what can still be shown."""
    if found.n_days and found.time[-1] - found.time[0] >= (MIN_HISTORY - 2 * WINDOW) * DAY_NS:
        return
    raise ModelError(
        "market.short",
        f"Forecasts need three years of daily data, and here are {years_of(found.time):.1f} ({_date(found.time[0])} to "
        f"{_date(found.time[-1])}). Clusters and features, in sample, can still be shown.",
    )


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
            f"{outside:,} days outside the dates of {vix_name} ({_date(common[0])} to {_date(common[-1])}) are left out."
        )
    return own, theirs


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
