"""What a signal to hold a market or stay out of it would have earned, after a delay and costs. Arrays in, plain values out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

PERIODS = 252
"""Trading days of a year."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """A strategy that is either in the market or in cash.

    position : (n_days,) share of wealth in the market through each day, 0 or 1. returns : (n_days,) simple returns a day after
    costs. excess : (n_days,) the same less what cash earned.
    """

    position: Float
    returns: Float
    excess: Float

    @property
    def annual_return(self) -> float:
        """Compounded return a year of ``PERIODS`` days, a fraction; NaN without days."""
        if not len(self.returns):
            return float("nan")
        return float(np.prod(1.0 + self.returns) ** (PERIODS / len(self.returns)) - 1.0)

    @property
    def volatility(self) -> float:
        """Sample standard deviation of the returns, a fraction a year; NaN of fewer than two days."""
        return float(self.returns.std(ddof=1) * np.sqrt(PERIODS)) if len(self.returns) > 1 else float("nan")

    @property
    def sharpe(self) -> float:
        """Mean over sample standard deviation of the excess returns, a year; NaN where they never differ.

        Source: Sharpe, The Sharpe ratio, Journal of Portfolio Management (1994).
        """
        spread = self.excess.std(ddof=1) if len(self.excess) > 1 else 0.0
        return float(self.excess.mean() / spread * np.sqrt(PERIODS)) if spread > 0 else float("nan")

    @property
    def drawdown(self) -> float:
        """Deepest fall of wealth from a peak, the wealth begun with included; zero or a negative fraction."""
        wealth = np.concatenate([[1.0], np.cumprod(1.0 + self.returns)])
        return float((wealth / np.maximum.accumulate(wealth) - 1.0).min())

    @property
    def turnover(self) -> float:
        """Wealth traded a year, one way: leaving and coming back count 2. NaN without days."""
        traded = np.abs(np.diff(self.position, prepend=0.0)).sum()
        return float(traded / len(self.position) * PERIODS) if len(self.position) else float("nan")


def zero_one(
    returns: Float, hold: NDArray[np.bool_], *, delay: int = 1, cost_bp: float = 10.0, cash: Float | float = 0.0
) -> Backtest:
    """Hold the market or cash as a signal says.

    returns : (n_days,) simple returns of the market, close to close. hold : (n_days,) whether to be in it, known at each day's
    close. delay : closes waited before the trade; a signal of day t earns from day t + 1 + delay on. Before that, all is cash.
    cost_bp : of each trade, in hundredths of a percent of wealth. cash : simple returns of cash, (n_days,) or one for all days.
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
    return Backtest(position, earned, earned - cash)
