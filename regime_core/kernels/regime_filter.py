"""A forward filter over regime, typical volatility s0 and tail weight together, for bars with a range.

The chain of the simulated market with what a client does not tell, s0 and the shocks' tails, made part of the hidden state:
s0 on a grid (in steps of LOG_STEP, free to drift a little), shocks near Gaussian or Student-t(5). Two approximations keep
it cheap. A bar's range enters as four more degrees of freedom for its variance, next to the one of its move (see
``relative.RANGE_WEIGHT``), so that a likelihood is a power of a rational function. And the level of a ranging market is
one Gaussian per hypothesis, as in an interacting-multiple-model filter, instead of one level per possible entry bar.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float64]

N_REGIMES = 5
VOLATILITY = (0.7, 0.7, 1.0, 2.5, 0.4)
TREND_DRIFT = 0.25 * 0.7
PULL = 0.15
HAZARD = 1.0 / 60.0
"""Probability per bar that a regime ends."""
N_GRID = 24
LOG_STEP = 0.12
DRIFT_OF_S0 = 0.001
"""Probability per bar that s0 moves one grid step, half of it each way."""
SMALLEST = 1e-6
NEGLIGIBLE = 1e-9
"""Grid points with less posterior mass than this are left out until their neighbours grow."""

DOF_RANGE = 5
"""Degrees of freedom of a bar's variance: one from its move, four from its range."""
TAIL_DOF = (123.0, 5.0)
"""Degrees of freedom of the two kinds of shock, near Gaussian and Student; 127 on a blind bar, so that powers stay whole."""
STUDENT_CONSTANT, BLIND_STUDENT_CONSTANT = 6.101663, 1.221114
"""Normalising constant of the Student density over that of the near Gaussian one."""

N_OUT = 9
FAT_TAILS, LOG_S0, SD_LOG_S0, TURNOVER = 5, 6, 7, 8
"""Places in the output after the five regimes' probabilities."""


State = tuple[Float, Float, Float, Float, NDArray[np.int64]]


