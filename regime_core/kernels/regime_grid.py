"""Joint probabilities of regime, typical volatility s0 and tail weight on a grid, in one flat array.

Every row lies a constant number of places from every other, so that a compiler sees which loads and stores never meet and works
on whole vectors; over arrays of their own it would ask anew before each short loop. See ``regime_filter`` for what it is about.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float64]
Band = NDArray[np.int64]

N_REGIMES, N_STATES = 5, 6
BULLISH, BEARISH, RANGING, VOLATILE, CALM, STEADY = 0, 1, 2, 3, 4, 5
VOLATILITY = (0.7, 0.7, 1.0, 2.5, 0.4, 1.0)
TREND_DRIFT = 0.25 * 0.7
PULL = 0.15
HAZARD = 1.0 / 60.0
"""Probability per bar that a regime ends."""
SWITCH = HAZARD / (N_REGIMES - 1)
"""Probability per bar that a certain other one follows."""
BECOMES_STEADY, LEAVES_STEADY = 0.02 * HAZARD, 1.0 / 500.0
"""Probability per bar that a regime gives way to the steady state, and that the latter ends."""
KEPT = 1.0 - HAZARD - SWITCH - BECOMES_STEADY
"""What a regime keeps of its own in a bar, less what it gets back as one of all that others give way to."""
PRIOR_STEADY = 0.05
N_GRID = 20
LOG_STEP = 0.13
DRIFT_OF_S0 = 0.001
"""Probability per bar that s0 moves one grid step, half of it each way."""
CHANGE_OF_TAILS = 0.0005
"""Probability per bar that the shocks become of the other kind: none is ruled out for good."""
RENAMED = 1e-3
"""Share of volatile and calm per bar that becomes steady while the anchor holds."""
RENAMED_STEPS = (round(np.log(2.5) / LOG_STEP), round(np.log(0.4) / LOG_STEP))
"""Grid steps from s0 to the volatility of volatile and of calm."""
NEGLIGIBLE = 1e-5
"""Grid points with less posterior mass than this are left out until their neighbours grow."""

DOF_RANGE = 5
"""Degrees of freedom of a bar's variance: one from its move, four from its range."""
TAIL_DOF = (123.0, 5.0)
"""Degrees of freedom of the two kinds of shock, near Gaussian and Student; 127 on a blind bar, so that powers stay whole."""
STUDENT_CONSTANT, BLIND_STUDENT_CONSTANT = 6.101663, 1.221114
"""Normalising constant of the Student density over that of the near Gaussian one."""


