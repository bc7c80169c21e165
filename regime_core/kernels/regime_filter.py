"""A forward filter over regime, typical volatility s0 and tail weight together, for bars with a range.

The chain of the simulated market with what a client does not tell, s0 and the shocks' tails, made part of the hidden state:
s0 on a grid (in steps of LOG_STEP, free to drift a little), shocks near Gaussian or Student-t(5). Two approximations keep
it cheap. A bar's range enters as four more degrees of freedom for its variance, next to the one of its move (see
``moves.RANGE_WEIGHT``), so that a likelihood is a power of a rational function. And the level of a ranging market is
one Gaussian per hypothesis, as in an interacting-multiple-model filter, instead of one level per possible entry bar.

Beside the five regimes there is a sixth state, steady: a free path at the typical volatility that seldom ends. Without it a
market of constant volatility could only be explained by an s0 far from its own, under which it is volatile, or calm, for good.
For the same reason s0 is anchored: once the long-run mean of log volatility is far from s0, mass flows from volatile and calm
to steady at an s0 that makes today's volatility the typical one.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from regime_core.kernels import moves as bars
from regime_core.kernels import regime_grid as grid

Float = NDArray[np.float64]

State = tuple[Float, NDArray[np.int64]]
"""Joint probabilities and what belongs to them, and the band of grid points in use; see ``regime_grid``."""

LOCAL_MEMORY, LONG_MEMORY = 1.0 - 0.5 ** (1.0 / 8.0), 1.0 - 0.5 ** (1.0 / 750.0)
"""What the newest bar counts in the local variance, and in the long-run mean of its log; both begin as plain means."""
ANCHOR_FROM, ANCHOR_SLACK, ANCHOR_MEAN = 1000, 0.5, -0.07
"""The anchor holds from this bar on, once the long-run mean lies this far from ANCHOR_MEAN above s0 (the mean is -0.14 where
the five regimes take turns, 0 where nothing changes)."""
SMALLEST = 1e-6
UNTRADED_MEMORY = 1.0 - 0.5 ** (1.0 / 60.0)
"""What the newest bar counts in the share of bars on which nothing was traded."""
N_OUT = 16
FAT_TAILS, LOG_S0, SD_LOG_S0, TURNOVER, MOVE, VARIANCE, LOG_LOCAL, LOG_LONG, SPAN, UNTRADED = range(6, N_OUT)
"""Columns of the output after the six states' probabilities."""
SEEN, UNIT, AGE, LOCAL = range(4)
"""Entries of what goes with the state: see ``new_level``."""
FIRST_ROW = 49
"""The moves of the bars before this one set the unit; from it on the output may be used."""
WINSOR_TOP, WINSOR_BOTTOM = 10.0, 0.05
"""Moves beyond this multiple of s0, and volatilities below this one, are drawn in to it."""
LEAST_VARIANCE = 0.22
"""A bar's variance is at least this share of its squared move: its range is at least its move."""


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def filter_bars(moved: Float) -> Float:
    """What is known of regime, s0 and tails after each bar.

    moved : (n_bars, moves.N_COLUMNS) as ``moves.moves`` returns; n_bars over FIRST_ROW.
    Returns (n_bars, N_OUT): six probabilities, that of fat tails, mean and standard deviation of log s0, how much the
    probabilities changed with this bar, its move and variance with outliers drawn in, log of local volatility and the long-run
    mean of that, the bars that the move covers, and the share of late of bars without a trade; moves and volatilities are over
    the unit, the median volatility before FIRST_ROW. Rows before anything has moved are NaN.
    """
    return filter_more(new_state(), new_level(first_unit(moved)), np.zeros(N_OUT), moved)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def filter_more(state: State, level: Float, known: Float, moved: Float) -> Float:
    """What is known after each of the bars that follow those in the state, as ``filter_bars``; all but ``moved`` in place.

    state, level : of ``new_state`` and ``new_level`` before the first bar. known : (N_OUT,) zeros then.
    """
    out = np.full((len(moved), N_OUT), np.nan)
    for t in range(len(moved)):
        if take(state, level, moved[t], known):
            out[t] = known
    return out


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def new_level(unit: float) -> Float:
    """Bars seen, unit, bars that told something since one moved, and local variance, (4,), before the first bar.

    unit : of ``first_unit``.
    """
    return np.array([0.0, unit, 0.0, 0.0])


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def take(state: State, level: Float, moved: Float, known: Float) -> bool:
    """Take one more bar into the state, in place; False while nothing has moved.

    level : of ``new_level``. moved : (moves.N_COLUMNS,) a row of ``moves``. known : (N_OUT,) becomes the bar's row of
    ``filter_bars``.
    """
    if level[UNIT] == 0.0 and level[SEEN] >= FIRST_ROW:
        level[UNIT] = np.sqrt(moved[bars.VARIANCE])
    level[SEEN] += 1.0
    unit = level[UNIT]
    if unit == 0.0:
        return False
    known[SPAN] = moved[bars.SPAN]
    known[UNTRADED] += UNTRADED_MEMORY * ((1.0 if known[SPAN] == 0.0 else 0.0) - known[UNTRADED])
    if known[SPAN] == 0.0:
        _wait(state, level, known)
        return True
    s0 = np.exp(known[LOG_S0])
    most = WINSOR_TOP * s0 * np.sqrt(known[SPAN])
    move = min(max(moved[bars.MOVE] / unit, -most), most)
    variance = min(max(moved[bars.VARIANCE] / (unit * unit), (WINSOR_BOTTOM * s0) ** 2), (WINSOR_TOP * s0) ** 2)
    known[MOVE] = move
    known[VARIANCE] = max(variance, LEAST_VARIANCE * move * move / known[SPAN])
    level[AGE] += 1.0
    age = level[AGE]
    level[LOCAL] += max(LOCAL_MEMORY, 1.0 / age) * (known[VARIANCE] - level[LOCAL])
    known[LOG_LOCAL] = 0.5 * np.log(level[LOCAL])
    halted = moved[bars.VARIANCE] == 0.0 and moved[bars.MOVE] == 0.0
    if not halted:
        known[LOG_LONG] += max(LONG_MEMORY, 1.0 / age) * (known[LOG_LOCAL] - known[LOG_LONG])
    step(state, moved[bars.BLIND] > 0.0, halted, known)
    if age >= ANCHOR_FROM and abs(known[LOG_LONG] - known[LOG_S0] - ANCHOR_MEAN) > ANCHOR_SLACK:
        grid.rename(state[0], state[1], known[LOG_LONG] > known[LOG_S0])
    return True


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _wait(state: State, level: Float, known: Float) -> None:
    """Let a bar pass on which nothing was traded: the regime may have changed, and that is all there is to know."""
    joint, band = state
    known[MOVE] = 0.0
    known[VARIANCE] = level[LOCAL] if level[LOCAL] > 0.0 else 1.0
    for fat in (False, True):
        grid.predict(joint, fat)
        grid.keep_distances(joint, band, fat)
    grid.normalise(joint)
    _summarise(state, known)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def first_unit(moved: Float) -> float:
    """Median volatility of the moving ones among the bars before FIRST_ROW; 0 if none moved."""
    variance = moved[1:FIRST_ROW, bars.VARIANCE]
    variance = variance[variance > 0]
    return float(np.sqrt(np.median(variance))) if len(variance) else 0.0


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def new_state() -> State:
    """Nothing known."""
    return grid.new_state(), grid.new_band()


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def step(state: State, blind: bool, halted: bool, known: Float) -> None:
    """Take the bar whose move and variance stand in ``known`` into the state, and update the rest of ``known``.

    blind : the range tells nothing; only the move counts. halted : trading has stopped, which tells of the regime, that it is
    calm, and nothing of the typical volatility, which would shrink and make all that follows volatile. known : (N_OUT,) as a
    row of ``filter_bars``; of a move over several bars each state has as many to drift in and to be pulled back in.
    """
    joint, band = state
    for fat in (False, True):
        grid.predict(joint, fat)
        grid.observe(joint, fat, known[MOVE], known[VARIANCE], known[SPAN], blind, halted)
        grid.keep_distances(joint, band, fat)
    grid.normalise(joint)
    grid.let_parameters_drift(joint, band)
    grid.recentre(joint, band)
    _summarise(state, known)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _summarise(state: State, known: Float) -> None:
    known[FAT_TAILS], known[LOG_S0], known[SD_LOG_S0], known[TURNOVER] = grid.summarise(state[0], state[1], known)
