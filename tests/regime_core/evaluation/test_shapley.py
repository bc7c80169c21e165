"""Shapley values against every order in which players can join."""

import itertools

import numpy as np
import pytest

from regime_core.evaluation.shapley import coalitions, shapley_values


def by_permutation(worth, n):
    """Mean over all orders of what each adds on joining."""
    out = np.zeros(n)
    orders = list(itertools.permutations(range(n)))
    for order in orders:
        code = 0
        for player in order:
            out[player] += worth[code | 1 << player] - worth[code]
            code |= 1 << player
    return out / len(orders)


@pytest.mark.parametrize("n", [1, 2, 3, 6])
def test_they_are_the_mean_over_all_orders_and_add_up(n):
    worth = np.random.default_rng(n).normal(size=2**n)
    found = shapley_values(worth)
    np.testing.assert_allclose(found, by_permutation(worth, n), atol=1e-12)
    assert found.sum() == pytest.approx(worth[-1] - worth[0], abs=1e-12)


def test_a_dummy_gets_nothing_and_twins_the_same():
    inside = coalitions(4)
    worth = np.where(inside[:, 1] & inside[:, 2], 6.0, 0.0) + 1.5 * inside[:, 3]
    np.testing.assert_allclose(shapley_values(worth), [0, 3, 3, 1.5], atol=1e-12)


def test_coalitions_are_numbered_by_their_members():
    np.testing.assert_array_equal(coalitions(2), [[False, False], [True, False], [False, True], [True, True]])
