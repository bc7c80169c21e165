"""What closes alone tell, and the true range: returns, volatility, trend, oscillators, bands."""

from __future__ import annotations

import numpy as np

from regime_core.bars import OHLCV, Float
from regime_core.features.base import Feature
from regime_core.kernels import oscillators, rolling

GROUP = "price"
LAGS = (1, 2, 5)
BAND_WIDTH = 2.0

_FRACTION = "fraction of price"
_RETURN = "fraction per bar"
_HULL = "Hull, Options, Futures and Other Derivatives, ch. 15, not annualised"
_WILDER = "Wilder, New Concepts in Technical Trading Systems (1978)"
_APPEL = "Appel, Technical Analysis: Power Tools for Active Investors (2005), divided by the close"
_BOLLINGER = "Bollinger, Bollinger on Bollinger Bands (2001), 2 population standard deviations"
_ZSCORE = "standard score, NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.5.17"

FEATURES: tuple[Feature, ...] = (
    Feature("return_1", "Return of the bar", _RETURN, GROUP, _HULL, 1),
    *(Feature(f"return_lag_{lag}", f"Return of the bar {lag} earlier", _RETURN, GROUP, _HULL, 1 + lag) for lag in LAGS),
    Feature("volatility_5", "Volatility, 5 bars", _RETURN, GROUP, _HULL, 5),
    Feature("volatility_20", "Volatility, 20 bars", _RETURN, GROUP, _HULL, 20),
    Feature("volatility_21", "Volatility, 21 bars", _RETURN, GROUP, _HULL, 21),
    Feature("return_zscore_20", "Return against its last 20 bars", "standard deviations", GROUP, _ZSCORE, 20),
    Feature(
        "trend_strength_20",
        "Slope of closes, 20 bars",
        _RETURN,
        GROUP,
        "least-squares line, Draper and Smith, Applied Regression Analysis (1998), ch. 1, over the window's mean close",
        19,
    ),
    Feature("atr_percent_14", "Average true range, 14 bars", "percent of close", GROUP, f"{_WILDER}, plain mean", 14),
    Feature(
        "range_efficiency_20",
        "Net move over path, 20 closes",
        "ratio, 0 to about 1",
        GROUP,
        "Kaufman, Trading Systems and Methods (2013), ch. 17, path measured in returns times the mean close",
        19,
    ),
    Feature(
        "momentum_20",
        "Last over first of 20 closes",
        "fraction",
        GROUP,
        "rate of change, Murphy, Technical Analysis of the Financial Markets (1999), ch. 10",
        19,
    ),
    Feature(
        "ma_convergence_10_50",
        "10-bar over 50-bar average",
        "fraction",
        GROUP,
        "Brock, Lakonishok and LeBaron, Journal of Finance 47 (1992)",
        49,
    ),
    Feature("rsi_14", "Relative strength index, 14 bars", "index, 0 to 100", GROUP, _WILDER, 14),
    Feature("macd_line_12_26", "MACD line", _FRACTION, GROUP, _APPEL, 25),
    Feature("macd_signal_12_26_9", "MACD signal line", _FRACTION, GROUP, _APPEL, 33),
    Feature("macd_histogram_12_26_9", "MACD line less signal", _FRACTION, GROUP, _APPEL, 33),
    Feature("bollinger_width_20", "Bollinger band width, 20 bars", "fraction of middle band", GROUP, _BOLLINGER, 19),
    Feature("bollinger_position_20", "Close within Bollinger bands", "0 lower band, 1 upper band", GROUP, _BOLLINGER, 19),
)


def compute(bars: OHLCV) -> dict[str, Float]:
    """Each feature of this group, (n_bars,).

    All but ``atr_percent_14`` and ``rsi_14`` are fractions or ratios, and none changes when prices are multiplied by a number.
    On prices that stand still: 50 for ``rsi_14``, 0.5 for ``bollinger_position_20``, 0 for the others.
    """
    close = bars.close
    returns = rolling.change(close, 1)
    line, signal = oscillators.macd(close, 12, 26, 9)
    width, position = _bollinger(close)
    return {
        "return_1": returns,
        **{f"return_lag_{lag}": _lagged(returns, lag) for lag in LAGS},
        "volatility_5": rolling.deviation(returns, 5),
        "volatility_20": rolling.deviation(returns, 20),
        "volatility_21": rolling.deviation(returns, 21),
        "return_zscore_20": rolling.zscore(returns, 20, rolling.ROUNDING),
        "trend_strength_20": rolling.trend(close, 20),
        "atr_percent_14": rolling.mean(oscillators.true_range(bars.high, bars.low, close), 14) / close * 100.0,
        "range_efficiency_20": rolling.efficiency(close, 20),
        "momentum_20": rolling.change(close, 19),
        "ma_convergence_10_50": _convergence(close),
        "rsi_14": oscillators.rsi(close, 14),
        "macd_line_12_26": line,
        "macd_signal_12_26_9": signal,
        "macd_histogram_12_26_9": line - signal,
        "bollinger_width_20": width,
        "bollinger_position_20": position,
    }


def _lagged(x: Float, lag: int) -> Float:
    out = np.full(len(x), np.nan)
    out[lag:] = x[: max(len(x) - lag, 0)]
    return out


def _convergence(close: Float) -> Float:
    fast, _ = rolling.band(close, 10)
    slow, _ = rolling.band(close, 50)
    return np.asarray((fast - slow) / (1.0 + slow))


def _bollinger(close: Float) -> tuple[Float, Float]:
    gap, spread = rolling.band(close, 20)
    flat = spread <= rolling.ROUNDING
    height = 2.0 * BAND_WIDTH * spread
    return height / (1.0 + gap), np.where(flat, 0.5, 0.5 - gap / np.where(flat, 1.0, height))
