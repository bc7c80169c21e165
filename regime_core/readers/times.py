"""The time column: epochs of any unit, ISO dates and times, and day/month dates where the column settles the order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from regime_core.bars import DAY_NS, epoch_to_ns, is_intraday
from regime_core.errors import BarsError, ReaderError
from regime_core.readers.numbers import is_missing, trimmed
from regime_core.readers.rows import Rows

Nanoseconds = NDArray[np.int64]

INTEGER = r"^[+-]?\d{1,19}$"
DECIMAL = r"^[+-]?\d{1,19}(?:\.\d*)?$"
COMPACT_PARTS = r"^(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?P<clock>)(?P<zone>)$"
COMPACT = r"^(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$"
CLOCK = r"(?P<clock>(?:[T ]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?)"
ZONE = r"(?P<zone>(?: ?(?:Z|z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2}))?)"
YEAR_FIRST = r"^(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})" + CLOCK + ZONE + "$"
YEAR_LAST = r"^(?P<a>\d{1,2})[-/.](?P<b>\d{1,2})[-/.](?P<y>\d{4})" + CLOCK + ZONE + "$"
EXCEL_DAYS = (10_000, 80_000)
"""Numbers that Excel shows as dates between 1927 and 2119; as epoch seconds they would all fall on 1 January 1970."""
UNITS = ((1e11, "seconds"), (1e14, "milliseconds"), (1e17, "microseconds"))


@dataclass(frozen=True, slots=True)
class Times:
    """When each row is.

    time : (n_rows,) int64 nanoseconds since 1970 UTC; meaningless where ``missing``.
    missing : (n_rows,) the row names no time.
    format : in words, as ``ISO 8601 dates`` or ``epoch milliseconds``.
    zone : ``UTC``, ``offset`` (stated in the file), or empty where the file names none.
    """

    time: Nanoseconds
    missing: NDArray[np.bool_]
    format: str
    zone: str


def read_times(rows: Rows) -> Times:
    """Times of every row of a file.

    Bars at least a day apart keep the calendar date that the file shows; times with an offset are otherwise converted to UTC.
    Raises ReaderError naming line and value where a time cannot be read, or where day and month cannot be told apart.
    """
    text = trimmed(rows.columns["timestamp"])
    missing = is_missing(text)
    text = pc.if_else(missing, pa.scalar(None, pa.string()), text).combine_chunks()
    absent = np.asarray(missing.to_numpy(), dtype=bool)
    if absent.all():
        raise ReaderError("reader.no_time", f'{rows.file.name}: column "{rows.layout.columns["timestamp"]}" is empty.')
    if _all(text, COMPACT):
        return _dates(rows, text, absent, COMPACT_PARTS, "dates as YYYYMMDD")
    if _all(text, DECIMAL):
        return _epochs(rows, text, absent)
    if _share(text, YEAR_LAST) > 0.5:
        return _day_and_month(rows, text, absent)
    return _plain_iso(text, absent) or _dates(rows, text, absent, YEAR_FIRST, "ISO 8601")


def _plain_iso(text: pa.Array, absent: NDArray[np.bool_]) -> Times | None:
    """Dates, or times without a zone or with ``Z`` only, where every one is in strict ISO form; else None."""
    utc = bool(pc.all(pc.ends_with(text, "Z")).as_py())
    try:
        stamps = pc.cast(text, pa.timestamp("ns", "UTC" if utc else None))
    except pa.ArrowInvalid:
        return None
    wall = np.asarray(pc.fill_null(pc.cast(stamps, pa.int64()), 0).to_numpy(), dtype=np.int64)
    if (wall[~absent] % DAY_NS == 0).all() and not utc:
        return Times(wall, absent, "ISO 8601 dates", "")
    if not is_intraday(np.unique(wall[~absent])):
        return Times(_calendar_dates(wall, absent), absent, "ISO 8601 times", "")
    return Times(wall, absent, "ISO 8601 times", "UTC" if utc else "")


def _epochs(rows: Rows, text: pa.Array, absent: NDArray[np.bool_]) -> Times:
    present = np.flatnonzero(~absent)
    whole = _all(text, INTEGER)
    try:
        numbers = pc.cast(pc.drop_null(text), pa.int64() if whole else pa.float64()).to_numpy()
    except pa.ArrowInvalid as error:
        row = next(int(row) for row in present if abs(float(text[int(row)].as_py())) >= 2**63)
        raise _refusal(rows, row, "is beyond the year 2262: send epoch seconds") from error
    if ((numbers >= EXCEL_DAYS[0]) & (numbers <= EXCEL_DAYS[1])).all():
        raise ReaderError(
            "reader.excel_dates",
            f"{rows.file.name}, {rows.place(int(present[0]), 'timestamp')}: {numbers[0]:g} looks like Excel's count of days: "
            "format the column as yyyy-mm-dd and save again.",
        )
    time = np.zeros(len(absent), dtype=np.int64)
    try:
        time[present] = epoch_to_ns(numbers, where=lambda i, field: rows.place(int(present[i]), field))
    except BarsError as error:
        raise ReaderError(error.code, f"{rows.file.name}, {error.message}") from error
    largest = float(np.abs(numbers.astype(np.float64)).max())
    unit = next((unit for limit, unit in UNITS if largest < limit), "nanoseconds")
    return Times(time, absent, f"epoch {unit}", "UTC")


def _day_and_month(rows: Rows, text: pa.Array, absent: NDArray[np.bool_]) -> Times:
    parts = pc.extract_regex(text, pattern=YEAR_LAST)
    first, second = (pc.cast(pc.struct_field(parts, name), pa.int32()) for name in ("a", "b"))
    day_first, month_first = bool(pc.any(pc.greater(first, 12)).as_py()), bool(pc.any(pc.greater(second, 12)).as_py())
    if day_first and month_first:
        odd = pc.fill_null(pc.greater(second, 12), False).to_numpy(zero_copy_only=False)
        row = int(np.flatnonzero(odd)[0])
        raise _refusal(rows, row, "puts the month first while other lines put the day first: write dates as yyyy-mm-dd")
    if not day_first and not month_first:
        row = int(np.flatnonzero(~absent)[0])
        raise _refusal(rows, row, "may be day/month or month/day, and no line settles which: write dates as yyyy-mm-dd")
    day, month, words = ("a", "b", "day/month/year") if day_first else ("b", "a", "month/day/year")
    pattern = YEAR_LAST.replace("?P<a>", "?P<d>" if day == "a" else "?P<m>").replace(
        "?P<b>", "?P<m>" if month == "b" else "?P<d>"
    )
    return _dates(rows, text, absent, pattern, words)


def _dates(rows: Rows, text: pa.Array, absent: NDArray[np.bool_], pattern: str, words: str) -> Times:
    parts = pc.extract_regex(text, pattern=pattern)
    unread = np.asarray(pc.is_null(parts).to_numpy(zero_copy_only=False)) & ~absent
    if unread.any():
        raise _refusal(rows, int(np.flatnonzero(unread)[0]), _cure(words))
    field = {name: pc.struct_field(parts, name) for name in ("y", "m", "d", "clock", "zone")}
    day = pc.binary_join_element_wise(field["y"], _two(field["m"]), _two(field["d"]), "-")
    clock = pc.utf8_ltrim(field["clock"], characters="T ")
    has_clock = bool(pc.any(pc.not_equal(clock, "")).as_py())
    date = _to_ns(rows, day, absent, day)
    wall = date + _clock_ns(rows, clock, absent) if has_clock else date
    if not has_clock:
        return Times(wall, absent, f"{words} dates" if words == "ISO 8601" else words, "")
    return _zoned(rows, wall, absent, field["zone"], f"{words} times" if words == "ISO 8601" else f"{words} with time")


def _zoned(rows: Rows, wall: Nanoseconds, absent: NDArray[np.bool_], zone: pa.Array, words: str) -> Times:
    named = np.asarray(pc.fill_null(pc.not_equal(zone, ""), False).to_numpy(zero_copy_only=False))
    if named.any() and not (named | absent).all():
        row = int(np.flatnonzero(~named & ~absent)[0])
        raise _refusal(rows, row, "names no time zone while other lines do: write all times with an offset, or none")
    if not is_intraday(np.unique(wall[~absent])):
        return Times(_calendar_dates(wall, absent), absent, words, "")
    if not named.any():
        return Times(wall, absent, words, "")
    encoded = pc.dictionary_encode(pc.fill_null(zone, "Z"))
    offsets = np.array([_offset_ns(mark) for mark in encoded.dictionary.to_pylist()], dtype=np.int64)
    shift = offsets[encoded.indices.to_numpy()]
    return Times(wall - shift, absent, words, "offset" if offsets.any() else "UTC")


def _calendar_dates(wall: Nanoseconds, absent: NDArray[np.bool_]) -> Nanoseconds:
    """Wall times of daily bars as the file's own calendar dates, unless two bars would fall on one date."""
    days = np.floor_divide(wall, DAY_NS) * DAY_NS
    times = np.unique(wall[~absent])
    return days if len(np.unique(days[~absent])) == len(times) else wall


