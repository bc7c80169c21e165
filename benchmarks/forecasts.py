"""Forecasts of stress states by the pool and by each of its members alone, walk-forward from 2000 on, beside the baselines.

Run from the repository: ``python -m benchmarks.forecasts --data DIR`` prints the tables as Markdown. DIR holds ``sp500.csv``
and ``vix.csv`` (or ``sp500_daily.csv`` and ``vix_daily.csv``). Each year is forecast by what was fitted on the days before it.
``--pooled`` leaves out those members that no pool may take, of which forest and XGBoost take most of the time.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from regime_core import states
from regime_core.evaluation import significance, splits
from regime_core.evaluation.forecasts import ForecastScores, forecast_scores
from regime_core.features import stress
from regime_core.models.forecaster import CANDIDATES, MEMBERS, Forecaster
from regime_core.models.kmeans import KMeans
from regime_core.models.members import Past
from regime_core.readers import read_csv
from regime_core.states import Market

FIRST_YEAR = 2000
POOL = "pool"


def history(folder: Path) -> Market:
    """S&P 500 and VIX of a folder."""
    found = []
    for name in ("sp500", "vix"):
        path = next(path for path in (folder / f"{name}.csv", folder / f"{name}_daily.csv") if path.exists())
        found.append(read_csv(path).bars)
    return states.market(*found)


def one_year(market: Market, fold: splits.Fold, k: int, horizons: Sequence[int], names: Sequence[str]) -> dict[int, dict]:
    """Rows of one year by horizon: states, outcomes, and probabilities of the pool, its members and the baselines."""
    past = market.rows(None, fold.start)
    model = Forecaster(horizons=tuple(horizons)).fit(past, KMeans(k=k).fit(past))
    codes = model.states_.label(market.values)
    rows = {}
    for horizon, head in model.heads_.items():
        day = np.arange(fold.start, min(fold.stop, market.n_days - horizon))
        ingredients = stress.ingredients(market.rows(None, fold.stop), horizon)[day]
        fitted_on = Past.of(past, model.states_, horizon)
        stays = np.full((len(day), k), (1.0 - head.stay) / (k - 1))
        stays[np.arange(len(day)), codes[day]] = head.stay
        given = {POOL: head.probabilities(ingredients)}
        for name in names:
            member = head.members[name] if name in head.members else MEMBERS[name]().fit(fitted_on)
            given[name] = member.probabilities(ingredients)
        baselines = {"persistence": stays, "markov": head.markov[codes[day]], "margin": head.margin.probabilities(ingredients)}
        about = {"time": market.time[day], "today": codes[day], "realised": codes[day + horizon]}
        rows[horizon] = {"about": about, "given": given, "baselines": baselines, "weights": dict(head.weights)}
    return rows


def joined(years: Sequence[Mapping], part: str) -> dict[str, np.ndarray]:
    """Arrays of one part of all years, end to end."""
    return {name: np.concatenate([year[part][name] for year in years]) for name in years[0][part]}


def lines(years: Sequence[Mapping], horizon: int) -> Iterator[str]:
    """One row of a table for the pool and each member."""
    about, given, baselines = (joined(years, part) for part in ("about", "given", "baselines"))
    stayed = about["today"] == about["realised"]
    for name, probabilities in given.items():
        found: ForecastScores = forecast_scores(**about, probabilities={"model": probabilities, **baselines}, horizon=horizon)
        score, margin = found.score("model"), found.against("margin")
        gain = (probabilities.argmax(axis=1) == about["realised"]).astype(float) - stayed
        drawn = significance.block_means(gain, block=significance.block_length(horizon))
        weight = np.mean([year["weights"].get(name, 0.0) for year in years])
        yield (
            f"| {horizon} | {name.replace('_', ' ')} | {'' if name == POOL else f'{weight:.2f}'} "
            f"| {found.against('markov').skill:.3f} | {margin.skill:+.3f} | {margin.p_value:.4f} "
            f"| {score.accuracy:.4f} | {score.accuracy - found.score('persistence').accuracy:+.4f} "
            f"| {significance.paired_p(float(gain.mean()), drawn):.4f} | {score.calibration_error:.4f} "
            f"| {score.transition_accuracy:.3f} |"
        )


def main() -> None:
    """Print one table for each number of states."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("data"), metavar="DIR")
    parser.add_argument("--regimes", type=int, nargs="+", default=[2, 3])
    parser.add_argument("--horizons", type=int, nargs="+", default=[1, 5, 21])
    parser.add_argument("--pooled", action="store_true")
    asked = parser.parse_args()
    market = history(asked.data)
    names = CANDIDATES if asked.pooled else tuple(MEMBERS)
    folds = splits.year_folds(market.years, first_year=FIRST_YEAR)
    for k in asked.regimes:
        with threadpool_limits(limits=1), ThreadPoolExecutor(2) as pool:
            years = list(pool.map(lambda fold, k=k: one_year(market, fold, k, asked.horizons, names), folds))
        print(f"{k} states, {folds[0].year} to {folds[-1].year}:\n")
        print(
            "| days ahead | forecaster | mean weight | skill over Markov | over margin | p | accuracy | over persistence | p "
            "| ECE | transition |"
        )
        print("|---" * 11 + "|")
        for horizon in asked.horizons:
            for line in lines([year[horizon] for year in years], horizon):
                print(line, flush=True)
        print()


if __name__ == "__main__":
    main()
