"""Jump models on the published tables: ours beside theirs.

Run from the repository: ``python -m benchmarks.published --data FILE`` prints the tables as Markdown; FILE holds daily bars of
the S&P 500. ``--only`` prints one part: ``simulations``, ``strategy``, or ``tried``, other settings of the strategy's jump
model that were looked at afterwards and not adopted.

Simulations: Aydınhan, Kolm, Mulvey, Shu, Identifying patterns in financial markets, Annals of Operations Research (2024), with
the parameters of Hardy (2001). Balanced accuracy is the mean over states of the mean share found over sequences, states named
as agrees best with the truth, as they score it. They report the penalty that is best on the sequences scored; ours is the best
of the same list on other sequences. Strategy: Shu, Yu, Mulvey, Downside risk reduction using regime-switching signals, Journal
of Asset Management 25 (2024).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from hmmlearn.hmm import GaussianHMM
from scipy.linalg import expm, logm

from regime_core import states
from regime_core.bars import OHLCV
from regime_core.evaluation import backtest
from regime_core.kernels import jump as kernels
from regime_core.models import HMM
from regime_core.models.jump import solve
from regime_core.readers import read_csv

BURN_IN, CALIBRATION, FINEST = 20, 128, 10
DAYS_OF_MONTH = 20
SIMULATED_PENALTIES = 10.0 ** np.linspace(1, 4, 10)[1:8]
MONTHLY = {
    2: ((0.0123, -0.0157), (0.0347, 0.0778), ((0.9629, 0.0371), (0.2101, 0.7899))),
    3: (
        (0.0123, 0.0, -0.0157),
        (0.0347, 0.05, 0.0778),
        ((0.9629, 0.0185, 0.0186), (0.0618, 0.8764, 0.0618), (0.1051, 0.1050, 0.7899)),
    ),
}
SCENARIOS = (("daily", 3, (500, 1000, 2000)), ("daily", 2, (500, 1000, 2000)), ("monthly", 3, (120, 250, 500)))
PUBLISHED = {
    ("daily", 3, 500): (0.8145, 0.7227, 0.7399),
    ("daily", 3, 1000): (0.8432, 0.7368, 0.7521),
    ("daily", 3, 2000): (0.8807, 0.7584, 0.7810),
}
METHODS = ("true parameters", "jump model", "continuous jump model")

FIRST_FIT, FIT_DAYS, REFIT_DAYS, SETTLE_DAYS = 1_000, 3_000, 126, 60
CHOOSE_DAYS, VALIDATION_DAYS, FIRST_CHOICE = 21, 8 * states.YEAR, 2 * states.YEAR
STRATEGY_PENALTIES, USUAL_PENALTY = (5.0, 15.0, 35.0, 50.0, 70.0, 100.0, 150.0), 50.0
MEDIAN_DAYS, USUAL_MEDIAN = (1, 3, 5, 9, 21), 5
STRATEGY_PUBLISHED = {"buy and hold": (0.48, -0.55), "hidden Markov model": (0.54, -0.29), "jump model": (0.68, -0.27)}


class Chain(NamedTuple):
    """Mean (k,), standard deviation (k,) and transition matrix (k, k) of a Gaussian hidden Markov chain."""

    mean: np.ndarray
    spread: np.ndarray
    transition: np.ndarray

    def model(self) -> GaussianHMM:
        """The same as hmmlearn has it, beginning with the long-run shares of the states."""
        model = GaussianHMM(len(self.mean), covariance_type="diag")
        model.startprob_ = np.linalg.matrix_power(self.transition, 100_000)[0]
        model.startprob_ /= model.startprob_.sum()
        model.transmat_, model.means_, model.covars_ = self.transition, self.mean[:, None], self.spread[:, None] ** 2
        return model

    def sample(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Values and states of a sequence, (n,) each."""
        cumulated = self.transition.cumsum(axis=1)
        state = np.empty(n, dtype=np.int64)
        state[0] = rng.choice(len(self.mean), p=self.model().startprob_)
        for t, number in enumerate(rng.random(n - 1), start=1):
            state[t] = min(np.searchsorted(cumulated[state[t - 1]], number, side="right"), len(self.mean) - 1)
        return self.mean[state] + self.spread[state] * rng.standard_normal(n), state


