"""How states move with k, the penalty and the seed: on markets where the answer is known."""

import numpy as np
import pytest
from sklearn import cluster, metrics

from regime_core import states
from regime_core.models import jump, kmeans, sensitivity
from stress_markets import index_and_vix


@pytest.fixture(scope="module")
def market():
    return states.market(*index_and_vix(900, seed=2))


@pytest.fixture(scope="module")
def candidates(market):
    return kmeans.candidates(market)


def vary(varied, market, candidates, k):
    return sensitivity.vary(varied, market, candidates, candidates.clustering(market, k))


def test_other_numbers_of_states_are_the_candidates(market, candidates):
    found = vary("k", market, candidates, 3)
    assert [variant.k for variant in found.variants] == [2, 4, 5]
    present = candidates.clustering(market, 3).codes
    for variant in found.variants:
        np.testing.assert_array_equal(variant.codes, candidates.clustering(market, variant.k).codes)
        assert variant.rand == pytest.approx(metrics.adjusted_rand_score(present, variant.codes))
        assert variant.silhouette == pytest.approx(candidates.silhouettes[variant.k])
        assert variant.switches == sum(one != other for one, other in zip(variant.codes, variant.codes[1:], strict=False))
        assert int(variant.table.sum()) == market.n_days
    assert found.switches == np.count_nonzero(np.diff(present))


def test_every_seed_is_a_fit_of_its_own(market, candidates):
    found = vary("seed", market, candidates, 3)
    assert [(v.starts, v.value) for v in found.variants] == [(n, seed) for n in (1, 10) for seed in range(sensitivity.SEEDS)]
    rows = (market.values - market.values.mean(axis=0)) / market.values.std(axis=0)
    for variant in (found.variants[0], found.variants[7], found.variants[-1]):
        fit = cluster.KMeans(3, n_init=variant.starts, random_state=int(variant.value)).fit(rows)
        assert metrics.adjusted_rand_score(fit.labels_, variant.codes) == pytest.approx(1.0, abs=0.01)
    shown = next(variant for variant in found.variants if (variant.starts, variant.value) == (10, 0))
    assert shown.share == 0.0  # what the states shown were made with
    assert shown.rand == 1.0


def test_a_larger_penalty_changes_states_less_often_and_none_at_all_is_kmeans(market, candidates):
    found = vary("penalty", market, candidates, 2)
    assert [variant.value for variant in found.variants] == [0.0, *jump.PENALTIES]
    free = found.variants[0]
    assert free.rand > 0.98
    switches = [variant.switches for variant in found.variants]
    assert switches == sorted(switches, reverse=True)
    assert switches[0] > switches[3]
    for variant in found.variants:
        levels = [market.vix[variant.codes == code].mean() for code in range(2) if (variant.codes == code).any()]
        assert levels == sorted(levels)
        assert variant.met == len(levels)


def test_a_setting_that_lost_a_state_does_not_count_where_days_lie(market, candidates):
    found = vary("penalty", market, candidates, 2)
    lost = [variant for variant in found.variants if not variant.whole]
    assert lost, "the largest penalty leaves one state"
    assert all(np.isnan(variant.silhouette) and variant.met == 1 for variant in lost)
    whole = np.mean([variant.changed for variant in found.variants if variant.met == 2], axis=0)
    np.testing.assert_allclose(found.differs, whole)


def test_days_that_change_hands_are_counted_by_how_near_the_border_they_lie(market, candidates):
    found = vary("penalty", market, candidates, 2)
    order = np.argsort(found.border, kind="stable")
    near = order[: -(-len(order) // 4)]
    assert found.near_share == pytest.approx(found.differs[near].sum() / found.differs.sum())
    share, reach = found.by_nearness(4)
    assert share.mean() == pytest.approx(found.differs.mean(), abs=0.01)
    assert list(reach) == sorted(reach)
    assert reach[-1] == found.border.max()


def test_the_border_is_measured_in_standard_deviations(market, candidates):
    found = vary("k", market, candidates, 2)
    low, high = candidates.models[2].centres_
    rows = (market.values - market.values.mean(axis=0)) / market.values.std(axis=0)
    axis = (high - low) / np.linalg.norm(high - low)
    np.testing.assert_allclose(found.border, np.abs((rows - (low + high) / 2) @ axis), atol=1e-9)


def test_where_no_day_changes_hands_nothing_is_said_of_the_border(market, candidates):
    found = vary("seed", market, candidates, 2)
    firm = [variant for variant in found.variants if not variant.changed.any()]
    same = sensitivity.Sensitivity("seed", found.present, tuple(firm), found.border, found.switches)
    assert np.isnan(same.near_share)
    assert not same.differs.any()
    assert not sensitivity.Sensitivity("seed", found.present, (), found.border, 0).differs.any()
