"""Fit on the past and forecast: once from the last day, or each year by what was fitted on the years before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import DAY_NS, Float
from regime_core.errors import ModelError
from regime_core.evaluation import splits
from regime_core.models import kmeans
from regime_core.models.forecaster import CANDIDATES, Forecaster
from regime_core.models.kmeans import KMeans
from regime_core.regimes import ModelRef
from regime_core.states import HORIZONS, MIN_HISTORY, WINDOW, Forecast, Market, WalkForward, YearModel, require_history

Progress = Callable[[str, int, int], None]
"""Told the stage, how much of it is done and how much there is."""
THREADS = 2
MAX_HORIZON = 63


def first_year(market: Market) -> int:
    """First calendar year with about three years of history before it. Raises ModelError ``market.short`` if there is none."""
    require_history(market)
    enough = market.time[0] + (MIN_HISTORY - 2 * WINDOW) * DAY_NS
    folds = splits.year_folds(market.years, first_year=int(market.years[0]) + 1)
    for fold in folds:
        if market.time[fold.start] >= enough:
            return fold.year
    raise ModelError(
        "market.short",
        f"No year begins with three years of history before it: the data ends on {_date(market.time[-1])}. Clusters and "
        "features can still be shown; forecasts of past years need data that goes on into the next year.",
    )


def walk_forward(
    market: Market,
    *,
    k: int | None = None,
    horizons: Sequence[int] = HORIZONS,
    start_year: int | None = None,
    candidates: Sequence[str] = CANDIDATES,
    progress: Progress | None = None,
) -> WalkForward:
    """Forecast every day from ``start_year`` on, each calendar year by what was fitted on the days before it.

    k : number of states; that with the best silhouette on the days before ``start_year`` where None. start_year : the first
    with three years of history where None. candidates : members of the pool, weighed by the past for each year and horizon.
    A row rests on days up to its own only: it stays the same when later days are cut off, but for whether its outcome is known.
    Raises ModelError on fewer than three years before ``start_year``, and as ``KMeans.fit`` does.
    """
    tell = progress or _silent
    earliest = first_year(market)
    start_year = earliest if start_year is None else start_year
    _check(start_year, earliest, market, horizons)
    folds = splits.year_folds(market.years, first_year=start_year)
    if k is None:
        k = kmeans.best_k(kmeans.silhouettes(market.rows(None, folds[0].start)))
    plan = _Plan(k, tuple(sorted(set(horizons))), tuple(candidates))
    tell("Walking forward", 0, len(folds))
    years: list[_Year] = []
    with _one_thread_a_fit(), ThreadPoolExecutor(THREADS) as pool:
        for done, year in enumerate(pool.map(lambda fold: _walk_year(market, fold, plan), folds), 1):
            years.append(year)
            tell("Walking forward", done, len(folds))
    return _joined(market, years, k)


def require_day_from(market: Market, day: date) -> None:
    """Refuse a date later than a market's last day, from which nothing can be forecast. Raises ModelError ``market.short``."""
    last = _date(market.time[-1])
    if day.isoformat() > last:
        raise ModelError("market.short", f"The data ends on {last}, before {day}: start on that day or earlier.")


def fit(market: Market, *, k: int | None = None, horizons: Sequence[int] = HORIZONS) -> Forecaster:
    """Clustering and forecaster fitted on all days of a market; k by silhouette where None.

    Raises ModelError on fewer than three years or horizons out of 1..63, and as ``KMeans.fit`` does.
    """
    require_history(market)
    _check_horizons(horizons)
    k = kmeans.best_k(kmeans.silhouettes(market)) if k is None else k
    with _one_thread_a_fit():
        return Forecaster(horizons=tuple(horizons)).fit(market, KMeans(k=k).fit(market))


