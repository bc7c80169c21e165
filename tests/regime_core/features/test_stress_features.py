"""Inputs of the forecaster against pandas, and blind to the future."""

import numpy as np
import pandas as pd
import pytest

from regime_core import states
from regime_core.features import stress
from stress_markets import index_and_vix


@pytest.fixture(scope="module")
def market():
    return states.market(*index_and_vix(500))


def test_columns_are_those_of_pandas(market):
    close, returns, vix = (pd.Series(values) for values in (market.bars.close, market.values[:, 0], market.vix))
    squares = pd.Series(np.log(market.bars.high / market.bars.low) ** 2 / (4 * np.log(2)))
    expected = {
        "level": np.log(vix),
        "change_1": np.log(vix).diff(),
        "change_5": np.log(vix).diff(5),
        "against_21": np.log(vix / vix.rolling(21).mean()),
        "against_126": np.log(vix / vix.rolling(126).mean()),
        "range_5": np.log(np.sqrt(squares.rolling(5).mean())),
        "range_21": np.log(np.sqrt(squares.rolling(21).mean())),
        "volatility_5": np.log(np.sqrt((returns**2).rolling(5).mean())),
        "volatility_21": np.log(returns.rolling(21).std()),
        "volatility_63": np.log(np.sqrt((returns**2).rolling(63).mean())),
        "return_1": returns,
        "return_5": returns.rolling(5).sum(),
        "return_21": returns.rolling(21).sum(),
        "size_1": returns.abs(),
        "size_leaving": returns.abs().shift(20),
        "drawdown_126": close / close.rolling(126).max() - 1,
    }
    found = stress.table(market)
    assert tuple(expected) == stress.NAMES
    for column, (name, values) in enumerate(expected.items()):
        np.testing.assert_allclose(found[126:, column], values[126:], rtol=1e-7, atol=1e-12, err_msg=name)
    assert np.isnan(found[: stress.FIRST_ROW]).all()
    assert np.isfinite(found[stress.FIRST_ROW :]).all()


@pytest.mark.parametrize("cut", [25, 130, 333])
@pytest.mark.parametrize("with_vix", [True, False])
def test_no_input_sees_the_future(cut, with_vix):
    bars, vix = index_and_vix(500)
    market = states.market(bars, vix if with_vix else None)
    np.testing.assert_array_equal(stress.table(market.rows(None, cut)), stress.table(market)[:cut])
    for horizon in (1, 5, 21):
        whole = stress.ingredients(market, horizon)
        np.testing.assert_array_equal(stress.ingredients(market.rows(None, cut), horizon), whole[:cut])


@pytest.mark.parametrize("horizon", [1, 5, 21, 40])
def test_the_window_ahead_is_made_of_known_and_expected_days(market, horizon):
    """Against the mean over many windows whose new days are drawn with the expected mean and variance."""
    rng = np.random.default_rng(0)
    mean, ratio, day = 0.0004, 0.7, 300
    values, window, _ = np.split(stress.ingredients(market, horizon), [3, 6], axis=1)
    found = stress.expected_ahead(values, window, horizon, mean_return=mean, ratio=ratio)[day]
    new = min(horizon, 21)
    known = market.values[day - 20 + new : day + 1, 0]
    sigma = np.sqrt(ratio) * market.vix[day] / 100 / np.sqrt(252)
    drawn = rng.normal(mean, sigma, (200_000, new))
    windows = np.column_stack([np.tile(known, (len(drawn), 1)), drawn])
    expected = np.mean(np.mean(windows**2, axis=1) * 21 / 20) - (known.sum() + new * mean) ** 2 / 21 / 20
    assert found[1] ** 2 == pytest.approx(expected, rel=0.01)
    assert found[0] == mean
    assert found[2] == market.values[day, 2]


def test_the_premium_is_the_share_of_expected_variance_that_came(market):
    past = market.rows(None, 400)
    came = np.mean(past.values[1:, 0] ** 2)
    assert stress.variance_ratio(past) == pytest.approx(came / np.mean((past.vix[:-1] / 100) ** 2 / 252))


def test_a_vendor_without_ranges_still_gives_inputs():
    bars, _ = index_and_vix(300)
    flat = bars._replace(open=bars.close, high=bars.close, low=bars.close)
    assert np.isfinite(stress.table(states.market(flat))[stress.FIRST_ROW :]).all()
