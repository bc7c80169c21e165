"""What speaks for one class against all others. Arrays in, arrays out."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float64]


@njit(cache=True, error_model="numpy")  # over too soon to let other threads in
def against_others(contributions: Float, margins: Float, code: int) -> Float:
    """Contributions to the log-odds of one class against all others, (n,).

    contributions : (n_classes, n) to each margin. margins : (n_classes,). The others count by how likely each is among
    themselves, as in the slope of log(p / (1 - p)).
    """
    top = -np.inf
    for k in range(len(margins)):
        if k != code:
            top = max(top, margins[k])
    total = 0.0
    others = np.zeros(contributions.shape[1])
    for k in range(len(margins)):
        if k == code:
            continue
        likely = np.exp(margins[k] - top)
        total += likely
        others += likely * contributions[k]
    return contributions[code] - others / total
