"""Detectors for tests: as they ship, or small ones of the same kind, fitted in a second."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from regime_core import MODEL_DIR
from regime_core.models import MODELS, Detector, Forest, Linear
from regime_core.training import markets


@cache
def rows() -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Rows of a few simulated markets and their true regimes."""
    return markets.rows(60, 100, part="train", seed=0)


def small_linear() -> Linear:
    """Logistic regression on few rows."""
    return Linear(rows=4000).fit(*rows()).calibrate(*rows())


def small_forest() -> Forest:
    """A forest of few, shallow trees."""
    return Forest(trees=5, depth=5, leaf=10, share=0.5).fit(*rows()).calibrate(*rows())


SMALL: dict[str, Callable[[], Detector]] = {"linear": small_linear, "forest": small_forest}
"""Name in ``MODELS`` -> one fitted quickly, for models that are registered and need not ship."""


@cache
def shipped_names() -> tuple[str, ...]:
    """Names of the models in the manifest."""
    return tuple(json.loads((MODEL_DIR / "manifest.json").read_bytes())["models"])


@cache
def detector(name: str) -> Detector:
    """Shipped model of this name, or a small one where none ships."""
    return MODELS[name].load(MODEL_DIR) if name in shipped_names() else SMALL[name]()
