"""Columns of text as numbers: the mark of decimals is decided over all columns together, never cell by cell."""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from regime_core.bars import Float
from regime_core.errors import ReaderError
from regime_core.readers.cells import PADDING
from regime_core.readers.numbers import (
    WELL_FORMED,
    Parts,
    as_float,
    as_numbers,
    flags_of,
    parts_of,
    plain_numbers,
    to_numpy,
    trimmed,
)
from regime_core.readers.rows import Rows

SHOWS_COMMA = r"^(?:\d{1,3}(?:\.\d{3})+,\d*|\d*,(?:\d{1,2}|\d{4,})|0,\d+|\d{4,},\d+|\d{1,3}(?:\.\d{3}){2,})$"
SHOWS_POINT = (
    r"^(?:\d{1,3}(?:,\d{2,3})*,\d{3}\.\d*|\d*\.(?:\d{1,2}|\d{4,})|0\.\d+|\d{4,}\.\d+"
    r"|\d{1,3}(?:,\d{3}){2,}|\d{1,2}(?:,\d{2})+,\d{3})$"
)
MARKED_POINT = r"\d\.\d{1,2}$|\d\.\d{4,}$|^-?0\.|\d{4,}\.|,"
SETTLES_POINT = rf"^-?\d{{4,}}$|{MARKED_POINT}"
OPEN_POINT = r"^[+-]?[1-9]\d{0,2}\.\d{3}$"
OPEN_SAMPLE = 200
JUMP = 20.0
"""Prices that move by more than this factor within a row or between rows were read with the wrong mark."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers of each field, (n_rows,), NaN where missing; decimal : ``.`` or ``,``; notes : what was decided, in words."""

    values: dict[str, Float]
    decimal: str
    notes: tuple[str, ...]


def read_numbers(rows: Rows, fields: Mapping[str, int], *, decimal: str | None = None) -> Numbers:
    """Numbers of the named fields (field -> column). Infinity stays infinity.

    decimal : the mark, where the caller knows it. Currency signs, percent, K/M/B and brackets for negatives are understood.
    Raises ReaderError naming line, column and value where a field is neither a number nor missing, and where nothing in the
    file settles whether a comma groups thousands or marks decimals.
    """
    texts = {field: rows.columns[column] for field, column in fields.items()}
    by_comma = decimal == "," or _comma_elsewhere(rows, fields)
    if not by_comma:
        decimal = decimal or _open_points(rows, fields)
    if not by_comma and decimal != ",":
        with ThreadPoolExecutor(2) as pool:
            plain = dict(zip(texts, pool.map(plain_numbers, texts.values()), strict=True))
        if all(values is not None for values in plain.values()):
            return Numbers({field: values for field, values in plain.items() if values is not None}, ".", ())
    parts = {field: parts_of(rows, field, text, fields) for field, text in texts.items()}
    prices = {field: part.digits for field, part in parts.items() if not field.endswith("volume")}
    volumes = {field: part.digits for field, part in parts.items() if field.endswith("volume")}
    apart = not decimal and bool(_first_showing(prices, SHOWS_COMMA)) != bool(_first_showing(prices, SHOWS_POINT))
    mark = decimal or _decimal_mark(rows, fields, prices if apart else prices | volumes)
    marks = {field: mark for field in prices} | {field: _own_mark(volumes[field], mark) for field in volumes}
    values = {field: as_numbers(rows, fields, field, part, marks[field]) for field, part in parts.items()}
    return Numbers(values, mark, _notes(rows, fields, parts, mark))


def _open_points(rows: Rows, fields: Mapping[str, int]) -> str | None:
    """Mark of a file of numbers like ``102.945``, of which no number tells what the point is, by the jumps of its prices.

    A thousand or more without a mark tells that points are decimal, as does any number with another count of decimals. But
    thousands may be set apart in prices and not in volumes: between commas alone, where they are seldom set apart by points,
    does a whole volume tell it of prices too. Terminals that name columns as ``<CLOSE>`` always write decimal points. None:
    points are decimal.
    Raises ReaderError where neither tells.
    """
    if all(rows.layout.header[column].startswith("<") for column in fields.values()):
        return None
    prices = {field: column for field, column in fields.items() if not field.endswith("volume")}
    volumes = {field: column for field, column in fields.items() if field.endswith("volume")}
    volume_tells = SETTLES_POINT if rows.layout.delimiter == "," else MARKED_POINT
    if _shows(rows, prices, SETTLES_POINT) or _shows(rows, volumes, volume_tells):
        return None
    texts = {field: trimmed(rows.columns[column]) for field, column in prices.items()}
    if any(pc.any(pc.match_substring_regex(text, OPEN_POINT)).as_py() for text in texts.values()):
        mark = _mark_without_jumps(texts)
        if mark is not None:
            return mark
    elif not volumes or _shows(rows, volumes, SETTLES_POINT):
        return None
    for column in fields.values():
        text = trimmed(rows.columns[column])
        open_ = np.flatnonzero(flags_of(pc.match_substring_regex(text, OPEN_POINT)))
        if len(open_):
            row = int(open_[0])
            raise ReaderError(
                "reader.ambiguous_numbers",
                f'{rows.file.name}, {rows.place(row, column)}: "{text[row].as_py()}" may have a thousands or a decimal '
                "point, and nothing in the file settles which: name the decimal mark, or write numbers without thousands.",
            )
    return None


