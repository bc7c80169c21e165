"""The population stability index against sums by hand."""

import math

import numpy as np
import pytest

from regime_core.evaluation.stability import LEAST_SHARE, population_stability_index


def test_by_hand():
    counts = np.array([[30.0, 70.0], [500.0, 500.0]])
    expected = np.full((2, 2), 0.5)
    by_hand = (0.3 - 0.5) * math.log(0.3 / 0.5) + (0.7 - 0.5) * math.log(0.7 / 0.5)
    assert population_stability_index(counts, expected) == pytest.approx([by_hand, 0.0])


def test_an_empty_bin_counts_as_nearly_empty_on_either_side():
    found = population_stability_index(np.array([[0.0, 10.0], [5.0, 5.0]]), np.array([[0.5, 0.5], [0.0, 1.0]]))
    first = (LEAST_SHARE - 0.5) * math.log(LEAST_SHARE / 0.5) + 0.5 * math.log(2)
    second = (0.5 - LEAST_SHARE) * math.log(0.5 / LEAST_SHARE) + (0.5 - 1) * math.log(0.5)
    assert found == pytest.approx([first, second])


def test_nothing_counted_is_not_a_number():
    assert np.isnan(population_stability_index(np.zeros((1, 3)), np.full((1, 3), 1 / 3))).all()
