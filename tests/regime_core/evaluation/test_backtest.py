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


def test_wealth_drawdowns_and_trades_by_hand():
    found = backtest.zero_one(RETURNS, np.ones(6, dtype=bool), delay=0, cost_bp=0)
    np.testing.assert_allclose(found.wealth, [1, 0.5, 0.6, 0.9, 0.81, 1.053])
    np.testing.assert_allclose(found.drawdowns, [0, -0.5, -0.4, -0.1, -0.19, 0], atol=1e-15)
    assert found.trades == 1
    # in, out, in, and in still
    assert backtest.zero_one(RETURNS, HOLD, delay=1).trades == 3


def test_a_year_has_as_many_days_as_the_series_says():
    days = np.arange(3_653) * 86_400_000_000_000
    assert backtest.periods_a_year(days) == pytest.approx(365.25)
    week = np.isin(np.arange(3_653) % 7, [0, 1, 2, 3, 4])
    assert backtest.periods_a_year(days[week]) == pytest.approx(365.25 * 5 / 7, rel=2e-3)
    assert backtest.periods_a_year(days[:1]) == 252
    one = backtest.zero_one(RETURNS, HOLD, periods=365.25)
    assert one.volatility == pytest.approx(one.returns.std(ddof=1) * np.sqrt(365.25))
    assert one.turnover == pytest.approx(3 / 6 * 365.25)


def test_returns_are_of_the_close_before():
    np.testing.assert_allclose(backtest.simple_returns(np.array([100.0, 110.0, 55.0])), [0, 0.1, -0.5])
    assert len(backtest.simple_returns(np.empty(0))) == 0


def test_the_difference_is_of_means_and_of_sharpe_ratios():
    rng = np.random.default_rng(3)
    returns = rng.normal(4e-4, 0.01, 2_500)
    hold = backtest.zero_one(returns, np.ones(2_500, dtype=bool), delay=0, cost_bp=0)
    rule = backtest.zero_one(returns, rng.random(2_500) < 0.6, delay=0, cost_bp=5)
    found = backtest.difference(rule, hold)
    assert found.mean == pytest.approx((rule.returns.mean() - hold.returns.mean()) * 252)
    assert found.sharpe == pytest.approx(rule.sharpe - hold.sharpe)
    assert found.mean_low < found.mean < found.mean_high
    assert found.sharpe_low < found.sharpe < found.sharpe_high
    # days are independent here, so that the interval is about that of the mean of a normal sample
    spread = (rule.returns - hold.returns).std(ddof=1) / np.sqrt(2_500) * 252
    assert found.mean_high - found.mean_low == pytest.approx(2 * 1.96 * spread, rel=0.15)


def test_what_always_earns_more_is_beyond_chance_and_the_same_is_not():
    rng = np.random.default_rng(4)
    returns = rng.normal(0, 0.01, 1_000)
    hold = backtest.zero_one(returns, np.ones(1_000, dtype=bool), delay=0, cost_bp=0)
    knowing = backtest.zero_one(returns, np.append(returns[1:] > 0, True), delay=0, cost_bp=0)
    assert backtest.difference(knowing, hold).beyond_chance
    same = backtest.difference(hold, hold)
    assert (same.mean, same.mean_low, same.mean_high, same.sharpe) == (0, 0, 0, 0)
    assert not same.beyond_chance


def test_the_interval_keeps_its_promise():
    outside = 0
    for seed in range(120):
        rng = np.random.default_rng([5, seed])
        returns = rng.normal(0, 0.01, 800)
        hold = backtest.zero_one(returns, np.ones(800, dtype=bool), delay=0, cost_bp=0)
        rule = backtest.zero_one(returns, rng.random(800) < 0.5, delay=0, cost_bp=0)
        outside += backtest.difference(rule, hold, draws=400, random_state=seed).beyond_chance
    # of rules without worth, 5 in 100 look better or worse than chance; of so few blocks some more
    assert outside <= 24


def test_too_few_days_have_no_difference():
    one = backtest.zero_one(RETURNS[:1], HOLD[:1])
    assert np.isnan(backtest.difference(one, one).mean)
    with pytest.raises(ValueError, match="cannot be set beside"):
        backtest.difference(one, backtest.zero_one(RETURNS, HOLD))


def test_a_rule_that_never_trades_has_no_sharpe_to_compare():
    hold = backtest.zero_one(RETURNS, np.ones(6, dtype=bool))
    never = backtest.zero_one(RETURNS, np.zeros(6, dtype=bool))
    found = backtest.difference(never, hold)
    assert np.isnan(found.sharpe)
    assert np.isnan(found.sharpe_low)
    assert found.mean == pytest.approx(-hold.returns.mean() * 252)
