"""The 0/1 strategy against examples worked out by hand."""

import numpy as np
import pytest

from regime_core.evaluation import backtest

RETURNS = np.array([0.10, -0.50, 0.20, 0.50, -0.10, 0.30])
HOLD = np.array([True, False, True, True, False, False])


def test_a_signal_earns_two_days_later_with_a_delay_of_one():
    found = backtest.zero_one(RETURNS, HOLD, delay=1, cost_bp=0)
    # the first signal is known at the close of day 0, traded at that of day 1, and earns on day 2
    assert found.position.tolist() == [0, 0, 1, 0, 1, 1]
    np.testing.assert_allclose(found.returns, [0, 0, 0.20, 0, -0.10, 0.30])


def test_without_a_delay_it_earns_the_next_day():
    assert backtest.zero_one(RETURNS, HOLD, delay=0).position.tolist() == [0, 1, 0, 1, 1, 0]


def test_costs_are_paid_on_each_day_of_trading():
    found = backtest.zero_one(RETURNS, HOLD, delay=1, cost_bp=10)
    np.testing.assert_allclose(found.returns, [0, 0, 0.199, -0.001, -0.101, 0.30])
    # three trades in six days
    assert found.turnover == pytest.approx(3 / 6 * 252)


def test_cash_earns_while_out_and_is_taken_off_the_excess():
    found = backtest.zero_one(RETURNS, HOLD, delay=1, cost_bp=0, cash=0.01)
    np.testing.assert_allclose(found.returns, [0.01, 0.01, 0.20, 0.01, -0.10, 0.30])
    np.testing.assert_allclose(found.excess, [0, 0, 0.19, 0, -0.11, 0.29])
    assert found.sharpe == pytest.approx(found.excess.mean() / found.excess.std(ddof=1) * np.sqrt(252))


def test_drawdown_and_return_by_hand():
    found = backtest.zero_one(RETURNS, np.ones(6, dtype=bool), delay=0, cost_bp=0)
    # wealth 1, 1, 0.5, 0.6, 0.9, 0.81, 1.053: the deepest fall is from 1 to 0.5
    assert found.drawdown == pytest.approx(-0.5)
    assert found.annual_return == pytest.approx(1.053 ** (252 / 6) - 1)
    late = backtest.zero_one(RETURNS, HOLD, delay=1, cost_bp=0)
    # wealth 1.2, 1.2, 1.08, 1.404
    assert late.drawdown == pytest.approx(-0.1)


def test_the_wealth_begun_with_counts_as_a_peak():
    found = backtest.zero_one(np.zeros(2), np.zeros(2, dtype=bool), cash=-0.1)
    assert found.drawdown == pytest.approx(0.9 * 0.9 - 1)


def test_sharpe_by_hand():
    found = backtest.zero_one(np.array([0.0, 0.03, 0.01]), np.ones(3, dtype=bool), delay=0, cost_bp=0)
    # returns 0, 0.03, 0.01: mean 0.04 / 3, sample variance (16 + 25 + 1) / 9 / 2 in squared percent
    assert found.sharpe == pytest.approx((0.04 / 3) / (np.sqrt(42 / 18) / 100) * np.sqrt(252))
    assert found.volatility == pytest.approx(np.sqrt(42 / 18) / 100 * np.sqrt(252))


def test_never_in_the_market_has_no_sharpe():
    found = backtest.zero_one(RETURNS, np.zeros(6, dtype=bool))
    assert np.isnan(found.sharpe)
    assert found.drawdown == 0
    assert found.turnover == 0


@pytest.mark.parametrize("cut", [1, 2, 4])
def test_no_day_earns_by_a_later_signal(cut):
    changed = HOLD.copy()
    changed[cut:] = ~changed[cut:]
    one, other = (backtest.zero_one(RETURNS, hold, delay=1).returns for hold in (HOLD, changed))
    np.testing.assert_array_equal(one[: cut + 2], other[: cut + 2])


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="before the signal"):
        backtest.zero_one(RETURNS, HOLD, delay=-1)
    with pytest.raises(ValueError, match="do not go with"):
        backtest.zero_one(RETURNS, HOLD[:-1])


def test_fewer_days_than_the_delay_are_all_cash():
    found = backtest.zero_one(RETURNS[:1], HOLD[:1])
    assert found.position.tolist() == [0]
    assert np.isnan(found.sharpe)
    assert np.isnan(found.volatility)
    empty = backtest.zero_one(RETURNS[:0], HOLD[:0])
    assert np.isnan(empty.annual_return)
    assert np.isnan(empty.turnover)
