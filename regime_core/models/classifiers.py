"""Three ways from inputs to probabilities of states, each kept as plain arrays: fitted by a library, answered from arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import Float

Arrays = Mapping[str, NDArray[Any]]
FLOOR = 1e-6
"""Added to every probability before they are scaled to sum to 1: a state never met may come."""


class Classifier(Protocol):
    """Probabilities of k states from standardised inputs. A row's answer does not depend on the rows beside it."""

    def fit(self, inputs: Float, codes: NDArray[np.integer], k: int) -> Self:
        """Fit to inputs (n, n_inputs) and states (n,) in 0..k-1."""
        ...

    def probabilities(self, inputs: Float) -> Float:
        """(n, k), rows sum to 1, all positive."""
        ...

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All that was fitted."""
        ...

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """Return the same classifier from its arrays."""
        ...


class Logistic:
    """Multinomial logistic regression. strength : inverse of the L2 penalty, as scikit-learn's C."""

    def __init__(self, *, strength: float = 0.3) -> None:
        self.strength = strength

    def fit(self, inputs: Float, codes: NDArray[np.integer], k: int) -> Self:
        """Fit; a state that does not occur keeps the smallest probability there is."""
        from sklearn.linear_model import LogisticRegression

        self.weights_ = np.zeros((inputs.shape[1], k))
        self.intercept_ = np.full(k, -np.inf)
        known = np.unique(codes)
        if len(known) == 1:
            self.intercept_[known] = 0.0
            return self
        found = LogisticRegression(C=self.strength, max_iter=5000).fit(inputs, codes)
        if len(found.classes_) == 2:
            self.weights_[:, found.classes_[1]] = found.coef_[0]
            self.intercept_[found.classes_] = 0.0, found.intercept_[0]
        else:
            self.weights_[:, found.classes_] = found.coef_.T
            self.intercept_[found.classes_] = found.intercept_
        return self

    def probabilities(self, inputs: Float) -> Float:
        """(n, k)."""
        odds = np.repeat(self.intercept_[None], len(inputs), axis=0)
        for column, weight in zip(inputs.T, self.weights_, strict=True):  # a matrix product rounds by the number of rows
            odds += column[:, None] * weight
        return floored(softmax(odds))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Weights and intercepts."""
        return {"weights": self.weights_, "intercept": self.intercept_}

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """Return the same classifier from its arrays."""
        model = cls()
        model.weights_, model.intercept_ = arrays["weights"], arrays["intercept"]
        return model


class RandomForest:
    """Random forest, each tree on a part of the rows.

    Parameters as scikit-learn's n_estimators, max_depth, min_samples_leaf, max_features, max_samples, random_state.
    """

    def __init__(
        self,
        *,
        trees: int = 80,
        depth: int = 7,
        leaf: int = 15,
        features: float = 0.3,
        rows: float = 0.5,
        random_state: int = 0,
    ) -> None:
        self.trees = trees
        self.depth = depth
        self.leaf = leaf
        self.features = features
        self.rows = rows
        self.random_state = random_state

    def fit(self, inputs: Float, codes: NDArray[np.integer], k: int) -> Self:
        """Fit, and keep the trees as one array each of split column, threshold, children and shares of states."""
        from sklearn.ensemble import RandomForestClassifier

        found = RandomForestClassifier(
            n_estimators=self.trees,
            max_depth=self.depth,
            min_samples_leaf=self.leaf,
            max_features=self.features,
            max_samples=self.rows,
            random_state=self.random_state,
            n_jobs=1,
        ).fit(inputs, codes)
        trees = [estimator.tree_ for estimator in found.estimators_]
        first = np.cumsum([0, *(tree.node_count for tree in trees)])[:-1]
        self.roots_ = first.astype(np.int32)
        leaves = [tree.children_left < 0 for tree in trees]
        nodes = [np.arange(tree.node_count) for tree in trees]
        joined = list(zip(trees, first, leaves, nodes, strict=True))
        self.column_ = np.concatenate([np.where(leaf, 0, tree.feature) for tree, _, leaf, _ in joined]).astype(np.int32)
        self.threshold_ = np.concatenate([tree.threshold for tree in trees])
        # a leaf leads to itself, so that every row may take as many steps as the deepest tree has
        self.left_ = np.concatenate([at + np.where(leaf, node, tree.children_left) for tree, at, leaf, node in joined])
        self.right_ = np.concatenate([at + np.where(leaf, node, tree.children_right) for tree, at, leaf, node in joined])
        self.left_, self.right_ = self.left_.astype(np.int32), self.right_.astype(np.int32)
        self.shares_ = np.zeros((len(self.left_), k))
        self.shares_[:, found.classes_] = np.concatenate([tree.value[:, 0] for tree in trees])
        self.steps_ = max(tree.max_depth for tree in trees)
        return self

    def probabilities(self, inputs: Float) -> Float:
        """(n, k): mean over trees of the shares in the leaf a row falls into."""
        rows = inputs.astype(np.float32)
        node = np.repeat(self.roots_[None], len(rows), axis=0)
        which = np.arange(len(rows))[:, None]
        for _ in range(self.steps_):
            goes_left = rows[which, self.column_[node]] <= self.threshold_[node]
            node = np.where(goes_left, self.left_[node], self.right_[node])
        return floored(self.shares_[node].mean(axis=1))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Trees in flat arrays."""
        return {
            "roots": self.roots_,
            "column": self.column_,
            "threshold": self.threshold_,
            "left": self.left_,
            "right": self.right_,
            "shares": self.shares_,
            "steps": np.array(self.steps_),
        }

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """Return the same classifier from its arrays."""
        model = cls()
        model.roots_, model.column_, model.threshold_ = arrays["roots"], arrays["column"], arrays["threshold"]
        model.left_, model.right_, model.shares_ = arrays["left"], arrays["right"], arrays["shares"]
        model.steps_ = int(arrays["steps"])
        return model


