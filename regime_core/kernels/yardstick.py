"""The exact Bayes filter of a simulated market seen by its closes, told every parameter: the yardstick of detectors.

A bar's log return given its regime is a constant plus one scaled shock: its sub-steps share one random scale, so that their
sum is exactly Gaussian or exactly Student-t and nothing need be approximated. A ranging market is one hypothesis per bar at
which it may have begun; those with less than NEGLIGIBLE of the probability are dropped.
"""

from __future__ import annotations

from math import lgamma

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float64]

NEGLIGIBLE = 1e-10
MOST_LEVELS = 2000


@njit(cache=True, nogil=True)
def exact_filter(
    returns: Float, drift: Float, volatility: Float, ranging: int, pull: float, hazard: float, dof: float
) -> Float:
    """Probability of each regime after each bar, (n_bars, n_regimes), rows sum to 1.

    returns : (n_bars,) log return of each bar from its open, which is the close before.
    drift, volatility : (n_regimes,) of a bar's log return.
    ranging : the regime that gives back ``pull`` of its distance from the level at which it began. hazard : probability per
    bar that the regime changes to one of the others. dof : of the shocks, which have unit variance; 0 for Gaussian.
    The first bar's regime is any with equal probability, a ranging one just begun.
    """
    n, k_all = len(returns), len(drift)
    out = np.empty((n, k_all))
    weight = np.full(k_all, 1.0 / k_all)
    level = np.zeros(MOST_LEVELS)
    share = np.zeros(MOST_LEVELS)
    share[0] = weight[ranging]
    n_levels = 1
    x = 0.0
    for t in range(n):
        if t > 0:
            n_levels = _change(weight, level, share, n_levels, ranging, hazard, x)
        for k in range(k_all):
            if k != ranging:
                weight[k] *= _density(returns[t] - drift[k], volatility[k], dof)
        for i in range(n_levels):
            share[i] *= _density(returns[t] - drift[ranging] + pull * (x - level[i]), volatility[ranging], dof)
        weight[ranging] = share[:n_levels].sum()
        total = weight.sum()
        weight /= total
        n_levels = _keep(level, share, n_levels, total)
        x += returns[t]
        out[t] = weight
    return out


@njit(cache=True, nogil=True)
def _change(weight: Float, level: Float, share: Float, n_levels: int, ranging: int, hazard: float, x: float) -> int:
    """Let the regime change before a bar that opens at ``x``, in place; the number of levels then."""
    total = weight.sum()
    move = hazard / (len(weight) - 1)
    begun = move * (total - weight[ranging])
    for k in range(len(weight)):
        weight[k] = (1.0 - hazard) * weight[k] + move * (total - weight[k])
    share[:n_levels] *= 1.0 - hazard
    if n_levels == MOST_LEVELS:
        n_levels = MOST_LEVELS - 1
    level[n_levels] = x
    share[n_levels] = begun
    return n_levels + 1


@njit(cache=True, nogil=True)
def _keep(level: Float, share: Float, n_levels: int, total: float) -> int:
    kept = 0
    for i in range(n_levels):
        if share[i] / total >= NEGLIGIBLE:
            level[kept] = level[i]
            share[kept] = share[i] / total
            kept += 1
    return kept


@njit(cache=True, nogil=True)
def _density(away: float, volatility: float, dof: float) -> float:
    if dof == 0.0:
        z = away / volatility
        return np.exp(-0.5 * z * z) / volatility
    scale = volatility * np.sqrt((dof - 2.0) / dof)
    z = away / scale
    constant = np.exp(lgamma(0.5 * (dof + 1.0)) - lgamma(0.5 * dof)) / np.sqrt(0.5 * dof)
    return constant * (1.0 + z * z / dof) ** (-0.5 * (dof + 1.0)) / scale
