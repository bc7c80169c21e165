"""Answers from arrays are those of the libraries that fitted them."""

import numpy as np
import pytest
import xgboost
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from regime_core.models.classifiers import CLASSIFIERS, FLOOR, Logistic, RandomForest, XGBoost


@pytest.fixture(scope="module", params=[2, 3])
def data(request):
    rng = np.random.default_rng(1)
    inputs = rng.standard_normal((600, 4))
    score = inputs[:, 0] + 0.5 * inputs[:, 1] ** 2 + 0.5 * rng.standard_normal(600)
    return (
        inputs,
        np.digitize(score, np.quantile(score, np.arange(1, request.param) / request.param)).astype(np.int8),
        request.param,
    )


def test_logistic(data):
    inputs, codes, k = data
    oracle = LogisticRegression(C=0.3, max_iter=5000).fit(inputs, codes).predict_proba(inputs)
    np.testing.assert_allclose(Logistic().fit(inputs, codes, k).probabilities(inputs), oracle, atol=5 * FLOOR)


def test_random_forest(data):
    inputs, codes, k = data
    oracle = RandomForestClassifier(
        n_estimators=20, max_depth=7, min_samples_leaf=15, max_features=0.3, max_samples=0.5, random_state=0
    ).fit(inputs, codes)
    found = RandomForest(trees=20).fit(inputs, codes, k).probabilities(inputs)
    np.testing.assert_allclose(found, oracle.predict_proba(inputs), atol=5 * FLOOR)


def test_xgboost(data):
    inputs, codes, k = data
    model = XGBoost(rounds=10).fit(inputs, codes, k)
    np.testing.assert_allclose(model.probabilities(inputs), model.booster_.predict(xgboost.DMatrix(inputs)), atol=5 * FLOOR)


@pytest.mark.parametrize("name", sorted(CLASSIFIERS))
def test_every_classifier_keeps_the_contract(name, data):
    inputs, codes, k = data
    model = CLASSIFIERS[name]().fit(inputs, codes, k)
    given = model.probabilities(inputs)
    assert given.shape == (600, k)
    assert (given > 0).all()
    np.testing.assert_allclose(given.sum(axis=1), 1)
    again = CLASSIFIERS[name].of(model.arrays())
    np.testing.assert_array_equal(again.probabilities(inputs), given)
    np.testing.assert_array_equal(CLASSIFIERS[name]().fit(inputs, codes, k).probabilities(inputs), given)
    for rows in (slice(0, 1), slice(3, 50), slice(599, 600)):
        np.testing.assert_array_equal(model.probabilities(inputs[rows]), given[rows])
    assert all(array.dtype != object for array in model.arrays().values())


@pytest.mark.parametrize("name", sorted(CLASSIFIERS))
def test_a_state_never_met_keeps_a_small_probability(name):
    rng = np.random.default_rng(2)
    inputs = rng.standard_normal((300, 2))
    codes = np.where(inputs[:, 0] > 0, 3, 1).astype(np.int8)
    given = CLASSIFIERS[name]().fit(inputs, codes, 4).probabilities(inputs)
    assert (given > 0).all()
    assert given[:, [0, 2]].max() < 0.05
    assert np.mean(given.argmax(axis=1) == codes) > 0.95
