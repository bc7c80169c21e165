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

Float = NDArray[np.float64]

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
PRIOR_STEADY = 0.05
N_GRID = 20
LOG_STEP = 0.13
DRIFT_OF_S0 = 0.001
"""Probability per bar that s0 moves one grid step, half of it each way."""
CHANGE_OF_TAILS = 0.0005
"""Probability per bar that the shocks become of the other kind: none is ruled out for good."""
LOCAL_MEMORY, LONG_MEMORY = 1.0 - 0.5 ** (1.0 / 8.0), 1.0 - 0.5 ** (1.0 / 750.0)
"""What the newest bar counts in the local variance, and in the long-run mean of its log; both begin as plain means."""
ANCHOR_FROM, ANCHOR_SLACK, ANCHOR_MEAN = 1000, 0.5, -0.07
"""The anchor holds from this bar on, once the long-run mean lies this far from ANCHOR_MEAN above s0 (the mean is -0.14 where
the five regimes take turns, 0 where nothing changes)."""
RENAMED = 1e-3
"""Share of volatile and calm per bar that becomes steady while the anchor holds."""
RENAMED_STEPS = (round(np.log(2.5) / LOG_STEP), round(np.log(0.4) / LOG_STEP))
"""Grid steps from s0 to the volatility of volatile and of calm."""
SMALLEST = 1e-6
UNTRADED_MEMORY = 1.0 - 0.5 ** (1.0 / 60.0)
"""What the newest bar counts in the share of bars on which nothing was traded."""
NEGLIGIBLE = 1e-5
"""Grid points with less posterior mass than this are left out until their neighbours grow."""

DOF_RANGE = 5
"""Degrees of freedom of a bar's variance: one from its move, four from its range."""
TAIL_DOF = (123.0, 5.0)
"""Degrees of freedom of the two kinds of shock, near Gaussian and Student; 127 on a blind bar, so that powers stay whole."""
STUDENT_CONSTANT, BLIND_STUDENT_CONSTANT = 6.101663, 1.221114
"""Normalising constant of the Student density over that of the near Gaussian one."""

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


N_WORK = 13
MASS, ENTERS, STAYS, MEAN_DISTANCE, ITS_VARIANCE, WIDENED, SURPRISE = range(7)
"""Rows of the room to work in; those from SURPRISE on are one a state."""

