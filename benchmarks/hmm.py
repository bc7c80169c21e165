"""What priors and starts are worth to a hidden Markov model of daily returns, beside hmmlearn as it comes.

Run from the repository: ``python -m benchmarks.hmm`` prints the tables as Markdown. Simulated returns have two states with the
daily parameters of Shu, Yu and Mulvey (Journal of Asset Management 25, 2024); labels are those in hindsight. *Ideal* is told
the parameters. ``--data FOLDER`` also fits the S&P 500 of ``sp500_daily.csv`` and ``vix_daily.csv`` there, in sample.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

import numpy as np
from hmmlearn.hmm import GaussianHMM
from threadpoolctl import threadpool_limits

from regime_core import states
from regime_core.bars import DAY_NS, OHLCV
from regime_core.evaluation import scores
from regime_core.evaluation.persistence import run_bounds
from regime_core.models import HMM
from regime_core.models.hmm import Chain
from regime_core.readers import read_csv

MEAN, DEVIATION = np.array([0.000615, -0.000785]), np.array([0.007759, 0.017397])
LEAVE = np.array([0.002116, 0.011982])
LENGTHS = (500, 1000)


def simulated(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Returns and their true states, the first drawn from the long-run shares."""
    state = np.empty(n, dtype=np.int64)
    state[0] = rng.random() < LEAVE[0] / LEAVE.sum()
    for t in range(1, n):
        state[t] = state[t - 1] ^ (rng.random() < LEAVE[state[t - 1]])
    return MEAN[state] + DEVIATION[state] * rng.standard_normal(n), state


def market_of(returns: np.ndarray) -> states.Market:
    """Days with these returns; their volatility, which orders the states, is what has been over 21 days."""
    time = np.arange(len(returns), dtype=np.int64) * DAY_NS
    volatility = np.array([returns[max(0, t - 20) : t + 1].std() for t in range(len(returns))])
    close = 100 * np.cumprod(1 + returns)
    bars = OHLCV(time, close, close, close, close, np.full(len(close), np.nan))
    return states.Market(time, bars, None, np.column_stack([returns, volatility]), (states.RETURN, states.VOLATILITY))


def as_it_comes(returns: np.ndarray, seed: int, **settings) -> tuple[np.ndarray, np.ndarray]:
    """Labels in hindsight and sorted deviations of hmmlearn on the returns as they are."""
    model = GaussianHMM(2, random_state=seed, **settings).fit(returns[:, None])
    deviation = np.sqrt(model.covars_[:, 0, 0])
    order = np.argsort(deviation)
    return np.argsort(order)[model.predict_proba(returns[:, None]).argmax(axis=1)], deviation[order]


def ours(returns: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels in hindsight and deviations of our model."""
    market = market_of(returns)
    model = HMM(random_state=seed, n_init=5).fit(market)
    return model.decode(market), np.sqrt(model.chain_.variance)


def ideal(returns: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels in hindsight of the true chain."""
    model = HMM()
    transition = np.array([[1 - LEAVE[0], LEAVE[0]], [LEAVE[1], 1 - LEAVE[1]]])
    model.chain_ = Chain(MEAN, DEVIATION**2, transition, np.full(2, 0.5))
    model.fitted_through_ = 2**62
    return model.decode(market_of(returns)), DEVIATION


FITS = {
    "ideal": ideal,
    "hmm": ours,
    "hmmlearn, defaults": as_it_comes,
    "hmmlearn, 500 iterations, no priors": lambda returns, seed: as_it_comes(
        returns, seed, n_iter=500, covars_prior=0.0, covars_weight=1.0, min_covar=1e-8
    ),
}


def simulation_table(paths: int, seed: int) -> None:
    """Balanced accuracy, its mean, and deviations found over the true ones, their median, over paths that know both states."""
    print("| days | model | balanced accuracy | calm deviation / true | stressed / true |\n|---|---|---|---|---|")
    for n in LENGTHS:
        rows = {name: [] for name in FITS}
        for path in range(paths):
            returns, truth = simulated(n, np.random.default_rng([seed, n, path]))
            if len(np.unique(truth)) < 2:
                continue
            for name, fit in FITS.items():
                codes, deviation = fit(returns, path)
                rows[name].append((scores.balanced_accuracy(truth, codes), *(deviation / DEVIATION)))
        for name, found in rows.items():
            (accuracy, _, _), (_, calm, stressed) = np.mean(found, axis=0), np.median(found, axis=0)
            print(f"| {n} | {name} | {accuracy:.3f} | {calm:.2f} | {stressed:.2f} |")


def index_table(folder: Path) -> None:
    """States of the S&P 500: what they are, how long labels last, and how often the filter agrees with hindsight."""
    market = states.market(*(read_csv(folder / f"{name}_daily.csv").bars for name in ("sp500", "vix")))
    print("\n| states | deviation a day, % | VIX | mean days | median run, filter | median run, hindsight | agree |")
    print("|---|---|---|---|---|---|---|")
    for k in (2, 3, 4):
        model = HMM(k=k).fit(market)
        codes, hindsight = model.filter(market)[0], model.decode(market)
        deviation = ", ".join(f"{100 * d:.2f}" for d in np.sqrt(model.chain_.variance))
        level = ", ".join(f"{v:.1f}" for v in model.centres_[:, 2])
        stay = ", ".join(f"{1 / (1 - p):.0f}" for p in np.diag(model.chain_.transition))
        runs = [np.median(np.subtract(*run_bounds(given)[::-1])) for given in (codes, hindsight)]
        print(f"| {k} | {deviation} | {level} | {stay} | {runs[0]:.0f} | {runs[1]:.0f} | {(codes == hindsight).mean():.1%} |")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--paths", type=int, default=20, help="simulated series of each length")
    parser.add_argument("--data", type=Path, help="folder of sp500_daily.csv and vix_daily.csv")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    logging.getLogger("hmmlearn").setLevel(logging.ERROR)
    with threadpool_limits(limits=1):
        simulation_table(arguments.paths, arguments.seed)
        if arguments.data:
            index_table(arguments.data)


if __name__ == "__main__":
    main()
