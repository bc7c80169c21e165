"""Whether bars need no repair and no refusal, in one pass: nearly all do, and a service looks at each."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float64]
Int = NDArray[np.int64]


@njit(cache=True, error_model="numpy")
def extent(values: Int) -> tuple[int, int]:
    """Smallest and largest of some whole numbers, one at least."""
    smallest = largest = values[0]
    for value in values:
        smallest, largest = min(smallest, value), max(largest, value)
    return smallest, largest


@njit(cache=True, error_model="numpy")  # over too soon to let other threads in
def are_sound(time: Int, open_: Float, high: Float, low: Float, close: Float, volume: Float) -> bool:
    """Whether times rise strictly, prices are positive and finite with open and close in [low, high], and no volume is wrong.

    All (n,); volume may be NaN, but neither negative nor infinite.
    """
    for i in range(len(time)):
        if not (0.0 < low[i] <= open_[i] <= high[i] < np.inf and low[i] <= close[i] <= high[i]):
            return False
        if volume[i] < 0.0 or volume[i] == np.inf or (i and time[i] <= time[i - 1]):
            return False
    return True
