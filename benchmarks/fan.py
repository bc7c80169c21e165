"""The days between the horizons that models are fitted for, scored walk-forward beside models fitted for these very days.

Run from the repository: ``python -m benchmarks.fan --data DIR`` prints a table as Markdown in about a minute. DIR as in
``benchmarks.forecasts``. Each year is forecast by what was fitted on the days before it: the forecaster at 1, 5 and 21 days,
whose answer for a day between is made as the fan of the Forecast page makes it (``regime_core.models.fans``), and, to compare,
a historical simulation fitted for that day itself. Baselines are counted for that day.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.forecasts import FIRST_YEAR, history
from regime_core.evaluation import baselines, significance, splits
from regime_core.features import stress
from regime_core.models import fans
from regime_core.models.forecaster import Forecaster
from regime_core.models.historical import HistoricalSimulation
from regime_core.models.kmeans import KMeans
from regime_core.models.members import Past
from regime_core.states import HORIZONS, Market

DAYS = (1, 2, 3, 4, 5, 7, 10, 12, 15, 18, 21)
DRAWS = 2000
ROWS = ("fan", "fitted for the day", "nearest head alone", "Markov chain between heads", "Markov chain", "persistence")


def one_year(market: Market, fold: splits.Fold, k: int, days: Sequence[int]) -> dict[int, dict[str, np.ndarray]]:
    """Log-loss of each forecaster on each day of one year, and whether its likeliest state came, by days ahead."""
    past = market.rows(None, fold.start)
    model = Forecaster(horizons=HORIZONS).fit(past, KMeans(k=k).fit(past))
    codes = model.states_.label(market.values)
    counted = codes[: fold.start]
    recent = market.rows(fold.start - model.window, fold.stop)
    rows = {}
    for ahead in days:
        day = np.arange(fold.start, min(fold.stop, market.n_days - ahead))
        today, came = codes[day], codes[day + ahead]
        stay = baselines.stay(counted, ahead)
        persistence = np.full((len(day), k), (1.0 - stay) / (k - 1))
        persistence[np.arange(len(day)), today] = stay
        nearest = min(HORIZONS, key=lambda horizon: abs(np.log(horizon / ahead)))
        itself = HistoricalSimulation().fit(Past.of(past, model.states_, ahead))
        said = {
            "fan": fans.probabilities(model.heads_, recent, ahead, first=model.window),
            "fitted for the day": itself.probabilities(stress.ingredients(recent, ahead)[model.window :]),
            "nearest head alone": model.probabilities(recent, nearest)[model.window :],
            "Markov chain between heads": fans.between(
                model.heads_, ahead, lambda h, codes=today: model.heads_[h].markov[codes]
            ),
            "Markov chain": baselines.markov(counted, ahead, k)[today],
            "persistence": persistence,
        }
        at = np.arange(len(day))
        rows[ahead] = {name: -np.log(given[: len(day)][at, came]) for name, given in said.items()}
        rows[ahead] |= {f"{name} right": given[: len(day)].argmax(axis=1) == came for name, given in said.items()}
    return rows


def line(years: Sequence[Mapping[str, np.ndarray]], ahead: int) -> str:
    """Skill over the counted chain of each forecaster, the fan's accuracy beside persistence, and a p value of the last gap."""
    loss = {name: np.concatenate([year[name] for year in years]) for name in ROWS}
    right = {name: np.concatenate([year[f"{name} right"] for year in years]).mean() for name in ROWS}
    chain = loss["Markov chain"].mean()
    skill = {name: 1.0 - loss[name].mean() / chain for name in ROWS}
    gap = loss["fan"] - loss["fitted for the day"]
    drawn = significance.block_means(gap, block=significance.block_length(ahead), draws=DRAWS)
    shown = " | ".join(f"{skill[name]:+.3f}" for name in (*ROWS[:4], "persistence"))
    low, high = np.quantile(drawn, [0.025, 0.975]) / chain
    mark = " (fitted)" if ahead in HORIZONS else ""
    return f"| {ahead}{mark} | {shown} | {-high:+.3f} to {-low:+.3f} | {right['fan']:.4f} | {right['persistence']:.4f} |"


def main() -> None:
    """Print one table for each number of states."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("data"), metavar="DIR")
    parser.add_argument("--regimes", type=int, nargs="+", default=[2])
    parser.add_argument("--days", type=int, nargs="+", default=DAYS)
    asked = parser.parse_args()
    market = history(asked.data)
    folds = splits.year_folds(market.years, first_year=max(FIRST_YEAR, int(market.years[0]) + 4))
    for k in asked.regimes:
        with threadpool_limits(limits=1), ThreadPoolExecutor(2) as pool:
            years = list(pool.map(lambda fold, k=k: one_year(market, fold, k, asked.days), folds))
        print(f"{k} states, {folds[0].year} to {folds[-1].year}, skill over the Markov chain counted for the day:\n")
        print(
            "| days ahead | fan | fitted for the day | nearest head alone | Markov chain between heads | persistence "
            "| fan over fitted for the day, 95 % | accuracy | of persistence |"
        )
        print("|---" * 9 + "|")
        for ahead in asked.days:
            print(line([year[ahead] for year in years], ahead), flush=True)
        print()


if __name__ == "__main__":
    main()