State = tuple[Float, Float, Float, Float, Float, NDArray[np.int64], Float]


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
        _rename(state, known[LOG_LONG] > known[LOG_S0])
    return True


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _wait(state: State, level: Float, known: Float) -> None:
    """Let a bar pass on which nothing was traded: the regime may have changed, and that is all there is to know."""
    weight, distance, spread, _, _, band, work = state
    known[MOVE] = 0.0
    known[VARIANCE] = level[LOCAL] if level[LOCAL] > 0.0 else 1.0
    for tail in range(2):
        _predict(weight[tail], distance[tail], spread[tail], work)
        for g in range(band[0], band[1]):
            distance[tail, g] = work[MEAN_DISTANCE, g]
            spread[tail, g] = work[ITS_VARIANCE, g]
    _normalise(weight, work)
    _summarise(weight, band, work, known)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def first_unit(moved: Float) -> float:
    """Median volatility of the moving ones among the bars before FIRST_ROW; 0 if none moved."""
    variance = moved[1:FIRST_ROW, bars.VARIANCE]
    variance = variance[variance > 0]
    return float(np.sqrt(np.median(variance))) if len(variance) else 0.0


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def new_state() -> State:
    """Nothing known.

    Joint probabilities (2, N_STATES, N_GRID), mean and variance of the distance to the ranging level (2, N_GRID), s0 at each
    grid point (N_GRID,), precision of a bar's move there under each state, with its root and the root's fifth power
    (3, N_STATES, N_GRID), [first grid point in use, one past the last, grid steps the centre has moved], and room to work in
    (N_WORK, N_GRID). Grid points that are not in use have no probability.
    """
    weight = np.full((2, N_STATES, N_GRID), (1.0 - PRIOR_STEADY) / (2 * N_GRID * N_REGIMES))
    weight[:, STEADY, :] = PRIOR_STEADY / (2 * N_GRID)
    grid = np.empty(N_GRID)
    precision = np.empty((3, N_STATES, N_GRID))
    _lay_grid(grid, precision, 0)
    band = np.array([0, N_GRID, 0])
    return weight, np.zeros((2, N_GRID)), np.zeros((2, N_GRID)), grid, precision, band, np.zeros((N_WORK, N_GRID))


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _lay_grid(grid: Float, precision: Float, shift: int) -> None:
    for g in range(N_GRID):
        grid[g] = np.exp(LOG_STEP * (g - N_GRID // 2 + shift))
        for k in range(N_STATES):
            root = 1.0 / (VOLATILITY[k] * grid[g])
            precision[0, k, g] = root**2
            precision[1, k, g] = root
            precision[2, k, g] = root**DOF_RANGE


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def step(state: State, blind: bool, halted: bool, known: Float) -> None:
    """Take the bar whose move and variance stand in ``known`` into the state, and update the rest of ``known``.

    blind : the range tells nothing; only the move counts. halted : trading has stopped, which tells of the regime, that it is
    calm, and nothing of the typical volatility, which would shrink and make all that follows volatile. known : (N_OUT,) as a
    row of ``filter_bars``; of a move over several bars each state has as many to drift in and to be pulled back in.
    Whole rows of the grid are worked on, as that takes less time than to leave out the points that are not in use.
    """
    weight, distance, spread, grid, precision, band, work = state
    n = len(grid)
    flat, likelihood = weight.reshape(2, N_STATES * N_GRID), precision.reshape(3, N_STATES * N_GRID)
    move, span = known[MOVE], known[SPAN]
    root = 1.0 / np.sqrt(span)
    pull, pulled_variance = PULL, 1.0
    if span > 1.0:
        stays = (1.0 - PULL) ** span
        pull, pulled_variance = 1.0 - stays, (1.0 - stays * stays) / (1.0 - (1.0 - PULL) ** 2)
    drift = TREND_DRIFT * span
    part = move * root
    rest = 0.0 if blind or halted else max(DOF_RANGE * known[VARIANCE] - part * part, 0.0)
    for tail in range(2):
        _predict(weight[tail], distance[tail], spread[tail], work)
        for g in range(n):
            e, p, s0 = work[MEAN_DISTANCE, g], work[ITS_VARIANCE, g], grid[g]
            from_level = move + pull * e
            reach = pull * pull * p
            widen = pulled_variance + reach * precision[0, RANGING, g]
            from_trend = (move - drift * s0) * root
            other_trend = 2.0 * part - from_trend
            work[WIDENED, g] = widen
            work[SURPRISE + RANGING, g] = from_level * from_level / widen + rest
            work[SURPRISE + BULLISH, g] = from_trend * from_trend + rest
            work[SURPRISE + BEARISH, g] = other_trend * other_trend + rest
            gain = -pull * p / (reach + pulled_variance * s0 * s0)
            work[MEAN_DISTANCE, g] = e + gain * from_level + move
            work[ITS_VARIANCE, g] = p * (1.0 + pull * gain)
        for k in (VOLATILE, CALM, STEADY):
            for g in range(n):
                work[SURPRISE + k, g] = part * part + rest
        _weigh(flat[tail], likelihood, work[SURPRISE:].reshape(-1), tail == 0, blind)
        for g in range(n):
            weight[tail, RANGING, g] /= np.sqrt(work[WIDENED, g])
        if span > 1.0:
            weight[tail, RANGING] /= root
        if halted:  # what the likelihood of no move owes to s0 alone
            for g in range(n):
                owed = grid[g] if blind else grid[g] ** DOF_RANGE
                for k in range(N_STATES):
                    weight[tail, k, g] *= owed
        for g in range(band[0], band[1]):
            distance[tail, g] = work[MEAN_DISTANCE, g]
            spread[tail, g] = work[ITS_VARIANCE, g]
    _normalise(weight, work)
    _let_parameters_drift(weight, band, work)
    _recentre(state)
    _summarise(weight, band, work, known)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _predict(weight: Float, distance: Float, spread: Float, work: Float) -> None:
    """Let the regime change, in place; into ``work`` mean and variance of the distance to the ranging level, 0 where it began.

    weight : (N_STATES, N_GRID) of one kind of shock, as are distance and spread, (N_GRID,).
    """
    n = work.shape[1]
    for g in range(n):
        mass = 0.0
        for k in range(N_REGIMES):
            mass += weight[k, g]
        steady = weight[STEADY, g]
        work[MASS, g] = mass
        work[ENTERS, g] = SWITCH * mass + LEAVES_STEADY / N_REGIMES * steady
        work[STAYS, g] = weight[RANGING, g] * (1.0 - HAZARD - BECOMES_STEADY)
        weight[STEADY, g] = steady * (1.0 - LEAVES_STEADY) + BECOMES_STEADY * mass
    for k in range(N_REGIMES):
        for g in range(n):
            weight[k, g] = weight[k, g] * (1.0 - HAZARD - SWITCH - BECOMES_STEADY) + work[ENTERS, g]
    for g in range(n):
        known = weight[RANGING, g] > 0.0
        share = work[STAYS, g] / (weight[RANGING, g] if known else 1.0)
        far = distance[g]
        work[MEAN_DISTANCE, g] = share * far if known else 0.0
        work[ITS_VARIANCE, g] = share * spread[g] + share * (1.0 - share) * far * far if known else 0.0


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _weigh(weight: Float, precision: Float, surprise: Float, gaussian: bool, blind: bool) -> None:
    """Multiply by the likelihood of the bar under each state, in place; but for what ranging owes to the width of its level.

    weight : of one kind of shock, (N_STATES * N_GRID,), as are all rows here. precision : (3, ...), see ``new_state``.
    surprise : squared and over the bar's span, with the rest of the bar's variance.
    """
    over_dof = 1.0 / (TAIL_DOF[0 if gaussian else 1] + (4.0 if gaussian and blind else 0.0) - 2.0)
    if gaussian:
        power = 1 if blind else 2
        for i in range(len(weight)):
            base = 1.0 + surprise[i] * precision[0, i] * over_dof
            weight[i] *= precision[power, i] * _to_the_64th(base)
    elif blind:
        for i in range(len(weight)):
            base = 1.0 + surprise[i] * precision[0, i] * over_dof
            weight[i] *= BLIND_STUDENT_CONSTANT * precision[1, i] * _to_the_3rd(base)
    else:
        for i in range(len(weight)):
            base = 1.0 + surprise[i] * precision[0, i] * over_dof
            weight[i] *= STUDENT_CONSTANT * precision[2, i] * _to_the_5th(base)


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
def _normalise(weight: Float, work: Float) -> None:
    columns = work[MASS]
    columns[:] = 0.0
    for tail in range(2):
        for k in range(N_STATES):
            for g in range(N_GRID):
                columns[g] += weight[tail, k, g]
    share = 1.0 / _sum(columns)
    flat = weight.reshape(-1)
    for i in range(len(flat)):
        flat[i] *= share


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _sum(row: Float) -> float:
    """Sum over the grid, (N_GRID,): four at a time, so that no addition waits for the one before."""
    first = second = third = fourth = 0.0
    for g in range(0, N_GRID, 4):
        first += row[g]
        second += row[g + 1]
        third += row[g + 2]
        fourth += row[g + 3]
    return (first + second) + (third + fourth)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _let_parameters_drift(weight: Float, band: NDArray[np.int64], work: Float) -> None:
    """Move a little mass to the other tails and to the neighbours on the grid; keep to the points that matter, one wider."""
    low, high = max(band[0] - 1, 0), min(band[1] + 1, N_GRID)
    leak, n = 0.5 * DRIFT_OF_S0, work.shape[1]
    for k in range(N_STATES):
        thin, fat = work[MASS], work[ENTERS]
        for g in range(n):
            flow = CHANGE_OF_TAILS * (weight[1, k, g] - weight[0, k, g])
            thin[g] = weight[0, k, g] + flow
            fat[g] = weight[1, k, g] - flow
        for tail in range(2):
            here = thin if tail == 0 else fat
            weight[tail, k, 0] = here[0] * (1.0 - 2.0 * leak) + leak * (0.0 + here[1])
            for g in range(1, n - 1):
                weight[tail, k, g] = here[g] * (1.0 - 2.0 * leak) + leak * (here[g - 1] + here[g + 1])
            weight[tail, k, N_GRID - 1] = here[N_GRID - 1] * (1.0 - 2.0 * leak) + leak * (here[N_GRID - 2] + 0.0)
    while high - low > 3 and _cleared(weight, low):
        low += 1
    while high - low > 3 and _cleared(weight, high - 1):
        high -= 1
    band[0], band[1] = low, high


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _cleared(weight: Float, g: int) -> bool:
    """Empty a grid point whose mass is negligible."""
    mass = 0.0
    for k in range(N_STATES):
        mass += weight[0, k, g] + weight[1, k, g]
    if mass >= NEGLIGIBLE:
        return False
    weight[:, :, g] = 0.0
    return True


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _recentre(state: State) -> None:
    """Slide the grid by a quarter of its width once the band in use is narrow and leans on an end."""
    band = state[5]
    quarter = N_GRID // 4
    middle = (band[0] + band[1]) // 2
    if band[1] - band[0] > 2 * quarter or quarter <= middle < N_GRID - quarter:
        return
    _slide(state, middle - N_GRID // 2)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _slide(state: State, by: int) -> None:
    """Move the grid up by ``by`` steps; the band in use must fit."""
    weight, distance, spread, grid, precision, band, _ = state
    first, last = band[0], band[1]
    moved = np.zeros((2, N_STATES, N_GRID))
    moved[:, :, first - by : last - by] = weight[:, :, first:last]
    weight[:] = moved
    for tail in range(2):
        for values in (distance[tail], spread[tail]):
            kept = values[first:last].copy()
            values[:] = 0.0
            values[first - by : last - by] = kept
    band[0] -= by
    band[1] -= by
    band[2] += by
    _lay_grid(grid, precision, band[2])


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _rename(state: State, louder: bool) -> None:
    """Let a little of volatile, or of calm, become steady at the s0 that makes its volatility the typical one.

    louder : the market has long been louder than its s0, so it is volatile that is renamed.
    """
    weight, band = state[0], state[5]
    steps = RENAMED_STEPS[0] if louder else RENAMED_STEPS[1]
    source = VOLATILE if louder else CALM
    low, high = min(band[0], band[0] + steps), max(band[1], band[1] + steps)
    if high - low <= N_GRID and (low < 0 or high > N_GRID):
        by = (low + high) // 2 - N_GRID // 2
        _slide(state, by)
    for g in range(max(band[0], -steps), min(band[1], N_GRID - steps)):
        for tail in range(2):
            flow = RENAMED * weight[tail, source, g]
            weight[tail, source, g] -= flow
            weight[tail, STEADY, g + steps] += flow
    band[0], band[1] = max(min(band[0], band[0] + steps), 0), min(max(band[1], band[1] + steps), N_GRID)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _summarise(weight: Float, band: NDArray[np.int64], work: Float, out: Float) -> None:
    both, fat, total = work[MASS], work[ENTERS], work[STAYS]
    fat[:] = 0.0
    total[:] = 0.0
    change = 0.0
    for k in range(N_STATES):
        for g in range(N_GRID):
            both[g] = weight[0, k, g] + weight[1, k, g]
            fat[g] += weight[1, k, g]
            total[g] += both[g]
        probability = _sum(both)
        change += abs(probability - out[k])
        out[k] = probability
    out[FAT_TAILS] = _sum(fat)
    lowest = LOG_STEP * (band[2] - N_GRID // 2)
    for g in range(N_GRID):
        both[g] = total[g] * (lowest + LOG_STEP * g)
    mean = _sum(both)
    for g in range(N_GRID):
        both[g] *= lowest + LOG_STEP * g
    out[LOG_S0] = mean
    out[SD_LOG_S0] = np.sqrt(max(_sum(both) - mean * mean, 0.0))
    out[TURNOVER] = 0.5 * change
