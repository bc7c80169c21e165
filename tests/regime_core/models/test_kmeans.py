"""Clusters against scikit-learn, their order, their file, and data that bears no clusters."""

import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn import cluster, metrics

from regime_core import states
from regime_core.errors import ModelError
from regime_core.models import kmeans
from regime_core.models.kmeans import KMeans
from stress_markets import index_and_vix


@pytest.fixture(scope="module")
def market():
    return states.market(*index_and_vix(1200))


@pytest.mark.parametrize("k", [2, 3, 5])
def test_states_are_scikit_learns_clusters_by_rising_vix(market, k):
    scaled = (market.values - market.values.mean(axis=0)) / market.values.std(axis=0)
    oracle = cluster.KMeans(k, n_init=10, random_state=0).fit(scaled)
    found = KMeans(k=k).fit(market).cluster(market)
    assert metrics.adjusted_rand_score(oracle.labels_, found.codes) > 0.995
    assert (np.diff(found.centres[:, 2]) > 0).all()
    means = [market.values[found.codes == state, 2].mean() for state in range(k)]
    np.testing.assert_allclose(means, found.centres[:, 2], rtol=0.02)
    assert found.in_sample
    assert found.names == tuple(f"state_{state}" for state in range(k))


def test_distances_are_those_to_the_centres(market):
    found = KMeans(k=3).fit(market).cluster(market)
    scaled = (market.values - market.values.mean(axis=0)) / market.values.std(axis=0)
    centres = (found.centres - market.values.mean(axis=0)) / market.values.std(axis=0)
    np.testing.assert_allclose(found.distances, metrics.pairwise_distances(scaled, centres), rtol=1e-6)


def test_silhouettes_are_scikit_learns_and_choose_k(market):
    found = kmeans.candidates(market).clustering(market)
    scaled = (market.values - market.values.mean(axis=0)) / market.values.std(axis=0)
    codes = KMeans(k=3).fit(market).label(market.values)
    assert found.silhouettes[3] == pytest.approx(metrics.silhouette_score(scaled, codes))
    assert set(found.silhouettes) == {2, 3, 4, 5}
    assert found.k == max(found.silhouettes, key=found.silhouettes.get)
    assert kmeans.candidates(market).clustering(market, 4).k == 4


def test_days_after_the_fit_are_out_of_sample(market):
    model = KMeans().fit(market.rows(None, 800))
    assert not model.cluster(market.rows(800)).in_sample
    assert model.fitted_through_ == market.time[799]


def test_without_a_vix_states_rise_with_volatility():
    bars, _ = index_and_vix(900)
    days = states.market(bars)
    found = kmeans.candidates(days).clustering(days)
    assert found.columns == ("return", "volatility", "parkinson")
    assert (np.diff(found.centres[:, 1]) > 0).all()


def test_the_file_gives_the_same_states_and_the_same_bytes(market, tmp_path):
    model = KMeans(k=3).fit(market)
    (name,) = model.save(tmp_path)
    first = (tmp_path / name).read_bytes()
    again = KMeans.load(tmp_path)
    np.testing.assert_array_equal(again.distances(market.values), model.distances(market.values))
    again.save(tmp_path)
    assert (tmp_path / name).read_bytes() == first


@pytest.mark.parametrize("k", [0, 1, 6])
def test_k_is_two_to_five(market, k):
    with pytest.raises(ModelError, match="2 to 5"):
        KMeans(k=k).fit(market)


def test_k_larger_than_the_data_bears(market):
    few = replace(market, values=np.repeat(market.values[:3], 400, axis=0)[: market.n_days])
    with pytest.raises(ModelError, match="only 3 days that differ"):
        KMeans(k=4).fit(few)
    assert set(kmeans.silhouettes(few)) == {2, 3}
    with pytest.raises(ModelError, match="only 3 days that differ"):
        kmeans.candidates(few).clustering(few, 4)


def test_candidates_come_back_from_json_bit_for_bit(market):
    seen = []
    found = kmeans.candidates(market, progress=lambda *step: seen.append(step))
    assert seen == [("Clustering days", done, 4) for done in range(4)]
    again = kmeans.Candidates.from_dict(json.loads(json.dumps(found.as_dict())))
    assert again.silhouettes == found.silhouettes
    for k in (None, 2, 3, 4, 5):
        one, other = found.clustering(market, k), again.clustering(market, k)
        assert (one.k, one.columns, one.fitted_through, one.in_sample) == (
            other.k,
            other.columns,
            other.fitted_through,
            other.in_sample,
        )
        np.testing.assert_array_equal(one.distances, other.distances)
        np.testing.assert_array_equal(one.centres, other.centres)


def test_candidates_are_the_clusters_of_each_k(market):
    found = kmeans.candidates(market)
    for k in (2, 5):
        np.testing.assert_array_equal(found.clustering(market, k).codes, KMeans(k=k).fit(market).label(market.values))


def test_a_market_without_vix_is_not_labelled_by_a_model_with_one(market):
    bars, _ = index_and_vix(300)
    with pytest.raises(ModelError, match="vix") as caught:
        KMeans().fit(market).cluster(states.market(bars))
    assert caught.value.code == "model.columns"
