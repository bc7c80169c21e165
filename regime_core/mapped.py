"""Bars, labels and spells of many series in files that are mapped into memory: whoever reads them touches the rows in use only.

Each file is an uncompressed Arrow IPC file with one record batch a series. Arrays read back are views of the mapped file, not
to be written to; the file is unmapped when the last of them is gone. Files are written whole or not at all.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from regime_core.bars import OHLCV
from regime_core.errors import ReaderError
from regime_core.evaluation.persistence import Spells
from regime_core.regimes import N_REGIMES, Labels, ModelRef

SUFFIX = ".arrow"
_BARS = pa.schema([("time", pa.int64()), *((name, pa.float64()) for name in OHLCV._fields[1:])])
_LABELS = pa.schema([("code", pa.int8()), ("confidence", pa.float64()), ("probabilities", pa.list_(pa.float64(), N_REGIMES))])
_CODES = pa.schema([("code", pa.int8())])
_SPELLS = pa.schema(
    [("start", pa.int64()), ("stop", pa.int64()), ("code", pa.int8()), ("change", pa.float64()), ("confidence", pa.float64())]
)


def write_bars(path: Path, series: Iterable[OHLCV]) -> None:
    """Write the bars of each series."""
    _write(path, _BARS, (_batch(_BARS, bars) for bars in series))


def bars(path: Path, series: int = 0) -> OHLCV:
    """Bars of one series. Raises OSError, and ReaderError on a file that holds none."""
    found = _read(path, _BARS, series)
    return OHLCV(*(found.column(name).to_numpy() for name in OHLCV._fields))


def write_labels(path: Path, labels: Iterable[Labels]) -> None:
    """Write the labels of each series, without their times and model."""
    _write(path, _LABELS, map(_labels_batch, labels))


def labels(path: Path, series: int, time: NDArray[np.int64], model: ModelRef) -> Labels:
    """Labels of one series. time : of its bars. model : that made them. Raises OSError and ReaderError as ``bars`` does."""
    found = _read(path, _LABELS, series)
    probabilities = found.column("probabilities").flatten().to_numpy().reshape(-1, N_REGIMES)
    return Labels(time, found.column("code").to_numpy(), probabilities, found.column("confidence").to_numpy(), model)


def write_codes(path: Path, codes: Iterable[NDArray[np.int8]]) -> None:
    """Write the labels of each series where they are codes alone."""
    _write(path, _CODES, (_batch(_CODES, (one,)) for one in codes))


def codes(path: Path, series: int) -> NDArray[np.int8]:
    """Codes of one series, (n_bars,). Raises OSError and ReaderError as ``bars`` does."""
    found: NDArray[np.int8] = _read(path, _CODES, series).column("code").to_numpy()
    return found


def write_spells(path: Path, spells: Iterable[Spells]) -> None:
    """Write the spells of each series."""
    columns = ((one.start, one.stop, one.code, one.simple_return, one.confidence) for one in spells)
    _write(path, _SPELLS, (_batch(_SPELLS, arrays) for arrays in columns))


def spells(path: Path, series: int) -> Spells:
    """Spells of one series. Raises OSError and ReaderError as ``bars`` does."""
    found = _read(path, _SPELLS, series)
    return Spells(*(found.column(name).to_numpy() for name in ("start", "stop", "code", "change", "confidence")))


def write_table(path: Path, table: pa.Table) -> None:
    """Write a table as one batch."""
    _write(path, table.schema, table.combine_chunks().to_batches() or [pa.RecordBatch.from_pylist([], table.schema)])


def table(path: Path) -> pa.RecordBatch:
    """Batch that ``write_table`` wrote. Raises OSError and ReaderError as ``bars`` does."""
    return _read(path, None, 0)


def _labels_batch(labels: Labels) -> pa.RecordBatch:
    flat = pa.array(np.ascontiguousarray(labels.probabilities).ravel())
    arrays = [
        pa.array(labels.codes),
        pa.array(labels.confidence),
        pa.FixedSizeListArray.from_arrays(flat, N_REGIMES),
    ]
    return pa.record_batch(arrays, schema=_LABELS)


def _batch(schema: pa.Schema, columns: Iterable[NDArray[np.generic]]) -> pa.RecordBatch:
    return pa.record_batch([pa.array(column) for column in columns], schema=schema)


def _write(path: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with pa.OSFile(str(temporary), "wb") as file, pa.ipc.new_file(file, schema) as writer:
            for batch in batches:
                writer.write_batch(batch)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _read(path: Path, schema: pa.Schema | None, series: int) -> pa.RecordBatch:
    message = f"{path.name} is not a file of this library with {series + 1} series: upload or name the source again."
    with path.open("rb"):  # told by the system's own words where it is not there
        pass
    try:
        reader = pa.ipc.open_file(pa.memory_map(str(path)))
        if not 0 <= series < reader.num_record_batches or (schema is not None and reader.schema != schema):
            raise ReaderError("reader.not_bars", message)
        return reader.get_batch(series)
    except pa.ArrowInvalid as error:
        raise ReaderError("reader.not_bars", message) from error