def _clock_ns(rows: Rows, clock: pa.Array, absent: NDArray[np.bool_]) -> Nanoseconds:
    """Nanoseconds since midnight of texts such as ``9:30``, ``09:30:00.5`` or empty."""
    padded = pc.if_else(pc.equal(clock, ""), "00:00", clock)
    padded = pc.if_else(pc.equal(pc.find_substring(padded, ":"), 1), pc.binary_join_element_wise("0", padded, ""), padded)
    return _to_ns(rows, pc.binary_join_element_wise("1970-01-01", padded, " "), absent, padded)


def _to_ns(rows: Rows, text: pa.Array, absent: NDArray[np.bool_], shown: pa.Array) -> Nanoseconds:
    try:
        stamps = pc.cast(text, pa.timestamp("ns"))
    except pa.ArrowInvalid as error:
        row = next(int(row) for row in np.flatnonzero(~absent) if not _exists(text[int(row)]))
        raise _refusal(rows, row, f"is no date or time that exists ({shown[row].as_py()}): correct it") from error
    return np.asarray(pc.fill_null(pc.cast(stamps, pa.int64()), 0).to_numpy(), dtype=np.int64)


def _exists(stamp: pa.Scalar) -> bool:
    try:
        pc.cast(stamp, pa.timestamp("ns"))
    except pa.ArrowInvalid:
        return False
    return True


