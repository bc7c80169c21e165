"""Volume features against pandas, numpy.histogram and scipy."""

import numpy as np
import pytest
from scipy.stats import norm

from regime_core import features
from regime_core.features import volume


@pytest.fixture(params=["bars", "real_bars"])
def frame(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def table(frame):
    return features.table(frame, names=[feature.name for feature in volume.FEATURES])


def check(actual, expected, rtol=1e-9):
    np.testing.assert_allclose(actual, expected, rtol=rtol, atol=1e-13)


def typical_price(frame):
    return (frame["high"] + frame["low"] + frame["close"]) / 3


def test_volume_zscore(table, frame):
    rolling = frame["volume"].rolling(20)
    check(table["volume_zscore_20"], (frame["volume"] - rolling.mean()) / rolling.std())


def test_vwap_distance(table, frame):
    traded = (typical_price(frame) * frame["volume"]).rolling(20).sum()
    check(table["vwap_distance_20"], frame["close"] / (traded / frame["volume"].rolling(20).sum()) - 1)


@pytest.mark.parametrize("end", [49, 50, 211, 400, 599])
def test_volume_profile(table, frame, end):
    window = frame.iloc[end - 49 : end + 1]
    profile, edges = np.histogram(typical_price(window), bins=24, weights=window["volume"])
    control = profile.argmax()
    close = window["close"].iloc[-1]
    check(table["poc_distance_50"].iloc[end], close / edges[control : control + 2].mean() - 1)
    first, last = control, control
    while profile[first : last + 1].sum() < 0.7 * profile.sum():
        above = profile[last + 1] if last < 23 else -1
        below = profile[first - 1] if first > 0 else -1
        first, last = (first, last + 1) if above >= below else (first - 1, last)
    check(table["value_area_position_50"].iloc[end], (close - edges[first]) / (edges[last + 1] - edges[first]))


def test_volume_profile_of_one_crowded_price(bars):
    """49 bars at 100 with little volume and one at 110 that traded far more: it holds the control and the value area alone."""
    price = np.full(50, 100.0)
    price[30] = 110.0
    crowd = bars.iloc[:50].assign(open=price, high=price, low=price, close=price, volume=np.where(price > 100, 1e6, 1.0))
    row = features.table(crowd).iloc[-1]
    width = 10 / 24
    check(row["poc_distance_50"], 100 / (110 - width / 2) - 1)
    check(row["value_area_position_50"], (100 - (110 - width)) / width)


def test_order_flow_by_bulk_classification(table, frame):
    returns = frame["close"].pct_change()
    share = 2 * norm.cdf(returns / returns.rolling(20).std()) - 1
    expected = (share * frame["volume"]).rolling(20).sum() / frame["volume"].rolling(20).sum()
    check(table["order_flow_bulk_20"], expected)


def test_order_flow_by_tick_rule(table, frame):
    sign = np.sign(frame["close"].diff()).replace(0, np.nan).ffill().where(frame["close"].diff().notna())
    expected = (sign * frame["volume"]).rolling(20).sum() / frame["volume"].rolling(20).sum()
    check(table["order_flow_tick_20"], expected)


def test_an_unchanged_close_keeps_the_last_side(bars):
    close = 100 + np.concatenate([[0, 1], np.ones(28)])
    rising_then_still = bars.iloc[:30].assign(open=close, high=close, low=close, close=close)
    assert (features.table(rising_then_still)["order_flow_tick_20"].iloc[20:] == 1.0).all()


def test_bars_without_trades_carry_no_weight(frame):
    """A bar of volume 0 leaves the VWAP where it is."""
    quiet = frame.copy()
    quiet.iloc[300:305, quiet.columns.get_loc("volume")] = 0.0
    table = features.table(quiet)
    kept = quiet.iloc[[*range(290, 300), *range(305, 310)]]
    vwap = np.average(typical_price(kept), weights=kept["volume"])
    check(table["vwap_distance_20"].iloc[309], quiet["close"].iloc[309] / vwap - 1)
