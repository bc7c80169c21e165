"""The range of bars in sight: a preset such as ``1y``, or two times such as ``2018-01-01T00:00:00..2018-06-30T00:00:00``."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

PRESETS = {"1m": "1M", "6m": "6M", "1y": "1Y", "5y": "5Y", "all": "All"}
DEFAULT = "1y"
MIN_SHOWN = 2
_OFFSETS = {
    "1m": pd.DateOffset(months=1),
    "6m": pd.DateOffset(months=6),
    "1y": pd.DateOffset(years=1),
    "5y": pd.DateOffset(years=5),
}


def bounds(text: str | None, time_ns: NDArray[np.int64]) -> tuple[int, int]:
    """First bar and one past the last bar of a range.

    text : a preset counts back from the newest bar; what is neither a preset nor two times is read as the default.
    time_ns : (n_bars,) int64 nanoseconds, increasing.
    At least two bars are shown where there are two.
    """
    n = len(time_ns)
    first, stop = _bounds(text or DEFAULT, time_ns) if n else (0, 0)
    if stop - first < MIN_SHOWN:
        stop = min(n, max(stop, first + 1, MIN_SHOWN))
        first = max(0, stop - MIN_SHOWN)
    return first, stop


def _bounds(text: str, time_ns: NDArray[np.int64]) -> tuple[int, int]:
    if text == "all":
        return 0, len(time_ns)
    if text in _OFFSETS:
        start = pd.Timestamp(int(time_ns[-1])) - _OFFSETS[text]
        return int(np.searchsorted(time_ns, start.value, side="left")), len(time_ns)
    left, separator, right = text.partition("..")
    try:
        edges = [pd.Timestamp(left).as_unit("ns"), pd.Timestamp(right).as_unit("ns")]
    except ValueError:
        return _bounds(DEFAULT, time_ns)
    if not separator or pd.NaT in edges:
        return _bounds(DEFAULT, time_ns)
    first, last = min(edge.value for edge in edges), max(edge.value for edge in edges)
    return int(np.searchsorted(time_ns, first, side="left")), int(np.searchsorted(time_ns, last, side="right"))
