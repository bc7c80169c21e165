"""Every detector beside every other: on validation markets, on held-out ones, on real bars, and by the clock.

Run from the repository: ``python -m benchmarks.models`` prints the table as Markdown. Models that ship are taken from the
model folder; the others are fitted here, on simulated markets of the same kinds, which takes some ten
minutes. ``--keep FOLDER`` keeps what was fitted, and takes it, and any other model saved there, from it the next time.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from regime_core import artifacts, simulate
from regime_core.bars import OHLCV
from regime_core.evaluation import scores
from regime_core.models import MODELS, Detector, Forest, Linear
from regime_core.regimes import MIN_BARS, UNKNOWN_CODE
from regime_core.sources import bundled
from regime_core.training import Plan, heldout, markets, sequences

FITTED_HERE: dict[str, Callable[[int], Linear | Forest]] = {
    "linear": lambda seed: Linear(random_state=seed),
    "forest": lambda seed: Forest(random_state=seed),
}
SHORT, WINDOW, STRIDE = 60, 252, 50
REPEATS, ANSWERS = 15, 40
COLUMNS = {
    "validation": ("balanced accuracy", "log-loss", "ECE"),
    "held out": ("balanced accuracy", "log-loss", "ECE"),
    "second kind": ("balanced accuracy",),
    f"{SHORT} bars": ("accuracy",),
    "time": ("of boosted's",),
    "S&P 500": ("agrees with hindsight", "median run"),
}


def detectors(folder: Path, keep: Path | None, *, seed: int) -> dict[str, Detector]:
    """Every model there is, by name: shipped, kept from before, or fitted here."""
    found = dict(artifacts.load(folder).detectors)
    for name in MODELS.keys() - found.keys():
        if keep is not None and (keep / f"{name}.json").is_file():
            found[name] = MODELS[name].load(keep)
    missing = FITTED_HERE.keys() - found.keys()
    if missing:
        plan = Plan()
        train = markets.rows(plan.train_markets, plan.rows_a_market, part="train", seed=seed)
        validation = markets.rows(plan.validation_markets, plan.rows_a_market, part="validation", seed=seed)
    for name in sorted(missing):
        found[name] = FITTED_HERE[name](seed).fit(*train).calibrate(*validation)
        kept(found[name], keep)
    if "lstm" not in found:
        found["lstm"] = kept(sequences.fit_lstm(seed=seed), keep)
    if "ensemble" not in found:
        found["ensemble"] = kept(sequences.fit_ensemble([found["boosted"], found["lstm"]], seed=seed), keep)
    return {name: found[name] for name in MODELS if name in found}


def kept(model: Detector, folder: Path | None) -> Detector:
    """Save a model that was fitted here, where a folder is given."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        model.save(folder)
    return model


def validation_markets(n: int, *, seed: int) -> Iterable[simulate.SimulatedMarket]:
    """Markets that choices were made on: of any length, interval and tidiness."""
    for i in range(n):
        yield markets.random_market(np.random.default_rng([seed, markets.SEED_OF_PART["validation"], i]))


def held_out_markets(paths: int, *, seed: int) -> Iterable[simulate.SimulatedMarket]:
    """Markets of the definition that no choice was made on."""
    for shocks in heldout.TEST_SHOCKS:
        for duration in heldout.TEST_DURATIONS:
            for s0 in heldout.TEST_S0:
                for path in range(paths):
                    yield markets.held_out_market(s0, duration, shocks, path=path, seed=seed)


def resampled_markets(paths: int, daily: OHLCV, *, seed: int) -> Iterable[simulate.SimulatedMarket]:
    """Markets of the second kind, never trained on."""
    for duration in heldout.TEST_DURATIONS:
        for path in range(paths):
            rng = np.random.default_rng([seed, 8_000, path, int(duration)])
            yield simulate.resampled_market(markets.TEST_BARS, s0=0.01, mean_duration=duration, daily=daily, rng=rng)


