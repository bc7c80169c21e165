"""What was understood of a file, for people to check: columns, dates, oddities with their lines, a preview, open questions."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
import numpy as np

from regime_core.bars import FIELDS
from regime_core.errors import ReaderError
from regime_core.readers import Inspection, Overrides, Reading, describe, inspection_of, layout_of, read
from regime_core.readers.dates import AmbiguousDates
from regime_core.readers.repairs import Series

SHOWN_ROWS = 3
"""Rows of a preview from each end of the first series."""
SHOWN_CELL = 60
NAMED_SYMBOLS = 3


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to read a file that may be read in several.

    field : ``order`` or ``decimal``, as in ``Overrides``; value : what it would be set to.
    first, last : what the first and last bar would then have: dates (ISO), or closes; empty where that is not known either.
    """

    field: str
    value: str
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A bar beside the cells it was read from.

    line : 1-based line of the file, as an editor shows it. cells : as in the file, in the order of ``Preview.header``.
    time : nanoseconds since 1970 UTC. values : open, high, low, close, volume as read; None where missing.
    Before the file can be read, time is None and there are no values.
    """

    line: int
    cells: tuple[str, ...]
    time: int | None = None
    values: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """First and last rows of the first series. header : names of the columns the cells are from."""

    header: tuple[str, ...] = ()
    first: tuple[PreviewRow, ...] = ()
    last: tuple[PreviewRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What was understood of a file under some overrides.

    inspection : of which the first few symbols only are kept; n_series : how many there are.
    header : every column of the file, for whoever says which is which; empty where no line looks like a row.
    choices : readings to choose from where the inspection is ``ambiguous``.
    """

    inspection: Inspection
    overrides: Overrides = field(default_factory=Overrides)
    n_series: int = 0
    header: tuple[str, ...] = ()
    preview: Preview = field(default_factory=Preview)
    choices: tuple[Choice, ...] = ()

    @property
    def status(self) -> str:
        """``ok``, ``ambiguous`` or ``rejected``."""
        return self.inspection.status

    def write(self, path: Path) -> None:
        """Keep the report, in one step."""
        temporary = path.with_name(f".{path.name}")
        temporary.write_bytes(msgspec.json.encode(self))
        temporary.replace(path)

    @classmethod
    def load(cls, path: Path) -> Report:
        """Report that ``write`` kept. Raises OSError."""
        return msgspec.json.decode(path.read_bytes(), type=cls)


def overrides_key(overrides: Overrides) -> str:
    """Name of a folder for what was read under these overrides: ``as-found`` for none."""
    if overrides == Overrides():
        return "as-found"
    text = msgspec.json.encode(replace(overrides, columns=dict(sorted(overrides.columns.items()))))
    return hashlib.sha256(text).hexdigest()[:16]


def overrides_json(overrides: Overrides) -> str:
    """Overrides as JSON, for ``overrides_of_json``."""
    return msgspec.json.encode(overrides).decode()


def overrides_of_json(text: str | bytes) -> Overrides:
    """Overrides of their JSON. Raises ValueError on anything else."""
    try:
        return msgspec.json.decode(text, type=Overrides)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from error


def read_and_report(source: Path, *, name: str, overrides: Overrides) -> tuple[Reading | None, Report]:
    """What a file holds, None where it cannot be read or not in one way only, and what to tell of it."""
    try:
        reading = read(source, name=name, overrides=overrides)
    except ReaderError as error:
        return None, _unread(source, name, overrides, error)
    described = describe(reading)
    report = Report(
        replace(described, symbols=described.symbols[:NAMED_SYMBOLS]),
        overrides,
        len(reading.series),
        tuple(reading.layout.header),
        _preview(reading),
    )
    return reading, report


def _unread(source: Path, name: str, overrides: Overrides, error: ReaderError) -> Report:
    layout = layout_of(source, name=name)
    header = layout.header if layout is not None else ()
    rows = layout.sample[:SHOWN_ROWS] if layout is not None else ()
    shown = tuple(PreviewRow(layout.body_line + i, _cut(row)) for i, row in enumerate(rows)) if layout is not None else ()
    inspection = inspection_of(name, error)
    return Report(inspection, overrides, 0, header, Preview(header, shown), _choices(source, name, overrides, error))


def _choices(source: Path, name: str, overrides: Overrides, error: ReaderError) -> tuple[Choice, ...]:
    if isinstance(error, AmbiguousDates):
        return tuple(Choice("order", reading.order, reading.first, reading.last) for reading in error.readings)
    if error.code != "reader.ambiguous_numbers":
        return ()
    return tuple(_with_mark(source, name, replace(overrides, decimal=mark)) for mark in (".", ","))


def _with_mark(source: Path, name: str, overrides: Overrides) -> Choice:
    """What a decimal mark would mean."""
    mark = str(overrides.decimal)
    for order in (overrides.order, "year/month/day", "day/month/year", "month/day/year"):
        try:  # the prices are the same in any order of the date that is possible
            close = read(source, name=name, overrides=replace(overrides, order=order)).series[0].bars.close
        except ReaderError:
            continue
        return Choice("decimal", mark, f"{close[0]:,.6g}", f"{close[-1]:,.6g}")
    return Choice("decimal", mark, "", "")


def _preview(reading: Reading) -> Preview:
    series = reading.series[0]
    n = series.bars.n_bars
    first = np.arange(min(n, SHOWN_ROWS))
    last = np.arange(max(len(first), n - SHOWN_ROWS), n)
    table = series.source.columns()
    used = [name for name in dict.fromkeys(reading.columns.values()) if name in table.column_names]

    def rows(index: np.ndarray) -> tuple[PreviewRow, ...]:
        cells = table.select(used).take(series.rows[index]).to_pylist()
        lines = series.source.lines(series.rows[index].tolist())
        return tuple(
            PreviewRow(
                line, _cut(tuple(str(row[name] or "") for name in used)), int(series.bars.time[i]), _values(series, int(i))
            )
            for i, line, row in zip(index, lines, cells, strict=True)
        )

    return Preview(tuple(used), rows(first), rows(last))


def _values(series: Series, index: int) -> tuple[float | None, ...]:
    values = (float(getattr(series.bars, name)[index]) for name in FIELDS)
    return tuple(value if np.isfinite(value) else None for value in values)


def _cut(cells: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(cell.strip()[:SHOWN_CELL] for cell in cells)
