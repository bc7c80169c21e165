"""Simulated markets that detectors are trained, calibrated and tested on; parts share no random number."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from regime_core import simulate
from regime_core.bars import DAY_NS, OHLCV
from regime_core.features import relative
from regime_core.regimes import MIN_BARS
from regime_core.sources.local import load_arch
from regime_core.training.progress import Progress, silent

Part = Literal["train", "validation", "test"]
SEED_OF_PART: dict[Part, int] = {"train": 0, "validation": 1, "test": 2}

S0_RANGE = (1e-4, 5e-2)
DURATION_RANGE = (30.0, 150.0)
LENGTH_RANGE = (60, 4000)
WANDER_SHARE, WANDER_RANGE = 0.5, (0.1, 0.65)
"""Half of the markets keep to the definition; the others are less tidy, as real ones are."""
EVEN_SHARE, LONG_SHARE = 0.05, 0.05
"""Of markets of one volatility, and of markets of regimes longer than memory."""
UNENDING_DURATION_RANGE = (500.0, 20_000.0)
"""Of the regimes of the latter, and of half of the former."""
UNUSUAL_LENGTH_RANGE, UNUSUAL_WANDER_RANGE = (1500, 6000), (0.05, 0.3)
INTRADAY_STEP_NS = 5 * 60 * 1_000_000_000

CLOSES_ONLY_SHARE, FLAT_SHARE, UNTRADED_SHARE, COARSE_SHARE = 0.08, 0.06, 0.08, 0.04
"""Of markets quoted by closes alone, with some bars of one trade, with bars without any, and with prices on a coarse grid."""
FLAT_RANGE, UNTRADED_RANGE, STEP_RANGE = (0.02, 0.5), (0.02, 0.85), (0.2, 2.0)
"""Share of the bars with one trade, share of those without any, and steps of the grid in units of s0."""
ONE_TRADE_SHARE = 0.3
"""Of the markets with untraded bars, those whose other bars have one trade each."""

TEST_BARS = 4000
_LATER = date(2100, 1, 1)
"""After the index's last day: nothing of it is left out as of days to come."""


