"""Scores of classifiers: arrays in, plain values out."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float = NDArray[np.float64]
Int = NDArray[np.int64]


def confusion(truth: ArrayLike, predicted: ArrayLike, n_classes: int) -> Int:
    """Counts of each (true, predicted) pair, (n_classes, n_classes).

    truth : (n,) codes in 0..n_classes-1. predicted : (n,) codes; one outside that range, such as unknown, is a wrong answer of
    no class and is not counted, so that a row may sum to less than the class's size.
    """
    true, given = np.asarray(truth, dtype=np.int64), np.asarray(predicted, dtype=np.int64)
    known = (given >= 0) & (given < n_classes)
    counts = np.bincount(true[known] * n_classes + given[known], minlength=n_classes * n_classes)
    return counts.reshape(n_classes, n_classes)


def accuracy(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Share of right answers; NaN for none asked."""
    true = np.asarray(truth)
    return float(np.mean(true == np.asarray(predicted))) if len(true) else float("nan")


def balanced_accuracy(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Mean over the classes that occur in ``truth`` of the share of each that was found; NaN if none occurs."""
    true, given = np.asarray(truth), np.asarray(predicted)
    found = [float(np.mean(given[true == code] == code)) for code in np.unique(true)]
    return float(np.mean(found)) if found else float("nan")


def precision_recall_f1(truth: ArrayLike, predicted: ArrayLike, n_classes: int) -> tuple[Float, Float, Float]:
    """Precision, recall and F1 of each class, each (n_classes,); 0 where the denominator is 0."""
    true, given = np.asarray(truth, dtype=np.int64), np.asarray(predicted, dtype=np.int64)
    hit = np.array([np.sum((true == k) & (given == k)) for k in range(n_classes)], dtype=np.float64)
    claimed = np.array([np.sum(given == k) for k in range(n_classes)], dtype=np.float64)
    actual = np.array([np.sum(true == k) for k in range(n_classes)], dtype=np.float64)
    return _ratio(hit, claimed), _ratio(hit, actual), _ratio(2 * hit, claimed + actual)


def macro_f1(truth: ArrayLike, predicted: ArrayLike, n_classes: int) -> float:
    """Mean F1 over the classes that occur in ``truth`` or in ``predicted``; NaN if none does."""
    f1 = precision_recall_f1(truth, predicted, n_classes)[2]
    occurs = np.union1d(np.asarray(truth, dtype=np.int64), np.asarray(predicted, dtype=np.int64))
    occurs = occurs[(occurs >= 0) & (occurs < n_classes)]
    return float(f1[occurs].mean()) if len(occurs) else float("nan")


def log_loss(truth: ArrayLike, probabilities: ArrayLike) -> float:
    """Mean of -log of the probability given to the truth, in nats; probabilities below 1e-15 count as 1e-15.

    truth : (n,) codes. probabilities : (n, n_classes), rows sum to 1.
    """
    given = np.asarray(probabilities, dtype=np.float64)
    of_truth = given[np.arange(len(given)), np.asarray(truth, dtype=np.int64)]
    return float(-np.log(np.maximum(of_truth, 1e-15)).mean())


def expected_calibration_error(truth: ArrayLike, probabilities: ArrayLike, *, n_bins: int = 15) -> float:
    """Mean gap between confidence and accuracy over bins of equal mass, in [0, 1].

    truth : (n,) codes. probabilities : (n, n_classes); the largest of a row is its confidence. Rows in order of confidence are
    cut into ``n_bins`` parts whose sizes differ by at most one. NaN for no rows.
    Source: Nguyen and O'Connor (2015), Posterior calibration and exploratory analysis (adaptive binning).
    """
    given = np.asarray(probabilities, dtype=np.float64)
    if len(given) == 0:
        return float("nan")
    confidence = given.max(axis=1)
    right = given.argmax(axis=1) == np.asarray(truth)
    order = np.argsort(confidence, kind="stable")
    parts = [part for part in np.array_split(order, n_bins) if len(part)]
    return float(sum(len(part) * abs(confidence[part].mean() - right[part].mean()) for part in parts) / len(given))


def detection_lags(truth: ArrayLike, predicted: ArrayLike) -> Int:
    """Bars from each change of the true regime until the label first agrees with it: 0 if it does on the first bar.

    truth, predicted : (n,) codes. A regime that ends before it was ever found counts with its full length.
    Returns (n_changes,): the regime of the first row is no change.
    """
    true, given = np.asarray(truth), np.asarray(predicted)
    first = np.flatnonzero(np.diff(true)) + 1
    last = np.append(first, len(true))[1:]
    lags = []
    for start, stop in zip(first, last, strict=True):
        agrees = np.flatnonzero(given[start:stop] == true[start])
        lags.append(int(agrees[0]) if len(agrees) else int(stop - start))
    return np.array(lags, dtype=np.int64)


def run_lengths(codes: ArrayLike) -> Int:
    """Lengths of the runs of equal codes, in order; they sum to the number of codes."""
    values = np.asarray(codes)
    if len(values) == 0:
        return np.empty(0, dtype=np.int64)
    edges = np.flatnonzero(np.diff(values)) + 1
    return np.diff(np.concatenate(([0], edges, [len(values)])))


def _ratio(numerator: Float, denominator: Float) -> Float:
    return np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0)
