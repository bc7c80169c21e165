"""Seconds and memory of the whole feature table, and its price columns against plain pandas in the same run.

Run: python benchmarks/features.py [--bars 1000000]. Compile time is left out: a short table is made first.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from regime_core import features

PRICE = [name for name, feature in features.FEATURES.items() if feature.group == "price"]


def market(n_bars: int) -> pd.DataFrame:
    """One-minute bars of a random walk, with volume."""
    rng = np.random.default_rng(0)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 5e-4, n_bars)))
    opened = np.concatenate(([100.0], close[:-1]))
    reach = np.exp(np.abs(rng.normal(0, 3e-4, (2, n_bars))))
    return pd.DataFrame(
        {
            "open": opened,
            "high": np.maximum(opened, close) * reach[0],
            "low": np.minimum(opened, close) / reach[1],
            "close": close,
            "volume": rng.lognormal(10, 0.5, n_bars),
        },
        index=pd.date_range("2020-01-01", periods=n_bars, freq="min", tz="UTC", name="timestamp"),
    )


def vix_beside(bars: pd.DataFrame) -> pd.Series:
    """A VIX close for every date of the bars."""
    days = pd.DatetimeIndex(bars.index.tz_localize(None).normalize().unique())
    return pd.Series(20 + np.sin(np.arange(len(days))), index=days)


def with_pandas(bars: pd.DataFrame) -> pd.DataFrame:
    """Compute the group ``price`` as one would write it in pandas, vectorised wherever pandas can."""
    close = bars["close"]
    returns, moves = close.pct_change(), close.diff()
    last_20, closes_20 = returns.rolling(20), close.rolling(20)
    steps = np.arange(20) - 9.5
    slope = closes_20.apply(lambda window: window @ steps, raw=True) / (steps @ steps)
    reach = [bars["high"] - bars["low"], (bars["high"] - close.shift()).abs(), (bars["low"] - close.shift()).abs()]
    gain = moves.clip(lower=0).ewm(alpha=1 / 14, adjust=False).mean()
    loss = -moves.clip(upper=0).ewm(alpha=1 / 14, adjust=False).mean()
    line = close.ewm(span=12, adjust=False).mean() - close.ewm(span=26, adjust=False).mean()
    signal = line.ewm(span=9, adjust=False).mean()
    middle, spread = closes_20.mean(), closes_20.std(ddof=0)
    columns = {
        "return_1": returns,
        **{f"return_lag_{lag}": returns.shift(lag) for lag in (1, 2, 5)},
        **{f"volatility_{window}": returns.rolling(window).std() for window in (5, 20, 21)},
        "return_zscore_20": (returns - last_20.mean()) / last_20.std(),
        "trend_strength_20": slope / middle,
        "atr_percent_14": pd.concat(reach, axis=1).max(axis=1).rolling(14).mean() / close * 100,
        "range_efficiency_20": (close - close.shift(19)).abs() / (returns.abs().rolling(19).sum() * middle),
        "momentum_20": close / close.shift(19) - 1,
        "ma_convergence_10_50": close.rolling(10).mean() / close.rolling(50).mean() - 1,
        "rsi_14": 100 * gain / (gain + loss),
        "macd_line_12_26": line / close,
        "macd_signal_12_26_9": signal / close,
        "macd_histogram_12_26_9": (line - signal) / close,
        "bollinger_width_20": 4 * spread / middle,
        "bollinger_position_20": (close - middle + 2 * spread) / (4 * spread),
    }
    return pd.DataFrame(columns)[PRICE]


def seconds(work: Callable[[], object], *, repeats: int = 1) -> float:
    """Best wall time of a few runs."""
    best = np.inf
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return float(best)


def peak_gigabytes() -> float:
    """Largest resident memory of this process so far (Linux counts in kilobytes)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main() -> None:
    """Print one line a figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bars", type=int, default=1_000_000)
    n_bars = parser.parse_args().bars
    short = market(300)
    features.table(short, vix_beside(short))
    bars = market(n_bars)
    vix = vix_beside(bars)
    worked = time.process_time()
    once = seconds(lambda: features.table(bars, vix))
    worked, memory = time.process_time() - worked, peak_gigabytes()
    again = seconds(lambda: features.table(bars, vix), repeats=2)
    print(f"all {len(features.FEATURES)} features, {n_bars:,} bars: {once:.2f} s, {again:.2f} s again")
    print(f"processor time of the first: {worked:.2f} s; peak memory of the process with the bars in it: {memory:.2f} GB")
    for group in dict.fromkeys(feature.group for feature in features.FEATURES.values()):
        names = [name for name, feature in features.FEATURES.items() if feature.group == group]
        print(f"  {group}: {len(names)} features, {seconds(lambda names=names: features.table(bars, vix, names=names)):.2f} s")
    ours = seconds(lambda: features.table(bars, names=PRICE), repeats=3)
    theirs = seconds(lambda: with_pandas(bars), repeats=3)
    print(f"the {len(PRICE)} of price: {ours:.2f} s; in pandas {theirs:.2f} s, {theirs / ours:.1f} times as long")
    apart = (features.table(bars, names=PRICE) / with_pandas(bars) - 1).abs().iloc[1000:].median().max()
    print(f"median relative difference from pandas, largest of the {len(PRICE)}: {apart:.0e}")


if __name__ == "__main__":
    main()
