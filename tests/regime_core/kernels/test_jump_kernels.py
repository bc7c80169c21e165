"""The dynamic programme of jump models against every path there is, and coordinate descent against what it promises."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from regime_core.kernels import jump, reference

ROWS = hnp.arrays(float, st.tuples(st.integers(1, 6), st.just(2)), elements=st.floats(-3, 3))
CENTRES = {k: hnp.arrays(float, (k, 2), elements=st.floats(-2, 2)) for k in (2, 3)}


@pytest.mark.parametrize(("k", "steps", "n_points"), [(2, 1, 2), (3, 1, 3), (2, 20, 21), (3, 20, 231), (4, 10, 286)])
def test_points_are_all_of_the_grid_on_the_simplex(k, steps, n_points):
    points = jump.simplex(k, steps)
    assert points.shape == (n_points, k)
    assert len(np.unique(points, axis=0)) == n_points
    np.testing.assert_allclose(points.sum(axis=1), 1)
    np.testing.assert_allclose(points * steps, np.round(points * steps), atol=1e-12)
    if steps == 1:
        np.testing.assert_array_equal(points, np.eye(k))


def test_penalties_by_hand():
    # points (1, 0), (1/2, 1/2), (0, 1): half the probability moves in one step, all of it in two
    np.testing.assert_allclose(jump.penalties(jump.simplex(2, 2), 8.0), [[0, 2, 8], [2, 0, 2], [8, 2, 0]])


@settings(deadline=None, max_examples=40)  # the first call compiles
@given(ROWS, st.sampled_from([(2, 1), (3, 1), (2, 2), (2, 3)]), st.floats(0, 8), st.data())
def test_the_path_is_the_cheapest_of_all(rows, shape, penalty, data):
    k, steps = shape
    centres = data.draw(CENTRES[k])
    points = jump.simplex(k, steps)
    costs = jump.penalties(points, penalty)
    start = np.zeros(len(points))
    values = jump.forward(rows, centres, points, costs, start)
    np.testing.assert_allclose(values, reference.jump_costs(rows, centres, points, costs, start), atol=1e-9)
    _, least = reference.jump_path(rows, centres, points, costs)
    path, cost = jump.cheapest(rows, centres, points, costs)
    assert cost == pytest.approx(least, abs=1e-9)
    for found in (path, jump.backward(values, costs)):  # of equally cheap paths any may be found, so that costs are compared
        own = np.array([(points[i] * ((row - centres) ** 2).sum(axis=1) / 2).sum() for i, row in zip(found, rows, strict=True)])
        assert own.sum() + costs[found[:-1], found[1:]].sum() == pytest.approx(least, abs=1e-9)


@pytest.mark.parametrize("k", [2, 3])
def test_the_path_of_corners_is_the_cheapest_of_all(rng, k):
    points = jump.simplex(k, 1)
    for penalty in (0.0, 0.3, 1.0, 3.0):
        for _ in range(5):
            rows, centres = rng.normal(size=(7, 2)), rng.normal(size=(k, 2))
            best, least = reference.jump_path(rows, centres, points, jump.penalties(points, penalty))
            path, cost = jump.corner_path(rows, centres, penalty)
            np.testing.assert_array_equal(path, best)
            assert cost == pytest.approx(least)


@settings(deadline=None, max_examples=40)
@given(ROWS, st.integers(0, 5), st.floats(0, 8))
def test_costs_carry_on_from_where_they_ended(rows, cut, penalty):
    centres, points = np.array([[0.0, 0.0], [1.0, 1.0]]), jump.simplex(2, 4)
    costs = jump.penalties(points, penalty)
    whole = jump.forward(rows, centres, points, costs, np.zeros(len(points)))
    cut = min(cut, len(rows) - 1)
    first = jump.forward(rows[: cut + 1], centres, points, costs, np.zeros(len(points)))
    np.testing.assert_array_equal(first, whole[: cut + 1])
    rest = jump.forward(rows[cut + 1 :], centres, points, costs, first[-1])
    np.testing.assert_array_equal(rest, whole[cut + 1 :])


def test_a_state_that_no_row_belongs_to_keeps_its_centre():
    rows = np.array([[1.0, 2.0], [3.0, 4.0]])
    centres = np.array([[9.0, 9.0], [7.0, 7.0]])
    path = np.zeros(2, dtype=np.int16)
    means = jump.weighted_means(rows, jump.simplex(2, 1), path, centres)
    np.testing.assert_allclose(means, [[2, 3], [7, 7]])
    # half of each row to either state: both means are that of all rows
    halves = np.full(2, 1, dtype=np.int16)
    np.testing.assert_allclose(jump.weighted_means(rows, jump.simplex(2, 2), halves, centres), [[2, 3], [2, 3]])


@pytest.mark.parametrize("steps", [1, 5])
def test_descent_ends_where_neither_path_nor_means_can_be_bettered(rng, steps):
    rows = rng.normal(size=(300, 2)) + 2.0 * (np.arange(300)[:, None] // 50 % 2)
    points = jump.simplex(2, steps)
    costs = jump.penalties(points, 5.0)
    starts = np.array([jump.seeds(rows, 2, rng.random((2, 3))) for _ in range(8)])
    before = starts.copy()
    centres, objectives = jump.descend(rows, starts, points, costs, 100)
    np.testing.assert_array_equal(starts, before)
    for start, centre, objective in zip(starts, centres, objectives, strict=True):
        if np.isinf(objective):
            assert (objectives < np.inf).any()  # met the way of another
            continue
        path, again = jump.cheapest(rows, centre, points, costs)
        assert again == objective
        np.testing.assert_allclose(jump.weighted_means(rows, points, path, centre), centre)
        assert objective <= jump.cheapest(rows, start, points, costs)[1] + 1e-9


def test_seeds_are_rows_far_apart(rng):
    rows = np.concatenate([rng.normal(size=(50, 2)) * 0.1, 10 + rng.normal(size=(50, 2)) * 0.1])
    for _ in range(20):
        seeds = jump.seeds(rows, 2, rng.random((2, 3)))
        assert all((rows == seed).all(axis=1).any() for seed in seeds)
        assert abs(seeds[0, 0] - seeds[1, 0]) > 8


def test_interpreted_kernels_say_the_same(rng):
    rows, centres = rng.normal(size=(30, 2)), rng.normal(size=(3, 2))
    points = jump.simplex(3, 2)
    costs = jump.penalties(points, 2.0)
    values = jump.forward(rows, centres, points, costs, np.zeros(6))
    plain = jump.forward.py_func(rows, centres, points, costs, np.zeros(6))
    np.testing.assert_allclose(plain, values, rtol=1e-12)
    path = jump.backward(values, costs)
    np.testing.assert_array_equal(jump.backward.py_func(plain, costs), path)
    np.testing.assert_allclose(
        jump.weighted_means.py_func(rows, points, path, centres), jump.weighted_means(rows, points, path, centres), rtol=1e-12
    )
    np.testing.assert_array_equal(jump.corner_path.py_func(rows, centres, 2.0)[0], jump.corner_path(rows, centres, 2.0)[0])
    draws = rng.random((3, 2))
    np.testing.assert_array_equal(jump.seeds.py_func(rows, 3, draws), jump.seeds(rows, 3, draws))
    ends, objectives = jump.descend.py_func(rows, centres[None], points, costs, 20)
    np.testing.assert_allclose(ends, jump.descend(rows, centres[None], points, costs, 20)[0], rtol=1e-9)
    assert np.isfinite(objectives).all()