def hardy(scale: str, k: int) -> Chain:
    """Hardy's monthly parameters, or the same turned daily: a month is 20 days."""
    mean, spread, transition = (np.array(part) for part in MONTHLY[k])
    if scale == "monthly":
        return Chain(mean, spread, transition)
    daily = np.real(expm(logm(transition) / DAYS_OF_MONTH))
    return Chain(mean / DAYS_OF_MONTH, spread / np.sqrt(DAYS_OF_MONTH), daily / daily.sum(axis=1, keepdims=True))


def simulated_features(values: np.ndarray) -> np.ndarray:
    """The 15 features of the paper: value, last two absolute changes, means and deviations of windows of 6 and 14 and halves.

    Returns (n - BURN_IN, 15), each divided by its standard deviation.
    """
    series = pd.Series(values)
    columns = [series, series.diff().abs(), series.diff().abs().shift(1)]
    for width in (6, 14):
        half = width // 2
        for window, lag in ((width, 0), (half, half), (half, 0)):
            rolled = series.shift(lag).rolling(window)
            columns += [rolled.mean(), rolled.std()]
    features = np.column_stack(columns)[BURN_IN:]
    return features / features.std(axis=0, ddof=1)


def shares(truth: np.ndarray, found: np.ndarray, k: int) -> np.ndarray:
    """Share of each state found, (k,); NaN for one that does not occur."""
    return np.array([np.mean(found[truth == state] == state) if (truth == state).any() else np.nan for state in range(k)])


def aligned(truth: np.ndarray, found: np.ndarray, k: int) -> np.ndarray:
    """Codes found under the names that agree best with the truth."""
    names = (np.array(order)[found] for order in permutations(range(k)))
    return max(names, key=lambda codes: np.mean(codes == truth))


def balanced(recalls: list[np.ndarray]) -> float:
    """Mean over states of the mean over sequences."""
    return float(np.nanmean(np.array(recalls), axis=0).mean())


def sequences(chain: Chain, n: int, count: int, key: list[int]) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, int]]:
    """Features, values and states of each day after the burn-in, and a seed for the fits."""
    for i in range(count):
        values, state = chain.sample(n + BURN_IN, np.random.default_rng([*key, i]))
        yield simulated_features(values), values[BURN_IN:], state[BURN_IN:], i


def simulation_row(
    scale: str, k: int, n: int, *, count: int, seed: int, pool: ThreadPoolExecutor
) -> tuple[list[float], list[float]]:
    """Balanced accuracy by method, and the penalties of the last two, chosen on sequences that are not scored."""
    chain = hardy(scale, k)
    true = chain.model()
    key = [seed, k, n, len(scale)]

    def jumps(given: tuple, penalty: float, continuous: bool) -> np.ndarray:
        rows, _, state, start = given
        found = solve(rows, k=k, penalty=penalty, continuous=continuous, random_state=start, finest=FINEST)
        return shares(state, aligned(state, found.codes, k), k)

    tried = list(sequences(chain, n, CALIBRATION, [*key, 1]))
    scored = list(sequences(chain, n, count, [*key, 2]))
    known = [shares(state, true.predict(values[:, None]), k) for _, values, state, _ in scored]
    figures, chosen = [balanced(known)], []
    for continuous in (False, True):
        by_penalty = {
            penalty: balanced(list(pool.map(lambda given, p=penalty, c=continuous: jumps(given, p, c), tried)))
            for penalty in SIMULATED_PENALTIES
        }
        best = max(by_penalty, key=lambda penalty: by_penalty[penalty])
        chosen.append(best)
        figures.append(balanced(list(pool.map(lambda given, p=best, c=continuous: jumps(given, p, c), scored))))
    return figures, chosen


