"""When each row of a file is: the column of times read in the way that fits all of it, converted to UTC."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from regime_core.bars import DAY_NS, is_intraday
from regime_core.errors import ReaderError
from regime_core.readers.clocks import clock_text, refuse_rolling
from regime_core.readers.date_columns import date_text
from regime_core.readers.dates import refuse_exchanged
from regime_core.readers.digit_dates import with_marks
from regime_core.readers.epochs import are_epochs, read_epochs, without_zero_fraction
from regime_core.readers.rows import Rows
from regime_core.readers.session_days import session_days
from regime_core.readers.time_column import Flags, Nanoseconds, TimeColumn, all_match, distinct, flags
from regime_core.readers.written_times import ISO, Written, read_written
from regime_core.readers.zones import east_of_utc, is_zone, local_time, offset_ns, require_zone

STRICT_ISO = r"^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?Z?)?$"


@dataclass(frozen=True, slots=True)
class Times:
    """When each row is.

    time : (n_rows,) int64 nanoseconds since 1970 UTC; meaningless where ``missing``.
    wall : (n_rows,) the same as the file's own clock shows it.
    missing : (n_rows,) the row names no time.
    format : in words, as ``ISO 8601 dates`` or ``epoch milliseconds``.
    zone : ``UTC``, an offset or name as the file states it (several joined by ``, ``), or empty where the file names none.
    doubtful : (n_rows,) the row's date may stand for the day after (``session_days``). notes : sentences on what was decided.
    """

    time: Nanoseconds
    wall: Nanoseconds
    missing: Flags
    format: str
    zone: str
    doubtful: Flags
    notes: tuple[str, ...] = ()

    @property
    def mixed_zones(self) -> bool:
        """Whether the column holds several offsets."""
        return ", " in self.zone


def read_times(
    rows: Rows,
    dates: tuple[int, ...],
    clock: int | None,
    needed: Flags,
    *,
    order: str | None = None,
    zone: str | None = None,
) -> Times:
    """Times of every row.

    dates, clock : columns of the dates (one, or year, month and maybe day), and of the times of day where they stand apart.
    needed : (n_rows,) rows that have prices. order : ``day/month/year`` or ``month/day/year`` where the caller knows it.
    zone : of times that name none, and of the market whose daily bars are stamped in UTC.
    Bars at least a day apart keep the calendar date that the file shows, unless they are stamped in UTC in the evening before
    (see ``session_days``); other times are converted to UTC.
    Raises ReaderError naming line and value where a time cannot be read, AmbiguousDates where two orders remain.
    """
    if zone is not None:
        require_zone(zone)
    if clock is None and len(dates) == 1 and needed.all():
        as_it_stands = TimeColumn(rows, dates, rows.columns[dates[0]], ~needed)
        read = _read_iso(as_it_stands, zone)
        if read is not None:
            return read
    text, absent = date_text(rows, dates)
    absent |= ~needed
    if absent.all():
        raise ReaderError("reader.no_time", f'{rows.file.name}: column "{rows.layout.header[dates[0]]}" is empty.')
    if clock is not None:
        text = pc.binary_join_element_wise(text, clock_text(rows, clock), " ")
    if absent.any():
        text = pc.if_else(pa.array(absent), pa.scalar(None, pa.string()), text)
    text = with_marks(without_zero_fraction(text))
    found = TimeColumn(rows, dates, text, absent)
    if clock is None:
        if are_epochs(text):
            time, unit = read_epochs(found)
            return _in_utc(found, time, f"epoch {unit}", zone)
        read = _read_iso(found, zone)
        if read is not None:
            return read
    return _zoned(found, read_written(found, order), zone)


def _in_utc(column: TimeColumn, time: Nanoseconds, words: str, zone: str | None) -> Times:
    """Times that are UTC; of daily bars the day in the zone of their market."""
    absent = column.absent
    if is_intraday(distinct(time[~absent])):
        return Times(time, time, absent, words, "UTC", _none(absent), _unused(zone, "UTC"))
    if zone is None:
        return _daily(time, absent, words, "UTC")
    days = session_days(local_time(zone, time), absent, utc=False).days
    return Times(days, days, absent, words, "UTC", _none(absent), (f"Daily bars have the date of their time in {zone}.",))


def _zoned(column: TimeColumn, written: Written, default: str | None) -> Times:
    """Times of wall times and the zones named beside them."""
    absent, wall, zone, words = column.absent, written.wall, written.zone, written.words
    named = np.zeros(len(absent), dtype=bool) if zone is None else flags(pc.not_equal(zone, ""))
    if named.any() and not (named | absent).all():
        row = int(np.flatnonzero(~named & ~absent)[0])
        raise column.refusal(row, "names no time zone while other lines do: write all times with an offset, or none")
    shift, shown = _shifts(column, wall, zone) if named.any() else (None, "")
    if shown == "UTC":
        return _in_utc(column, wall, words, default)
    if not is_intraday(distinct(wall[~absent])):
        dated = _daily(np.where(wall == written.date + DAY_NS, written.date, wall), absent, words, "")
        note = () if default is None else (f"Dates keep the file's own calendar: the zone {default} does not move them.",)
        return replace(dated, notes=(*dated.notes, *note))
    refuse_rolling(column, wall)
    if shift is not None:
        return Times(wall - shift, wall, absent, words, shown, _none(absent), _unused(default, shown))
    if default is not None:
        return Times(wall - east_of_utc(default, wall, absent), wall, absent, words, default, _none(absent))
    return Times(wall, wall, absent, words, "", _none(absent))


def _daily(wall: Nanoseconds, absent: Flags, words: str, zone: str) -> Times:
    found = session_days(wall, absent, utc=zone == "UTC")
    notes = ("Daily bars are stamped in UTC in the evening before: each has the date of the day that follows.",)
    return Times(found.days, found.days, absent, words, zone, found.doubtful, notes if found.moved else ())


def _none(absent: Flags) -> Flags:
    """No row."""
    return np.zeros(len(absent), dtype=bool)


def _unused(zone: str | None, shown: str) -> tuple[str, ...]:
    return () if zone is None else (f"Times name their own zone ({shown}): {zone} does not move them.",)


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


def _read_iso(column: TimeColumn, zone: str | None) -> Times | None:
    """Times where every one is in strict ISO form without an offset, else None."""
    text, absent = column.text, column.absent
    if not all_match(text.slice(0, 200), STRICT_ISO):
        return None
    utc = text[column.first()].as_py().endswith("Z")
    try:
        stamps = pc.cast(text, pa.timestamp("ns", "UTC" if utc else None))
    except pa.ArrowInvalid:
        return None
    wall = np.asarray(pc.fill_null(pc.cast(stamps, pa.int64()), 0).to_numpy(), dtype=np.int64)
    days = np.floor_divide(wall[~absent], DAY_NS)
    refuse_exchanged(days, where=column.where)
    if utc:
        return _in_utc(column, wall, f"{ISO} times", zone)
    dates = bool((days * DAY_NS == wall[~absent]).all())
    return _zoned(column, Written(wall, wall, None, f"{ISO} dates" if dates else f"{ISO} times"), zone)
