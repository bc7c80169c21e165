"""Columns of text as numbers: missing values, thousands commas, and the first value that is neither."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from regime_core.bars import Float
from regime_core.errors import ReaderError
from regime_core.readers.rows import Rows

MISSING = ("", "null", "none", "nan", "na", "n/a", "#n/a", "-", "--", ".")
"""What stands for a missing value, in any case."""
PADDING = " \t\u00a0"
NUMBER = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$"
NOT_FINITE = r"^[+-]?(?i:inf|infinity)$"
GROUPED = r"^[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?$"
SETTLES_COMMA = r"\d\.\d|,\d{3},\d{3}"
"""A decimal point, or two commas in one number: then a comma between digits cannot be a decimal mark."""


def read_numbers(rows: Rows, fields: tuple[str, ...]) -> tuple[dict[str, Float], tuple[str, ...]]:
    """Numbers of the named fields, each (n_rows,); NaN where a value is missing. Infinity stays infinity.

    Thousands commas are dropped where the file shows that they are not decimal commas, and the sentence returned says so.
    Raises ReaderError naming line, column and value where a field is neither a number nor missing.
    """
    numbers: dict[str, Float] = {}
    grouped: list[str] = []
    for field in fields:
        values = _plain(rows.columns[field])
        if values is None:
            values, had_commas = _careful(rows, field, fields)
            if had_commas:
                grouped.append(rows.layout.columns[field])
        numbers[field] = values
    notes = (f"Commas in {', '.join(grouped)} were read as thousands separators.",) if grouped else ()
    return numbers, notes


def is_missing(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whether each trimmed text stands for a missing value."""
    return pc.is_in(pc.utf8_lower(column), value_set=pa.array(MISSING))


def trimmed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Text without spaces and tabs around it; line ends stay, as they show that a quote was not closed."""
    return pc.utf8_trim(column, characters=PADDING)


def _plain(column: pa.ChunkedArray) -> Float | None:
    """Numbers of a column where every field is one, else None."""
    try:
        return _to_numpy(pc.cast(column, pa.float64()))
    except pa.ArrowInvalid:
        return None


def _careful(rows: Rows, field: str, fields: tuple[str, ...]) -> tuple[Float, bool]:
    text = trimmed(rows.columns[field])
    text = pc.if_else(is_missing(text), pa.scalar(None, pa.string()), text)
    commas = pc.fill_null(pc.match_substring(text, ","), False)
    had_commas = bool(pc.any(commas).as_py())
    if had_commas:
        text = _without_commas(rows, field, fields, text, commas)
    good = pc.or_(pc.match_substring_regex(text, NUMBER), pc.match_substring_regex(text, NOT_FINITE))
    _refuse_first(rows, field, pc.invert(good), "is not a number: write it in digits, or leave it empty where unknown")
    return _to_numpy(pc.cast(text, pa.float64())), had_commas


def _without_commas(
    rows: Rows, field: str, fields: tuple[str, ...], text: pa.ChunkedArray, commas: pa.ChunkedArray
) -> pa.ChunkedArray:
    ungrouped = pc.and_(commas, pc.invert(pc.match_substring_regex(text, GROUPED)))
    _refuse_first(rows, field, ungrouped, "has a comma that is no thousands separator: write numbers with a decimal point")
    if not any(pc.any(pc.match_substring_regex(rows.columns[other], SETTLES_COMMA)).as_py() for other in fields):
        _refuse_first(
            rows,
            field,
            commas,
            "may have a thousands or a decimal comma, and nothing in the file settles which: write it without commas",
        )
    return pc.replace_substring(text, ",", "")


def _refuse_first(rows: Rows, field: str, bad: pa.ChunkedArray, problem: str) -> None:
    flags = pc.fill_null(bad, False).to_numpy()
    if flags.any():
        row = int(np.flatnonzero(flags)[0])
        value = rows.columns[field][row].as_py()
        shown = value if len(value) <= 40 else value[:40] + "…"
        raise ReaderError("reader.not_a_number", f'{rows.file.name}, {rows.place(row, field)}: "{shown}" {problem}.')


def _to_numpy(column: pa.ChunkedArray) -> Float:
    return np.asarray(pc.fill_null(column, float("nan")).to_numpy(), dtype=np.float64)