def strategy_features(returns: np.ndarray) -> np.ndarray:
    """Downside deviation of half-life 10 and Sortino ratios of half-life 20 and 60, exponentially weighted, (n_days, 3)."""
    series = pd.Series(returns)

    def downside(half_life: int) -> pd.Series:
        return np.sqrt((series.clip(upper=0) ** 2).ewm(halflife=half_life).mean())

    sortino = [series.ewm(halflife=half_life).mean() / downside(half_life) for half_life in (20, 60)]
    return np.column_stack([downside(10), *sortino])


def jump_signals(
    returns: np.ndarray,
    features: np.ndarray,
    penalty: float,
    seed: int,
    *,
    fit_days: int = FIT_DAYS,
    refit_days: int = REFIT_DAYS,
) -> np.ndarray:
    """Whether to hold, by models fitted on the days before alone, (n_days,); all days before the first fit are held."""
    points, hold = kernels.simplex(2, 1), np.ones(len(returns), dtype=bool)
    costs = kernels.penalties(points, penalty)
    for start in range(FIRST_FIT, len(returns), refit_days):
        past = slice(max(0, start - fit_days), start)
        mean, spread = features[past].mean(axis=0), features[past].std(axis=0)
        rows = (features[past.start : start + refit_days] - mean) / spread
        fitted = solve(rows[: start - past.start], k=2, penalty=penalty, random_state=seed)
        earned = [returns[past][fitted.codes == state].sum() for state in range(2)]
        online = kernels.forward(rows, fitted.centres, points, costs, np.zeros(2)).argmin(axis=1)
        hold[start : start + refit_days] = online[start - past.start :] == int(np.argmax(earned))
    return hold


def hmm_signals(market: states.Market, seed: int) -> np.ndarray:
    """Whether to hold, by hidden Markov models of the days before alone, (n_days,): in the calmer of two states."""
    hold = np.ones(market.n_days, dtype=bool)
    for start in range(FIRST_FIT, market.n_days, REFIT_DAYS):
        model = HMM(k=2, n_init=4, random_state=seed).fit(market.rows(max(0, start - FIT_DAYS), start))
        codes, _ = model.filter(market.rows(start, start + REFIT_DAYS))
        hold[start : start + REFIT_DAYS] = codes == 0
    return hold


def chosen_signals(returns: np.ndarray, candidates: dict[float, np.ndarray], usual: float) -> np.ndarray:
    """Each month, the candidate whose strategy had the best Sharpe ratio over up to eight years before."""
    hold = np.ones(len(returns), dtype=bool)
    for start in range(FIRST_FIT, len(returns), CHOOSE_DAYS):
        best = usual
        if start - FIRST_FIT >= FIRST_CHOICE:
            past = slice(max(FIRST_FIT, start - VALIDATION_DAYS), start)
            sharpe = {name: backtest.zero_one(returns[past], held[past]).sharpe for name, held in candidates.items()}
            best = max(sharpe, key=lambda name: np.nan_to_num(sharpe[name], nan=-np.inf))
        hold[start : start + CHOOSE_DAYS] = candidates[best][start : start + CHOOSE_DAYS]
    return hold


def trailing_median(hold: np.ndarray, days: int) -> np.ndarray:
    """Majority of the last so many signals."""
    return (pd.Series(hold.astype(float)).rolling(days, min_periods=1).mean() > 0.5).to_numpy()


class History(NamedTuple):
    """Days of the market with their returns and the features of the strategy."""

    market: states.Market
    returns: np.ndarray
    features: np.ndarray


def history(bars: OHLCV) -> History:
    """Days from which on the features have settled."""
    market = states.market(bars)
    returns = np.ascontiguousarray(market.bars.close[1:] / market.bars.close[:-1] - 1.0)
    return History(market.rows(1 + SETTLE_DAYS), returns[SETTLE_DAYS:], strategy_features(returns)[SETTLE_DAYS:])


def strategies(days: History, seed: int) -> dict[str, np.ndarray]:
    """When each strategy holds the market, (n_days,)."""
    raw = hmm_signals(days.market, seed)
    by_median = {median: trailing_median(raw, median) for median in MEDIAN_DAYS}
    return {
        "buy and hold": np.ones(len(days.returns), dtype=bool),
        "hidden Markov model": chosen_signals(days.returns, by_median, USUAL_MEDIAN),
        "jump model": chosen_jumps(days.returns, days.features, seed),
    }


