"""Detectors made of decision trees, whatever library grew them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import Float
from regime_core.errors import ArtifactError
from regime_core.kernels import cut_trees, trees
from regime_core.models.row_detectors import RowDetector
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

    def margins(self, features: NDArray[np.float32]) -> Float:
        """Sums of the leaves that rows reach, (n_rows, 5)."""
        return np.asarray(trees.margins(features, *self[:4], N_REGIMES))

    def contributions(self, row: NDArray[np.float32]) -> Float:
        """What each feature adds to each margin of a row, (5, n_features + 1), the last column their start."""
        return np.asarray(trees.attributions(row, self.feature, self.threshold, self.mean, self.group, N_REGIMES))


class CutTrees(NamedTuple):
    """The same trees where few cuts are made of each feature; see ``kernels.cut_trees``."""

    cuts: NDArray[np.float32]
    split: NDArray[np.uint8]
    leaf: NDArray[np.float32]
    group: NDArray[np.int32]
    change: NDArray[np.float32]
    start: Float

    def margins(self, features: NDArray[np.float32]) -> Float:
        """As of ``Trees``, bit for bit, in a fraction of the time."""
        return np.asarray(cut_trees.margins(features, self.cuts, self.split, self.leaf, self.group, N_REGIMES))

    def contributions(self, row: NDArray[np.float32]) -> Float:
        """As of ``Trees``, to seven digits."""
        return np.asarray(cut_trees.attributions(row, self.cuts, self.split, self.change, self.group, self.start))


class TreeDetector(RowDetector):
    """A detector whose margins are sums over trees. Fitted: ``trees_``."""

    trees_: Trees | CutTrees

    def margins(self, features: NDArray[np.float32]) -> Float:
        """Log-odds before the temperature, (n_rows, 5)."""
        self._require_fitted()
        if len(features) > ROWS_A_PIECE:
            return self.margins_of(features[i : i + ROWS_A_PIECE] for i in range(0, len(features), ROWS_A_PIECE))
        return self.trees_.margins(features)

    def contributions(self, row: NDArray[np.float32]) -> Float:
        """What each feature adds to each margin, (5, n_features + 1); the last column is what is there before any is known."""
        self._require_fitted()
        return self.trees_.contributions(row)


def cut(grown: list[Nodes], n_features: int) -> CutTrees:
    """Trees by the cuts they make. grown : of one output each.

    Raises ArtifactError on trees deeper than LEVELS, or with as many cuts of a feature as CUTS.
    """
    if max(trees.depth(tree.left, tree.right) for tree in grown) > cut_trees.LEVELS:
        raise _too_fine()
    feature, threshold, leaf, group, mean = complete(grown, depth=cut_trees.LEVELS)
    made = np.isfinite(threshold)
    cuts = np.full((n_features, cut_trees.CUTS), np.inf, dtype=np.float32)
    number = np.full(threshold.shape, cut_trees.CUTS - 1, dtype=np.uint8)
    for f in range(n_features):
        here = made & (feature == f)
        values = np.unique(threshold[here])
        if len(values) >= cut_trees.CUTS:
            raise _too_fine()
        cuts[f, : len(values)] = values
        number[here] = np.searchsorted(values, threshold[here])
    split = np.stack([feature.astype(np.uint8), number], axis=2)
    means = mean[:, :, 0]
    places = cut_trees.SPLITS + np.arange(cut_trees.LEAVES)[:, None]
    on_the_way = ((places + 1) >> np.arange(cut_trees.LEVELS, -1, -1)) - 1
    change = np.diff(means[:, on_the_way], axis=2)
    start = np.bincount(group, weights=means[:, 0], minlength=N_REGIMES).astype(np.float64)
    return CutTrees(cuts, split, np.ascontiguousarray(leaf[:, :, 0]), group, change.astype(np.float32), start)


def _too_fine() -> ArtifactError:
    return ArtifactError("artifact.trees", "The trees are deeper, or cut a feature more often, than is served: retrain them.")


def complete(grown: list[Nodes], *, depth: int = 0) -> Trees:
    """The same trees, each made complete to the depth of the deepest, or to ``depth`` where that is more."""
    depth = max(depth, *(trees.depth(tree.left, tree.right) for tree in grown))
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
