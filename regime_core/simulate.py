"""Markets whose true regimes are known, to train and to judge detectors on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import DAY_NS, OHLCV
from regime_core.kernels import simulation

Shocks = Literal["gaussian", "student", "resampled"]
STUDENT_DOF = 5
FIRST_TIME_NS = 10_957 * DAY_NS
"""Time of the first bar, 2000-01-01 UTC."""
FIRST_PRICE = 100.0
VOLATILE, CALM = 3, 4
WANDER_HALF_LIVES = (15.0, 500.0)
GAMMA_SHAPE = 3.0
LONG_RUN_HALF_LIFE = 750.0
LOUD, QUIET = 1.6, 0.63
"""A path without drift is volatile above, calm below this multiple of the long-run level: half-way, in logs, to the table's."""
UNSURE = 0.3
"""Share of the bars of a free path at the typical volatility that is named at random."""
GARCH_ALPHA, GARCH_BETA = 0.08, 0.88


@dataclass(frozen=True, slots=True)
class SimulatedMarket:
    """Bars and the truth behind them.

    bars : n_bars bars, each opening at the close before it. regimes : (n_bars,) int8, indices into ``regimes.REGIMES``.
    s0 : typical volatility of a log return per bar. mean_duration : of a regime, in bars. shocks : their distribution.
    """

    bars: OHLCV
    regimes: NDArray[np.int8]
    s0: float
    mean_duration: float
    shocks: Shocks


def market(
    n_bars: int,
    *,
    s0: float,
    mean_duration: float,
    shocks: Shocks,
    rng: np.random.Generator,
    volume: bool = True,
    step_ns: int = DAY_NS,
    burn_in: int = 200,
    wander: float = 0.0,
) -> SimulatedMarket:
    """Simulate a market that switches between the five regimes.

    n_bars : bars returned. s0 : typical volatility of a log return per bar, a fraction. mean_duration : in bars, at least 1.
    shocks : ``gaussian``, or ``student`` for Student-t with 5 degrees of freedom by one random scale a bar; unit variance.
    volume : log-normal and telling nothing of the regime; NaN where False.
    step_ns : time between bars. burn_in : bars simulated before the first one returned, so that it starts mid-regime.
    wander : standard deviation of the log of local volatility about its regime's, half of its variance forgotten in 15 bars
    and half in 500; 0 is the market of the definition.
    Raises ValueError on parameters that make no market.
    """
    if n_bars < 1 or burn_in < 0 or not s0 > 0 or not mean_duration >= 1:
        raise ValueError(f"n_bars {n_bars}, burn_in {burn_in}, s0 {s0:g}, mean_duration {mean_duration:g} make no market.")
    n = n_bars + burn_in
    codes = simulation.switching_regimes(n, 1.0 / mean_duration, rng)
    local = simulation.VOLATILITY[codes] * s0 * _wandering(n, wander, rng)
    path = simulation.log_path(codes, simulation.DRIFT[codes] * local, local * shock_scale(n, shocks, rng), rng)
    traded = 1e6 * np.exp(0.3 * rng.standard_normal(n_bars)) if volume else np.full(n_bars, np.nan)
    bars = _bars(path[burn_in:], traded, step_ns)
    return SimulatedMarket(bars, codes[burn_in:], s0, mean_duration, shocks)


def even_market(
    n_bars: int, *, s0: float, mean_duration: float, shocks: Shocks, rng: np.random.Generator, wander: float = 0.0
) -> SimulatedMarket:
    """Simulate a market whose volatility is always s0: only the path tells its regimes, and none is volatile or calm.

    Arguments as for ``market``. In two phases of five the path is free, in the others it trends or is pulled back. A free path
    at its typical volatility is called ranging, as the row of the definition with its drift and volatility; since its path is
    that of no row, a share UNSURE of its bars is named at random, to teach a moderate confidence.
    """
    codes = simulation.switching_regimes(n_bars, 1.0 / mean_duration, rng)
    local = s0 * _wandering(n_bars, wander, rng)
    labels = _unsure(np.minimum(codes, np.int8(simulation.RANGING)), codes > simulation.RANGING, rng)
    return SimulatedMarket(_plain_bars(codes, local, shocks, rng), labels, s0, mean_duration, shocks)


def long_market(
    n_bars: int, *, s0: float, mean_duration: float, shocks: Shocks, rng: np.random.Generator, wander: float = 0.0
) -> SimulatedMarket:
    """Simulate regimes so long that each becomes the market's usual state, and name them by what is usual.

    Arguments as for ``market``. A path without drift is volatile, ranging or calm by its volatility over the geometric mean of
    all volatility up to it, half of which is forgotten in LONG_RUN_HALF_LIFE bars. A free path called ranging is named as in
    ``even_market``.
    """
    codes = simulation.switching_regimes(n_bars, 1.0 / mean_duration, rng)
    local = simulation.VOLATILITY[codes] * s0 * _wandering(n_bars, wander, rng)
    ratio = local / np.exp(simulation.long_run_mean(np.log(local), LONG_RUN_HALF_LIFE))
    by_level = np.where(ratio > LOUD, VOLATILE, np.where(ratio < QUIET, CALM, simulation.RANGING))
    labels = np.where(codes < simulation.RANGING, codes, by_level).astype(np.int8)
    labels = _unsure(labels, (labels == simulation.RANGING) & (codes != simulation.RANGING), rng)
    return SimulatedMarket(_plain_bars(codes, local, shocks, rng), labels, s0, mean_duration, shocks)


