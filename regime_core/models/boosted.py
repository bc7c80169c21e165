"""Gradient-boosted trees on scale-free features: the five-regime detector for any instrument and bar interval."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from regime_core.errors import ArtifactError
from regime_core.features import relative
from regime_core.models import ubjson
from regime_core.models.trees import CutTrees, Nodes, TreeDetector, cut
from regime_core.regimes import N_REGIMES

Watched = tuple[NDArray[np.float32], NDArray[np.int8], Callable[[int, float], None]]


class Boosted(TreeDetector):
    """XGBoost on ``features.relative``, trained on simulated markets, answered by trees in flat arrays.

    window, lead : see ``MarginDetector``.
    rounds, depth, learning_rate, min_child_weight, subsample : as XGBoost's num_boost_round, max_depth, eta and so on.
    threads : of training; part of what makes a fit repeatable. random_state : seed of the row sampling.

    Fitted: ``weights_`` (bytes of the booster in UBJSON), ``trees_``, ``temperature_`` (margins are divided by it).
    """

    name: ClassVar[str] = "boosted"
    weights_file: ClassVar[str] = "boosted.ubj"

    def __init__(
        self,
        *,
        window: int = 500,
        lead: float = 1.6,
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

    def fit(self, features: NDArray[np.float32], codes: NDArray[np.int8], *, watched: Watched | None = None) -> Self:
        """Fit to rows of ``features.relative.matrix`` and their true regimes; no calibration yet.

        features : (n_rows, n_features) finite. codes : (n_rows,) in 0..4. watched : other rows, and who is told after each
        round how many are done and their log-loss on these; whatever that raises ends the fit.
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
        told = {} if watched is None else _told(*watched, threads=self.threads)
        booster = xgboost.train(parameters, data, num_boost_round=self.rounds, verbose_eval=False, **told)
        self.take(bytes(booster.save_raw("ubj")))
        self.temperature_ = 1.0
        return self

    def take(self, weights: bytes) -> None:
        """Be fitted with a booster in UBJSON. Raises ArtifactError if it is none."""
        self.weights_ = weights
        self.trees_ = _cut(weights)


@lru_cache(maxsize=2)
def _cut(weights: bytes) -> CutTrees:
    """Trees of a booster; the same for all that have it, and for forked processes: most of a start is reading them."""
    return cut(trees_of(weights), len(relative.NAMES))


def _told(
    features: NDArray[np.float32], codes: NDArray[np.int8], watch: Callable[[int, float], None], *, threads: int
) -> dict[str, Any]:
    """What ``xgboost.train`` is given so that a watch learns the log-loss on rows after each round."""
    import xgboost

    class Watching(xgboost.callback.TrainingCallback):
        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:  # noqa: ANN401
            watch(epoch + 1, float(evals_log["watched"]["mlogloss"][-1]))
            return False

    rows = xgboost.DMatrix(features, label=codes, nthread=threads, feature_names=list(relative.NAMES))
    return {"evals": [(rows, "watched")], "callbacks": [Watching()]}


def trees_of(weights: bytes) -> list[Nodes]:
    """Trees of a booster in UBJSON.

    Raises ArtifactError if the bytes are no booster of decision trees.
    """
    document = ubjson.loads(weights)
    try:
        model: dict[str, Any] = document["learner"]["gradient_booster"]["model"]
        return [_nodes(tree, int(group)) for tree, group in zip(model["trees"], model["tree_info"], strict=True)]
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError("artifact.altered", f"The model file holds no booster of trees ({error}): retrain it.") from error


def _nodes(tree: dict[str, Any], group: int) -> Nodes:
    """Nodes of one tree; XGBoost keeps thresholds and leaves in one array."""
    value = np.asarray(tree["split_conditions"], np.float32)
    return Nodes(
        left=np.asarray(tree["left_children"], np.int32),
        right=np.asarray(tree["right_children"], np.int32),
        feature=np.asarray(tree["split_indices"], np.int32),
        threshold=value,
        cover=np.asarray(tree["sum_hessian"], np.float64),
        value=value[:, None],
        group=group,
    )
