"""History that is already on this machine: the arch package's data sets, and CSV files."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from regime_core.bars import DAY_NS, FIELDS, PRICES
from regime_core.errors import SourceError
from regime_core.readers import read_csv
from regime_core.sources.daily import Daily, daily

ARCH_CLOSE_NOTE = "arch holds VIX closes only: open, high and low repeat the close."


def load_arch(series: str, *, today: date) -> Daily:
    """S&P 500 (1999-2018, with open, high, low and volume) or VIX (2014 to January 2019, closes) from the arch package.

    Raises SourceError where arch is not installed.
    """
    try:
        from arch.data import sp500, vix
    except ImportError as error:
        raise SourceError(
            "source.arch_missing", "The arch package is not installed: pip install -r requirements-train.txt."
        ) from error
    if series == "sp500":
        frame = sp500.load()
        return daily(
            "arch.data.sp500", _midnights(frame), {name: _column(frame, name.capitalize()) for name in FIELDS}, today=today
        )
    frame = vix.load().dropna()
    close = _column(frame, "vix")
    return daily(
        "arch.data.vix", _midnights(frame), dict.fromkeys(PRICES, close), today=today, notes=(ARCH_CLOSE_NOTE,), close_only=True
    )


def load_file(path: Path, *, today: date) -> Daily:
    """Daily bars of a CSV file. Raises ReaderError as ``read_csv``, SourceError where its bars are not daily."""
    result = read_csv(path)
    time = np.floor_divide(result.bars.time, DAY_NS) * DAY_NS
    if result.intraday or (np.diff(time) == 0).any():
        raise SourceError("source.not_daily", f"{path} holds several bars a day: give daily bars.")
    columns = {name: getattr(result.bars, name) for name in FIELDS}
    return daily(str(path), time, columns, today=today, notes=result.problems)


def _midnights(frame: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return pd.DatetimeIndex(frame.index).as_unit("ns").normalize().asi8


def _column(frame: pd.DataFrame, name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return frame[name].to_numpy(dtype=np.float64)
