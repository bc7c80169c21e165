"""Dates of which year, month and day stand in columns of their own: which columns these are, and their cells as dates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from regime_core.readers.cells import MONTHS, is_missing
from regime_core.readers.dates import full_years
from regime_core.readers.names import date_part
from regime_core.readers.numbers import is_missing as missing_cells
from regime_core.readers.numbers import trimmed
from regime_core.readers.rows import Rows
from regime_core.readers.time_column import Flags, all_match, flags


def date_parts(header: Sequence[str], cells: Sequence[Sequence[str]]) -> tuple[int, ...]:
    """Columns of year, month and (where there is one) day, by their names and first cells; empty where there are none.

    cells : of each column, its first cells.
    """
    found: dict[str, int] = {}
    for i, name in enumerate(header):
        part = date_part(name)
        filled = [cell.lower() for cell in cells[i] if not is_missing(cell)]
        if part and filled and part not in found and all(_is_part(part, cell) for cell in filled):
            found[part] = i
    if not {"year", "month"} <= set(found):
        return ()
    return tuple(found[part] for part in ("year", "month", "day") if part in found)


def date_text(rows: Rows, parts: tuple[int, ...]) -> tuple[pa.Array, Flags]:
    """Cells of the columns that hold a date as text, (n_rows,), and where one of them is missing.

    parts : one column, whose cells are as they stand, or year, month and maybe day, joined as ``yyyy-mm-dd`` or ``yyyy-mm``.
    """
    texts = [trimmed(rows.columns[i]).combine_chunks() for i in parts]
    absent = np.any([flags(missing_cells(text)) for text in texts], axis=0)
    if len(texts) == 1:
        return texts[0], absent
    year, month, *day = (pc.replace_substring_regex(text, r"\.0+$", "") for text in texts)
    return pc.binary_join_element_wise(_full(year), _numbered(month), *day, "-"), absent


def _is_part(part: str, cell: str) -> bool:
    if part == "month" and cell.rstrip(".") in MONTHS:
        return True
    number = cell.removesuffix(".0")
    if not number.isascii() or not number.isdigit() or len(number) > 4:
        return False
    if part == "year":
        return len(number) == 4 or len(number) == 2
    return 1 <= int(number) <= (12 if part == "month" else 31)


def _full(year: pa.Array) -> pa.Array:
    if not all_match(year, r"^\d{2}$"):
        return year
    return pc.cast(pa.array(full_years(np.asarray(pc.cast(year, pa.int64()).to_numpy()))), pa.string())


def _numbered(month: pa.Array) -> pa.Array:
    named = pc.dictionary_encode(pc.utf8_rtrim(pc.utf8_lower(month), characters="."))
    return pa.array([str(MONTHS.get(name, name)) for name in named.dictionary.to_pylist()], pa.string()).take(named.indices)