class XGBoost:
    """Gradient-boosted trees. Parameters as XGBoost's num_boost_round, max_depth, eta, min_child_weight, lambda, subsample."""

    def __init__(
        self,
        *,
        rounds: int = 120,
        depth: int = 3,
        learning_rate: float = 0.05,
        min_child_weight: float = 10.0,
        penalty: float = 5.0,
        subsample: float = 0.6,
        random_state: int = 0,
    ) -> None:
        self.rounds = rounds
        self.depth = depth
        self.learning_rate = learning_rate
        self.min_child_weight = min_child_weight
        self.penalty = penalty
        self.subsample = subsample
        self.random_state = random_state

    def fit(self, inputs: Float, codes: NDArray[np.integer], k: int) -> Self:
        """Fit with one thread, so that the same rows give the same trees."""
        import xgboost

        parameters = {
            "objective": "multi:softprob",
            "num_class": k,
            "tree_method": "hist",
            "max_depth": self.depth,
            "eta": self.learning_rate,
            "min_child_weight": self.min_child_weight,
            "lambda": self.penalty,
            "subsample": self.subsample,
            "seed": self.random_state,
            "nthread": 1,
        }
        self.booster_ = xgboost.train(parameters, xgboost.DMatrix(inputs, label=codes, nthread=1), num_boost_round=self.rounds)
        return self

    def probabilities(self, inputs: Float) -> Float:
        """(n, k)."""
        import xgboost

        return floored(self.booster_.predict(xgboost.DMatrix(inputs, nthread=1)).astype(np.float64))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The booster's own bytes in UBJSON."""
        return {"ubj": np.frombuffer(self.booster_.save_raw("ubj"), dtype=np.uint8)}

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """Return the same classifier from its arrays."""
        import xgboost

        model = cls()
        model.booster_ = xgboost.Booster({"nthread": 1})
        model.booster_.load_model(bytearray(arrays["ubj"].tobytes()))
        return model


CLASSIFIERS: dict[str, type[Classifier]] = {"logistic": Logistic, "random_forest": RandomForest, "xgboost": XGBoost}


def softmax(odds: Float) -> Float:
    """Probabilities of log-odds, (n, k); an odds of -inf gives 0."""
    raised = np.exp(odds - odds.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def floored(probabilities: Float) -> Float:
    """Probabilities with ``FLOOR`` added to each, summing to 1 again."""
    raised = probabilities + FLOOR
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
