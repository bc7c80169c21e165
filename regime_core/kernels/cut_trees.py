"""Trees whose splits lie on at most 255 cuts of each feature: bytes are compared, many rows by one instruction.

A row's feature becomes the number of cuts it does not lie below, and every split a comparison of that byte. Where it takes a
walk down a tree six dependent steps to find a leaf, all splits of the tree are decided here for BLOCK rows at once, two levels
at a time from the bottom up, each decision handing on the leaf of one of the four places below it.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]
Int = NDArray[np.int32]
Bytes = NDArray[np.uint8]

BLOCK = 128
"""Rows that go through all trees together; what is known of them stays in the first-level cache."""
CUTS = 256
"""Places for the cuts of a feature; the last is never below a number, so that a byte counts them."""
MOST_LEVELS = 8
"""Levels of splits that a tree may have: a byte names its leaf."""


@njit(cache=True, nogil=True, error_model="numpy")
def margins(rows: Float32, cuts: Float32, feature: Int, cut: Bytes, leaf: Float32, group: Int, n_groups: int) -> Float:
    """Sum of the leaves each row reaches, per group: (n_rows, n_groups), as of ``trees.margins``.

    rows : (n_rows, n_features) finite. cuts : (n_features, CUTS) ascending, infinite after the last one.
    feature, cut : (n_trees, 2**depth - 1) with an even depth up to MOST_LEVELS; a row goes left if its feature lies below the
    cut of that number. leaf : (n_trees, 2**depth). group : (n_trees,) the output a tree adds to.
    """
    n = len(rows)
    out = np.empty((n, n_groups))
    bins = np.zeros((rows.shape[1], BLOCK), dtype=np.uint8)
    found = np.empty((3 * (MOST_LEVELS // 2) + 1, BLOCK), dtype=np.uint8)
    total = np.empty((n_groups, BLOCK))
    for first in range(0, n, BLOCK):
        size = min(BLOCK, n - first)
        _count_cuts(rows, first, size, cuts, bins)
        total[:] = 0.0
        for tree in range(len(feature)):
            _find_leaves(bins, feature, cut, tree, found)
            g = np.uint64(group[tree])
            for i in range(BLOCK):
                total[g, i] += leaf[tree, np.uint64(found[0, i])]
        out[first : first + size] = total[:, :size].T
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def _count_cuts(rows: Float32, first: int, size: int, cuts: Float32, bins: Bytes) -> None:
    """How many cuts each feature of the rows ``first: first + size`` is not below, (n_features, BLOCK)."""
    for f in range(rows.shape[1]):
        for i in range(size):
            value = rows[first + i, f]
            place = np.uint64(0)
            step = np.uint64(CUTS // 2)
            while step > 0:
                place = np.uint64(place + step * np.uint64(cuts[f, place + step - np.uint64(1)] <= value))
                step = np.uint64(step >> np.uint64(1))
            bins[f, i] = place


@njit(cache=True, nogil=True, error_model="numpy")
def _find_leaves(bins: Bytes, feature: Int, cut: Bytes, tree: int, found: Bytes) -> None:
    """Number of the leaf that each row reaches in one tree; it ends in ``found[0]``, the rest is of use on the way."""
    last_pair = feature.shape[1] // 4
    free = 0
    for place in range(last_pair + 1):
        _decide_bottom(bins, feature, cut, tree, last_pair + place, np.uint8(4 * place), found, np.uint64(free))
        free += 1
        above = place
        first = last_pair
        while first > 0 and above % 4 == 3:
            above //= 4
            first = (first - 1) // 4
            free -= 3
            _decide_above(bins, feature, cut, tree, first + above, found, np.uint64(free - 1))


@njit(cache=True, nogil=True, error_model="numpy")
def _decide_bottom(
    bins: Bytes, feature: Int, cut: Bytes, tree: int, node: int, leaf: np.uint8, found: Bytes, at: np.uint64
) -> None:
    """Which of the four leaves below a split and its two children each row reaches, into ``found[at]``."""
    split, left, right = np.uint64(feature[tree, node]), feature[tree, 2 * node + 1], feature[tree, 2 * node + 2]
    of_left, of_right = np.uint64(left), np.uint64(right)
    k, left_k, right_k = cut[tree, node], cut[tree, 2 * node + 1], cut[tree, 2 * node + 2]
    second, third, fourth = np.uint8(leaf + 1), np.uint8(leaf + 2), np.uint8(leaf + 3)
    for i in range(BLOCK):
        on_left = second if bins[of_left, i] > left_k else leaf
        on_right = fourth if bins[of_right, i] > right_k else third
        found[at, i] = on_right if bins[split, i] > k else on_left


@njit(cache=True, nogil=True, error_model="numpy")
def _decide_above(bins: Bytes, feature: Int, cut: Bytes, tree: int, node: int, found: Bytes, at: np.uint64) -> None:
    """Of what was found below the four grandchildren of a split, in ``found[at: at + 4]``, that of each row's own way."""
    split, left, right = np.uint64(feature[tree, node]), feature[tree, 2 * node + 1], feature[tree, 2 * node + 2]
    of_left, of_right = np.uint64(left), np.uint64(right)
    k, left_k, right_k = cut[tree, node], cut[tree, 2 * node + 1], cut[tree, 2 * node + 2]
    one, two, three = at + np.uint64(1), at + np.uint64(2), at + np.uint64(3)
    for i in range(BLOCK):
        first, second, third, fourth = found[at, i], found[one, i], found[two, i], found[three, i]
        on_left = second if bins[of_left, i] > left_k else first
        on_right = fourth if bins[of_right, i] > right_k else third
        found[at, i] = on_right if bins[split, i] > k else on_left
