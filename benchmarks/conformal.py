"""How often prediction sets hold the truth: regimes on markets never seen, states on the years of the walk-forward.

Run from the repository: ``python -m benchmarks.conformal`` prints the tables as Markdown. Both promise 90 %.

Regimes: random markets of the test part, drawn as those the threshold comes from, 300 random bars of each at most; below them
the tidier markets of ``benchmarks.detection``, which are easier, and the second kind, which is harder. States: the shipped
record of forecasts, each threshold from the outcomes known on its day.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from benchmarks.detection import DURATIONS, N_BARS, S0, SCORED_FROM, SHOCKS
from regime_core import artifacts, simulate, walkforward
from regime_core.evaluation import conformal
from regime_core.sources import bundled
from regime_core.training.sets import answered_rows

HEAD = "| {} | held the truth | mean size | empty | one | answer right |\n|---|---|---|---|---|---|"
YEARS_TOGETHER = 4


def row(name: str, sets: np.ndarray, codes: np.ndarray, answers: np.ndarray) -> str:
    """Share of sets that hold the truth, how large they are, and how often the likeliest class is right."""
    size = sets.sum(axis=1)
    held, right = conformal.covered(sets, codes).mean(), (answers == codes).mean()
    return f"| {name} | {held:.1%} | {size.mean():.2f} | {(size == 0).mean():.1%} | {(size == 1).mean():.1%} | {right:.1%} |"


def random_markets(model, n: int, seed: int):
    """Answers and true regimes on random markets of the test part."""
    given = [answered_rows(model, i, 300, part="test", seed=seed) for i in range(n)]
    return tuple(np.concatenate(part) for part in zip(*given, strict=True))


def tidy_markets(model, duration: float, shocks: str, paths: int, seed: int):
    """Answers and true regimes on markets of the definition, of every s0."""
    given, true = [], []
    for s0 in S0:
        for path in range(paths):
            rng = np.random.default_rng([9_000 + seed, path, int(s0 * 1e6), int(duration), SHOCKS.index(shocks)])
            market = simulate.market(N_BARS, s0=s0, mean_duration=duration, shocks=shocks, rng=rng, volume=path % 2 == 0)
            given.append(model.filter(market.bars).probabilities[SCORED_FROM:])
            true.append(market.regimes[SCORED_FROM:])
    return np.concatenate(given), np.concatenate(true)


def resampled_markets(model, paths: int, seed: int):
    """Answers and true regimes on markets of the second kind, of every duration."""
    daily = bundled.read(Path("data") / "sp500.csv").bars
    given, true = [], []
    for duration in DURATIONS:
        for path in range(paths):
            rng = np.random.default_rng([9_000 + seed, path, int(duration)])
            market = simulate.resampled_market(N_BARS, s0=0.01, mean_duration=duration, daily=daily, rng=rng)
            given.append(model.filter(market.bars).probabilities[SCORED_FROM:])
            true.append(market.regimes[SCORED_FROM:])
    return np.concatenate(given), np.concatenate(true)


def regimes(loaded: artifacts.Artifacts, name: str, markets: int, paths: int, seed: int) -> None:
    """Print the table of one detector."""
    model, threshold = loaded.detectors[name], loaded.entries[name].set_threshold
    print(f"\nSets of {name}, threshold {threshold:.3f}\n\n" + HEAD.format("markets"))
    drawn = {f"{markets} random markets never seen": random_markets(model, markets, seed)}
    for shocks in SHOCKS:
        for duration in DURATIONS:
            drawn[f"tidy, {shocks}, D {duration:.0f}"] = tidy_markets(model, duration, shocks, paths, seed)
    drawn["second kind"] = resampled_markets(model, paths, seed)
    for title, (given, true) in drawn.items():
        print(row(title, conformal.members(given, threshold), true, given.argmax(axis=1)))


def fixed(given: np.ndarray, true: np.ndarray, years: np.ndarray, horizon: int) -> list[np.ndarray]:
    """Whether sets held the truth had each year from the second one threshold, from all years before it, by year."""
    held = []
    for year in np.unique(years)[1:]:
        past, now = np.flatnonzero(years < year)[:-horizon], years == year
        threshold = conformal.threshold(given[past], true[past])
        held.append(conformal.covered(conformal.members(given[now], threshold), true[now]))
    return held


def states(loaded: artifacts.Artifacts) -> None:
    """Print coverage over all years by number of states and horizon, and then by year; *fixed* is one threshold a year."""
    by_year = []
    print("\nSets of states, S&P 500, walk-forward\n\n" + HEAD.format("states, days ahead"))
    for k in walkforward.shipped_k(loaded.walk_forward):
        walk = walkforward.read(loaded.walk_forward, k)
        sets = walkforward.prediction_sets(walk)
        for horizon in walk.horizons:
            rows = (walk.horizon == horizon) & walk.known
            true, years = walk.realised[rows], walk.time[rows].view("M8[ns]").astype("M8[Y]").astype(int) + 1970
            print(row(f"{k}, {horizon}", sets[rows], true, walk.probabilities[rows].argmax(axis=1)))
            held = conformal.covered(sets[rows], true)
            single = [held[years == year].mean() for year in np.unique(years)]
            first, last = int(years[0]), int(years[-1])
            together = [held[(years >= y) & (years < y + YEARS_TOGETHER)].mean() for y in range(first, last - 2)]
            spread = " | ".join(f"{min(part):.1%} to {max(part):.1%}" for part in (single, together))
            still = fixed(walk.probabilities[rows], true, years, horizon)
            shares = [part.mean() for part in still]
            instead = f"{np.concatenate(still).mean():.1%}, {min(shares):.0%} to {max(shares):.0%}"
            each = " ".join(f"{share:.0%}"[:-1] for share in single)
            by_year.append(f"| {k}, {horizon} | {spread} | {instead} | {each} |")
    print(f"\n| states, days ahead | single years | {YEARS_TOGETHER} years in a row | fixed, single years | from {first}, % |")
    print("|---|---|---|---|---|")
    print("\n".join(by_year))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=Path("final_model"), help="folder of the models")
    parser.add_argument("--markets", type=int, default=1000, help="random markets")
    parser.add_argument("--paths", type=int, default=4, help="other markets of each s0 and duration")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    loaded = artifacts.load(arguments.models)
    for name, entry in loaded.entries.items():
        if entry.set_threshold is not None:
            regimes(loaded, name, arguments.markets, arguments.paths, arguments.seed)
    states(loaded)


if __name__ == "__main__":
    main()