def fit_forecast(market: Market, *, k: int | None = None, horizons: Sequence[int] = HORIZONS) -> Forecast:
    """Forecast from a market's last day by models fitted on that market's own past, its last day included."""
    return fit(market, k=k, horizons=horizons).forecast(
        market, model=ModelRef(Forecaster.name, "fitted-on-this-data"), explained=True
    )


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is fitted each year."""

    k: int
    horizons: tuple[int, ...]
    candidates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Year:
    """One year's rows, by horizon, and what made them."""

    fold: splits.Fold
    rows: dict[int, dict[str, NDArray[Any]]]
    models: tuple[YearModel, ...]
    centres: Float


def _walk_year(market: Market, fold: splits.Fold, plan: _Plan) -> _Year:
    past = market.rows(None, fold.start)
    states = KMeans(k=plan.k).fit(past)
    fitted = Forecaster(horizons=plan.horizons, candidates=plan.candidates).fit(past, states)
    known = market.rows(None, fold.stop)
    codes = states.label(market.values)
    rows = {horizon: _rows(fitted, known, codes, fold, horizon) for horizon in plan.horizons}
    models = tuple(
        YearModel(fold.year, horizon, dict(head.weights), dict(head.log_loss)) for horizon, head in fitted.heads_.items()
    )
    return _Year(fold, rows, models, states.centres_ * states.scale_ + states.mean_)


def _rows(
    fitted: Forecaster, known: Market, codes: NDArray[np.int8], fold: splits.Fold, horizon: int
) -> dict[str, NDArray[Any]]:
    """Rows of one year and horizon. codes : (n_days,) labels of all days under the clustering of that year."""
    day = np.arange(fold.start, fold.stop)
    later = day + horizon
    there = later < len(codes)
    head = fitted.heads_[horizon]
    recent = known.rows(max(0, fold.start - fitted.window), fold.stop)
    return {
        "time": known.time[day],
        "horizon": np.full(len(day), horizon, dtype=np.int64),
        "today": codes[day],
        "realised": np.where(there, codes[np.where(there, later, 0)], 0).astype(np.int8),
        "known": there,
        "probabilities": fitted.probabilities(recent, horizon)[-len(day) :],
        "markov": head.markov[codes[day]],
        "margin": fitted.margin(recent, horizon)[-len(day) :],
        "stay": np.full(len(day), head.stay),
    }


def _joined(market: Market, years: Sequence[_Year], k: int) -> WalkForward:
    parts = [rows for year in years for rows in year.rows.values()]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.lexsort((columns["horizon"], columns["time"]))
    return WalkForward(
        k=k,
        **{name: column[order] for name, column in columns.items()},
        models=tuple(model for year in years for model in year.models),
        years=np.array([year.fold.year for year in years], dtype=np.int64),
        centres=np.array([year.centres for year in years]),
        columns=market.columns,
        notes=market.notes,
    )


def _check(start_year: int, earliest: int, market: Market, horizons: Sequence[int]) -> None:
    last = int(market.years[-1])
    if start_year < earliest:
        raise ModelError(
            "market.short",
            f"Forecasts of {start_year} need three years of history before it, and the data begins on {_date(market.time[0])}: "
            f"start in {earliest}, or bring older data.",
        )
    if start_year > last:
        raise ModelError("market.short", f"The data ends on {_date(market.time[-1])}: start in {last} or earlier.")
    _check_horizons(horizons)


def _check_horizons(horizons: Sequence[int]) -> None:
    if not horizons or min(horizons) < 1 or max(horizons) > MAX_HORIZON:
        raise ModelError("model.horizon", f"Horizons are trading days from 1 to {MAX_HORIZON}, such as 1,5,21.")


@contextmanager
def _one_thread_a_fit() -> Iterator[None]:
    """Years are fitted side by side, and sums of several threads would differ in their last bits from run to run."""
    import sklearn.cluster
    import sklearn.ensemble
    import sklearn.linear_model  # noqa: F401 - loaded before their threads are limited
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield


def _date(time: np.int64) -> str:
    return str(np.datetime64(int(time), "ns").astype("M8[D]"))


def _silent(stage: str, done: int, total: int) -> None:
    """Tell nobody."""