def _shows(rows: Rows, fields: Mapping[str, int], pattern: str) -> bool:
    """Whether a number of the fields matches; the first rows are tried alone, as most files show it there."""
    if any(re.search(pattern, row[i].strip(PADDING)) for row in rows.layout.sample[:OPEN_SAMPLE] for i in fields.values()):
        return True
    return any(pc.any(pc.match_substring_regex(trimmed(rows.columns[i]), pattern)).as_py() for i in fields.values())


def _comma_elsewhere(rows: Rows, fields: Mapping[str, int]) -> bool:
    """Whether other columns write decimals with a comma: then ``162.037`` is a hundred and sixty-two thousand."""
    others = [i for i in range(rows.layout.width) if i not in fields.values() and i not in rows.time_columns]
    cells = pa.array([row[i].strip().rstrip("%KMBkmb") for row in rows.layout.sample for i in others], pa.string())
    cells = pc.utf8_ltrim(cells, characters="+-−")
    comma = pc.any(pc.match_substring_regex(cells, SHOWS_COMMA)).as_py()
    point = pc.any(pc.match_substring_regex(cells, SHOWS_POINT)).as_py()
    return bool(comma and not point)


def _decimal_mark(rows: Rows, fields: Mapping[str, int], digits: dict[str, pa.ChunkedArray]) -> str:
    comma = _first_showing(digits, SHOWS_COMMA)
    point = _first_showing(digits, SHOWS_POINT)
    if comma and point:
        field, row = comma
        other_field, other_row = point
        raise ReaderError(
            "reader.mixed_decimals",
            f"{rows.file.name}: {rows.place(row, fields[field])} marks decimals with a comma and "
            f"{rows.place(other_row, fields[other_field])} with a point: write all numbers one way.",
        )
    if comma or point:
        return "," if comma else "."
    if _comma_elsewhere(rows, fields):
        return ","
    if not any(pc.any(pc.match_substring(text, ",")).as_py() for text in digits.values()):
        return "."
    return _mark_by_size(rows, fields, digits)


def _own_mark(volume: pa.ChunkedArray, mark: str) -> str:
    """Mark of a volume: that of the prices, unless it shows the other one (``1.23M`` was text to the program that saved it)."""
    comma, point = (_first_showing({"volume": volume}, shape) for shape in (SHOWS_COMMA, SHOWS_POINT))
    return mark if bool(comma) == bool(point) else "," if comma else "."


def _mark_by_size(rows: Rows, fields: Mapping[str, int], digits: dict[str, pa.ChunkedArray]) -> str:
    """Of the two readings of ``1,010``, the one under which prices do not jump."""
    mark = _mark_without_jumps({field: text for field, text in digits.items() if not field.endswith("volume")})
    if mark is not None:
        return mark
    field, row = next(
        (field, int(np.flatnonzero(flags)[0]))
        for field in digits
        if (flags := flags_of(pc.match_substring(digits[field], ","))).any()
    )
    raise ReaderError(
        "reader.ambiguous_numbers",
        f'{rows.file.name}, {rows.place(row, fields[field])}: "{rows.columns[fields[field]][row].as_py()[:40]}" may have '
        "a thousands or a decimal comma, and nothing in the file settles which: write it without commas, or name the mark.",
    )


def _mark_without_jumps(prices: dict[str, pa.ChunkedArray]) -> str | None:
    """The mark under which prices do not jump, where they do under the other one."""
    largest = {}
    for mark in ".,":
        formed = [pc.if_else(pc.match_substring_regex(text, WELL_FORMED[mark]), text, None) for text in prices.values()]
        largest[mark] = _largest_jump(np.column_stack([to_numpy(as_float(text, mark)) for text in formed]))
    if largest["."] < JUMP < largest[","]:
        return "."
    return "," if largest[","] < JUMP < largest["."] else None


def _largest_jump(columns: Float) -> float:
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(np.where(columns > 0, columns, np.nan))
    flat = logs[~np.isnan(logs).any(axis=1)]
    if not len(flat):
        return 1.0
    within = float((flat.max(axis=1) - flat.min(axis=1)).max())
    between = float(np.abs(np.diff(flat[:, -1])).max()) if len(flat) > 1 else 0.0
    return float(np.exp(min(max(within, between), 700.0)))


def _first_showing(digits: dict[str, pa.ChunkedArray], pattern: str) -> tuple[str, int] | None:
    for field, text in digits.items():
        flags = flags_of(pc.match_substring_regex(text, pattern))
        if flags.any():
            return field, int(np.flatnonzero(flags)[0])
    return None


def _notes(rows: Rows, fields: Mapping[str, int], parts: dict[str, Parts], mark: str) -> tuple[str, ...]:
    if mark == ",":
        return ("Numbers were read with a decimal comma.",)
    grouped = [
        rows.layout.header[fields[f]] for f, part in parts.items() if pc.any(pc.match_substring(part.digits, ",")).as_py()
    ]
    return (f"Commas in {', '.join(grouped)} were read as thousands separators.",) if grouped else ()
