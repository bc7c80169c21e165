"""Periods as dates: a month, quarter or week of the ISO calendar stands for its first day."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from regime_core.readers.cells import MONTHS
from regime_core.readers.dates import Int, full_years
from regime_core.readers.time_column import TimeColumn, all_match

YEAR = r"(?P<y>(?:1[6-9]|2[01])\d\d)"
MONTH_SHAPES = (
    rf"^{YEAR}[-/](?P<n>\d{{1,2}})-?$",
    rf"^{YEAR}[-/.: ]?[Mm](?P<n>\d{{1,2}})$",
    rf"^(?P<n>\d{{1,2}})[-/]{YEAR}$",
)
"""``2010-01``, ``2010M01`` and ``01/2010``."""
NAMED_SHAPES = (r"^(?P<m>\pL+)\.?[-/., '’]*(?P<y>\d{4}|\d{2})$", r"^(?P<y>\d{4})[-/., ]*(?P<m>\pL+)\.?$")
QUARTER_SHAPES = (
    rf"^{YEAR}[-/.: ]?[QqTt](?P<n>[1-4])$",
    rf"^[QqTt](?P<n>[1-4])[-/.: ]?{YEAR}$",
    r"^(?P<n>[1-4])[-/. ]?[QqTt][-/. '’]?(?P<y>\d{4}|\d{2})$",
)
WEEK_SHAPES = (rf"^{YEAR}[-/. ]?[Ww](?P<n>\d{{1,2}})(?:-?(?P<d>[1-7]))?$", rf"^[Ww](?P<n>\d{{1,2}})[-/. ]?{YEAR}(?P<d>)$")
EVEN_MONTHS = 0.9
"""Share of steps of one month, or of three, that tell ``Jan-10`` in January 2010 from the tenth of some January."""
NO_YEAR = "may be a month of a year or a day without its year: write dates as yyyy-mm-dd"


def first_days(column: TimeColumn, text: pa.Array) -> tuple[pa.Array, str] | None:
    """First days as ``yyyy-mm-dd`` of a column of periods, and what they are in words; None where it holds none.

    Raises ReaderError where a week does not exist, and where ``Jan-10`` may be a day of any year.
    """
    for shape in MONTH_SHAPES:
        if all_match(text, shape):
            parts = pc.extract_regex(text, pattern=shape)
            return _joined(pc.struct_field(parts, "y"), pc.struct_field(parts, "n")), "months"
    for shape in NAMED_SHAPES:
        if all_match(text, shape):
            return _named_months(column, pc.extract_regex(text, pattern=shape))
    for shape in QUARTER_SHAPES:
        if all_match(text, shape):
            parts = pc.extract_regex(text, pattern=shape)
            return _joined(_years(column, parts), pa.array(3 * _numbers(parts, "n") - 2)), "quarters"
    for shape in WEEK_SHAPES:
        if all_match(text, shape):
            return _weeks(column, pc.extract_regex(text, pattern=shape)), "weeks"
    return None


def _named_months(column: TimeColumn, parts: pa.Array) -> tuple[pa.Array, str] | None:
    named = pc.dictionary_encode(pc.utf8_lower(pc.struct_field(parts, "m")))
    known = [MONTHS.get(name) for name in named.dictionary.to_pylist()]
    if any(number is None for number in known):
        return None
    months = pa.array(known, pa.int64()).take(named.indices)
    year = _years(column, parts)
    if not all_match(pc.struct_field(parts, "y"), r"^\d{4}$"):
        index = np.asarray(pc.drop_null(pc.add(pc.multiply(year, 12), months)).to_numpy())
        steps = np.abs(np.diff(index))
        steps = steps[steps != 0]
        if not len(steps) or max((steps == 1).mean(), (steps == 3).mean()) < EVEN_MONTHS:
            raise column.refusal(column.first(), NO_YEAR)
    return _joined(year, months), "months"


def _weeks(column: TimeColumn, parts: pa.Array) -> pa.Array:
    """Days of weeks of the ISO calendar, whose first is the one with 4 January in it; Mondays where no day is named."""
    present = ~column.absent
    year, week = _numbers(parts, "y")[present], _numbers(parts, "n")[present]
    day = _numbers(parts, "d")[present]
    fourth = (year - 1970).astype("M8[Y]").astype("M8[D]").astype(np.int64) + 3
    monday = fourth - (fourth + 3) % 7 + 7 * (week - 1)
    of_year = (monday + 3).astype("M8[D]").astype("M8[Y]").astype(np.int64) + 1970
    wrong = (week < 1) | (of_year != year)
    if wrong.any():
        row = int(np.flatnonzero(present)[np.flatnonzero(wrong)[0]])
        raise column.refusal(row, "is no week of the ISO calendar: correct it")
    found = np.full(len(present), "1970-01-01", dtype="U10")
    found[present] = np.datetime_as_string((monday + np.maximum(day, 1) - 1).astype("M8[D]"))
    return pa.array(found, pa.string(), mask=column.absent)


def _years(column: TimeColumn, parts: pa.Array) -> pa.Array:
    year = _numbers(parts, "y")
    present = ~column.absent
    year[present] = full_years(year[present])
    return pa.array(year, mask=column.absent)


def _numbers(parts: pa.Array, name: str) -> Int:
    """Numbers of a part, (n_rows,), 0 where it is empty or absent."""
    text = pc.fill_null(pc.struct_field(parts, name), "0")
    return np.array(pc.cast(pc.if_else(pc.equal(text, ""), "0", text), pa.int64()).to_numpy())


def _joined(year: pa.Array, month: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(pc.cast(year, pa.string()), pc.cast(month, pa.string()), "01", "-")
