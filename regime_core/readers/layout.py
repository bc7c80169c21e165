"""Where a file's fields stand: its delimiter, its header, and which column holds what."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass

from regime_core.bars import PRICES
from regime_core.errors import ReaderError
from regime_core.readers.files import TextFile

DELIMITERS: dict[str, str] = {",": "comma", ";": "semicolon", "\t": "tab"}
NAMES: dict[str, tuple[str, ...]] = {
    "timestamp": ("timestamp", "time", "datetime", "date", "ts", "t", "unix", "epoch"),
    "open": ("open", "o"),
    "high": ("high", "h"),
    "low": ("low", "l"),
    "close": ("close", "c"),
    "volume": ("volume", "vol", "v"),
}
"""Header names of each field, folded: lower case, letters and digits only."""
FIELD_OF = {alias: field for field, aliases in NAMES.items() for alias in aliases}
ADJUSTED = ("adjclose", "adjustedclose", "closeadj", "closeadjusted")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is laid out.

    delimiter : one of ``DELIMITERS``.
    header : column names as they stand in the file, trimmed.
    header_line : 1-based line of the header; ``body_start`` is the offset of the byte after it.
    position : field -> index into ``header``.
    unused : names of columns that are not read; ``adjusted`` is the adjusted close among them, if any.
    """

    delimiter: str
    header: tuple[str, ...]
    header_line: int
    body_start: int
    position: Mapping[str, int]
    unused: tuple[str, ...]
    adjusted: str | None

    @property
    def columns(self) -> dict[str, str]:
        """Field -> header found."""
        return {field: self.header[i] for field, i in self.position.items()}


def fold(name: str) -> str:
    """Column name in lower case, letters and digits only: ``Adj Close`` -> ``adjclose``."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def find_layout(file: TextFile) -> Layout:
    """Layout of a file, from its first line that is not blank.

    Raises ReaderError where a price or the time has no column, naming the columns found, or where two columns claim one field.
    """
    line_number, start, end = _first_line(file.data)
    line = file.data[start:end].decode("utf-8")
    delimiter = max(DELIMITERS, key=lambda mark: (_recognised(_split(line, mark)), line.count(mark)))
    header = tuple(cell.strip() for cell in _split(line, delimiter))
    position = _positions(header, file.name, line_number)
    unused = tuple(name for i, name in enumerate(header) if i not in position.values() and name)
    adjusted = next((name for name in unused if fold(name) in ADJUSTED), None)
    return Layout(delimiter, header, line_number, min(end + 1, len(file.data)), position, unused, adjusted)


def _first_line(data: bytes) -> tuple[int, int, int]:
    """1-based number, first byte and end of the first line that is not blank; the caller knows that there is one."""
    number, start = 1, 0
    while True:
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        if data[start:end].strip():
            return number, start, end
        number, start = number + 1, end + 1


def _split(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])


def _recognised(cells: list[str]) -> int:
    return len({FIELD_OF[fold(cell)] for cell in cells if fold(cell) in FIELD_OF})


def _positions(header: tuple[str, ...], file_name: str, line: int) -> dict[str, int]:
    position: dict[str, int] = {}
    for i, name in enumerate(header):
        field = FIELD_OF.get(fold(name))
        if field is None:
            continue
        if field in position:
            raise ReaderError(
                "reader.duplicate_column",
                f'{file_name}, line {line}: columns "{header[position[field]]}" and "{name}" both name the {field}: '
                "keep one of them.",
            )
        position[field] = i
    missing = [field for field in ("timestamp", *PRICES) if field not in position]
    if missing:
        raise _missing_columns(header, missing, file_name, line)
    return {field: position[field] for field in NAMES if field in position}


def _missing_columns(header: tuple[str, ...], missing: list[str], file_name: str, line: int) -> ReaderError:
    found = ", ".join(name[:40] for name in header[:30]) + (", …" if len(header) > 30 else "")
    if len(missing) == len(PRICES) + 1:
        return ReaderError(
            "reader.no_header",
            f"{file_name}, line {line} is not a header of bars (found: {found}): the first line must name the columns, "
            "as in date,open,high,low,close,volume.",
        )
    return ReaderError(
        "reader.missing_columns",
        f"{file_name}, line {line} has no column for {', '.join(missing)} (found: {found}): "
        "add it, or rename the one that holds it.",
    )
