"""A column of text as numbers: its signs, digits, powers and units taken apart, and put together under a mark of decimals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from regime_core.bars import Float
from regime_core.errors import ReaderError
from regime_core.readers.cells import MISSING, PADDING
from regime_core.readers.rows import Rows
from regime_core.readers.units import contradicting_unit, currency_of, scale_of

PARTS = (
    r"^(?P<bracket>\(?)(?P<sign>[-+−]?)\s*(?P<before>(?:\p{L}{0,3}\.?\p{Sc}|\p{L}{2,4}\.?\s)?)"
    r"\s*(?P<sign2>[-+−]?)(?P<digits>[.,]\d+|\d(?:[\d.,'’\s\x{a0}\x{202f}]*))"
    r"(?P<power>(?:[eE][-+]?\d+)?)\s*(?P<unit>(?:%|[\p{L}\p{Sc}][\p{L}\p{Sc}.\s]*)?)\)?\*{0,2}$"
)
UNKNOWN_UNIT = (
    "has a unit or currency that is not known: write the number in full, or leave the unit out where it changes nothing"
)
TWO_UNITS = "has a unit or currency that does not go with the others of its column: write all numbers in one"
NOT_FINITE = r"^[+-]?(?i:inf|infinity)$"
WELL_FORMED = {
    ".": r"^(?:\d+|\d{1,3}(?:,\d{2,3})*,\d{3})?(?:\.\d*)?$",
    ",": r"^(?:\d+|\d{1,3}(?:\.\d{3})+)?(?:,\d*)?$",
}
GAP = r"[\s'’\x{a0}\x{202f}]"
GROUPED = rf"^\d{{1,3}}(?:{GAP}\d{{3}})+(?:[.,]\d*)?$"
THIRTY_SECONDS = r"^\d{2,3}['’](?:[0-2]\d|3[01])[0257]$"
FEW_TICKS = 5
"""Of fewer prices than this, all may look like ``102'295``, a bond's points, 32nds and parts of one, by chance."""
TICKS = "is in fractions or ticks, not in thousands: write prices as decimals, 514.75 for 514'6"


@dataclass(frozen=True, slots=True)
class Parts:
    """A column taken apart: digits with their marks (null where missing), factor of sign, unit and power."""

    digits: pa.ChunkedArray
    factor: Float
    power: pa.ChunkedArray
    infinite: Float


def is_missing(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whether each trimmed text stands for a missing value."""
    return pc.is_in(pc.utf8_lower(column), value_set=pa.array(MISSING))


