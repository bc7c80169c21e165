"""When each row of a file is: the column of times read in the way that fits all of it, converted to UTC."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from regime_core.bars import DAY_NS, is_intraday
from regime_core.errors import ReaderError
from regime_core.readers.epochs import are_epochs, read_epochs, session_days, without_zero_fraction
from regime_core.readers.numbers import is_missing, trimmed
from regime_core.readers.rows import Rows
from regime_core.readers.time_column import Flags, Nanoseconds, TimeColumn, all_match, distinct, flags
from regime_core.readers.written_times import ISO, read_written
from regime_core.readers.zones import east_of_utc, is_zone, offset_ns

SHARED_DATES = 0.01
"""Share of daily bars that may fall on the date of another."""
STRICT_ISO = r"^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?Z?)?$"


@dataclass(frozen=True, slots=True)
class Times:
    """When each row is.

    time : (n_rows,) int64 nanoseconds since 1970 UTC; meaningless where ``missing``.
    wall : (n_rows,) the same as the file's own clock shows it.
    missing : (n_rows,) the row names no time.
    format : in words, as ``ISO 8601 dates`` or ``epoch milliseconds``.
    zone : ``UTC``, an offset or name as the file states it (several joined by ``, ``), or empty where the file names none.
    """

    time: Nanoseconds
    wall: Nanoseconds
    missing: Flags
    format: str
    zone: str

    @property
    def mixed_zones(self) -> bool:
        """Whether the column holds several offsets."""
        return ", " in self.zone


def read_times(
    rows: Rows, column: int, clock: int | None, needed: Flags, *, order: str | None = None, zone: str | None = None
) -> Times:
    """Times of every row.

    column, clock : of the dates, and of the times of day where they stand apart. needed : (n_rows,) rows that have prices.
    order : ``day/month/year`` or ``month/day/year`` where the caller knows it; zone : of times that name none.
    Bars at least a day apart keep the calendar date that the file shows; other times are converted to UTC.
    Raises ReaderError naming line and value where a time cannot be read, AmbiguousDates where two orders remain.
    """
    text = trimmed(rows.columns[column]).combine_chunks()
    absent = flags(is_missing(text)) | ~needed
    if absent.all():
        raise ReaderError("reader.no_time", f'{rows.file.name}: column "{rows.layout.header[column]}" is empty.')
    if clock is not None:
        text = pc.binary_join_element_wise(text, _clock_text(rows, clock), " ")
    if absent.any():
        text = pc.if_else(pa.array(absent), pa.scalar(None, pa.string()), text)
    text = without_zero_fraction(text)
    found = TimeColumn(rows, column, text, absent)
    if clock is None:
        if are_epochs(text):
            return _of_epochs(found)
        plain = _plain_iso(text, absent)
        if plain is not None:
            wall, words, utc = plain
            return _zoned(found, wall, None, words, default=zone, utc=utc)
    written = read_written(found, order)
    return _zoned(found, written.wall, written.zone, written.words, default=zone)


def _of_epochs(column: TimeColumn) -> Times:
    time, unit = read_epochs(column)
    absent = column.absent
    if not is_intraday(distinct(time[~absent])):
        time = _calendar_dates(session_days(time, absent), absent)
    return Times(time, time, absent, f"epoch {unit}", "UTC")


def _zoned(
    column: TimeColumn, wall: Nanoseconds, zone: pa.Array | None, words: str, *, default: str | None = None, utc: bool = False
) -> Times:
    """Times of wall times and the zones named beside them."""
    absent = column.absent
    named = np.zeros(len(absent), dtype=bool) if zone is None else flags(pc.not_equal(zone, ""))
    if named.any() and not (named | absent).all():
        row = int(np.flatnonzero(~named & ~absent)[0])
        raise column.refusal(row, "names no time zone while other lines do: write all times with an offset, or none")
    if not is_intraday(distinct(wall[~absent])):
        days = _calendar_dates(wall, absent)
        return Times(days, days, absent, words, "UTC" if utc else "")
    if utc:
        return Times(wall, wall, absent, words, "UTC")
    if named.any():
        shift, shown = _shifts(column, wall, zone)
        return Times(wall - shift, wall, absent, words, shown)
    if default is not None:
        return Times(wall - east_of_utc(default, wall, absent), wall, absent, words, default)
    return Times(wall, wall, absent, words, "")


def _shifts(column: TimeColumn, wall: Nanoseconds, zone: pa.Array) -> tuple[Nanoseconds, str]:
    """Nanoseconds east of UTC of each row by the zone beside it, and the zones in words."""
    absent = column.absent
    encoded = pc.dictionary_encode(pc.if_else(pa.array(absent), pa.scalar(None, pa.string()), zone))
    codes = pc.fill_null(encoded.indices, -1).to_numpy()
    shift = np.zeros(len(wall), dtype=np.int64)
    marks = encoded.dictionary.to_pylist()
    for code, mark in enumerate(marks):
        here = codes == code
        if offset_ns(mark) is None and not is_zone(mark):
            raise column.refusal(
                int(np.flatnonzero(here)[0]), f"names a time zone that is not known ({mark}): write an offset such as +01:00"
            )
        shift[here] = east_of_utc(mark, wall[here], absent[here])
    shown = ["UTC" if offset_ns(mark) == 0 else mark for mark in marks]
    return shift, ", ".join(dict.fromkeys(shown))


def _plain_iso(text: pa.Array, absent: Flags) -> tuple[Nanoseconds, str, bool] | None:
    """Wall times, words and whether they are UTC, where every one is in strict ISO form without an offset; else None."""
    if not all_match(text.slice(0, 200), STRICT_ISO):
        return None
    utc = text[int(np.argmin(absent))].as_py().endswith("Z")
    try:
        stamps = pc.cast(text, pa.timestamp("ns", "UTC" if utc else None))
    except pa.ArrowInvalid:
        return None
    wall = np.asarray(pc.fill_null(pc.cast(stamps, pa.int64()), 0).to_numpy(), dtype=np.int64)
    dates = not utc and (wall[~absent] % DAY_NS == 0).all()
    return wall, f"{ISO} dates" if dates else f"{ISO} times", utc


def _clock_text(rows: Rows, column: int) -> pa.Array:
    """Times of day as ``hh:mm``; bare digits (``930``, ``093000``) are filled up on the left."""
    text = trimmed(rows.columns[column]).combine_chunks()
    text = pc.if_else(is_missing(text), pa.scalar("00:00"), text)
    if not all_match(text, r"^\d{1,6}$"):
        return text
    longest = int(pc.max(pc.utf8_length(text)).as_py())
    largest = int(pc.max(pc.cast(text, pa.int64())).as_py())
    return pc.utf8_lpad(text, width=4 if longest <= 4 and largest <= 2400 else 6, padding="0")


def _calendar_dates(wall: Nanoseconds, absent: Flags) -> Nanoseconds:
    """Wall times of daily bars as the file's own calendar dates, unless many fall on the same.

    Few may: a vendor adds the running day, with the time of its last trade, to a row of the same date.
    """
    days = np.floor_divide(wall, DAY_NS) * DAY_NS
    times, dates = len(distinct(wall[~absent])), len(distinct(days[~absent]))
    return days if times - dates <= max(1, SHARED_DATES * times) else wall
