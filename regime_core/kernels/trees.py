"""Trees as complete binary trees in flat arrays: no branch is mispredicted and no library is called."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]
Int = NDArray[np.int32]

BLOCK = 64
"""Rows that go through all trees together, column by column: they stay in the first-level cache and their steps overlap."""
TWO = np.uint64(2)
"""Places are unsigned, so that no step asks whether an index counts from the end: this halves the time."""


@njit(cache=True, nogil=True, error_model="numpy")
def depth(left: Int, right: Int) -> int:
    """Levels of splits below the root of a tree of any shape, at least 1. left, right : as for ``places``."""
    level = np.zeros(len(left), dtype=np.int64)
    for node in range(len(left)):
        if left[node] >= 0:
            level[left[node]] = level[right[node]] = level[node] + 1
    return max(level.max(), 1)


@njit(cache=True, nogil=True, error_model="numpy")
def places(left: Int, right: Int, depth: int) -> NDArray[np.int64]:
    """Node of a tree of any shape that stands at each place of the complete tree of ``depth`` levels of splits.

    left, right : (n_nodes,) children, -1 at leaves. Place i has the places 2i + 1 and 2i + 2 below it; every place below an
    early leaf holds that leaf.
    Returns (2**(depth + 1) - 1,).
    """
    node = np.zeros(2 ** (depth + 1) - 1, dtype=np.int64)
    for i in range(2**depth - 1):
        here = node[i]
        node[2 * i + 1] = here if left[here] < 0 else left[here]
        node[2 * i + 2] = here if left[here] < 0 else right[here]
    return node


@njit(cache=True, nogil=True, error_model="numpy")
def expected(left: Int, right: Int, cover: Float, value: Float) -> Float:
    """Mean of the leaves below each node, weighted by how many rows of the fit they hold: (n_nodes, n_outputs).

    left, right : as for ``places``; children come after their parent. cover : (n_nodes,) weight of the rows in a node.
    value : (n_nodes, n_outputs), of which the leaves count.
    """
    out = value.copy()
    for node in range(len(left) - 1, -1, -1):
        if left[node] >= 0:
            share = cover[left[node]] / (cover[left[node]] + cover[right[node]])
            out[node] = share * out[left[node]] + (1.0 - share) * out[right[node]]
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def margins(rows: Float32, feature: Int, threshold: Float32, leaf: Float32, group: Int, n_groups: int) -> Float:
    """Sum of the leaves each row reaches, per group: (n_rows, n_groups).

    rows : (n_rows, n_features) finite. feature, threshold : (n_trees, 2**depth - 1); a row goes left if its feature is below
    the threshold. leaf : (n_trees, 2**depth, width). group : (n_trees,) the first of the ``width`` outputs a tree adds to.
    """
    n_rows, n_columns = rows.shape
    inner = np.uint64(feature.shape[1])
    width = leaf.shape[2]
    depth = 0
    while 2**depth - 1 < feature.shape[1]:
        depth += 1
    out = np.zeros((n_rows, n_groups))
    block = np.empty((n_columns, BLOCK), dtype=np.float32)
    node = np.empty(BLOCK, dtype=np.uint64)
    total = np.zeros((n_groups, BLOCK))
    for first in range(0, n_rows, BLOCK):
        size = np.uint64(min(BLOCK, n_rows - first))
        block[:, :size] = rows[first : first + BLOCK].T
        total[:] = 0.0
        for tree in range(len(feature)):
            columns, borders = feature[tree], threshold[tree]
            column, border = block[columns[0]], borders[0]
            for i in range(size):
                node[i] = TWO - np.uint64(column[i] < border)
            for _ in range(depth - 1):
                for i in range(size):
                    here = node[i]
                    node[i] = TWO * here + TWO - np.uint64(block[np.uint64(columns[here]), i] < borders[here])
            for j in range(width):
                leaves, output = leaf[tree, :, j], total[group[tree] + j]
                for i in range(size):
                    output[i] += leaves[node[i] - inner]
        out[first : first + BLOCK] = total[:, :size].T
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def attributions(row: Float32, feature: Int, threshold: Float32, mean: Float, group: Int, n_groups: int) -> Float:
    """What each feature adds to the outputs on one row's way down all trees: (n_groups, n_features + 1), the last their start.

    A step down a tree changes the mean of the leaves below; the change is credited to the feature that decided the step. The
    sum over the last axis is what ``margins`` gives.
    row : (n_features,). feature, threshold, group : as for ``margins``. mean : (n_trees, 2**(depth + 1) - 1, width) as
    ``expected`` gives it, at each place.
    Source: Saabas, Interpreting random forests (2014).
    """
    inner = feature.shape[1]
    out = np.zeros((n_groups, len(row) + 1))
    for tree in range(len(feature)):
        here = 0
        for j in range(mean.shape[2]):
            out[group[tree] + j, len(row)] += mean[tree, 0, j]
        while here < inner:
            column = feature[tree, here]
            after = 2 * here + 2 - int(row[column] < threshold[tree, here])
            for j in range(mean.shape[2]):
                out[group[tree] + j, column] += mean[tree, after, j] - mean[tree, here, j]
            here = after
    return out
