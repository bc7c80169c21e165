"""The column of times of a file, with what every way of reading it needs: its text, its gaps, and errors that name a line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from regime_core.errors import ReaderError
from regime_core.readers.rows import Rows

Nanoseconds = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class TimeColumn:
    """Times as text.

    columns : of the dates. text : (n_rows,) trimmed, with the time of day where it stands apart; null where ``absent``,
    which is (n_rows,).
    """

    rows: Rows
    columns: tuple[int, ...]
    text: pa.Array
    absent: Flags

    def place(self, row: int) -> str:
        """Line and (first) column of a row."""
        return self.rows.place(row, self.columns[0])

    def value(self, row: int) -> str:
        """Cells of a row as they stand in the file, cut where they are long."""
        value = " ".join(str(self.rows.columns[column][row].as_py()) for column in self.columns)
        return value if len(value) <= 40 else value[:40] + "…"

    def first(self) -> int:
        """First row that has a time."""
        return int(np.argmin(self.absent))

    def where(self) -> str:
        """File, line and value of the first row that has a time; found where it is asked for, as lines have to be counted."""
        first = self.first()
        return f'{self.rows.file.name}, {self.place(first)}: "{self.value(first)}"'

    def refusal(self, row: int, problem: str) -> ReaderError:
        """Error that names the line and the value."""
        return ReaderError("reader.time", f'{self.rows.file.name}, {self.place(row)}: "{self.value(row)}" {problem}.')


def all_match(text: pa.Array, pattern: str) -> bool:
    """Whether every text that is there matches; the first is tried alone, as most columns fail on it."""
    return _match(pc.drop_null(text.slice(0, 200)), pattern) and _match(text, pattern)


def share(text: pa.Array, pattern: str) -> float:
    """Share of the texts that are there which match."""
    return float(pc.mean(pc.cast(pc.match_substring_regex(text, pattern), pa.float64())).as_py() or 0.0)


def flags(values: pa.Array) -> Flags:
    """Booleans of a column, False where null."""
    return np.asarray(pc.fill_null(values, False).to_numpy(zero_copy_only=False), dtype=bool)


def distinct(times: Nanoseconds) -> Nanoseconds:
    """Times in order, each once."""
    step = np.diff(times)
    if (step > 0).all():
        return times
    if (step < 0).all():
        return times[::-1]
    ordered = np.sort(times)
    return ordered[np.append(True, np.diff(ordered) > 0)] if len(ordered) else ordered


def _match(text: pa.Array, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(text, pattern)).as_py())
