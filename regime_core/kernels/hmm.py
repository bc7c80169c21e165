"""Forward filter and smoother of a hidden Markov chain. Arrays in, arrays out."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float64]


@njit(cache=True, nogil=True)
def forward(log_density: Float, start: Float, transition: Float) -> tuple[Float, float]:
    """Probability of each state given the days up to its own, (n_days, k), rows sum to 1; and the log-likelihood of all days.

    log_density : (n_days, k) of each day's values in each state. start : (k,) probabilities before the first day is seen.
    transition : (k, k) from row to column, rows sum to 1.
    Source: Hamilton, Time Series Analysis, section 22.4.
    """
    n, k = log_density.shape
    out = np.empty((n, k))
    expected = start.copy()
    log_likelihood = 0.0
    for t in range(n):
        if t > 0:
            for j in range(k):
                expected[j] = 0.0
                for i in range(k):
                    expected[j] += out[t - 1, i] * transition[i, j]
        largest = -np.inf
        for j in range(k):
            if expected[j] > 0.0:
                largest = max(largest, log_density[t, j])
        total = 0.0
        for j in range(k):
            out[t, j] = expected[j] * np.exp(log_density[t, j] - largest) if expected[j] > 0.0 else 0.0
            total += out[t, j]
        for j in range(k):
            out[t, j] /= total
        log_likelihood += largest + np.log(total)
    return out, log_likelihood


@njit(cache=True, nogil=True)
def smooth(filtered: Float, transition: Float) -> Float:
    """Probability of each state given all days, those after its own included, (n_days, k), rows sum to 1.

    filtered : (n_days, k) as ``forward`` gives it. transition : (k, k) from row to column, rows sum to 1.
    Source: Kim, Dynamic linear models with Markov-switching, Journal of Econometrics 60 (1994).
    """
    n, k = filtered.shape
    out = filtered.copy()
    for t in range(n - 2, -1, -1):
        for i in range(k):
            out[t, i] = 0.0
        for j in range(k):
            expected = 0.0
            for i in range(k):
                expected += filtered[t, i] * transition[i, j]
            if expected > 0.0:
                for i in range(k):
                    out[t, i] += filtered[t, i] * transition[i, j] * out[t + 1, j] / expected
        total = out[t].sum()
        for i in range(k):
            out[t, i] /= total
    return out
