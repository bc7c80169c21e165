"""Detectors put to the test on markets whose true regimes are known, beside the exact Bayes filter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from regime_core import simulate
from regime_core.bars import OHLCV
from regime_core.evaluation import scores
from regime_core.kernels import simulation, yardstick
from regime_core.regimes import N_REGIMES, UNKNOWN_CODE
from regime_core.simulate import Shocks, SimulatedMarket

Float = NDArray[np.float64]
Ints = NDArray[np.int64]

MARKETS, N_BARS, S0 = 6, 4_000, 0.01
SCORED_FROM = 500
"""Bars that every answer may look back on before it is scored."""
SEED = 61_007
"""Of the markets: no detector was trained, chosen or tested on one of them."""
DURATIONS = (30, 60, 120)
SHOCKS: tuple[Shocks, ...] = ("gaussian", "student")


class Cell(NamedTuple):
    """A kind of market. mean_duration : of a regime, in bars. shocks : their distribution."""

    mean_duration: int
    shocks: Shocks


CELLS = tuple(Cell(duration, shocks) for shocks in SHOCKS for duration in DURATIONS)


class Answers(NamedTuple):
    """What is said of the bars of a market. codes : (n_bars,) regimes. probabilities : (n_bars, 5), rows sum to 1."""

    codes: NDArray[np.integer]
    probabilities: Float


@dataclass(frozen=True, slots=True)
class Trial:
    """How well regimes were named on the markets of one cell.

    n_bars : scored. confusion : (5, 6) bars, true regime by row, named by column, the last of them unknown.
    lags : (n_changes,) bars from each change of regime until the new one was named; infinite where it never was in time.
    balanced_accuracy, calibration_error : fractions.
    """

    cell: Cell
    n_bars: int
    confusion: Ints
    lags: Float
    balanced_accuracy: float
    calibration_error: float

    @property
    def named(self) -> float:
        """Share of the changes whose new regime was named before it ended; NaN without changes."""
        return float(np.isfinite(self.lags).mean()) if len(self.lags) else float("nan")

    @property
    def median_lag(self) -> float:
        """Bars within which half of the new regimes were named, those never named counted; infinite where fewer were, or none.

        With an even number of changes, the later of the middle two.
        """
        if not len(self.lags):
            return float("nan")
        return float(np.sort(self.lags)[len(self.lags) // 2])

    def within(self, bars: int) -> Float:
        """Share of the changes whose new regime was named within 0, 1, …, ``bars`` bars, (bars + 1,)."""
        named = (self.lags[:, None] <= np.arange(bars + 1)).sum(axis=0)
        return np.asarray(named / max(1, len(self.lags)))


def markets(cell: Cell) -> Iterator[SimulatedMarket]:
    """Markets of a cell, always the same ones; every other without volume, as clients often send them."""
    for path in range(MARKETS):
        rng = np.random.default_rng([SEED, SHOCKS.index(cell.shocks), cell.mean_duration, path])
        yield simulate.market(
            N_BARS, s0=S0, mean_duration=cell.mean_duration, shocks=cell.shocks, rng=rng, volume=path % 2 == 0
        )


def warm_up() -> None:
    """Compile what makes markets and what filters them, so that no visitor waits for it."""
    for shocks in SHOCKS:
        exact(simulate.market(60, s0=S0, mean_duration=DURATIONS[0], shocks=shocks, rng=np.random.default_rng(SEED)))


def of_detector(cell: Cell, name: Callable[[OHLCV], Answers]) -> Trial:
    """Trial of a detector, which is told nothing of the market but its bars. name : bars -> causal answers of each."""
    return _trial(cell, lambda market: name(market.bars))


def of_yardstick(cell: Cell) -> Trial:
    """Trial of the exact Bayes filter on the same markets."""
    return _trial(cell, exact)


def exact(market: SimulatedMarket) -> Answers:
    """What the exact Bayes filter says of a market whose every parameter it is told; it sees closes alone."""
    close = np.log(market.bars.close)
    returns = np.diff(close, prepend=np.log(market.bars.open[0]))
    volatility = simulation.VOLATILITY * market.s0
    dof = float(simulate.STUDENT_DOF) if market.shocks == "student" else 0.0
    drift, hazard = simulation.DRIFT * volatility, 1.0 / market.mean_duration
    said = yardstick.exact_filter(returns, drift, volatility, simulation.RANGING, simulation.PULL, hazard, dof)
    return Answers(said.argmax(axis=1), said)


def lags(truth: NDArray[np.integer], given: NDArray[np.integer]) -> Float:
    """Bars from each change of the true regime until it was named, (n_changes,): 0 on its first bar, infinite if never.

    truth, given : (n,) codes. The regime of the first row is no change, and one that the last row cuts off is left out:
    nobody knows whether it would have been named.
    """
    edges = np.append(np.flatnonzero(np.diff(truth)) + 1, len(truth))
    found = []
    for start, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        agrees = np.flatnonzero(given[start:stop] == truth[start])
        if stop < len(truth):
            found.append(float(agrees[0]) if len(agrees) else np.inf)
    return np.array(found, dtype=np.float64)


def _trial(cell: Cell, answer: Callable[[SimulatedMarket], Answers]) -> Trial:
    truth, codes, probabilities, waited = [], [], [], []
    for market in markets(cell):
        said = answer(market)
        truth.append(market.regimes[SCORED_FROM:])
        codes.append(said.codes[SCORED_FROM:])
        probabilities.append(said.probabilities[SCORED_FROM:])
        waited.append(lags(truth[-1], codes[-1]))
    true, given = np.concatenate(truth), np.concatenate(codes)
    return Trial(
        cell=cell,
        n_bars=len(true),
        confusion=scores.confusion(true, given, UNKNOWN_CODE + 1)[:N_REGIMES],
        lags=np.concatenate(waited),
        balanced_accuracy=scores.balanced_accuracy(true, given),
        calibration_error=scores.expected_calibration_error(true, np.concatenate(probabilities)),
    )
