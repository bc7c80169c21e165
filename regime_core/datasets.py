"""The datasets a server knows: the bundled histories, and each visitor's uploads.

An upload lies at ``uploads/<hash of its owner>/<unguessable id>.parquet``. A look-up needs both, so an id alone shows nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from regime_core.bars import DAY_NS, OHLCV, is_intraday
from regime_core.errors import ReaderError, RegimeError
from regime_core.regimes import REGIME_NAMES, Labels, ModelRef
from regime_core.sources import bundled

DEFAULT, VIX = "sp500", "vix"
BUNDLED_TITLES = {DEFAULT: "S&P 500", VIX: "VIX"}
STALE_AFTER_TRADING_DAYS = 3
KEPT_IN_MEMORY = 16
_UPLOAD_ID = re.compile(r"u[A-Za-z0-9_-]{22}")


@dataclass(frozen=True, slots=True)
class DatasetInfo:
    """What a picker shows of a dataset."""

    id: str
    title: str
    bundled: bool


@dataclass(frozen=True, slots=True)
class Dataset:
    """Bars with where they came from.

    version : changes whenever the bars do. source : of the newest bar. problems : what the reader repaired, in words.
    path : the file the bars were read from. rows_read : rows of an upload that were not blank; 0 for bundled histories.
    """

    id: str
    title: str
    bundled: bool
    source: str
    version: str
    bars: OHLCV
    path: Path
    problems: tuple[str, ...] = ()
    rows_read: int = 0

    @property
    def intraday(self) -> bool:
        """Whether bars are shorter than a day."""
        return is_intraday(self.bars.time)

    @property
    def as_of(self) -> np.datetime64:
        """Time of the newest bar, UTC."""
        return np.datetime64(int(self.bars.time[-1]), "ns")

    def trading_days_old(self, today: np.datetime64) -> int:
        """Weekdays between the newest bar and ``today``; exchange holidays count as trading days."""
        newest = np.datetime64(int(self.bars.time[-1] // DAY_NS), "D")
        return int(np.busday_count(newest, today.astype("M8[D]")))

    def stale(self, today: np.datetime64) -> bool:
        """Whether the newest bar is more than three trading days old."""
        return self.trading_days_old(today) > STALE_AFTER_TRADING_DAYS


class Library:
    """Bundled and uploaded datasets, read from disk and kept until the file changes.

    Every worker of a server has one on the same folders; a file replaced by one worker is taken up by all.
    """

    def __init__(
        self, data_dir: Path, upload_dir: Path, *, max_uploads_per_visitor: int = 20, ttl_seconds: float = 7 * 86_400
    ) -> None:
        self.data_dir = data_dir
        self.upload_dir = upload_dir
        self.max_uploads_per_visitor = max_uploads_per_visitor
        self.ttl_seconds = ttl_seconds
        self._kept: dict[Path, Dataset] = {}

    def infos(self, visitor: str | None = None) -> list[DatasetInfo]:
        """Bundled datasets first, then this visitor's uploads, newest first."""
        found = [DatasetInfo(id_, title, True) for id_, title in BUNDLED_TITLES.items() if self._bundled_path(id_).is_file()]
        if visitor is not None:
            found += [info for path in self._uploads(visitor) if (info := _upload_info(path)) is not None]
        return found

    def get(self, dataset_id: str, visitor: str | None = None) -> Dataset:
        """Dataset by id. Raises RegimeError ``dataset.unknown`` if there is none that this visitor may see."""
        if dataset_id in BUNDLED_TITLES:
            path = self._bundled_path(dataset_id)
            if path.is_file():
                return self._read(path, lambda: self._read_bundled(dataset_id, path))
        elif visitor is not None and _UPLOAD_ID.fullmatch(dataset_id):
            path = self._owner_dir(visitor) / f"{dataset_id}.parquet"
            if path.is_file() and not self._expired(path):
                try:
                    return self._read(path, lambda: _read_upload(path))
                except FileNotFoundError:
                    raise _unknown() from None  # another worker removed it just now
        raise _unknown()

    def add(self, visitor: str, title: str, bars: OHLCV, problems: tuple[str, ...] = (), *, rows_read: int = 0) -> str:
        """Keep an upload for its visitor and return its id; the oldest beyond the visitor's share are removed."""
        folder = self._owner_dir(visitor)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        dataset_id = "u" + secrets.token_urlsafe(16)
        metadata: dict[str, object] = {"title": title[:120], "problems": list(problems), "rows_read": rows_read}
        write_bars(folder / f"{dataset_id}.parquet", bars, metadata)
        self.expire()
        for path in self._uploads(visitor)[self.max_uploads_per_visitor :]:
            self._remove(path)
        return dataset_id

    def expire(self) -> None:
        """Remove every visitor's uploads that are older than their time to live."""
        for path in self.upload_dir.glob("*/u*.parquet"):
            if self._expired(path):
                self._remove(path)

    def _bundled_path(self, dataset_id: str) -> Path:
        return self.data_dir / f"{dataset_id}.csv"

    def _owner_dir(self, visitor: str) -> Path:
        return self.upload_dir / hashlib.sha256(visitor.encode()).hexdigest()[:32]

    def _uploads(self, visitor: str) -> list[Path]:
        paths = [path for path in self._owner_dir(visitor).glob("u*.parquet") if _UPLOAD_ID.fullmatch(path.stem)]
        return sorted((path for path in paths if not self._expired(path)), key=_modified, reverse=True)

    def _expired(self, path: Path) -> bool:
        return time.time() - _modified(path) > self.ttl_seconds

    def _remove(self, path: Path) -> None:
        for file in path.parent.glob(f"{path.stem}.*"):
            file.unlink(missing_ok=True)
        self._kept.pop(path, None)

    def _read(self, path: Path, read: Callable[[], Dataset]) -> Dataset:
        kept = self._kept.get(path)
        if kept is None or kept.version != _version(path):
            kept = read()
            self._kept[path] = kept
            for oldest in list(self._kept)[:-KEPT_IN_MEMORY]:  # threads may do this side by side
                self._kept.pop(oldest, None)
        return kept

    def _read_bundled(self, dataset_id: str, path: Path) -> Dataset:
        version = _version(path)
        series = bundled.read(path)
        return Dataset(dataset_id, BUNDLED_TITLES[dataset_id], True, series.source, version, series.bars, path)


