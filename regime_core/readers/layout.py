"""How a file's text is laid out: its delimiter, the lines of its header, and where its rows begin."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from regime_core.errors import ReaderError
from regime_core.readers.cells import is_data, is_missing, is_number
from regime_core.readers.files import TextFile
from regime_core.readers.names import meaning, recognised

DELIMITERS: dict[str, str] = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
HEAD_LINES = 200
HEAD_BYTES = 200_000
HEADER_LINES = 4
"""A header has at most this many lines, right above the first row."""
SEPARATOR_LINE = re.compile(rb'\s*"?sep=(.)"?\s*(?:\n|$)', re.IGNORECASE)


class Line(NamedTuple):
    """A line that is not blank: its 1-based number, its first byte, the byte after it, its text."""

    number: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is laid out.

    delimiter : one of ``DELIMITERS``. spaced : runs of spaces stood in its place.
    header : column names as they stand in the file, trimmed; ``column 1`` and on where it names none.
    over : for each column, what another line of the header says of it (a ticker), or empty.
    has_header : whether the file names its columns. header_line : 1-based line of the header's last line, 0 without one.
    body_start : offset of the first row's first byte; ``body_line`` its 1-based line.
    """

    delimiter: str
    header: tuple[str, ...]
    over: tuple[str, ...]
    has_header: bool
    header_line: int
    body_start: int
    body_line: int
    sample: tuple[tuple[str, ...], ...]
    spaced: bool = False

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.header)


def plain_lines(file: TextFile) -> TextFile:
    """Undo what wraps cells and lines: cells as ``="102.5"``, and a program that quoted each whole line."""
    lines = _head(file.data)
    if 2 * sum('="' in line.text for line in lines) > len(lines):
        return replace(file, data=re.sub(rb'(^|[,;\t|])="([^"\n]*)"', rb"\1\2", file.data, flags=re.MULTILINE))
    wrapped = sum(line.text.strip().startswith('"') and _is_wrapped(line.text) for line in lines)
    if lines and wrapped > 0.9 * len(lines):
        text = "\n".join(_unwrapped(line) for line in file.data.decode("utf-8").split("\n"))
        return replace(file, data=text.encode())
    return file


def find_layout(file: TextFile) -> tuple[TextFile, Layout]:
    """Layout of a file, and the file with tabs where it had runs of spaces.

    Raises ReaderError where no line looks like a row of bars.
    """
    separator = SEPARATOR_LINE.match(file.data)
    lines = _head(file.data)
    if separator and separator[1].decode("latin-1") in DELIMITERS:
        lines = lines[1:]
        return file, _layout(file, lines, separator[1].decode("latin-1"))
    scores = {mark: _score(lines, mark) for mark in _marks(lines)}
    delimiter = max(scores, key=scores.__getitem__)
    if scores[delimiter][0] == 0 and _score(_head(_despaced(file.data[:HEAD_BYTES])), "\t")[0] > 0:
        spaced = replace(file, data=_despaced(file.data))
        return spaced, replace(_layout(spaced, _head(spaced.data), "\t"), spaced=True)
    return file, _layout(file, lines, delimiter)


def _marks(lines: list[Line]) -> list[str]:
    """Delimiters that stand in some line; all of them where none does."""
    return [mark for mark in DELIMITERS if any(mark in line.text for line in lines)] or list(DELIMITERS)


def split(line: str, delimiter: str) -> list[str]:
    """Cells of one line."""
    return next(csv.reader([line], delimiter=delimiter), [])


def _head(data: bytes) -> list[Line]:
    found: list[Line] = []
    start, number = 0, 1
    while start < min(len(data), HEAD_BYTES) and len(found) < HEAD_LINES:
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        text = data[start : min(end, start + HEAD_BYTES)].decode("utf-8", "ignore")
        if text.strip():
            found.append(Line(number, start, end, text))
        start, number = end + 1, number + 1
    return found


def _score(lines: list[Line], delimiter: str) -> tuple[float, int, int]:
    """How well a delimiter explains the lines: rows of bars among them, names known, columns."""
    rows = [_split_or_none(line.text, delimiter) for line in lines]
    data = [row for row in rows if is_data(row)]
    widths = Counter(len(row) for row in data)
    width, count = widths.most_common(1)[0] if widths else (0, 0)
    known = max((recognised(row) for row in rows[: HEADER_LINES * 10] if len(row) > 1), default=0)
    return (count / len(lines) if lines else 0.0) + 0.02 * known, known, width


def _split_or_none(text: str, delimiter: str) -> list[str]:
    try:
        return split(text, delimiter)
    except csv.Error:
        return []


