"""The Parquet file to take home: the columns of the source with numbers as numbers, where there is no doubt that they are."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from regime_core.bars import FIELDS
from regime_core.readers import Reading, write_labels
from regime_core.readers.files import write_atomically
from regime_core.regimes import Labels

NAMES_AND_TIMES = ("symbol", "timestamp", "clock")
"""Fields whose columns stay text though they may look like numbers: ``000300``, ``20210104``."""
INTEGER = r"^-?(0|[1-9][0-9]{0,17})$"
NUMBER = r"^-?(0|[1-9][0-9]*)(\.[0-9]*)?([eE][+-]?[0-9]{1,2})?$"
"""Numbers without marks. What begins with a needless zero is a code."""
MOST = 0.5
"""Share of rows from which on what is said of them is said of the column."""


def write_parquet(target: Path, reading: Reading, labels: Sequence[Labels]) -> None:
    """Write what ``write_labels`` writes with the source's columns kept, its columns of numbers as numbers.

    A column is int64 or float64 (null where a cell is empty) if all its cells are numbers without marks; with a point only
    where points are the file's decimal mark, which its closes tell: ``162.037`` may be 162037. A column that is not, but prices
    or volumes were read from it, holds these as read, NaN where there is none. Others, and all names and times, are text as it
    stood.
    Raises OSError where the folder cannot be written, then the old file is unchanged; ReaderError as ``write_labels`` does.
    """
    text = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        write_labels(text, reading, labels, kind="parquet", keep_columns=True)
        write_atomically(target, lambda file: _convert(text, file, reading))
    finally:
        with contextlib.suppress(FileNotFoundError):
            text.unlink()


def _convert(text: Path, file: BinaryIO, reading: Reading) -> None:
    kept = {name for series in reading.series for name in series.source.names}
    kept -= {reading.columns[field] for field in NAMES_AND_TIMES if field in reading.columns}
    as_read = _as_read(reading)
    with pq.ParquetFile(text) as plain:
        schema = plain.schema_arrow
    looked_at = [name for name in schema.names if name in kept]
    with pq.ParquetFile(text, read_dictionary=looked_at) as stored:
        types = _without_doubt({name: _type_of(stored, name) for name in looked_at}, stored, reading, as_read)
        numbers = {name: kind for name, kind in types.items() if kind is not None}
        numbers |= {name: pa.float64() for name in as_read if types.get(name, pa.null()) is None}
        for name, kind in numbers.items():
            schema = schema.set(schema.get_field_index(name), pa.field(name, kind))
        with pq.ParquetWriter(file, schema) as writer:
            start = 0
            for group in range(stored.num_row_groups):
                table = stored.read_row_group(group)
                rows = slice(start, start + table.num_rows)
                columns = [
                    pa.chunked_array([as_read[field.name][rows]])
                    if field.name in numbers and types[field.name] is None
                    else _as_type(table.column(field.name), field.type)
                    for field in schema
                ]
                writer.write_table(pa.table(columns, schema=schema))
                start = rows.stop


def _as_read(reading: Reading) -> dict[str, NDArray[np.float64]]:
    """Prices and volumes by the column that they, and no others, were read from."""
    sources = {id(series.source): series.source for series in reading.series}.values()
    one = len(sources) == 1 and (len(reading.series) == 1 or all(source.symbol_column is not None for source in sources))
    header = list(reading.layout.header)
    fields = {field: name for field, name in reading.columns.items() if field in FIELDS and header.count(name) == 1}
    shared = list(fields.values())
    if not one:
        return {}
    return {
        name: np.concatenate([getattr(series.bars, field) for series in reading.series])
        for field, name in fields.items()
        if shared.count(name) == 1
    }


def _without_doubt(
    types: dict[str, pa.DataType | None], stored: pq.ParquetFile, reading: Reading, as_read: dict[str, NDArray[np.float64]]
) -> dict[str, pa.DataType | None]:
    """Types of columns that look like numbers; None for those that the reader has, or may have, read otherwise."""
    some = stored.read_row_group(0)
    numbers = {name: _floats(some.column(name)) for name, kind in types.items() if kind is not None}
    close = np.concatenate([series.bars.close for series in reading.series])[: some.num_rows]
    found = np.zeros(len(close), dtype=bool)
    for values in numbers.values():
        found |= np.isclose(values, close, rtol=1e-9, atol=0)
    points = found.mean() > MOST
    kept = {name for name, kind in types.items() if kind == pa.int64() or points}
    kept -= {name for name, values in as_read.items() if name in numbers and not _agree(numbers[name], values[: len(close)])}
    return {name: kind if name in kept else None for name, kind in types.items()}


def _agree(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    """Whether most numbers that both have are the same; repairs of the reader change some."""
    both = np.isfinite(one) & np.isfinite(other)
    return not both.any() or bool(np.isclose(one[both], other[both], rtol=1e-9, atol=0).mean() > MOST)


def _floats(column: pa.ChunkedArray) -> NDArray[np.float64]:
    values: NDArray[np.float64] = _as_type(column, pa.float64()).to_numpy()
    return values


def _type_of(stored: pq.ParquetFile, name: str) -> pa.DataType | None:
    """int64 or float64 for a column of numbers, None for any other."""
    found = None
    for cells in _distinct(stored, name):
        given = pc.drop_null(cells)
        if len(given) == 0:
            continue
        if not pc.all(pc.match_substring_regex(given, NUMBER)).as_py():
            return None
        whole = pc.all(pc.match_substring_regex(given, INTEGER)).as_py()
        found = pa.int64() if whole and found in (None, pa.int64()) else pa.float64()
    return found


def _distinct(stored: pq.ParquetFile, name: str) -> Iterator[pa.Array]:
    for group in range(stored.num_row_groups):
        for chunk in stored.read_row_group(group, [name]).column(0).chunks:
            yield _trimmed(chunk.dictionary)


def _trimmed(cells: pa.Array) -> pa.Array:
    """Cells without spaces around them; null where there is nothing else."""
    trimmed = pc.utf8_trim_whitespace(cells)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, trimmed.type), trimmed)


def _as_type(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """A column as text, or as numbers; one that holds its distinct cells apart is put together."""
    if not pa.types.is_dictionary(column.type):
        return column
    if pa.types.is_string(kind):
        return column.cast(kind)
    chunks = [pc.take(_trimmed(chunk.dictionary).cast(kind), chunk.indices) for chunk in column.chunks]
    return pa.chunked_array(chunks, type=kind)
