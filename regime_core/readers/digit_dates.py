"""Dates in digits without marks other than yyyymmdd: told from counts, and given the marks that the reader knows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from regime_core.readers.time_column import all_match

DAY, MONTH, YEAR = r"(?:0[1-9]|[12]\d|3[01])", r"(?:0[1-9]|1[0-2])", r"(?:1[6-9]|2[01])\d\d"
YEAR_LAST = rf"^(?:{DAY}{MONTH}|{MONTH}{DAY}){YEAR}$"
SHORT_YEAR = (rf"^\d\d{MONTH}{DAY}$", rf"^{DAY}{MONTH}\d\d$", rf"^{MONTH}{DAY}\d\d$")
YEAR_MONTH = rf"^(?:1[89]|20)\d\d{MONTH}$"
POINTED_MONTHS = (
    (rf"^((?:1[89]|20)\d\d)\.({MONTH})$", r"\1-\2"),
    (rf"^({MONTH})\.((?:1[89]|20)\d\d)$", r"\2-\1"),
)
"""``2010.01`` and ``01.2010``: numbers, but for a column of nothing else."""
WITH_CLOCK = r"^(\d{5,8})(?: .*)?$"
EXCEL_DAYS = (10_000, 80_000)
"""Numbers that Excel shows as dates between 1927 and 2119; as epoch seconds they would all fall on 1 January 1970."""


def with_marks(text: pa.Array) -> pa.Array:
    """``02012015`` as ``02/01/2015``, ``150102`` as ``15/01/02``, ``201501`` as ``2015-01``, where all texts are of one kind.

    A zero that a spreadsheet took from the left is given back. What may also count seconds or days since an epoch, what may
    be both a month and a date, and any other text is as it was.
    """
    for shape, plain in POINTED_MONTHS:
        if all_match(text, shape):
            return pc.replace_substring_regex(text, shape, plain)
    if not all_match(text, WITH_CLOCK):
        return text
    digits = pc.replace_substring_regex(text, WITH_CLOCK, r"\1")
    if _may_count(digits) and pc.all(pc.equal(digits, text)).as_py():
        return text
    shown = _marked(digits)
    if shown is None:
        return text
    return pc.binary_join_element_wise(shown, pc.replace_substring_regex(text, r"^\d+", ""), "")


def _marked(digits: pa.Array) -> pa.Array | None:
    long = pc.utf8_lpad(digits, width=8, padding="0")
    if all_match(digits, r"^\d{7,8}$") and all_match(long, YEAR_LAST):
        return pc.replace_substring_regex(long, r"^(\d\d)(\d\d)(\d{4})$", r"\1/\2/\3")
    short = pc.utf8_lpad(digits, width=6, padding="0")
    if not all_match(digits, r"^\d{5,6}$"):
        return None
    dates, months = any(all_match(short, shape) for shape in SHORT_YEAR), all_match(digits, YEAR_MONTH)
    if dates == months:
        return None
    if months:
        return pc.replace_substring_regex(digits, r"^(\d{4})(\d\d)$", r"\1-\2")
    return pc.replace_substring_regex(short, r"^(\d\d)(\d\d)(\d\d)$", r"\1/\2/\3")


def _may_count(digits: pa.Array) -> bool:
    """Whether digits may be seconds whole minutes apart, or Excel's count of days; no count begins with a zero."""
    if pc.any(pc.match_substring_regex(digits, r"^0")).as_py():
        return False
    numbers = pc.cast(pc.drop_null(digits), pa.int64()).to_numpy()
    if ((numbers >= EXCEL_DAYS[0]) & (numbers <= EXCEL_DAYS[1])).all():
        return True
    return bool((np.diff(numbers) % 60 == 0).all())
