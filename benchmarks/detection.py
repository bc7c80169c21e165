"""How well each detector finds the true regime of markets nobody has seen, beside the exact Bayes filter.

Run from the repository: ``python -m benchmarks.detection`` prints every figure asked of the default detector, with its target,
and the tables behind them as Markdown; ``--paths 4`` is a quick look, ``--json FILE`` keeps the figures. The yardstick is told
every parameter of the market and sees closes; the detectors are told nothing and see bars as a client sends them, every other
path without volume.
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks import robustness
from regime_core import artifacts, simulate, trials
from regime_core.evaluation import scores
from regime_core.models import MODELS, Detector, Rules
from regime_core.regimes import REGIME_NAMES

N_BARS, SCORED_FROM = robustness.N_BARS, robustness.SCORED_FROM
WINDOW, WINDOW_STRIDE = 252, 50
S0 = (0.0005, 0.01, 0.03)
DURATIONS = robustness.DURATIONS
SHOCKS = ("gaussian", "student")
SEED_OFFSET = robustness.SEED_OFFSET
ASKED = {("gaussian", 60.0): 0.95, ("student", 30.0): 0.92, ("student", 120.0): 0.92}
"""Least balanced accuracy, as a share of the yardstick's, by shocks and mean duration."""
ASKED_OF_WINDOWS, MOST_LAG, MOST_ERROR = 0.85, 8.0, 0.04
ASKED_OF_SECOND, ASKED_OF_SCALE, MOST_BY_CLOCK = 0.85, 0.99, 0.05


class Check(NamedTuple):
    """A figure and its target: ``least`` it may be, or the most."""

    name: str
    value: float
    target: float
    least: bool

    @property
    def line(self) -> str:
        """One row of the table of targets."""
        passed = self.value >= self.target if self.least else self.value <= self.target
        sign = "at least" if self.least else "at most"
        return f"| {self.name} | {self.value:.3f} | {sign} {self.target:g} | {'pass' if passed else 'FAIL'} |"


def yardstick_codes(market: simulate.SimulatedMarket) -> np.ndarray:
    """Likeliest regime of each bar by the exact filter, (n_bars,)."""
    return trials.exact(market).codes


def one_path(detectors: dict[str, Detector], cell: tuple, path: int, seed: int) -> dict:
    """Truth and answers of every detector on one market."""
    s0, duration, shocks = cell
    rng = np.random.default_rng([SEED_OFFSET + seed, path, int(s0 * 1e6), int(duration), SHOCKS.index(shocks)])
    market = simulate.market(N_BARS, s0=s0, mean_duration=duration, shocks=shocks, rng=rng, volume=path % 2 == 0)
    ends = np.arange(SCORED_FROM, N_BARS, WINDOW_STRIDE)
    exact = yardstick_codes(market)
    result = {"truth": market.regimes[SCORED_FROM:], "yardstick": exact[SCORED_FROM:]}
    result |= {"window truth": market.regimes[ends], "yardstick window": exact[ends]}
    for name, model in detectors.items():
        filtered = model.filter(market.bars)
        result[name] = filtered.codes[SCORED_FROM:]
        result[f"{name} probabilities"] = filtered.probabilities[SCORED_FROM:]
        result[f"{name} hindsight"] = model.decode(market.bars)[SCORED_FROM:]
        windows = (market.bars.rows(end + 1 - WINDOW, end + 1) for end in ends)
        result[f"{name} window"] = np.array([model.filter(bars, start=WINDOW - 1).codes[0] for bars in windows])
    return result


def score_cell(results: list[dict], names: list[str]) -> dict[str, float]:
    """Figures of one s0, duration and kind of shocks over all its paths; lags and errors are of the first detector named."""
    joined = {key: np.concatenate([result[key] for result in results]) for key in results[0]}
    truth, main = joined["truth"], names[0]
    row = {"yardstick": scores.balanced_accuracy(truth, joined["yardstick"])}
    for name in names:
        row[name] = scores.balanced_accuracy(truth, joined[name])
        row[f"{name} {WINDOW} bars"] = scores.balanced_accuracy(joined["window truth"], joined[f"{name} window"])
    row["hindsight"] = scores.balanced_accuracy(truth, joined[f"{main} hindsight"])
    row["share of yardstick"] = row[main] / row["yardstick"]
    row[f"share, {WINDOW} bars"] = row[f"{main} {WINDOW} bars"] / row["yardstick"]
    row["calibration error"] = scores.expected_calibration_error(truth, joined[f"{main} probabilities"])
    for name, title in ((main, "median lag"), ("yardstick", "lag of yardstick")):
        row[title] = float(np.median(np.concatenate([scores.detection_lags(r["truth"], r[name]) for r in results])))
    return row


def cells(detectors: dict[str, Detector], *, paths: int, seed: int) -> dict[tuple[str, float, float], dict[str, float]]:
    """Figures by shocks, mean duration and s0."""
    table = {}
    with ThreadPoolExecutor(2) as pool:
        for shocks, duration, s0 in ((shocks, d, s0) for shocks in SHOCKS for d in DURATIONS for s0 in S0):
            cell = (s0, duration, shocks)
            results = list(pool.map(lambda path, cell=cell: one_path(detectors, cell, path, seed), range(paths)))
            table[shocks, duration, s0] = score_cell(results, list(detectors))
    return table