def trimmed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Text without spaces around it; line ends stay, as they show that a quote was not closed."""
    return pc.utf8_trim(column, characters=PADDING)


def plain_numbers(column: pa.ChunkedArray) -> Float | None:
    """Numbers of a column where every field is one or is missing in the plainest ways, else None."""
    try:
        return to_numpy(pc.cast(column, pa.float64()))
    except pa.ArrowInvalid:
        pass
    text = trimmed(column)
    text = pc.if_else(is_missing(text), pa.scalar(None, pa.string()), text)
    try:
        return to_numpy(pc.cast(text, pa.float64()))
    except pa.ArrowInvalid:
        return None


def parts_of(rows: Rows, field: str, column: pa.ChunkedArray, fields: Mapping[str, int]) -> Parts:
    """Take a field's column apart.

    Raises ReaderError naming line, column and value where one is neither a number nor missing, or is in ticks.
    """
    text = trimmed(column)
    text = pc.if_else(is_missing(text), pa.scalar(None, pa.string()), text)
    infinite = pc.fill_null(pc.match_substring_regex(text, NOT_FINITE), False)
    text = pc.if_else(infinite, pa.scalar(None, pa.string()), text)
    parts = pc.extract_regex(text, pattern=PARTS)
    unread = pc.and_(pc.is_null(parts), pc.is_valid(text))
    _refuse_first(rows, fields, field, unread, "is not a number: write it in digits, or leave it empty where unknown")
    part = {name: pc.struct_field(parts, name) for name in ("bracket", "sign", "sign2", "digits", "power", "before", "unit")}
    digits = pc.utf8_trim(part["digits"], characters=PADDING)
    _refuse_ticks(rows, fields, field, digits)
    scales = _scales(rows, fields, field, part["before"], part["unit"])
    minus = pa.array(["-", "−", "("])
    flips = sum(flags_of(pc.is_in(part[name], value_set=minus)).astype(np.int64) for name in ("bracket", "sign", "sign2"))
    return Parts(
        pc.replace_substring_regex(digits, GAP, ""),
        np.where(np.asarray(flips) % 2, -1.0, 1.0) * scales,
        part["power"],
        np.where(flags_of(infinite), np.inf, 0.0),
    )


def _refuse_ticks(rows: Rows, fields: Mapping[str, int], field: str, digits: pa.ChunkedArray) -> None:
    """Refuse ``514'6`` (eighths) and ``102'29`` (32nds): a space or apostrophe groups thousands only before three digits."""
    apart = pc.match_substring_regex(digits, GAP)
    if not pc.any(apart).as_py():
        return
    _refuse_first(rows, fields, field, pc.and_(apart, pc.invert(pc.match_substring_regex(digits, GROUPED))), TICKS)
    ticks = pc.match_substring_regex(digits, THIRTY_SECONDS)
    if not field.endswith("volume") and pc.all(ticks).as_py() and len(pc.unique(pc.drop_null(digits))) >= FEW_TICKS:
        _refuse_first(rows, fields, field, ticks, TICKS)


def _scales(rows: Rows, fields: Mapping[str, int], field: str, before: pa.ChunkedArray, units: pa.ChunkedArray) -> Float:
    """Factor of each number, (n_rows,), by the word behind it. Refuse words that are not known, and two that do not agree."""
    signs, _ = _encoded(before)
    words, codes = _encoded(units)
    factors = [scale_of(word) for word in words]
    wrong = pa.array([word for word, factor in zip(words, factors, strict=True) if factor is None], pa.string())
    odd = pa.array([sign for sign in signs if sign and not (currency_of(sign) and scale_of(sign) == 1.0)], pa.string())
    for values, column in ((wrong, units), (odd, before)):
        _refuse_first(rows, fields, field, pc.is_in(column, value_set=values), UNKNOWN_UNIT)
    contradicting = contradicting_unit([*signs, *words])
    if contradicting:
        column = units if contradicting in words else before
        _refuse_first(rows, fields, field, pc.equal(column, contradicting), TWO_UNITS)
    return np.asarray(np.array([factor or 1.0 for factor in factors])[codes])


def _encoded(column: pa.ChunkedArray) -> tuple[list[str], np.ndarray[tuple[int], np.dtype[np.int32]]]:
    encoded = pc.dictionary_encode(pc.fill_null(column, "").combine_chunks())
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy()


def as_numbers(rows: Rows, fields: Mapping[str, int], field: str, part: Parts, mark: str) -> Float:
    """Numbers of a column, (n_rows,), NaN where missing.

    mark : ``.`` or ``,``. Raises ReaderError where digits do not work out under it.
    """
    good = pc.match_substring_regex(part.digits, WELL_FORMED[mark])
    word = "point" if mark == "." else "comma"
    _refuse_first(
        rows, fields, field, pc.invert(good), f"does not work out where a {word} marks decimals: write it without thousands"
    )
    values = to_numpy(as_float(part.digits, mark, part.power)) * part.factor
    return np.where(part.infinite > 0, np.inf, values)


def as_float(digits: pa.ChunkedArray, mark: str, power: pa.ChunkedArray | None = None) -> pa.ChunkedArray:
    """Digits as numbers, null where missing; they must be well formed under the mark."""
    other = "," if mark == "." else "."
    plain = pc.replace_substring(pc.replace_substring(digits, other, ""), mark, ".")
    if power is not None:
        plain = pc.binary_join_element_wise(plain, power, "")
    return pc.cast(plain, pa.float64())


def _refuse_first(rows: Rows, fields: Mapping[str, int], field: str, bad: pa.ChunkedArray, problem: str) -> None:
    flags = flags_of(bad)
    if flags.any():
        row = int(np.flatnonzero(flags)[0])
        value = rows.columns[fields[field]][row].as_py()
        shown = value if len(value) <= 40 else value[:40] + "…"
        raise ReaderError("reader.not_a_number", f'{rows.file.name}, {rows.place(row, fields[field])}: "{shown}" {problem}.')


def flags_of(column: pa.ChunkedArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """A column of truths as an array, (n_rows,), false where it is null."""
    return np.asarray(pc.fill_null(column, False).to_numpy(), dtype=bool)


def to_numpy(column: pa.ChunkedArray) -> Float:
    """A column of numbers as an array, (n_rows,), NaN where it is null."""
    return np.asarray(pc.fill_null(column, float("nan")).to_numpy(), dtype=np.float64)
