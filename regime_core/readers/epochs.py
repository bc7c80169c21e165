"""Times as counts since 1970, of whatever unit."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from regime_core.bars import epoch_to_ns
from regime_core.errors import BarsError, ReaderError
from regime_core.readers.digit_dates import EXCEL_DAYS
from regime_core.readers.time_column import Nanoseconds, TimeColumn, all_match

INTEGER = r"^[+-]?\d{1,19}$"
DECIMAL = r"^[+-]?\d{1,19}(?:\.\d*)?(?:[eE]\+?\d+)?$"
WITH_FRACTION = r"^(\d{5,8})\.0+( .*)?$"
COMPACT = r"^(?:1[6-9]|2[01])\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d(?:\d{3})?)?)?$"
SMALL = 1e8
"""Counts that all lie below this are more often dates in digits, or counts of days, than the seconds of 1966 to 1973."""
DIGIT_CLOCK = r"(?:(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?)?(?:\.0*)?$"
DAY, MONTH = r"(?:0[1-9]|[12]\d|3[01])", r"(?:0[1-9]|1[0-2])"
DIGIT_DATES = tuple(
    rf"^{date}{DIGIT_CLOCK}"
    for date in (
        rf"(?:0?[1-9]|[12]\d|3[01]){MONTH}(?:1[6-9]|2[01])\d\d",
        rf"(?:0?[1-9]|1[0-2]){DAY}(?:1[6-9]|2[01])\d\d",
        rf"\d{{1,2}}{MONTH}{DAY}",
        rf"(?:0?[1-9]|[12]\d|3[01]){MONTH}\d\d",
        rf"(?:0?[1-9]|1[0-2]){DAY}\d\d",
    )
)
"""Dates in digits other than yyyymmdd, with or without a clock: DDMMYYYY, MMDDYYYY, YYMMDD, DDMMYY, MMDDYY."""
FEW_TIMES = 5
"""Of fewer times than this, all may read as dates in digits by chance."""
LEADING_ZERO = r"^0\d"
NOT_EPOCHS = "is a date in digits alone, or a count, that could be read in several ways: write dates as yyyy-mm-dd"
UNITS = ((1e11, "seconds"), (1e14, "milliseconds"), (1e17, "microseconds"))


def are_epochs(text: pa.Array) -> bool:
    """Whether every text is a count, and not all are dates such as 20210104."""
    return all_match(text, DECIMAL) and not all_match(text, COMPACT)


def without_zero_fraction(text: pa.Array) -> pa.Array:
    """Dates that a program kept as numbers, ``20150102.0``, as they were."""
    if not all_match(text, WITH_FRACTION):
        return text
    return pc.replace_substring_regex(text, WITH_FRACTION, r"\1\2")


def read_epochs(column: TimeColumn) -> tuple[Nanoseconds, str]:
    """Nanoseconds since 1970 UTC, (n_rows,), 0 where absent; and the unit in words.

    Raises ReaderError on counts of days, as Excel keeps dates, on counts too small to be times, on dates
    in digits such as 02012015, and on mixed units.
    """
    present = np.flatnonzero(~column.absent)
    whole = all_match(column.text, INTEGER)
    try:
        numbers = pc.cast(pc.drop_null(column.text), pa.int64() if whole else pa.float64()).to_numpy()
    except pa.ArrowInvalid as error:
        row = next(int(row) for row in present if abs(float(column.text[int(row)].as_py())) >= 2**63)
        raise column.refusal(row, "is beyond the year 2262: send epoch seconds") from error
    if ((numbers >= EXCEL_DAYS[0]) & (numbers <= EXCEL_DAYS[1])).all():
        raise ReaderError(
            "reader.excel_dates",
            f"{column.rows.file.name}, {column.place(int(present[0]))}: {numbers[0]:g} looks like Excel's "
            "count of days: format the column as yyyy-mm-dd and save again.",
        )
    if (np.abs(numbers) < EXCEL_DAYS[0]).all():
        raise column.refusal(
            int(present[0]), "is no time that can be read: write it as yyyy-mm-dd, yyyy-mm-ddThh:mm:ss, or epoch seconds"
        )
    if not _are_seconds(column.text, numbers):
        raise column.refusal(int(present[0]), NOT_EPOCHS)
    if not whole and len(np.unique(numbers)) < len(numbers) and pc.any(pc.match_substring_regex(column.text, "[eE]")).as_py():
        raise column.refusal(
            int(present[0]), "has lost its last digits to a spreadsheet, so that rows share a time: export the column as text"
        )
    time = np.zeros(len(column.absent), dtype=np.int64)
    try:
        time[present] = epoch_to_ns(numbers, where=lambda i, _field: column.place(int(present[i])))
    except BarsError as error:
        raise ReaderError(error.code, f"{column.rows.file.name}, {error.message}") from error
    largest = float(np.abs(numbers.astype(np.float64)).max())
    return time, next((unit for limit, unit in UNITS if largest < limit), "nanoseconds")


def _are_seconds(text: pa.Array, numbers: NDArray[np.int64] | NDArray[np.float64]) -> bool:
    """Whether counts are times rather than dates in digits; small ones must also lie whole minutes apart."""
    small = bool((np.abs(numbers) < SMALL).all())
    if all_match(text, r"^\d+(?:\.0*)?$") and pc.any(pc.match_substring_regex(text, LEADING_ZERO)).as_py():
        return False
    if (small or len(numbers) >= FEW_TIMES) and any(all_match(text, date) for date in DIGIT_DATES):
        return False
    return not small or bool((np.diff(numbers) % 60 == 0).all())
