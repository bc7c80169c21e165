"""Fewer points for the eye: long series are thinned so that no high or low is lost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tsdownsample import MinMaxDownsampler

from regime_core.bars import OHLCV

MAX_POINTS = 3_000
MAX_CANDLES = 400


def extremes(values: NDArray[np.float64], max_points: int = MAX_POINTS) -> NDArray[np.int64]:
    """Indices of at most ``max_points`` values: the lowest and highest of each stretch, the first and the last.

    values : (n,) without NaN. Returns increasing indices; all of them where they are few enough.
    """
    n = len(values)
    if n <= max_points:
        return np.arange(n)
    inner = MinMaxDownsampler().downsample(np.ascontiguousarray(values), n_out=(max_points - 2) // 2 * 2)
    return np.unique(np.concatenate((np.array([0, n - 1]), inner.astype(np.int64))))


def candles(bars: OHLCV, max_candles: int = MAX_CANDLES) -> tuple[OHLCV, int]:
    """Merge neighbouring bars into at most ``max_candles``, and return how many bars one candle holds."""
    size = -(-bars.n_bars // max_candles)
    if size <= 1:
        return bars, 1
    starts = np.arange(0, bars.n_bars, size)
    last = np.append(starts[1:], bars.n_bars) - 1
    merged = OHLCV(
        bars.time[starts],
        bars.open[starts],
        np.maximum.reduceat(bars.high, starts),
        np.minimum.reduceat(bars.low, starts),
        bars.close[last],
        np.add.reduceat(bars.volume, starts),
    )
    return merged, size
