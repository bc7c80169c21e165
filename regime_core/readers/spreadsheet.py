"""Rows of text as CSV that a spreadsheet shows and does not run."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

RUNS = r"^\s*[=+\-@\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}]|^[\t\r]"
"""What a spreadsheet takes for the start of a formula."""
PLAIN = (
    r"^[+\-]?\s*[$€£¥₹₩₽₺]?\s*(?:\d[\d.,'’\x{a0}\x{202f} ]*|[.,]\d+)(?:[eE][+\-]?\d+)?\s*(?:%|[KMBTkmbt]|[$€£¥₹₩₽₺])?$"
    r"|^-{1,3}$"
)
"""Numbers with a sign, and dashes for what is missing, which are left as they are."""
STRUCTURAL = ('"', ",", "\n", "\r")


def harmless(text: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    """Text in which every cell that a spreadsheet would run as a formula has an apostrophe before it."""
    suspect = pc.match_substring_regex(text, RUNS)
    if not pc.any(suspect).as_py():
        return text
    runs = pc.and_(suspect, pc.invert(pc.match_substring_regex(text, PLAIN)))
    return pc.if_else(runs, pc.binary_join_element_wise("'", text, ""), text)


def quoted(text: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    """Text in which cells that hold a comma, a quote or a line end are in quotes, and the others as they were."""
    needed = None
    for mark in STRUCTURAL:
        found = pc.match_substring(text, mark)
        if pc.any(found).as_py():
            needed = found if needed is None else pc.or_(needed, found)
    if needed is None:
        return text
    inner = pc.replace_substring(text, '"', '""')
    return pc.if_else(needed, pc.binary_join_element_wise('"', inner, '"', ""), text)


def write_header(file: BinaryIO, names: list[str]) -> None:
    """Write the line of names."""
    cells = quoted(harmless(pa.array(names, pa.string())))
    file.write((",".join(cells.to_pylist()) + "\n").encode())


def write_rows(file: BinaryIO, columns: list[pa.Array]) -> None:
    """Write rows of columns of text, each (n_rows,), nulls as empty cells. Cells must be quoted already where they need it."""
    if not len(columns[0]):
        return
    cells = [pc.cast(column, pa.large_string()) for column in columns]
    lines = pc.binary_join_element_wise(*cells, pa.scalar(",", pa.large_string()), null_handling="replace", null_replacement="")
    lines = lines.combine_chunks() if isinstance(lines, pa.ChunkedArray) else lines
    whole = pa.LargeListArray.from_arrays(np.array([0, len(lines)]), lines)
    file.write(pc.binary_join(whole, pa.scalar("\n", pa.large_string()))[0].as_buffer())
    file.write(b"\n")
