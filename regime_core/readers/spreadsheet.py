"""Rows of text as CSV that a spreadsheet shows and does not run."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import BinaryIO, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

RUNS = r"^\s*[=+\-@\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}]|^[\t\r]"
"""What a spreadsheet takes for the start of a formula."""
PLAIN = (
    r"^[+\-]?\s*[$€£¥₹₩₽₺]?\s*(?:\d[\d.,'’\x{a0}\x{202f} ]*|[.,]\d+)(?:[eE][+\-]?\d+)?\s*(?:%|[KMBTkmbt]|[$€£¥₹₩₽₺])?$"
    r"|^-{1,3}$"
)
"""Numbers with a sign, and dashes for what is missing, which are left as they are."""
LONG = pa.large_string()
Item = TypeVar("Item")
Made = TypeVar("Made")
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


def csv_lines(columns: list[pa.Array]) -> pa.Buffer:
    """Lines of columns of text, each (n_rows,), n_rows at least 1; nulls are empty, cells quoted already where they need it."""
    cells = [pc.cast(column, LONG) for column in columns]
    lines = pc.binary_join_element_wise(*cells, pa.scalar(",", LONG), null_handling="replace", null_replacement="")
    ended = pc.binary_join_element_wise(lines, pa.scalar("\n", LONG), pa.scalar("", LONG))
    return ended.buffers()[2]


def ahead(make: Callable[[Item], Made], items: Iterable[Item]) -> Iterator[Made]:
    """Make something of each item, in order, two at a time in threads and no more than three kept."""
    with ThreadPoolExecutor(2) as pool:
        made: deque[Future[Made]] = deque()
        for item in items:
            made.append(pool.submit(make, item))
            if len(made) > 2:
                yield made.popleft().result()
        while made:
            yield made.popleft().result()
