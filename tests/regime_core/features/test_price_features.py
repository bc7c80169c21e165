"""Price features against TA-Lib, pandas and the metrics of the rules."""

import numpy as np
import pytest
import talib

from regime_core import features
from regime_core.features import price
from regime_core.kernels import detection


@pytest.fixture(params=["bars", "real_bars"])
def frame(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def table(frame):
    return features.table(frame, names=[feature.name for feature in price.FEATURES])


@pytest.fixture
def returns(frame):
    return frame["close"].pct_change()


def check(actual, expected, rtol=1e-9):
    np.testing.assert_allclose(actual, expected, rtol=rtol, atol=1e-14)


def test_returns_and_their_lags(table, returns):
    check(table["return_1"], returns)
    for lag in (1, 2, 5):
        check(table[f"return_lag_{lag}"], returns.shift(lag))


@pytest.mark.parametrize("window", [5, 20, 21])
def test_volatility(table, returns, window):
    check(table[f"volatility_{window}"], returns.rolling(window).std())


def test_return_zscore(table, returns):
    check(table["return_zscore_20"], (returns - returns.rolling(20).mean()) / returns.rolling(20).std())


def test_trend_strength(table, frame):
    close = frame["close"]
    check(table["trend_strength_20"], talib.LINEARREG_SLOPE(close, 20) / close.rolling(20).mean(), rtol=1e-7)


def test_average_true_range_is_the_plain_mean(table, frame):
    true_range = talib.TRANGE(frame["high"], frame["low"], frame["close"])
    check(table["atr_percent_14"], 100 * true_range.rolling(14).mean() / frame["close"])


def test_average_true_range_starts_as_that_of_talib(table, frame):
    """TA-Lib smooths as Wilder did; its first value is the same plain mean."""
    smoothed = talib.ATR(frame["high"], frame["low"], frame["close"], 14)
    check(table["atr_percent_14"].iloc[14], 100 * smoothed.iloc[14] / frame["close"].iloc[14])


def test_range_efficiency(table, frame, returns):
    close = frame["close"]
    path = returns.abs().rolling(19).sum() * close.rolling(20).mean()
    check(table["range_efficiency_20"], (close - close.shift(19)).abs() / path)


def test_momentum_and_moving_averages(table, frame):
    close = frame["close"]
    check(table["momentum_20"], talib.ROCP(close, 19))
    check(table["ma_convergence_10_50"], talib.SMA(close, 10) / talib.SMA(close, 50) - 1)


def test_rsi(table, frame):
    check(table["rsi_14"], talib.RSI(frame["close"], 14))


def test_macd_over_close(table, frame):
    line, signal, histogram = talib.MACD(frame["close"], 12, 26, 9)
    known = slice(33, None)
    check(table["macd_line_12_26"][known], (line / frame["close"])[known], rtol=1e-8)
    check(table["macd_signal_12_26_9"], signal / frame["close"], rtol=1e-8)
    np.testing.assert_allclose(table["macd_histogram_12_26_9"], histogram / frame["close"], rtol=1e-8, atol=1e-12)


def test_macd_line_before_its_signal(table, frame):
    """From bar 25 to 32 the line is known and the signal is not: both averages start there from plain means."""
    close = frame["close"]
    fast, slow = close.iloc[14:26].mean(), close.iloc[:26].mean()
    check(table["macd_line_12_26"].iloc[25], (fast - slow) / close.iloc[25])
    fast, slow = fast + (close.iloc[26] - fast) * 2 / 13, slow + (close.iloc[26] - slow) * 2 / 27
    check(table["macd_line_12_26"].iloc[26], (fast - slow) / close.iloc[26])


def test_bollinger_bands(table, frame):
    close = frame["close"]
    upper, middle, lower = talib.BBANDS(close, 20, 2, 2)
    check(table["bollinger_width_20"], (upper - lower) / middle, rtol=1e-6)
    check(table["bollinger_position_20"], (close - lower) / (upper - lower), rtol=1e-6)


def test_they_are_the_metrics_of_the_rules_over_twenty_bars(table, frame):
    columns = [frame[name].to_numpy() for name in ("high", "low", "close")]
    metrics = detection.rule_metrics(*columns, 0, 20)
    names = ["trend_strength_20", "atr_percent_14", "range_efficiency_20", "momentum_20"]
    check(table[names].iloc[20:], metrics[20:, 1:5])
    metrics = detection.rule_metrics(*columns, 0, 50)
    check(table[["volatility_20", "ma_convergence_10_50"]].iloc[50:], metrics[50:][:, [0, 5]])
