"""Labelled bars as a CSV file: what ``label --out`` and the page's download write."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from regime_core.bars import DAY_NS, FIELDS, OHLCV, Float, is_intraday
from regime_core.errors import ReaderError
from regime_core.readers.files import write_atomically
from regime_core.readers.spreadsheet import ahead, csv_lines, write_header
from regime_core.regimes import ALL_NAMES, REGIME_NAMES, Labels

ANSWERS = ("regime", "confidence", *(f"p_{name}" for name in REGIME_NAMES))
COLUMNS = ("timestamp", *FIELDS, *ANSWERS)
ROWS_AT_ONCE = 200_000


def write_labels_csv(target: Path | str | BinaryIO, bars: OHLCV, labels: Labels) -> None:
    """Write bars and their labels, one row a bar, oldest first, as UTF-8 with commas and LF.

    target : a path (written whole or not at all) or a binary file object.
    Timestamps are dates for daily and longer bars, ``YYYY-MM-DDTHH:MM:SSZ`` for intraday ones (with a fraction where a bar has
    one). Prices and volume read back to the same float64; volume is empty where unknown. Probabilities have six decimals.
    Raises ReaderError where labels and bars are not of the same rows.
    """
    require_match(bars, labels)
    if isinstance(target, (str, Path)):
        write_atomically(Path(target), lambda file: _write(file, bars, labels))
    else:
        _write(target, bars, labels)


def require_match(bars: OHLCV, labels: Labels) -> None:
    """Raise ReaderError where labels are not of these bars."""
    if len(labels) != bars.n_bars or not np.array_equal(labels.time, bars.time):
        raise ReaderError(
            "labels.mismatch",
            f"There are {len(labels)} labels for {bars.n_bars} bars, or their times differ: label the same bars.",
        )


def _write(file: BinaryIO, bars: OHLCV, labels: Labels) -> None:
    write_header(file, list(COLUMNS))
    unit = stamp_unit(bars)
    parts = [slice(start, start + ROWS_AT_ONCE) for start in range(0, bars.n_bars, ROWS_AT_ONCE)]
    for lines in ahead(lambda rows: csv_lines(_columns(bars.take(rows), labels.rows(rows), unit)), parts):
        file.write(lines)


def _columns(bars: OHLCV, labels: Labels, unit: str) -> list[pa.Array]:
    return [
        stamps(bars.time, unit),
        *(exact(getattr(bars, field)) for field in FIELDS),
        regime_names(labels.codes),
        six_decimals(labels.confidence),
        *map(six_decimals, labels.probabilities.T),
    ]


def regime_names(codes: NDArray[np.int8]) -> pa.Array:
    """Wire names of codes, (n,)."""
    return pa.array(ALL_NAMES).take(pa.array(codes))


def exact(values: Float) -> pa.Array:
    """Shortest text that reads back to the same float64; null where NaN."""
    return pc.cast(pa.array(values, from_pandas=True), pa.string())


def six_decimals(values: Float) -> pa.Array:
    """Fractions between 0 and 1 as ``0.123456``."""
    rest = np.rint(values * 1e6).astype(np.uint32)
    text = np.full((len(values), 8), ord("."), dtype=np.uint8)
    for place in (7, 6, 5, 4, 3, 2, 0):
        tens = rest // np.uint32(10)  # with the remainder apart, NumPy divides many at once
        text[:, place] = rest - tens * np.uint32(10) + np.uint32(ord("0"))
        rest = tens
    ends = np.arange(0, text.size + 1, 8, dtype=np.int32)
    return pa.Array.from_buffers(pa.string(), len(values), [None, pa.py_buffer(ends), pa.py_buffer(text)])


def stamp_unit(bars: OHLCV) -> str:
    """Unit that the times of bars are written in: ``D`` for daily and longer bars, else the coarsest without loss."""
    if not is_intraday(bars.time) and (np.diff(np.floor_divide(bars.time, DAY_NS)) > 0).all():
        return "D"
    time = bars.time.view("M8[ns]")
    return next((unit for unit in ("s", "ms", "us") if (time.astype(f"M8[{unit}]") == time).all()), "ns")


def stamps(time: NDArray[np.int64], unit: str) -> pa.Array:
    """Times as text, (n,). time : nanoseconds since 1970 UTC. unit : as ``stamp_unit`` finds it."""
    if unit == "D":
        return pc.cast(pa.array(np.floor_divide(time, DAY_NS).view("M8[D]")), pa.string())
    text = pc.cast(pa.array(time.view("M8[ns]").astype(f"M8[{unit}]")), pa.string())
    return pc.binary_join_element_wise(pc.replace_substring(text, " ", "T"), "Z", "")
