"""Times of day: as vendors write them beside a date or in a column of their own, and what is wrong with them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from regime_core.bars import DAY_NS
from regime_core.readers.numbers import is_missing, trimmed
from regime_core.readers.rows import Rows
from regime_core.readers.time_column import Nanoseconds, TimeColumn, all_match, flags

CLOCK = r"^(?P<h>\d{1,2}?):?(?P<m>\d{2})?:?(?P<s>\d{2})?(?:[.,](?P<f>\d{1,9}))?$"
HALF = r"(?: ?[AaPp]\.?[Mm]\.?)?"
DATED = r"^(\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d{6,8}|.*\pL.*\d)"
OTHER_MARKS = (
    (DATED + rf"[T ] ?(\d{{1,2}})\.(\d{{2}})\.(\d{{2}})({HALF})$", r"\1 \2:\3:\4\5"),
    (DATED + rf"[T ] ?(\d{{1,2}})\.(\d{{2}})({HALF})$", r"\1 \2:\3\4"),
    (r"^(.*[T ]\d{1,2}) ?[hH] ?(\d{2})(?:m|min)?$", r"\1:\2"),
    (r"^(.*[T ]\d{1,2}) ?[hH]$", r"\1:00"),
    (r"^(.*\S) (?:[-–—]|to) \S.*$", r"\1"),
    (r"^(.*\d:\d{2})[–—]\S.*$", r"\1"),
)
"""``09.30``, ``9h30``, ``9h`` and ``09:30 - 09:35`` after a date, as ``09:30``: of a span the start."""
SPAN = r"^(?P<start>.*[T ](?P<h>\d{1,2}):(?P<m>\d{2})(?::\d{2})?)-(?P<h2>\d{1,2}):(?P<m2>\d{2})(?::\d{2})?$"
SAME_LENGTH = 0.9
"""Share of spans that last as long as the usual one, from which on ``09:30-09:35`` is a span and ``-09:35`` no zone."""
ROLLING_DAYS = 3
ROLLS = 0.8
"""Share of days on which the clock steps back once, from which on it does not run from midnight to midnight."""

ROLLING = (
    "is earlier than the row before it, as on most days: write the clock in 24 hours or with AM and PM, and the evening before "
    "a trading day under its own date"
)


def plain_clocks(text: pa.Array) -> pa.Array:
    """Dates with a time of day in other marks, or with a span of time, as a date with ``hh:mm``."""
    head = text.slice(0, 200)
    for pattern, plain in OTHER_MARKS:
        if pc.any(pc.match_substring_regex(head, pattern)).as_py():
            text = pc.replace_substring_regex(text, pattern, plain)
    if not all_match(text, SPAN):
        return text
    parts = pc.extract_regex(text, pattern=SPAN)
    start, end = (_minutes(parts, *names) for names in (("h", "m"), ("h2", "m2")))
    lengths = np.unique((end - start) % 1440, return_counts=True)[1]
    spans = len(np.unique(end)) > 1 and lengths.max() >= SAME_LENGTH * len(start)
    return pc.struct_field(parts, "start") if spans else text


def clock_text(rows: Rows, column: int) -> pa.Array:
    """Times of day of a column as text; bare digits (``9``, ``930``, ``093000``) as ``hh``, ``hhmm`` or ``hhmmss``."""
    text = trimmed(rows.columns[column]).combine_chunks()
    text = pc.if_else(is_missing(text), pa.scalar("00:00"), text)
    if not all_match(text, r"^\d{1,6}$"):
        return text
    longest = int(pc.max(pc.utf8_length(text)).as_py())
    largest = int(pc.max(pc.cast(text, pa.int64())).as_py())
    if longest <= 2 and largest <= 24:
        return pc.binary_join_element_wise(text, "00", ":")
    return pc.utf8_lpad(text, width=4 if longest <= 4 and largest <= 2400 else 6, padding="0")


def clocks(column: TimeColumn, parts: pa.Array) -> Nanoseconds | None:
    """Nanoseconds since midnight, (n_rows,); None where no row has a time of day.

    parts : (n_rows,) with the fields ``clock`` and ``half``. Raises ReaderError on a time of day that does not exist.
    """
    clock = pc.fill_null(pc.utf8_ltrim(pc.struct_field(parts, "clock"), characters="T ,:"), "")
    half = pc.fill_null(pc.utf8_lower(pc.struct_field(parts, "half")), "")
    halved, afternoon = flags(pc.not_equal(half, "")), flags(pc.match_substring(half, "p"))
    if not pc.any(pc.not_equal(clock, "")).as_py() and not halved.any():
        return None
    found = pc.extract_regex(clock, pattern=CLOCK)
    h, m, s = (_whole(pc.fill_null(pc.struct_field(found, name), "0")) for name in "hms")
    fraction = _whole(pc.utf8_rpad(pc.fill_null(pc.struct_field(found, "f"), ""), width=9, padding="0"))
    wrong = halved & ((~afternoon & (h > 12)) | flags(pc.equal(clock, "")))
    h = np.where(halved, h % 12 + 12 * afternoon, h)
    wrong = (wrong | ((h > 23) & ~((h == 24) & (m == 0) & (s == 0))) | (m > 59) | (s > 59)) & ~column.absent
    if wrong.any():
        raise column.refusal(int(np.flatnonzero(wrong)[0]), "is no time of day that exists: correct it")
    return np.asarray(((h * 60 + m) * 60 + s) * 1_000_000_000 + fraction)


def refuse_rolling(column: TimeColumn, wall: Nanoseconds) -> None:
    """Raise ReaderError where the clock passes its end once within most days: twelve hours, or an evening of the day before.

    wall : (n_rows,), of rows that are otherwise in order of time and of which no two share it.
    """
    present = np.flatnonzero(~column.absent)
    times = wall[present]
    step = np.diff(times)
    if (step >= 0).all() or (step <= 0).all():
        return
    days = np.floor_divide(times, DAY_NS)
    same, step = np.diff(days) == 0, step if (step > 0).mean() > 0.5 else -step
    back = same & (step < 0)
    n_days = int((~same).sum()) + 1
    if n_days < ROLLING_DAYS or (step[~same] < 0).any() or not ROLLS * n_days <= back.sum() <= n_days:
        return
    if len(np.unique(times)) == len(times) and len(np.unique(days[1:][back])) == back.sum():
        raise column.refusal(int(present[1:][back][0]), ROLLING)


def _minutes(parts: pa.Array, hour: str, minute: str) -> Nanoseconds:
    h, m = (_whole(pc.drop_null(pc.struct_field(parts, name))) for name in (hour, minute))
    return np.asarray(60 * h + m)


def _whole(text: pa.Array) -> Nanoseconds:
    return np.asarray(pc.cast(pc.if_else(pc.equal(text, ""), "0", text), pa.int64()).to_numpy(), dtype=np.int64)