def _layout(file: TextFile, lines: list[Line], delimiter: str) -> Layout:
    rows = [_split_or_none(line.text, delimiter) for line in lines]
    first = next((i for i, row in enumerate(rows) if is_data(row)), None)
    named = max(range(len(rows)), key=lambda i: recognised(rows[i]), default=None)
    if first is None or (named is not None and recognised(rows[named]) >= 3 and named >= first):
        first = _first_after_header(file, lines, rows, named)
    elif named is not None and recognised(rows[named]) >= 2 and _are_numbers(rows[named + 1 : first + 1]):
        first = named + 1
    width = Counter(len(row) for row in rows[first:] if is_data(row)).most_common(1)
    n_columns = width[0][0] if width else len(rows[first])
    head = _header_lines(lines, rows, first, n_columns)
    sample = tuple(tuple(row) for row in rows[first:] if len(row) == n_columns)
    if not head:
        names = tuple(f"column {i + 1}" for i in range(n_columns))
        body = lines[first]
        return Layout(delimiter, names, ("",) * n_columns, False, 0, body.start, body.number, sample)
    header, over = _joined([rows[i] for i in head], n_columns, sample)
    between = sum(lines[i].text.count('"') for i in range(head[-1] + 1, first))
    sample = tuple(row for row in sample if len(row) == len(header))
    last = lines[head[-1] if between % 2 else first - 1]
    return Layout(
        delimiter, header, over, True, lines[head[-1]].number, min(last.end + 1, len(file.data)), last.number + 1, sample
    )


def _are_numbers(rows: list[list[str]]) -> bool:
    """Whether rows under a header are as wide as the last of them and hold numbers alone: dates in digits may look like any."""
    return len(rows) > 1 and all(
        len(row) == len(rows[-1]) and all(is_number(cell) or is_missing(cell) for cell in row) for row in rows
    )


def _first_after_header(file: TextFile, lines: list[Line], rows: list[list[str]], named: int | None) -> int:
    if named is None or recognised(rows[named]) < 2:
        raise ReaderError(
            "reader.no_bars",
            f"{file.name} holds no rows of prices: send a header and one line a bar, as in date,open,high,low,close,volume.",
        )
    if named + 1 >= len(rows):
        raise ReaderError("reader.no_rows", f"{file.name} has a header but no rows: add one line a bar.")
    return named + 1


def _header_lines(lines: list[Line], rows: list[list[str]], first: int, width: int) -> list[int]:
    """Indices of the header's lines: the lines above the first row that are as wide, or nearly so and name fields.

    What stands above a blank line is no part of a header that names fields below it.
    """
    head: list[int] = []
    for i in reversed(range(max(0, first - HEADER_LINES), first)):
        apart = bool(head) and lines[i + 1].number > lines[i].number + 1
        if apart and max(recognised(rows[at]) for at in head) > 1:
            break
        wide = abs(len(rows[i]) - width) <= 1 or (2 * len(rows[i]) > width and recognised(rows[i]) > 0)
        if len(rows[i]) > 1 and wide:
            head.insert(0, i)
    return head


def _joined(head: list[list[str]], width: int, sample: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the columns, and what a second header line says over them."""
    padded = [_as_wide(cells, width, sample) for cells in head]
    best = max(range(len(padded)), key=lambda i: (recognised(padded[i]), i))
    names, over = list(padded[best]), [""] * len(padded[best])
    for i, cells in enumerate(padded):
        if i == best:
            continue
        labels = not any(_names_field(cell) for cell in cells[1:])
        for column, cell in enumerate(cells):
            named = meaning(cell)
            if named and named.field == "timestamp" and column < 2:
                names[column] = cell
            elif labels and cell and 0 < column < len(over):
                over[column] = cell
    return tuple(names), tuple(over)


def _names_field(cell: str) -> bool:
    return meaning(cell) is not None


def _as_wide(cells: list[str], width: int, sample: tuple[tuple[str, ...], ...]) -> list[str]:
    """Header cells as many as the rows have: padded where rows end in a delimiter, shifted where the first is unnamed."""
    named = [cell.strip(" \t\u00a0\u3000\ufeff") for cell in cells]
    while len(named) > width and not named[-1]:
        named.pop()
    if len(named) < width:
        trailing = all(not cell.strip() for row in sample for cell in row[len(named) :])
        if trailing:
            return named + [""] * (width - len(named))
        if sample and len(named) == width - 1 and is_data([*sample[0][:1], "1"]) and not is_data([*sample[0][1:2], "1"]):
            return ["", *named]
    return named


def _is_wrapped(text: str) -> bool:
    cells = _split_or_none(text.strip().rstrip(";,"), ",")
    return len(cells) == 1 and cells[0].count(",") >= 2


def _unwrapped(text: str) -> str:
    return split(text.rstrip(";,"), ",")[0] if text.strip() and _is_wrapped(text) else text


def _despaced(data: bytes) -> bytes:
    """Text with a tab for each run of spaces; where every run of two or more stands between columns, single ones stay."""
    bare = b"\n".join(line.strip(b" ") for line in data.split(b"\n"))
    wide = re.sub(rb"[ ]{2,}", b"\t", bare)
    return wide if _score(_head(wide), "\t")[0] >= 0.8 else re.sub(rb"[ \t]+", b"\t", bare)


def columns_shown(columns: Mapping[str, int], layout: Layout) -> dict[str, str]:
    """Field -> header found."""
    return {field: layout.header[i] for field, i in columns.items()}