def chosen_jumps(returns: np.ndarray, features: np.ndarray, seed: int, **settings: int) -> np.ndarray:
    """Signals of the jump model whose penalty is chosen each month."""
    by_penalty = {penalty: jump_signals(returns, features, penalty, seed, **settings) for penalty in STRATEGY_PENALTIES}
    return chosen_signals(returns, by_penalty, USUAL_PENALTY)


def tried(days: History, seed: int) -> dict[str, np.ndarray]:
    """When the strategy holds the market under other settings of its jump model."""
    _, returns, features = days
    logged = np.column_stack([np.log(features[:, 0]), features[:, 1:]])
    fixed = {f"penalty {penalty:g}": jump_signals(returns, features, penalty, seed) for penalty in (15.0, 50.0, 150.0)}
    return fixed | {
        "logarithm of the downside deviation": chosen_jumps(returns, logged, seed),
        "fitted every month": chosen_jumps(returns, features, seed, refit_days=CHOOSE_DAYS),
        "fitted on all days before": chosen_jumps(returns, features, seed, fit_days=len(returns)),
    }


def print_simulations(count: int, seed: int) -> None:
    """Print the tables of the simulations."""
    print(f"Balanced accuracy, {count} sequences a row, seed {seed}; theirs in brackets.\n")
    print("| scale, states, n | " + " | ".join(METHODS) + " | penalties |")
    print("|---" * (len(METHODS) + 2) + "|")
    with ThreadPoolExecutor(2) as pool:
        for scale, k, lengths in SCENARIOS:
            for n in lengths:
                figures, chosen = simulation_row(scale, k, n, count=count, seed=seed, pool=pool)
                theirs = PUBLISHED.get((scale, k, n), (None,) * len(METHODS))
                cells = [
                    f"{own:.4f}" + (f" ({other:.4f})" if other else "") for own, other in zip(figures, theirs, strict=True)
                ]
                penalties = ", ".join(f"{penalty:.0f}" for penalty in chosen)
                print(f"| {scale}, {k}, {n} | " + " | ".join(cells) + f" | {penalties} |", flush=True)


def print_strategy(days: History, signals: dict[str, np.ndarray]) -> None:
    """Print two tables of strategies: all days, and those from the first model on."""
    for first, title in ((0, "all days, in the market until there is a model"), (FIRST_FIT, "from the first model on")):
        dates = [str(days.market.time[row].view("M8[ns]").astype("M8[D]")) for row in (first, -1)]
        print(f"\n0/1 strategy, {dates[0]} to {dates[1]} ({title}); theirs, 1990 to 2023, in brackets.\n")
        print("| strategy | return a year | volatility | Sharpe | drawdown | turnover a year |")
        print("|---" * 6 + "|")
        for name, hold in signals.items():
            found = backtest.zero_one(days.returns[first:], hold[first:])
            theirs = STRATEGY_PUBLISHED.get(name)
            sharpe, drawdown = (f" ({theirs[0]:.2f})", f" ({theirs[1]:.0%})") if theirs else ("", "")
            print(
                f"| {name} | {found.annual_return:.1%} | {found.volatility:.1%} | {found.sharpe:.2f}{sharpe} "
                f"| {found.drawdown:.0%}{drawdown} | {found.turnover:.0%} |",
                flush=True,
            )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("data") / "sp500.csv", help="daily bars of the S&P 500")
    parser.add_argument("--sequences", type=int, default=256, help="simulated sequences a row; theirs are 1024")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=("simulations", "strategy", "tried"))
    arguments = parser.parse_args()
    if arguments.only in (None, "simulations"):
        print_simulations(arguments.sequences, arguments.seed)
    if arguments.only in (None, "strategy", "tried"):
        days = history(read_csv(arguments.data).bars)
        find = tried if arguments.only == "tried" else strategies
        print_strategy(days, find(days, arguments.seed))


if __name__ == "__main__":
    main()
