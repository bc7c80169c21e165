"""Stress states of a market: its days, their clusters, forecasts of the state ahead, and how past forecasts went.

The *states* ``state_0``, ``state_1``, … rise with stress. They are not the five regimes of ``regimes``; no vote is taken
across the two.
"""

from __future__ import annotations

from regime_core.states.days import (
    HORIZONS,
    K_RANGE,
    MIN_DAYS,
    MIN_HISTORY,
    PARKINSON,
    RETURN,
    TITLES,
    VIX,
    VOLATILITY,
    WINDOW,
    YEAR,
    Market,
    Times,
    market,
    require_history,
    years_of,
)
from regime_core.states.fans import Fan
from regime_core.states.results import (
    Clustering,
    Codes,
    Contribution,
    Explanation,
    Forecast,
    WalkForward,
    YearModel,
    state_name,
)

__all__ = [
    "HORIZONS",
    "K_RANGE",
    "MIN_DAYS",
    "MIN_HISTORY",
    "PARKINSON",
    "RETURN",
    "TITLES",
    "VIX",
    "VOLATILITY",
    "WINDOW",
    "YEAR",
    "Clustering",
    "Codes",
    "Contribution",
    "Explanation",
    "Fan",
    "Forecast",
    "Market",
    "Times",
    "WalkForward",
    "YearModel",
    "market",
    "require_history",
    "state_name",
    "years_of",
]