def _unsure(labels: NDArray[np.int8], free: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.int8]:
    """The labels, with a share UNSURE of the ``free`` bars named at random."""
    random = rng.integers(simulation.N_REGIMES, size=len(labels)).astype(np.int8)
    return np.where(free & (rng.random(len(labels)) < UNSURE), random, labels)


def _plain_bars(codes: NDArray[np.int8], local: NDArray[np.float64], shocks: Shocks, rng: np.random.Generator) -> OHLCV:
    """Daily bars without volume of regimes and local volatilities."""
    n = len(codes)
    path = simulation.log_path(codes, simulation.DRIFT[codes] * local, local * shock_scale(n, shocks, rng), rng)
    return _bars(path, np.full(n, np.nan), DAY_NS)


def resampled_market(
    n_bars: int, *, s0: float, mean_duration: float, daily: OHLCV, rng: np.random.Generator, burn_in: int = 200
) -> SimulatedMarket:
    """Simulate a market of another kind, to see whether a detector learned regimes or only ``market``; never trained on.

    Durations are gamma-distributed, volatility inside a regime follows GARCH(1,1), and each bar has the shape of a real one
    drawn at random, so that tails, ranges and their relation are real. Drifts, volatilities and pull are those of ``market``.
    daily : real bars to draw from, some hundreds at least.
    """
    n = n_bars + burn_in
    codes = _gamma_regimes(n, mean_duration, rng)
    pool = bar_shapes(daily)
    shapes = pool[rng.integers(len(pool), size=n)]
    local = simulation.VOLATILITY[codes] * s0
    scale = simulation.garch_scale(shapes[:, 2], codes, GARCH_ALPHA, GARCH_BETA)
    path = simulation.log_path_of_shapes(codes, simulation.DRIFT[codes] * local, local * scale, shapes)
    return SimulatedMarket(
        _bars(path[burn_in:], np.full(n_bars, np.nan), DAY_NS), codes[burn_in:], s0, mean_duration, "resampled"
    )


def bar_shapes(daily: OHLCV) -> NDArray[np.float64]:
    """Log high, low and close of real bars over the close before, over their trailing volatility: (n_shapes, 3).

    Volatility is the root of an exponentially weighted mean of the squared moves before (weight 0.06); the first 50 bars
    only start it. Closes are centred and scaled to mean square 1; bars without any range are left out.
    """
    before = np.log(daily.close[:-1])
    shapes = np.log(np.column_stack([daily.high, daily.low, daily.close])[1:]) - before[:, None]
    shapes[:, 0] = np.maximum(shapes[:, 0], 0.0)
    shapes[:, 1] = np.minimum(shapes[:, 1], 0.0)
    variance = np.empty(len(shapes))
    variance[0] = np.mean(shapes[:50, 2] ** 2)
    for t in range(1, len(shapes)):
        variance[t] = 0.94 * variance[t - 1] + 0.06 * shapes[t - 1, 2] ** 2
    shapes = (shapes / np.sqrt(variance)[:, None])[50:]
    shapes = shapes[shapes[:, 0] > shapes[:, 1]]
    shapes -= shapes[:, 2].mean()
    return np.asarray(shapes / np.sqrt(np.mean(shapes[:, 2] ** 2)))


def _gamma_regimes(n: int, mean_duration: float, rng: np.random.Generator) -> NDArray[np.int8]:
    """Regime of each bar, durations from a gamma distribution of shape GAMMA_SHAPE and at least 1 bar."""
    codes = np.empty(n, dtype=np.int8)
    code, t = int(rng.integers(5)), 0
    while t < n:
        duration = max(1, round(rng.gamma(GAMMA_SHAPE, mean_duration / GAMMA_SHAPE)))
        codes[t : t + duration] = code
        code, t = (code + int(rng.integers(1, 5))) % 5, t + duration
    return codes


def shock_scale(n: int, shocks: Shocks, rng: np.random.Generator) -> NDArray[np.float64]:
    """Random scale of each bar's Gaussian shock, (n,), of mean square 1: all ones, or that of Student-t(5)."""
    if shocks == "gaussian":
        return np.ones(n)
    if shocks == "student":
        return np.sqrt((STUDENT_DOF - 2) / rng.chisquare(STUDENT_DOF, n))
    raise ValueError(f"shocks is {shocks!r}: use 'gaussian' or 'student'.")


def _wandering(n: int, size: float, rng: np.random.Generator) -> NDArray[np.float64]:
    if size == 0:
        return np.ones(n)
    part = size * 0.5**0.5
    return np.exp(sum(simulation.wander(n, part, half_life, rng) for half_life in WANDER_HALF_LIVES))


def _bars(path: NDArray[np.float64], volume: NDArray[np.float64], step_ns: int) -> OHLCV:
    prices = FIRST_PRICE * np.exp(path - path[0, 0])
    time = FIRST_TIME_NS + step_ns * np.arange(len(path), dtype=np.int64)
    open_, high, low, close = (np.ascontiguousarray(prices[:, i]) for i in range(4))
    return OHLCV(time, open_, high, low, close, volume)
