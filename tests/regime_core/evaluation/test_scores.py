"""Scores against scikit-learn, and by hand where it has none."""

import numpy as np
import pytest
from sklearn import metrics

from regime_core.evaluation import scores


@pytest.fixture(scope="module")
def answers():
    rng = np.random.default_rng(9)
    truth = rng.choice(5, size=3000, p=[0.4, 0.3, 0.15, 0.1, 0.05])
    logits = rng.normal(size=(3000, 5)) + 1.5 * np.eye(5)[truth]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return truth, probabilities.argmax(axis=1), probabilities


def test_agree_with_scikit_learn(answers):
    truth, predicted, probabilities = answers
    assert scores.accuracy(truth, predicted) == pytest.approx(metrics.accuracy_score(truth, predicted))
    assert scores.balanced_accuracy(truth, predicted) == pytest.approx(metrics.balanced_accuracy_score(truth, predicted))
    np.testing.assert_array_equal(scores.confusion(truth, predicted, 5), metrics.confusion_matrix(truth, predicted))
    assert scores.log_loss(truth, probabilities) == pytest.approx(metrics.log_loss(truth, probabilities))
    assert scores.macro_f1(truth, predicted, 5) == pytest.approx(metrics.f1_score(truth, predicted, average="macro"))
    expected = metrics.precision_recall_fscore_support(truth, predicted, labels=range(5))[:3]
    for got, wanted in zip(scores.precision_recall_f1(truth, predicted, 5), expected, strict=True):
        np.testing.assert_allclose(got, wanted)


def test_a_class_nobody_claimed_or_had_scores_zero():
    precision, recall, f1 = scores.precision_recall_f1([0, 0, 1], [0, 0, 0], 3)
    np.testing.assert_allclose(precision, [2 / 3, 0, 0])
    np.testing.assert_allclose(recall, [1, 0, 0])
    np.testing.assert_allclose(f1, [0.8, 0, 0])
    assert scores.macro_f1([0, 0, 1], [0, 0, 0], 3) == pytest.approx(0.4)


def test_unknown_is_a_wrong_answer_of_no_class():
    truth, predicted = [0, 0, 1, 1], [0, 5, 1, 5]
    assert scores.balanced_accuracy(truth, predicted) == 0.5
    assert scores.confusion(truth, predicted, 5).sum() == 2


def test_a_certain_wrong_answer_has_a_finite_loss():
    assert scores.log_loss([1], [[1.0, 0.0]]) == pytest.approx(-np.log(1e-15))


def test_calibration_error_by_hand():
    """Two bins of two rows: confidence 0.6 with one of two right, 0.9 with both right."""
    probabilities = [[0.9, 0.1], [0.6, 0.4], [0.1, 0.9], [0.4, 0.6]]
    assert scores.expected_calibration_error([0, 0, 1, 0], probabilities, n_bins=2) == pytest.approx((0.1 + 0.1) / 2)


def test_calibration_error_vanishes_when_chances_are_true():
    rng = np.random.default_rng(10)
    p = rng.uniform(0.5, 1, size=200_000)
    truth = (rng.random(len(p)) > p).astype(int)
    both = np.column_stack([p, 1 - p])
    assert scores.expected_calibration_error(truth, both) < 0.005
    overconfident = np.column_stack([np.sqrt(p), 1 - np.sqrt(p)])
    assert scores.expected_calibration_error(truth, overconfident) > 0.05


def test_lags():
    truth = [0, 0, 1, 1, 1, 2, 2, 0]
    assert scores.detection_lags(truth, [0, 0, 0, 1, 1, 1, 1, 0]).tolist() == [1, 2, 0]
    assert scores.detection_lags(truth, truth).tolist() == [0, 0, 0]
    assert len(scores.detection_lags([1, 1], [0, 1])) == 0


def test_runs():
    assert scores.run_lengths([3, 3, 1, 3, 3, 3]).tolist() == [2, 1, 3]
    assert len(scores.run_lengths([])) == 0


def test_of_nothing_is_nan():
    nothing = np.empty(0, dtype=int)
    assert np.isnan(scores.accuracy(nothing, nothing))
    assert np.isnan(scores.balanced_accuracy(nothing, nothing))
    assert np.isnan(scores.macro_f1(nothing, nothing, 5))
    assert np.isnan(scores.expected_calibration_error(nothing, np.empty((0, 5))))
