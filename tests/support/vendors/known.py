"""Bars whose truth is known, cut from the bundled S&P 500 history, and the small words that all writers share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from regime_core import MODEL_DIR

NEW_YORK = ZoneInfo("America/New_York")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIFTY_SIX_YEARS = timedelta(days=20_454)
"""After this many days the calendar repeats itself, weekdays and leap years included."""


@dataclass(frozen=True)
class Known:
    """Bars as written and as a right reading gives them back.

    when : wall time of each bar as the vendor shows it; aware where the vendor names a zone.
    time : (n,) int64 nanoseconds since 1970 UTC, the calendar date for daily bars.
    open, high, low, close : (n,) floats, as precise as they are written. volume : NaN where the file has none.
    """

    when: tuple[datetime, ...]
    time: np.ndarray
    open: np.ndarray
    high: np.ndarray
    low: np.ndarray
    close: np.ndarray
    volume: np.ndarray

    def __len__(self):
        return len(self.when)

    def __iter__(self):
        """Rows as (when, open, high, low, close, volume)."""
        return iter(zip(self.when, self.open, self.high, self.low, self.close, self.volume, strict=True))

    @property
    def epochs(self) -> list[int]:
        """Whole seconds since 1970 of each bar's wall time; naive times are UTC."""
        return [epoch(when) for when in self.when]

    def take(self, index) -> Known:
        """Bars at an index."""
        index = np.arange(len(self))[index]
        arrays = (self.time, self.open, self.high, self.low, self.close, self.volume)
        return Known(tuple(self.when[i] for i in index), *(values[index] for values in arrays))

    def without_volume(self) -> Known:
        """Return the same bars, their volume unknown."""
        return replace(self, volume=np.full(len(self), np.nan))

    def closes_only(self) -> Known:
        """Return the bars that a file of closes alone gives: open, high and low repeat the close."""
        return replace(self, open=self.close, high=self.close, low=self.close).without_volume()

    def with_volume(self, volume) -> Known:
        """Return the same bars with another volume."""
        return replace(self, volume=np.asarray(volume, dtype=np.float64))

    def scaled(self, factor: float, decimals: int) -> Known:
        """Prices times a factor, as another market's would stand."""
        prices = {name: exact(getattr(self, name) * factor, decimals) for name in ("open", "high", "low", "close")}
        return replace(self, **prices)

    def dated(self, when: Sequence[datetime]) -> Known:
        """Return the same prices on other dates."""
        return replace(self, when=tuple(when), time=nanoseconds(when))


@dataclass(frozen=True)
class VendorFile:
    """A file as a vendor writes it, and what a right reading of it gives.

    truth : symbol -> bars; one entry named "" where the file holds one series.
    status : what inspection must say: ``ok``, ``ambiguous`` or ``rejected``; ``may_ask`` allows ambiguous instead of ok.
    warnings : codes that must be among those given.
    volumes : other volumes that are right as well, where the file has several.
    unchecked : fields of which the file says nothing in some rows. may_drop : those rows may be left out.
    """

    name: str
    data: bytes
    truth: dict[str, Known]
    status: str = "ok"
    warnings: frozenset[str] = frozenset()
    may_ask: bool = False
    volumes: tuple[np.ndarray, ...] = ()
    unchecked: tuple[str, ...] = ()
    may_drop: bool = False


FORMATS: dict[str, Callable[[], VendorFile]] = {}


def vendor(write: Callable[[], VendorFile]) -> Callable[[], VendorFile]:
    """Enter a writer into the list of formats under its own name."""
    FORMATS[write.__name__] = cache(write)
    return write


def one(name: str, text: str | bytes, known: Known, *, encoding: str = "utf-8", warn: Iterable[str] = (), **more) -> VendorFile:
    """Return a file of one series."""
    data = text if isinstance(text, bytes) else text.encode(encoding)
    return VendorFile(name, data, {"": known}, warnings=frozenset(warn), **more)


def table(header: str | None, rows: Iterable[Iterable[object]], *, sep: str = ",", end: str = "\n", quote: bool = False) -> str:
    """Lines of a file; cells that hold the delimiter are quoted, and all of them where asked."""

    def cell(value: object) -> str:
        text = str(value)
        return f'"{text}"' if quote or sep in text else text

    lines = [] if header is None else [header]
    lines += [sep.join(cell(value) for value in row) for row in rows]
    return end.join(lines) + end


