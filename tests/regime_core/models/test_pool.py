"""Weights of a pool against a search over the simplex."""

import numpy as np
import pytest
from scipy.optimize import minimize

from regime_core import states
from regime_core.models import pool
from regime_core.models.kmeans import KMeans
from regime_core.models.members import Margin, Markov, Past
from stress_markets import index_and_vix


def test_weights_make_what_came_likeliest(rng):
    given = rng.uniform(0.05, 1, (400, 3)) ** np.array([0.5, 0.7, 1.5])
    found = pool.weights(given, 400)
    best = minimize(
        lambda free: -np.log(given @ np.array([*free, 1 - sum(free)])).mean(),
        [1 / 3, 1 / 3],
        bounds=[(0, 1), (0, 1)],
        constraints={"type": "ineq", "fun": lambda free: 1 - sum(free)},
        options={"ftol": 1e-12},
    ).x
    assert found.sum() == pytest.approx(1)
    expected = np.array([*best, 1 - best.sum()])
    expected = np.where(expected < pool.SMALLEST_WEIGHT, 0, expected)
    np.testing.assert_allclose(found, expected / expected.sum(), atol=2e-3)


def test_a_member_that_adds_nothing_is_left_out():
    sure = np.full(200, 0.8)
    assert pool.weights(np.column_stack([sure, sure / 2]), 200).tolist() == [1.0, 0.0]


def test_a_small_gain_counts_only_on_many_independent_outcomes(rng):
    given = np.column_stack([rng.uniform(0.2, 0.9, 500), rng.uniform(0.2, 0.88, 500)])
    mixed = pool.weights(given, 1e9)
    assert (mixed > 0).all()
    alone = np.log(given).mean(axis=0)
    gain = np.log(given @ mixed).mean() - alone.max()
    np.testing.assert_array_equal(pool.weights(given, 0.99 / gain), np.eye(2)[alone.argmax()])
    np.testing.assert_array_equal(pool.weights(given, 1.01 / gain), mixed)


@pytest.mark.parametrize("horizon", [1, 21])
def test_outcomes_that_overlap_are_not_independent(horizon, monkeypatch):
    market, weights, told = states.market(*index_and_vix(500)), pool.weights, []
    monkeypatch.setattr(pool, "weights", lambda given, independent: (told.append(independent), weights(given, independent))[1])
    pool.weighted(Past.of(market, KMeans().fit(market), horizon), {"margin": Margin, "markov": Markov})
    assert told == [(market.n_days - 21 - horizon) / horizon]