def write_bars(path: Path, bars: OHLCV, metadata: dict[str, object]) -> None:
    """Write bars as Parquet, in one step, with JSON metadata."""
    table = pa.table({name: getattr(bars, name) for name in OHLCV._fields})
    _write_table(path, table.replace_schema_metadata({b"regime": json.dumps(metadata).encode()}))


def read_bars(path: Path) -> OHLCV:
    """Bars of a Parquet file that ``write_bars`` wrote. Raises OSError, and ReaderError on a file that holds none."""
    try:
        with path.open("rb") as file:
            table = pq.read_table(file)
        return OHLCV(*(table[name].to_numpy() for name in OHLCV._fields))
    except (pa.ArrowInvalid, KeyError) as error:
        message = f"{path.name} is not a Parquet file of bars: upload or name a CSV file."
        raise ReaderError("reader.not_bars", message) from error


def write_labels(path: Path, labels: Labels) -> None:
    """Write labels as Parquet, in one step."""
    columns = {name: labels.probabilities[:, i] for i, name in enumerate(REGIME_NAMES)}
    table = pa.table({"time": labels.time, "code": labels.codes, "confidence": labels.confidence, **columns})
    _write_table(path, table)


def read_labels(path: Path, model: ModelRef) -> Labels:
    """Labels of a Parquet file that ``write_labels`` wrote, made by ``model``."""
    table = pq.read_table(path)
    probabilities = np.column_stack([table[name].to_numpy() for name in REGIME_NAMES])
    return Labels(table["time"].to_numpy(), table["code"].to_numpy(), probabilities, table["confidence"].to_numpy(), model)


def _write_table(path: Path, table: pa.Table) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        pq.write_table(table, temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _read_upload(path: Path) -> Dataset:
    version, metadata = _version(path), _metadata(path)
    bars, problems, rows_read = read_bars(path), tuple(metadata["problems"]), int(metadata.get("rows_read", 0))
    return Dataset(path.stem, metadata["title"], False, "upload", version, bars, path, problems, rows_read)


def _upload_info(path: Path) -> DatasetInfo | None:
    """What a picker shows of an upload; None for one that another worker removed just now."""
    try:
        return DatasetInfo(path.stem, _metadata(path)["title"], False)
    except FileNotFoundError:
        return None


def _unknown() -> RegimeError:
    return RegimeError(
        "dataset.unknown",
        "This dataset is not here: it has expired, or belongs to another visitor. Pick another, or upload the file again.",
    )


def _metadata(path: Path) -> dict[str, Any]:
    metadata: dict[str, Any] = json.loads(pq.read_schema(path).metadata[b"regime"])
    return metadata


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _version(path: Path) -> str:
    status = path.stat()
    return f"{status.st_mtime_ns:x}-{status.st_size:x}-{status.st_ino:x}"
