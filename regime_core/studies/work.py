"""The work on a file: read, told, labelled, looked back on, written out; each result on disk as soon as it is known."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from regime_core import mapped
from regime_core.bars import OHLCV
from regime_core.evaluation import persistence
from regime_core.readers import Overrides, Reading, write_labels
from regime_core.regimes import MIN_BARS, UNKNOWN_CODE, Labels
from regime_core.studies.report import read_and_report
from regime_core.studies.shelf import Shelf, Summary, summary_of
from regime_core.studies.typed import write_parquet

Progress = Callable[[str, int, int], None]
STEPS = 4
_NEWEST = pa.schema(
    [
        *(("code", pa.int8()), ("confidence", pa.float64()), ("age", pa.int64()), ("censored", pa.bool_())),
        *(("code_before", pa.int8()), ("confidence_before", pa.float64())),
    ]
)


class Labeller(Protocol):
    """What an engine does here."""

    def label_twice(self, bars: OHLCV, *, model: str | None = None) -> tuple[Labels, NDArray[np.int8]]:
        """Label every bar by what was known on it, and by what came after it too."""
        ...


def make(
    source: Path,
    folder: Path,
    labeller: Callable[[], Labeller],
    progress: Progress,
    *,
    name: str,
    overrides: Overrides,
    model: str | None = None,
) -> str:
    """Make all there is to make of a file, in the folder of this reading of it, and return what to say of it.

    labeller : asked for once there are bars. name : of the file, for messages.
    A file that cannot be read, or not in one way only, gets a report alone. Raises OSError.
    """
    shelf = Shelf(folder)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    progress("Reading", 0, STEPS)
    reading, report = read_and_report(source, name=name, overrides=overrides)
    if reading is not None and not shelf.readable:
        mapped.write_bars(shelf.bars_path, (series.bars for series in reading.series))
        mapped.write_table(
            shelf.series_path, series_table([one.symbol for one in reading.series], [one.bars for one in reading.series])
        )
    report.write(shelf.report_path)
    if reading is None:
        return report.inspection.reason
    labels = _label(shelf, reading, labeller(), model, progress)
    model_ref = labels[0].model
    progress("Writing the files to take home", STEPS - 2, STEPS)
    write_labels(shelf.file(model_ref, "csv"), reading, labels, keep_columns=True)
    progress("Writing the files to take home", STEPS - 1, STEPS)
    write_parquet(shelf.file(model_ref, "parquet"), reading, labels)
    progress("Writing the files to take home", STEPS, STEPS)
    return f"{sum(map(len, labels)):,} bars of {len(labels):,} series labelled by {model_ref.name}."


def series_table(symbols: Sequence[str], bars: Sequence[OHLCV]) -> pa.Table:
    """Table of series, for ``Shelf.series_path``: names, lengths, ends, usual steps and newest closes."""
    return pa.table(
        {
            "symbol": pa.array(symbols, pa.string()),
            "bars": pa.array([one.n_bars for one in bars], pa.int64()),
            "first": pa.array([int(one.time[0]) for one in bars], pa.int64()),
            "last": pa.array([int(one.time[-1]) for one in bars], pa.int64()),
            "step": pa.array([_step(one.time) for one in bars], pa.int64()),
            "close": pa.array([float(one.close[-1]) for one in bars], pa.float64()),
            "close_before": pa.array([float(one.close[-2]) if one.n_bars > 1 else float("nan") for one in bars], pa.float64()),
        }
    )


def newest_table(labels: Sequence[Labels]) -> pa.Table:
    """Newest label of each series, and the one before it."""
    return pa.Table.from_pylist([_newest(one) for one in labels], _NEWEST)


def summary(symbol: str, bars: OHLCV, labels: Labels) -> Summary:
    """Where one series stands, as a shelf tells it of the series of a file."""
    return summary_of(series_table([symbol], [bars]), newest_table([labels]))


def _step(time: NDArray[np.int64]) -> int:
    return int(np.median(np.diff(time))) if len(time) > 1 else 0


def _label(shelf: Shelf, reading: Reading, labeller: Labeller, model: str | None, progress: Progress) -> list[Labels]:
    """Labels known at each bar; the model's folder appears once all that a page needs of them is in it."""
    many = len(reading.series)
    labels, hindsight = [], []
    for done, series in enumerate(reading.series):
        progress("Labelling", *((done, many) if many > 1 else (1, STEPS)))
        known, later = labeller.label_twice(series.bars, model=model)
        labels.append(known)
        hindsight.append(later)
    final = shelf.of_model(labels[0].model)
    if final.is_dir():
        return labels
    partial = final.with_name(f".{final.name}.{secrets.token_hex(4)}")
    partial.mkdir(mode=0o700)
    try:
        mapped.write_labels(partial / f"labels{mapped.SUFFIX}", labels)
        mapped.write_spells(partial / f"spells{mapped.SUFFIX}", _spells(reading, [one.codes for one in labels], labels))
        mapped.write_table(partial / f"newest{mapped.SUFFIX}", newest_table(labels))
        _write_hindsight(partial, reading, labels, hindsight)
        partial.replace(final)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return labels


def _write_hindsight(folder: Path, reading: Reading, labels: list[Labels], codes: list[NDArray[np.int8]]) -> None:
    mapped.write_codes(folder / f"hindsight{mapped.SUFFIX}", codes)
    mapped.write_spells(folder / f"hindsight-spells{mapped.SUFFIX}", _spells(reading, codes, labels))
    counts = [differing(one.codes, other) for one, other in zip(labels, codes, strict=True)]
    table = pa.table({"differing": [count for count, _ in counts], "known": [known for _, known in counts]})
    mapped.write_table(folder / f"differing{mapped.SUFFIX}", table)


def differing(codes: NDArray[np.int8], hindsight: NDArray[np.int8]) -> tuple[int, int]:
    """Bars whose two labels differ, and bars that have both. codes, hindsight : (n_bars,)."""
    known = (codes != UNKNOWN_CODE) & (hindsight != UNKNOWN_CODE)
    return int(((codes != hindsight) & known).sum()), int(known.sum())


def _spells(reading: Reading, codes: list[NDArray[np.int8]], labels: list[Labels]) -> Iterator[persistence.Spells]:
    for series, own, one in zip(reading.series, codes, labels, strict=True):
        yield persistence.spells(own, one.confidence, series.bars.close)


def _newest(labels: Labels) -> dict[str, object]:
    code = int(labels.codes[-1])
    age = 0 if code == UNKNOWN_CODE else persistence.last_run(labels.codes)
    censored = age > 0 and age == len(labels) - MIN_BARS + 1
    several = len(labels) > 1
    return {
        "code": code,
        "confidence": float(labels.confidence[-1]),
        "age": age,
        "censored": censored,
        "code_before": int(labels.codes[-2]) if several else -1,
        "confidence_before": float(labels.confidence[-2]) if several else float("nan"),
    }