@cache
def _history() -> pd.DataFrame:
    frame = pd.read_csv(MODEL_DIR.parent / "data" / "sp500.csv", parse_dates=["date"], index_col="date")
    frame = frame[frame.index >= "2015-01-02"].copy()
    frame["high"] = frame[["open", "high", "close"]].max(axis=1)
    frame["low"] = frame[["open", "low", "close"]].min(axis=1)
    return frame


@cache
def daily(n: int = 180, *, decimals: int = 2, skip: int = 0) -> Known:
    """Trading days of the S&P 500 from 2 January 2015."""
    frame = _history().iloc[skip : skip + n]
    when = tuple(datetime(stamp.year, stamp.month, stamp.day) for stamp in frame.index)
    prices = (exact(frame[name].to_numpy(), decimals) for name in ("open", "high", "low", "close"))
    return Known(when, nanoseconds(when), *prices, frame["volume"].to_numpy(dtype=np.float64))


@cache
def session(n: int = 182, *, decimals: int = 2) -> Known:
    """Half-hours of a New York session, 13 a day from 23 February 2015; summer time begins among them on 8 March."""
    days = [date(2015, 2, 23) + timedelta(days=i) for i in range(60)]
    starts = [datetime(d.year, d.month, d.day, 9, 30, tzinfo=NEW_YORK) for d in days if d.weekday() < 5]
    when = tuple(start + timedelta(minutes=30 * k) for start in starts for k in range(13))[:n]
    return replace(_small(n, decimals), when=when, time=nanoseconds(when))


@cache
def round_the_clock(n: int = 180, *, decimals: int = 2, minutes: int = 60) -> Known:
    """Bars of a market that never closes, from Monday 23 February 2015, in UTC."""
    when = tuple(datetime(2015, 2, 23, tzinfo=UTC) + timedelta(minutes=minutes * i) for i in range(n))
    return replace(_small(n, decimals), when=when, time=nanoseconds(when))


def _small(n: int, decimals: int) -> Known:
    """Daily prices with a volume that minutes have."""
    known = daily(n, decimals=decimals)
    return known.with_volume(np.floor(known.volume / 1e5))


def naive(known: Known) -> Known:
    """Bars whose vendor names no zone: the wall time is what stands in the file, and is read as UTC."""
    when = [moment.replace(tzinfo=None) for moment in known.when]
    return known.dated(when)


def epoch(when: datetime) -> int:
    """Whole seconds since 1970; a naive time is UTC."""
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return round((aware - EPOCH).total_seconds())


def nanoseconds(when: Sequence[datetime]) -> np.ndarray:
    """Times as int64 nanoseconds since 1970 UTC."""
    return np.array([epoch(moment) * 1_000_000_000 for moment in when], dtype=np.int64)


def exact(values: np.ndarray, decimals: int) -> np.ndarray:
    """Floats that stand exactly for what is written with so many decimals."""
    return np.array([float(f"{value:.{decimals}f}") for value in values])


def us(value: float, decimals: int = 2) -> str:
    """As Americans write it: 2,058.20."""
    return f"{value:,.{decimals}f}"


def european(value: float, decimals: int = 2) -> str:
    """As Germans and Brazilians write it: 2.058,20."""
    return us(value, decimals).translate(str.maketrans(",.", ".,"))


def comma(value: float, decimals: int = 2) -> str:
    """With a decimal comma and no thousands separator: 2058,20."""
    return f"{value:.{decimals}f}".replace(".", ",")


def rounded_volume(volume: float) -> tuple[str, float]:
    """Text such as 3.46B and the number it stands for."""
    for size, mark in ((1e9, "B"), (1e6, "M"), (1e3, "K")):
        if volume >= size:
            text = f"{volume / size:.2f}"
            return text + mark, float(text) * size
    return f"{volume:.0f}", float(volume)


def changes(known: Known) -> list[float]:
    """Percent changes of close, the first 0."""
    return [0.0, *(100 * np.diff(known.close) / known.close[:-1])]


def month_name(when: datetime) -> str:
    """English date such as ``Jan 29, 2021``; ``strftime`` would follow the machine's language."""
    return f"{MONTHS[when.month - 1]} {when.day:02}, {when.year}"


MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
