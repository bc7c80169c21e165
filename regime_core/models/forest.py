"""A random forest on scale-free features whose trees vote by log-odds: a five-regime detector."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from regime_core.models.arrays import packed, unpacked
from regime_core.models.trees import Nodes, TreeDetector, complete
from regime_core.regimes import N_REGIMES

PRIOR_ROWS = 1.0
"""Rows of each regime added to every leaf, so that none is ever ruled out."""
ARRAYS = ("first", "left", "right", "feature", "threshold", "cover", "value")


class Forest(TreeDetector):
    """Random forest on ``features.relative``, trained on simulated markets, answered by trees in flat arrays.

    A leaf holds the log of its regimes' shares; a margin is their mean over trees, a logarithmic pool of opinions (Genest and
    Zidek, Combining probability distributions, 1986), so that margins are sums over trees as those of boosted trees are.

    window, lead : see ``MarginDetector``. trees, depth, leaf, features, share : as scikit-learn's n_estimators, max_depth,
    min_samples_leaf, max_features and max_samples. random_state : seed of rows and features.

    Fitted: ``weights_`` (arrays of all trees, one after another), ``trees_``.
    """

    name: ClassVar[str] = "forest"
    weights_file: ClassVar[str] = "forest.npz"

    def __init__(
        self,
        *,
        window: int = 500,
        lead: float = 1.6,
        trees: int = 40,
        depth: int = 11,
        leaf: int = 10,
        features: float = 0.7,
        share: float = 0.06,
        random_state: int = 0,
    ) -> None:
        self.window = window
        self.lead = lead
        self.trees = trees
        self.depth = depth
        self.leaf = leaf
        self.features = features
        self.share = share
        self.random_state = random_state

    def fit(self, features: NDArray[np.float32], codes: NDArray[np.int8]) -> Self:
        """Fit to rows of ``features.relative.matrix`` and their true regimes; no calibration yet.

        features : (n_rows, n_features) finite. codes : (n_rows,), all of 0..4.
        """
        from sklearn.ensemble import RandomForestClassifier

        found = RandomForestClassifier(
            n_estimators=self.trees,
            max_depth=self.depth,
            min_samples_leaf=self.leaf,
            max_features=self.features,
            max_samples=self.share,
            random_state=self.random_state,
            n_jobs=1,
        ).fit(features, codes)
        grown = [_arrays(estimator.tree_, self.trees) for estimator in found.estimators_]
        first = np.cumsum([0, *(len(tree["left"]) for tree in grown)]).astype(np.int32)
        self.take(packed(first=first, **{name: np.concatenate([tree[name] for tree in grown]) for name in ARRAYS[1:]}))
        self.temperature_ = 1.0
        return self

    def take(self, weights: bytes) -> None:
        """Be fitted with arrays packed in one file. Raises ArtifactError if they are not there."""
        first, left, right, feature, threshold, cover, value = unpacked(weights, ARRAYS)
        pieces = [slice(start, stop) for start, stop in pairwise(first)]
        self.trees_ = complete(
            [
                Nodes(
                    left[piece].astype(np.int32),
                    right[piece].astype(np.int32),
                    feature[piece].astype(np.int32),
                    threshold[piece],
                    cover[piece].astype(np.float64),
                    value[piece].astype(np.float32),
                    group=0,
                )
                for piece in pieces
            ]
        )
        self.weights_ = weights


def _arrays(tree: Any, n_trees: int) -> dict[str, NDArray[Any]]:  # noqa: ANN401 - scikit-learn has no types
    """Arrays of one fitted tree, as small as they may be."""
    leaf = tree.children_left < 0
    cover = tree.weighted_n_node_samples
    shares = (tree.value[:, 0] * cover[:, None] + PRIOR_ROWS) / (cover[:, None] + N_REGIMES * PRIOR_ROWS)
    return {
        "left": tree.children_left.astype(np.int16),
        "right": tree.children_right.astype(np.int16),
        "feature": np.where(leaf, 0, tree.feature).astype(np.int8),
        "threshold": just_above(tree.threshold),
        "cover": cover.astype(np.float32),
        "value": np.where(leaf[:, None], np.log(shares) / n_trees, 0.0).astype(np.float16),
    }


def just_above(threshold: NDArray[np.float64]) -> NDArray[np.float32]:
    """Float32 border that the same float32 values lie below as lie at or below a float64 threshold."""
    near = threshold.astype(np.float32)
    return np.where(near > threshold, near, np.nextafter(near, np.float32(np.inf)))
