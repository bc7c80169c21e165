"""Every series of a reading with its labels, as one CSV or Parquet file: bars as read, or the source's own columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import BinaryIO, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from regime_core.bars import DAY_NS, FIELDS, OHLCV
from regime_core.readers.files import write_atomically
from regime_core.readers.labels_csv import ANSWERS, exact, regime_names, require_match, six_decimals, stamp_unit, stamps
from regime_core.readers.reading import Reading
from regime_core.readers.repairs import Series
from regime_core.readers.source_text import SourceText
from regime_core.readers.spreadsheet import ahead, csv_lines, harmless, quoted, write_header
from regime_core.regimes import Labels

Kind = Literal["csv", "parquet"]
ROWS_AT_ONCE = 200_000


def write_labels(
    target: Path | str | BinaryIO,
    reading: Reading,
    labels: Sequence[Labels],
    *,
    kind: Kind = "csv",
    keep_columns: bool = False,
) -> None:
    """Write the bars of every series with their labels, series after series, each oldest first.

    target : a path (written whole or not at all) or a binary file object. labels : one for each of ``reading.series``.
    Without ``keep_columns`` the columns are ``timestamp open high low close volume``; with them, every column of the source as
    text as it stood, for the rows that became bars; a name that comes twice is counted (``RSI_2``). Then follow ``regime``,
    ``confidence`` and the five probabilities ``p_…``, all with ``label_`` before them where the source has one of these names.
    A column ``symbol`` comes first where the file holds several series and does not name them in a column of its own.

    CSV is as of ``write_labels_csv``; cells of the source that a spreadsheet would run as formulas get an apostrophe.
    Parquet has numbers as float64, times as timestamps in UTC (dates where all series are daily or longer), regimes and the
    source's columns as text, unchanged.
    Raises ReaderError where labels and bars are not of the same rows.
    """
    for series, one in zip(reading.series, labels, strict=True):
        require_match(series.bars, one)
    columns = _kept_columns(reading) if keep_columns else _own_columns(reading)
    batches = _batches(reading.series, labels)
    write = _csv(columns, batches) if kind == "csv" else _parquet(columns, batches)
    if isinstance(target, (str, Path)):
        write_atomically(Path(target), write)
    else:
        write(target)


@dataclass(frozen=True, slots=True)
class _Part:
    """Consecutive bars of one series with their labels. unit : of its times, see ``stamp_unit``."""

    series: Series
    unit: str
    bars: OHLCV
    rows: NDArray[np.int64]
    labels: Labels


@dataclass(frozen=True, slots=True)
class _Columns:
    """What stands before the answers, by name; text and typed give the arrays of a batch in the order of names."""

    names: list[str]
    answers: list[str]
    text: Callable[[list[_Part]], list[pa.Array]]
    typed: Callable[[list[_Part]], list[pa.Array]]


def _batches(all_series: Sequence[Series], labels: Sequence[Labels]) -> Iterator[list[_Part]]:
    """Parts of at most ``ROWS_AT_ONCE`` rows in all, of one source each."""
    batch: list[_Part] = []
    size = 0
    for series, one in zip(all_series, labels, strict=True):
        unit = stamp_unit(series.bars)
        for start in range(0, series.bars.n_bars, ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            part = _Part(series, unit, series.bars.take(rows), series.rows[rows], one.rows(rows))
            if batch and (size + part.bars.n_bars > ROWS_AT_ONCE or batch[0].series.source is not series.source):
                yield batch
                batch, size = [], 0
            batch.append(part)
            size += part.bars.n_bars
    yield batch


def _own_columns(reading: Reading) -> _Columns:
    """Bars as they were read."""
    several = len(reading.series) > 1
    daily = all(stamp_unit(series.bars) == "D" for series in reading.series)

    def typed(batch: list[_Part]) -> list[pa.Array]:
        time = np.concatenate([part.bars.time for part in batch])
        days = pa.array(np.floor_divide(time, DAY_NS).astype(np.int32), pa.int32()).cast(pa.date32())
        stamped = days if daily else pa.array(time, pa.timestamp("ns", "UTC"))
        return [*_symbols(batch, several), stamped, *(pa.array(_field(batch, name), from_pandas=True) for name in FIELDS)]

    def text(batch: list[_Part]) -> list[pa.Array]:
        stamped = pa.concat_arrays([stamps(part.bars.time, part.unit) for part in batch])
        return [*map(_cells, _symbols(batch, several)), stamped, *(exact(_field(batch, name)) for name in FIELDS)]

    return _Columns([*(["symbol"] if several else []), "timestamp", *FIELDS], list(ANSWERS), text, typed)


def _kept_columns(reading: Reading) -> _Columns:
    """Columns of the source as they stood; those of several files side by side, each by its name."""
    sources = {id(series.source): series.source for series in reading.series}.values()
    kept = list(dict.fromkeys(name for source in sources for name in source.names))
    several = len(reading.series) > 1 and any(source.symbol_column is None for source in sources)
    folded = {name.casefold() for name in kept}
    prefix = ""
    while folded & {f"{prefix}{name}" for name in (*ANSWERS, *(["symbol"] if several else []))}:
        prefix += "label_"
    opened: dict[SourceText, pa.Table] = {}
    lock = Lock()

    def typed(batch: list[_Part]) -> list[pa.Array]:
        source = batch[0].series.source
        with lock:
            if source not in opened:
                opened.clear()
                opened[source] = source.columns()
            table = opened[source]
        taken = table.take(pa.array(np.concatenate([part.rows for part in batch])))
        absent = pa.nulls(taken.num_rows, pa.string())
        found = [taken[name].combine_chunks() if name in taken.column_names else absent for name in kept]
        return [*_symbols(batch, several), *found]

    return _Columns(
        [*([f"{prefix}symbol"] if several else []), *kept],
        [f"{prefix}{name}" for name in ANSWERS],
        lambda batch: [_cells(column) for column in typed(batch)],
        typed,
    )


def _symbols(batch: list[_Part], several: bool) -> list[pa.Array]:
    return [pa.concat_arrays([pa.repeat(part.series.symbol, part.bars.n_bars) for part in batch])] if several else []


def _field(batch: list[_Part], name: str) -> NDArray[np.float64]:
    return np.concatenate([getattr(part.bars, name) for part in batch])


def _cells(column: pa.Array) -> pa.Array:
    return quoted(harmless(column))


def _csv(columns: _Columns, batches: Iterator[list[_Part]]) -> Callable[[BinaryIO], None]:
    def write(file: BinaryIO) -> None:
        write_header(file, [*columns.names, *columns.answers])
        for lines in ahead(lines_of, batches):
            file.write(lines)

    def lines_of(batch: list[_Part]) -> pa.Buffer:
        names, *chances = _answers(batch)
        return csv_lines([*columns.text(batch), names, *map(six_decimals, chances)])

    return write


def _parquet(columns: _Columns, batches: Iterator[list[_Part]]) -> Callable[[BinaryIO], None]:
    def write(file: BinaryIO) -> None:
        writer = None
        for batch in batches:
            names, *numbers = _answers(batch)
            arrays = [*columns.typed(batch), names, *map(pa.array, numbers)]
            table = pa.table(arrays, names=[*columns.names, *columns.answers])
            writer = writer or pq.ParquetWriter(file, table.schema)
            writer.write_table(table)
        if writer is not None:
            writer.close()

    return write


def _answers(batch: list[_Part]) -> tuple[pa.Array, ...]:
    """Names of the regimes, confidence, and the five probabilities, each (n_rows,)."""
    probabilities = np.concatenate([part.labels.probabilities for part in batch])
    return (
        regime_names(np.concatenate([part.labels.codes for part in batch])),
        np.concatenate([part.labels.confidence for part in batch]),
        *probabilities.T,
    )
