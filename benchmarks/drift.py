"""Stability indices of markets whose answers are as good as they get: what a reader of /metrics should take for usual.

Run from the repository: ``python -m benchmarks.drift``. Each row is of answers by the shipped default to 252 bars, as a client
sends them; the last is of training rows themselves, which differ from the whole by chance alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from regime_core import MODEL_DIR, artifacts
from regime_core.bars import OHLCV
from regime_core.evaluation.stability import population_stability_index
from regime_core.models.training_rows import TrainingRows, binned
from regime_core.regimes import N_REGIMES
from regime_core.sources import bundled
from regime_core.training.markets import random_market, rows

WINDOW = 252
SEED = 9


def windows(daily: OHLCV, every: int) -> Iterable[OHLCV]:
    """Windows of the index, one each few days."""
    return (daily.rows(stop - WINDOW, stop) for stop in range(WINDOW, daily.n_bars, every))


def simulated(n_markets: int) -> Iterable[OHLCV]:
    """Ends of markets that nothing was trained on."""
    for number in range(n_markets):
        bars = random_market(np.random.default_rng([SEED, SEED, number])).bars
        yield bars.rows(max(0, bars.n_bars - WINDOW), bars.n_bars)


def line(name: str, learnt: TrainingRows, inputs: np.ndarray, codes: np.ndarray) -> str:
    """Row of the table."""
    indices = population_stability_index(binned(inputs, learnt.edges), learnt.shares)
    mix = np.bincount(codes[codes < N_REGIMES], minlength=N_REGIMES)[None].astype(float)
    top = int(np.argmax(indices))
    index = population_stability_index(mix, learnt.regimes[None])[0]
    median, rest = float(np.median(indices)), float(np.partition(indices, -2)[-2])
    return f"| {name} | {len(codes)} | {median:.2f} | {indices[top]:.2f} ({learnt.names[top]}) | {rest:.2f} | {index:.2f} |"


def main() -> None:
    """Print the table."""
    models = artifacts.load(MODEL_DIR, detectors=(None,))
    learnt, model = models.training_rows, models.detectors[models.default]
    daily = bundled.read(Path("data/sp500.csv")).bars
    print(
        "| answers | how many | median of the features | the largest | the next | mix of regimes |\n|---|---|---|---|---|---|"
    )
    for name, given in (
        ("simulated markets, no two alike", simulated(1000)),
        ("the S&P 500, 1999 to 2018", windows(daily, 5)),
        ("the S&P 500, its last year", windows(daily.rows(daily.n_bars - 2 * WINDOW, daily.n_bars), 1)),
    ):
        readings = [model.read(bars) for bars in given]
        inputs = np.stack([reading.inputs() for reading in readings])
        codes = np.array([reading.filter(reading._bars.n_bars - 1).codes[-1] for reading in readings])
        print(line(name, learnt, inputs, codes))
    print(line("training rows", learnt, *rows(500, 2, part="train", seed=0)))


if __name__ == "__main__":
    main()
