"""How good a detector is on markets whose truth is known, by what it answers from bars alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np

from regime_core.evaluation import scores
from regime_core.models.base import Detector
from regime_core.regimes import MIN_BARS, N_REGIMES
from regime_core.simulate import SimulatedMarket

BARS_A_MARKET = 300
"""Scored at most, evenly spread, so that long markets do not outvote short ones."""
SHORT = 252
"""Bars a trading client usually sends: what comes before that many are there is scored on its own, too."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Scores on one set of markets; log-losses in nats a bar, the others as fractions.

    precision, recall : means over the regimes. short_log_loss : of bars with fewer than 252 before them.
    """

    log_loss: float
    short_log_loss: float
    balanced_accuracy: float
    precision: float
    recall: float
    calibration_error: float


def judge(model: Detector, markets: Sequence[SimulatedMarket]) -> Judgement:
    """Scores of what a detector's causal filter says of these markets."""
    truths, given, codes, ages = [], [], [], []
    for market in markets:
        n = market.bars.n_bars
        picked = np.unique(np.linspace(MIN_BARS - 1, n - 1, BARS_A_MARKET).astype(np.int64))
        filtered = model.filter(market.bars)
        truths.append(market.regimes[picked])
        given.append(filtered.probabilities[picked])
        codes.append(filtered.codes[picked])
        ages.append(picked)
    truth, probabilities, label = np.concatenate(truths), np.concatenate(given), np.concatenate(codes)
    short = np.concatenate(ages) < SHORT
    precision, recall, _ = scores.precision_recall_f1(truth, label, N_REGIMES)
    return Judgement(
        log_loss=scores.log_loss(truth, probabilities),
        short_log_loss=scores.log_loss(truth[short], probabilities[short]),
        balanced_accuracy=scores.balanced_accuracy(truth, label),
        precision=float(precision.mean()),
        recall=float(recall.mean()),
        calibration_error=scores.expected_calibration_error(truth, probabilities),
    )


def mean(judgements: Sequence[Judgement]) -> Judgement:
    """Each score's mean: on several sets of markets that count alike."""
    return Judgement(*np.mean([astuple(one) for one in judgements], axis=0).tolist())
