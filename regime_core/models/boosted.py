"""Gradient-boosted trees on scale-free features: the five-regime detector for any instrument and bar interval."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import Float
from regime_core.errors import ArtifactError
from regime_core.features import relative
from regime_core.kernels import trees
from regime_core.models import ubjson
from regime_core.models.margins import MarginDetector
from regime_core.regimes import N_REGIMES

ROWS_A_PIECE = 100_000


class Forest(NamedTuple):
    """Complete trees in flat arrays; see ``kernels.trees.margins``."""

    feature: NDArray[np.int32]
    threshold: NDArray[np.float32]
    leaf: NDArray[np.float32]
    group: NDArray[np.int32]


class Boosted(MarginDetector):
    """XGBoost on ``features.relative``, trained on simulated markets, answered by trees in flat arrays.

    window : bars wanted for full accuracy.
    lead : log-odds by which a new regime must lead the one held before the label changes.
    rounds, depth, learning_rate, min_child_weight, subsample : as XGBoost's num_boost_round, max_depth, eta and so on.
    threads : of training; part of what makes a fit repeatable. random_state : seed of the row sampling.

    Fitted: ``weights_`` (bytes of the booster in UBJSON), ``forest_``, ``temperature_`` (margins are divided by it).
    """

    name: ClassVar[str] = "boosted"
    weights_file: ClassVar[str] = "boosted.ubj"

    def __init__(
        self,
        *,
        window: int = 500,
        lead: float = 0.7,
        rounds: int = 70,
        depth: int = 5,
        learning_rate: float = 0.15,
        min_child_weight: float = 50.0,
        subsample: float = 0.5,
        threads: int = 2,
        random_state: int = 0,
    ) -> None:
        self.window = window
        self.lead = lead
        self.rounds = rounds
        self.depth = depth
        self.learning_rate = learning_rate
        self.min_child_weight = min_child_weight
        self.subsample = subsample
        self.threads = threads
        self.random_state = random_state

    def fit(self, features: NDArray[np.float32], codes: NDArray[np.int8]) -> Self:
        """Fit to rows of ``features.relative.matrix`` and their true regimes; no calibration yet.

        features : (n_rows, n_features) finite. codes : (n_rows,) in 0..4.
        """
        import xgboost

        parameters = {
            "objective": "multi:softprob",
            "num_class": N_REGIMES,
            "tree_method": "hist",
            "max_depth": self.depth,
            "eta": self.learning_rate,
            "min_child_weight": self.min_child_weight,
            "subsample": self.subsample,
            "nthread": self.threads,
            "seed": self.random_state,
            "base_score": 0.0,
        }
        data = xgboost.QuantileDMatrix(features, label=codes, nthread=self.threads, feature_names=list(relative.NAMES))
        booster = xgboost.train(parameters, data, num_boost_round=self.rounds)
        self.take(bytes(booster.save_raw("ubj")))
        self.temperature_ = 1.0
        return self

    def margins(self, features: NDArray[np.float32]) -> Float:
        """Log-odds before the temperature, (n_rows, 5), as the booster gives them with ``output_margin``."""
        self._require_fitted()
        forest = self.forest_
        pieces = [features[i : i + ROWS_A_PIECE] for i in range(0, len(features), ROWS_A_PIECE)]
        if len(pieces) < 2:
            return np.asarray(trees.margins(features, *forest, N_REGIMES))
        with ThreadPoolExecutor(2) as pool:
            return np.concatenate(list(pool.map(lambda piece: trees.margins(piece, *forest, N_REGIMES), pieces)))

    def take(self, weights: bytes) -> None:
        """Be fitted with a booster in UBJSON. Raises ArtifactError if it is none."""
        self.weights_ = weights
        self.forest_ = forest_of(weights)


def forest_of(weights: bytes) -> Forest:
    """Complete trees of a booster in UBJSON.

    Raises ArtifactError if the bytes are no booster of decision trees.
    """
    document = ubjson.loads(weights)
    try:
        model: dict[str, Any] = document["learner"]["gradient_booster"]["model"]
        shapes = [
            (tree["left_children"], tree["right_children"], tree["split_indices"], tree["split_conditions"])
            for tree in model["trees"]
        ]
        group = np.asarray(model["tree_info"], dtype=np.int32)
    except (KeyError, TypeError) as error:
        raise ArtifactError("artifact.altered", f"The model file holds no booster of trees ({error}): retrain it.") from error
    typed = [
        (np.asarray(left, np.int32), np.asarray(right, np.int32), np.asarray(feature, np.int32), np.asarray(value, np.float32))
        for left, right, feature, value in shapes
    ]
    depth = max(_depth(left, right) for left, right, _, _ in typed)
    built = [trees.complete(*tree, depth) for tree in typed]
    return Forest(
        np.stack([feature for feature, _, _ in built]),
        np.stack([threshold for _, threshold, _ in built]),
        np.stack([leaf for _, _, leaf in built]),
        group,
    )


def _depth(left: NDArray[np.int32], right: NDArray[np.int32]) -> int:
    """Levels of splits below the root; a child always comes after its parent."""
    level = np.zeros(len(left), dtype=np.int64)
    for node in range(len(left)):
        if left[node] >= 0:
            level[left[node]] = level[right[node]] = level[node] + 1
    return max(int(level.max()), 1)
