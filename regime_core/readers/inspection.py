"""What a file holds, in words and counts, before anything is done with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import DAY_NS, is_intraday, to_frame
from regime_core.errors import ReaderError
from regime_core.readers.csv_bars import delimiter_word, problems
from regime_core.readers.dates import AmbiguousDates, DateReading
from regime_core.readers.files import Source, display_name, load_texts
from regime_core.readers.layout import Layout, find_layout, plain_lines
from regime_core.readers.reading import BYTES_A_ROW, MAX_BARS, Overrides, Reading, Warned, read
from regime_core.readers.repairs import Series

SECOND_NS = 1_000_000_000
UNITS: tuple[tuple[int, str], ...] = (
    (DAY_NS, "day"),
    (3_600 * SECOND_NS, "hour"),
    (60 * SECOND_NS, "minute"),
    (SECOND_NS, "second"),
    (1_000_000, "millisecond"),
    (1_000, "microsecond"),
    (1, "nanosecond"),
)
CALENDAR: tuple[tuple[float, float, str], ...] = (
    (6.5, 7.5, "1 week"),
    (27.5, 31.5, "1 month"),
    (89, 93, "1 quarter"),
    (364, 367, "1 year"),
)
WEEKEND_SHARE = 0.05
"""Daily bars with fewer than this share on Saturdays and Sundays are of a market that closes at weekends."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """One series of a file. first, last : ISO dates, or times by the file's own clock for intraday bars."""

    symbol: str
    rows: int
    first: str
    last: str
    first_close: float
    last_close: float


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a file of bars holds.

    status : ``ok``, ``ambiguous`` (see ``readings``) or ``rejected``; reason : why, in a sentence.
    interval : median step between bars in words (``1 day``, ``5 minutes``), empty for one bar.
    timezone : as the file states it, empty where it names none. columns : field -> header found.
    bars : bars after repairs, of all symbols; rows : rows in the file; rows_skipped : those without a price.
    start, end : as shown to people: dates for daily bars, UTC times for intraday ones, of the first symbol.
    gaps : steps longer than the calendar explains (see ``inspect``); longest_step in words, longest_step_from its first bar.
    """

    name: str
    status: str = "ok"
    reason: str = ""
    interval: str = ""
    timezone: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    symbols: tuple[Symbol, ...] = ()
    warnings: tuple[Warned, ...] = ()
    readings: tuple[DateReading, ...] = ()
    delimiter: str = ""
    encoding: str = ""
    time_format: str = ""
    intraday: bool = False
    bars: int = 0
    rows: int = 0
    rows_skipped: int = 0
    start: str = ""
    end: str = ""
    gaps: int = 0
    longest_step: str = ""
    longest_step_from: str = ""
    problems: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.status != "ok":
            return f"file:     {self.name}\nstatus:   {self.status}\nreason:   {self.reason}"
        columns = ", ".join(f"{name} = {header}" for name, header in self.columns.items())
        gaps = f"{self.gaps:,}, longest step {self.longest_step} from {self.longest_step_from}" if self.longest_step else "0"
        lines = {
            "file": f"{self.name} ({self.encoding}, {self.delimiter})",
            "columns": columns,
            "time": self.time_format + (f", {self.timezone}" if self.timezone else ""),
            "interval": self.interval or "unknown (one bar)",
            "range": f"{self.start} to {self.end}",
            "symbols": f"{len(self.symbols):,}" + (f", first {self.symbols[0].symbol}" if self.symbols[0].symbol else ""),
            "bars": f"{self.bars:,} of {self.rows:,} rows ({self.rows_skipped:,} skipped)",
            "gaps": gaps,
            "problems": "\n          ".join(self.problems) or "none",
        }
        return "\n".join(f"{name + ':':<10}{value}" for name, value in lines.items())

    def as_dict(self) -> dict[str, object]:
        """What was understood as plain values that JSON can hold."""
        return {
            "status": self.status,
            "reason": self.reason,
            "interval": self.interval,
            "timezone": self.timezone,
            "columns": dict(self.columns),
            "symbols": [asdict(symbol) for symbol in self.symbols],
            "warnings": [{"code": w.code, "detail": w.detail, "rows": list(w.lines)} for w in self.warnings],
        }


def inspect(
    source: Source, *, name: str | None = None, overrides: Overrides | None = None, max_bars: int = MAX_BARS
) -> Inspection:
    """Describe a file of bars, or say why it cannot be read.

    A gap is a step of more than 1.5 times the median step. On daily bars of a market that closes at weekends it is one of more
    than four days; on intraday bars only steps within one UTC day count, because a session's end is no gap.
    """
    try:
        reading = read(source, name=name, overrides=overrides, max_bars=max_bars)
    except ReaderError as error:
        return inspection_of(name or display_name(source), error)
    return describe(reading)


def inspection_of(name: str, error: ReaderError) -> Inspection:
    """Say why a file was not read: it may be read in several ways, or in none."""
    if isinstance(error, AmbiguousDates):
        warned = Warned("ambiguous_dates", error.message, ())
        return Inspection(name, "ambiguous", error.message, warnings=(warned,), readings=error.readings)
    status = "ambiguous" if error.code.startswith("reader.ambiguous_") else "rejected"
    return Inspection(name, status, error.message)


def layout_of(source: Source, *, name: str | None = None, max_bars: int = MAX_BARS) -> Layout | None:
    """Header and first rows of a file (the first one of several), whether it can be read or not; None where there are none."""
    try:
        files = load_texts(source, name=name, max_bytes=max_bars * BYTES_A_ROW + 65_536)
        return find_layout(plain_lines(files[0]))[1]
    except ReaderError:
        return None


def describe(reading: Reading) -> Inspection:
    """Describe what was read; see ``inspect``."""
    first = reading.series[0].bars
    time = first.time
    intraday = is_intraday(time)
    shown = to_frame(first.rows(None)).index
    step = np.diff(time)
    longest = int(step.argmax()) if len(step) else 0
    stamp = "%Y-%m-%dT%H:%M:%SZ" if intraday else "%Y-%m-%d"
    return Inspection(
        name=reading.name,
        interval=_in_words(float(np.median(step))) if len(step) else "",
        timezone=reading.times.zone,
        columns=dict(reading.columns),
        symbols=tuple(_symbol(series) for series in reading.series),
        warnings=reading.warnings,
        delimiter=delimiter_word(reading),
        encoding=reading.encoding,
        time_format=reading.times.format,
        intraday=intraday,
        bars=sum(series.bars.n_bars for series in reading.series),
        rows=reading.rows_read,
        rows_skipped=reading.rows_skipped,
        start=shown[0].strftime(stamp),
        end=shown[-1].strftime(stamp),
        gaps=_count_gaps(time, intraday=intraday),
        longest_step=_in_words(float(step[longest])) if len(step) else "",
        longest_step_from=shown[longest].strftime(stamp) if len(step) else "",
        problems=problems(reading),
    )


def _symbol(series: Series) -> Symbol:
    bars = series.bars
    intraday = is_intraday(bars.time)
    first, last = (_own_time(int(series.wall[i]), int(bars.time[i]), intraday=intraday) for i in (0, -1))
    return Symbol(series.symbol, bars.n_bars, first, last, float(bars.close[0]), float(bars.close[-1]))


def _own_time(wall: int, time: int, *, intraday: bool) -> str:
    """Date, or time by the file's own clock with its offset from UTC where it has one."""
    moment = np.datetime64(wall, "ns")
    if not intraday:
        return str(moment.astype("M8[D]"))
    minutes = (wall - time) // (60 * SECOND_NS)
    offset = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}" if minutes else ""
    return str(moment.astype("M8[s]")) + offset


def _in_words(step_ns: float) -> str:
    """A span as people say it: ``1 day``, ``5 minutes``, ``1.5 hours``, ``1 month``."""
    days = step_ns / DAY_NS
    for low, high, words in CALENDAR:
        if low <= days <= high:
            return words
    size, unit = next((size, unit) for size, unit in UNITS if step_ns >= size)
    count = round(step_ns / size, 2)
    return f"{count:g} {unit}{'' if count == 1 else 's'}"


def _count_gaps(time: NDArray[np.int64], *, intraday: bool) -> int:
    step = np.diff(time)
    if not len(step):
        return 0
    median = float(np.median(step))
    day = np.floor_divide(time, DAY_NS)
    if intraday:
        return int(((step > 1.5 * median) & (day[1:] == day[:-1])).sum())
    if median <= 1.5 * DAY_NS and _closes_at_weekends(day):
        return int((step > 4 * DAY_NS).sum())
    return int((step > 1.5 * median).sum())


def _closes_at_weekends(day: NDArray[np.int64]) -> bool:
    """Whether hardly any bar falls on a Saturday or Sunday; day 0, 1 January 1970, was a Thursday."""
    weekday = (day + 3) % 7
    return bool((weekday >= 5).mean() < WEEKEND_SHARE)
