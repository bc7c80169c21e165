"""Tests against scipy and statsmodels; the bootstrap against a loop, and against what it must know of chance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.multitest import multipletests

from regime_core.evaluation import significance


def test_welch_is_scipys(rng):
    for sizes in ((5, 9), (200, 31)):
        one, other = rng.normal(0, 1, sizes[0]), rng.normal(0.4, 3, sizes[1])
        expected = stats.ttest_ind(one, other, equal_var=False)
        assert significance.welch(one, other) == pytest.approx((expected.statistic, expected.pvalue))


def test_welch_of_constants():
    assert significance.welch(np.ones(4), np.ones(5)) == (0.0, 1.0)
    assert significance.welch(np.ones(4), np.zeros(5)) == (np.inf, 0.0)


def test_holm_is_statsmodels(rng):
    for n in (1, 2, 10):
        p = rng.random(n) ** 3
        np.testing.assert_allclose(significance.holm(p), multipletests(p, method="holm")[1])
    assert len(significance.holm([])) == 0


def test_mean_interval_is_scipys(rng):
    values = rng.normal(0.2, 1, 40)
    expected = stats.t.interval(0.95, 39, loc=values.mean(), scale=stats.sem(values))
    assert significance.mean_interval(values) == pytest.approx(expected)
    assert np.isnan(significance.mean_interval(values[:1])).all()


def test_mcnemar_is_statsmodels(rng):
    first, second = rng.random(300) < 0.8, rng.random(300) < 0.7
    table = [[np.sum(first & second), np.sum(first & ~second)], [np.sum(~first & second), np.sum(~first & ~second)]]
    assert significance.mcnemar(first, second).p_value == pytest.approx(statsmodels_mcnemar(table, exact=True).pvalue)
    assert significance.mcnemar(first, first).p_value == 1.0


@pytest.mark.parametrize("block", [1, 7, 40, 500])
def test_block_means_are_those_of_a_loop(rng, block):
    values = rng.normal(0, 1, (45, 2))
    weights = rng.random(45)
    found = significance.block_means(values, block=block, draws=30, random_state=4, weights=weights)
    length = min(block, 45)
    draw = np.random.default_rng(4)
    starts = draw.integers(0, 45, (30, 45 // length))
    last = draw.integers(0, 45, 30) if 45 % length else None
    for i in range(30):
        rows = [(start + j) % 45 for start in starts[i] for j in range(length)]
        if last is not None:
            rows += [(last[i] + j) % 45 for j in range(45 % length)]
        assert len(rows) == 45
        np.testing.assert_allclose(found[i], np.average(values[rows], axis=0, weights=weights[rows]))


def gathered_means(values, block, draws, seed, weights):
    """The obvious twin of ``block_means``: every row of every draw, laid out side by side."""
    n, length = len(values), min(block, len(values))
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, n, (draws, n // length))
    rows = (starts[:, :, None] + np.arange(length)).reshape(draws, -1)
    if n % length:
        rows = np.column_stack([rows, rng.integers(0, n, draws)[:, None] + np.arange(n % length)])
    rows %= n
    with np.errstate(invalid="ignore"):
        return (values * weights)[rows].sum(axis=1) / weights[rows].sum(axis=1)


@given(
    n=st.integers(1, 90),
    columns=st.integers(1, 4),
    block=st.integers(1, 100),
    draws=st.integers(1, 40),
    at_once=st.integers(1, 200),
    seed=st.integers(0, 2**32 - 1),
    own_weights=st.booleans(),
)
def test_counted_blocks_give_the_means_of_gathered_rows(n, columns, block, draws, at_once, seed, own_weights):
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 1, (n, columns))
    weights = rng.integers(0, 2, (n, columns if own_weights else 1)).astype(float)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(significance, "STARTS_AT_ONCE", at_once)
        given_weights = weights if own_weights else weights[:, 0]
        found = significance.block_means(values, block=block, draws=draws, random_state=seed, weights=given_weights)
    np.testing.assert_allclose(found, gathered_means(values, block, draws, seed, weights), rtol=1e-12, atol=1e-13)


def test_columns_drawn_together_are_as_if_drawn_alone(rng):
    values, weights = rng.normal(0, 1, (300, 3)), rng.random((300, 3))
    together = significance.block_means(values, block=21, draws=50, weights=weights)
    alone = [significance.block_means(values[:, i], block=21, draws=50, weights=weights[:, i]) for i in range(3)]
    np.testing.assert_array_equal(together, np.column_stack(alone))


def test_longer_blocks_know_that_neighbours_are_alike(rng):
    """Of a moving sum over 20 days, single-day blocks take a mean for far more certain than it is."""
    series = np.convolve(rng.standard_normal(3000), np.ones(20), "valid")
    true = 20 / np.sqrt(3000)  # standard error of the mean
    single, long = (significance.block_means(series, block=block, draws=2000).std() for block in (1, 60))
    assert single < 0.4 * true
    assert 0.7 * true < long < 1.3 * true


def p_of(gain, **drawing):
    return significance.paired_p(gain.mean(), significance.block_means(gain, **drawing))


def test_p_is_small_for_a_gain_and_uniform_for_none(rng):
    assert p_of(rng.normal(0.3, 1, 500), block=21, draws=2000) < 0.01
    assert p_of(rng.normal(-0.3, 1, 500), block=21, draws=2000) > 0.99
    p = [p_of(rng.normal(0, 1, 300), block=5, draws=300, random_state=i) for i in range(200)]
    assert stats.kstest(p, "uniform").pvalue > 0.001


def test_p_of_no_gain_at_all_is_one():
    assert p_of(np.zeros(60), block=21, draws=100) == 1.0
    assert significance.paired_p(1.0, np.ones(99)) == 0.01


@pytest.mark.parametrize(("horizon", "days"), [(1, 21), (5, 21), (21, 42)])
def test_blocks_hold_overlapping_outcomes(horizon, days):
    assert significance.block_length(horizon) == days