def checks_of_cells(table: dict[tuple[str, float, float], dict[str, float]]) -> list[Check]:
    """Targets of the simulated markets of the definition; the worst s0 of each counts."""
    found = []
    for (shocks, duration), target in ASKED.items():
        worst = min(row["share of yardstick"] for key, row in table.items() if key[:2] == (shocks, duration))
        found.append(Check(f"Share of the exact filter, {shocks}, D {duration:.0f}, worst s0", worst, target, least=True))
    rows = list(table.values())
    worst = min(row[f"share, {WINDOW} bars"] for row in rows)
    found.append(
        Check(f"The same from the last {WINDOW} bars alone, worst of all markets", worst, ASKED_OF_WINDOWS, least=True)
    )
    found.append(Check("Median lag in bars, worst", max(row["median lag"] for row in rows), MOST_LAG, least=False))
    error = max(row["calibration error"] for row in rows)
    return [*found, Check("Expected calibration error, worst", error, MOST_ERROR, least=False)]


def robust(name: str, model: Detector, *, paths: int, seed: int) -> tuple[list[Check], list[str]]:
    """Targets and tables of what must not change labels much."""
    n_markets = min(robustness.SPECIALIST_MARKETS, 100 * paths)
    models = {name: model, "trained on it": robustness.specialist(n_markets, seed)}
    second = robustness.second_generator(models, paths=paths, seed=seed)
    share = min(row[name] / row["trained on it"] for row in second.values())
    checks = [Check("Share of the best model of the second generator, worst D", share, ASKED_OF_SECOND, least=True)]
    same = robustness.scale(model, paths=paths, seed=seed)
    checks.append(Check("Same labels of prices to the power 0.1", same, ASKED_OF_SCALE, least=True))
    lines = ["", "Balanced accuracy on the second generator:", "", markdown(second)]
    for mixed, title in ((True, "one regime a day, drawn at random"), (False, "all days of one regime")):
        noon_and_close = robustness.clock(model, paths=3 * paths, seed=seed, mixed=mixed)
        change = noon_and_close[:, 0] - noon_and_close[:, 1]
        apart = np.abs(change)
        checks.append(Check(f"Noon against close, largest difference, {title}", apart.max(), MOST_BY_CLOCK, least=False))
        if mixed:
            plain = robustness.clock(model, paths=3 * paths, seed=seed, mixed=mixed, clock=False)
            by_clock = np.abs(change - (plain[:, 0] - plain[:, 1])).max()
            what = "The part of it that is not there on the same paths without U-shape and gaps"
            checks.append(Check(what, by_clock, MOST_BY_CLOCK, least=False))
        rows = {of: dict(zip(REGIME_NAMES, row, strict=True)) for of, row in zip(REGIME_NAMES, apart, strict=True)}
        lines += ["", f"Difference between noon and close in the share of each label, {title}:", "", markdown(rows)]
    windows = robustness.windows(model, paths=max(paths // 4, 1), seed=seed)
    named = {f"{n} bars": {"agreement with all history": a, "accuracy": b} for n, (a, b) in windows.items()}
    lines += ["", "Thin trading and coarse prices (D 60, s0 0.002, both kinds of shocks):", ""]
    lines.append(markdown(robustness.thin(model, paths=paths, seed=seed)))
    return checks, [*lines, "", f"Windows (the manifest wants {model.window} bars):", "", markdown(named)]


def markdown(table: dict[str, dict[str, float]]) -> str:
    """Render figures as a Markdown table, one row a name."""
    columns = list(next(iter(table.values())))
    lines = ["| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name, row in table.items():
        figures = (f"{row[column]:.0f}" if "lag" in column else f"{row[column]:.3f}" for column in columns)
        lines.append(f"| {name} | " + " | ".join(figures) + " |")
    return "\n".join(lines)


def chosen(folder: Path) -> dict[str, Detector]:
    """Shipped detectors, the default first, rules last."""
    loaded = artifacts.load(folder)
    order = [loaded.default, *(name for name in MODELS if name not in (loaded.default, Rules.name))]
    return {name: loaded.detectors[name] for name in order if name in loaded.detectors} | {Rules.name: Rules()}


def main() -> None:
    """Print targets and tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=Path("final_model"), help="folder of the models")
    parser.add_argument("--paths", type=int, default=20, help="markets a row")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    arguments = parser.parse_args()
    detectors = chosen(arguments.models)
    name, model = next(iter(detectors.items()))
    table = cells(detectors, paths=arguments.paths, seed=arguments.seed)
    more, lines = robust(name, model, paths=arguments.paths, seed=arguments.seed)
    checks = [*checks_of_cells(table), *more]
    named = {f"{shocks}, D {duration:.0f}, s0 {s0:g}": row for (shocks, duration, s0), row in table.items()}
    print(f"Default detector: {name}; {arguments.paths} markets of {N_BARS} bars a row, seed {arguments.seed}.\n")
    print("| figure | value | target | |\n|---|---|---|---|", *(check.line for check in checks), sep="\n")
    print("\nBalanced accuracy, by market:\n", markdown(named), *lines, sep="\n")
    if arguments.json:
        kept = {"checks": [check._asdict() for check in checks], "tables": named}
        arguments.json.write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main()
