"""Range-based volatility by its formulas, and dependence of returns against statsmodels and arch."""

import numpy as np
import pandas as pd
import pytest
import talib
from arch.unitroot import VarianceRatio
from statsmodels.tsa.stattools import acf

from regime_core import features
from regime_core.features import risk


@pytest.fixture(params=["bars", "real_bars"])
def frame(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def table(frame):
    return features.table(frame, names=[feature.name for feature in risk.FEATURES])


def check(actual, expected, rtol=1e-8):
    np.testing.assert_allclose(actual, expected, rtol=rtol, atol=1e-14)


def logs(frame):
    prices = np.log(frame[["open", "high", "low", "close"]])
    return prices["open"], prices["high"], prices["low"], prices["close"]


def test_parkinson(table, frame):
    _, high, low, _ = logs(frame)
    check(table["parkinson_20"], np.sqrt(((high - low) ** 2).rolling(20).mean() / (4 * np.log(2))))


def test_garman_klass(table, frame):
    opened, high, low, close = logs(frame)
    variance = (high - low) ** 2 / 2 - (2 * np.log(2) - 1) * (close - opened) ** 2
    check(table["garman_klass_20"], np.sqrt(variance.rolling(20).mean()))


def test_rogers_satchell(table, frame):
    opened, high, low, close = logs(frame)
    variance = (high - close) * (high - opened) + (low - close) * (low - opened)
    check(table["rogers_satchell_20"], np.sqrt(variance.rolling(20).mean()))


def test_yang_zhang(table, frame):
    opened, high, low, close = logs(frame)
    gap, move = opened - close.shift(), close - opened
    range_part = ((high - close) * (high - opened) + (low - close) * (low - opened)).rolling(20).mean()
    k = 0.34 / (1.34 + 21 / 19)
    check(table["yang_zhang_20"], np.sqrt(gap.rolling(20).var() + k * move.rolling(20).var() + (1 - k) * range_part))


def test_range_estimators_find_the_volatility_that_was_simulated():
    """On a walk of 500 steps a bar, without gaps; a discrete path reaches less far than a continuous one, so a little below."""
    rng = np.random.default_rng(11)
    path = np.cumsum(rng.normal(0, 0.02 / np.sqrt(500), 500 * 3000))
    ends = np.concatenate(([0.0], path[499::500]))
    inside = np.column_stack([ends[:-1], path.reshape(3000, 500)])
    frame = pd.DataFrame(
        {"open": np.exp(ends[:-1]), "high": np.exp(inside.max(1)), "low": np.exp(inside.min(1)), "close": np.exp(ends[1:])},
        index=pd.date_range("1990-01-01", periods=3000, name="timestamp"),
    )
    names = ["parkinson_20", "garman_klass_20", "rogers_satchell_20", "yang_zhang_20"]
    variance = (features.table(frame, names=names) ** 2).mean()
    assert (np.sqrt(variance) / 0.02).between(0.92, 1.01).all(), np.sqrt(variance) / 0.02


def test_drawdown(table, frame):
    peak = talib.MAX(frame["close"], 63)
    check(table["drawdown_63"], frame["close"] / peak - 1)
    assert (table["drawdown_63"].dropna() <= 0).all()


def test_range_position_is_stochastic_k(table, frame):
    fast_k, _ = talib.STOCHF(frame["high"], frame["low"], frame["close"], fastk_period=20, fastd_period=1)
    check(table["range_position_20"], fast_k / 100)


@pytest.mark.parametrize("end", [63, 64, 300, 599])
def test_autocorrelation(table, frame, end):
    returns = frame["close"].pct_change().to_numpy()[end - 62 : end + 1]
    check(table["autocorrelation_63"].iloc[end], acf(returns, nlags=1, fft=False)[1])


@pytest.mark.parametrize("end", [63, 64, 300, 599])
def test_variance_ratio(table, frame, end):
    path = np.log(frame["close"].to_numpy()[end - 63 : end + 1])
    check(table["variance_ratio_5_63"].iloc[end], VarianceRatio(path, lags=5, debiased=True).vr)
