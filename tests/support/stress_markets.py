"""Made-up index and VIX histories that pass between quiet and stressed months."""

from __future__ import annotations

import numpy as np

from regime_core.bars import DAY_NS, OHLCV


def index_and_vix(n: int = 1500, *, seed: int = 0, first: str = "2010-01-04") -> tuple[OHLCV, OHLCV]:
    """Daily bars on weekdays, and a VIX that follows their volatility with some noise."""
    rng = np.random.default_rng(seed)
    days = np.busday_offset(first, np.arange(n), roll="forward").astype("M8[ns]").astype(np.int64)
    stressed = np.cumsum(rng.random(n) < 1 / 40) % 2 == 1
    slow = np.zeros(n)
    for t in range(1, n):
        slow[t] = 0.93 * slow[t - 1] + 0.07 * stressed[t]
    volatility = 0.006 + 0.014 * slow
    returns = volatility * rng.standard_normal(n) + 0.0003
    close = 100 * np.exp(np.cumsum(returns))
    open_ = np.concatenate([[100.0], close[:-1]])
    reach = np.exp(volatility * np.abs(rng.standard_normal(n)) * 0.5)
    bars = OHLCV(days, open_, np.maximum(open_, close) * reach, np.minimum(open_, close) / reach, close, np.full(n, 1e6))
    level = 100 * np.sqrt(252) * volatility * 1.2 * np.exp(0.05 * rng.standard_normal(n))
    return bars, OHLCV(days, level, level, level, level, np.full(n, np.nan))


def same_day_later(bars: OHLCV, days: int) -> OHLCV:
    """The same bars, some days later."""
    return bars._replace(time=bars.time + days * DAY_NS)
