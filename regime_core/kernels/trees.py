"""Gradient-boosted trees as complete binary trees in flat arrays: no branch is mispredicted and no library is called."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]
Int = NDArray[np.int32]

BLOCK = 64
"""Rows that go through all trees together, column by column: they stay in the first-level cache and their steps overlap."""


@njit(cache=True, nogil=True, error_model="numpy")
def complete(left: Int, right: Int, feature: Int, value: Float32, depth: int) -> tuple[Int, Float32, Float32]:
    """Complete tree of ``depth`` levels from one of any shape.

    left, right : (n_nodes,) children, -1 at leaves. feature : (n_nodes,) column split on.
    value : (n_nodes,) threshold, or the leaf's value; a row goes left if its feature is below the threshold.
    Returns feature (2**depth - 1,), threshold (2**depth - 1,) and leaf (2**depth,). Every path below an early
    leaf gives its value.
    """
    inner = 2**depth - 1
    node = np.zeros(2 * inner + 1, dtype=np.int64)
    features = np.zeros(inner, dtype=np.int32)
    thresholds = np.full(inner, np.inf, dtype=np.float32)
    leaves = np.empty(inner + 1, dtype=np.float32)
    for i in range(inner):
        here = node[i]
        if left[here] < 0:
            node[2 * i + 1] = here
            node[2 * i + 2] = here
        else:
            features[i] = feature[here]
            thresholds[i] = value[here]
            node[2 * i + 1] = left[here]
            node[2 * i + 2] = right[here]
    for i in range(inner + 1):
        leaves[i] = value[node[inner + i]]
    return features, thresholds, leaves


@njit(cache=True, nogil=True, error_model="numpy")
def margins(rows: Float32, feature: Int, threshold: Float32, leaf: Float32, group: Int, n_groups: int) -> Float:
    """Sum of the leaves each row reaches, per group: (n_rows, n_groups).

    rows : (n_rows, n_features) finite. feature, threshold : (n_trees, 2**depth - 1). leaf : (n_trees, 2**depth).
    group : (n_trees,) the output each tree adds to.
    """
    n_rows, n_columns = rows.shape
    inner = feature.shape[1]
    depth = 0
    while 2**depth - 1 < inner:
        depth += 1
    out = np.zeros((n_rows, n_groups))
    block = np.empty((n_columns, BLOCK), dtype=np.float32)
    node = np.empty(BLOCK, dtype=np.int64)
    total = np.zeros((n_groups, BLOCK))
    for first in range(0, n_rows, BLOCK):
        size = min(BLOCK, n_rows - first)
        block[:, :size] = rows[first : first + size].T
        total[:] = 0.0
        for tree in range(len(feature)):
            column, border = feature[tree, 0], threshold[tree, 0]
            for i in range(size):
                node[i] = 2 - int(block[column, i] < border)
            for _ in range(depth - 1):
                for i in range(size):
                    here = node[i]
                    node[i] = 2 * here + 2 - int(block[feature[tree, here], i] < threshold[tree, here])
            output = group[tree]
            for i in range(size):
                total[output, i] += leaf[tree, node[i] - inner]
        out[first : first + size] = total[:, :size].T
    return out
