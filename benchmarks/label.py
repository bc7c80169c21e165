"""Seconds to read a long file, beside polars in the same run, and seconds and memory of the whole ``label`` command.

Run from the repository: ``python -m benchmarks.label``. The files are made first, in a folder that goes away: a million bars
of one minute, and 500 symbols of 1,250 days. The readers take turns, and of each the median counts. polars reads the times as
text, and in a second line as times too; it decides nothing on what columns hold. A command is a process of its own, so that its
start and the loading of the models count; processor seconds are those of all its threads.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import polars

from regime_core import readers

READ_LIMIT = 3.0
"""Reading takes at most so many times what polars takes."""


class Cost(NamedTuple):
    """Of one command: seconds on the clock, seconds of all processors, peak memory in GB."""

    seconds: float
    processor: float
    gigabytes: float


def minutes(path: Path, n_bars: int) -> None:
    """A random walk of one-minute bars in cents."""
    rng = np.random.default_rng(0)
    frame = _walk(rng, n_bars, 2e-4)
    frame.insert(0, "timestamp", pd.date_range("2022-01-03", periods=n_bars, freq="min").strftime("%Y-%m-%d %H:%M:%S"))
    frame.to_csv(path, index=False)


def stocks(path: Path, n_symbols: int, n_days: int) -> None:
    """One symbol after another, as Kaggle has them."""
    rng = np.random.default_rng(1)
    days = pd.bdate_range("2013-01-02", periods=n_days).strftime("%Y-%m-%d")
    symbols = [_walk(rng, n_days, 0.01).set_axis(days).assign(Name=f"S{i:03}") for i in range(n_symbols)]
    pd.concat(symbols).to_csv(path, index_label="date")


def _walk(rng: np.random.Generator, n: int, step: float) -> pd.DataFrame:
    close = 100 * np.exp(np.cumsum(rng.normal(0, step, n)))
    opens = np.append(100.0, close[:-1])
    reach = np.exp(np.abs(rng.normal(0, step / 2, (2, n))))
    high, low = np.maximum(opens, close) * reach[0], np.minimum(opens, close) / reach[1]
    prices = {"open": opens, "high": high, "low": low, "close": close}
    return pd.DataFrame(prices).round(2).assign(volume=rng.integers(0, 5_000, n))


def in_turns(readers_: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds of each, after one round that does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in readers_}
    for turn in range(rounds + 1):
        for name, read in readers_.items():
            start = time.perf_counter()
            read()
            if turn:
                seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(taken) for name, taken in seconds.items()}


def command(arguments: list[str]) -> Cost:
    """Cost of ``python -m regime_core ARGUMENTS``."""
    start = time.perf_counter()
    child = os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", "regime_core", *arguments],
        os.environ,
        file_actions=[(os.POSIX_SPAWN_OPEN, descriptor, os.devnull, os.O_WRONLY, 0) for descriptor in (1, 2)],
    )
    _, status, used = os.wait4(child, 0)
    if status:
        raise SystemExit(f"regime_core {' '.join(arguments)} failed")
    return Cost(time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6)


def compare(file: Path, rounds: int) -> None:
    """Print how long each reader takes for a file."""
    found = in_turns(
        {
            "polars, times as text": lambda: polars.read_csv(file),
            "polars, times read": lambda: polars.read_csv(file, try_parse_dates=True),
            "regime_core": lambda: readers.read(file),
        },
        rounds,
    )
    print(f"reading {file.name}, {file.stat().st_size / 1e6:.0f} MB, median of {rounds}")
    for name, seconds in found.items():
        print(f"  {name:24} {seconds:6.2f} s   ours takes {found['regime_core'] / seconds:4.1f} times as long")


def main() -> None:
    """Make the files, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bars", type=int, default=1_000_000)
    parser.add_argument("--symbols", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        long, many, out = Path(folder) / "minutes.csv", Path(folder) / "stocks.csv", Path(folder) / "out.csv"
        minutes(long, arguments.bars)
        stocks(many, arguments.symbols, 1_250)
        print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
        compare(long, arguments.rounds)
        compare(many, arguments.rounds)
        print(f"  at most {READ_LIMIT:g} times the first of minutes.csv is wanted")
        print("label, median of three    on the clock   processors   memory   wanted")
        for name, file, more, wanted in (
            ("minutes.csv", long, [], "12 s, 2 GB"),
            ("minutes.csv, rules", long, ["--model", "rules"], "6 s"),
            ("minutes.csv, columns kept", long, ["--keep-columns"], ""),
            ("stocks.csv", many, [], "8 s"),
        ):
            costs = [command(["label", str(file), "--out", str(out), *more]) for _ in range(3)]
            median = Cost(*(statistics.median(column) for column in zip(*costs, strict=True)))
            print(f"{name:26} {median.seconds:8.1f} s {median.processor:10.1f} s {median.gigabytes:6.2f} GB   {wanted}")


if __name__ == "__main__":
    main()
