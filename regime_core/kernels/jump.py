"""Statistical jump models: the cheapest path of states through rows, and the centres it implies. Arrays in, arrays out.

A row's *point* is a vector of state probabilities: a corner of the simplex in the discrete model, any point of a grid on it in
the continuous one. A row costs half its squared distance to each centre, weighted by its point; a step from one point to
another costs its entry of ``penalty``.
Sources: Nystrup, Lindström, Madsen, Learning hidden Markov models with persistent states by penalizing jumps, Expert Systems
with Applications 150 (2020); Aydınhan, Kolm, Mulvey, Shu, Identifying patterns in financial markets, Annals of Operations
Research (2024).
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float64]
Path = NDArray[np.int16]


def simplex(k: int, steps: int) -> Float:
    """Vectors of ``k`` probabilities that are multiples of 1 / steps, (n_points, k), surest of the first state first.

    One step gives the corners, in the order of the states.
    """
    counts = [given for given in product(range(steps, -1, -1), repeat=k) if sum(given) == steps]
    return np.array(counts, dtype=np.float64) / steps


def penalties(points: Float, penalty: float) -> Float:
    """Cost of each step, (n_points, n_points): ``penalty`` times the square of the probability that moves.

    What moves is half the L1 distance, so that a step from corner to corner costs ``penalty``.
    """
    moved = np.abs(points[:, None] - points).sum(axis=2) / 2
    return np.asarray(penalty * moved**2)


@njit(cache=True, nogil=True)
def forward(rows: Float, centres: Float, points: Float, penalty: Float, start: Float) -> Float:
    """Cost of the cheapest path that ends in each point, at each row, (n_rows, n_points); row t rests on rows up to t only.

    rows : (n_rows, n_values). centres : (k, n_values). points : (n_points, k). penalty : (n_points, n_points), from and to.
    start : (n_points,) such costs before the first row; zeros where nothing came before.
    """
    n_rows, n_values = rows.shape
    n_points, k = points.shape
    values = np.empty((n_rows, n_points))
    loss = np.empty(k)
    reached = np.empty(n_points)
    before = start
    for t in range(n_rows):
        for state in range(k):
            squared = 0.0
            for j in range(n_values):
                away = rows[t, j] - centres[state, j]
                squared += away * away
            loss[state] = 0.5 * squared
        reached[:] = np.inf
        for i in range(n_points):
            spent = before[i]
            for j in range(n_points):
                cost = spent + penalty[i, j]
                reached[j] = cost if cost < reached[j] else reached[j]  # compiles to vector instructions, as min() does not
        for j in range(n_points):
            cost = reached[j]
            for state in range(k):
                cost += points[j, state] * loss[state]
            values[t, j] = cost
        before = values[t]
    return values


@njit(cache=True, nogil=True)
def backward(values: Float, penalty: Float) -> Path:
    """Cheapest path through all rows, (n_rows,) indices of points; the first of equals. values : as ``forward`` gives."""
    n_rows, n_points = values.shape
    path = np.empty(n_rows, dtype=np.int16)
    if n_rows == 0:
        return path
    path[-1] = np.argmin(values[-1])
    for t in range(n_rows - 2, -1, -1):
        best, least = 0, np.inf
        for i in range(n_points):
            cost = values[t, i] + penalty[i, path[t + 1]]
            if cost < least:
                best, least = i, cost
        path[t] = best
    return path


@njit(cache=True, nogil=True)
def weighted_means(rows: Float, points: Float, path: Path, centres: Float) -> Float:
    """Mean of the rows weighted by their points, (k, n_values); a state that no row belongs to keeps its centre."""
    k, n_values = centres.shape
    sums = np.zeros((k, n_values))
    weight = np.zeros(k)
    for t in range(len(rows)):
        for state in range(k):
            share = points[path[t], state]
            if share > 0:
                weight[state] += share
                for j in range(n_values):
                    sums[state, j] += share * rows[t, j]
    for state in range(k):
        for j in range(n_values):
            sums[state, j] = sums[state, j] / weight[state] if weight[state] > 0 else centres[state, j]
    return sums


@njit(cache=True, nogil=True)
def corner_path(rows: Float, centres: Float, penalty: float) -> tuple[Path, float]:
    """Cheapest path where points are the corners and every change costs ``penalty``: codes (n_rows,) and the cost.

    What ``forward`` and ``backward`` find, several times as fast: a state is either kept or entered from the cheapest one.
    rows : (n_rows, n_values), at least one.
    """
    n_rows, n_values = rows.shape
    k = len(centres)
    entered = np.empty((n_rows, k), dtype=np.int16)
    value = np.zeros(k)
    for t in range(n_rows):
        best, least = 0, value[0]
        for state in range(1, k):
            if value[state] < least:
                best, least = state, value[state]
        change = least + penalty
        for state in range(k):
            squared = 0.0
            for j in range(n_values):
                away = rows[t, j] - centres[state, j]
                squared += away * away
            kept = value[state] <= change
            entered[t, state] = state if kept else best
            value[state] = (value[state] if kept else change) + 0.5 * squared
    path = np.empty(n_rows, dtype=np.int16)
    path[-1] = np.argmin(value)
    for t in range(n_rows - 1, 0, -1):
        path[t - 1] = entered[t, path[t]]
    return path, value.min()


@njit(cache=True, nogil=True)
def cheapest(rows: Float, centres: Float, points: Float, penalty: Float) -> tuple[Path, float]:
    """Cheapest path of points through rows, (n_rows,), and its cost. penalty : as ``penalties`` gives."""
    k = len(centres)
    if len(points) == k:
        return corner_path(rows, centres, penalty[0, k - 1])
    values = forward(rows, centres, points, penalty, np.zeros(len(points)))
    return backward(values, penalty), values[-1].min()


@njit(cache=True, nogil=True)
def descend(rows: Float, starts: Float, points: Float, penalty: Float, max_rounds: int) -> tuple[Float, Float]:
    """Coordinate descent from each start: the cheapest path for the centres, the means for the path, until the path stays.

    starts : (n_starts, k, n_values) centres. Returns where each came to, likewise, and its objective, (n_starts,), which no
    round makes larger; a start that meets the way of an earlier one ends there, with an objective of inf.
    """
    centres = starts.copy()
    objectives = np.empty(len(starts))
    met = np.empty(len(starts) * (max_rounds + 1))
    n_met = 0
    for i in range(len(starts)):
        path, objectives[i] = cheapest(rows, centres[i], points, penalty)
        for _ in range(max_rounds):
            if np.any(met[:n_met] == objectives[i]):  # the same sum to its last bit: the same way, states named alike or not
                objectives[i] = np.inf
                break
            met[n_met] = objectives[i]
            n_met += 1
            centres[i] = weighted_means(rows, points, path, centres[i])
            found, objectives[i] = cheapest(rows, centres[i], points, penalty)
            if np.array_equal(found, path):
                break
            path = found
    return centres, objectives


@njit(cache=True, nogil=True)
def seeds(rows: Float, k: int, uniform: Float) -> Float:
    """Rows to start from as centres, (k, n_values): each drawn in proportion to its squared distance from those before it.

    uniform : (k, n_trials) numbers in [0, 1); of the rows that a line of them draws, the one that leaves the least is taken.
    Source: Arthur, Vassilvitskii, k-means++: the advantages of careful seeding, SODA (2007), with the greedy draw of its end.
    """
    n_rows, n_values = rows.shape
    drawn = np.empty((k, n_values))
    drawn[0] = rows[int(uniform[0, 0] * n_rows)]
    nearest = np.full(n_rows, np.inf)
    trial, best = np.empty(n_rows), np.empty(n_rows)
    for state in range(k):
        if state == 0:
            _closer(rows, drawn[0], nearest, nearest)
            continue
        shares = np.cumsum(nearest)
        least = np.inf
        for number in uniform[state]:
            row = min(np.searchsorted(shares, number * shares[-1], side="right"), n_rows - 1)
            left = _closer(rows, rows[row], nearest, trial)
            if left < least:
                least = left
                drawn[state] = rows[row]
                best[:] = trial
        nearest[:] = best
    return drawn


@njit(cache=True, nogil=True)
def _closer(rows: Float, centre: Float, nearest: Float, out: Float) -> float:
    """Put the squared distances to the nearer of ``centre`` and what was nearest into ``out``, and return their sum."""
    total = 0.0
    for t in range(len(rows)):
        squared = 0.0
        for j in range(rows.shape[1]):
            away = rows[t, j] - centre[j]
            squared += away * away
        out[t] = min(squared, nearest[t])
        total += out[t]
    return total
