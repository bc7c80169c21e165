"""Trees in flat arrays, and labels that hold on, against the obvious."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from regime_core.kernels import persistence, trees


def by_recursion(row, left, right, feature, value, node=0):
    if left[node] < 0:
        return value[node]
    child = left[node] if row[feature[node]] < value[node] else right[node]
    return by_recursion(row, left, right, feature, value, child)


@pytest.mark.parametrize("n_rows", [1, 63, 64, 65, 200])
def test_lopsided_trees_equal_recursion(n_rows):
    left = np.array([1, 3, -1, -1, 5, -1, -1], dtype=np.int32)
    right = np.array([2, 4, -1, -1, 6, -1, -1], dtype=np.int32)
    feature = np.array([0, 1, 0, 0, 2, 0, 0], dtype=np.int32)
    value = np.array([0.1, -0.2, 10, 20, 0.3, 30, 40], dtype=np.float32)
    complete = [column[None] for column in trees.complete(left, right, feature, value, 3)]
    rows = np.random.default_rng(1).normal(size=(n_rows, 3)).astype(np.float32)
    rows[0] = [0.0, -0.2, 0.3]  # on a border, here of both inner nodes, a row goes right
    rows[1:2, 0] = 0.1
    got = trees.margins(rows, *complete, np.array([1], dtype=np.int32), 2)
    np.testing.assert_array_equal(got[:, 1], [by_recursion(row, left, right, feature, value) for row in rows])
    assert (got[:, 0] == 0).all()


def held_by_hand(margins, lead, t):
    window = margins[max(0, t - persistence.MEMORY + 1) : t + 1]
    held = int(window[0].argmax())
    for row in window[1:]:
        if row.max() - row[held] > lead:
            held = int(row.argmax())
    return held


@settings(deadline=None)  # the first call compiles
@given(hnp.arrays(float, st.tuples(st.integers(1, 90), st.just(3)), elements=st.floats(-3, 3)), st.floats(0, 2))
def test_held_labels_equal_the_obvious(margins, lead):
    held = persistence.hold(margins, lead, 0)
    assert held.tolist() == [held_by_hand(margins, lead, t) for t in range(len(margins))]


def test_a_held_label_ignores_a_brief_doubt_and_follows_a_clear_lead():
    margins = np.array([[1.0, 0.0], [0.0, 0.5], [1.0, 0.0], [0.0, 0.8], [0.0, 0.1]])
    assert persistence.hold(margins, 0.7, 0).tolist() == [0, 0, 0, 1, 1]
    assert persistence.hold(margins, 0.0, 0).tolist() == [0, 1, 0, 1, 1]


@settings(deadline=None)  # the first call compiles
@given(
    hnp.arrays(float, st.tuples(st.integers(1, 20), st.just(5)), elements=st.floats(0.01, 1)),
    st.lists(st.integers(0, 4), min_size=20, max_size=20),
)
def test_the_held_class_ends_on_top_and_the_rest_keeps_its_sum(raw, held):
    probabilities = raw / raw.sum(axis=1, keepdims=True)
    codes = np.array(held[: len(raw)], dtype=np.int8)
    shared = probabilities.copy()
    persistence.share_the_top(shared, codes)
    assert (shared.argmax(axis=1) == codes).all()
    np.testing.assert_allclose(shared.sum(axis=1), 1, atol=1e-12)
    agreed = probabilities.argmax(axis=1) == codes
    np.testing.assert_array_equal(shared[agreed], probabilities[agreed])
