"""The history on disk: one CSV a series, one row a trading day, each row with the source it came from."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import BinaryIO

import numpy as np

from regime_core.bars import DAY_NS, FIELDS, OHLCV, normalise
from regime_core.errors import BarsError, SourceError
from regime_core.readers.files import write_atomically

COLUMNS = ("date", *FIELDS, "source")
EPOCH = date(1970, 1, 1)
CURE = "restore it, or delete it and run the ingest command"


@dataclass(frozen=True, slots=True)
class Series:
    """Daily history of one series.

    name : ``sp500`` or ``vix``, as in the file's name.
    bars : daily bars; time is midnight UTC of the trading day; volume NaN where unknown.
    sources : (n_bars,) where each row came from: ``arch``, ``yahoo``, ``cboe``, ``fred`` or ``csv``.
    """

    name: str
    bars: OHLCV
    sources: tuple[str, ...]

    @property
    def source(self) -> str:
        """Source of the last row."""
        return self.sources[-1]

    @property
    def through(self) -> date:
        """Last trading day held."""
        return to_date(int(self.bars.time[-1]))


def to_date(time_ns: int) -> date:
    """Calendar date of a daily bar's time."""
    return EPOCH + timedelta(days=time_ns // DAY_NS)


def to_ns(day: date) -> int:
    """Midnight UTC of a date, nanoseconds since 1970."""
    return (day - EPOCH).days * DAY_NS


def read(path: Path) -> Series:
    """Read a series that ``write`` wrote.

    Raises SourceError naming file, line and column where the file is missing or not as it was written.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError("source.data_file", f"{path} cannot be read ({error}): {CURE}.") from error
    rows = csv.reader(io.StringIO(text))
    header = next(rows, [])
    if tuple(header) != COLUMNS:
        raise SourceError("source.data_file", f"{path}, line 1 is not {','.join(COLUMNS)}: {CURE}.")
    days: list[date] = []
    values: list[list[float]] = []
    sources: list[str] = []
    for cells in rows:
        day, numbers, source = _row(path, rows.line_num, cells)
        days.append(day)
        values.append(numbers)
        sources.append(source)
    if not days:
        raise SourceError("source.data_file", f"{path} has no rows: {CURE}.")
    return Series(path.stem, _bars(path, days, values), tuple(sources))


def write(path: Path, series: Series) -> None:
    """Write a series, the whole file or nothing of it; floats read back exactly, unknown volume is empty.

    Raises SourceError where the folder cannot be written; the old file is then unchanged.
    """
    bars = series.bars
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    columns = [getattr(bars, field).tolist() for field in FIELDS]
    for time, *values, source in zip(bars.time.tolist(), *columns, series.sources, strict=True):
        writer.writerow([to_date(time).isoformat(), *(_shown(value) for value in values), source])
    content = text.getvalue().encode()

    def put(file: BinaryIO) -> None:
        file.write(content)

    try:
        write_atomically(path, put)
    except OSError as error:
        raise SourceError("source.write", f"{path} cannot be written ({error}); what was there is unchanged.") from error


def _row(path: Path, line: int, cells: list[str]) -> tuple[date, list[float], str]:
    if len(cells) != len(COLUMNS):
        raise SourceError("source.data_file", f"{path}, line {line} has {len(cells)} field(s), not {len(COLUMNS)}: {CURE}.")
    try:
        day = date.fromisoformat(cells[0])
    except ValueError as error:
        raise SourceError("source.data_file", f'{path}, line {line}: "{cells[0]}" is not a date: {CURE}.') from error
    values = []
    for name, cell in zip(FIELDS, cells[1:-1], strict=True):
        try:
            values.append(math.nan if name == "volume" and cell == "" else float(cell))
        except ValueError as error:
            raise SourceError(
                "source.data_file", f'{path}, line {line}, column "{name}": "{cell}" is not a number: {CURE}.'
            ) from error
    return day, values, cells[-1]


def _bars(path: Path, days: list[date], values: list[list[float]]) -> OHLCV:
    time = np.array([to_ns(day) for day in days], dtype=np.int64)
    table = np.array(values, dtype=np.float64)
    try:
        bars, _ = normalise(
            time,
            {name: table[:, i] for i, name in enumerate(FIELDS)},
            strict=True,
            where=lambda index, field: f"line {index + 2}" + (f', column "{field}"' if field else ""),
        )
    except BarsError as error:
        raise SourceError("source.data_file", f"{path}, {error.message} ({CURE}.)") from error
    return bars


def _shown(value: float) -> str:
    """Shortest text that reads back to the same float; whole numbers without a point; empty for NaN."""
    if math.isnan(value):
        return ""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
