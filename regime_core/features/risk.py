"""What the range of a bar and the path of returns tell: range-based volatility, drawdown, dependence."""

from __future__ import annotations

import math

import numpy as np

from regime_core.bars import OHLCV, Float
from regime_core.features.base import Feature
from regime_core.kernels import rolling

GROUP = "risk"
RANGE_WINDOW = 20
LONG_WINDOW = 63

_PER_BAR = "fraction per bar"

FEATURES: tuple[Feature, ...] = (
    Feature("parkinson_20", "Parkinson volatility, 20 bars", _PER_BAR, GROUP, "Parkinson, Journal of Business 53 (1980)", 19),
    Feature(
        "garman_klass_20",
        "Garman-Klass volatility, 20 bars",
        _PER_BAR,
        GROUP,
        "Garman and Klass, Journal of Business 53 (1980)",
        19,
    ),
    Feature(
        "rogers_satchell_20",
        "Rogers-Satchell volatility, 20 bars",
        _PER_BAR,
        GROUP,
        "Rogers and Satchell, Annals of Applied Probability 1 (1991)",
        19,
    ),
    Feature(
        "yang_zhang_20", "Yang-Zhang volatility, 20 bars", _PER_BAR, GROUP, "Yang and Zhang, Journal of Business 73 (2000)", 20
    ),
    Feature(
        "drawdown_63",
        "Close below its 63-bar high",
        "fraction, 0 or below",
        GROUP,
        "Chekhlov, Uryasev and Zabarankin, Int. J. of Theoretical and Applied Finance 8 (2005), over a trailing window",
        62,
    ),
    Feature(
        "range_position_20",
        "Close within its 20-bar range",
        "0 lowest low, 1 highest high",
        GROUP,
        "%K of Lane, Technical Analysis of Stocks and Commodities 2 (1984)",
        19,
    ),
    Feature(
        "autocorrelation_63",
        "Autocorrelation of returns, lag 1",
        "correlation, -1 to 1",
        GROUP,
        "Box and Jenkins, Time Series Analysis (1976), ch. 2",
        63,
    ),
    Feature(
        "variance_ratio_5_63",
        "5-bar over 1-bar variance",
        "ratio, 1 for a random walk",
        GROUP,
        "Lo and MacKinlay, Review of Financial Studies 1 (1988), unbiased",
        63,
    ),
)


def compute(bars: OHLCV) -> dict[str, Float]:
    """Each feature of this group, (n_bars,); none changes when prices are multiplied by a number.

    On prices that stand still: 0.5 for ``range_position_20``, 1 for ``variance_ratio_5_63``, 0 for the others.
    """
    close = bars.close
    top, bottom = rolling.highest(bars.high, RANGE_WINDOW), rolling.lowest(bars.low, RANGE_WINDOW)
    peak = rolling.highest(close, LONG_WINDOW)
    still = top == bottom
    return {
        **_range_volatility(bars),
        "drawdown_63": (close - peak) / peak,
        "range_position_20": np.where(still, 0.5, (close - bottom) / np.where(still, 1.0, top - bottom)),
        "autocorrelation_63": rolling.autocorrelation(rolling.change(close, 1), LONG_WINDOW),
        "variance_ratio_5_63": rolling.variance_ratio(_since_last(close, close), LONG_WINDOW, 5),
    }


def _range_volatility(bars: OHLCV) -> dict[str, Float]:
    """Square roots of the mean variance a bar over ``RANGE_WINDOW`` bars."""
    n = RANGE_WINDOW
    up, down = rolling.log_ratio(bars.high, bars.open), rolling.log_ratio(bars.low, bars.open)
    move, gap = rolling.log_ratio(bars.close, bars.open), _since_last(bars.open, bars.close)
    spread = rolling.log_ratio(bars.high, bars.low) ** 2
    rogers_satchell = rolling.mean(up * (up - move) + down * (down - move), n)
    weight = 0.34 / (1.34 + (n + 1) / (n - 1))
    yang_zhang = rolling.deviation(gap, n) ** 2 + weight * rolling.deviation(move, n) ** 2 + (1.0 - weight) * rogers_satchell
    return {
        "parkinson_20": np.sqrt(rolling.mean(spread, n) / (4.0 * math.log(2.0))),
        "garman_klass_20": np.sqrt(rolling.mean(0.5 * spread - (2.0 * math.log(2.0) - 1.0) * move**2, n)),
        "rogers_satchell_20": np.sqrt(np.maximum(rogers_satchell, 0.0)),
        "yang_zhang_20": np.sqrt(np.maximum(yang_zhang, 0.0)),
    }


def _since_last(x: Float, close: Float) -> Float:
    """Log of each x over the close of the bar before; the first is NaN."""
    out = np.full(len(close), np.nan)
    out[1:] = rolling.log_ratio(x[1:], close[:-1])
    return out
