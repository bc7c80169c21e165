"""Rules that follow labels, on markets made by hand."""

import dataclasses

import numpy as np
import pytest

from markets import daily_bars, labels_of
from records import walk_of
from regime_core import backtests
from regime_core.backtests import Trade
from regime_core.bars import DAY_NS
from regime_core.errors import RegimeError

N = 200
CLOSE = 100 * np.cumprod(1 + 0.01 * np.sin(np.arange(N)))
BARS = daily_bars(CLOSE)
AT_ONCE = Trade(0, 0.0)


def labelled(codes):
    return labels_of(BARS, codes, np.full(N, 0.9))


def test_a_bar_s_label_is_followed_from_the_next_day_on():
    codes = np.zeros(N, dtype=int)
    codes[100:110] = 1
    found = backtests.of_labels(BARS, labelled(codes), (1,), AT_ONCE)
    out = np.flatnonzero(found.rule.position == 0)
    assert out.tolist() == [0, *range(101, 111)]
    np.testing.assert_allclose(found.hold.wealth[-1], CLOSE[-1] / CLOSE[0])
    late = backtests.of_labels(BARS, labelled(codes), (1,), Trade(2, 0.0))
    assert np.flatnonzero(late.rule.position == 0).tolist() == [0, 1, 2, *range(103, 113)]


def test_it_begins_with_the_first_known_label_and_holds_at_unknown_ones_later():
    codes = np.zeros(N, dtype=int)
    codes[:49] = 5
    codes[120] = 5
    found = backtests.of_labels(BARS, labelled(codes), (1, 3), AT_ONCE)
    assert found.time[0] == BARS.time[49]
    assert found.rule.position[1:].all()
    assert found.difference.mean == 0


@pytest.mark.parametrize("cut", [60, 130])
def test_no_day_earns_by_a_later_label_or_price(cut):
    codes = np.random.default_rng(1).integers(0, 5, N)
    changed = codes.copy()
    changed[cut:] = (codes[cut:] + 1) % 5
    other = CLOSE.copy()
    other[cut + 1 :] *= 2
    one = backtests.of_labels(BARS, labelled(codes), (1, 3), Trade(1, 10.0))
    two = backtests.of_labels(daily_bars(other), labelled(changed), (1, 3), Trade(1, 10.0))
    np.testing.assert_array_equal(one.rule.returns[: cut + 1], two.rule.returns[: cut + 1])
    np.testing.assert_array_equal(one.rule.position[: cut + 2], two.rule.position[: cut + 2])


def test_forecasts_and_today_s_states_are_followed_by_date():
    high = np.full(150, 0.1)
    high[20:30] = 0.9
    today = np.zeros(150, dtype=int)
    today[40:45] = 1
    walk = walk_of(high.tolist(), today.tolist(), [0] * 150)
    ahead = backtests.of_forecasts(BARS, walk, (1,), AT_ONCE, horizon=1)
    assert len(ahead.time) == 150  # the prices go on for longer
    assert np.flatnonzero(ahead.rule.position == 0).tolist() == [0, *range(21, 31)]
    now = backtests.of_states(BARS, walk, (1,), AT_ONCE)
    assert np.flatnonzero(now.rule.position == 0).tolist() == [0, *range(41, 46)]


def test_a_day_without_a_forecast_keeps_the_one_before():
    walk = walk_of([0.1] * 20 + [0.9] + [0.1] * 129, [0] * 150, [0] * 150)
    kept = np.arange(150) != 21
    rows = {name: getattr(walk, name)[kept] for name in ("time", "horizon", "today", "realised", "known", "stay")}
    rows |= {name: getattr(walk, name)[kept] for name in ("probabilities", "markov", "margin")}
    found = backtests.of_forecasts(BARS, dataclasses.replace(walk, **rows), (1,), AT_ONCE, horizon=1)
    assert np.flatnonzero(found.rule.position == 0).tolist() == [0, 21, 22]


@pytest.mark.parametrize(
    ("bars", "code"),
    [
        (daily_bars(CLOSE, step_ns=DAY_NS // 24), "backtest.intraday"),
        (daily_bars(CLOSE[:100]), "backtest.short"),
        (BARS._replace(close=np.where(np.arange(N) == 70, -1.0, CLOSE)), "backtest.prices"),
    ],
)
def test_what_cannot_be_tested_says_why(bars, code):
    labels = labels_of(bars, np.zeros(bars.n_bars, dtype=int), np.full(bars.n_bars, 0.9))
    with pytest.raises(RegimeError) as raised:
        backtests.of_labels(bars, labels, (1,), AT_ONCE)
    assert raised.value.code == code


def test_a_series_without_a_known_label_is_too_short():
    with pytest.raises(RegimeError, match="there are 0"):
        backtests.of_labels(BARS, labelled(np.full(N, 5)), (1,), AT_ONCE)
