"""Replays of past paths on a day's known window: how many of them end nearest each centre. Arrays in, arrays out."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float64]

BLOCK = 512
"""Replays made at a time, so that what stands between two steps stays in the processor's nearest memory."""
LOG_LIMIT = 30.0
"""Largest size of a logarithm that is raised: beyond it a number stands for "far off" and must not become infinite."""


FAST = {"nnan", "ninf", "nsz", "contract"}
"""Liberties with arithmetic that no replay can tell: nothing here is infinite or not a number."""


@njit(cache=True, nogil=True, fastmath=FAST)
def nearest_counts(
    known: Float, paths: Float, weights: Float, constants: Float, mean_return: float, new: int, window: int
) -> NDArray[np.int64]:
    """Replays of each day that end nearest each centre, (n_days, k).

    known : (n_days, 5) of each day: sum and sum of squares of the returns that stay in its window, volatility expected of the
    returns to come, mean and scale of the logarithm of the third value ahead.
    paths : (4, n_paths), each in units of what was expected then: sum and sum of squares of the ``new`` returns that come into
    the window, less their mean; the last of them; the change of the logarithm of the third value, less its mean.
    weights, constants : (k, 3), (k,): a centre's squared distance to (return, volatility, third value), less what is the same
    for all centres, is its constant and its weights times these values. Of equally near centres the first counts.
    mean_return : of a day. new : days of ``window`` that are yet to come.
    """
    n_days, n_paths, k = len(known), paths.shape[1], len(weights)
    counts = np.zeros((n_days, k), dtype=np.int64)
    volatility, level = np.empty(BLOCK), np.empty(BLOCK)
    nearest, best = np.empty(BLOCK), np.empty(BLOCK, dtype=np.int64)
    for day in range(n_days):
        kept_sum, kept_squares, sigma, mean, scale = known[day]
        total_0 = kept_sum + new * mean_return
        squares_0 = kept_squares + new * mean_return * mean_return
        for start in range(0, n_paths, BLOCK):
            n = min(BLOCK, n_paths - start)
            sums, squares, lasts, changes = paths[:, start : start + n]
            for i in range(n):
                total = total_0 + sigma * sums[i]
                square = squares_0 + 2.0 * mean_return * sigma * sums[i] + sigma * sigma * squares[i]
                volatility[i] = np.sqrt(max(square - total * total / window, 0.0) / (window - 1))
            for i in range(n):
                level[i] = np.exp(min(max(mean + scale * changes[i], -LOG_LIMIT), LOG_LIMIT))
            for state in range(k):
                constant = constants[state] + weights[state, 0] * mean_return
                of_return, of_volatility, of_level = weights[state, 0] * sigma, weights[state, 1], weights[state, 2]
                for i in range(n):
                    distance = constant + of_return * lasts[i] + of_volatility * volatility[i] + of_level * level[i]
                    nearer = state == 0 or distance < nearest[i]
                    nearest[i] = distance if nearer else nearest[i]
                    best[i] = state if nearer else best[i]
            for state in range(k):
                counts[day, state] += np.sum(best[:n] == state)
    return counts
