"""Trees whose splits lie on at most 255 cuts of each feature: bytes are compared, many rows by one instruction.

A row's feature becomes the number of cuts it does not lie below, and every split a comparison of that byte. Where it takes a
walk down a tree six dependent steps to find a leaf, all splits of the tree are decided here for BLOCK rows at once, from the
bottom up, each decision handing on the leaf of one of the two places below it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic, overload
from numpy.typing import NDArray

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]
Int = NDArray[np.int32]
Bytes = NDArray[np.uint8]

BLOCK = 64
"""Rows that go through all trees together: what is known of them while a tree is decided stays in registers."""
CUTS = 256
"""Places for the cuts of a feature; the last is never below a number, so that a byte counts them."""
LEVELS = 6
"""Levels of splits that every tree has."""
SPLITS, LEAVES = 2**LEVELS - 1, 2**LEVELS
FEATURE, CUT = range(2)
"""What is kept of a split."""
ONE, TWO = np.uint64(1), np.uint64(2)


@njit(cache=True, nogil=True, error_model="numpy")
def margins(rows: Float32, cuts: Float32, split: Bytes, leaf: Float32, group: Int, n_groups: int) -> Float:
    """Sum of the leaves each row reaches, per group: (n_rows, n_groups), as of ``trees.margins``.

    rows : (n_rows, n_features) finite; quickest where rows that follow each other are alike. cuts : (n_features, CUTS)
    ascending, infinite after the last one. split : (n_trees, SPLITS, 2) number of the feature and of its cut; a row goes left
    if its feature lies below that. leaf : (n_trees, LEAVES). group : (n_trees,) the output a tree adds to.
    """
    n = len(rows)
    out = np.empty((n, n_groups))
    bins = np.zeros((rows.shape[1], BLOCK), dtype=np.uint8)
    found = np.empty(BLOCK, dtype=np.uint8)
    total = np.empty((n_groups, BLOCK))
    for first in range(0, n, BLOCK):
        size = min(BLOCK, n - first)
        _count_cuts(rows, first, size, cuts, bins)
        total[:] = 0.0
        for tree in range(len(split)):
            _find_leaves(bins, split, tree, found)
            g = np.uint64(group[tree])
            for i in range(BLOCK):
                total[g, i] += leaf[tree, np.uint64(found[i])]
        out[first : first + size] = total[:, :size].T
    return out


@njit(cache=True, error_model="numpy")  # over too soon to let other threads in
def attributions(row: Float32, cuts: Float32, split: Bytes, change: Float32, group: Int, start: Float) -> Float:
    """What each feature adds to the outputs on one row's way down all trees, (n_groups, n_features + 1); as of ``trees``.

    row : (n_features,). cuts, split, group : as for ``margins``. change : (n_trees, LEAVES, LEVELS) what each step on the way
    to a leaf changes in the mean of the leaves below, so that what a row needs of a tree lies side by side. start :
    (n_groups,) sum of the means over whole trees.
    """
    out = np.zeros((len(start), len(row) + 1))
    bins = np.empty(len(row), dtype=np.uint8)
    for f in range(len(row)):
        bins[f] = np.searchsorted(cuts[f], row[f], side="right")
    reached = np.empty(len(split), dtype=np.uint64)
    for tree in range(len(split)):
        here = np.uint64(0)
        for _ in range(LEVELS):
            beyond = bins[np.uint64(split[tree, here, FEATURE])] > split[tree, here, CUT]
            here = TWO * here + ONE + np.uint64(beyond)
        reached[tree] = here
    for tree in range(len(split)):  # a loop of its own: its loads wait for memory, and not for each other
        g, leaf = np.uint64(group[tree]), reached[tree] - np.uint64(SPLITS)
        here = reached[tree]
        for level in range(LEVELS - 1, -1, -1):
            here = (here - ONE) // TWO
            out[g, np.uint64(split[tree, here, FEATURE])] += change[tree, leaf, level]
    out[:, len(row)] = start
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def _count_cuts(rows: Float32, first: int, size: int, cuts: Float32, bins: Bytes) -> None:
    """How many cuts each feature of the rows ``first: first + size`` is not below, (n_features, BLOCK).

    Each count is looked for from that of the row before it.
    """
    for f in range(rows.shape[1]):
        place = np.uint64(np.searchsorted(cuts[f], rows[first, f], side="right"))
        for i in range(size):
            value = rows[first + i, f]
            while place > 0 and cuts[f, place - np.uint64(1)] > value:
                place -= np.uint64(1)
            while cuts[f, place] <= value:
                place += np.uint64(1)
            bins[f, i] = place


def _find_leaves(bins: Bytes, split: Bytes, tree: int, found: Bytes) -> None:
    """Number of the leaf that each row reaches in one tree, into ``found`` (BLOCK,).

    bins : (n_features, BLOCK). split : as for ``margins``.
    """
    rows = np.arange(BLOCK)
    place = np.zeros(BLOCK, dtype=np.int64)
    for _ in range(LEVELS):
        feature, cut = split[tree, place].T
        place = 2 * place + 1 + (bins[feature, rows] > cut)
    found[:] = place - SPLITS


@overload(_find_leaves, strict=False)
def _compiled(bins: types.Array, split: types.Array, tree: types.Integer, found: types.Array) -> Callable[..., None]:
    return lambda bins, split, tree, found: _decide_all(bins, split, tree, found)  # type: ignore[call-arg]


@intrinsic
def _decide_all(
    typing: object, bins: types.Array, split: types.Array, tree: types.Integer, found: types.Array
) -> tuple[Any, Callable[..., ir.Value]]:
    """Decide all splits of a tree from the bottom up, as instructions on vectors of BLOCK rows.

    A compiled loop over rows would become these too, but asks each time first whether its arrays overlap, and that takes
    longer than the work.
    """

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, given: tuple[ir.Value, ...]) -> ir.Value:  # noqa: ANN401
        arrays = (context.make_array(signature.args[i])(context, builder, given[i]) for i in (0, 1, 3))
        bins_at, split_at, found_at = (array.data for array in arrays)
        splits = builder.gep(split_at, [builder.mul(given[2], ir.Constant(given[2].type, 2 * SPLITS))])
        rows = ir.VectorType(_BYTE, BLOCK)

        def decide(place: int) -> ir.Value:
            if place >= SPLITS:
                return ir.Constant(rows, [place - SPLITS] * BLOCK)
            left, right = decide(2 * place + 1), decide(2 * place + 2)
            feature, cut = (builder.load(builder.gep(splits, [_WORD(2 * place + part)])) for part in (FEATURE, CUT))
            row_at = builder.gep(bins_at, [builder.mul(builder.zext(feature, _WORD), _WORD(BLOCK))])
            values = builder.load(builder.bitcast(row_at, rows.as_pointer()), align=1)
            return builder.select(builder.icmp_unsigned(">", values, _in_all(builder, cut, rows)), right, left)

        builder.store(decide(0), builder.bitcast(found_at, rows.as_pointer()), align=1)
        return context.get_dummy_value()

    return types.void(bins, split, tree, found), emit


_BYTE, _WORD = ir.IntType(8), ir.IntType(64)


def _in_all(builder: ir.IRBuilder, value: ir.Value, rows: ir.VectorType) -> ir.Value:
    """A vector that is ``value`` throughout."""
    nothing = ir.Constant(rows, ir.Undefined)
    first = builder.insert_element(nothing, value, ir.IntType(32)(0))
    return builder.shuffle_vector(first, nothing, ir.Constant(ir.VectorType(ir.IntType(32), BLOCK), [0] * BLOCK))
