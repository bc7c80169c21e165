"""Linear scores of standardised features, each row alone: a row's score does not depend on the rows beside it."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]


@njit(cache=True, nogil=True, error_model="numpy")
def contributions(rows: Float32, mean: Float, spread: Float, clip: float, weights: Float) -> Float:
    """What each feature adds to each score: (n_rows, n_scores, n_features).

    rows : (n_rows, n_features). mean, spread : (n_features,); a feature counts in spreads from its mean, at most ``clip``.
    weights : (n_features, n_scores).
    """
    n_rows, n_features = rows.shape
    out = np.empty((n_rows, weights.shape[1], n_features))
    for t in range(n_rows):
        for i in range(n_features):
            value = min(max((rows[t, i] - mean[i]) / spread[i], -clip), clip)
            for k in range(weights.shape[1]):
                out[t, k, i] = value * weights[i, k]
    return out
