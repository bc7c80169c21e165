"""How far two ways of dividing the same rows into states agree, and where the rows lie on which they do not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Ints = NDArray[np.int64]


def crosswalk(reference: NDArray[np.integer], codes: NDArray[np.integer], k: int, n_states: int) -> Ints:
    """Rows that are in each state of the reference and in each state of ``codes``, (k, n_states).

    reference : (n_rows,) of 0..k-1. codes : (n_rows,) of 0..n_states-1.
    """
    cells = reference.astype(np.int64) * n_states + codes.astype(np.int64)
    return np.bincount(cells, minlength=k * n_states).reshape(k, n_states).astype(np.int64)


def matches(table: Ints) -> Ints:
    """State of the reference that each state is matched with, (n_states,); -1 for one that is left over.

    One to one, so that as many rows as possible keep their state; of equals, the states of equal number. table : as
    ``crosswalk`` gives.
    Source: Kuhn (1955), The Hungarian method for the assignment problem.
    """
    from scipy.optimize import linear_sum_assignment

    gain = table * (min(table.shape) + 1.0)  # more than all ties together can be worth
    np.fill_diagonal(gain, gain.diagonal() + 1.0)
    rows, columns = linear_sum_assignment(gain, maximize=True)
    found = np.full(table.shape[1], -1, dtype=np.int64)
    found[columns] = rows
    return found


def changed(reference: NDArray[np.integer], codes: NDArray[np.integer], table: Ints) -> NDArray[np.bool_]:
    """Rows whose state is not the one matched with their state in the reference, (n_rows,); both (n_rows,)."""
    return np.asarray(matches(table)[codes] != reference)


def adjusted_rand_index(table: Ints) -> float:
    """Agreement of two divisions over pairs of rows, corrected for chance: 1 for the same, about 0 for unrelated ones.

    table : as ``crosswalk`` gives. 1 where each of both has a single state.
    Source: Hubert and Arabie (1985), Comparing partitions, Journal of Classification 2.
    """
    counts = table.astype(np.float64)
    n = counts.sum()
    together = (counts**2).sum() - n
    of_reference = (counts.sum(axis=1) ** 2).sum() - n
    of_codes = (counts.sum(axis=0) ** 2).sum() - n
    if of_reference == of_codes == together:
        return 1.0
    expected = of_reference * of_codes / (n * (n - 1.0))
    return float((together - expected) / ((of_reference + of_codes) / 2.0 - expected))


def border_distance(rows: Float, centres: Float) -> Float:
    """Distance of each row to the nearest place that is as near to another centre as to its own, (n_rows,).

    rows : (n_rows, n_values), centres : (k, n_values), in the same units, k of 2 or more that differ. Borders between centres
    are planes: the distance to that between the nearest centre and another is half the difference of the squared distances to
    both, over the distance between them.
    """
    squared = ((rows[:, None, :] - centres) ** 2).sum(axis=2)
    own = squared.argmin(axis=1)
    apart = np.sqrt(((centres[own][:, None, :] - centres) ** 2).sum(axis=2))
    farther = squared - squared[np.arange(len(rows)), own][:, None]
    planes = np.divide(farther, 2.0 * apart, out=np.full_like(farther, np.inf), where=apart > 0)
    return np.asarray(planes.min(axis=1))


def nearness(distance: Float, n_groups: int) -> Ints:
    """Which of ``n_groups`` equally large groups each row is in, 0 the nearest to the border, (n_rows,)."""
    rank = np.empty(len(distance), dtype=np.int64)
    rank[np.argsort(distance, kind="stable")] = np.arange(len(distance))
    return np.asarray(rank * n_groups // max(len(distance), 1))


def means_by_group(values: Float, groups: Ints, n_groups: int) -> Float:
    """Mean of the values in each group, (n_groups,); NaN for a group without any."""
    size = np.bincount(groups, minlength=n_groups)
    sums = np.bincount(groups, weights=values, minlength=n_groups)
    with np.errstate(invalid="ignore"):
        return np.asarray(sums / size)
