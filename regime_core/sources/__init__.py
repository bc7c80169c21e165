"""Where history comes from: download it, check it, and join it to what is on disk, or leave the disk as it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from regime_core.errors import SourceError
from regime_core.sources import bundled, cboe, fred, local, yahoo
from regime_core.sources.bundled import Series
from regime_core.sources.daily import Daily
from regime_core.sources.merge import Merged, merge

SERIES = ("sp500", "vix")
SOURCES: dict[str, tuple[str, ...]] = {
    "arch": SERIES,
    "yahoo": SERIES,
    "cboe": ("vix",),
    "fred": ("vix",),
    "csv": SERIES,
}
"""What each source can bring."""
BASE_URLS = {"yahoo": yahoo.BASE_URL, "cboe": cboe.BASE_URL, "fred": fred.BASE_URL}
LOADERS = {"yahoo": yahoo.load, "cboe": cboe.load, "fred": fred.load}
LOCK_FILE = ".ingest.lock"
LOCK_TIMEOUT_SECONDS = 60

Progress = Callable[[str, int, int], None]
"""Called with what is being done, in words, the steps done and the steps there are."""


@dataclass(frozen=True, slots=True)
class SeriesReport:
    """What an ingest did to one series.

    rows_added : dates that are new. rows_replaced : old rows that now hold other numbers. notes : sentences for people.
    """

    name: str
    path: str
    through: str
    rows: int
    rows_before: int
    rows_added: int
    rows_replaced: int
    notes: tuple[str, ...]

    def __str__(self) -> str:
        notes = "".join(f"\n  {note}" for note in self.notes)
        changed = f"{self.rows_added:,} new, {self.rows_replaced:,} changed"
        return f"{self.name}: {self.rows:,} rows through {self.through} ({changed}) in {self.path}{notes}"


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What an ingest did. not_offered : series asked for that the source does not have."""

    source: str
    series: tuple[SeriesReport, ...]
    not_offered: tuple[str, ...]

    def __str__(self) -> str:
        lines = [str(item) for item in self.series]
        lines += [f"{name}: {self.source} does not bring it; the file is as it was" for name in self.not_offered]
        return "\n".join(lines)

    def as_dict(self) -> dict[str, object]:
        """All fields as plain values that JSON can hold."""
        return asdict(self)


def ingest(
    source: str,
    data_dir: Path,
    *,
    series: Sequence[str] = SERIES,
    files: Mapping[str, Path] | None = None,
    base_urls: Mapping[str, str] | None = None,
    timeout_seconds: float = 20,
    today: date | None = None,
    progress: Progress | None = None,
) -> IngestReport:
    """Bring series up to date in ``data_dir`` (``sp500.csv``, ``vix.csv``) from a source: all of them, or none.

    source : a key of ``SOURCES``. files : for ``csv``, the file of each series. base_urls : addresses by source, for those that
    are not the public ones. today : the date now, UTC by default; no later row is believed.
    A series that the source does not have is named in the report; where it has none of them, that is an error.
    Raises SourceError where a download fails or is implausible (see ``merge``), or the folder cannot be written, ReaderError
    where a CSV file cannot be read. The files are then as they were.
    """
    wanted, not_offered = _choose(source, series, files)
    now = today or datetime.now(UTC).date()
    report = progress or _silent
    steps = len(wanted) + 1
    fetched: dict[str, Daily] = {}
    for i, name in enumerate(wanted):
        report(f"Fetching {name} from {source}", i, steps)
        fetched[name] = _load(source, name, files or {}, base_urls or {}, timeout_seconds, now)
    report("Joining to the history on disk", len(wanted), steps)
    merged = _store(data_dir, source, fetched)
    report("Done", steps, steps)
    return IngestReport(source, tuple(_describe(data_dir, item, fetched[item.series.name]) for item in merged), not_offered)


def _choose(source: str, series: Sequence[str], files: Mapping[str, Path] | None) -> tuple[list[str], tuple[str, ...]]:
    if source not in SOURCES:
        raise SourceError("source.unknown", f'There is no source "{source}": choose one of {", ".join(SOURCES)}.')
    unknown = [name for name in (*series, *(files or {})) if name not in SERIES]
    if unknown:
        raise SourceError("source.unknown_series", f'There is no series "{unknown[0]}": choose from {", ".join(SERIES)}.')
    if source == "csv" and not files:
        raise SourceError("source.no_files", "The source csv needs a file for each series: sp500=FILE, vix=FILE.")
    offered = SOURCES[source] if source != "csv" else tuple(files or ())
    wanted = [name for name in dict.fromkeys(series) if name in offered]
    if not wanted:
        having = [other for other, names in SOURCES.items() if set(series) & set(names)]
        raise SourceError("source.not_offered", f"{source} does not bring {', '.join(series)}: use {' or '.join(having)}.")
    return wanted, tuple(name for name in dict.fromkeys(series) if name not in offered)


def _load(
    source: str, name: str, files: Mapping[str, Path], base_urls: Mapping[str, str], timeout_seconds: float, today: date
) -> Daily:
    if source == "arch":
        return local.load_arch(name, today=today)
    if source == "csv":
        return local.load_file(Path(files[name]), today=today)
    return LOADERS[source](
        name, base_url=base_urls.get(source, BASE_URLS[source]), today=today, timeout_seconds=timeout_seconds
    )


def _store(data_dir: Path, source: str, fetched: Mapping[str, Daily]) -> list[Merged]:
    """Join and write under a lock, so that a second ingest waits; nothing is written before everything is checked."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        with FileLock(data_dir / LOCK_FILE, timeout=LOCK_TIMEOUT_SECONDS):
            merged = [merge(name, _on_disk(data_dir, name), new, source) for name, new in fetched.items()]
            for item in merged:
                bundled.write(_path(data_dir, item.series.name), item.series)
    except Timeout as error:
        raise SourceError("source.busy", f"Another ingest holds {data_dir / LOCK_FILE}: try again when it is done.") from error
    except OSError as error:
        raise SourceError("source.write", f"{data_dir} cannot be written: {error}.") from error
    return merged


def _on_disk(data_dir: Path, name: str) -> Series | None:
    path = _path(data_dir, name)
    return bundled.read(path) if path.exists() else None


def _path(data_dir: Path, name: str) -> Path:
    return data_dir / f"{name}.csv"


def _describe(data_dir: Path, item: Merged, new: Daily) -> SeriesReport:
    done = item.series
    return SeriesReport(
        name=done.name,
        path=str(_path(data_dir, done.name)),
        through=done.through.isoformat(),
        rows=done.bars.n_bars,
        rows_before=item.rows_before,
        rows_added=item.rows_added,
        rows_replaced=item.rows_replaced,
        notes=new.notes,
    )


def _silent(_stage: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


__all__ = ["BASE_URLS", "SERIES", "SOURCES", "IngestReport", "Progress", "Series", "SeriesReport", "bundled", "ingest"]
