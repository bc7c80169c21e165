"""Is the difference more than chance? Paired block bootstrap, McNemar, Welch, Holm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float = NDArray[np.float64]

DRAWS = 10_000
STARTS_AT_ONCE = 1_000_000
"""Blocks of the bootstrap held in memory together, at 24 bytes each."""


def block_length(horizon: int) -> int:
    """Days a block of the bootstrap has: outcomes ``horizon`` days ahead overlap, so that neighbours are not independent."""
    return max(21, 2 * horizon)


def block_means(
    values: ArrayLike, *, block: int, draws: int = DRAWS, random_state: int = 0, weights: ArrayLike | None = None
) -> Float:
    """Means of a series resampled in circular blocks, (draws,) or (draws, n_columns).

    values : (n,) or (n, n_columns), in order of time. block : length of a block, cut to n; the last block of a draw is cut so
    that a draw has n values. weights : (n,), or (n, n_columns) where each column has its own, non-negative; means are weighted
    by them; NaN for a draw whose weights are all 0.
    Rows of all columns are drawn together, so that columns stay paired; the same n, block, draws and seed draw the same rows.
    Source: Politis and Romano (1992), A circular block-resampling procedure for stationary data.
    """
    series = np.asarray(values, dtype=np.float64)
    n, length = len(series), min(block, len(series))
    flat = series.reshape(n, -1)
    mass = np.ones((n, 1)) if weights is None else np.asarray(weights, dtype=np.float64).reshape(n, -1)
    total = _resampled_sums(np.column_stack([flat * mass, mass]), length, draws, np.random.default_rng(random_state))
    with np.errstate(invalid="ignore", divide="ignore"):
        means = total[:, : flat.shape[1]] / total[:, flat.shape[1] :]
    return np.asarray(means[:, 0] if series.ndim == 1 else means)


def paired_p(gain: float, resampled: Float) -> float:
    """One-sided p-value of a mean gain above 0, by the paired block bootstrap.

    gain : mean loss of the baseline less that of the model; positive where the model was better. resampled : (draws,) the same
    mean in each draw of ``block_means``. Centred on 0 they are what chance makes; p is the share of them that reach the gain
    seen, at least 1 / (draws + 1).
    """
    return float((1 + np.sum(resampled - gain >= gain)) / (len(resampled) + 1))


@dataclass(frozen=True, slots=True)
class McNemar:
    """Days on which exactly one of two forecasters was right, and the two-sided exact p-value of their being alike."""

    only_first: int
    only_second: int
    p_value: float


def mcnemar(first_right: ArrayLike, second_right: ArrayLike) -> McNemar:
    """Exact (binomial) McNemar test. Both (n,) of bool: whether each forecaster was right on each day."""
    from scipy.stats import binomtest

    first, second = np.asarray(first_right, dtype=bool), np.asarray(second_right, dtype=bool)
    only_first, only_second = int(np.sum(first & ~second)), int(np.sum(second & ~first))
    differing = only_first + only_second
    p = float(binomtest(only_first, differing, 0.5).pvalue) if differing else 1.0
    return McNemar(only_first, only_second, p)


def welch(one: Float, other: Float) -> tuple[float, float]:
    """Welch's t and two-sided p-value of equal means; each (n,), n at least 2. Equal constants give t 0, p 1."""
    from scipy.special import stdtr

    part = one.var(ddof=1) / len(one), other.var(ddof=1) / len(other)
    gap = float(one.mean() - other.mean())
    if part[0] + part[1] == 0:
        return (0.0, 1.0) if gap == 0 else (float(np.copysign(np.inf, gap)), 0.0)
    t = gap / float(np.sqrt(part[0] + part[1]))
    freedom = (part[0] + part[1]) ** 2 / (part[0] ** 2 / (len(one) - 1) + part[1] ** 2 / (len(other) - 1))
    return t, float(2.0 * stdtr(freedom, -abs(t)))


def holm(p_values: ArrayLike) -> Float:
    """p-values adjusted for their number, (n,), by Holm's step-down method: at most 1, in the order given."""
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    raised = np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p))))
    out = np.empty_like(p)
    out[order] = np.minimum(raised, 1.0)
    return out


def mean_interval(values: Float, *, level: float = 0.95) -> tuple[float, float]:
    """Student's confidence interval of a mean; NaN for fewer than two values."""
    from scipy.special import stdtrit

    n = len(values)
    if n < 2:
        return float("nan"), float("nan")
    reach = float(stdtrit(n - 1, 0.5 + level / 2)) * float(values.std(ddof=1)) / n**0.5
    mean = float(values.mean())
    return mean - reach, mean + reach


def wilson(successes: ArrayLike, trials: ArrayLike, *, level: float = 0.95) -> tuple[Float, Float]:
    """Ends of Wilson's score interval of a share, of the shape of both; NaN without trials.

    Source: Wilson (1927), Probable inference, the law of succession, and statistical inference.
    """
    from scipy.special import ndtri

    n = np.asarray(trials, dtype=np.float64)
    z = float(ndtri(0.5 + level / 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.asarray(successes, dtype=np.float64) / n
        centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
        reach = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return np.maximum(centre - reach, 0.0), np.minimum(centre + reach, 1.0)


def _resampled_sums(columns: Float, length: int, draws: int, rng: np.random.Generator) -> Float:
    """Sums of n rows drawn in circular blocks, (draws, n_columns): how often a block is drawn, times the sum of its rows.

    A draw meets few of the n blocks: the counts are a sparse matrix, and are made for some draws at a time.
    """
    from scipy import sparse

    n = len(columns)
    n_blocks, rest = divmod(n, length)
    sums = _circular_sums(columns, length)
    total = np.empty((draws, columns.shape[1]))
    at_once = max(1, STARTS_AT_ONCE // n_blocks)
    for first in range(0, draws, at_once):
        starts = rng.integers(0, n, (min(at_once, draws - first), n_blocks))
        ends = np.arange(len(starts) + 1) * n_blocks
        counts = sparse.csr_array((np.ones(starts.size), starts.ravel(), ends), shape=(len(starts), n))
        total[first : first + len(starts)] = counts @ sums
    if rest:
        total += _circular_sums(columns, rest)[rng.integers(0, n, draws)]
    return total


def _circular_sums(columns: Float, length: int) -> Float:
    """Sum of ``length`` rows from each row on, going on at the first row after the last, (n, n_columns)."""
    n = len(columns)
    running = np.concatenate([np.zeros((1, columns.shape[1])), np.cumsum(np.concatenate([columns, columns[:length]]), axis=0)])
    return np.asarray(running[length : length + n] - running[:n])
