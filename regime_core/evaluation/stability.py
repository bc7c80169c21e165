"""How far counts have moved from the shares that were expected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STABLE, OTHER = 0.1, 0.25
"""By custom an index below the first is stable, and one above the second tells of another population."""
LEAST_SHARE = 1e-4
"""A bin counts as at least this full on both sides: an empty one must not make the index infinite."""


@dataclass(frozen=True, slots=True)
class InputDrift:
    """How far the inputs of a model have moved from what it was trained on, over some rows.

    names : of the inputs. edges : (n_inputs, n_bins - 1) of the bins. expected, seen : (n_inputs, n_bins) shares of the
    training rows and of these rows; ``seen`` is NaN where there are none. index : (n_inputs,) population stability index.
    usual : (n_inputs, 2) between which it lies for eight of ten single markets like those trained on, over as many rows.
    usual_beyond : how many inputs at most are ``beyond`` in nine of ten such markets.
    n_rows, n_trained : rows on either side.
    """

    names: tuple[str, ...]
    edges: NDArray[np.float64]
    expected: NDArray[np.float64]
    seen: NDArray[np.float64]
    index: NDArray[np.float64]
    usual: NDArray[np.float64]
    usual_beyond: int
    n_rows: int
    n_trained: int

    @property
    def beyond(self) -> NDArray[np.bool_]:
        """Inputs that lie further off than the bound of another population and than nine of ten such markets, (n_inputs,)."""
        return np.asarray((self.index > OTHER) & (self.index > self.usual[:, 1]))

    @property
    def by_chance(self) -> float:
        """Index that as many independent rows of the training itself would show by chance alone; NaN without rows."""
        return self.expected.shape[1] / self.n_rows - 1 / self.n_rows if self.n_rows else float("nan")


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
