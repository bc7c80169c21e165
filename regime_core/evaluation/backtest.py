"""What a signal to hold a market or stay out of it would have earned, after a delay and costs. Arrays in, plain values out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regime_core.evaluation import significance

Float = NDArray[np.float64]

PERIODS = 252
"""Trading days of a year."""
BLOCK = 63
"""Days a block of the bootstrap has: positions last for weeks, and a block must hold whole ones."""
DRAWS = 4_000
_YEAR_NS = 365.25 * 86_400e9


@dataclass(frozen=True, slots=True)
class Backtest:
    """A strategy that is either in the market or in cash.

    position : (n_days,) share of wealth in the market through each day, 0 or 1. returns : (n_days,) simple returns a day after
    costs. excess : (n_days,) the same less what cash earned. periods : days of a year.
    """

    position: Float
    returns: Float
    excess: Float
    periods: float = PERIODS

    @property
    def annual_return(self) -> float:
        """Compounded return a year, a fraction; NaN without days."""
        if not len(self.returns):
            return float("nan")
        return float(np.prod(1.0 + self.returns) ** (self.periods / len(self.returns)) - 1.0)

    @property
    def volatility(self) -> float:
        """Sample standard deviation of the returns, a fraction a year; NaN of fewer than two days."""
        return float(self.returns.std(ddof=1) * np.sqrt(self.periods)) if len(self.returns) > 1 else float("nan")

    @property
    def sharpe(self) -> float:
        """Mean over sample standard deviation of the excess returns, a year; NaN where they never differ.

        Source: Sharpe, The Sharpe ratio, Journal of Portfolio Management (1994).
        """
        spread = self.excess.std(ddof=1) if len(self.excess) > 1 else 0.0
        return float(self.excess.mean() / spread * np.sqrt(self.periods)) if spread > 0 else float("nan")

    @property
    def drawdown(self) -> float:
        """Deepest fall of wealth from a peak, the wealth begun with included; zero or a negative fraction."""
        return float(min(0.0, self.drawdowns.min())) if len(self.returns) else 0.0

    @property
    def wealth(self) -> Float:
        """What 1 has become after each day, (n_days,)."""
        return np.asarray(np.cumprod(1.0 + self.returns))

    @property
    def drawdowns(self) -> Float:
        """Wealth after each day below its peak so far, the 1 begun with included: (n_days,), zero or a negative fraction."""
        wealth = self.wealth
        return np.asarray(wealth / np.maximum(np.maximum.accumulate(wealth), 1.0) - 1.0)

    @property
    def trades(self) -> int:
        """Days on which the market was entered or left."""
        return int(np.count_nonzero(np.diff(self.position, prepend=0.0)))

    @property
    def turnover(self) -> float:
        """Wealth traded a year, one way: leaving and coming back count 2. NaN without days."""
        traded = np.abs(np.diff(self.position, prepend=0.0)).sum()
        return float(traded / len(self.position) * self.periods) if len(self.position) else float("nan")


@dataclass(frozen=True, slots=True)
class Difference:
    """A strategy less another on the same days.

    mean : of the excess returns, a fraction a year; sharpe : of the Sharpe ratios. low, high : ends of 95 % intervals by paired
    block bootstrap. NaN where there is no Sharpe ratio, or fewer than two days.
    """

    mean: float
    mean_low: float
    mean_high: float
    sharpe: float
    sharpe_low: float
    sharpe_high: float

    @property
    def beyond_chance(self) -> bool:
        """Whether the interval of the mean leaves out 0."""
        return self.mean_low > 0 or self.mean_high < 0


def difference(one: Backtest, other: Backtest, *, block: int = BLOCK, draws: int = DRAWS, random_state: int = 0) -> Difference:
    """Difference of two strategies on the same days, with intervals.

    Raises ValueError for lengths that differ.
    Source: Ledoit and Wolf, Robust performance hypothesis testing with the Sharpe ratio, Journal of Empirical Finance (2008),
    here with percentile intervals.
    """
    if len(one.excess) != len(other.excess):
        raise ValueError(f"{len(one.excess)} days cannot be set beside {len(other.excess)}.")
    if len(one.excess) < 2:
        return Difference(*[float("nan")] * 6)
    moments = np.column_stack([one.excess, other.excess, one.excess**2, other.excess**2])
    drawn = significance.block_means(moments, block=block, draws=draws, random_state=random_state)
    gain = (drawn[:, 0] - drawn[:, 1]) * one.periods
    low, high = np.quantile(gain, (0.025, 0.975))
    sharpe_low = sharpe_high = float("nan")
    sharpe = one.sharpe - other.sharpe
    if np.isfinite(sharpe):
        ratio = (_sharpe(drawn[:, 0], drawn[:, 2]) - _sharpe(drawn[:, 1], drawn[:, 3])) * np.sqrt(one.periods)
        sharpe_low, sharpe_high = np.nanquantile(ratio, (0.025, 0.975))
    mean = float((one.excess.mean() - other.excess.mean()) * one.periods)
    return Difference(mean, float(low), float(high), sharpe, float(sharpe_low), float(sharpe_high))


def periods_a_year(time: NDArray[np.int64]) -> float:
    """Days a year that a series has, such as 252 of shares and 365 of a currency; ``PERIODS`` for fewer than two days.

    time : (n_days,) nanoseconds, ascending.
    """
    return float((len(time) - 1) / (time[-1] - time[0]) * _YEAR_NS) if len(time) > 1 else float(PERIODS)


def simple_returns(close: Float) -> Float:
    """Return of each day from the close before, (n_days,), a fraction; 0 on the first. close : (n_days,) positive."""
    return np.concatenate([[0.0], close[1:] / close[:-1] - 1.0]) if len(close) else np.empty(0)


def zero_one(
    returns: Float,
    hold: NDArray[np.bool_],
    *,
    delay: int = 1,
    cost_bp: float = 10.0,
    cash: Float | float = 0.0,
    periods: float = PERIODS,
) -> Backtest:
    """Hold the market or cash as a signal says.

    returns : (n_days,) simple returns of the market, close to close. hold : (n_days,) whether to be in it, known at each day's
    close. delay : closes waited before the trade; a signal of day t earns from day t + 1 + delay on. Before that, all is cash.
    cost_bp : of each trade, in hundredths of a percent of wealth. cash : simple returns of cash, (n_days,) or one for all days.
    periods : days of a year.
    Raises ValueError for a negative delay, or lengths that differ.
    """
    if delay < 0:
        raise ValueError(f"A delay of {delay} would trade before the signal is known.")
    if len(hold) != len(returns):
        raise ValueError(f"{len(hold)} signals do not go with {len(returns)} returns.")
    position = np.zeros(len(returns))
    position[1 + delay :] = hold[: max(0, len(hold) - 1 - delay)]
    traded = np.abs(np.diff(position, prepend=0.0))
    earned = position * returns + (1.0 - position) * cash - traded * cost_bp / 1e4
    return Backtest(position, earned, earned - cash, periods)


def _sharpe(mean: Float, square: Float) -> Float:
    """Mean over standard deviation of each draw, a day, (draws,); NaN where nothing moved."""
    spread = np.sqrt(np.maximum(square - mean**2, 0.0))
    return np.divide(mean, spread, out=np.full_like(mean, np.nan), where=spread > 0)
