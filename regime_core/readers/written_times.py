"""Dates and times as people and vendors write them: order of the numbers, names of months, times of day, zones beside them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from regime_core.bars import DAY_NS
from regime_core.errors import ReaderError
from regime_core.readers.clocks import clocks, plain_clocks
from regime_core.readers.dates import ImpossibleDates, decide
from regime_core.readers.month_names import MONTH_NAMES, numbered_months
from regime_core.readers.periods import first_days
from regime_core.readers.time_column import Nanoseconds, TimeColumn, share

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
    (r"[ ,]+\(?(?i:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?\)?$", ""),
    (r"\s*[(（][月火水木金土日一二三四五六월화수목금토일][)）]", ""),
)
"""Times without marks, the clock before the date, an underscore between them, a weekday behind: as a date and a clock."""
AHEAD = np.timedelta64(366, "D")
"""How far ahead of today a date with a year of two digits may lie."""
UNREAD = "is no time that can be read: write it as yyyy-mm-dd, yyyy-mm-ddThh:mm:ss, or epoch seconds"


@dataclass(frozen=True, slots=True)
class Written:
    """Times as written.

    wall : (n_rows,) nanoseconds, 0 where absent. zone : (n_rows,) what stands beside them, None where no row has a time of day.
    date : (n_rows,) the midnight that the date names, a day before ``wall`` at 24:00.
    """

    wall: Nanoseconds
    date: Nanoseconds
    zone: pa.Array | None
    words: str


def read_written(column: TimeColumn, order: str | None) -> Written:
    """Times of dates as people write them. order : ``day/month/year`` or ``month/day/year`` where the caller knows it.

    Raises ReaderError naming line and value where one cannot be read, AmbiguousDates where two orders remain.
    """
    text = plain_clocks(column.text)
    for pattern, plain in REWRITTEN:
        text = pc.replace_substring_regex(text, pattern, plain)
    text, month_names = numbered_months(text)
    period, (words, shape, orders) = "", max(SHAPES, key=lambda known: share(text, known[1]))
    if not share(text, shape):
        periods = first_days(column, text)
        if periods is None:
            raise column.refusal(column.first(), UNREAD)
        (text, period), (_, shape, orders) = periods, SHAPES[0]
    parts = pc.extract_regex(text, pattern=shape + TAIL)
    unread = np.asarray(pc.is_null(parts).to_numpy(zero_copy_only=False)) & ~column.absent
    if unread.any():
        known = UNREAD if words == ISO else "is not a date as other lines are: write dates as yyyy-mm-dd"
        raise column.refusal(int(np.flatnonzero(unread)[0]), known)
    date, found = _dates(column, parts, orders, order)
    _refuse_future(column, date)
    clock = clocks(column, parts)
    words = MONTH_NAMES if month_names else words or found
    if clock is None:
        return Written(date, date, None, period or f"{words} dates")
    zone = pc.utf8_trim(pc.struct_field(parts, "zone"), characters=" ")
    return Written(date + clock, date, zone, f"{words} times" if words == ISO else f"{words} dates with time")


def _dates(column: TimeColumn, parts: pa.Array, orders: tuple[str, ...], order: str | None) -> tuple[Nanoseconds, str]:
    present = np.flatnonzero(~column.absent)
    numbers = np.column_stack(
        [pc.fill_null(pc.cast(pc.struct_field(parts, name), pa.int64()), 0).to_numpy()[present] for name in ("a", "b", "c")]
    )
    if order is not None and len(orders) > 1:
        orders = (order,)
    try:
        days, found = decide(numbers, orders, where=column.where)
    except ImpossibleDates as error:
        raise _impossible(column, int(present[error.row]), error.order, orders) from error
    date = np.zeros(len(column.absent), dtype=np.int64)
    date[present] = days * DAY_NS
    return date, found


def _refuse_future(column: TimeColumn, date: Nanoseconds) -> None:
    """Raise ReaderError where a year of two digits, of whatever calendar, would be one to come."""
    latest = int(date.argmax())
    ahead = np.datetime64(int(date[latest]), "ns") - np.datetime64("today")
    if ahead > AHEAD and not re.search(r"\d{8}|(?<!\d)\d{4}(?!\d)", column.value(latest)):
        raise column.refusal(latest, "would be a day to come: write years in full, and of the common era")


def _impossible(column: TimeColumn, row: int, order: str, orders: tuple[str, ...]) -> ReaderError:
    if len(orders) > 1:
        other = "month first" if order == "day/month/year" else "day first"
        return column.refusal(row, f"is no {order} date as other lines are (it may put the {other}): write dates as yyyy-mm-dd")
    return column.refusal(row, f"is no {order} date that exists: correct it")
