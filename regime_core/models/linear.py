"""Multinomial logistic regression on scale-free features: the five-regime detector whose every weight can be read."""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import Float
from regime_core.kernels import linear
from regime_core.models.arrays import packed, unpacked
from regime_core.models.row_detectors import RowDetector

CLIP = 6.0
"""Standard deviations beyond which a feature counts as that: what training never met must not carry a margin off the scale."""
ROWS_A_PIECE = 10_000


class Linear(RowDetector):
    """Logistic regression on standardised ``features.relative``, trained on simulated markets.

    window, lead : see ``MarginDetector``. strength : inverse of the L2 penalty, as scikit-learn's C.
    rows : fitted on, at most, taken at random. random_state : seed of that choice.

    Fitted: ``mean_``, ``spread_`` (n_features,), ``coefficients_`` (n_features, 5), ``intercept_`` (5,).
    """

    name: ClassVar[str] = "linear"
    weights_file: ClassVar[str] = "linear.npz"

    def __init__(
        self, *, window: int = 500, lead: float = 1.6, strength: float = 1.0, rows: int = 200_000, random_state: int = 0
    ) -> None:
        self.window = window
        self.lead = lead
        self.strength = strength
        self.rows = rows
        self.random_state = random_state

    def fit(self, features: NDArray[np.float32], codes: NDArray[np.int8]) -> Self:
        """Fit to rows of ``features.relative.matrix`` and their true regimes; no calibration yet.

        features : (n_rows, n_features) finite. codes : (n_rows,), all of 0..4.
        """
        from sklearn.linear_model import LogisticRegression

        chosen = np.random.default_rng(self.random_state).permutation(len(codes))[: self.rows]
        inputs = features[chosen].astype(np.float64)
        mean, spread = inputs.mean(axis=0), inputs.std(axis=0)
        spread = np.where(spread > 0, spread, 1.0)
        standard = np.clip((inputs - mean) / spread, -CLIP, CLIP)
        found = LogisticRegression(C=self.strength, max_iter=1000).fit(standard, codes[chosen])
        self.take(packed(mean=mean, spread=spread, coefficients=found.coef_.T, intercept=found.intercept_))
        self.temperature_ = 1.0
        return self

    def margins(self, features: NDArray[np.float32]) -> Float:
        """Log-odds before the temperature, (n_rows, 5)."""
        self._require_fitted()
        pieces = (self._parts(features[i : i + ROWS_A_PIECE]) for i in range(0, len(features), ROWS_A_PIECE))
        return np.concatenate([np.zeros((0, 5)), *(self.intercept_ + parts.sum(axis=2) for parts in pieces)])

    def contributions(self, row: NDArray[np.float32]) -> Float:
        """What each feature adds to each margin, (5, n_features + 1), against a row of mean features; last the intercepts."""
        self._require_fitted()
        return np.column_stack([self._parts(row[None])[0], self.intercept_])

    def _parts(self, features: NDArray[np.float32]) -> Float:
        return np.asarray(linear.contributions(features, self.mean_, self.spread_, CLIP, self.coefficients_))

    def take(self, weights: bytes) -> None:
        """Be fitted with arrays packed in one file. Raises ArtifactError if they are not there."""
        self.mean_, self.spread_, self.coefficients_, self.intercept_ = unpacked(
            weights, ("mean", "spread", "coefficients", "intercept")
        )
        self.weights_ = weights
