"""The newest bar of a labelled series beside the one before it, and how far several series of labels agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regime_core.evaluation.persistence import last_run

Codes = NDArray[np.integer]
Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest bar and the one before it.

    code, confidence, age : its label, in [0, 1], and for how many bars that has held, itself included.
    censored : the label goes back to the first bar that can have one, so that it may be older.
    code_before, confidence_before, age_before : the same of the bar before; None of a series of one bar.
    close, close_before : in the unit of the prices; the latter NaN of a series of one bar.
    """

    code: int
    confidence: float
    age: int
    censored: bool
    code_before: int | None
    confidence_before: float
    age_before: int
    close: float
    close_before: float

    @property
    def move(self) -> float:
        """Close less the close before, in the unit of the prices; NaN of a series of one bar."""
        return self.close - self.close_before

    @property
    def simple_return(self) -> float:
        """Close over the close before, less 1; NaN where that one is not positive."""
        return self.close / self.close_before - 1.0 if self.close_before > 0 else float("nan")

    @property
    def changed(self) -> bool:
        """Whether the label is another than that of the bar before."""
        return self.code_before is not None and self.code != self.code_before


def newest(codes: Codes, confidence: Float, close: Float, *, first: int) -> Newest:
    """Newest bar of a series beside the one before.

    codes, confidence, close : (n_bars,) oldest first, at least one. first : first bar that can have a label.
    """
    several = len(codes) > 1
    age = last_run(codes)
    return Newest(
        code=int(codes[-1]),
        confidence=float(confidence[-1]),
        age=age,
        censored=age > len(codes) - 1 - first,
        code_before=int(codes[-2]) if several else None,
        confidence_before=float(confidence[-2]) if several else float("nan"),
        age_before=last_run(codes[:-1]) if several else 0,
        close=float(close[-1]),
        close_before=float(close[-2]) if several else float("nan"),
    )


@dataclass(frozen=True, slots=True)
class Agreement:
    """Bars on which several series of labels name the same state, and bars on which any of them names one."""

    alike: int
    n: int

    @property
    def share(self) -> float:
        """The first as a share of the second; NaN for none."""
        return self.alike / self.n if self.n else float("nan")


def agreement(codes: Codes, n_states: int) -> Agreement:
    """How often all agree.

    codes : (n_series, n_bars) labels of the same bars; ``n_states`` and more mean no answer.
    """
    alike = (codes == codes[0]).all(axis=0) & (codes[0] < n_states)
    return Agreement(int(alike.sum()), int((codes < n_states).any(axis=0).sum()))
