"""Gradient-boosted trees on scale-free features: the five-regime detector for any instrument and bar interval."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import OHLCV, Float
from regime_core.errors import ArtifactError, ModelError
from regime_core.features import relative
from regime_core.kernels import persistence, trees
from regime_core.models import ubjson
from regime_core.models.base import Filtered
from regime_core.regimes import MIN_BARS, N_REGIMES, UNKNOWN_CODE

WEIGHTS = "boosted.ubj"
SETTINGS = "boosted.json"
ROWS_A_PIECE = 100_000
TEMPERATURES = np.exp(np.linspace(np.log(0.5), np.log(2.0), 141))


class Forest(NamedTuple):
    """Complete trees in flat arrays; see ``kernels.trees.margins``."""

    feature: NDArray[np.int32]
    threshold: NDArray[np.float32]
    leaf: NDArray[np.float32]
    group: NDArray[np.int32]


class Boosted:
    """XGBoost on ``features.relative``, trained on simulated markets, answered by trees in flat arrays.

    window : bars wanted for full accuracy.
    lead : log-odds by which a new regime must lead the one held before the label changes.
    rounds, depth, learning_rate, min_child_weight, subsample : as XGBoost's num_boost_round, max_depth, eta and so on.
    threads : of training; part of what makes a fit repeatable. random_state : seed of the row sampling.

    Fitted: ``weights_`` (bytes of the booster in UBJSON), ``forest_``, ``temperature_`` (margins are divided by it).
    """

    name: ClassVar[str] = "boosted"

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
        self._take(bytes(booster.save_raw("ubj")))
        self.temperature_ = 1.0
        return self

    def calibrate(self, features: NDArray[np.float32], codes: NDArray[np.int8]) -> Self:
        """Set the temperature that gives the least log-loss on rows the trees were not fitted on."""
        margins = self.margins(features)
        rows = np.arange(len(codes))
        losses = [-np.log(_softmax(margins / t)[rows, codes]).mean() for t in TEMPERATURES]
        self.temperature_ = float(TEMPERATURES[int(np.argmin(losses))])
        return self

    def margins(self, features: NDArray[np.float32]) -> Float:
        """Log-odds before the temperature, (n_rows, 5), as the booster gives them with ``output_margin``."""
        forest = self._fitted()
        pieces = [features[i : i + ROWS_A_PIECE] for i in range(0, len(features), ROWS_A_PIECE)]
        if len(pieces) < 2:
            return np.asarray(trees.margins(features, *forest, N_REGIMES))
        with ThreadPoolExecutor(2) as pool:
            return np.concatenate(list(pool.map(lambda piece: trees.margins(piece, *forest, N_REGIMES), pieces)))

    def filter(self, bars: OHLCV, *, start: int = 0) -> Filtered:
        """Causal labels of bars ``start:``; rows before the fiftieth bar are unknown."""
        self._fitted()
        if bars.n_bars < MIN_BARS:
            raise ModelError("model.too_few_bars", f"boosted needs {MIN_BARS} bars, got {bars.n_bars}.")
        n_rows = bars.n_bars - start
        unknown = min(max(0, MIN_BARS - 1 - start), n_rows)
        codes = np.full(n_rows, UNKNOWN_CODE, dtype=np.int8)
        probabilities = np.full((n_rows, N_REGIMES), 1.0 / N_REGIMES)
        confidence = np.zeros(n_rows)
        if unknown < n_rows:
            codes[unknown:], probabilities[unknown:] = self._label(bars, start + unknown)
            confidence[unknown:] = probabilities[unknown:].max(axis=1)
        return Filtered(codes, probabilities, confidence)

    def _label(self, bars: OHLCV, start: int) -> tuple[NDArray[np.int8], Float]:
        """Held regimes and probabilities of bars ``start:``; the trees also see the bars before that a label looks back on."""
        first = max(MIN_BARS - 1, start - persistence.MEMORY + 1)
        margins = self.margins(relative.matrix(bars, start=first))
        held = persistence.hold(margins, self.lead, start - first)
        probabilities = _softmax(margins[start - first :] / self.temperature_)
        persistence.share_the_top(probabilities, held)
        return held, probabilities

    def evidence(self, bars: OHLCV) -> str:
        """Drift, volatility and how the path goes on the last bar, in the instrument's own units."""
        if bars.n_bars < MIN_BARS:
            raise ModelError("model.too_few_bars", f"boosted needs {MIN_BARS} bars, got {bars.n_bars}.")
        row = dict(zip(relative.NAMES, relative.matrix(bars, start=bars.n_bars - 1)[0].astype(float), strict=True))
        volatility = np.exp(row["log_volatility_8"])
        return (
            f"drift {row['drift_16']:+.2f} of a bar's volatility over about 30 bars, "
            f"volatility {volatility:.1f} times its long-run level, "
            f"{abs(row['efficiency_16']):.0%} of the path was net move"
        )

    def save(self, folder: Path) -> tuple[str, ...]:
        """Write the booster as UBJSON, and parameters and temperature as JSON."""
        self._fitted()
        settings = {
            "parameters": {name: getattr(self, name) for name in _PARAMETERS},
            "temperature": self.temperature_,
            "features": list(relative.NAMES),
        }
        (folder / WEIGHTS).write_bytes(self.weights_)
        (folder / SETTINGS).write_text(json.dumps(settings, indent=1) + "\n")
        return WEIGHTS, SETTINGS

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back what ``save`` wrote, without XGBoost.

        Raises ArtifactError if a file is missing or wants other features than this version computes.
        """
        try:
            settings = json.loads((folder / SETTINGS).read_bytes())
            weights = (folder / WEIGHTS).read_bytes()
            model = cls(**settings["parameters"])
            model.temperature_ = float(settings["temperature"])
            features = tuple(settings["features"])
        except FileNotFoundError as error:
            raise ArtifactError("artifact.missing", f"{error.filename} is missing: restore or retrain the model.") from error
        except (ValueError, KeyError, TypeError) as error:
            raise ArtifactError("artifact.altered", f"{folder / SETTINGS} is not usable ({error}): restore it.") from error
        if features != relative.NAMES:
            raise ArtifactError(
                "artifact.features", f"{folder / SETTINGS} wants other features than this version has: retrain it."
            )
        model._take(weights)
        return model

    def _take(self, weights: bytes) -> None:
        self.weights_ = weights
        self.forest_ = forest_of(weights)

    def _fitted(self) -> Forest:
        if not hasattr(self, "forest_"):
            raise ModelError("model.not_fitted", "boosted was not fitted: load it from a model folder or call fit.")
        return self.forest_


_PARAMETERS = ("window", "lead", "rounds", "depth", "learning_rate", "min_child_weight", "subsample", "threads", "random_state")


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


def _softmax(margins: Float) -> Float:
    shifted = np.exp(margins - margins.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))