def score(model: Detector, some: list[simulate.SimulatedMarket], *, since: int) -> tuple[float, float, float]:
    """Balanced accuracy of the labels, log-loss and calibration error of the probabilities, from bar ``since`` on."""
    answers = [model.filter(market.bars) for market in some]
    truth = np.concatenate([market.regimes[since:] for market in some])
    codes = np.concatenate([answer.codes[since:] for answer in answers])
    probabilities = np.concatenate([answer.probabilities[since:] for answer in answers])
    return (
        scores.balanced_accuracy(truth, codes),
        scores.log_loss(truth, probabilities),
        scores.expected_calibration_error(truth, probabilities),
    )


def accuracy_of_windows(model: Detector, some: list[simulate.SimulatedMarket], window: int) -> float:
    """Share of right labels where the last ``window`` bars are all that is sent."""
    pairs = [
        (market.regimes[end], model.filter(market.bars.rows(end + 1 - window, end + 1), start=window - 1).codes[0])
        for market in some
        for end in range(window - 1, market.bars.n_bars, STRIDE)
    ]
    truth, found = np.array(pairs).T
    return scores.accuracy(truth, found)


def seconds(models: dict[str, Detector], bars: OHLCV) -> dict[str, float]:
    """Seconds for the last label of these bars; the models take turns, and the best of several rounds counts."""
    best = dict.fromkeys(models, np.inf)
    for _ in range(REPEATS):
        for name, model in models.items():
            start = time.perf_counter()
            for _ in range(ANSWERS):
                model.filter(bars, start=bars.n_bars - 1)
            best[name] = min(best[name], (time.perf_counter() - start) / ANSWERS)
    return best


def on_real_bars(model: Detector, bars: OHLCV) -> tuple[float, float]:
    """Share of causal labels that hindsight agrees with, and median length of a label in bars; unknown is no label."""
    codes = model.filter(bars).codes[MIN_BARS - 1 :]
    later = model.decode(bars)[MIN_BARS - 1 :]
    known = codes != UNKNOWN_CODE
    return scores.accuracy(later[known], codes[known]), float(np.median(scores.run_lengths(codes)))


def table(models: dict[str, Detector], *, n_validation: int, paths: int, seed: int) -> dict[str, list[float]]:
    """Figures of each model in the order of ``COLUMNS``."""
    daily = bundled.read(Path("data") / "sp500.csv").bars
    validation = list(validation_markets(n_validation, seed=seed))
    held_out = list(held_out_markets(paths, seed=seed))
    resampled = list(resampled_markets(paths, daily, seed=seed))
    clock = seconds(models, daily.rows(daily.n_bars - WINDOW, daily.n_bars))
    return {
        name: [
            *score(model, validation, since=MIN_BARS - 1),
            *score(model, held_out, since=heldout.TEST_FROM),
            score(model, resampled, since=heldout.TEST_FROM)[0],
            accuracy_of_windows(model, held_out, SHORT),
            clock[name] / clock["boosted"],
            *on_real_bars(model, daily),
        ]
        for name, model in models.items()
    }


def markdown(figures: dict[str, list[float]]) -> str:
    """Render the figures as a Markdown table, one row a model."""
    heads = [f"{where}: {what}" for where, parts in COLUMNS.items() for what in parts]
    lines = ["| model | " + " | ".join(heads) + " |", "|---" * (len(heads) + 1) + "|"]
    for name, row in figures.items():
        cells = [f"{figure:.0f}" if "run" in head else f"{figure:.3f}" for head, figure in zip(heads, row, strict=True)]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=Path("final_model"), help="folder of the models that ship")
    parser.add_argument("--keep", type=Path, help="folder of the models fitted here")
    parser.add_argument("--validation", type=int, default=300, help="validation markets")
    parser.add_argument("--paths", type=int, default=2, help="held-out markets of each kind")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    models = detectors(arguments.models, arguments.keep, seed=arguments.seed)
    print(markdown(table(models, n_validation=arguments.validation, paths=arguments.paths, seed=arguments.seed)))


if __name__ == "__main__":
    main()
