"""Prediction sets: thresholds worked out by hand, coverage on what was not seen, and nothing from the future."""

import numpy as np
import pytest

from regime_core.evaluation import conformal

# 1 - p of the true class is 0.05, 0.1, ..., 0.5
HAND = np.array([[1 - s, s] for s in np.arange(1, 11) / 20])


def drawn(n, *, rng, sharpness=2.0, k=3):
    """Rows whose probabilities are right on average, and the classes drawn from them."""
    odds = sharpness * rng.standard_normal((n, k))
    probabilities = np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True)
    return probabilities, (rng.random(n)[:, None] > probabilities.cumsum(axis=1)).sum(axis=1)


@pytest.mark.parametrize(
    ("n", "coverage", "expected"),
    [
        (10, 0.9, 0.5),  # rank ceil(11 * 0.9) = 10 of 10
        (10, 0.5, 0.3),  # rank ceil(11 * 0.5) = 6
        (10, 0.2, 0.15),  # rank ceil(11 * 0.2) = 3
        (8, 0.9, 1.0),  # rank 9 of 8: nothing can be promised
        (0, 0.9, 1.0),
    ],
)
def test_threshold_by_hand(n, coverage, expected):
    rows = HAND[:n][np.random.default_rng(0).permutation(n)]
    assert conformal.threshold(rows, np.zeros(n, dtype=int), coverage=coverage) == pytest.approx(expected)


def test_sets_by_hand():
    probabilities = np.array([[0.7, 0.2, 0.1], [0.4, 0.35, 0.25], [0.45, 0.45, 0.1], [0.3, 0.3, 0.4]])
    expected = [[True, False, False], [False, False, False], [True, True, False], [False, False, False]]
    sets = conformal.members(probabilities, 0.58)
    np.testing.assert_array_equal(sets, expected)
    np.testing.assert_array_equal(conformal.covered(sets, np.array([0, 0, 1, 2])), [True, False, True, False])
    by_row = conformal.members(probabilities, np.array([0.9, 0.58, 0.5, 0.65]))
    np.testing.assert_array_equal(by_row.sum(axis=1), [3, 0, 0, 1])


def test_a_row_of_the_calibration_keeps_its_own_threshold():
    probabilities, codes = drawn(999, rng=np.random.default_rng(1))
    sets = conformal.members(probabilities, conformal.threshold(probabilities, codes))
    assert conformal.covered(sets, codes).sum() == 900


@pytest.mark.parametrize("sharpness", [0.5, 2.0, 8.0])
def test_rows_drawn_alike_are_covered(sharpness):
    rng = np.random.default_rng(2)
    threshold = conformal.threshold(*drawn(5000, rng=rng, sharpness=sharpness))
    probabilities, codes = drawn(20_000, rng=rng, sharpness=sharpness)
    assert conformal.covered(conformal.members(probabilities, threshold), codes).mean() == pytest.approx(0.9, abs=0.015)


def test_a_classifier_that_is_mostly_right_keeps_silent_where_it_is_least_sure():
    rng = np.random.default_rng(3)
    probabilities, codes = drawn(20_000, rng=rng, sharpness=12.0)
    sets = conformal.members(probabilities, conformal.threshold(probabilities, codes))
    assert (probabilities.argmax(axis=1) == codes).mean() > 0.9
    assert sets.sum(axis=1).max() == 1
    assert probabilities[~sets.any(axis=1)].max() < probabilities[sets.any(axis=1)].max(axis=1).min()


def test_tracked_thresholds_by_hand():
    probabilities = np.array([[0.6, 0.4], [0.3, 0.7], [0.9, 0.1], [0.8, 0.2]])
    codes = np.array([0, 0, 1, 0])  # scores 0.4 (hit at 0.5), 0.7 (miss), 0.9 (miss), 0.2
    odds = np.array([0.0, -0.05, -0.05 + 0.45, -0.05 + 0.9])
    found = conformal.tracked_thresholds(probabilities, codes, horizon=1)
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-odds)))
    late = conformal.tracked_thresholds(probabilities, codes, horizon=2, first=0.75)
    np.testing.assert_allclose(np.log(late / (1 - late)) - np.log(3), [0, 0, -0.05, -0.1], atol=1e-12)


@pytest.mark.parametrize("horizon", [1, 5, 21])
def test_days_that_change_their_nature_stay_covered(horizon):
    """Probabilities that are right, then far too sure, then far too humble; one threshold of the first part fails them."""
    rng = np.random.default_rng(4)
    right, codes = drawn(6000, rng=rng)
    power = np.repeat([1.0, 4.0, 0.25], 2000)[:, None]
    given = right**power / (right**power).sum(axis=1, keepdims=True)
    tracked = conformal.members(given, conformal.tracked_thresholds(given, codes, horizon=horizon))
    fixed = conformal.members(given, conformal.threshold(given[:2000], codes[:2000]))
    by_part = conformal.covered(tracked, codes).reshape(3, 2000).mean(axis=1)
    np.testing.assert_allclose(by_part, 0.9, atol=0.015)
    assert np.abs(conformal.covered(fixed, codes).reshape(3, 2000).mean(axis=1) - 0.9).max() > 0.08


@pytest.mark.parametrize("horizon", [1, 5])
def test_no_threshold_sees_the_future(horizon):
    probabilities, codes = drawn(300, rng=np.random.default_rng(5))
    whole = conformal.tracked_thresholds(probabilities, codes, horizon=horizon)
    for cut in (1, 100, 299):
        part = conformal.tracked_thresholds(probabilities[:cut], codes[:cut], horizon=horizon)
        np.testing.assert_array_equal(part, whole[:cut])
        other = codes.copy()
        other[cut - horizon + 1 :] = (other[cut - horizon + 1 :] + 1) % 3  # outcomes that are not known on day ``cut``
        np.testing.assert_array_equal(
            conformal.tracked_thresholds(probabilities, other, horizon=horizon)[: cut + 1], whole[: cut + 1]
        )
