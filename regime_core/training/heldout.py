"""Scores of a detector on markets of the test part, and how many bars it needs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from regime_core import simulate
from regime_core.bars import OHLCV
from regime_core.evaluation import scores
from regime_core.models.base import Detector
from regime_core.regimes import N_REGIMES, REGIME_NAMES
from regime_core.training.markets import held_out_market
from regime_core.training.progress import Progress, silent

TEST_S0 = (0.0005, 0.01, 0.03)
TEST_DURATIONS = (30.0, 60.0, 120.0)
TEST_SHOCKS: tuple[simulate.Shocks, ...] = ("gaussian", "student")
TEST_FROM = 500
WINDOWS = (60, 120, 252, 500, 1000)
WINDOW_STRIDE = 50
AGREEMENT_WANTED = 0.94
"""Share of labels a window must have in common with those on all history to be called warm."""


def held_out_scores(model: Detector, *, seed: int, paths: int, progress: Progress | None = None) -> dict[str, Any]:
    """Scores on markets of the test part, by s0, mean duration and kind of shocks, and by how many bars the model is given."""
    tell = progress or silent
    cells = [(s0, duration, shocks) for shocks in TEST_SHOCKS for duration in TEST_DURATIONS for s0 in TEST_S0]
    balanced: dict[str, float] = {}
    truths, probabilities, windows = [], [], []
    for done, (s0, duration, shocks) in enumerate(cells):
        tell("score", done, len(cells))
        truth, given = [], []
        for path in range(paths):
            market = held_out_market(s0, duration, shocks, path=path, seed=seed)
            filtered = model.filter(market.bars)
            truth.append(market.regimes[TEST_FROM:])
            given.append(filtered.probabilities[TEST_FROM:])
            if s0 == TEST_S0[0]:
                windows.append(window_labels(model, market, filtered.codes))
        truths.append(np.concatenate(truth))
        probabilities.append(np.concatenate(given))
        name = f"{shocks}, s0 {s0:g}, mean duration {duration:g}"
        balanced[name] = rounded(scores.balanced_accuracy(truths[-1], probabilities[-1].argmax(axis=1)))
    tell("score", len(cells), len(cells))
    truth_all, probabilities_all = np.concatenate(truths), np.concatenate(probabilities)
    precision, recall, _ = scores.precision_recall_f1(truth_all, probabilities_all.argmax(axis=1), N_REGIMES)
    seen = np.concatenate(windows)
    return {
        "balanced_accuracy": balanced,
        "precision": {name: rounded(float(value)) for name, value in zip(REGIME_NAMES, precision, strict=True)},
        "recall": {name: rounded(float(value)) for name, value in zip(REGIME_NAMES, recall, strict=True)},
        "expected_calibration_error": rounded(scores.expected_calibration_error(truth_all, probabilities_all)),
        "log_loss": rounded(scores.log_loss(truth_all, probabilities_all)),
        "accuracy_by_window": {str(w): rounded(scores.accuracy(seen[:, 0], seen[:, i + 2])) for i, w in enumerate(WINDOWS)},
        "agreement_by_window": {str(w): rounded(scores.accuracy(seen[:, 1], seen[:, i + 2])) for i, w in enumerate(WINDOWS)},
    }


def window_labels(model: Detector, market: simulate.SimulatedMarket, codes: NDArray[np.int8]) -> NDArray[np.int8]:
    """True regime, label on all history and on the last W bars for W in WINDOWS, of bars WINDOW_STRIDE apart: (n, 2 + 5).

    codes : (n_bars,) labels on all history.
    """
    ends = range(max(WINDOWS), market.bars.n_bars, WINDOW_STRIDE)
    return np.array(
        [
            [market.regimes[end], codes[end], *(_last_label(model, market.bars.rows(end + 1 - w, end + 1)) for w in WINDOWS)]
            for end in ends
        ],
        dtype=np.int8,
    )


def _last_label(model: Detector, bars: OHLCV) -> int:
    return int(model.filter(bars, start=bars.n_bars - 1).codes[0])


def choose_window(agreement: dict[str, float]) -> int:
    """Shortest window that agrees with all history often enough, or the longest tried."""
    return next((int(w) for w, share in agreement.items() if share >= AGREEMENT_WANTED), max(WINDOWS))


def rounded(value: float) -> float:
    """A figure as the manifest keeps it."""
    return round(value, 4)
