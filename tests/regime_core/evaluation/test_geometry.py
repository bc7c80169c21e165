"""Shapes of labelled tables against scikit-learn, pandas and scipy."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from regime_core.evaluation import geometry


@pytest.fixture
def values():
    rng = np.random.default_rng(1)
    return rng.normal(size=(400, 4)) @ rng.normal(size=(4, 4)) * [1e-3, 1, 20, 5] + [0, 3, 15, -2]


def test_principal_components_against_scikit_learn(values):
    found = geometry.principal_components(values)
    oracle = PCA().fit(StandardScaler().fit_transform(values))
    np.testing.assert_allclose(found.share, oracle.explained_variance_ratio_, rtol=1e-10)
    np.testing.assert_allclose(np.abs(found.loadings), np.abs(oracle.components_), atol=1e-9)
    np.testing.assert_allclose(
        np.abs(found.scores), np.abs(oracle.transform(StandardScaler().fit_transform(values))), atol=1e-9
    )
    assert (found.loadings[np.arange(4), np.abs(found.loadings).argmax(axis=1)] > 0).all()


def test_a_column_that_never_changes_has_no_share(values):
    values[:, 2] = 7.0
    found = geometry.principal_components(values)
    assert found.share[-1] == pytest.approx(0, abs=1e-20)
    assert np.isfinite(found.scores).all()


def test_profiles_and_quantiles_against_pandas(values):
    codes = np.random.default_rng(2).integers(0, 3, 400)
    values[:30, 1] = np.nan
    frame = pd.DataFrame(values)
    standard = (frame - frame.mean()) / frame.std(ddof=0)
    np.testing.assert_allclose(geometry.profiles(codes, values, 3), standard.groupby(codes).mean(), atol=1e-12)
    expected = frame[1].groupby(codes).quantile(list(geometry.QUANTILES)).to_numpy().reshape(3, -1)
    np.testing.assert_allclose(geometry.quantiles(codes, values[:, 1], 3), expected, rtol=1e-12)
    assert np.isnan(geometry.quantiles(codes, values[:, 1], 4)[3]).all()
    assert np.isnan(geometry.profiles(codes, values, 4)[3]).all()


def test_correlations_over_the_rows_both_know(values):
    values[:150, 0] = np.nan
    values[100:120, 1] = np.nan
    np.testing.assert_allclose(geometry.correlations(values), pd.DataFrame(values).corr(), atol=1e-12)
    values[:, 3] = 1.0
    assert np.isnan(geometry.correlations(values)[3]).all()


def test_rank_of_the_last_value():
    values = np.random.default_rng(3).normal(size=200).round(1)
    values[5] = np.nan
    expected = stats.percentileofscore(np.delete(values, [5, 199]), values[-1], kind="mean") / 100
    assert geometry.rank_of_last(values) == pytest.approx(expected)
    assert np.isnan(geometry.rank_of_last(np.array([1.0, np.nan])))
    assert np.isnan(geometry.rank_of_last(np.array([1.0])))


@given(
    codes=st.lists(st.integers(0, 4), min_size=3, max_size=40).filter(lambda codes: 1 < len(set(codes)) < len(codes)),
    levels=st.integers(1, 1000),
    seed=st.integers(0, 2**32 - 1),
)
def test_mean_silhouette_is_scikit_learns(codes, levels, seed):
    """Few levels give many equal points."""
    points = np.random.default_rng(seed).integers(0, levels, (len(codes), 3)).astype(float)
    between = metrics.pairwise_distances(points)
    expected = metrics.silhouette_score(between, codes, metric="precomputed")
    assert geometry.mean_silhouette(between, np.array(codes)) == pytest.approx(expected, abs=1e-12)
