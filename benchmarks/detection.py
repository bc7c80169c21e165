"""How well each detector finds the true regime of markets nobody has seen, beside the exact Bayes filter.

Run from the repository: ``python -m benchmarks.detection`` prints the tables as Markdown; ``--json FILE`` keeps the figures.
The yardstick is told every parameter of the market and sees closes; the detectors are told nothing and see bars as a client
sends them, every other path without volume.
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from regime_core import artifacts, simulate
from regime_core.evaluation import scores
from regime_core.kernels import simulation, yardstick
from regime_core.models import MODELS, Rules
from regime_core.sources import bundled

N_BARS, SCORED_FROM = 4000, 500
WINDOW, WINDOW_STRIDE = 252, 50
S0 = (0.0005, 0.01, 0.03)
DURATIONS = (30.0, 60.0, 120.0)
SHOCKS = ("gaussian", "student")
SEED_OFFSET = 7_000


def yardstick_codes(market: simulate.SimulatedMarket) -> np.ndarray:
    """Likeliest regime of each bar by the exact filter, (n_bars,)."""
    close = np.log(market.bars.close)
    returns = np.diff(close, prepend=np.log(market.bars.open[0]))
    volatility = simulation.VOLATILITY * market.s0
    dof = float(simulate.STUDENT_DOF) if market.shocks == "student" else 0.0
    drift = simulation.DRIFT * volatility
    probabilities = yardstick.exact_filter(
        returns, drift, volatility, simulation.RANGING, simulation.PULL, 1.0 / market.mean_duration, dof
    )
    return probabilities.argmax(axis=1)


def one_path(detectors: dict, cell: tuple, path: int, seed: int) -> dict:
    """Truth and answers of every detector on one market."""
    s0, duration, shocks = cell
    rng = np.random.default_rng([SEED_OFFSET + seed, path, int(s0 * 1e6), int(duration), SHOCKS.index(shocks)])
    market = simulate.market(N_BARS, s0=s0, mean_duration=duration, shocks=shocks, rng=rng, volume=path % 2 == 0)
    result = {"truth": market.regimes[SCORED_FROM:], "yardstick": yardstick_codes(market)[SCORED_FROM:]}
    ends = np.arange(SCORED_FROM, N_BARS, WINDOW_STRIDE)
    result["window truth"] = market.regimes[ends]
    for name, model in detectors.items():
        filtered = model.filter(market.bars)
        result[name] = filtered.codes[SCORED_FROM:]
        result[f"{name} probabilities"] = filtered.probabilities[SCORED_FROM:]
        windows = (market.bars.rows(end + 1 - WINDOW, end + 1) for end in ends)
        result[f"{name} window"] = np.array([model.filter(bars, start=WINDOW - 1).codes[0] for bars in windows])
    return result


def score_cell(results: list[dict], names: list[str]) -> dict:
    """Figures of one s0, duration and kind of shocks over all its paths."""
    joined = {key: np.concatenate([result[key] for result in results]) for key in results[0]}
    truth = joined["truth"]
    row = {"yardstick": scores.balanced_accuracy(truth, joined["yardstick"])}
    for name in names:
        row[name] = scores.balanced_accuracy(truth, joined[name])
        row[f"{name} {WINDOW} bars"] = scores.balanced_accuracy(joined["window truth"], joined[f"{name} window"])
    row["calibration error"] = scores.expected_calibration_error(truth, joined["boosted probabilities"])
    lags = np.concatenate([scores.detection_lags(result["truth"], result["boosted"]) for result in results])
    row["median lag"] = float(np.median(lags))
    row["lag of yardstick"] = float(
        np.median(np.concatenate([scores.detection_lags(result["truth"], result["yardstick"]) for result in results]))
    )
    return row


def run(folder: Path, *, paths: int, seed: int) -> dict[str, dict]:
    """Figures of every cell, by its name."""
    loaded = artifacts.load(folder).detectors
    detectors = {name: loaded[name] for name in MODELS if name in loaded and name != "rules"} | {"rules": Rules()}
    table = {}
    with ThreadPoolExecutor(2) as pool:
        for cell in ((s0, duration, shocks) for shocks in SHOCKS for duration in DURATIONS for s0 in S0):
            results = list(pool.map(lambda path, cell=cell: one_path(detectors, cell, path, seed), range(paths)))
            table[f"{cell[2]}, D {cell[1]:.0f}, s0 {cell[0]:g}"] = score_cell(results, list(detectors))
    return table


def run_resampled(folder: Path, *, paths: int, seed: int) -> dict[str, float]:
    """Balanced accuracy of boosted on the second kind of market, whose bars are real ones resampled, by mean duration."""
    model = artifacts.load(folder).detectors["boosted"]
    daily = bundled.read(Path("data") / "sp500.csv").bars
    figures = {}
    for duration in DURATIONS:
        truth, found = [], []
        for path in range(paths):
            rng = np.random.default_rng([SEED_OFFSET + seed, path, int(duration)])
            market = simulate.resampled_market(N_BARS, s0=0.01, mean_duration=duration, daily=daily, rng=rng)
            truth.append(market.regimes[SCORED_FROM:])
            found.append(model.filter(market.bars).codes[SCORED_FROM:])
        figures[f"resampled, D {duration:.0f}"] = scores.balanced_accuracy(np.concatenate(truth), np.concatenate(found))
    return figures


def markdown(table: dict[str, dict]) -> str:
    """Render the figures as a Markdown table, one row a market."""
    columns = list(next(iter(table.values())))
    lines = ["| market | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name, row in table.items():
        cells = (f"{row[column]:.0f}" if "lag" in column else f"{row[column]:.3f}" for column in columns)
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=Path("final_model"), help="folder of the models")
    parser.add_argument("--paths", type=int, default=20, help="markets a row")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    arguments = parser.parse_args()
    table = run(arguments.models, paths=arguments.paths, seed=arguments.seed)
    resampled = run_resampled(arguments.models, paths=arguments.paths, seed=arguments.seed)
    print(markdown(table))
    print("\nBalanced accuracy of boosted on markets of the second kind, never trained on:")
    for name, figure in resampled.items():
        print(f"- {name}: {figure:.3f}")
    if arguments.json:
        arguments.json.write_text(json.dumps({"tables": table, "resampled": resampled}, indent=1) + "\n")


if __name__ == "__main__":
    main()
