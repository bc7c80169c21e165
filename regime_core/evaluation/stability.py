"""How far counts have moved from the shares that were expected."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LEAST_SHARE = 1e-4
"""A bin counts as at least this full on both sides: an empty one must not make the index infinite."""


def population_stability_index(counts: NDArray[np.float64], expected: NDArray[np.float64]) -> NDArray[np.float64]:
    """Population stability index of each row, (n_rows,): 0 for the same shares; NaN for a row without counts.

    counts : (n_rows, n_bins) seen in each bin. expected : (n_rows, n_bins) shares, each row summing to 1.
    By custom below 0.1 is stable and above 0.25 another population. Of few counts it is about (n_bins - 1) / n by chance.
    Source: Siddiqi (2006), Credit Risk Scorecards, ch. 10.
    """
    total = counts.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        seen = np.maximum(counts / total, LEAST_SHARE)
    floored = np.maximum(expected, LEAST_SHARE)
    return np.asarray(((seen - floored) * np.log(seen / floored)).sum(axis=1))
