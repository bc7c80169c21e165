"""Stretches in sight: exact while they are few, and what held longest where they are many."""

import numpy as np

from components.figures import runs, strips
from components.figures import window as windows
from markets import daily_bars, labels_of


def window_of(codes, confidence=None, first=0, stop=None):
    n = len(codes)
    bars = daily_bars(np.linspace(100, 120, n))
    sure = np.full(n, 0.5) if confidence is None else confidence
    return windows.window("Test", bars, labels_of(bars, codes, sure), first, n if stop is None else stop)


def test_few_spells_are_cut_at_the_edges_of_what_is_in_sight():
    seen = runs.in_sight(window_of([5, 0, 0, 0, 3, 3, 2, 2], first=2, stop=7))
    assert seen.start.tolist() == [0, 2, 4]
    assert seen.stop.tolist() == [2, 4, 5]
    assert seen.code.tolist() == [0, 3, 2]


def test_many_spells_become_stretches_of_what_held_longest():
    rng = np.random.default_rng(1)
    n, most = 10_000, 100
    codes = np.repeat(rng.integers(0, 6, n // 4), 4)
    seen = runs.in_sight(window_of(codes, rng.random(n)), most)
    assert len(seen.start) <= most
    assert (seen.start[0], seen.stop[-1]) == (0, n)
    np.testing.assert_array_equal(seen.start[1:], seen.stop[:-1])  # no bar is left out
    assert (seen.code[1:] != seen.code[:-1]).all()  # neighbours of one regime are one stretch
    painted = np.repeat(seen.code, seen.stop - seen.start)
    for place in range(most):
        counts = np.bincount(codes[place * 100 : (place + 1) * 100], minlength=6)
        assert counts[painted[place * 100]] == counts.max()
    assert ((seen.confidence >= 0) & (seen.confidence <= 1)).all()


def test_one_long_regime_among_flickers_keeps_its_mean_confidence():
    codes = np.array([0] * 5_000 + [1, 2] * 2_500)
    sure = np.where(codes == 0, 0.9, 0.2)
    seen = runs.in_sight(window_of(codes, sure), 50)
    assert (seen.start[0], seen.stop[0], seen.code[0]) == (0, 5_000, 0)
    np.testing.assert_allclose(seen.confidence[0], 0.9)


def test_edges_at_some_places_are_those_of_all():
    rng = np.random.default_rng(2)
    time = np.cumsum(rng.integers(1, 10**12, 500))
    np.testing.assert_array_equal(strips.edges_at(time, np.arange(501)), strips.edges(time))
    np.testing.assert_array_equal(strips.edges_at(time[:1], np.array([0, 1])), strips.edges(time[:1]))
    np.testing.assert_array_equal(strips.edges_at(time[:2], np.array([0, 1, 2])), strips.edges(time[:2]))
