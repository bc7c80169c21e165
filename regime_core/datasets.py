"""The datasets a server knows: the bundled histories, and each visitor's uploads as far as they were read."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from regime_core.bars import DAY_NS, INTRADAY_BELOW_NS, OHLCV
from regime_core.errors import ReaderError
from regime_core.sources import bundled
from regime_core.studies import Shelf
from regime_core.uploads import Grant, Upload, Uploads, unknown

DEFAULT, VIX = "sp500", "vix"
BUNDLED_TITLES = {DEFAULT: "S&P 500", VIX: "VIX"}
STALE_AFTER_TRADING_DAYS = 3
KEPT_IN_MEMORY = 16
KEPT_BARS = 50_000
"""Uploads of more bars stay on disk: each use maps their file anew, and lets it go."""
_UPLOAD_ID = re.compile(r"(u[A-Za-z0-9_-]{22})(?:\.(\d{1,4}))?")


@dataclass(frozen=True, slots=True)
class DatasetInfo:
    """What a picker shows of a dataset.

    Of an upload also, to tell it from others of its name: how many bars, the times of the first and last (nanoseconds since
    1970 UTC), the usual time between them (nanoseconds), and when the file came (seconds since 1970).
    """

    id: str
    title: str
    bundled: bool
    n_bars: int = 0
    first: int = 0
    last: int = 0
    step_ns: int = 0
    arrived: float = 0.0
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Dataset:
    """Bars with where they came from.

    version : changes whenever the bars do. source : of the newest bar. problems : what the reader repaired, in words.
    path : a file of these bars alone, for jobs. rows_read : rows of an upload that were not blank; 0 for bundled histories.
    step_ns : usual time between bars, nanoseconds; 0 for one bar. Of an upload: shelf : where what was made of it lies;
    series : which of the file's series this is, of n_series. shared : whether it is another visitor's, who gave a link: it is
    there to be seen, and not to be changed.
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
    step_ns: int = 0
    shelf: Shelf | None = None
    series: int = 0
    n_series: int = 1
    shared: bool = False

    @property
    def file_title(self) -> str:
        """Title of the file as a whole, of which this may be one of several series."""
        return self.title.rpartition(" · ")[0] if self.n_series > 1 else self.title

    @property
    def intraday(self) -> bool:
        """Whether bars are shorter than a day."""
        return 0 < self.step_ns < INTRADAY_BELOW_NS

    @property
    def as_of(self) -> np.datetime64:
        """Time of the newest bar, UTC."""
        return np.datetime64(int(self.bars.time[-1]), "ns")

    def trading_days_old(self, today: np.datetime64) -> int:
        """Weekdays between the newest bar and ``today``; exchange holidays count as trading days."""
        newest = np.datetime64(int(self.bars.time[-1] // DAY_NS), "D")
        return int(np.busday_count(newest, today.astype("M8[D]")))

    def stale(self, today: np.datetime64) -> bool:
        """Whether newer bars should be here: the newest is over three trading days old, and not of a visitor's file."""
        return self.bundled and self.trading_days_old(today) > STALE_AFTER_TRADING_DAYS


class Library:
    """Bundled and uploaded datasets, read from disk and kept until the file changes.

    Every worker of a server has one on the same folders; a file replaced by one worker is taken up by all.
    """

    def __init__(self, data_dir: Path, uploads: Uploads) -> None:
        self.data_dir = data_dir
        self.uploads = uploads
        self._kept: dict[Path, Dataset] = {}

    def infos(self, visitor: str | None = None, grants: Sequence[Grant] = ()) -> list[DatasetInfo]:
        """Bundled datasets first, then this visitor's uploads, newest first, then those that grants show.

        Of an upload it is the series that is shown.
        """
        found = [DatasetInfo(id_, title, True) for id_, title in BUNDLED_TITLES.items() if self._bundled_path(id_).is_file()]
        return [*found, *filter(None, map(_info, self.brought(visitor, grants)))]

    def brought(self, visitor: str | None, grants: Sequence[Grant] = ()) -> list[Upload]:
        """This visitor's uploads, newest first, then those that grants show."""
        own = [] if visitor is None else self.uploads.all(visitor)
        ids = {upload.id for upload in own}
        return own + [_looked_at(*pair) for pair in self.uploads.granted(grants) if pair[0].id not in ids]

    def get(self, dataset_id: str, visitor: str | None = None, grants: Sequence[Grant] = ()) -> Dataset:
        """Dataset by id: the one place where it is settled who may see which.

        Raises RegimeError ``dataset.unknown`` if there is none that this visitor may see, by right or by these grants, and
        ``share.over`` where a grant showed it once.
        """
        if dataset_id in BUNDLED_TITLES:
            path = self._bundled_path(dataset_id)
            if path.is_file():
                return self._read(path, lambda: self._read_bundled(dataset_id, path))
        upload, series = self.upload(dataset_id, visitor, grants)
        try:
            found = self._uploaded(upload, upload.series if series is None else series)
        except (FileNotFoundError, ReaderError):
            raise unknown() from None  # there is no such series, or another worker removed it just now
        return replace(found, shared=True, source="shared") if upload.shared else found

    def upload(self, dataset_id: str, visitor: str | None, grants: Sequence[Grant] = ()) -> tuple[Upload, int | None]:
        """Upload of a dataset's id, read or not, and the series that the id names. Raises RegimeError as ``get`` does.

        Whoever means to change it asks without grants.
        """
        parts = _UPLOAD_ID.fullmatch(dataset_id)
        if parts is None:
            raise unknown()
        return self.uploads.get(parts[1], visitor, grants), None if parts[2] is None else int(parts[2])

    def _uploaded(self, upload: Upload, series: int) -> Dataset:
        shelf = Shelf(upload.folder / upload.reading)
        report = shelf.report() if upload.reading else None
        if report is None or series >= report.n_series:
            raise unknown()
        row = shelf.series(series)
        path = shelf.bars_alone(series)

        def read(*, keep: bool) -> Dataset:
            bars = shelf.bars(series)
            title = upload.named(str(row["symbol"]) if report.n_series > 1 else "")
            return Dataset(
                dataset_id(upload, series, report.n_series),
                title,
                False,
                "upload",
                _version(path),
                bars.copy() if keep else bars,
                path,
                report.inspection.problems,
                report.inspection.rows,
                int(str(row["step"])),
                shelf,
                series,
                report.n_series,
            )

        small = int(str(row["bars"])) <= KEPT_BARS
        return self._read(path, lambda: read(keep=True)) if small else read(keep=False)

    def _bundled_path(self, dataset_id: str) -> Path:
        return self.data_dir / f"{dataset_id}.csv"

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
        found = bundled.read(path)
        step = int(np.median(np.diff(found.bars.time))) if found.bars.n_bars > 1 else 0
        title = BUNDLED_TITLES[dataset_id]
        return Dataset(dataset_id, title, True, found.source, version, found.bars, path, step_ns=step)


def dataset_id(upload: Upload, series: int | None = None, n_series: int | None = None) -> str:
    """Id of a series of an upload; of the one that is shown where ``series`` is None. Files of one series name none."""
    several = bool(upload.symbol) if n_series is None else n_series > 1
    return f"{upload.id}.{upload.series if series is None else series}" if several else upload.id


def _looked_at(upload: Upload, grant: Grant) -> Upload:
    """Upload with the series that a guest looks at as the one shown, where the file has it."""
    if grant.series is None or not upload.reading or not upload.symbol:
        return upload
    try:
        symbol = Shelf(upload.folder / upload.reading).series(grant.series)["symbol"]
    except (FileNotFoundError, ReaderError, IndexError):
        return upload  # the file may have been read anew into fewer
    return replace(upload, series=grant.series, symbol=str(symbol))


def _info(upload: Upload) -> DatasetInfo | None:
    """Info on an upload; None while it is not read, or where another worker removed it just now."""
    if not upload.reading:
        return None
    try:
        row = Shelf(upload.folder / upload.reading).series(upload.series)
    except (FileNotFoundError, ReaderError):
        return None
    n_bars, first, last, step = (int(str(row[name])) for name in ("bars", "first", "last", "step"))
    return DatasetInfo(dataset_id(upload), upload.title, False, n_bars, first, last, step, upload.arrived, upload.shared)


def _version(path: Path) -> str:
    status = path.stat()
    return f"{status.st_mtime_ns:x}-{status.st_size:x}-{status.st_ino:x}"
