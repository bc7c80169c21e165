"""The market's expected volatility, laid beside the bars of any instrument without looking ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import DAY_NS, Float
from regime_core.errors import BarsError
from regime_core.features.base import Feature

if TYPE_CHECKING:
    import pandas as pd

GROUP = "vix"
CHANGES = (1, 5)
STALE_DAYS = 7
"""An intraday bar takes the last VIX close before its date, if that is at most this many days back."""

_WHALEY = "Whaley, Journal of Portfolio Management 26 (2000)"

FEATURES: tuple[Feature, ...] = (
    Feature("vix_level", "VIX", "percent a year", GROUP, _WHALEY, 0, needs="vix"),
    *(
        Feature(
            f"vix_change_{days}",
            f"VIX change, {days} trading day{'s' * (days > 1)}",
            "fraction",
            GROUP,
            _WHALEY,
            days,
            needs="vix",
        )
        for days in CHANGES
    ),
)


def compute(vix: Float) -> dict[str, Float]:
    """Each feature of this group, (n_bars,), from what ``align`` returned."""
    return {feature.name: vix[:, i] for i, feature in enumerate(FEATURES)}


def align(vix: pd.Series, index: pd.DatetimeIndex) -> Float:
    """VIX level and its changes beside each bar.

    vix : daily closes, positive, in percent a year, with a DatetimeIndex of one entry a date; NaN where unknown. Where it
    begins earlier than the bars, the changes are known from the first bar on.
    index : (n_bars,) times of a Bars frame.
    Returns (n_bars, 3): level, relative change over 1 and over 5 trading days of the VIX. A daily bar has the VIX of its own
    date, or NaN. An intraday bar has the last one of an earlier UTC date, or NaN where that is over ``STALE_DAYS`` old. A
    change is NaN across a hole in the VIX of more than a week. A market that closes before New York does should be given the
    VIX one date later.
    Raises BarsError on an index without dates, two entries of one date, a level that is not positive.
    """
    dates, level = _daily(vix)
    columns = np.column_stack([level, *(_change(dates, level, days) for days in CHANGES)])
    clock = index if index.tz is None else index.tz_convert("UTC").tz_localize(None)
    time = clock.as_unit("ns").asi8
    bar_dates = np.floor_divide(time, DAY_NS)
    intraday = (bar_dates * DAY_NS != time) | (index.tz is not None)
    row = np.searchsorted(dates, bar_dates - intraday, side="right") - 1
    begun = np.flatnonzero(row >= 0)
    fresh = bar_dates[begun] - dates[row[begun]] <= np.where(intraday[begun], STALE_DAYS, 0)
    out = np.full((len(index), columns.shape[1]), np.nan)
    out[begun[fresh]] = columns[row[begun[fresh]]]
    return out


def _daily(vix: pd.Series) -> tuple[NDArray[np.int64], Float]:
    """Days since 1970 and levels of the known entries, oldest first."""
    import pandas as pd

    if not isinstance(vix.index, pd.DatetimeIndex):
        raise BarsError("bars.vix", "The VIX series needs a DatetimeIndex of dates: use series.set_axis(pd.to_datetime(...)).")
    known = vix[vix.notna()].sort_index()
    level = known.to_numpy(dtype=np.float64)
    dates = np.floor_divide(pd.DatetimeIndex(known.index).tz_localize(None).as_unit("ns").asi8, DAY_NS)
    bad = ~(np.isfinite(level) & (level > 0))
    if bad.any():
        i = int(np.flatnonzero(bad)[0])
        day = f"{known.index[i]:%Y-%m-%d}"
        raise BarsError("bars.vix", f"The VIX of {day} is {level[i]:g}: it must be positive, or NaN where unknown.")
    twice = np.flatnonzero(np.diff(dates) == 0)
    if len(twice):
        raise BarsError("bars.vix", f"The VIX has two entries of {known.index[twice[0]]:%Y-%m-%d}: give one close a date.")
    return dates, level


def _change(dates: NDArray[np.int64], level: Float, days: int) -> Float:
    out = np.full(len(level), np.nan)
    out[days:] = level[days:] / level[:-days] - 1.0
    for back in range(days):
        hole = np.flatnonzero(np.diff(dates) > STALE_DAYS) + 1 + back
        out[hole[hole < len(out)]] = np.nan
    return out
