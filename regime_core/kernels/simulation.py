"""Paths of a simulated market whose regimes are known. Arrays in, arrays out."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float64]

N_REGIMES = 5
RANGING = 2
DRIFT = np.array([0.25, -0.25, 0.0, 0.0, 0.0])
"""Drift per bar over local volatility, in wire order of the regimes."""
VOLATILITY = np.array([0.7, 0.7, 1.0, 2.5, 0.4])
"""Local volatility over s0, in wire order of the regimes."""
PULL = 0.15
"""Share of its distance from the level that a ranging market gives back per bar."""
SUB_STEPS = 24


@njit(cache=True, nogil=True)
def switching_regimes(n_bars: int, hazard: float, rng: np.random.Generator) -> NDArray[np.int8]:
    """Regime of each bar when, with probability ``hazard`` a bar, it changes to one of the other four. (n_bars,)."""
    codes = np.empty(n_bars, dtype=np.int8)
    code = int(rng.random() * N_REGIMES)
    for t in range(n_bars):
        if t > 0 and rng.random() < hazard:
            code = (code + 1 + int(rng.random() * (N_REGIMES - 1))) % N_REGIMES
        codes[t] = code
    return codes


@njit(cache=True, nogil=True)
def log_path(codes: NDArray[np.int8], drift: Float, volatility: Float, rng: np.random.Generator) -> Float:
    """Log open, high, low and close of each bar; the first bar opens at 0.

    codes : (n_bars,) regime of each bar. A change of regime sets the ranging level to that bar's open.
    drift, volatility : (n_bars,) of the bar's log return; both are constant within the bar.
    Each bar is a walk of SUB_STEPS Gaussian steps, seen at its start and after each step. Returns (n_bars, 4).
    """
    n_bars = len(codes)
    out = np.empty((n_bars, 4))
    x = 0.0
    level = 0.0
    for t in range(n_bars):
        if t > 0 and codes[t] != codes[t - 1]:
            level = x
        move = drift[t]
        if codes[t] == RANGING:
            move -= PULL * (x - level)
        move /= SUB_STEPS
        step = volatility[t] / np.sqrt(SUB_STEPS)
        out[t, 0] = x
        high = x
        low = x
        for _ in range(SUB_STEPS):
            x += move + step * rng.standard_normal()
            high = max(high, x)
            low = min(low, x)
        out[t, 1] = high
        out[t, 2] = low
        out[t, 3] = x
    return out


@njit(cache=True, nogil=True)
def wander(n_bars: int, size: float, half_life: float, rng: np.random.Generator) -> Float:
    """Stationary autoregressive path of standard deviation ``size`` that forgets half in ``half_life`` bars, (n_bars,)."""
    keep = 0.5 ** (1.0 / half_life)
    shock = size * np.sqrt(1.0 - keep * keep)
    out = np.empty(n_bars)
    value = size * rng.standard_normal()
    for t in range(n_bars):
        out[t] = value
        value = keep * value + shock * rng.standard_normal()
    return out


@njit(cache=True, nogil=True)
def long_run_mean(values: Float, half_life: float) -> Float:
    """Exponentially weighted mean up to and with each value, begun as a plain mean, (n,)."""
    newest = 1.0 - 0.5 ** (1.0 / half_life)
    out = np.empty(len(values))
    mean = 0.0
    for t in range(len(values)):
        mean += max(newest, 1.0 / (t + 1.0)) * (values[t] - mean)
        out[t] = mean
    return out


@njit(cache=True, nogil=True)
def garch_scale(shocks: Float, codes: NDArray[np.int8], alpha: float, beta: float) -> Float:
    """Scale of each bar's shock under GARCH(1,1) of mean variance 1, begun anew with each regime, (n_bars,).

    shocks : (n_bars,) of mean square 1. Source: Bollerslev (1986), Generalized autoregressive conditional heteroskedasticity.
    """
    out = np.empty(len(shocks))
    variance = 1.0
    for t in range(len(shocks)):
        if t > 0 and codes[t] != codes[t - 1]:
            variance = 1.0
        out[t] = np.sqrt(variance)
        variance = 1.0 - alpha - beta + (alpha * shocks[t] * shocks[t] + beta) * variance
    return out


@njit(cache=True, nogil=True)
def log_path_of_shapes(codes: NDArray[np.int8], drift: Float, volatility: Float, shapes: Float) -> Float:
    """Log open, high, low and close of each bar when a bar is a given shape, scaled and shifted; the first bar opens at 0.

    codes, drift, volatility : as for ``log_path``. shapes : (n_bars, 3) log high, low and close over the open, in volatilities.
    Returns (n_bars, 4).
    """
    out = np.empty((len(codes), 4))
    x = 0.0
    level = 0.0
    for t in range(len(codes)):
        if t > 0 and codes[t] != codes[t - 1]:
            level = x
        move = drift[t] - (PULL * (x - level) if codes[t] == RANGING else 0.0)
        close = x + move + volatility[t] * shapes[t, 2]
        out[t, 0] = x
        out[t, 1] = max(x + max(move, 0.0) + volatility[t] * shapes[t, 0], max(x, close))
        out[t, 2] = min(x + min(move, 0.0) + volatility[t] * shapes[t, 1], min(x, close))
        out[t, 3] = close
        x = close
    return out
