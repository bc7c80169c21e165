"""What a forecast of stress states looks at: VIX against its past, ranges, volatility, returns; and tomorrow's own values.

Row t rests on rows up to t only. Where there is no VIX, the Parkinson volatility in percent a year stands in for it; for
closes only, which have none, the 21-day volatility.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from regime_core.bars import Float
from regime_core.states import PARKINSON, VOLATILITY, WINDOW, YEAR, Market

TITLES: dict[str, str] = {
    "level": "VIX level",
    "change_1": "VIX change, 1 day",
    "change_5": "VIX change, 5 days",
    "against_21": "VIX against its 21-day mean",
    "against_126": "VIX against its 126-day mean",
    "range_5": "Parkinson volatility, 5 days",
    "range_21": "Parkinson volatility, 21 days",
    "volatility_5": "Volatility, 5 days",
    "volatility_21": "Volatility, 21 days",
    "volatility_63": "Volatility, 63 days",
    "return_1": "Return today",
    "return_5": "Return over 5 days",
    "return_21": "Return over 21 days",
    "size_1": "Size of today's return",
    "size_leaving": "Size of the return that leaves the 21-day window next",
    "drawdown_126": "Fall from the 126-day high",
}
"""Column of ``table`` -> what it is, in words; logarithms are taken of levels and volatilities."""
NAMES = tuple(TITLES)
WINDOW_AHEAD = ("kept_sum", "kept_squares", "variance")
_STANDS_IN = {PARKINSON: "Parkinson volatility", VOLATILITY: "21-day volatility"}
"""Last value of a market without a VIX -> what ``level`` is of."""
FIRST_ROW = WINDOW
"""Rows before this lack a full window of returns and are NaN."""
LONGEST = 126
"""Days that the longest window looks back on."""
_SMALLEST = 1e-6


def table(market: Market) -> Float:
    """All columns of ``NAMES``, (n_days, n_names); NaN in the first ``FIRST_ROW`` rows. Longer windows begin part-filled."""
    returns, close = market.values[:, 0], market.bars.close
    level = np.log(stress(market))
    squares = np.log(market.bars.high / market.bars.low) ** 2 / (4.0 * np.log(2.0))
    columns = {
        "level": level,
        "change_1": level - _lagged(level, 1),
        "change_5": level - _lagged(level, 5),
        "against_21": level - np.log(_trailing_mean(np.exp(level), 21)),
        "against_126": level - np.log(_trailing_mean(np.exp(level), LONGEST)),
        "range_5": _log(np.sqrt(_trailing_mean(squares, 5))),
        "range_21": _log(np.sqrt(_trailing_mean(squares, 21))),
        "volatility_5": _log(np.sqrt(_trailing_mean(returns**2, 5))),
        "volatility_21": _log(market.values[:, 1]),
        "volatility_63": _log(np.sqrt(_trailing_mean(returns**2, 63))),
        "return_1": returns,
        "return_5": 5.0 * _trailing_mean(returns, 5),
        "return_21": 21.0 * _trailing_mean(returns, 21),
        "size_1": np.abs(returns),
        "size_leaving": np.abs(_lagged(returns, WINDOW - 1)),
        "drawdown_126": close / _trailing_max(close, LONGEST) - 1.0,
    }
    out = np.column_stack([columns[name] for name in NAMES])
    out[:FIRST_ROW] = np.nan
    return out


def in_words(title: str, columns: tuple[str, ...]) -> str:
    """A title such as those of ``TITLES`` for a market with these values: without a VIX it does not speak of one."""
    stand_in = _STANDS_IN.get(columns[-1])
    return title.replace("VIX", stand_in) if stand_in else title


def stress(market: Market) -> Float:
    """Expected volatility in percent a year, (n_days,), positive: the VIX, or what the last 21 days stand for."""
    if market.vix is not None:
        return market.vix
    last = market.values[:, -1]  # where there is no range at all, closes tell
    daily = np.where(last > 0, last, market.values[:, 1])
    return np.asarray(np.maximum(daily, _SMALLEST) * 100.0 * np.sqrt(YEAR))


def daily_variance(market: Market) -> Float:
    """Variance of one day's return that ``stress`` stands for, (n_days,)."""
    return np.asarray((stress(market) / 100.0) ** 2 / YEAR)


def variance_ratio(past: Market) -> float:
    """Mean squared return over the variance expected for it the day before: under 1 for the VIX, which holds a premium."""
    return float((past.values[1:, 0] ** 2).sum() / daily_variance(past)[:-1].sum())


def ingredients(market: Market, horizon: int) -> Float:
    """All that ``expected_ahead`` and the table are made of, (n_days, n_ingredients); NaN in the first ``FIRST_ROW`` rows.

    The values of ``market``; sum and sum of squares of the returns that will still be in the 21-day window ``horizon`` days
    ahead; variance of a day's return that the VIX stands for; ``table``. Named by ``ingredient_names``.
    """
    kept = WINDOW - min(horizon, WINDOW)
    returns = market.values[:, 0]
    window = np.column_stack([_trailing_sum(returns, kept), _trailing_sum(returns**2, kept), daily_variance(market)])
    window[:FIRST_ROW] = np.nan
    return np.column_stack([market.values, window, table(market)])


def ingredient_names(columns: tuple[str, ...]) -> tuple[str, ...]:
    """Name of each column of ``ingredients`` for a market with these values."""
    return (*columns, *WINDOW_AHEAD, *NAMES)


def expected_ahead(values: Float, window: Float, horizon: int, *, mean_return: float, ratio: float) -> Float:
    """Values of a market as expected ``horizon`` days ahead, (n_days, n_values). values, window : see ``ingredients``.

    The return is its mean. Of the 21 days of that later window, 21 - horizon are known today; each of the others is expected
    to have ``ratio`` times the variance that the VIX stands for. A third value stays as it is today.
    """
    new = min(horizon, WINDOW)
    total = window[:, 0] + new * mean_return
    squares = window[:, 1] + new * (ratio * window[:, 2] + mean_return**2)
    variance = np.maximum(squares - total**2 / WINDOW, 0.0) / (WINDOW - 1)
    return np.column_stack([np.full(len(values), mean_return), np.sqrt(variance), values[:, 2:]])


def _log(values: Float) -> Float:
    return np.asarray(np.log(np.maximum(values, _SMALLEST)))


def _lagged(values: Float, days: int) -> Float:
    """Value ``days`` earlier; the first one where there is none."""
    return values[np.maximum(np.arange(len(values)) - days, 0)]


def _trailing_sum(values: Float, days: int) -> Float:
    """Sum of the last ``days`` values, of those there are in the first rows; 0 for none."""
    if days == 0:
        return np.zeros(len(values))
    padded = np.concatenate([np.zeros(days - 1), values])
    return np.asarray(sliding_window_view(padded, days).sum(axis=1))


def _trailing_mean(values: Float, days: int) -> Float:
    return _trailing_sum(values, days) / np.minimum(np.arange(len(values)) + 1, days)


def _trailing_max(values: Float, days: int) -> Float:
    padded = np.concatenate([np.full(days - 1, -np.inf), values])
    return np.asarray(sliding_window_view(padded, days).max(axis=1))
