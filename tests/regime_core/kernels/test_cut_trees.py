"""Trees by their cuts give the sums that walking down them gives, bit for bit."""

import numpy as np
import pytest

from regime_core.errors import ArtifactError
from regime_core.models import trees
from regime_core.models.trees import Nodes

N_FEATURES = 7


def grown(depth, cuts, rng, *, ragged=True):
    """A tree whose splits lie on some of the cuts (n_features, n_cuts); where ragged, some branches end early."""
    left, right, feature, threshold = [-1], [-1], [0], [0.0]
    open_ = [(0, 0)]
    while open_:
        node, level = open_.pop()
        if level == depth or (ragged and level > 0 and rng.random() < 0.2):
            continue
        feature[node] = int(rng.integers(N_FEATURES))
        threshold[node] = float(rng.choice(cuts[feature[node]]))
        for side in (left, right):
            side[node] = len(left)
            for column, empty in ((left, -1), (right, -1), (feature, 0), (threshold, 0.0)):
                column.append(empty)
            open_.append((side[node], level + 1))
    n = len(left)
    return Nodes(
        *(np.array(column, dtype=np.int32) for column in (left, right, feature)),
        np.array(threshold, dtype=np.float32),
        np.ones(n),
        rng.normal(size=(n, 1)).astype(np.float32),
        int(rng.integers(3)),
    )


@pytest.fixture(scope="module")
def cuts():
    return np.sort(np.random.default_rng(3).normal(size=(N_FEATURES, 255)).astype(np.float32), axis=1)


@pytest.mark.parametrize("depth", range(1, 7))
@pytest.mark.parametrize("n_rows", [1, 63, 64, 65, 300])
def test_sums_are_those_of_a_walk(depth, n_rows, cuts):
    rng = np.random.default_rng(depth)
    forest = [grown(depth, cuts, rng) for _ in range(6)] + [grown(depth, cuts, rng, ragged=False) for _ in range(6)]
    rows = rng.normal(size=(n_rows, N_FEATURES)).astype(np.float32)
    on_a_cut = rng.random(rows.shape) < 0.3
    rows = np.where(on_a_cut, cuts[np.arange(N_FEATURES), rng.integers(255, size=rows.shape)], rows)
    rows[0, :3] = -1e30, 1e30, 0.0
    walked = trees.complete(forest).margins(rows)
    assert len(np.unique(walked)) > 3
    found = trees.cut(forest, N_FEATURES)
    np.testing.assert_array_equal(found.margins(rows), walked)
    parts = np.array([trees.complete(forest).contributions(row) for row in rows])
    np.testing.assert_allclose([found.contributions(row) for row in rows], parts, atol=1e-5)


def test_as_many_cuts_as_a_byte_counts_are_served_and_no_more(cuts):
    stumps = [
        Nodes(
            *(np.array(column, dtype=np.int32) for column in ([1, -1, -1], [2, -1, -1], [4, 0, 0])),
            np.array([value, 0, 0], dtype=np.float32),
            np.ones(3),
            np.array([[0], [1], [2]], dtype=np.float32),
            0,
        )
        for value in [*cuts[4], 9.0]
    ]
    rows = np.zeros((3, N_FEATURES), dtype=np.float32)
    rows[:, 4] = cuts[4, 0] - 1, cuts[4, 100], cuts[4, 254]
    np.testing.assert_array_equal(trees.cut(stumps[:255], N_FEATURES).margins(rows)[:, 0], [255, 255 + 101, 510])
    with pytest.raises(ArtifactError, match="more often"):
        trees.cut(stumps, N_FEATURES)


def test_trees_deeper_than_is_served_are_refused(cuts):
    rng = np.random.default_rng(0)
    with pytest.raises(ArtifactError, match="deeper"):
        trees.cut([grown(7, cuts, rng, ragged=False)], N_FEATURES)
