"""Labelled bars as a CSV file: what ``label --out`` and the page's download write."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
from numpy.typing import NDArray

from regime_core.bars import FIELDS, OHLCV, Float, is_intraday, to_frame
from regime_core.errors import ReaderError
from regime_core.readers.files import write_atomically
from regime_core.regimes import ALL_NAMES, REGIME_NAMES, Labels

COLUMNS = ("timestamp", *FIELDS, "regime", "confidence", *(f"p_{name}" for name in REGIME_NAMES))
ROWS_AT_ONCE = 200_000


def write_labels_csv(target: Path | str | BinaryIO, bars: OHLCV, labels: Labels) -> None:
    """Write bars and their labels, one row a bar, oldest first, as UTF-8 with commas and LF.

    target : a path (written whole or not at all) or a binary file object.
    Timestamps are dates for daily and longer bars, ``YYYY-MM-DDTHH:MM:SSZ`` for intraday ones (with a fraction where a bar has
    one). Prices and volume read back to the same float64; volume is empty where unknown. Probabilities have six decimals.
    Raises ReaderError where labels and bars are not of the same rows.
    """
    if len(labels) != bars.n_bars or not np.array_equal(labels.time, bars.time):
        raise ReaderError(
            "labels.mismatch",
            f"There are {len(labels)} labels for {bars.n_bars} bars, or their times differ: label the same bars.",
        )
    if isinstance(target, (str, Path)):
        write_atomically(Path(target), lambda file: _write(file, bars, labels))
    else:
        _write(target, bars, labels)


def _write(file: BinaryIO, bars: OHLCV, labels: Labels) -> None:
    file.write((",".join(COLUMNS) + "\n").encode())
    stamps = _stamps(bars)
    options = arrow_csv.WriteOptions(include_header=False, quoting_style="none")
    for start in range(0, bars.n_bars, ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        arrow_csv.write_csv(_table(stamps[rows], bars.rows(start, start + ROWS_AT_ONCE), labels, rows), file, options)


def _table(stamps: pa.Array, bars: OHLCV, labels: Labels, rows: slice) -> pa.Table:
    names = pa.array(ALL_NAMES).take(pa.array(labels.codes[rows]))
    arrays = [
        stamps,
        *(_exact(getattr(bars, field)) for field in FIELDS),
        names,
        _six_decimals(labels.confidence[rows]),
        *(_six_decimals(labels.probabilities[rows, i]) for i in range(len(REGIME_NAMES))),
    ]
    return pa.table(arrays, names=list(COLUMNS))


def _exact(values: Float) -> pa.Array:
    """Shortest text that reads back to the same float64; null where NaN."""
    return pc.cast(pa.array(values, from_pandas=True), pa.string())


def _six_decimals(values: Float) -> pa.Array:
    """Fractions between 0 and 1 as ``0.123456``."""
    millionths = np.rint(values * 1e6).astype(np.int64)
    whole = pc.cast(pa.array(millionths // 1_000_000), pa.string())
    rest = pc.utf8_lpad(pc.cast(pa.array(millionths % 1_000_000), pa.string()), width=6, padding="0")
    return pc.binary_join_element_wise(whole, rest, ".")


def _stamps(bars: OHLCV) -> pa.Array:
    """Times as text, (n_bars,)."""
    time = pd.DatetimeIndex(to_frame(bars).index).tz_localize(None).to_numpy()
    if not is_intraday(bars.time) and (time.astype("M8[D]") == time).all():
        return pc.cast(pa.array(time.astype("M8[D]")), pa.string())
    text = pc.cast(pa.array(time.astype(f"M8[{_finest_unit(time)}]")), pa.string())
    return pc.binary_join_element_wise(pc.replace_substring(text, " ", "T"), "Z", "")


def _finest_unit(time: NDArray[np.datetime64]) -> str:
    """Unit in which no time loses a fraction."""
    return next((unit for unit in ("s", "ms", "us") if (time.astype(f"M8[{unit}]") == time).all()), "ns")
