"""The rows of a file as columns of text, and the line on which each row stands."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
from numpy.typing import NDArray

from regime_core.errors import ReaderError
from regime_core.readers.cells import PADDING, is_date, is_epoch
from regime_core.readers.files import TextFile
from regime_core.readers.layout import Layout

EVENT = r"(?i:dividend|stock split|^\s*\d+[:/]\d+\s+split)"
"""What a web page writes between its rows of prices."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Fields of every row that is not blank, as text; empty text where a field is empty.

    columns : index of the column -> its text, (n_rows,). time_columns : columns that name times.
    kept : (n_rows,) place of each row among the file's rows.
    """

    file: TextFile
    layout: Layout
    columns: dict[int, pa.ChunkedArray]
    n_rows: int
    time_columns: frozenset[int]
    kept: NDArray[np.int64]

    def line(self, row: int) -> int:
        """1-based line of the file on which a row (0-based) begins, as an editor shows it."""
        return self.lines([row])[0]

    def lines(self, rows: Iterable[int]) -> list[int]:
        """1-based lines of rows, in their order."""
        wanted = [int(self.kept[row]) for row in rows]
        if not wanted:
            return []
        if len(self.kept) == self.kept[-1] + 1 and self._is_a_line_each():
            return [self.layout.body_line + row for row in wanted]
        found = {}
        rest = set(wanted)
        for i, (line, _) in enumerate(_whole_rows(self.file, self.layout)):
            if i in rest:
                found[i] = line
            if len(found) == len(rest):
                break
        return [found[row] for row in wanted]

    def _is_a_line_each(self) -> bool:
        """Whether the body has a line for each row and no others."""
        data, start, end = self.file.data, self.layout.body_start, len(self.file.data)
        while end > start and data[end - 1 : end] == b"\n":
            end -= 1
        return not _holds(self.file, self.layout, b'"') and data.count(b"\n", start, end) == len(self.kept) - 1

    def place(self, row: int, column: int | None = None) -> str:
        """Name a place in the file: ``line 17, column "High"``."""
        return f"line {self.line(row)}" + ("" if column is None else f', column "{self.layout.header[column]}"')

    def take(self, keep: NDArray[np.bool_]) -> Rows:
        """Rows that are kept."""
        mask = pa.array(keep)
        columns = {i: text.filter(mask) for i, text in self.columns.items()}
        return Rows(self.file, self.layout, columns, int(keep.sum()), self.time_columns, self.kept[keep])


def read_rows(file: TextFile, layout: Layout, wanted: set[int], time_columns: frozenset[int], *, max_bars: int) -> Rows:
    """Split the body of a file into the wanted columns of text. Remarks, dividends and repeated headers are left out.

    Raises ReaderError on a row with more or fewer fields than the header, an unclosed quote, no rows or too many.
    """
    if not re.compile(rb"\S").search(file.data, layout.body_start):
        raise ReaderError("reader.no_rows", f"{file.name} has a header but no rows: add one line a bar.")
    table = split_body(file, layout, sorted(wanted))
    if table.num_rows > max_bars:
        raise ReaderError("reader.too_many_rows", f"{file.name} has more than {max_bars:,} rows: split it by date.")
    columns = {i: table.column(f"f{i}") for i in sorted(wanted)}
    rows = Rows(file, layout, columns, table.num_rows, time_columns, np.arange(table.num_rows))
    if not table.num_rows:
        raise ReaderError("reader.no_rows", f"{file.name} has a header but no rows of prices: add one line a bar.")
    return _without_remarks(rows)


def is_remark(cells: list[str]) -> bool:
    """Whether a row of another length than the rest is no bar: blank, a dividend, a footer that starts with words."""
    filled = [cell.strip(PADDING) for cell in cells if cell.strip(PADDING)]
    if not filled:
        return True
    if any(re.search(EVENT, cell) for cell in filled):
        return True
    dated = [is_date(cell) or is_epoch(cell) for cell in filled]
    return not (dated[0] or (any(dated) and len(filled) > 2))


def _without_remarks(rows: Rows) -> Rows:
    """Leave out events, headers that are repeated, and rows without a single number."""
    drop = np.zeros(rows.n_rows, dtype=bool)
    file, layout = rows.file, rows.layout
    if _holds(file, layout, b"vidend") or _holds(file, layout, b"plit"):
        for text in rows.columns.values():
            drop |= _flags(pc.match_substring_regex(text, EVENT))
    priced = [i for i in rows.columns if i not in rows.time_columns]
    if layout.has_header and priced and all(_holds(file, layout, layout.header[i].encode()) for i in priced):
        same = np.ones(rows.n_rows, dtype=bool)
        for i in priced:
            same &= _flags(pc.equal(pc.utf8_trim(rows.columns[i], characters=PADDING), layout.header[i]))
        drop |= same
    return rows.take(~drop) if drop.any() else rows


def _holds(file: TextFile, layout: Layout, word: bytes) -> bool:
    """Whether a word stands in a file's body; one of numbers is told by the word's first letter, which is found far faster."""
    return all(file.data.find(part, layout.body_start) >= 0 for part in (word[:1], word))


def _flags(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    return np.asarray(pc.fill_null(column, False).to_numpy(), dtype=bool)


def split_body(file: TextFile, layout: Layout, wanted: list[int]) -> pa.Table:
    """Wanted columns of a file's body as text, named ``f0`` and on by index; one row for each that is as wide as the header.

    Raises ReaderError on a row with more or fewer fields that is no remark, and on an unclosed quote.
    """
    names = [f"f{i}" for i in range(layout.width)]
    included = [f"f{i}" for i in wanted]

    def on_ragged(row: Any) -> str:  # noqa: ANN401  (pyarrow's InvalidRow has no public type)
        return "skip" if is_remark(cells_of(row.text, layout.delimiter)) else "error"

    try:
        return arrow_csv.read_csv(
            pa.BufferReader(pa.py_buffer(file.data).slice(layout.body_start)),
            read_options=arrow_csv.ReadOptions(column_names=names, use_threads=True, block_size=1 << 22),
            parse_options=arrow_csv.ParseOptions(
                delimiter=layout.delimiter, newlines_in_values=_holds(file, layout, b'"'), invalid_row_handler=on_ragged
            ),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=included, column_types=dict.fromkeys(included, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        raise _explain(file, layout, str(error)) from error


def cells_of(text: str, delimiter: str) -> list[str]:
    """Cells of one row; the row itself where it cannot be split."""
    try:
        return next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:
        return [text]


def _explain(file: TextFile, layout: Layout, reason: str) -> ReaderError:
    """Find by a slow and careful pass what the fast one refused."""
    width = layout.width
    for number, cells in _numbered_rows(file, layout):
        if len(cells) != width and not is_remark(cells):
            kind = "cut short" if len(cells) < width else "too long (quote a field that holds the delimiter)"
            return ReaderError(
                "reader.ragged_row",
                f"{file.name}, line {number} has {len(cells)} field(s) but the header has {width}: the row is {kind}.",
            )
    return ReaderError("reader.quotes", f"{file.name} cannot be split into fields ({reason}): check its quotes.")


def _whole_rows(file: TextFile, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    """Yield (1-based line, fields) of the rows that the fast pass keeps."""
    return (row for row in _numbered_rows(file, layout) if len(row[1]) == layout.width)


def _numbered_rows(file: TextFile, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    """Yield (1-based line, fields) of every row that is not blank."""
    reader = csv.reader(io.StringIO(file.data[layout.body_start :].decode("utf-8"), newline="\n"), delimiter=layout.delimiter)
    line = layout.body_line
    try:
        for cells in reader:
            if len(cells) > 1 or any(cell.strip() for cell in cells):
                yield line, cells
            line = layout.body_line + reader.line_num
    except csv.Error as error:
        raise ReaderError("reader.quotes", f"{file.name}, line {line} cannot be split ({error}): check its quotes.") from error
