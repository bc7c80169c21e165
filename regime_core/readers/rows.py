"""The rows of a file as columns of text, and the line on which each row stands."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.csv as arrow_csv

from regime_core.errors import ReaderError
from regime_core.readers.files import TextFile
from regime_core.readers.layout import Layout


@dataclass(frozen=True, slots=True)
class Rows:
    """Fields of every row that is not blank, as text; empty text where a field is empty."""

    file: TextFile
    layout: Layout
    columns: dict[str, pa.ChunkedArray]
    n_rows: int

    def line(self, row: int) -> int:
        """1-based line of the file on which a row (0-based) begins, as an editor shows it."""
        body = self.file.data[self.layout.body_start :]
        if b'"' not in body:
            return self.layout.header_line + 1 + _line_without_quotes(body, row, self.layout.delimiter)
        return next(itertools.islice(_numbered_rows(self.file, self.layout, body), row, None))[0]

    def place(self, row: int, field: str) -> str:
        """Name a place in the file: ``line 17, column "High"``; ``field`` may be empty."""
        column = self.layout.columns.get(field)
        return f"line {self.line(row)}" + (f', column "{column}"' if column else "")


def read_rows(file: TextFile, layout: Layout, *, max_bars: int) -> Rows:
    """Split the body of a file into columns of text.

    Raises ReaderError on a row with more or fewer fields than the header, an unclosed quote, no rows or too many.
    """
    body = file.data[layout.body_start :]
    if not body.strip():
        raise ReaderError("reader.no_rows", f"{file.name} has a header but no rows: add one line a bar.")
    if body.count(b"\n") >= max_bars and sum(1 for line in body.split(b"\n") if line.strip()) > max_bars:
        raise ReaderError("reader.too_many_rows", f"{file.name} has more than {max_bars:,} rows: split it by date.")
    table = _split(file, layout, body)
    columns = {field: table.column(f"f{i}") for field, i in layout.position.items()}
    return Rows(file, layout, columns, table.num_rows)


def _split(file: TextFile, layout: Layout, body: bytes) -> pa.Table:
    names = [f"f{i}" for i in range(len(layout.header))]
    wanted = [f"f{i}" for i in layout.position.values()]

    def on_ragged(row: Any) -> str:  # noqa: ANN401  (pyarrow's InvalidRow has no public type)
        return "error" if row.text.strip() else "skip"

    try:
        return arrow_csv.read_csv(
            io.BytesIO(body),
            read_options=arrow_csv.ReadOptions(column_names=names, use_threads=True, block_size=1 << 22),
            parse_options=arrow_csv.ParseOptions(
                delimiter=layout.delimiter, newlines_in_values=b'"' in body, invalid_row_handler=on_ragged
            ),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=wanted, column_types=dict.fromkeys(wanted, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        raise _explain(file, layout, body, str(error)) from error


def _explain(file: TextFile, layout: Layout, body: bytes, reason: str) -> ReaderError:
    """Find by a slow and careful pass what the fast one refused."""
    width = len(layout.header)
    for number, cells in _numbered_rows(file, layout, body):
        if len(cells) != width:
            kind = "cut short" if len(cells) < width else "too long (quote a field that holds the delimiter)"
            return ReaderError(
                "reader.ragged_row",
                f"{file.name}, line {number} has {len(cells)} field(s) but the header has {width}: the row is {kind}.",
            )
    return ReaderError("reader.quotes", f"{file.name} cannot be split into fields ({reason}): check its quotes.")


def _numbered_rows(file: TextFile, layout: Layout, body: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield (1-based line, fields) of every row that is not blank."""
    reader = csv.reader(io.StringIO(body.decode("utf-8"), newline="\n"), delimiter=layout.delimiter)
    line = layout.header_line + 1
    try:
        for cells in reader:
            if len(cells) > 1 or any(cell.strip() for cell in cells):
                yield line, cells
            line = layout.header_line + 1 + reader.line_num
    except csv.Error as error:
        raise ReaderError("reader.quotes", f"{file.name}, line {line} cannot be split ({error}): check its quotes.") from error


def _line_without_quotes(body: bytes, row: int, delimiter: str) -> int:
    """Lines between the header and a row, where no field can span lines."""
    mark = delimiter.encode()
    lines = (i for i, line in enumerate(body.split(b"\n")) if mark in line or line.strip())
    return next(itertools.islice(lines, row, None))
