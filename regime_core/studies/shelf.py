"""Where what was made of one reading of a file lies, and how it is read back a slice at a time.

The folder of a reading holds the report, the bars of every series and a table of the series; in it, a folder for each
model holds their labels. That one is there only once all labels are; the files to take home follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from regime_core import mapped
from regime_core.bars import OHLCV
from regime_core.evaluation.persistence import Spells
from regime_core.regimes import Labels, ModelRef
from regime_core.studies.report import Report

KINDS: tuple[Literal["csv"], Literal["parquet"]] = ("csv", "parquet")


@dataclass(frozen=True, slots=True)
class Before:
    """The bar before the newest of each series, (n_series,): its close, its label's code and that one's confidence.

    close and confidence are NaN, and code is -1, of a series of one bar.
    """

    close: NDArray[np.float64]
    code: NDArray[np.int8]
    confidence: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Summary:
    """Newest label of each series, (n_series,): its code, its confidence, the bars it has held for and whether maybe longer.

    symbol : names. bars : how many. first, last : times, nanoseconds since 1970 UTC. close : the newest.
    step : usual time between bars in nanoseconds, 0 for one bar. before : the bar before; None of what an earlier version kept.
    """

    symbol: list[str]
    bars: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    step: NDArray[np.int64]
    close: NDArray[np.float64]
    code: NDArray[np.int8]
    confidence: NDArray[np.float64]
    age: NDArray[np.int64]
    censored: NDArray[np.bool_]
    before: Before | None = None


@dataclass(frozen=True, slots=True)
class Shelf:
    """Folder of one reading."""

    folder: Path

    @property
    def report_path(self) -> Path:
        """Where the report lies."""
        return self.folder / "report.json"

    @property
    def bars_path(self) -> Path:
        """Where the bars lie."""
        return self.folder / f"bars{mapped.SUFFIX}"

    @property
    def series_path(self) -> Path:
        """Where the table of series lies; there once the bars are."""
        return self.folder / f"series{mapped.SUFFIX}"

    @property
    def readable(self) -> bool:
        """Whether the file was read, so that there are bars."""
        return self.series_path.is_file()

    def report(self) -> Report | None:
        """What was understood; None before that is known."""
        return Report.load(self.report_path) if self.report_path.is_file() else None

    def series(self, index: int) -> dict[str, object]:
        """Row of the table of series: ``symbol bars first last step close``. Raises OSError."""
        row: dict[str, object] = mapped.table(self.series_path).slice(index, 1).to_pylist()[0]
        return row

    def bars(self, index: int) -> OHLCV:
        """Bars of a series, mapped. Raises OSError and ReaderError."""
        return mapped.bars(self.bars_path, index)

    def bars_alone(self, index: int) -> Path:
        """File with the bars of one series, first of its file; made where there is none yet."""
        if index == 0:
            return self.bars_path
        path = self.folder / f"series-{index}{mapped.SUFFIX}"
        if not path.is_file():
            mapped.write_bars(path, [self.bars(index)])
        return path

    def of_model(self, model: ModelRef) -> Path:
        """Folder of a model's labels."""
        return self.folder / f"{model.name}-{model.version}"

    def labelled(self, model: ModelRef) -> bool:
        """Whether a model's labels are there."""
        return self.of_model(model).is_dir()

    def labels(self, index: int, model: ModelRef, time: NDArray[np.int64]) -> Labels:
        """Labels of a series, mapped. time : of its bars. Raises OSError and ReaderError."""
        return mapped.labels(self.of_model(model) / f"labels{mapped.SUFFIX}", index, time, model)

    def spells(self, index: int, model: ModelRef, *, hindsight: bool = False) -> Spells:
        """Spells of a series' labels. Raises OSError and ReaderError."""
        name = "hindsight-spells" if hindsight else "spells"
        return mapped.spells(self.of_model(model) / f"{name}{mapped.SUFFIX}", index)

    def hindsight(self, index: int, model: ModelRef) -> NDArray[np.int8]:
        """Labels of a series with hindsight, mapped. Raises OSError and ReaderError."""
        return mapped.codes(self.of_model(model) / f"hindsight{mapped.SUFFIX}", index)

    def differing(self, index: int, model: ModelRef) -> tuple[int, int]:
        """Bars of a series whose two labels differ, and bars that have both. Raises OSError."""
        row = mapped.table(self.of_model(model) / f"differing{mapped.SUFFIX}").slice(index, 1).to_pylist()[0]
        return int(row["differing"]), int(row["known"])

    def file(self, model: ModelRef, kind: str) -> Path:
        """File to take home, ``csv`` or ``parquet``; may not be there yet."""
        return self.of_model(model) / f"labels.{kind}"

    def summary(self, model: ModelRef) -> Summary:
        """Newest label of every series. Raises OSError and ReaderError."""
        return summary_of(mapped.table(self.series_path), mapped.table(self.of_model(model) / f"newest{mapped.SUFFIX}"))


def summary_of(series: pa.Table, newest: pa.Table) -> Summary:
    """Summary of the two tables of ``work.series_table`` and ``work.newest_table``."""
    before = None
    if "close_before" in series.column_names and "code_before" in newest.column_names:
        before = Before(
            series.column("close_before").to_numpy(),
            newest.column("code_before").to_numpy(),
            newest.column("confidence_before").to_numpy(),
        )
    return Summary(
        symbol=series.column("symbol").to_pylist(),
        **{name: series.column(name).to_numpy() for name in ("bars", "first", "last", "step", "close")},
        **{name: newest.column(name).to_numpy() for name in ("code", "confidence", "age")},
        censored=np.array(newest.column("censored").to_pylist(), dtype=bool),
        before=before,
    )
