"""Markets whose true regimes are known, to train and to judge detectors on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import DAY_NS, OHLCV
from regime_core.kernels import simulation

Shocks = Literal["gaussian", "student"]
STUDENT_DOF = 5
FIRST_TIME_NS = 10_957 * DAY_NS
"""Time of the first bar, 2000-01-01 UTC."""
FIRST_PRICE = 100.0
WANDER_HALF_LIVES = (15.0, 500.0)


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
