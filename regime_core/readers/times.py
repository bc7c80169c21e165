"""The time column: epochs of any unit, dates and times of any vendor, with their zones."""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from regime_core.bars import DAY_NS, epoch_to_ns, is_intraday
from regime_core.errors import BarsError, ReaderError
from regime_core.readers.cells import MONTHS
from regime_core.readers.dates import ImpossibleDates, decide, full_years
from regime_core.readers.numbers import is_missing, trimmed
from regime_core.readers.rows import Rows

Nanoseconds = NDArray[np.int64]
Flags = NDArray[np.bool_]

INTEGER = r"^[+-]?\d{1,19}$"
DECIMAL = r"^[+-]?\d{1,19}(?:\.\d*)?(?:[eE]\+?\d+)?$"
COMPACT = r"^(?:1[6-9]|2[01])\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?)?$"
TAIL = (
    r"(?P<clock>(?:(?:[T ,:]|T:)\s*(?:\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?|\d{6}|\d{4}))?)"
    r"(?P<half>(?: ?[AaPp]\.?[Mm]\.?)?)"
    r"(?P<zone>(?: ?(?:Z|z|(?:UTC|GMT)?[+-]\d{1,2}:?\d{2}|(?:UTC|GMT)?[+-]\d{1,2}|[A-Z]{2,5}|[A-Z][A-Za-z]+/[A-Za-z_/]+))?)$"
)
SHAPES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("ISO 8601", r"^(?P<a>\d{4})[-/. ](?P<b>\d{1,2})[-/. ](?P<c>\d{1,2})", ("year/month/day",)),
    ("dates as YYYYMMDD", r"^(?P<a>\d{4})(?P<b>\d{2})(?P<c>\d{2})", ("year/month/day",)),
    ("", r"^(?P<a>\d{1,2})[-/. ](?P<b>\d{1,2})[-/. ](?P<c>\d{4})", ("day/month/year", "month/day/year")),
    ("", r"^(?P<a>\d{1,2})[-/. ](?P<b>\d{1,2})[-/. ](?P<c>\d{2})", ("day/month/year", "month/day/year", "year/month/day")),
)
YEAR_MONTH = r"^\d{4}[-/]\d{1,2}$"
EXCEL_DAYS = (10_000, 80_000)
"""Numbers that Excel shows as dates between 1927 and 2119; as epoch seconds they would all fall on 1 January 1970."""
UNITS = ((1e11, "seconds"), (1e14, "milliseconds"), (1e17, "microseconds"))
ABBREVIATED = {
    **dict.fromkeys(("Z", "z", "UTC", "GMT", "WET"), 0),
    **{"EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420},
    **{"BST": 60, "CET": 60, "CEST": 120, "EET": 120, "EEST": 180, "MSK": 180, "IST": 330, "HKT": 480, "SGT": 480, "JST": 540},
    **{"KST": 540, "AEST": 600, "AEDT": 660, "BRT": -180},
}
"""Minutes east of UTC."""


@dataclass(frozen=True, slots=True)
class Times:
    """When each row is.

    time : (n_rows,) int64 nanoseconds since 1970 UTC; meaningless where ``missing``.
    wall : (n_rows,) the same as the file's own clock shows it.
    missing : (n_rows,) the row names no time.
    format : in words, as ``ISO 8601 dates`` or ``epoch milliseconds``.
    zone : ``UTC``, an offset or name as the file states it (several joined by ``/``), or empty where the file names none.
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
    reader = _Reader(rows, column, order, zone)
    text = trimmed(rows.columns[column]).combine_chunks()
    if clock is not None:
        text = pc.binary_join_element_wise(text, _clock_text(rows, clock), " ")
    absent = np.asarray(is_missing(trimmed(rows.columns[column]).combine_chunks()).to_numpy(zero_copy_only=False), dtype=bool)
    absent |= ~needed
    text = pc.if_else(pa.array(absent), pa.scalar(None, pa.string()), text)
    if absent.all():
        raise ReaderError("reader.no_time", f'{rows.file.name}: column "{rows.layout.header[column]}" is empty.')
    if clock is None:
        if _all(text, DECIMAL) and not _all(text, COMPACT):
            return reader.epochs(text, absent)
        plain = _plain_iso(text, absent)
        if plain is not None:
            return reader.zoned(plain[0], absent, None, plain[1], utc=plain[2])
    return reader.written(text, absent)


@dataclass(frozen=True, slots=True)
class _Reader:
    rows: Rows
    column: int
    order: str | None
    zone: str | None

    def written(self, text: pa.Array, absent: Flags) -> Times:
        """Times of dates as people write them."""
        text = _numbered_months(text)
        words, shape, orders = max(SHAPES, key=lambda known: _share(text, known[1]))
        if not _share(text, shape):
            if not _all(text, YEAR_MONTH):
                row = int(np.flatnonzero(~absent)[0])
                raise self.refusal(
                    row, "is no time that can be read: write it as yyyy-mm-dd, yyyy-mm-ddThh:mm:ss, or epoch seconds"
                )
            words, shape, orders = "months", SHAPES[0][1], ("year/month/day",)
            text = pc.binary_join_element_wise(text, "01", "-")
        parts = pc.extract_regex(text, pattern=shape + TAIL)
        unread = np.asarray(pc.is_null(parts).to_numpy(zero_copy_only=False)) & ~absent
        if unread.any():
            raise self.refusal(int(np.flatnonzero(unread)[0]), _cure(words))
        date, words = self._dates(parts, absent, words, orders)
        clock, has_clock = self._clocks(parts, absent)
        zone = pc.utf8_trim(pc.struct_field(parts, "zone"), characters=" ")
        shown = words if not has_clock else f"{words} times" if words == "ISO 8601" else f"{words} with time"
        return self.zoned(
            date + clock,
            absent,
            zone if has_clock else None,
            f"{words} dates" if words == "ISO 8601" and not has_clock else shown,
        )

    def _dates(self, parts: pa.Array, absent: Flags, words: str, orders: tuple[str, ...]) -> tuple[Nanoseconds, str]:
        present = np.flatnonzero(~absent)
        numbers = np.column_stack(
            [pc.fill_null(pc.cast(pc.struct_field(parts, name), pa.int64()), 0).to_numpy()[present] for name in ("a", "b", "c")]
        )
        if self.order is not None and len(orders) > 1:
            orders = (self.order,)
        place = f'{self.rows.file.name}, {self.rows.place(int(present[0]), self.column)}: "{self._value(int(present[0]))}"'
        try:
            days, order = decide(numbers, orders, where=place)
        except ImpossibleDates as error:
            raise self._impossible(int(present[error.row]), error.order, orders) from error
        date = np.zeros(len(absent), dtype=np.int64)
        date[present] = days * DAY_NS
        return date, words or order

    def _impossible(self, row: int, order: str, orders: tuple[str, ...]) -> ReaderError:
        if len(orders) > 1:
            other = "month first" if order == "day/month/year" else "day first"
            return self.refusal(
                row, f"is no {order} date as other lines are (it may put the {other}): write dates as yyyy-mm-dd"
            )
        return self.refusal(row, f"is no {order} date that exists: correct it")

    def _clocks(self, parts: pa.Array, absent: Flags) -> tuple[Nanoseconds, bool]:
        clock = pc.fill_null(pc.utf8_ltrim(pc.struct_field(parts, "clock"), characters="T ,:"), "")
        if not pc.any(pc.not_equal(clock, "")).as_py():
            return np.zeros(len(absent), dtype=np.int64), False
        found = pc.extract_regex(clock, pattern=r"^(?P<h>\d{1,2}?):?(?P<m>\d{2})?:?(?P<s>\d{2})?(?:[.,](?P<f>\d{1,9}))?$")
        hour, minute, second = (
            pc.cast(pc.if_else(pc.equal(piece, ""), "0", piece), pa.int64())
            for name in "hms"
            if (piece := pc.fill_null(pc.struct_field(found, name), "0")) is not None
        )
        fraction = pc.utf8_rpad(pc.fill_null(pc.struct_field(found, "f"), ""), width=9, padding="0")
        h, m, s, f = (
            np.asarray(values.to_numpy(), dtype=np.int64) for values in (hour, minute, second, pc.cast(fraction, pa.int64()))
        )
        half = pc.fill_null(pc.utf8_lower(pc.struct_field(parts, "half")), "")
        afternoon = np.asarray(pc.match_substring(half, "p").to_numpy(zero_copy_only=False), dtype=bool)
        halved = np.asarray(pc.not_equal(half, "").to_numpy(zero_copy_only=False), dtype=bool)
        h = np.where(halved, h % 12 + 12 * afternoon, h)
        wrong = ((h > 23) & ~((h == 24) & (m == 0) & (s == 0)) | (m > 59) | (s > 59)) & ~absent
        if wrong.any():
            raise self.refusal(int(np.flatnonzero(wrong)[0]), "is no time of day that exists: correct it")
        return np.asarray(((h * 60 + m) * 60 + s) * 1_000_000_000 + f), True

    def epochs(self, text: pa.Array, absent: Flags) -> Times:
        """Times of counts since 1970."""
        present = np.flatnonzero(~absent)
        whole = _all(text, INTEGER)
        try:
            numbers = pc.cast(pc.drop_null(text), pa.int64() if whole else pa.float64()).to_numpy()
        except pa.ArrowInvalid as error:
            row = next(int(row) for row in present if abs(float(text[int(row)].as_py())) >= 2**63)
            raise self.refusal(row, "is beyond the year 2262: send epoch seconds") from error
        if ((numbers >= EXCEL_DAYS[0]) & (numbers <= EXCEL_DAYS[1])).all():
            raise ReaderError(
                "reader.excel_dates",
                f"{self.rows.file.name}, {self.rows.place(int(present[0]), self.column)}: {numbers[0]:g} looks like Excel's "
                "count of days: format the column as yyyy-mm-dd and save again.",
            )
        if (np.abs(numbers) < EXCEL_DAYS[0]).all():
            raise self.refusal(
                int(present[0]), "is no time that can be read: write it as yyyy-mm-dd, yyyy-mm-ddThh:mm:ss, or epoch seconds"
            )
        time = np.zeros(len(absent), dtype=np.int64)
        try:
            time[present] = epoch_to_ns(numbers, where=lambda i, _field: self.rows.place(int(present[i]), self.column))
        except BarsError as error:
            raise ReaderError(error.code, f"{self.rows.file.name}, {error.message}") from error
        largest = float(np.abs(numbers.astype(np.float64)).max())
        unit = next((unit for limit, unit in UNITS if largest < limit), "nanoseconds")
        if not is_intraday(np.unique(time[present])):
            days = _calendar_dates(_session_days(time, absent), absent)
            return Times(days, days, absent, f"epoch {unit}", "UTC")
        return Times(time, time, absent, f"epoch {unit}", "UTC")

    def zoned(self, wall: Nanoseconds, absent: Flags, zone: pa.Array | None, words: str, *, utc: bool = False) -> Times:
        """Times of wall times and the zones named beside them."""
        named = np.zeros(len(absent), dtype=bool)
        if zone is not None:
            named = np.asarray(pc.fill_null(pc.not_equal(zone, ""), False).to_numpy(zero_copy_only=False), dtype=bool)
        if named.any() and not (named | absent).all():
            row = int(np.flatnonzero(~named & ~absent)[0])
            raise self.refusal(row, "names no time zone while other lines do: write all times with an offset, or none")
        if not is_intraday(np.unique(wall[~absent])):
            days = _calendar_dates(wall, absent)
            return Times(days, days, absent, words, "UTC" if utc else "")
        if utc:
            return Times(wall, wall, absent, words, "UTC")
        if named.any():
            shift, shown = self._shifts(wall, zone, absent)
            return Times(wall - shift, wall, absent, words, shown)
        if self.zone is not None:
            return Times(wall - self._shift_of(self.zone, wall, absent), wall, absent, words, self.zone)
        return Times(wall, wall, absent, words, "")

    def _shifts(self, wall: Nanoseconds, zone: pa.Array, absent: Flags) -> tuple[Nanoseconds, str]:
        encoded = pc.dictionary_encode(pc.if_else(pa.array(absent), pa.scalar(None, pa.string()), zone))
        codes = pc.fill_null(encoded.indices, -1).to_numpy()
        shift = np.zeros(len(wall), dtype=np.int64)
        marks = encoded.dictionary.to_pylist()
        for code, mark in enumerate(marks):
            here = codes == code
            offset = _offset_ns(mark)
            if offset is None and not _is_zone(mark):
                raise self.refusal(
                    int(np.flatnonzero(here)[0]),
                    f"names a time zone that is not known ({mark}): write an offset such as +01:00",
                )
            shift[here] = self._shift_of(mark, wall[here], absent[here]) if offset is None else offset
        shown = ["UTC" if _offset_ns(mark) == 0 else mark for mark in marks]
        return shift, ", ".join(dict.fromkeys(shown))

    def _shift_of(self, zone: str, wall: Nanoseconds, absent: Flags) -> Nanoseconds:
        """Nanoseconds east of UTC of wall times in a zone; of an hour that comes twice the first is meant unless rows tell."""
        offset = _offset_ns(zone)
        if offset is not None:
            return np.full(len(wall), offset, dtype=np.int64)
        if not _is_zone(zone):
            raise ReaderError(
                "reader.time_zone", f'"{zone}" is no time zone: name one such as America/New_York, UTC or +01:00.'
            )
        index = pd.DatetimeIndex(np.where(absent, 0, wall).view("M8[ns]"))
        try:
            local = index.tz_localize(zone, ambiguous="infer", nonexistent="shift_forward")
        except ValueError:
            local = index.tz_localize(zone, ambiguous=np.ones(len(index), dtype=bool), nonexistent="shift_forward")
        return np.asarray(index.asi8 - local.asi8)

    def _value(self, row: int) -> str:
        value = str(self.rows.columns[self.column][row].as_py())
        return value if len(value) <= 40 else value[:40] + "…"

    def refusal(self, row: int, problem: str) -> ReaderError:
        """Error that names the line and the value."""
        return ReaderError(
            "reader.time", f'{self.rows.file.name}, {self.rows.place(row, self.column)}: "{self._value(row)}" {problem}.'
        )


def _plain_iso(text: pa.Array, absent: Flags) -> tuple[Nanoseconds, str, bool] | None:
    """Wall times, words and whether they are UTC, where every one is in strict ISO form without an offset; else None."""
    utc = bool(pc.all(pc.ends_with(text, "Z")).as_py())
    try:
        stamps = pc.cast(text, pa.timestamp("ns", "UTC" if utc else None))
    except pa.ArrowInvalid:
        return None
    wall = np.asarray(pc.fill_null(pc.cast(stamps, pa.int64()), 0).to_numpy(), dtype=np.int64)
    dates = (wall[~absent] % DAY_NS == 0).all() and not utc
    return wall, "ISO 8601 dates" if dates else "ISO 8601 times", utc


def _numbered_months(text: pa.Array) -> pa.Array:
    """Dates whose month is a name as ``day month year`` in numbers, dates of the East with dashes, weekdays left out."""
    east = pc.replace_substring_regex(text, r"\s*[年月년월]\s*", "-")
    east = pc.replace_substring_regex(east, r"\s*[日일]", "")
    east = pc.replace_substring_regex(east, r" (\d{1,2})-([AP]M)$", r" \1:00 \2")
    if not pc.any(pc.match_substring_regex(east, r"^[^\d]|^\d{1,4}(?:st|nd|rd|th)?[-/. ]*\pL")).as_py():
        return east
    bare = pc.replace_substring_regex(east, r"^(?i:mon|tue|wed|thu|fri|sat|sun)[a-z]*[.,]? +", "")
    for shape, joined in (
        (
            r"^(?P<m>\pL+)\.?[-. ]*(?P<d>\d{1,2})(?:st|nd|rd|th)?[-, ]+(?P<y>\d{4}|\d{2})(?P<rest>(?:[T ,].*)?)$",
            ("y", "m", "d"),
        ),
        (
            r"^(?P<d>\d{1,2})(?:st|nd|rd|th)?[-/. ]*(?P<m>\pL+)[-/., ]*(?P<y>\d{4}|\d{2})(?P<rest>(?:[T ,:].*)?)$",
            ("y", "m", "d"),
        ),
        (r"^(?P<y>\d{4})[-/. ]*(?P<m>\pL+)[-/. ]*(?P<d>\d{1,2})(?P<rest>(?:[T ,].*)?)$", ("y", "m", "d")),
    ):
        parts = pc.extract_regex(bare, pattern=shape)
        if pc.all(pc.is_valid(pc.filter(parts, pc.is_valid(bare)))).as_py():
            return _joined_date(parts, joined) or bare
    return bare


def _joined_date(parts: pa.Array, order: tuple[str, ...]) -> pa.Array | None:
    encoded = pc.dictionary_encode(pc.utf8_lower(pc.struct_field(parts, "m")))
    numbers = [MONTHS.get(name) for name in encoded.dictionary.to_pylist()]
    if any(number is None for number in numbers):
        return None
    months = pa.array([f"{number:02}" for number in numbers]).take(encoded.indices)
    year = pc.struct_field(parts, "y")
    short = pc.cast(year, pa.int64())
    full = pa.array(full_years(np.asarray(pc.fill_null(short, 2000).to_numpy(), dtype=np.int64)))
    day = pc.utf8_lpad(pc.struct_field(parts, "d"), width=2, padding="0")
    del order
    date = pc.binary_join_element_wise(pc.cast(full, pa.string()), months, day, "-")
    return pc.binary_join_element_wise(date, pc.struct_field(parts, "rest"), "")


def _clock_text(rows: Rows, column: int) -> pa.Array:
    """Times of day as ``hh:mm``; bare digits (``930``, ``093000``) are filled up on the left."""
    text = trimmed(rows.columns[column]).combine_chunks()
    text = pc.if_else(is_missing(text), pa.scalar("00:00"), text)
    if not _all(text, r"^\d{1,6}$"):
        return text
    longest = int(pc.max(pc.utf8_length(text)).as_py())
    largest = int(pc.max(pc.cast(text, pa.int64())).as_py())
    return pc.utf8_lpad(text, width=4 if longest <= 4 and largest <= 2400 else 6, padding="0")


def _session_days(time: Nanoseconds, absent: Flags) -> Nanoseconds:
    """Epochs of daily bars moved onto their market's day where UTC shows Sundays but no Fridays (markets east of London)."""
    weekday = (np.floor_divide(time[~absent], DAY_NS) + 3) % 7
    if len(weekday) >= 10 and (weekday == 6).mean() > 0.1 and not (weekday == 4).any() and not (weekday == 5).any():
        return np.asarray(time + 12 * 3_600_000_000_000)
    return time


def _calendar_dates(wall: Nanoseconds, absent: Flags) -> Nanoseconds:
    """Wall times of daily bars as the file's own calendar dates, unless two bars would fall on one date."""
    days = np.floor_divide(wall, DAY_NS) * DAY_NS
    times = np.unique(wall[~absent])
    return days if len(np.unique(days[~absent])) == len(times) else wall


def _offset_ns(mark: str) -> int | None:
    """Nanoseconds east of UTC of ``Z``, ``EST``, ``+09``, ``GMT+0800`` or ``+05:30``; None of anything else."""
    if mark in ABBREVIATED:
        return ABBREVIATED[mark] * 60_000_000_000
    match = re.fullmatch(r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?", mark)
    if not match:
        return None
    sign = -1 if match[1] == "-" else 1
    return sign * (int(match[2]) * 60 + int(match[3] or 0)) * 60_000_000_000


def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _cure(words: str) -> str:
    if words == "ISO 8601":
        return "is no time that can be read: write it as yyyy-mm-dd, yyyy-mm-ddThh:mm:ss, or epoch seconds"
    return "is not a date as other lines are: write dates as yyyy-mm-dd"


def _all(text: pa.Array, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(text, pattern)).as_py())


def _share(text: pa.Array, pattern: str) -> float:
    return float(pc.mean(pc.cast(pc.match_substring_regex(text, pattern), pa.float64())).as_py() or 0.0)
