"""Filter and smoother of a hidden Markov chain against their twins, every path there is, and statsmodels."""

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression

from regime_core.kernels import hmm, reference


def chain(k, n, *, seed=0, spread=3.0):
    """Made-up log-densities, first probabilities and transitions."""
    rng = np.random.default_rng(seed)
    return spread * rng.standard_normal((n, k)), rng.dirichlet(np.ones(k)), rng.dirichlet(np.ones(k), size=k)


@given(st.integers(2, 5), st.integers(1, 60), st.integers(0, 2**32 - 1), st.sampled_from([0.1, 3.0, 400.0]))
@settings(max_examples=60, deadline=None)
def test_kernels_agree_with_their_twins(k, n, seed, spread):
    log_density, start, transition = chain(k, n, seed=seed, spread=spread)
    filtered, log_likelihood = hmm.forward(log_density, start, transition)
    expected, expected_log_likelihood = reference.hmm_forward(log_density, start, transition)
    np.testing.assert_allclose(filtered, expected, atol=1e-9)
    assert log_likelihood == pytest.approx(expected_log_likelihood)
    expected = reference.hmm_smooth(log_density, start, transition)
    np.testing.assert_allclose(hmm.smooth(filtered, transition), expected, atol=1e-9)


@pytest.mark.parametrize("compiled", [True, False])
def test_a_short_chain_is_the_sum_over_its_paths(compiled):
    forward, smooth = (hmm.forward, hmm.smooth) if compiled else (hmm.forward.py_func, hmm.smooth.py_func)
    log_density, start, transition = chain(3, 5)
    weight = {}
    for path in product(range(3), repeat=5):
        steps = np.prod([transition[i, j] for i, j in pairwise(path)])
        weight[path] = start[path[0]] * steps * np.exp(sum(log_density[t, state] for t, state in enumerate(path)))
    total = sum(weight.values())
    smoothed = [[sum(w for path, w in weight.items() if path[t] == state) / total for state in range(3)] for t in range(5)]
    filtered, log_likelihood = forward(log_density, start, transition)
    assert log_likelihood == pytest.approx(np.log(total))
    np.testing.assert_allclose(smooth(filtered, transition), smoothed, atol=1e-12)
    np.testing.assert_allclose(filtered[-1], smoothed[-1], atol=1e-12)


def test_statsmodels_gives_the_same_probabilities():
    rng = np.random.default_rng(4)
    value = np.where(np.arange(300) // 50 % 2, 3.0, 1.0) * rng.standard_normal(300)
    transition = np.array([[0.97, 0.03], [0.06, 0.94]])
    mean, variance = np.array([0.1, -0.2]), np.array([1.1, 8.0])
    model = MarkovRegression(value, k_regimes=2, switching_variance=True)
    theirs = model.smooth([transition[0, 0], transition[1, 0], *mean, *variance])
    log_density = -0.5 * ((value[:, None] - mean) ** 2 / variance + np.log(2 * np.pi * variance))
    start = np.array([transition[1, 0], transition[0, 1]]) / (transition[0, 1] + transition[1, 0])
    filtered, log_likelihood = hmm.forward(log_density, start, transition)
    np.testing.assert_allclose(filtered, theirs.filtered_marginal_probabilities, atol=1e-9)
    np.testing.assert_allclose(hmm.smooth(filtered, transition), theirs.smoothed_marginal_probabilities, atol=1e-9)
    assert log_likelihood == pytest.approx(theirs.llf)


def test_a_state_that_cannot_be_is_not():
    log_density = np.array([[-2000.0, 0.0], [0.0, -2000.0], [-1.0, -1.0]])
    filtered, log_likelihood = hmm.forward(log_density, np.array([1.0, 0.0]), np.eye(2))
    np.testing.assert_array_equal(filtered, [[1, 0]] * 3)
    assert log_likelihood == -2001.0
    np.testing.assert_array_equal(hmm.smooth(filtered, np.eye(2)), [[1, 0]] * 3)
