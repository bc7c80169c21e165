"""Fixed-threshold rules: the detector a trading client falls back to, kept exactly so that both sides agree."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import OHLCV, Float
from regime_core.errors import ModelError
from regime_core.kernels import detection
from regime_core.models.base import Filtered, with_hindsight
from regime_core.models.reasons import signed
from regime_core.regimes import MIN_BARS, N_REGIMES, REGIME_NAMES, UNKNOWN_CODE

LABEL_WINDOW = 252
PIECE = 100_000
"""Bars of a long series that are measured side by side with others."""
HINDSIGHT_LEAD = 2.0
"""What a change of label costs with hindsight, in nats."""


class Rules:
    """Scores five regimes by absolute thresholds on seven metrics, tuned for daily stocks.

    window : trailing bars a label rests on, as in a file; with 0 each rests on all bars so far, as the answer to a client does.
    """

    name: ClassVar[str] = "rules"

    def __init__(self, window: int = LABEL_WINDOW) -> None:
        self.window = window

    def read(self, bars: OHLCV) -> RulesReading:
        """Read bars, for several questions about the same ones."""
        if bars.n_bars < MIN_BARS:
            raise ModelError("model.too_few_bars", f"rules needs {MIN_BARS} bars, got {bars.n_bars}.")
        return RulesReading(bars, self.window)

    def filter(self, bars: OHLCV, *, start: int = 0) -> Filtered:
        """Label bars ``start:``; unknown where no rule fires, and before the fiftieth bar."""
        return self.read(bars).filter(start)

    def decode(self, bars: OHLCV) -> NDArray[np.int8]:
        """Labels with hindsight: of the points as probabilities."""
        return self.read(bars).decode()

    def save(self, folder: Path) -> tuple[str, ...]:
        """Write nothing: rules have no weights."""
        return ()

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Rules with the label window of files."""
        return cls()


class RulesReading:
    """Bars that rules have read. window : as that of ``Rules``."""

    fallback: str | None = None

    def __init__(self, bars: OHLCV, window: int) -> None:
        self._bars = bars
        self._window = window
        self._first = bars.n_bars
        self._rows = np.empty((0, detection.N_METRICS))

    def filter(self, start: int) -> Filtered:
        """Label bars ``start:``; confidence is the winning score over 100, 0 and unknown where no rule fires."""
        scores = detection.rule_scores(self._metrics(start))
        return Filtered(*detection.rule_labels(scores, min(max(0, MIN_BARS - 1 - start), len(scores)), UNKNOWN_CODE))

    def decode(self) -> NDArray[np.int8]:
        """Labels of all bars with hindsight."""
        return with_hindsight(self.filter(0), HINDSIGHT_LEAD)

    def evidence(self, code: int) -> str:
        """Which thresholds the last bar's metrics crossed, whatever its label."""
        metrics = self._metrics(self._bars.n_bars - 1)
        points = detection.rule_scores(metrics)[0]
        scored = ", ".join(f"{REGIME_NAMES[i]} {points[i]:.0f}" for i in range(N_REGIMES) if points[i] > 0)
        volatility, trend, atr, efficiency, momentum = metrics[0, :5].tolist()
        figures = (
            f"volatility {volatility * 100:.2f} % a bar, trend {signed(trend * 100, 2)} % a bar, "
            f"range efficiency {efficiency:.2f}, momentum {signed(momentum * 100, 1)} %, ATR {atr:.2f} %"
        )
        return f"{figures}; points: {scored}" if scored else f"{figures}; no rule fires"

    def inputs(self) -> None:
        """Return None: the thresholds are no model of how its inputs are spread."""
        return None

    def _metrics(self, start: int) -> Float:
        """Metrics of bars ``start:``, (n_bars - start, N_METRICS); not made again once they were."""
        if start < self._first:
            self._rows = np.concatenate([self._made(start, self._first), self._rows])
            self._first = start
        return self._rows[start - self._first :]

    def _made(self, start: int, n: int) -> Float:
        if self._window == 0 or n - start <= PIECE:
            return self._metrics_of(start, n)
        with ThreadPoolExecutor(2) as pool:
            return np.concatenate(list(pool.map(lambda at: self._metrics_of(at, min(at + PIECE, n)), range(start, n, PIECE))))

    def _metrics_of(self, start: int, stop: int) -> Float:
        bars = self._bars.rows(0, stop)
        return np.asarray(detection.rule_metrics(bars.high, bars.low, bars.close, start, self._window))


def metrics_row(bars: OHLCV) -> Float:
    """Metrics of the last bar over all bars: (6,) in the order of ``regimes.Metrics``; all NaN for no bars."""
    if bars.n_bars == 0:
        return np.full(detection.N_METRICS, np.nan)
    return np.asarray(detection.rule_metrics(bars.high, bars.low, bars.close, bars.n_bars - 1, 0)[0], dtype=np.float64)
