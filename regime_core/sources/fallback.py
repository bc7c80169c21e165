"""Several sources in turn: each series comes from the first that brings it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from regime_core.errors import ReaderError, SourceError
from regime_core.sources import SERIES, SOURCES, Progress, ingest


def ingest_first(
    sources: Sequence[str],
    data_dir: Path,
    *,
    files: Mapping[str, Path] | None = None,
    base_urls: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> str:
    """Bring every series up to date from the first of ``sources`` that can, and say what was done, a line each.

    A series that no source has is named and left. One that fails leaves its file as it was and does not hold up the others.
    Raises SourceError, with every line, if a source is unknown or a series could be had from none of the sources that have it.
    """
    for source in sources:
        if source not in SOURCES:
            raise SourceError("source.unknown", f'There is no source "{source}": choose one of {", ".join(SOURCES)}.')
    lines, failed = [], False
    for series in files or SERIES:
        offering = [source for source in sources if series in SOURCES[source]]
        if not offering:
            lines.append(f"{series}: {', '.join(sources)} does not bring it; the file is as it was")
            continue
        done, line = _first(series, offering, data_dir, files, base_urls, progress)
        failed |= not done
        lines.append(line)
    if failed:
        raise SourceError("source.failed", "\n".join(lines))
    return "\n".join(lines)


def _first(
    series: str,
    sources: Sequence[str],
    data_dir: Path,
    files: Mapping[str, Path] | None,
    base_urls: Mapping[str, str] | None,
    progress: Progress | None,
) -> tuple[bool, str]:
    failures = []
    for source in sources:
        try:
            report = ingest(source, data_dir, series=[series], files=files, base_urls=base_urls, progress=progress)
        except (SourceError, ReaderError) as error:
            failures.append(f"{source}: {error.message}")
        else:
            return True, "\n".join([str(report), *(f"  before that, {failure}" for failure in failures)])
    return False, "\n".join([f"{series} was not updated; the file is as it was.", *(f"  {failure}" for failure in failures)])
