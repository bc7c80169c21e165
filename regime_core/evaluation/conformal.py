"""Prediction sets that hold the true class nine times in ten.

A set holds every class whose probability is large enough, and the threshold comes from how probable the true class was in the
past. What may come in any order (bars of markets drawn alike) has one threshold; days of one market, which do not, have one
that follows how often the sets of late were right.

The promise is of the share of sets that hold the truth, over many. A classifier that is right more often than that keeps it by
giving one class where it is sure and none where it is least sure: an empty set says that no single answer is likely enough.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Bools = NDArray[np.bool_]
Codes = NDArray[np.integer]

COVERAGE = 0.9
FIRST_THRESHOLD = 0.5
STEP = 0.5
"""Log-odds a threshold moves up by for a miss, times the coverage. Any step keeps the coverage in the long run; a smaller one
follows a market that changes more slowly, a larger one gives more sets that hold all or nothing."""


def threshold(probabilities: Float, codes: Codes, *, coverage: float = COVERAGE) -> float:
    """Least threshold that new rows, drawn as these were, keep with at least the probability ``coverage``; in [0, 1].

    probabilities : (n, k) of rows the model was not fitted on. codes : (n,) true classes.
    1, which every class keeps, where the rows are too few to promise anything.
    Source: split conformal prediction (Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005) with the
    score 1 - probability of the true class (Sadinle, Lei and Wasserman, Least ambiguous set-valued classifiers, 2019).
    """
    return threshold_of(_chances(probabilities, codes), coverage=coverage)


def threshold_of(chances: Float, *, coverage: float = COVERAGE) -> float:
    """As ``threshold``, of the probability (n,) that each row gave to its true class."""
    scores = np.sort(1.0 - chances)
    rank = int(np.ceil((len(scores) + 1) * coverage))
    return float(scores[rank - 1]) if rank <= len(scores) else 1.0


def tracked_thresholds(
    probabilities: Float, codes: Codes, *, horizon: int, first: float = FIRST_THRESHOLD, coverage: float = COVERAGE
) -> Float:
    """Threshold known at each of consecutive days, (n_days,), in (0, 1): it rises after a miss and falls after a hit.

    probabilities : (n_days, k) of the class ``horizon`` days later, by what did not know it. codes : (n_days,) that class; row
    t counts from day t + horizon on, so that the last ``horizon`` are not read. first : threshold of the first day.
    The share of hits differs from ``coverage`` by at most a constant over the number of days, whatever the days are like.
    Source: quantile tracking (Angelopoulos, Candes and Tibshirani, Conformal PID control for time series prediction, 2023),
    here on the log-odds of the score, after Gibbs and Candes, Adaptive conformal inference under distribution shift, 2021.
    """
    n = len(probabilities)
    scores = 1.0 - _chances(probabilities, codes)
    out = np.empty(n)
    held = first
    for t in range(n):
        if t >= horizon:
            held = moved(held, missed=bool(scores[t - horizon] > out[t - horizon]), coverage=coverage)
        out[t] = held
    return out


def moved(held: float, *, missed: bool, coverage: float = COVERAGE) -> float:
    """Threshold after one more outcome: ``STEP`` times ``coverage`` up in log-odds if its set missed, else the rest down."""
    odds = np.log(held) - np.log1p(-held) + STEP * (missed - (1.0 - coverage))
    return float(1.0 / (1.0 + np.exp(-odds)))


def members(probabilities: Float, thresholds: Float | float) -> Bools:
    """Whether each class is in a row's set, (n, k): it is where 1 - probability is at most the threshold.

    thresholds : (n,), or one for all rows.
    """
    return np.asarray(1.0 - probabilities <= np.reshape(thresholds, (-1, 1)))


def covered(sets: Bools, codes: Codes) -> Bools:
    """Whether each row's set holds its true class, (n,). sets : (n, k) as ``members`` gives them."""
    return np.asarray(sets[np.arange(len(codes)), codes])


def _chances(probabilities: Float, codes: Codes) -> Float:
    return np.asarray(probabilities[np.arange(len(codes)), codes])
