"""Agreement of two divisions of the same rows, against scikit-learn and by hand."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from regime_core.evaluation import agreement

PAIRS = st.integers(1, 60).flatmap(
    lambda n: st.tuples(*(st.lists(st.integers(0, 4), min_size=n, max_size=n).map(np.array) for _ in range(2)))
)


@given(PAIRS)
def test_the_adjusted_rand_index_is_that_of_scikit_learn(pair):
    one, other = pair
    ours = agreement.adjusted_rand_index(agreement.crosswalk(one, other, 5, 5))
    assert ours == pytest.approx(metrics.adjusted_rand_score(one, other), abs=1e-12)


def test_the_index_of_thirty_thousand_rows_does_not_overflow():
    rng = np.random.default_rng(0)
    one = rng.integers(0, 2, 30_000)
    other = np.where(rng.random(30_000) < 0.1, 1 - one, one)
    ours = agreement.adjusted_rand_index(agreement.crosswalk(one, other, 2, 2))
    assert ours == pytest.approx(metrics.adjusted_rand_score(one, other), abs=1e-12)


@given(PAIRS)
def test_no_other_matching_keeps_more_rows(pair):
    one, other = pair
    table = agreement.crosswalk(one, other, 5, 5)
    kept = len(one) - int(agreement.changed(one, other, table).sum())
    assert kept == max(sum(table[order[state], state] for state in range(5)) for order in itertools.permutations(range(5)))


def test_states_are_matched_by_their_rows_and_not_by_their_numbers():
    reference = np.array([0, 0, 0, 1, 1, 1])
    renamed = np.array([1, 1, 1, 0, 0, 1])
    table = agreement.crosswalk(reference, renamed, 2, 2)
    np.testing.assert_array_equal(table, [[0, 3], [2, 1]])
    np.testing.assert_array_equal(agreement.matches(table), [1, 0])
    np.testing.assert_array_equal(agreement.changed(reference, renamed, table), [False] * 5 + [True])


def test_rows_of_a_state_that_is_left_over_change_hands():
    reference = np.array([0, 0, 0, 1, 1, 1])
    three = np.array([0, 0, 1, 1, 2, 2])
    table = agreement.crosswalk(reference, three, 2, 3)
    assert agreement.matches(table).tolist() == [0, -1, 1]
    assert agreement.changed(reference, three, table).tolist() == [False, False, True, True, False, False]
    two = agreement.crosswalk(three, reference, 3, 2)
    assert agreement.changed(three, reference, two).tolist() == [False, False, True, True, False, False]


def test_of_equal_matchings_states_keep_their_numbers():
    for even in ([[2, 2], [2, 2]], [[0, 1], [0, 1]], [[2, 3, 3], [2, 3, 3], [0, 0, 3]]):
        assert agreement.matches(np.array(even)).tolist() == list(range(len(even)))


def test_the_border_is_where_two_centres_are_as_near():
    centres = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 10.0]])
    rows = np.array([[0.0, 0.0], [1.5, 0.0], [3.0, 7.0], [2.0, 1.0], [0.0, 4.5]])
    np.testing.assert_allclose(agreement.border_distance(rows, centres)[[0, 1, 3, 4]], [2.0, 0.5, 0.0, 0.5])


def test_the_distance_to_the_border_is_the_least_step_that_changes_the_nearest_centre():
    rng = np.random.default_rng(3)
    centres = rng.normal(size=(4, 3))
    for row in rng.normal(size=(20, 3)):
        distance = float(agreement.border_distance(row[None], centres)[0])
        own = ((row - centres) ** 2).sum(axis=1).argmin()
        steps = rng.normal(size=(4000, 3))
        steps /= np.linalg.norm(steps, axis=1)[:, None]

        def left(length, row=row, own=own, steps=steps):
            to = row + length * steps
            return (((to[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1) != own).any()

        assert not left(0.999 * distance)
        assert left(1.02 * distance + 0.01)


def test_groups_by_nearness_are_equally_large_and_in_order():
    distance = np.array([0.5, 0.1, 0.9, 0.2, 0.7, 0.3, 0.8])
    groups = agreement.nearness(distance, 3)
    assert np.bincount(groups).tolist() == [3, 2, 2]
    assert groups[distance.argmin()] == 0
    assert all(distance[groups == i].max() < distance[groups == i + 1].min() for i in range(2))
    np.testing.assert_allclose(agreement.means_by_group(distance, np.array([0, 0, 0, 0, 2, 2, 2]), 3), [0.425, np.nan, 0.6])