@njit(cache=True, nogil=True)
def new_state() -> State:
    """Nothing known.

    Joint probabilities (2, N_GRID, 5), mean and variance of the distance to the ranging level (2, N_GRID), s0 at each grid
    point (N_GRID,), and [first grid point in use, one past the last, grid steps the centre has moved].
    """
    weight = np.full((2, N_GRID, N_REGIMES), 1.0 / (2 * N_GRID * N_REGIMES))
    grid = np.exp(LOG_STEP * (np.arange(N_GRID) - N_GRID // 2))
    return weight, np.zeros((2, N_GRID)), np.zeros((2, N_GRID)), grid, np.array([0, N_GRID, 0])


@njit(cache=True, nogil=True)
def step(state: State, move: float, variance: float, blind: bool, out: Float) -> None:
    """Take one bar into the state.

    move : log return over the unit of the grid's centre. variance : of the bar, from its range, in the same unit squared.
    blind : the range tells nothing; only the move counts.
    out : (N_OUT,) is overwritten: five probabilities, that of fat tails, mean and standard deviation of log s0 over the
    unit, and how much the regimes' probabilities changed with this bar, in [0, 1].
    """
    weight, distance, spread, grid, band = state
    rest = 0.0 if blind else max(DOF_RANGE * variance - move * move, 0.0)
    for tail in range(2):
        for g in range(band[0], band[1]):
            cell = weight[tail, g]
            s0 = grid[g]
            e, p = _predict(cell, distance[tail, g], spread[tail, g])
            _weigh(cell, s0, move, rest, e, p, tail == 0, blind)
            gain = -PULL * p / (PULL * PULL * p + s0 * s0)
            distance[tail, g] = e + gain * (move + PULL * e) + move
            spread[tail, g] = p * (1.0 + PULL * gain)
    _normalise(weight, band)
    _let_s0_drift(weight, band)
    _recentre(state)
    _summarise(weight, band, out)


@njit(cache=True, nogil=True)
def _predict(cell: Float, distance: float, spread: float) -> tuple[float, float]:
    """Let the regime change, in place; mean and variance of the distance to the ranging level, which is 0 where it just began."""
    switch = HAZARD / (N_REGIMES - 1)
    mass = cell.sum()
    stays = cell[2] * (1.0 - HAZARD)
    for k in range(N_REGIMES):
        cell[k] = cell[k] * (1.0 - HAZARD - switch) + switch * mass
    if cell[2] <= 0.0:
        return 0.0, 0.0
    share = stays / cell[2]
    return share * distance, share * spread + share * (1.0 - share) * distance * distance


@njit(cache=True, nogil=True)
def _weigh(cell: Float, s0: float, move: float, rest: float, e: float, p: float, gaussian: bool, blind: bool) -> None:
    """Multiply by the likelihood of the bar under each regime, in place."""
    nu = TAIL_DOF[0] if gaussian else TAIL_DOF[1]
    if gaussian and blind:
        nu += 4.0
    constant = 1.0
    if not gaussian:
        constant = BLIND_STUDENT_CONSTANT if blind else STUDENT_CONSTANT
    for k in range(N_REGIMES):
        sigma = VOLATILITY[k] * s0
        precision = 1.0 / (sigma * sigma)
        factor = constant / sigma if blind else constant * precision * precision / sigma
        if k == 2:
            widen = 1.0 + PULL * PULL * p * precision
            surprise = (move + PULL * e) ** 2 / widen
            factor /= np.sqrt(widen)
        else:
            drift = TREND_DRIFT * s0 if k == 0 else (-TREND_DRIFT * s0 if k == 1 else 0.0)
            surprise = (move - drift) ** 2
        cell[k] *= factor * _power(1.0 + (surprise + rest) * precision / (nu - 2.0), gaussian, blind)


@njit(cache=True, nogil=True)
def _power(base: float, gaussian: bool, blind: bool) -> float:
    """``base`` to minus half of all degrees of freedom: -64 for near Gaussian shocks, -5 or, of a blind bar, -3 for Student."""
    square = base * base
    if gaussian:
        eighth = square * square * square * square
        half = eighth * eighth * eighth * eighth
        return 1.0 / (half * half)
    return 1.0 / (square * base) if blind else 1.0 / (square * square * base)


@njit(cache=True, nogil=True)
def _normalise(weight: Float, band: NDArray[np.int64]) -> None:
    total = 0.0
    for tail in range(2):
        for g in range(band[0], band[1]):
            for k in range(N_REGIMES):
                total += weight[tail, g, k]
    for tail in range(2):
        for g in range(band[0], band[1]):
            for k in range(N_REGIMES):
                weight[tail, g, k] /= total


@njit(cache=True, nogil=True)
def _let_s0_drift(weight: Float, band: NDArray[np.int64]) -> None:
    """Move a little mass to the neighbours on the grid, and keep to the band of points that matter, one wider each side."""
    low, high = max(band[0] - 1, 0), min(band[1] + 1, N_GRID)
    leak = 0.5 * DRIFT_OF_S0
    for tail in range(2):
        for k in range(N_REGIMES):
            before = 0.0
            for g in range(low, high):
                here = weight[tail, g, k]
                after = weight[tail, g + 1, k] if g + 1 < N_GRID else 0.0
                weight[tail, g, k] = here * (1.0 - 2.0 * leak) + leak * (before + after)
                before = here
    while high - low > 3 and weight[:, low, :].sum() < NEGLIGIBLE:
        weight[:, low, :] = 0.0
        low += 1
    while high - low > 3 and weight[:, high - 1, :].sum() < NEGLIGIBLE:
        weight[:, high - 1, :] = 0.0
        high -= 1
    band[0], band[1] = low, high


@njit(cache=True, nogil=True)
def _recentre(state: State) -> None:
    """Slide the grid by a quarter of its width once the band in use is narrow and leans on an end."""
    weight, distance, spread, grid, band = state
    quarter = N_GRID // 4
    middle = (band[0] + band[1]) // 2
    if band[1] - band[0] > 2 * quarter or quarter <= middle < N_GRID - quarter:
        return
    by = middle - N_GRID // 2
    first, last = band[0], band[1]
    for tail in range(2):
        moved = np.zeros((N_GRID, N_REGIMES))
        moved[first - by : last - by] = weight[tail, first:last]
        weight[tail] = moved
        for values in (distance[tail], spread[tail]):
            kept = values[first:last].copy()
            values[:] = 0.0
            values[first - by : last - by] = kept
    band[0] -= by
    band[1] -= by
    band[2] += by
    for g in range(N_GRID):
        grid[g] = np.exp(LOG_STEP * (g - N_GRID // 2 + band[2]))


@njit(cache=True, nogil=True)
def _summarise(weight: Float, band: NDArray[np.int64], out: Float) -> None:
    change = 0.0
    for k in range(N_REGIMES):
        probability = weight[:, band[0] : band[1], k].sum()
        change += abs(probability - out[k])
        out[k] = probability
    out[FAT_TAILS] = weight[1, band[0] : band[1]].sum()
    first = 0.0
    second = 0.0
    for g in range(band[0], band[1]):
        mass = 0.0
        for k in range(N_REGIMES):
            mass += weight[0, g, k] + weight[1, g, k]
        log_s0 = LOG_STEP * (g - N_GRID // 2 + band[2])
        first += mass * log_s0
        second += mass * log_s0 * log_s0
    out[LOG_S0] = first
    out[SD_LOG_S0] = np.sqrt(max(second - first * first, 0.0))
    out[TURNOVER] = 0.5 * change
