"""Detectors made of decision trees, whatever library grew them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import Float
from regime_core.kernels import trees
from regime_core.models.margins import MarginDetector
from regime_core.regimes import N_REGIMES

ROWS_A_PIECE = 100_000


class Nodes(NamedTuple):
    """One tree of any shape.

    left, right : (n_nodes,) int32 children, which come after their parent; -1 at leaves. feature : (n_nodes,) int32 column
    split on. threshold : (n_nodes,) float32, a row goes left if its feature is below it. cover : (n_nodes,) weight of the rows
    fitted on. value : (n_nodes, width) float32, of which the leaves count. group : the first of the outputs it adds to.
    """

    left: NDArray[np.int32]
    right: NDArray[np.int32]
    feature: NDArray[np.int32]
    threshold: NDArray[np.float32]
    cover: Float
    value: NDArray[np.float32]
    group: int


class Trees(NamedTuple):
    """Complete trees in flat arrays; see ``kernels.trees.margins``. mean : see ``kernels.trees.attributions``."""

    feature: NDArray[np.int32]
    threshold: NDArray[np.float32]
    leaf: NDArray[np.float32]
    group: NDArray[np.int32]
    mean: Float


class TreeDetector(MarginDetector):
    """A detector whose margins are sums over trees. Fitted: ``trees_``."""

    trees_: Trees

    def margins(self, features: NDArray[np.float32]) -> Float:
        """Log-odds before the temperature, (n_rows, 5)."""
        self._require_fitted()
        if len(features) > ROWS_A_PIECE:
            return self.margins_of(features[i : i + ROWS_A_PIECE] for i in range(0, len(features), ROWS_A_PIECE))
        return np.asarray(trees.margins(features, *self.trees_[:4], N_REGIMES))

    def contributions(self, row: NDArray[np.float32]) -> Float:
        """What each feature adds to each margin, (5, n_features + 1); the last column is what is there before any is known."""
        self._require_fitted()
        feature, threshold, _, group, mean = self.trees_
        return np.asarray(trees.attributions(row, feature, threshold, mean, group, N_REGIMES))


def complete(grown: list[Nodes]) -> Trees:
    """The same trees, each made complete to the depth of the deepest."""
    depth = max(_depth(tree.left, tree.right) for tree in grown)
    inner = 2**depth - 1
    features, thresholds, leaves, means = [], [], [], []
    for tree in grown:
        place = trees.places(tree.left, tree.right, depth)
        splits = tree.left[place[:inner]] >= 0
        features.append(np.where(splits, tree.feature[place[:inner]], 0))
        thresholds.append(np.where(splits, tree.threshold[place[:inner]], np.inf))
        leaves.append(tree.value[place[inner:]])
        means.append(trees.expected(tree.left, tree.right, tree.cover, tree.value.astype(np.float64))[place])
    return Trees(
        np.stack(features).astype(np.int32),
        np.stack(thresholds).astype(np.float32),
        np.stack(leaves),
        np.array([tree.group for tree in grown], dtype=np.int32),
        np.stack(means),
    )


def _depth(left: NDArray[np.int32], right: NDArray[np.int32]) -> int:
    """Levels of splits below the root."""
    level = np.zeros(len(left), dtype=np.int64)
    for node in range(len(left)):
        if left[node] >= 0:
            level[left[node]] = level[right[node]] = level[node] + 1
    return max(int(level.max()), 1)
