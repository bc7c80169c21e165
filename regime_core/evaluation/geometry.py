"""Shapes of labelled tables: principal components, silhouettes, profiles and quantiles by state, correlations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True)
class Components:
    """Principal components of standardised columns, by falling share of variance.

    scores : (n_rows, n_columns) each row on each component, in standard deviations of the columns.
    share : (n_columns,) of all variance. loadings : (n_columns, n_columns), one row a component; its largest entry is positive.
    """

    scores: Float
    share: Float
    loadings: Float


def principal_components(values: Float) -> Components:
    """Principal components of a table. values : (n_rows, n_columns), finite; a column that never changes counts as 0.

    Source: Jolliffe, Principal Component Analysis (2002), ch. 3, of the correlation matrix.
    """
    standard = _standardised(values)
    _, singular, loadings = np.linalg.svd(standard, full_matrices=False)
    largest = np.abs(loadings).argmax(axis=1)
    loadings = loadings * np.sign(loadings[np.arange(len(loadings)), largest])[:, None]
    variance = singular**2
    total = variance.sum()
    return Components(standard @ loadings.T, variance / total if total else variance, loadings)


def mean_silhouette(distances: Float, codes: NDArray[np.integer]) -> float:
    """Mean over rows of how much nearer a row lies to its own state than to the next one, in [-1, 1].

    distances : (n_rows, n_rows) between rows, 0 on the diagonal. codes : (n_rows,) states, at least two of them met. A row
    alone in its state counts 0, as does one as near to both.
    Source: Rousseeuw, Journal of Computational and Applied Mathematics 20 (1987).
    """
    met, own = np.unique(codes, return_inverse=True)
    member = np.eye(len(met))[own]
    size, rows = member.sum(axis=0), np.arange(len(codes))
    sums = distances @ member
    within = sums[rows, own] / np.maximum(size[own] - 1, 1)
    across = sums / size
    across[rows, own] = np.inf
    nearest = across.min(axis=1)
    larger = np.maximum(within, nearest)
    counts = (size[own] > 1) & (larger > 0)
    return float(np.divide(nearest - within, larger, out=np.zeros(len(codes)), where=counts).mean())


def profiles(codes: NDArray[np.integer], values: Float, k: int) -> Float:
    """Mean of each standardised column by state, (k, n_columns), in standard deviations of all rows.

    codes : (n_rows,) of 0..k-1. values : (n_rows, n_columns); NaN rows of a column are left out, and a state without any known
    value is NaN.
    """
    standard = _standardised(values)
    out = np.full((k, values.shape[1]), np.nan)
    for state in range(k):
        rows = standard[codes == state]
        known = np.isfinite(rows).any(axis=0)
        out[state, known] = np.nanmean(rows[:, known], axis=0)
    return out


def quantiles(codes: NDArray[np.integer], values: Float, n_states: int, levels: tuple[float, ...] = QUANTILES) -> Float:
    """Quantiles of values by state, (n_states, n_levels); NaN for a state without a known value. Both (n_rows,)."""
    known = np.isfinite(values)
    out = np.full((n_states, len(levels)), np.nan)
    for state in range(n_states):
        of_state = values[known & (codes == state)]
        if len(of_state):
            out[state] = np.quantile(of_state, levels)
    return out


def correlations(values: Float) -> Float:
    """Pearson correlation of each pair of columns over the rows where both are known, (n_columns, n_columns).

    NaN where fewer than three rows are, or one column never changes over them.
    """
    n = values.shape[1]
    out = np.full((n, n), np.nan)
    known = np.isfinite(values)
    for one in range(n):
        for other in range(one, n):
            rows = known[:, one] & known[:, other]
            out[one, other] = out[other, one] = _correlation(values[rows, one], values[rows, other])
    return out


def correlations_by(codes: NDArray[np.integer], values: Float, n_groups: int, *, least: int = 30) -> Float:
    """``correlations`` of the rows of each group, (n_groups, n_columns, n_columns).

    codes : (n_rows,) groups; others than 0..n_groups-1 are left out. NaN for a pair that fewer than ``least`` rows know.
    """
    out = np.full((n_groups, values.shape[1], values.shape[1]), np.nan)
    for group in range(n_groups):
        rows = values[codes == group]
        known = np.isfinite(rows).astype(np.int64)
        out[group] = np.where(known.T @ known >= least, correlations(rows), np.nan)
    return out


def rank_of_last(values: Float) -> float:
    """Share of the earlier known values that lie below the last one, ties counted half; NaN where it or they are unknown."""
    earlier = values[:-1][np.isfinite(values[:-1])]
    if not len(earlier) or not np.isfinite(values[-1]):
        return float("nan")
    return float(((earlier < values[-1]).sum() + 0.5 * (earlier == values[-1]).sum()) / len(earlier))


def _correlation(one: Float, other: Float) -> float:
    if len(one) < 3 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return float("nan")
    one, other = one - one.mean(), other - other.mean()
    return float(np.clip(one @ other / np.sqrt((one @ one) * (other @ other)), -1.0, 1.0))


def _standardised(values: Float) -> Float:
    out = np.full(values.shape, np.nan)
    for column in range(values.shape[1]):
        known = np.isfinite(values[:, column])
        if known.any():
            part = values[known, column]
            spread = part.std()
            out[known, column] = (part - part.mean()) / (spread if spread > 0 else 1.0)
    return out
