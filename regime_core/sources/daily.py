"""What every source hands over: checked daily bars of one series, and notes on what was done to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import FIELDS, OHLCV, PRICES, Float, normalise
from regime_core.errors import BarsError, SourceError
from regime_core.sources.bundled import to_date, to_ns


@dataclass(frozen=True, slots=True)
class Daily:
    """Daily bars of one series from one source.

    bars : time is midnight UTC of the trading day. close_only : open, high and low only repeat the close.
    notes : sentences for people on what was left out or repaired.
    """

    bars: OHLCV
    notes: tuple[str, ...]
    close_only: bool = False


def daily(
    origin: str,
    days: Sequence[date] | NDArray[np.int64],
    columns: dict[str, Float],
    *,
    today: date,
    notes: tuple[str, ...] = (),
    close_only: bool = False,
) -> Daily:
    """Daily bars of columns as a source sent them; rows without every price are left out and counted.

    origin : address or file, for messages. days : (n,) dates, or midnights in nanoseconds. columns : as ``bars.normalise``.
    Raises SourceError where nothing is left, a price is impossible, or a date is in the future.
    """
    time = np.array([to_ns(day) if isinstance(day, date) else day for day in days], dtype=np.int64)
    complete = np.ones(len(time), dtype=bool)
    for name in PRICES:
        complete &= ~np.isnan(columns[name])
    kept = np.flatnonzero(complete)
    if not len(kept):
        raise SourceError("source.no_rows", f"{origin} holds no row with prices.")
    try:
        bars, repairs = normalise(
            time[kept],
            {name: columns[name][kept] for name in FIELDS if name in columns},
            where=lambda index, field: f"{to_date(int(time[kept[index]]))}{', ' if field else ''}{field}",
        )
    except BarsError as error:
        raise SourceError("source.prices", f"{origin}: {error.message}") from error
    if to_date(int(bars.time[-1])) > today:
        raise SourceError(
            "source.future", f"{origin} has a row of {to_date(int(bars.time[-1]))}, which is after today, {today}."
        )
    missing = len(time) - len(kept)
    dropped = (f"{missing} row(s) without every price were left out.",) if missing else ()
    return Daily(bars, (*notes, *dropped, *repairs), close_only)
