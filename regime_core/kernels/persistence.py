"""Labels that hold on: a new regime must lead by a margin before the label changes. Arrays in, arrays out."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float64]

MEMORY = 32
"""Bars a label looks back on. A fixed number, so that a label does not depend on where labelling began."""
HAIR = 1e-9
"""How far ahead a held class is put of one that is as likely, as a share of their probability."""


@njit(cache=True, nogil=True)
def hold(margins: Float, lead: float, start: int) -> NDArray[np.int8]:
    """Class held in each of the rows ``start:``, (n_rows - start,).

    margins : (n_rows, n_classes) log-odds, oldest first. The class held in a row begins as the largest of the row MEMORY - 1
    rows before it (or of the first) and passes to another only where that one is the largest by more than ``lead``.
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
    """While the held class is not the likeliest, let it and the likeliest share what both have, itself a hair ahead; in place.

    probabilities : (n_rows, n_classes), rows sum to 1. held : (n_rows,).
    """
    for t in range(len(held)):
        row, own = probabilities[t], held[t]
        best = np.argmax(row)
        while best != own:
            both = 0.5 * (row[best] + row[own])
            row[best] = both * (1.0 - HAIR)
            row[own] = both * (1.0 + HAIR)
            best = np.argmax(row)
