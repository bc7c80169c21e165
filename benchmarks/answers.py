"""CPU time of a whole answer to 252 bars, label, age and reasons, for each detector, and how many comparisons take as long.

Run from the repository: ``python -m benchmarks.answers``. Boosted trees are those that ship. The network has the size that is
trained, with weights at random where none ships: its time hardly depends on them. The models take turns, and of each window
the fastest of all rounds counts. *Apart* is the same with a reading of the bars for the label and another for its reasons.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from regime_core import artifacts
from regime_core.bars import OHLCV
from regime_core.engine import RECENT_BARS, Engine
from regime_core.models import LSTM, Boosted, Detector, Ensemble
from regime_core.models.arrays import packed
from regime_core.models.lstm import INPUTS
from regime_core.regimes import N_REGIMES
from regime_core.sources import bundled

WINDOW, EVERY = 252, 200
TWICE = "boosted, trees twice"


def network(seed: int) -> LSTM:
    """Recurrent detector of the size that is trained, weights at random."""
    rng = np.random.default_rng(seed)
    model = LSTM()
    cells, n_inputs = model.hidden, len(INPUTS)
    shapes = {
        "usual": (n_inputs,),
        "from_input": (n_inputs, 4 * cells),
        "from_hidden": (cells, 4 * cells),
        "bias": (4 * cells,),
        "head_input": (n_inputs, N_REGIMES),
        "head_hidden": (cells, N_REGIMES),
        "head_bias": (N_REGIMES,),
    }
    model.take(packed(**{name: rng.normal(0.0, 0.3, shape).astype(np.float32) for name, shape in shapes.items()}))
    model.temperature_ = 1.0
    return model


def mixture(boosted: Boosted, lstm: LSTM) -> Ensemble:
    """Both in equal parts."""
    model = Ensemble()
    model.members_ = (boosted, lstm)
    model.take(packed(shares=np.full(2, 0.5)))
    model.temperature_ = 1.0
    return model


def twice(boosted: Boosted) -> Boosted:
    """Every tree once more: what that adds is the price of a comparison."""
    model = Boosted(window=boosted.window, lead=boosted.lead, rounds=2 * boosted.rounds, depth=boosted.depth)
    once = boosted.trees_
    by_tree = {name: np.concatenate([getattr(once, name)] * 2) for name in ("split", "leaf", "group", "change")}
    model.trees_ = once._replace(**by_tree, start=2 * once.start)
    model.weights_, model.temperature_ = boosted.weights_, boosted.temperature_
    return model


def apart(model: Detector, bars: OHLCV) -> None:
    """Label and reasons, each from a reading of its own."""
    recent = model.filter(bars, start=bars.n_bars - RECENT_BARS)
    model.read(bars).evidence(int(recent.codes[-1]))


def microseconds(work: dict[str, Callable[[OHLCV], object]], windows: list[OHLCV], rounds: int) -> dict[str, float]:
    """Mean over the windows of each one's least CPU time."""
    least = {name: np.full(len(windows), np.inf) for name in work}
    for _ in range(rounds):
        for name, call in work.items():
            for i, bars in enumerate(windows):
                start = time.thread_time_ns()
                call(bars)
                least[name][i] = min(least[name][i], time.thread_time_ns() - start)
    return {name: float(times.mean()) / 1e3 for name, times in least.items()}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=Path("final_model"), help="folder of the models")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    shipped = artifacts.load(arguments.models)
    boosted = shipped.detectors["boosted"]
    lstm = shipped.detectors.get("lstm") or network(arguments.seed)
    served = {"boosted": boosted, TWICE: twice(boosted), "lstm": lstm, "ensemble": mixture(boosted, lstm)}
    entries = {name: replace(shipped.entries["boosted"], name=name) for name in served}
    engine = Engine(replace(shipped, detectors=served, entries=entries))
    daily = bundled.read(Path("data") / "sp500.csv").bars
    windows = [daily.rows(stop - WINDOW, stop) for stop in range(1000, daily.n_bars, EVERY)]
    answer = {name: lambda bars, name=name: engine.detect(bars, model=name) for name in served}
    alone = {f"{name} apart": lambda bars, model=model: apart(model, bars) for name, model in served.items()}
    took = microseconds({**answer, **alone}, windows, arguments.rounds)

    steps = boosted.rounds * N_REGIMES * boosted.depth
    comparison = (took[TWICE] - took["boosted"]) / steps
    bare = took["boosted"] - steps * comparison
    print("| detector | an answer, us | of boosted's | apart, us | as long as so many comparisons a bar |")
    print("|---|---|---|---|---|")
    for name in served:
        figures = f"{took[name]:.0f} | {took[name] / took['boosted']:.2f} | {took[f'{name} apart']:.0f}"
        print(f"| {name} | {figures} | {(took[name] - bare) / comparison:,.0f} |")


if __name__ == "__main__":
    main()
