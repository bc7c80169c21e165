"""Where a value stands in its past, against the obvious ways."""

import numpy as np
import pytest
from scipy import stats

from regime_core.evaluation import geometry
from regime_core.evaluation.standing import MIDDLE, N_BINS, YEAR_NS, past_ranks, standing

DAY_NS = 86_400_000_000_000


def series(n=1500, seed=2, holes=0.1):
    rng = np.random.default_rng(seed)
    values = np.round(rng.normal(size=n).cumsum(), 1)
    values[rng.random(n) < holes] = np.nan
    return np.arange(n, dtype=np.int64) * DAY_NS, values


def test_ranks_are_those_of_scipy_among_earlier_values_alone():
    _, values = series(1200)
    ranks = past_ranks(values)
    for at in (1, 2, 50, 511, 512, 513, 1199):
        past = values[:at][np.isfinite(values[:at])]
        if np.isnan(values[at]) or not len(past):
            assert np.isnan(ranks[at])
        else:
            assert ranks[at] == pytest.approx(stats.percentileofscore(past, values[at], kind="mean") / 100)


@pytest.mark.parametrize("cut", [60, 512, 700])
def test_no_rank_sees_the_future(cut):
    _, values = series()
    np.testing.assert_array_equal(past_ranks(values)[:cut], past_ranks(values[:cut]))


def test_of_nothing_known_nothing_is_said():
    assert np.isnan(past_ranks(np.full(5, np.nan))).all()
    found = standing(np.arange(5, dtype=np.int64), np.full(5, np.nan))
    assert np.isnan([found.value, found.rank, found.median, found.year_ago, found.place(1.0)]).all()
    assert (found.n_past, found.since, found.counts.sum()) == (0, -1, 0)


def test_the_last_value_within_its_past():
    time, values = series(holes=0.0)
    found = standing(time, values)
    past = values[:-1]
    assert found.rank == geometry.rank_of_last(values)
    assert found.median == np.median(past)
    assert found.year_ago == values[-1 - 365]
    low, high = np.quantile(past, MIDDLE)
    assert (found.low_end, found.high_end) == (min(low, values[-1]), max(high, values[-1]))
    assert found.counts.sum() == ((past >= found.low_end) & (past <= found.high_end)).sum()
    assert len(found.counts) == N_BINS
    assert found.place(found.low_end) == 0.0
    assert found.place(found.high_end + 1) == 1.0


@pytest.mark.parametrize(
    ("last", "high", "since"), [(6.0, True, 1), (3.0, True, 4), (0.5, False, -1), (2.5, True, 4), (9.5, True, -1)]
)
def test_since_when_it_was_as_extreme(last, high, since):
    found = standing(np.arange(7, dtype=np.int64), np.array([1.0, 9.0, 2.0, 1.5, 3.0, 2.0, last]))
    assert (found.high, found.since) == (high, since)


def test_a_year_ago_is_not_further_back_than_a_month_more():
    time = np.array([0, 400 * DAY_NS], dtype=np.int64)
    assert np.isnan(standing(time, np.array([1.0, 2.0])).year_ago)
    time = np.array([0, YEAR_NS + 20 * DAY_NS], dtype=np.int64)
    assert standing(time, np.array([1.0, 2.0])).year_ago == 1.0
