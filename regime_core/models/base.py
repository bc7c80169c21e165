"""The contracts that models keep. One test of each finds and runs them all."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import OHLCV
from regime_core.kernels import persistence
from regime_core.regimes import UNKNOWN_CODE

LEAST_LIKELY = 0.01
"""A regime counts as at least this likely when a path is decoded: no single bar rules one out."""


class Filtered(NamedTuple):
    """What a detector says of bars ``start:``; row t rests on bars up to t only.

    codes : (n_rows,) int8, indices into ``regimes.ALL_REGIMES``.
    probabilities : (n_rows, 5) in the order of ``regimes.REGIMES``; rows sum to 1, 0.2 each where unknown.
    confidence : (n_rows,) in [0, 1]; 0 where unknown.
    """

    codes: NDArray[np.int8]
    probabilities: NDArray[np.float64]
    confidence: NDArray[np.float64]


class Reading(Protocol):
    """Bars that a detector has read, once for all that is asked of it about them.

    fallback : what was done in place of what was asked for, in words; None where nothing was, or nothing was asked yet.
    """

    fallback: str | None

    def filter(self, start: int) -> Filtered:
        """Causal labels of bars ``start:``; see ``Detector.filter``."""
        ...

    def decode(self) -> NDArray[np.int8]:
        """Labels of all bars with hindsight; see ``Detector.decode``."""
        ...

    def evidence(self, code: int) -> str:
        """Return what label ``code`` of the last bar rests on, as one clause an analyst can check."""
        ...

    def inputs(self) -> NDArray[np.float64] | None:
        """Features of the last bar, (n_inputs,); None of a detector that has none."""
        ...


class Detector(Protocol):
    """A five-regime detector.

    name : key in ``MODELS`` and in the manifest.
    window : bars wanted for full accuracy; a shorter window is answered, and called not warm.
    """

    name: ClassVar[str]
    window: int

    def read(self, bars: OHLCV) -> Reading:
        """Read bars, for several questions about the same ones.

        Raises ModelError on fewer than ``regimes.MIN_BARS`` bars, or if the model was not fitted.
        """
        ...

    def filter(self, bars: OHLCV, *, start: int = 0) -> Filtered:
        """Causal labels of bars ``start:``; rows before the fiftieth bar are unknown. Raises ModelError as ``read`` does."""
        ...

    def decode(self, bars: OHLCV) -> NDArray[np.int8]:
        """Labels of all bars with hindsight, (n_bars,), for pages that compare: each rests on the bars after it too.

        Unknown where ``filter`` is. Raises ModelError as ``read`` does.
        """
        ...

    def save(self, folder: Path) -> tuple[str, ...]:
        """Write the weights and return the names of the files written; none for a model without weights."""
        ...

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back what ``save`` wrote: answers are the same bit for bit."""
        ...


def with_hindsight(filtered: Filtered, lead: float) -> NDArray[np.int8]:
    """Labels of a filter's bars with hindsight, (n_rows,): the likeliest path when each change costs ``lead`` nats.

    Unknown stays unknown. See ``kernels.persistence.decode``.
    """
    likely = np.log(np.maximum(filtered.probabilities, LEAST_LIKELY))
    return np.where(filtered.codes == UNKNOWN_CODE, UNKNOWN_CODE, persistence.decode(likely, lead)).astype(np.int8)


class StateModel(Protocol):
    """What is asked of every model of a market's stress states that a manifest may name.

    name : key in ``STATE_MODELS`` and in the manifest. window : days wanted for full accuracy.
    """

    name: ClassVar[str]
    window: int

    def save(self, folder: Path) -> tuple[str, ...]:
        """Write the weights and return the names of the files written."""
        ...

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back what ``save`` wrote: answers are the same bit for bit."""
        ...
