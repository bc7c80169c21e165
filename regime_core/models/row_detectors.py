"""Detectors whose margins are made of one row of features a bar."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Self

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import OHLCV, Float
from regime_core.features import relative
from regime_core.models import reasons
from regime_core.models.margins import MarginDetector, MarginReading, best_temperature


class RowDetector(MarginDetector):
    """A ``MarginDetector`` on rows of ``features.relative``; a subclass says what ``margins`` and ``contributions`` are."""

    @abstractmethod
    def margins(self, features: NDArray[np.float32]) -> Float:
        """Log-odds before the temperature, (n_rows, 5), of rows of ``features.relative.matrix``."""

    @abstractmethod
    def contributions(self, row: NDArray[np.float32]) -> Float:
        """What each feature adds to each margin of a row, (5, n_features + 1), the last column whatever the features are.

        row : (n_features,). Each output sums to its margin.
        """

    def margins_of(self, pieces: Iterable[NDArray[np.float32]]) -> Float:
        """Margins of rows that follow each other in pieces, (n_rows, 5): while one piece is made, others are worked on."""
        with ThreadPoolExecutor(2) as pool:
            return np.concatenate(list(pool.map(self.margins, pieces)))

    def calibrate(self, features: NDArray[np.float32], codes: NDArray[np.int8]) -> Self:
        """Set the temperature that gives the least log-loss on rows the model was not fitted on."""
        self.temperature_ = best_temperature(self.margins(features), codes)
        return self

    def reading(self, bars: OHLCV, known: relative.Known) -> RowReading:
        """Read bars of which it is known already what the forward filter makes of them."""
        return RowReading(self, bars, known)


class RowReading(MarginReading):
    """Bars as rows of features."""

    _detector: RowDetector

    def _made(self, start: int) -> Float:
        if self._bars.n_bars <= relative.PIECE:
            earlier = self._detector.margins(self._known.matrix(start)[: self._first - start])
            return np.concatenate([earlier, self._margins])
        return self._detector.margins_of(self._known.pieces(start))

    def effects(self, code: int) -> Float:
        """What each feature of the last bar adds to the log-odds of regime ``code`` against all others, (n_features,)."""
        last = self._bars.n_bars - 1
        contributions = self._detector.contributions(self._known.matrix(last)[0])[:, :-1]
        return reasons.against_others(contributions, self.margins(last)[0] / self._detector.temperature_, code)