def rows(
    n_markets: int, rows_a_market: int, *, part: Part, seed: int, progress: Progress | None = None
) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Features and true regimes of random rows of random markets.

    Returns (n_rows, n_features) and (n_rows,). Markets of different parts share no random number.
    """
    tell = progress or silent
    features, codes = [], []
    for i in range(n_markets):
        rng = np.random.default_rng([seed, SEED_OF_PART[part], i])
        market = random_market(rng)
        n_bars = market.bars.n_bars
        labelled = np.arange(MIN_BARS - 1, n_bars)
        taken = np.sort(rng.choice(labelled, min(rows_a_market, len(labelled)), replace=False))
        features.append(relative.matrix(market.bars)[taken])
        codes.append(market.regimes[taken])
        if i % 50 == 49 or i == n_markets - 1:
            tell(f"simulate {part}", i + 1, n_markets)
    return np.concatenate(features), np.concatenate(codes)


def random_market(rng: np.random.Generator, n_bars: int | None = None) -> simulate.SimulatedMarket:
    """Simulate a market as a client might send one: any s0, duration, length and shocks, at times intraday or closes only.

    n_bars : its length, where that is not to be any.
    """
    kind = rng.random()
    if kind < EVEN_SHARE + LONG_SHARE:
        return _unusual_market(rng, n_bars, even=bool(kind < EVEN_SHARE))
    any_length = int(np.exp(rng.uniform(*np.log(LENGTH_RANGE))))  # drawn in any case: what follows is the same either way
    n_bars = any_length if n_bars is None else n_bars
    market = simulate.market(
        n_bars,
        s0=float(np.exp(rng.uniform(*np.log(S0_RANGE)))),
        mean_duration=float(np.exp(rng.uniform(*np.log(DURATION_RANGE)))),
        shocks="student" if rng.random() < 0.5 else "gaussian",
        rng=rng,
        volume=bool(rng.random() < 0.5),
        wander=float(rng.uniform(*WANDER_RANGE)) if rng.random() < WANDER_SHARE else 0.0,
        step_ns=INTRADAY_STEP_NS if rng.random() < 0.15 else DAY_NS,
    )
    return replace(market, bars=_as_quoted(market, rng))


def _as_quoted(market: simulate.SimulatedMarket, rng: np.random.Generator) -> OHLCV:
    """The bars as a vendor might know them: most often whole, at times with less."""
    bars, kind = market.bars, rng.random()
    if kind < CLOSES_ONLY_SHARE:
        return closes_only(bars)
    if kind < (below := CLOSES_ONLY_SHARE + FLAT_SHARE):
        return thinly_traded(bars, float(rng.uniform(*FLAT_RANGE)), rng)
    if kind < (below := below + UNTRADED_SHARE):
        quoted = closes_only(bars) if rng.random() < ONE_TRADE_SHARE else bars
        return untraded(quoted, float(rng.uniform(*UNTRADED_RANGE)), rng)
    if kind < below + COARSE_SHARE:
        return on_grid(bars, float(np.exp(rng.uniform(*np.log(STEP_RANGE)))) * market.s0 * float(np.median(bars.close)))
    return bars


def _unusual_market(rng: np.random.Generator, n_bars: int | None, *, even: bool) -> simulate.SimulatedMarket:
    """Simulate a market of one volatility, or of very long regimes."""
    simulated = simulate.even_market if even else simulate.long_market
    durations = DURATION_RANGE if even and rng.random() < 0.5 else UNENDING_DURATION_RANGE
    any_length = int(np.exp(rng.uniform(*np.log(UNUSUAL_LENGTH_RANGE))))
    return simulated(
        any_length if n_bars is None else n_bars,
        s0=float(np.exp(rng.uniform(*np.log(S0_RANGE)))),
        mean_duration=float(np.exp(rng.uniform(*np.log(durations)))),
        shocks="student" if rng.random() < 0.5 else "gaussian",
        rng=rng,
        wander=float(rng.uniform(*UNUSUAL_WANDER_RANGE)) if rng.random() < WANDER_SHARE else 0.0,
    )


def foreign_markets(n_markets: int, *, seed: int) -> tuple[simulate.SimulatedMarket, ...]:
    """Validation markets of the second generator, of any s0, duration and length, with bars shaped as those of the S&P 500.

    Raises SourceError where the arch package, which brings the index, is not installed.
    """
    daily = load_arch("sp500", today=_LATER).bars
    return tuple(
        _foreign_market(daily, np.random.default_rng([seed, SEED_OF_PART["validation"], i, 1])) for i in range(n_markets)
    )


def _foreign_market(daily: OHLCV, rng: np.random.Generator) -> simulate.SimulatedMarket:
    return simulate.resampled_market(
        int(np.exp(rng.uniform(*np.log(LENGTH_RANGE)))),
        s0=float(np.exp(rng.uniform(*np.log(S0_RANGE)))),
        mean_duration=float(np.exp(rng.uniform(*np.log(DURATION_RANGE)))),
        daily=daily,
        rng=rng,
    )


def closes_only(bars: OHLCV) -> OHLCV:
    """The same bars from a vendor that knows only closes: open, high and low equal the close."""
    return bars._replace(open=bars.close, high=bars.close, low=bars.close)


def thinly_traded(bars: OHLCV, share: float, rng: np.random.Generator) -> OHLCV:
    """The same bars, a random ``share`` of them with the close alone: a day with one trade, as old futures have many."""
    flat = rng.random(bars.n_bars) < share
    return bars._replace(**{name: np.where(flat, bars.close, getattr(bars, name)) for name in ("open", "high", "low")})


def untraded(bars: OHLCV, share: float, rng: np.random.Generator) -> OHLCV:
    """The same bars, a random ``share`` of them without a trade: they stand at the last close, and the next one catches up."""
    still = rng.random(bars.n_bars) < share
    still[0] = False
    traded = np.maximum.accumulate(np.where(still, 0, np.arange(bars.n_bars)))
    close = bars.close[traded]
    return bars._replace(**{name: np.where(still, close, getattr(bars, name)) for name in ("open", "high", "low", "close")})


def on_grid(bars: OHLCV, step: float) -> OHLCV:
    """The same bars, prices rounded to multiples of ``step``, at least one."""
    names = ("open", "high", "low", "close")
    return bars._replace(**{name: np.maximum(np.round(getattr(bars, name) / step), 1.0) * step for name in names})


def held_out_market(s0: float, duration: float, shocks: simulate.Shocks, *, path: int, seed: int) -> simulate.SimulatedMarket:
    """Market of the test part; odd paths have no volume."""
    key = [seed, SEED_OF_PART["test"], int(s0 * 1e6), int(duration), len(shocks), path]
    return simulate.market(
        TEST_BARS, s0=s0, mean_duration=duration, shocks=shocks, rng=np.random.default_rng(key), volume=path % 2 == 0
    )