N_WEIGHTS = N_STATES * N_GRID
WEIGHT = 0
"""Under each kind of shocks: the joint probabilities, (N_STATES, N_GRID); grid points that are not in use have none."""
DISTANCE = WEIGHT + N_WEIGHTS
SPREAD = DISTANCE + N_GRID
"""Mean and variance of the distance to the ranging level, (N_GRID,) each."""
GRID = SPREAD + N_GRID
"""s0 at each grid point, (N_GRID,)."""
PRECISION = GRID + N_GRID
"""Precision of a bar's move under each state at each grid point; its root; the root's fifth power: as many as weights each."""
MEAN_DISTANCE = PRECISION + 3 * N_WEIGHTS
ITS_VARIANCE = MEAN_DISTANCE + N_GRID
NARROWED = ITS_VARIANCE + N_GRID
"""Room to work in: distance and its variance before or after a bar, and what ranging owes to the latter, (N_GRID,) each."""
SURPRISE = NARROWED + N_GRID
"""Squared move over its span, with the rest of the bar's variance, as many as weights; later what weights become."""
FAT = SURPRISE + N_WEIGHTS
"""Here the same begins for fat tails; thin ones come first."""
LOW, HIGH, SHIFT = range(3)
"""Of the band: first grid point in use, one past the last, grid steps the centre has moved."""


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def new_state() -> Float:
    """Nothing known, (2 * FAT,)."""
    state = np.zeros(2 * FAT)
    for first in (0, FAT):
        state[first : first + N_WEIGHTS] = (1.0 - PRIOR_STEADY) / (2 * N_GRID * N_REGIMES)
        state[first + STEADY * N_GRID : first + N_WEIGHTS] = PRIOR_STEADY / (2 * N_GRID)
    _lay_grid(state, 0)
    return state


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def new_band() -> Band:
    """The whole grid, (3,)."""
    return np.array([0, N_GRID, 0])


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _lay_grid(state: Float, shift: int) -> None:
    for first in (0, FAT):
        for g in range(N_GRID):
            s0 = np.exp(LOG_STEP * (g - N_GRID // 2 + shift))
            state[first + GRID + g] = s0
            for k in range(N_STATES):
                root = 1.0 / (VOLATILITY[k] * s0)
                at = first + PRECISION + k * N_GRID + g
                state[at] = root**2
                state[at + N_WEIGHTS] = root
                state[at + 2 * N_WEIGHTS] = root**DOF_RANGE


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def predict(state: Float, fat: bool) -> None:
    """Let the regime change under one kind of shocks.

    MEAN_DISTANCE and ITS_VARIANCE become those of the distance to the ranging level, 0 where it begins.
    """
    first = FAT if fat else 0
    up, down, ranging, volatile, calm, steady = 0, N_GRID, 2 * N_GRID, 3 * N_GRID, 4 * N_GRID, 5 * N_GRID
    for i in range(first, first + N_GRID):
        mass = state[up + i] + state[down + i] + state[ranging + i] + state[volatile + i] + state[calm + i]
        free = state[steady + i]
        enters = SWITCH * mass + LEAVES_STEADY / N_REGIMES * free
        stays = state[ranging + i] * (1.0 - HAZARD - BECOMES_STEADY)
        now = state[ranging + i] * KEPT + enters
        share = stays / (now if now > 0.0 else 1.0)
        far = state[DISTANCE + i]
        mean, variance = share * far, share * state[SPREAD + i] + share * (1.0 - share) * far * far
        state[steady + i] = free * (1.0 - LEAVES_STEADY) + BECOMES_STEADY * mass
        state[up + i] = state[up + i] * KEPT + enters
        state[down + i] = state[down + i] * KEPT + enters
        state[ranging + i] = now
        state[volatile + i] = state[volatile + i] * KEPT + enters
        state[calm + i] = state[calm + i] * KEPT + enters
        state[MEAN_DISTANCE + i] = mean if now > 0.0 else 0.0
        state[ITS_VARIANCE + i] = variance if now > 0.0 else 0.0


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def keep_distances(state: Float, band: Band, fat: bool) -> None:
    """Take MEAN_DISTANCE and ITS_VARIANCE over as what is known, at the grid points in use."""
    first = FAT if fat else 0
    for i in range(first + band[LOW], first + band[HIGH]):
        state[DISTANCE + i] = state[MEAN_DISTANCE + i]
        state[SPREAD + i] = state[ITS_VARIANCE + i]


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def observe(state: Float, fat: bool, move: float, variance: float, span: float, blind: bool, halted: bool) -> None:
    """Multiply by the likelihood of a bar, after ``predict``, and bring MEAN_DISTANCE and ITS_VARIANCE up to date.

    Other arguments as of ``regime_filter.step``. Whole rows are worked on, as that takes less time than to
    leave points out.
    """
    first = FAT if fat else 0
    root = 1.0 / np.sqrt(span)
    pull, pulled_variance = PULL, 1.0
    if span > 1.0:
        stays = (1.0 - PULL) ** span
        pull, pulled_variance = 1.0 - stays, (1.0 - stays * stays) / (1.0 - (1.0 - PULL) ** 2)
    drift = TREND_DRIFT * span
    part = move * root
    rest = 0.0 if blind or halted else max(DOF_RANGE * variance - part * part, 0.0)
    of_none = part * part + rest
    for i in range(first, first + N_GRID):
        e, p, s0 = state[MEAN_DISTANCE + i], state[ITS_VARIANCE + i], state[GRID + i]
        from_level = move + pull * e
        reach = pull * pull * p
        widen = pulled_variance + reach * state[PRECISION + RANGING * N_GRID + i]
        from_trend = (move - drift * s0) * root
        other_trend = 2.0 * part - from_trend
        state[NARROWED + i] = np.sqrt(span / widen)
        state[SURPRISE + BULLISH * N_GRID + i] = from_trend * from_trend + rest
        state[SURPRISE + BEARISH * N_GRID + i] = other_trend * other_trend + rest
        state[SURPRISE + RANGING * N_GRID + i] = from_level * from_level / widen + rest
        state[SURPRISE + VOLATILE * N_GRID + i] = of_none
        state[SURPRISE + CALM * N_GRID + i] = of_none
        state[SURPRISE + STEADY * N_GRID + i] = of_none
        gain = -pull * p / (reach + pulled_variance * s0 * s0)
        state[MEAN_DISTANCE + i] = e + gain * from_level + move
        state[ITS_VARIANCE + i] = p * (1.0 + pull * gain)
    if fat:
        _weigh_fat(state, blind)
    else:
        _weigh_thin(state, blind)
    for i in range(first, first + N_GRID):
        state[RANGING * N_GRID + i] *= state[NARROWED + i]
    if halted:  # what the likelihood of no move owes to s0 alone
        for k in range(N_STATES):
            for i in range(first, first + N_GRID):
                s0 = state[GRID + i]
                state[k * N_GRID + i] *= s0 if blind else s0**DOF_RANGE


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _weigh_thin(state: Float, blind: bool) -> None:
    """Multiply by the likelihood of a bar under thin tails; but for what ranging owes to the width of its level."""
    over_dof = 1.0 / (TAIL_DOF[0] + (4.0 if blind else 0.0) - 2.0)
    power = PRECISION + (1 if blind else 2) * N_WEIGHTS
    for i in range(N_WEIGHTS):
        base = 1.0 + state[SURPRISE + i] * state[PRECISION + i] * over_dof
        state[i] *= state[power + i] * _to_the_64th(base)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _weigh_fat(state: Float, blind: bool) -> None:
    """The same under fat tails."""
    over_dof = 1.0 / (TAIL_DOF[1] - 2.0)
    if blind:
        for i in range(FAT, FAT + N_WEIGHTS):
            base = 1.0 + state[SURPRISE + i] * state[PRECISION + i] * over_dof
            state[i] *= BLIND_STUDENT_CONSTANT * state[PRECISION + N_WEIGHTS + i] * _to_the_3rd(base)
    else:
        for i in range(FAT, FAT + N_WEIGHTS):
            base = 1.0 + state[SURPRISE + i] * state[PRECISION + i] * over_dof
            state[i] *= STUDENT_CONSTANT * state[PRECISION + 2 * N_WEIGHTS + i] * _to_the_5th(base)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _to_the_64th(base: float) -> float:
    """``base`` to the power -64, minus half of all degrees of freedom of near Gaussian shocks."""
    square = base * base
    fourth = square * square
    eighth = fourth * fourth
    sixteenth = eighth * eighth
    half = sixteenth * sixteenth
    return 1.0 / (half * half)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _to_the_5th(base: float) -> float:
    """``base`` to the power -5: Student shocks, a bar with its range."""
    square = base * base
    return 1.0 / (square * square * base)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _to_the_3rd(base: float) -> float:
    """``base`` to the power -3: Student shocks, a blind bar."""
    square = base * base
    return 1.0 / (square * base)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def normalise(state: Float) -> None:
    """Let all probabilities sum to 1."""
    _join_tails(state)
    total = 0.0
    for k in range(N_STATES):
        total += _sum(state, SURPRISE + k * N_GRID)
    share = 1.0 / total
    for first in (0, FAT):
        for i in range(first, first + N_WEIGHTS):
            state[i] *= share


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _join_tails(state: Float) -> None:
    """SURPRISE becomes the probabilities whatever the tails, (N_STATES, N_GRID)."""
    for i in range(N_WEIGHTS):
        state[SURPRISE + i] = state[i] + state[FAT + i]


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _sum(state: Float, first: int) -> float:
    """Sum over the grid: four sums at a time, so that no addition waits for the one before."""
    a = b = c = d = 0.0
    for i in range(first, first + N_GRID, 4):
        a += state[i]
        b += state[i + 1]
        c += state[i + 2]
        d += state[i + 3]
    return (a + b) + (c + d)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def let_parameters_drift(state: Float, band: Band) -> None:
    """Move a little mass to the other tails and to the neighbours on the grid; keep to the points that matter, one wider."""
    for i in range(N_WEIGHTS):
        flow = CHANGE_OF_TAILS * (state[FAT + i] - state[i])
        state[SURPRISE + i] = state[i] + flow
        state[FAT + SURPRISE + i] = state[FAT + i] - flow
    _let_s0_drift(state, False)
    _let_s0_drift(state, True)
    low, high = max(band[LOW] - 1, 0), min(band[HIGH] + 1, N_GRID)
    while high - low > 3 and _cleared(state, low):
        low += 1
    while high - low > 3 and _cleared(state, high - 1):
        high -= 1
    band[LOW], band[HIGH] = low, high


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _let_s0_drift(state: Float, fat: bool) -> None:
    """Weights become those in SURPRISE, less what neighbours on the grid get of each other."""
    first = FAT if fat else 0
    leak = 0.5 * DRIFT_OF_S0
    stays = 1.0 - 2.0 * leak
    for i in range(first + 1, first + N_WEIGHTS - 1):
        state[i] = state[SURPRISE + i] * stays + leak * (state[SURPRISE + i - 1] + state[SURPRISE + i + 1])
    for lowest in range(first, first + N_WEIGHTS, N_GRID):  # nothing comes from beyond the grid
        highest = lowest + N_GRID - 1
        state[lowest] = state[SURPRISE + lowest] * stays + leak * state[SURPRISE + lowest + 1]
        state[highest] = state[SURPRISE + highest] * stays + leak * state[SURPRISE + highest - 1]


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _cleared(state: Float, g: int) -> bool:
    """Empty a grid point whose mass is negligible."""
    mass = 0.0
    for i in range(g, N_WEIGHTS, N_GRID):
        mass += state[i] + state[FAT + i]
    if mass >= NEGLIGIBLE:
        return False
    for i in range(g, N_WEIGHTS, N_GRID):
        state[i] = state[FAT + i] = 0.0
    return True


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def recentre(state: Float, band: Band) -> None:
    """Slide the grid by a quarter of its width once the band in use is narrow and leans on an end."""
    quarter = N_GRID // 4
    middle = (band[LOW] + band[HIGH]) // 2
    if band[HIGH] - band[LOW] > 2 * quarter or quarter <= middle < N_GRID - quarter:
        return
    _slide(state, band, middle - N_GRID // 2)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _slide(state: Float, band: Band, by: int) -> None:
    """Move the grid up by ``by`` steps; the band in use must fit."""
    low, high = band[LOW], band[HIGH]
    for tails in (0, FAT):
        for first in range(tails, tails + GRID, N_GRID):  # weights, distances and spreads
            kept = state[first + low : first + high].copy()
            state[first : first + N_GRID] = 0.0
            state[first + low - by : first + high - by] = kept
    band[LOW] -= by
    band[HIGH] -= by
    band[SHIFT] += by
    _lay_grid(state, band[SHIFT])


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def rename(state: Float, band: Band, louder: bool) -> None:
    """Let a little of volatile, or of calm, become steady at the s0 that makes its volatility the typical one.

    louder : the market has long been louder than its s0, so it is volatile that is renamed.
    """
    steps = RENAMED_STEPS[0] if louder else RENAMED_STEPS[1]
    source = (VOLATILE if louder else CALM) * N_GRID
    low, high = min(band[LOW], band[LOW] + steps), max(band[HIGH], band[HIGH] + steps)
    if high - low <= N_GRID and (low < 0 or high > N_GRID):
        by = (low + high) // 2 - N_GRID // 2
        _slide(state, band, by)
    for g in range(max(band[LOW], -steps), min(band[HIGH], N_GRID - steps)):
        for first in (0, FAT):
            flow = RENAMED * state[source + first + g]
            state[source + first + g] -= flow
            state[STEADY * N_GRID + first + g + steps] += flow
    band[LOW], band[HIGH] = max(min(band[LOW], band[LOW] + steps), 0), min(max(band[HIGH], band[HIGH] + steps), N_GRID)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def summarise(state: Float, band: Band, out: Float) -> tuple[float, float, float, float]:
    """Probability of fat tails; mean and standard deviation of log s0; how much the probabilities of the states changed.

    out : begins with these, (N_STATES,), those before and then those now.
    """
    _join_tails(state)
    change = 0.0
    for k in range(N_STATES):
        probability = _sum(state, SURPRISE + k * N_GRID)
        change += abs(probability - out[k])
        out[k] = probability
    lowest = LOG_STEP * (band[SHIFT] - N_GRID // 2)
    mean = square = fat = 0.0
    for g in range(N_GRID):
        both = of_fat = 0.0
        for i in range(g, N_WEIGHTS, N_GRID):
            both += state[SURPRISE + i]
            of_fat += state[FAT + i]
        log_s0 = lowest + LOG_STEP * g
        fat += of_fat
        mean += both * log_s0
        square += both * log_s0 * log_s0
    return fat, mean, np.sqrt(max(square - mean * mean, 0.0)), 0.5 * change
