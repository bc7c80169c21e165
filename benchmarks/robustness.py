"""What must not change a detector's labels much: another kind of market, scale, the clock, a short window.

Part of ``python -m benchmarks.detection``, which prints it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from regime_core import simulate
from regime_core.bars import DAY_NS, OHLCV
from regime_core.evaluation import scores
from regime_core.features import relative
from regime_core.kernels import simulation
from regime_core.models import Boosted, Detector
from regime_core.regimes import MIN_BARS, N_REGIMES
from regime_core.sources import bundled
from regime_core.training import heldout, markets
from regime_core.training.markets import DURATION_RANGE, S0_RANGE, held_out_market

N_BARS, SCORED_FROM = 4000, 500
SEED_OFFSET = 7_000
DURATIONS = (30.0, 60.0, 120.0)
SPECIALIST_SEED, SPECIALIST_MARKETS, SPECIALIST_ROWS = 9_000, 800, 400
A_DAY, STEP_NS, OPENS_NS = 78, 300 * 10**9, 52_200 * 10**9
"""Five-minute bars from 14:30 to 21:00 UTC."""
DAYS, LEARNED_IN = 90, 30
"""Of an intraday market, and of those the first ones, in which the profile of the day is still being learned."""
NOON, CLOSE = slice(32, 46), slice(64, 78)
"""Bars of a day: 70 minutes around the middle of the session, and its last 70."""


UNTRADED_SHARES, STEPS = (0.05, 0.2, 0.4, 0.6, 0.8), (0.3, 1.0, 2.0)
"""Of bars without a trade, and steps of a grid of prices in units of s0."""


def thin(model: Detector, *, paths: int, seed: int) -> dict[str, dict[str, float]]:
    """Balanced accuracy, calibration error and mean confidence where vendors know less of the same markets."""
    kinds: dict[str, Callable[[simulate.SimulatedMarket, np.random.Generator], OHLCV]] = {
        "every bar whole": lambda market, rng: market.bars
    }
    for share in UNTRADED_SHARES:
        kinds[f"no trade on {share:.0%} of bars"] = lambda market, rng, share=share: markets.untraded(market.bars, share, rng)
    kinds["no trade on 40%, one on the others"] = lambda market, rng: markets.untraded(
        markets.closes_only(market.bars), 0.4, rng
    )
    for step in STEPS:
        kinds[f"prices in steps of {step:g} s0"] = lambda market, rng, step=step: markets.on_grid(
            market.bars, step * market.s0 * float(np.median(market.bars.close))
        )
    table = {}
    for name, quoted in kinds.items():
        truth, codes, probabilities = [], [], []
        for path in range(paths):
            market = held_out_market(0.002, 60.0, ("gaussian", "student")[path % 2], path=path, seed=SEED_OFFSET + seed)
            labels = model.filter(quoted(market, np.random.default_rng([SEED_OFFSET + seed, path, 6])))
            truth.append(market.regimes[SCORED_FROM:])
            codes.append(labels.codes[SCORED_FROM:])
            probabilities.append(labels.probabilities[SCORED_FROM:])
        joined = np.concatenate(probabilities)
        table[name] = {
            "balanced accuracy": scores.balanced_accuracy(np.concatenate(truth), np.concatenate(codes)),
            "ECE": scores.expected_calibration_error(np.concatenate(truth), joined),
            "mean confidence": float(joined.max(axis=1).mean()),
        }
    return table


def second_market(duration: float, *, s0: float = 0.01, key: tuple[int, ...]) -> simulate.SimulatedMarket:
    """Market of the second generator, whose bars are those of the S&P 500 resampled."""
    daily = bundled.read(Path("data") / "sp500.csv").bars
    return simulate.resampled_market(N_BARS, s0=s0, mean_duration=duration, daily=daily, rng=np.random.default_rng(key))


def specialist(n_markets: int, seed: int) -> Boosted:
    """Boosted trees of the shipped size trained on the second generator, labels by the largest probability: what can be had."""
    features, codes = [], []
    for i in range(n_markets):
        rng = np.random.default_rng([SPECIALIST_SEED + seed, i])
        duration, s0 = (float(np.exp(rng.uniform(*np.log(bounds)))) for bounds in (DURATION_RANGE, S0_RANGE))
        market = second_market(duration, s0=s0, key=(SPECIALIST_SEED + seed, i, 1))
        taken = rng.choice(np.arange(MIN_BARS - 1, N_BARS), SPECIALIST_ROWS, replace=False)
        features.append(relative.matrix(market.bars)[taken])
        codes.append(market.regimes[taken])
    return Boosted(lead=0.0, random_state=seed).fit(np.concatenate(features), np.concatenate(codes))


def second_generator(models: dict[str, Detector], *, paths: int, seed: int) -> dict[str, dict[str, float]]:
    """Balanced accuracy of each model on the second generator, by mean duration."""
    table = {}
    for duration in DURATIONS:
        markets = [second_market(duration, key=(SEED_OFFSET + seed, path, int(duration))) for path in range(paths)]
        truth = np.concatenate([market.regimes[SCORED_FROM:] for market in markets])
        table[f"D {duration:.0f}"] = {
            name: scores.balanced_accuracy(
                truth, np.concatenate([model.filter(market.bars).codes[SCORED_FROM:] for market in markets])
            )
            for name, model in models.items()
        }
    return table


def scale(model: Detector, *, paths: int, seed: int, power: float = 0.1) -> float:
    """Share of bars whose label is the same when prices are raised to a power."""
    same = []
    for path in range(paths):
        bars = held_out_market(0.01, 60.0, ("gaussian", "student")[path % 2], path=path, seed=SEED_OFFSET + seed).bars
        raised = bars._replace(**{name: getattr(bars, name) ** power for name in ("open", "high", "low", "close")})
        same.append(model.filter(raised).codes == model.filter(bars).codes)
    return float(np.mean(same))


def session_days(codes: np.ndarray, rng: np.random.Generator, *, clock: bool = True) -> OHLCV:
    """Five-minute bars of days with one regime each, (n_days,), louder at open and close, with a gap overnight.

    clock : False leaves out both, on the same path.
    """
    bar_codes = np.repeat(codes, A_DAY).astype(np.int8)
    local = 0.001 * simulation.VOLATILITY[bar_codes]
    path = simulation.log_path(bar_codes, simulation.DRIFT[bar_codes] * local, local, rng)
    day, place = np.divmod(np.arange(len(bar_codes)), A_DAY)
    louder = 0.6 + 1.6 * (2 * (place + 0.5) / A_DAY - 1) ** 2 if clock else np.ones(len(place))
    shape = (path - path[:, :1]) * louder[:, None]
    gaps = np.where(place == 0, (0.01 if clock else 0.0) * rng.standard_normal(len(place)), 0.0)
    opens = np.log(100.0) + np.cumsum(gaps) + np.concatenate(([0.0], np.cumsum(shape[:-1, 3])))
    prices = np.exp(opens[:, None] + shape)
    time = (11_000 + day + 2 * (day // 5)) * DAY_NS + OPENS_NS + place * STEP_NS
    columns = (np.ascontiguousarray(prices[:, i]) for i in range(4))
    return OHLCV(time.astype(np.int64), *columns, np.full(len(time), np.nan))


def clock(model: Detector, *, paths: int, seed: int, mixed: bool, clock: bool = True) -> np.ndarray:
    """Share of each label at noon and at the close on days of each regime: (5, 2, 5).

    mixed : each day's regime is drawn at random; otherwise all days of a market have one regime. clock : see ``session_days``.
    """
    counts = np.zeros((N_REGIMES, 2, N_REGIMES))
    for path in range(paths):
        rng = np.random.default_rng([SEED_OFFSET + seed, path, 5])
        for regime in range(N_REGIMES):
            codes = rng.integers(N_REGIMES, size=DAYS) if mixed else np.full(DAYS, regime)
            labels = model.filter(session_days(codes, rng, clock=clock)).codes.reshape(DAYS, A_DAY)[LEARNED_IN:]
            for code in np.unique(codes[LEARNED_IN:]):
                of_regime = labels[codes[LEARNED_IN:] == code]
                for i, part in enumerate((NOON, CLOSE)):
                    counts[code, i] += np.bincount(of_regime[:, part].ravel(), minlength=N_REGIMES)[:N_REGIMES]
    return np.asarray(counts / counts.sum(axis=2, keepdims=True))


def windows(model: Detector, *, paths: int, seed: int) -> dict[int, tuple[float, float]]:
    """Agreement with the label on all history, and accuracy, of labels on the last bars alone, by how many those are."""
    seen = []
    for shocks in heldout.TEST_SHOCKS:
        for duration in heldout.TEST_DURATIONS:
            for path in range(paths):
                market = held_out_market(0.01, duration, shocks, path=path, seed=SEED_OFFSET + seed)
                seen.append(heldout.window_labels(model, market, model.filter(market.bars).codes))
    rows = np.concatenate(seen)
    return {
        window: (scores.accuracy(rows[:, 1], rows[:, i + 2]), scores.accuracy(rows[:, 0], rows[:, i + 2]))
        for i, window in enumerate(heldout.WINDOWS)
    }
