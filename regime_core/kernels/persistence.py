"""Labels that hold on: a new regime must lead by enough, or for long enough, before they change. Arrays in, arrays out."""

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
    rows before it (or of the first). It passes to the largest one once that one's lead over it, summed over the rows and begun
    anew wherever the sum would be negative, exceeds ``lead``: one clear row is enough, and so are several doubtful ones.
    Source: Page (1954), Continuous inspection schemes, on log-odds.
    """
    n, n_classes = margins.shape
    best = np.empty(n, dtype=np.int8)
    for t in range(n):
        best[t] = np.argmax(margins[t])
    out = np.empty(n - start, dtype=np.int8)
    ahead = np.empty(n_classes)
    for t in range(start, n):
        first = max(0, t - MEMORY + 1)
        held = best[first]
        ahead[:] = 0.0
        for u in range(first + 1, t + 1):
            for k in range(n_classes):
                ahead[k] = max(0.0, ahead[k] + margins[u, k] - margins[u, held])
            if best[u] != held and ahead[best[u]] > lead:
                held = best[u]
                ahead[:] = 0.0
        out[t - start] = held
    return out


@njit(cache=True, nogil=True)
def label(margins: Float, temperature: float, lead: float, start: int) -> tuple[NDArray[np.int8], Float, Float]:
    """Class held in each of the rows ``start:``, the probabilities of all, (n_rows - start, n_classes), and the held one's.

    margins : (n_rows, n_classes) log-odds before the temperature. lead : as for ``hold``.
    """
    calibrated = margins / temperature
    held = hold(calibrated, lead, start)
    probabilities = softmax(calibrated[start:])
    share_the_top(probabilities, held)
    confidence = np.empty(len(held))
    for t in range(len(held)):
        confidence[t] = probabilities[t, held[t]]
    return held, probabilities, confidence


@njit(cache=True, nogil=True)
def softmax(margins: Float) -> Float:
    """Probabilities of log-odds, (n_rows, n_classes)."""
    out = np.empty(margins.shape)
    for t in range(len(margins)):
        out[t] = np.exp(margins[t] - margins[t].max())
        out[t] /= out[t].sum()
    return out


@njit(cache=True, nogil=True)
def decode(margins: Float, lead: float) -> NDArray[np.int8]:
    """Classes of all rows with hindsight, (n_rows,): those of the largest sum of margins, where each change costs ``lead``.

    margins : (n_rows, n_classes) log-odds or log probabilities, oldest first. What ``hold`` finds after a lead has summed up,
    this dates to where the lead began, and what turned out to be brief it leaves out.
    Source: Bemporad, Breschi, Piga and Boyd (2018), Fitting jump models.
    """
    n, n_classes = margins.shape
    came_from = np.empty((n, n_classes), dtype=np.int8)
    total = np.zeros(n_classes)
    for t in range(n):
        best = np.argmax(total)
        change = total[best] - lead
        for k in range(n_classes):
            came_from[t, k] = k
            if t > 0 and change > total[k]:
                came_from[t, k] = best
                total[k] = change
            total[k] += margins[t, k]
    out = np.empty(n, dtype=np.int8)
    code = np.int8(np.argmax(total)) if n > 0 else np.int8(0)
    for t in range(n - 1, -1, -1):
        out[t] = code
        code = came_from[t, code]
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
