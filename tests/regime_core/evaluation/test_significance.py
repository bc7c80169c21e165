"""Tests against scipy and statsmodels; the bootstrap against a loop, and against what it must know of chance."""

import numpy as np
import pytest
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


def test_longer_blocks_know_that_neighbours_are_alike(rng):
    """Of a moving sum over 20 days, single-day blocks take a mean for far more certain than it is."""
    series = np.convolve(rng.standard_normal(3000), np.ones(20), "valid")
    true = 20 / np.sqrt(3000)  # standard error of the mean
    single, long = (significance.block_means(series, block=block, draws=2000).std() for block in (1, 60))
    assert single < 0.4 * true
    assert 0.7 * true < long < 1.3 * true


def test_p_is_small_for_a_gain_and_uniform_for_none(rng):
    assert significance.paired_p(rng.normal(0.3, 1, 500), block=21, draws=2000) < 0.01
    assert significance.paired_p(rng.normal(-0.3, 1, 500), block=21, draws=2000) > 0.99
    p = [significance.paired_p(rng.normal(0, 1, 300), block=5, draws=300, random_state=i) for i in range(200)]
    assert stats.kstest(p, "uniform").pvalue > 0.001


@pytest.mark.parametrize(("horizon", "days"), [(1, 21), (5, 21), (21, 42)])
def test_blocks_hold_overlapping_outcomes(horizon, days):
    assert significance.block_length(horizon) == days
