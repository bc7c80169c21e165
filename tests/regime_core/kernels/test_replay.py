"""Replayed paths against the obvious twin."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_core.kernels import reference
from regime_core.kernels.replay import BLOCK, nearest_counts


def weighed(centres, mean, scale):
    """Centres as the kernel takes them: what of a squared distance differs between them."""
    weights = np.zeros((len(centres), 3))
    weights[:, : len(mean)] = -2 * centres / scale
    return weights, (centres**2 + 2 * centres * mean / scale).sum(axis=1)


@settings(deadline=None, max_examples=30)  # the first call compiles
@given(
    st.integers(0, 10_000),
    st.integers(2, 5),
    st.integers(2, 3),
    st.sampled_from([1, 5, 21]),
    st.sampled_from([1, 40, BLOCK + 3]),
)
def test_counts_are_those_of_the_twin(seed, k, n_values, new, n_paths):
    rng = np.random.default_rng(seed)
    known = np.column_stack(
        [
            rng.normal(0, 0.03, 3),
            rng.uniform(0, 0.004, 3),
            rng.uniform(0.004, 0.03, 3),
            rng.normal(3, 0.5, 3),
            rng.uniform(0.05, 0.4, 3),
        ]
    )
    shocks = rng.standard_normal((new, n_paths))
    paths = np.array([shocks.sum(axis=0), (shocks**2).sum(axis=0), shocks[-1], rng.standard_normal(n_paths)])
    centres = rng.standard_normal((k, n_values)) * 2
    mean, scale = np.array([0.0003, 0.012, 19.0])[:n_values], np.array([0.011, 0.006, 8.0])[:n_values]
    found = nearest_counts(known, paths, *weighed(centres, mean, scale), 0.0003, new, 21)
    np.testing.assert_array_equal(found, reference.nearest_counts(known, paths, centres, mean, scale, 0.0003, new, 21))
    np.testing.assert_array_equal(nearest_counts.py_func(known, paths, *weighed(centres, mean, scale), 0.0003, new, 21), found)
    for day in range(3):
        alone = nearest_counts(known[day : day + 1], paths, *weighed(centres, mean, scale), 0.0003, new, 21)
        np.testing.assert_array_equal(alone[0], found[day])


def test_a_path_beyond_all_bounds_still_ends_somewhere():
    known = np.array([[0.0, 0.0, 0.01, 3.0, 1e6]])
    paths = np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 0.0], [9.0, -9.0]])
    weights, constants = weighed(np.array([[0.0, 0.0, -1.0], [0.0, 0.0, 1.0]]), np.array([0.0, 0.01, 20.0]), np.ones(3))
    assert nearest_counts(known, paths, weights, constants, 0.0, 1, 21).tolist() == [[1, 1]]
