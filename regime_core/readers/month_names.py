"""Dates whose month is a name, and dates of the East, brought into numbers."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from regime_core.readers.cells import MONTHS
from regime_core.readers.dates import CROOKED, Int, days_of, full_years, turns
from regime_core.readers.time_column import Flags, all_match, flags

MONTH_NAMES = "month by name"
NAMED_SHAPES = (
    r"^(?P<m>\pL+)\.?[-. ]*(?P<d>\d{1,2})(?:st|nd|rd|th)?[-, ]+(?P<y>\d{4}|\d{2})(?P<rest>(?:[T ,].*)?)$",
    r"^(?P<d>\d{1,2})(?:st|nd|rd|th)?[-/. ]*(?P<m>\pL+)[-/., ]*(?P<y>\d{4}|\d{2})(?P<rest>(?:[T ,:].*)?)$",
    r"^(?P<y>\d{4})[-/. ]*(?P<m>\pL+)[-/. ]*(?P<d>\d{1,2})(?P<rest>(?:[T ,].*)?)$",
)
"""``Jan 29, 2021``, ``29 Jan 2021`` and ``2021 Jan 29``."""
HAS_NAME = r"^[^\d]|^\d{1,4}(?:st|nd|rd|th)?[-/. ]*\pL"
WEEKDAY = r"^(?i:mon|tue|wed|thu|fri|sat|sun)[a-z]*[.,]? +"


def numbered_months(text: pa.Array) -> tuple[pa.Array, bool]:
    """Dates with named months as ``year-month-day``, and whether they had names; dates of the East with dashes.

    Weekdays before them are left out. Text that is no such date is as it was.
    """
    east = pc.replace_substring_regex(text, r"\s*[年月년월]\s*", "-")
    east = pc.replace_substring_regex(east, r"\s*[日일]|\.$", "")
    east = pc.replace_substring_regex(east, r" (\d{1,2})-([AP]M)$", r" \1:00 \2")
    if not pc.any(pc.match_substring_regex(east, HAS_NAME)).as_py():
        return east, False
    bare = pc.replace_substring_regex(pc.replace_substring_regex(east, WEEKDAY, ""), r"\s*\([^)]*\)$", "")
    for shape in NAMED_SHAPES:
        parts = pc.extract_regex(bare, pattern=shape)
        if pc.all(pc.is_valid(pc.filter(parts, pc.is_valid(bare)))).as_py():
            joined = _joined(parts)
            return (bare, False) if joined is None else (joined, True)
    return bare, False


def _joined(parts: pa.Array) -> pa.Array | None:
    encoded = pc.dictionary_encode(pc.utf8_lower(pc.struct_field(parts, "m")))
    numbers = [MONTHS.get(name) for name in encoded.dictionary.to_pylist()]
    if any(number is None for number in numbers):
        return None
    months = pa.array([f"{number:02}" for number in numbers]).take(encoded.indices)
    year, day = (np.array(pc.cast(pc.fill_null(pc.struct_field(parts, name), "1"), pa.int64()).to_numpy()) for name in "yd")
    present = flags(pc.is_valid(parts))
    if all(all_match(pc.struct_field(parts, name), r"^\d\d$") for name in "yd"):
        year, day = _told(year, day, np.asarray(pc.fill_null(pc.cast(months, pa.int64()), 1).to_numpy()), present)
    year[present] = full_years(year[present])
    days = pc.utf8_lpad(pc.cast(pa.array(day), pa.string()), width=2, padding="0")
    date = pc.binary_join_element_wise(pc.cast(pa.array(year), pa.string()), months, days, "-")
    return pc.binary_join_element_wise(date, pc.struct_field(parts, "rest"), "")


def _told(year: Int, day: Int, month: Int, present: Flags) -> tuple[Int, Int]:
    """Year and day, each (n_rows,), exchanged where rows are in order of time only then: ``21-Jan-04`` of 2021."""
    read, swapped = (days_of(full_years(y[present]), month[present], d[present])[0] for y, d in ((year, day), (day, year)))
    return (day, year) if turns(read) > CROOKED and turns(swapped) <= CROOKED / 2 else (year, day)