def _two(digits: pa.Array) -> pa.Array:
    return pc.utf8_lpad(digits, width=2, padding="0")


def _offset_ns(mark: str) -> int:
    """Nanoseconds east of UTC of ``Z``, ``UTC``, ``+09``, ``-0500`` or ``+05:30``."""
    digits = mark.strip().replace(":", "")
    if digits[0] not in "+-":
        return 0
    sign = -1 if digits[0] == "-" else 1
    hours, minutes = int(digits[1:3]), int(digits[3:5] or 0)
    return sign * (hours * 60 + minutes) * 60_000_000_000


def _cure(words: str) -> str:
    if words == "ISO 8601":
        return "is no time that can be read: write it as yyyy-mm-dd, yyyy-mm-ddThh:mm:ss, or epoch seconds"
    return f"is not a {words} date as other lines are: write dates as yyyy-mm-dd"


def _all(text: pa.Array, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(text, pattern)).as_py())


def _share(text: pa.Array, pattern: str) -> float:
    return float(pc.mean(pc.cast(pc.match_substring_regex(text, pattern), pa.float64())).as_py() or 0.0)


def _refusal(rows: Rows, row: int, problem: str) -> ReaderError:
    value = rows.columns["timestamp"][row].as_py()
    shown = value if len(value) <= 40 else value[:40] + "…"
    return ReaderError("reader.time", f'{rows.file.name}, {rows.place(row, "timestamp")}: "{shown}" {problem}.')
