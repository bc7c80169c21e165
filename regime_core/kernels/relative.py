"""Scale-free features of standardised moves, in one causal pass."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from regime_core.kernels import regime_filter as bank
from regime_core.kernels import regime_grid as grid

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]

VOLATILITY_HALF_LIVES = (3.0, 8.0, 20.0, 60.0)
DRIFT_HALF_LIVES = (4.0, 8.0, 16.0, 32.0, 64.0)
EFFICIENCY_HALF_LIVES = (8.0, 16.0)
DISTANCE_HALF_LIVES = (16.0, 48.0)
CORRELATION_HALF_LIVES = (20.0, 60.0)
POSTERIOR_HALF_LIFE, FIT_HALF_LIFE, SPREAD_HALF_LIFE = 8.0, 750.0, 500.0
WEIGHTS = 1.0 - 0.5 ** (
    1.0
    / np.array(
        [
            *VOLATILITY_HALF_LIVES,
            *DRIFT_HALF_LIVES,
            *EFFICIENCY_HALF_LIVES,
            *DISTANCE_HALF_LIVES,
            *np.repeat(CORRELATION_HALF_LIVES, 2),
            *([POSTERIOR_HALF_LIFE] * grid.N_REGIMES),
            *([FIT_HALF_LIFE] * 2),
            SPREAD_HALF_LIFE,
        ]
    )
)
"""What the newest bar counts in each running mean."""
N_MEANS = len(WEIGHTS) + 2
PATH, LAST_MOVE = N_MEANS - 2, N_MEANS - 1
N_STATE = N_MEANS + 2
AGE, SEEN = N_MEANS, N_MEANS + 1
"""What goes on from bar to bar: the means, path and last move; bars that told something since one moved; bars seen."""
N_FEATURES = 36
P_CALM_MEAN = 28
LOG_RATIO = np.log(np.array(grid.VOLATILITY))


@njit(cache=True, nogil=True, error_model="numpy")
def features(filtered: Float, start: int) -> Float32:
    """Scale-free features of bars ``start:``; the order is that of ``features.relative.FEATURES``.

    filtered : (n_bars, bank.N_OUT) as ``regime_filter.filter_bars`` returns.
    Returns (n_bars - start, N_FEATURES). Rows of bars before bank.FIRST_ROW are NaN; until a bar has moved, calm is certain and
    all else 0.
    """
    return features_more(np.zeros(N_STATE), filtered, start)


@njit(cache=True, nogil=True, error_model="numpy")
def filtered_and_features(moved: Float, start: int) -> tuple[Float, Float32]:
    """What is known after each bar, as of ``regime_filter.filter_bars``, and features of bars ``start:`` from that."""
    filtered = bank.filter_bars(moved)
    return filtered, features(filtered, start)


@njit(cache=True, nogil=True, error_model="numpy")
def features_more(state: Float, filtered: Float, start: int) -> Float32:
    """Features of the bars that follow those in the state, from the ``start``-th of them on; as ``features``.

    state : (N_STATE,) zeros before the first bar, brought up to date in place.
    """
    n = len(filtered)
    first = max(start, bank.FIRST_ROW - int(state[SEEN]))
    out = np.full((n - start, N_FEATURES), np.nan, dtype=np.float32)
    age = int(state[AGE])
    for t in range(n):
        still = np.isnan(filtered[t, 0])
        if not still and filtered[t, bank.SPAN] > 0.0:
            _update(state, filtered[t], age)
            age += 1
        if t < first:
            continue
        if still or age == 0:
            _fill_still(out[t - start])
        else:
            _fill(out[t - start], state, filtered[t], age)
    state[AGE] = age
    state[SEEN] += n
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def _fill_still(row: Float32) -> None:
    row[:] = 0.0
    row[: grid.N_STATES] = np.log(bank.SMALLEST)
    row[grid.CALM] = 0.0
    row[P_CALM_MEAN] = 1.0


@njit(cache=True, nogil=True, error_model="numpy")
def _blend(value: float, new: float, weight: float, age: int) -> float:
    """Exponentially weighted mean that starts as a plain mean."""
    return value + max(weight, 1.0 / (age + 1.0)) * (new - value)


@njit(cache=True, nogil=True, error_model="numpy")
def _over(weight: float, span: float) -> float:
    """What the newest of ``span`` bars at once counts."""
    return weight if span == 1.0 else 1.0 - (1.0 - weight) ** span


@njit(cache=True, nogil=True, error_model="numpy")
def _update(means: Float, posterior: Float, age: int) -> None:
    """Bring the running means up to date, in the order of WEIGHTS; after them come the path and the last move.

    A move that covers several bars counts in drifts and path lengths as so many equal parts, each of the size usual for it.
    """
    move, variance, span = posterior[bank.MOVE], posterior[bank.VARIANCE], posterior[bank.SPAN]
    drift, size = move / span, abs(move) / np.sqrt(span)
    path = means[PATH] + move
    last = means[LAST_MOVE]
    i = 0
    for _ in range(len(VOLATILITY_HALF_LIVES)):
        means[i] = _blend(means[i], variance, WEIGHTS[i], age)
        i += 1
    for _ in range(len(DRIFT_HALF_LIVES)):
        means[i] = _blend(means[i], drift, _over(WEIGHTS[i], span), age)
        i += 1
    for _ in range(len(EFFICIENCY_HALF_LIVES)):
        means[i] = _blend(means[i], size, _over(WEIGHTS[i], span), age)
        i += 1
    for _ in range(len(DISTANCE_HALF_LIVES)):
        means[i] = _blend(means[i], path, _over(WEIGHTS[i], span), age)
        i += 1
    move *= 1.0 / np.sqrt(span)
    for _ in range(len(CORRELATION_HALF_LIVES)):
        means[i] = _blend(means[i], move * last, WEIGHTS[i], age)
        means[i + 1] = _blend(means[i + 1], move * move, WEIGHTS[i], age)
        i += 2
    for k in range(grid.N_REGIMES):
        means[i] = _blend(means[i], posterior[k], WEIGHTS[i], age)
        i += 1
    misfit = posterior[bank.LOG_LOCAL] - posterior[bank.LOG_S0]
    for k in range(grid.N_STATES):
        misfit -= posterior[k] * LOG_RATIO[k]
    off = posterior[bank.LOG_LOCAL] - posterior[bank.LOG_LONG]
    for value in (posterior[bank.TURNOVER], abs(misfit), off * off):
        means[i] = _blend(means[i], value, WEIGHTS[i], age)
        i += 1
    means[PATH] = path
    means[LAST_MOVE] = move


@njit(cache=True, nogil=True, error_model="numpy")
def _fill(row: Float32, means: Float, posterior: Float, age: int) -> None:
    log_s0 = posterior[bank.LOG_S0]
    local = np.sqrt(means[1])
    for k in range(grid.N_STATES):
        row[k] = np.log(max(posterior[k], bank.SMALLEST))
    row[6] = posterior[bank.FAT_TAILS]
    row[7] = posterior[bank.SD_LOG_S0]
    row[8] = np.log(min(float(age), 2000.0))
    i = 0
    j = 9
    for _ in range(len(VOLATILITY_HALF_LIVES)):
        row[j] = 0.5 * np.log(means[i]) - log_s0
        i += 1
        j += 1
    drift = i
    for _ in range(len(DRIFT_HALF_LIVES)):
        row[j] = means[i] / local
        i += 1
        j += 1
    for h in range(len(EFFICIENCY_HALF_LIVES)):
        row[j] = means[drift + 1 + h] / means[i] if means[i] > 0.0 else 0.0
        i += 1
        j += 1
    for _ in range(len(DISTANCE_HALF_LIVES)):
        row[j] = (means[PATH] - means[i]) / local
        i += 1
        j += 1
    for _ in range(len(CORRELATION_HALF_LIVES)):
        row[j] = means[i] / means[i + 1] if means[i + 1] > 0.0 else 0.0
        i += 2
        j += 1
    for _ in range(grid.N_REGIMES + 2):
        row[j] = means[i]
        i += 1
        j += 1
    row[j] = np.sqrt(means[i])
    row[j + 1] = posterior[bank.LOG_LONG] - log_s0
    row[j + 2] = posterior[bank.LOG_LOCAL] - posterior[bank.LOG_LONG]
    row[j + 3] = 0.5 * np.log(means[3]) - posterior[bank.LOG_LONG]
    row[j + 4] = posterior[bank.UNTRADED]
