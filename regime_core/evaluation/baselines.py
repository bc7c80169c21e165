"""What a forecast must beat: the chain of states alone, and the habit of states to stay."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

PRIOR = 0.5
"""Days added to each count of the chain: a step never seen may come."""


def markov(codes: NDArray[np.integer], horizon: int, k: int) -> Float:
    """Share of days in each row's state that were in the column's state ``horizon`` days later, (k, k); rows sum to 1.

    codes : (n_days,) in 0..k-1, oldest first. Steps of ``horizon`` days are counted as they were, not multiplied up from single
    days: states last longer than a chain of single days says.
    """
    return transitions(codes[: max(0, len(codes) - horizon)], codes[horizon:], k)


def transitions(source: NDArray[np.integer], target: NDArray[np.integer], k: int) -> Float:
    """Share of days in each row's state whose outcome was the column's state, (k, k); rows sum to 1.

    source, target : (n,) in 0..k-1, the state of a day and of that day's outcome.
    """
    counts = np.bincount(source.astype(np.int64) * k + target, minlength=k * k).reshape(k, k) + PRIOR
    return np.asarray(counts / counts.sum(axis=1, keepdims=True))


def stay(codes: NDArray[np.integer], horizon: int) -> float:
    """Share of days whose state was the same ``horizon`` days later, with one day added to either side."""
    same = codes[: max(0, len(codes) - horizon)] == codes[horizon:]
    return float((same.sum() + 1) / (len(same) + 2))
