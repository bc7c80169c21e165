"""How fast a jump model is fitted, and how good the fit is, beside the ``jumpmodels`` package in the same run.

Run from the repository: ``python -m benchmarks.jump`` prints the table as Markdown. Both fit 9,000 rows of 3 standardised
values with their default starts (30 and 10), seed 0; compiling is done before on fewer rows. ``--slow`` adds the continuous
model of three states, on which the package takes minutes.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from jumpmodels.jump import JumpModel

from regime_core.models.jump import solve

N_ROWS, N_WARM = 9_000, 50
CENTRES = np.array([[-1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [2.0, 1.0, 2.0]])
MEAN_DURATION = 100
CASES = ((2, False), (3, False), (2, True))
SLOW = ((3, True),)
PENALTIES = (10.0, 100.0)
REPEATS = 5
"""Fits of ours that the median time is of; the package, which takes seconds, fits once."""


def standardised_rows(seed: int) -> np.ndarray:
    """Values of three states that take turns, each of unit variance about its centre, standardised: (N_ROWS, 3)."""
    rng = np.random.default_rng(seed)
    state = np.cumsum(rng.random(N_ROWS) < 1 / MEAN_DURATION) % len(CENTRES)
    rows = rng.normal(size=(N_ROWS, 3)) + CENTRES[state]
    return (rows - rows.mean(axis=0)) / rows.std(axis=0)


def timed(call: Callable[[], Any], times: int = 1) -> tuple[Any, float]:
    """What a call returns, and the median of the seconds it took."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        found = call()
        seconds.append(time.perf_counter() - start)
    return found, float(np.median(seconds))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0, help="of the rows")
    parser.add_argument("--slow", action="store_true")
    arguments = parser.parse_args()
    rows = standardised_rows(arguments.seed)
    print("| model | penalty | seconds, ours | theirs | times as fast | objective, ours | less theirs |")
    print("|---|---|---|---|---|---|---|")
    for k, continuous in CASES + SLOW * arguments.slow:
        solve(rows[:N_WARM], k=k, penalty=1.0, continuous=continuous)
        for penalty in PENALTIES:
            package = JumpModel(k, jump_penalty=penalty, cont=continuous, mode_loss=False, random_state=0)
            theirs, their_seconds = timed(lambda package=package: package.fit(rows).val_)
            ours, seconds = timed(
                lambda k=k, penalty=penalty, continuous=continuous: solve(rows, k=k, penalty=penalty, continuous=continuous),
                REPEATS,
            )
            name = f"{'continuous' if continuous else 'discrete'}, {k} states"
            print(
                f"| {name} | {penalty:g} | {seconds:.3f} | {their_seconds:.2f} | {their_seconds / seconds:.0f} "
                f"| {ours.objective:.2f} | {ours.objective - theirs:+.4f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
