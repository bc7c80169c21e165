"""Labels that hold on: a new regime must lead by a margin before the label changes. Arrays in, arrays out."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float64]

MEMORY = 32
"""Bars a label looks back on. A fixed number, so that a label does not depend on where labelling began."""
HAIR = 1e-9


@njit(cache=True, nogil=True)
def hold(margins: Float, lead: float, start: int) -> NDArray[np.int8]:
    """Class held in each of the rows ``start:``, (n_rows - start,).

    margins : (n_rows, n_classes) log-odds, oldest first. For each row the held class begins as the largest of the row MEMORY - 1
    rows earlier (or of the first row) and passes to another only where that one is the largest by more than ``lead``.
    """
    n = len(margins)
    best = np.empty(n, dtype=np.int8)
    for t in range(n):
        best[t] = np.argmax(margins[t])
    out = np.empty(n - start, dtype=np.int8)
    for t in range(start, n):
        first = max(0, t - MEMORY + 1)
        held = best[first]
        for u in range(first + 1, t + 1):
            if margins[u, best[u]] - margins[u, held] > lead:
                held = best[u]
        out[t - start] = held
    return out


@njit(cache=True, nogil=True)
def share_the_top(probabilities: Float, held: NDArray[np.int8]) -> None:
    """Where the held class is not the likeliest, let the two share what both have, the held one a hair ahead; in place.

    probabilities : (n_rows, n_classes), rows sum to 1. held : (n_rows,).
    """
    for t in range(len(held)):
        best = np.argmax(probabilities[t])
        if best != held[t]:
            both = 0.5 * (probabilities[t, best] + probabilities[t, held[t]])
            probabilities[t, best] = both * (1.0 - HAIR)
            probabilities[t, held[t]] = both * (1.0 + HAIR)
