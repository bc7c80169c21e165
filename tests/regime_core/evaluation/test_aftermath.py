"""What followed a label, the newest bar, the next step and agreement: against loops by hand, statsmodels and pandas."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from regime_core.evaluation import aftermath as after
from regime_core.evaluation import newest as newest_bar
from regime_core.evaluation import persistence
from regime_core.evaluation.significance import wilson

UNKNOWN = 5


def walk(n, seed=0, spread=0.01):
    return 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, spread, n)))


def spells_of(n, length=10):
    return (np.arange(n) // length % 2).astype(np.int8)


@pytest.mark.parametrize("horizon", [1, 5, 21])
def test_what_followed_is_the_mean_over_each_bar_by_hand(horizon):
    close, codes, first = walk(700), spells_of(700), 49
    found = after.aftermath(close, codes, 1, first=first, horizon=horizon, draws=50)
    of_label, of_all = [], []
    for t in range(first, 700 - horizon):
        path = close[t : t + horizon + 1]
        steps = path[1:] / path[:-1] - 1
        fall = min(path[j] / path[: j + 1].max() - 1 for j in range(horizon + 1))
        row = (path[-1] / path[0] - 1, np.mean(steps**2), fall)
        of_all.append(row)
        if codes[t] == 1:
            of_label.append(row)
    for rows, told in ((of_label, found.label), (of_all, found.every)):
        ret, variance, fall = np.mean(rows, axis=0)
        assert told["return"].value == pytest.approx(ret)
        assert told["volatility"].value == pytest.approx(np.sqrt(variance))
        assert told["drawdown"].value == pytest.approx(fall)
    assert (found.n, found.n_all) == (len(of_label), len(of_all))
    assert (found.first, found.last) == (first, 700 - horizon - 1)
    assert found.gap["return"].value == pytest.approx(found.label["return"].value - found.every["return"].value)


def test_stretches_of_the_label_are_counted_among_bars_whose_outcome_is_known():
    codes = np.array([1] * 60 + [0] * 10 + [1] * 5 + [0] * 10 + [1] * 3, dtype=np.int8)
    found = after.aftermath(walk(len(codes)), codes, 1, first=49, horizon=5)
    assert found.spells == 2
    assert found.n == 11 + 5


def test_volatility_after_the_wild_label_is_told_apart_and_a_label_by_the_clock_is_not():
    rng = np.random.default_rng(3)
    wild = np.arange(3000) // 30 % 2
    close = 100 * np.exp(np.cumsum(rng.normal(0, np.where(wild, 0.03, 0.005))))
    found = after.aftermath(close, wild, 1, first=0, horizon=5)
    assert found.told_apart("volatility") is True
    assert found.gap["volatility"].low > 0
    chance = after.aftermath(walk(3000, seed=5), (np.arange(3000) // 30 % 2), 1, first=0, horizon=5)
    assert chance.told_apart("return") is False


def test_nine_in_ten_intervals_of_a_mean_return_hold_the_true_one():
    """Independent returns around a known mean: the interval at one bar ahead must hold it about 95 times in 100."""
    held = 0
    for seed in range(60):
        returns = np.random.default_rng(seed).normal(0.001, 0.01, 800)
        close = 100 * np.cumprod(1 + returns)
        _, low, high = after.aftermath(close, spells_of(800), 1, first=0, horizon=1, draws=400).label["return"]
        held += low < 0.001 < high
    assert held >= 50


@pytest.mark.parametrize(
    ("n", "length", "there"),
    [(60, 10, False), (419, 10, False), (900, 10, True), (900, 400, False)],
    ids=["short", "under ten blocks", "enough", "too few stretches"],
)
def test_no_interval_is_made_of_too_little(n, length, there):
    found = after.aftermath(walk(n), spells_of(n, length), 1, first=0, horizon=21, draws=50)
    assert np.isfinite(found.label["return"].low) == there
    assert (found.told_apart("return") is not None) == there
    assert np.isfinite(found.every["return"].value)


def test_a_label_without_a_known_outcome_has_no_mean():
    none = after.aftermath(walk(15), np.zeros(15, dtype=np.int8), 0, first=0, horizon=21)
    assert (none.n, none.n_all, none.first, none.last) == (0, 0, -1, -1)
    assert np.isnan(none.every["return"].value)
    other = after.aftermath(walk(500), np.zeros(500, dtype=np.int8), 3, first=0, horizon=5)
    assert other.n == 0
    assert np.isnan(other.label["drawdown"].value)


def test_the_future_of_the_last_bar_is_not_counted():
    close, codes = walk(400), spells_of(400)
    longer = after.aftermath(np.append(close, 1e6), np.append(codes, 1), 1, first=0, horizon=1)
    shorter = after.aftermath(close, codes, 1, first=0, horizon=1)
    assert longer.n_all == shorter.n_all + 1
    assert longer.every["return"].value > 10
    assert shorter.every["return"].value < 1


@pytest.mark.parametrize(("successes", "trials"), [(0, 12), (350, 397), (12, 12), (1, 3)])
def test_wilson_against_statsmodels(successes, trials):
    low, high = wilson([successes], [trials])
    assert (low[0], high[0]) == pytest.approx(proportion_confint(successes, trials, method="wilson"), abs=1e-12)
    assert np.isnan(wilson([0], [0])[0][0])


def test_the_next_step_counts_what_followed_the_present_state():
    codes = np.array([UNKNOWN, 0, 0, 1, 1, 0, UNKNOWN, 0, 0, 0, 2, 0], dtype=np.int8)
    found = persistence.next_step(codes, 5)
    pairs = pd.DataFrame({"a": codes[:-1], "b": codes[1:]}).query("a < 5 and b < 5")
    expected = pairs[pairs.a == 0].b.value_counts().reindex(range(5), fill_value=0)
    np.testing.assert_array_equal(found.counts, expected)
    assert found.n == 5
    np.testing.assert_allclose(found.probability, expected / 5)
    assert found.as_now[0] == pytest.approx((pairs.a == pairs.b).mean())
    assert found.as_now.sum() == pytest.approx(1)
    assert (found.low <= found.probability).all()
    assert (found.high >= found.probability).all()


def test_a_state_that_was_never_followed_has_no_next_step():
    found = persistence.next_step(np.array([0, 0, 1], dtype=np.int8), 5)
    assert (found.code, found.n) == (1, 0)
    for part in (found.probability, found.low, found.high, found.as_now):
        assert np.isnan(part).all()


def test_the_newest_bar_beside_the_one_before():
    codes = np.array([UNKNOWN] * 3 + [2, 2, 2, 3], dtype=np.int8)
    sure = np.array([0, 0, 0, 0.5, 0.6, 0.7, 0.9])
    close = np.array([10, 10, 10, 10, 11, 12, 9.0])
    found = newest_bar.newest(codes, sure, close, first=3)
    assert (found.code, found.age, found.censored, found.changed) == (3, 1, False, True)
    assert (found.code_before, found.age_before, found.confidence_before) == (2, 3, 0.7)
    assert (found.move, found.simple_return) == (-3, pytest.approx(-0.25))
    before = newest_bar.newest(codes[:-1], sure[:-1], close[:-1], first=3)
    assert (before.age, before.censored, before.changed) == (3, True, False)
    assert not newest_bar.newest(codes[:-1], sure[:-1], close[:-1], first=2).censored


def test_a_single_bar_and_a_price_below_zero():
    found = newest_bar.newest(np.array([UNKNOWN]), np.zeros(1), np.array([10.0]), first=49)
    assert (found.code_before, found.changed) == (None, False)
    assert np.isnan(found.move)
    below = newest_bar.newest(np.array([0, 0]), np.ones(2), np.array([-5.0, 1.0]), first=0)
    assert below.move == 6
    assert np.isnan(below.simple_return)


def test_agreement_counts_bars_on_which_all_answer_alike():
    found = newest_bar.agreement(np.array([[0, 1, 5, 2], [0, 1, 5, 2], [0, 2, 5, 5]], dtype=np.int8), 5)
    assert (found.alike, found.n, found.share) == (1, 3, pytest.approx(1 / 3))
    assert np.isnan(newest_bar.agreement(np.empty((3, 0), dtype=np.int8), 5).share)
