"""Dates and times as people and vendors write them: order of the numbers, names of months, times of day, zones beside them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from regime_core.bars import DAY_NS
from regime_core.errors import ReaderError
from regime_core.readers.dates import ImpossibleDates, decide
from regime_core.readers.month_names import MONTH_NAMES, numbered_months
from regime_core.readers.time_column import Nanoseconds, TimeColumn, all_match, flags, share

ISO, YEAR_FIRST = "ISO 8601", "year/month/day"
TAIL = (
    r"(?P<clock>(?:(?:[T ,:]|T:)\s*(?:\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?|\d{6}|\d{4}))?)"
    r"(?P<half>(?: ?[AaPp]\.?[Mm]\.?)?)"
    r"(?P<zone>(?: ?(?:Z|z|(?:UTC|GMT)?[+-]\d{1,2}:?\d{2}|(?:UTC|GMT)?[+-]\d{1,2}|[A-Z]{2,5}|[A-Z][A-Za-z]+/[A-Za-z_/]+))?)$"
)
SHAPES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (ISO, r"^(?P<a>\d{4})-(?P<b>\d{1,2})-(?P<c>\d{1,2})", (YEAR_FIRST,)),
    (YEAR_FIRST, r"^(?P<a>\d{4})[-/. ](?P<b>\d{1,2})[-/. ](?P<c>\d{1,2})", (YEAR_FIRST,)),
    ("YYYYMMDD", r"^(?P<a>\d{4})(?P<b>\d{2})(?P<c>\d{2})", (YEAR_FIRST,)),
    ("", r"^(?P<a>\d{1,2})[-/. ](?P<b>\d{1,2})[-/. ](?P<c>\d{4})", ("day/month/year", "month/day/year")),
    ("", r"^(?P<a>\d{1,2})[-/. ](?P<b>\d{1,2})[-/. ](?P<c>\d{2})", ("day/month/year", "month/day/year", YEAR_FIRST)),
)
"""What dates of a shape are called (empty where their order is still to be found), its pattern, and the orders it may have."""
REWRITTEN = (
    (r"^(\d{8})(\d{2})(\d{2})$", r"\1 \2:\3"),
    (r"^(\d{8})(\d{2})(\d{2})(\d{2})$", r"\1 \2:\3:\4"),
    (r"^(\d{8})(\d{2})(\d{2})(\d{2})(\d{3})$", r"\1 \2:\3:\4.\5"),
    (r"^(\d{1,2}:\d{2}(?::\d{2})?)[ ,]+(\S.*)$", r"\2 \1"),
    (r"^(\d{4}-\d{2}-\d{2})_", r"\1 "),
)
"""Times without marks, the clock before the date, an underscore between them: as a date, a space and a clock."""
YEAR_MONTH = r"^\d{4}[-/]\d{1,2}$"
CLOCK = r"^(?P<h>\d{1,2}?):?(?P<m>\d{2})?:?(?P<s>\d{2})?(?:[.,](?P<f>\d{1,9}))?$"
UNREAD = "is no time that can be read: write it as yyyy-mm-dd, yyyy-mm-ddThh:mm:ss, or epoch seconds"


@dataclass(frozen=True, slots=True)
class Written:
    """Times as written.

    wall : (n_rows,) nanoseconds, 0 where absent. zone : (n_rows,) what stands beside them, None where no row has a time of day.
    """

    wall: Nanoseconds
    zone: pa.Array | None
    words: str


def read_written(column: TimeColumn, order: str | None) -> Written:
    """Times of dates as people write them. order : ``day/month/year`` or ``month/day/year`` where the caller knows it.

    Raises ReaderError naming line and value where one cannot be read, AmbiguousDates where two orders remain.
    """
    text = column.text
    for pattern, plain in REWRITTEN:
        text = pc.replace_substring_regex(text, pattern, plain)
    text, month_names = numbered_months(text)
    words, shape, orders = max(SHAPES, key=lambda known: share(text, known[1]))
    if not share(text, shape):
        if not all_match(text, YEAR_MONTH):
            raise column.refusal(column.first(), UNREAD)
        words, (_, shape, orders) = "months", SHAPES[1]
        text = pc.binary_join_element_wise(text, "01", "-")
    parts = pc.extract_regex(text, pattern=shape + TAIL)
    unread = np.asarray(pc.is_null(parts).to_numpy(zero_copy_only=False)) & ~column.absent
    if unread.any():
        known = UNREAD if words == ISO else "is not a date as other lines are: write dates as yyyy-mm-dd"
        raise column.refusal(int(np.flatnonzero(unread)[0]), known)
    date, found = _dates(column, parts, orders, order)
    clock = _clocks(column, parts)
    words = MONTH_NAMES if month_names else words or found
    if clock is None:
        return Written(date, None, words if words == "months" else f"{words} dates")
    zone = pc.utf8_trim(pc.struct_field(parts, "zone"), characters=" ")
    return Written(date + clock, zone, f"{words} times" if words == ISO else f"{words} dates with time")


def _dates(column: TimeColumn, parts: pa.Array, orders: tuple[str, ...], order: str | None) -> tuple[Nanoseconds, str]:
    present = np.flatnonzero(~column.absent)
    numbers = np.column_stack(
        [pc.fill_null(pc.cast(pc.struct_field(parts, name), pa.int64()), 0).to_numpy()[present] for name in ("a", "b", "c")]
    )
    if order is not None and len(orders) > 1:
        orders = (order,)
    first = int(present[0])
    try:
        days, found = decide(numbers, orders, where=f'{column.rows.file.name}, {column.place(first)}: "{column.value(first)}"')
    except ImpossibleDates as error:
        raise _impossible(column, int(present[error.row]), error.order, orders) from error
    date = np.zeros(len(column.absent), dtype=np.int64)
    date[present] = days * DAY_NS
    return date, found


def _impossible(column: TimeColumn, row: int, order: str, orders: tuple[str, ...]) -> ReaderError:
    if len(orders) > 1:
        other = "month first" if order == "day/month/year" else "day first"
        return column.refusal(row, f"is no {order} date as other lines are (it may put the {other}): write dates as yyyy-mm-dd")
    return column.refusal(row, f"is no {order} date that exists: correct it")


def _clocks(column: TimeColumn, parts: pa.Array) -> Nanoseconds | None:
    """Nanoseconds since midnight, (n_rows,); None where no row has a time of day."""
    clock = pc.fill_null(pc.utf8_ltrim(pc.struct_field(parts, "clock"), characters="T ,:"), "")
    if not pc.any(pc.not_equal(clock, "")).as_py():
        return None
    found = pc.extract_regex(clock, pattern=CLOCK)
    h, m, s = (_whole(pc.fill_null(pc.struct_field(found, name), "0")) for name in "hms")
    fraction = _whole(pc.utf8_rpad(pc.fill_null(pc.struct_field(found, "f"), ""), width=9, padding="0"))
    half = pc.fill_null(pc.utf8_lower(pc.struct_field(parts, "half")), "")
    halved, afternoon = flags(pc.not_equal(half, "")), flags(pc.match_substring(half, "p"))
    wrong = halved & ~afternoon & (h > 12)
    h = np.where(halved, h % 12 + 12 * afternoon, h)
    wrong = (wrong | ((h > 23) & ~((h == 24) & (m == 0) & (s == 0))) | (m > 59) | (s > 59)) & ~column.absent
    if wrong.any():
        raise column.refusal(int(np.flatnonzero(wrong)[0]), "is no time of day that exists: correct it")
    return np.asarray(((h * 60 + m) * 60 + s) * 1_000_000_000 + fraction)


def _whole(text: pa.Array) -> Nanoseconds:
    return np.asarray(pc.cast(pc.if_else(pc.equal(text, ""), "0", text), pa.int64()).to_numpy(), dtype=np.int64)
