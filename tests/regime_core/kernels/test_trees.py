"""Trees in flat arrays against the obvious."""

import numpy as np
import pytest

from regime_core.kernels import trees
from regime_core.models.trees import Nodes, complete


def by_recursion(row, left, right, feature, threshold, value, node=0):
    if left[node] < 0:
        return value[node]
    child = left[node] if row[feature[node]] < threshold[node] else right[node]
    return by_recursion(row, left, right, feature, threshold, value, child)


LEFT = np.array([1, 3, -1, -1, 5, -1, -1], dtype=np.int32)
RIGHT = np.array([2, 4, -1, -1, 6, -1, -1], dtype=np.int32)
FEATURE = np.array([0, 1, 0, 0, 2, 0, 0], dtype=np.int32)
THRESHOLD = np.array([0.1, -0.2, 0, 0, 0.3, 0, 0], dtype=np.float32)
COVER = np.array([16.0, 10, 6, 7, 3, 1, 2])
VALUE = np.array([[0, 0], [0, 0], [10, 1], [20, 2], [0, 0], [30, 3], [40, 4]], dtype=np.float32)
MEANS_BY_HAND = [(7 * 20 + 30 + 2 * 40 + 6 * 10) / 16, (7 * 20 + 30 + 2 * 40) / 10, 10, 20, (30 + 2 * 40) / 3, 30, 40]
"""Of the first output: seven rows reach 20, one 30, two 40 and six 10."""


@pytest.fixture
def lopsided():
    nodes = Nodes(LEFT, RIGHT, FEATURE, THRESHOLD, COVER, VALUE, 1)
    return complete([nodes, nodes._replace(left=LEFT[:1] * 0 - 1, right=LEFT[:1] * 0 - 1, value=VALUE[5:6], group=0)])


@pytest.mark.parametrize("n_rows", [1, 63, 64, 65, 200])
def test_lopsided_trees_equal_recursion(lopsided, n_rows):
    rows = np.random.default_rng(1).normal(size=(n_rows, 3)).astype(np.float32)
    rows[0] = [0.0, -0.2, 0.3]  # on a border, here of both inner nodes, a row goes right
    rows[1:2, 0] = 0.1
    got = trees.margins(rows, *lopsided[:4], 3)
    walked = np.array([by_recursion(row, LEFT, RIGHT, FEATURE, THRESHOLD, VALUE) for row in rows])
    np.testing.assert_array_equal(got, np.column_stack([np.full(n_rows, 30), walked[:, 0] + 3, walked[:, 1]]))


def test_a_mean_weighs_the_leaves_below_by_their_rows():
    got = trees.expected(LEFT, RIGHT, COVER, VALUE.astype(float))
    np.testing.assert_allclose(got[:, 0], MEANS_BY_HAND, rtol=1e-12)
    np.testing.assert_allclose(got[:, 1], np.array(MEANS_BY_HAND) / 10, rtol=1e-12)


def test_a_step_is_credited_to_the_feature_that_decided_it(lopsided):
    feature, threshold, _, group, mean = lopsided
    row = np.array([0.0, 0.0, 0.9], dtype=np.float32)  # left, right, right: to the leaf of 40
    parts = trees.attributions(row, feature, threshold, mean, group, 3)
    root, first, _, _, second, _, last = MEANS_BY_HAND
    np.testing.assert_allclose(parts[0], [0, 0, 0, 30])
    np.testing.assert_allclose(parts[1], [first - root, second - first, last - second, root + 3])
    np.testing.assert_allclose(parts[2], (parts[1] - [0, 0, 0, 3]) / 10)
    np.testing.assert_allclose(parts.sum(axis=1), trees.margins(row[None], *lopsided[:4], 3)[0], rtol=1e-12)
