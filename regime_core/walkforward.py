"""Walk forward: each year forecast by what was fitted on the years before it, and the record of that kept in a file."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from regime_core.bars import DAY_NS, Float
from regime_core.errors import ModelError, ReaderError
from regime_core.evaluation import splits
from regime_core.evaluation.forecasts import ForecastScores, forecast_scores
from regime_core.evaluation.outcomes import Outcomes
from regime_core.evaluation.outcomes import outcomes as label_outcomes
from regime_core.evaluation.significance import DRAWS
from regime_core.models import kmeans
from regime_core.models.classifiers import CLASSIFIERS
from regime_core.models.forecaster import Forecaster
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
    candidates: Sequence[str] = tuple(CLASSIFIERS),
    progress: Progress | None = None,
) -> WalkForward:
    """Forecast every day from ``start_year`` on, each calendar year by what was fitted on the days before it.

    k : number of states; that with the best silhouette on the days before ``start_year`` where None. start_year : the first
    with three years of history where None. candidates : classifiers of which the past chooses one for each year and horizon.
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
    return fit(market, k=k, horizons=horizons).forecast(market, model=ModelRef(Forecaster.name, "fitted-on-this-data"))


def scores(walk: WalkForward, *, draws: int = DRAWS) -> dict[int, ForecastScores]:
    """Scores of model and baselines by horizon, over the rows whose outcome is known; a horizon without any is left out."""
    found = {}
    for horizon in walk.horizons:
        rows = walk.at(horizon).settled()
        if not len(rows):
            continue
        given = {"model": rows.probabilities, "persistence": rows.persistence, "markov": rows.markov, "margin": rows.margin}
        found[horizon] = forecast_scores(rows.time, rows.today, rows.realised, given, horizon=horizon, draws=draws)
    return found


def write(path: Path, walks: Sequence[WalkForward]) -> None:
    """Write walk-forwards, one for each k, as one Parquet file in one step: dates, states and probabilities, no prices.

    Probabilities are kept in single precision.
    """
    k_most = max(walk.k for walk in walks)
    tables = [pa.table({"k": np.full(len(walk), walk.k, dtype=np.int8), **_columns(walk, k_most)}) for walk in walks]
    about = {str(walk.k): {name: _plain(getattr(walk, name)) for name in _ABOUT} for walk in walks}
    table = pa.concat_tables(tables).replace_schema_metadata({b"regime": json.dumps(about).encode()})
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        pq.write_table(table, temporary, compression="zstd")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def shipped_k(path: Path) -> tuple[int, ...]:
    """Numbers of states that a file of ``write`` has walk-forwards of. Raises ReaderError on another file."""
    return tuple(int(k) for k in _about(path))


def read(path: Path, k: int | None = None) -> WalkForward:
    """Walk-forward of a file of ``write``; the first one where k is None. Raises ReaderError on another file or k."""
    about = _about(path)
    k = int(next(iter(about))) if k is None else k
    if str(k) not in about:
        raise ReaderError("reader.no_such_k", f"{path.name} has forecasts for k = {', '.join(about)}, not for {k}.")
    table = pq.read_table(path, filters=[("k", "=", k)])
    rest = about[str(k)]
    arrays = {
        name: np.column_stack([table[f"{name}_{state}"].to_numpy().astype(np.float64) for state in range(k)])
        for name in _BY_STATE
    }
    plain = {name: table[name].to_numpy() for name in (*_ROWS, "known")}
    return WalkForward(
        k=k,
        **arrays,
        **plain,
        models=tuple(YearModel(**model) for model in rest["models"]),
        years=np.array(rest["years"], dtype=np.int64),
        centres=np.array(rest["centres"]),
        columns=tuple(rest["columns"]),
        notes=tuple(rest["notes"]),
    )


_ROWS = ("time", "horizon", "today", "realised", "stay")
_BY_STATE = ("probabilities", "markov", "margin")
_ABOUT = ("models", "years", "centres", "columns", "notes")


def _columns(walk: WalkForward, k_most: int) -> dict[str, object]:
    columns: dict[str, object] = {name: getattr(walk, name) for name in (*_ROWS, "known")}
    empty = pa.nulls(len(walk), pa.float32())
    for name in _BY_STATE:
        given = getattr(walk, name)
        columns |= {
            f"{name}_{state}": given[:, state].astype(np.float32) if state < walk.k else empty for state in range(k_most)
        }
    return columns


def _plain(value: object) -> object:
    if isinstance(value, np.ndarray):
        return value.tolist()
    return [asdict(part) if isinstance(part, YearModel) else part for part in value] if isinstance(value, tuple) else value


def _about(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(pq.read_schema(path).metadata[b"regime"])
    except (pa.ArrowInvalid, KeyError, TypeError, ValueError) as error:
        raise ReaderError("reader.not_forecasts", f"{path.name} is not a file of walk-forward forecasts.") from error
    return found


def outcomes(market: Market, walk: WalkForward, *, draws: int = DRAWS) -> dict[int, Outcomes]:
    """What followed each causal label of a walk-forward, by horizon.

    market : the one walked; days after the last label are not needed. Labels are those of the earliest horizon's rows.
    """
    labels = walk.at(walk.horizons[0])
    stop = int(np.searchsorted(market.time, labels.time[-1], side="right"))
    days = market.rows(None, stop)
    if not np.array_equal(days.time[-len(labels) :], labels.time):
        raise ModelError("market.other", "These labels are of other days than this market's: give the market that was walked.")
    return {
        horizon: label_outcomes(days.time, days.bars.close, days.vix, labels.today, k=walk.k, horizon=horizon, draws=draws)
        for horizon in walk.horizons
    }


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
        YearModel(fold.year, horizon, head.name, head.temperature, dict(head.log_loss))
        for horizon, head in fitted.heads_.items()
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
    return {
        "time": known.time[day],
        "horizon": np.full(len(day), horizon, dtype=np.int64),
        "today": codes[day],
        "realised": np.where(there, codes[np.where(there, later, 0)], 0).astype(np.int8),
        "known": there,
        "probabilities": fitted.probabilities(known, horizon)[day],
        "markov": head.markov[codes[day]],
        "margin": fitted.margin(known, horizon)[day],
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
