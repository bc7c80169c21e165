"""What dead workers counted, kept in one file a kind: else each worker that ever lived would be read at every scrape."""

from __future__ import annotations

import fcntl
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

KEEPER = "0"
"""Stands for the dead in file names, where a live worker's process id stands."""
_LOCK = "folding"
Kept = dict[str, tuple[float, float]]
"""Key of a series -> value and time it was set (seconds since 1970; 0 for counts)."""


def _newer(kept: tuple[float, float], found: tuple[float, float]) -> tuple[float, float]:
    return found if found[1] >= kept[1] else kept


def _sum(kept: tuple[float, float], found: tuple[float, float]) -> tuple[float, float]:
    return kept[0] + found[0], max(kept[1], found[1])


_FOLDS: dict[str, Callable[[tuple[float, float], tuple[float, float]], tuple[float, float]]] = {
    "counter": _sum,
    "histogram": _sum,
    "summary": _sum,
    "gauge_sum": _sum,
    "gauge_max": max,
    "gauge_min": min,
    "gauge_mostrecent": _newer,
}


@dataclass(slots=True)
class Shared:
    """Where the workers of this server count; None in a process that serves alone."""

    folder: Path | None = None


SHARED = Shared()


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Read the folder of counts while nothing is moved in it: else a count could be missed, or read twice."""
    with (folder / _LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def files(folder: Path) -> list[str]:
    """Files of counts in a folder; a worker that is about to make one may have left it empty, which no reader of them takes."""
    found = []
    for path in folder.glob("*.db"):
        with suppress(FileNotFoundError):  # the live gauges of a worker that has just died
            if path.stat().st_size:
                found.append(str(path))
    return found


def fold(folder: Path, pid: int) -> None:
    """Move what a dead worker counted to the dead's common files. Sums over the folder stay as they are.

    Raises OSError where there is no room for that; then its own files stay.
    """
    for kind, fold_two in _FOLDS.items():
        own, common = folder / f"{kind}_{pid}.db", folder / f"{kind}_{KEEPER}.db"
        if not own.exists():
            continue
        kept = _read(common) if common.exists() else {}
        for key, found in _read(own).items():
            kept[key] = fold_two(kept[key], found) if key in kept else found
        written = folder / f"{kind}.folded"
        written.write_bytes(_packed(kept))
        with (folder / _LOCK).open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            written.replace(common)
            own.unlink()


def _read(path: Path) -> Kept:
    """Series of a file of the Prometheus client: its layout stands in ``prometheus_client.mmap_dict``.

    A worker that ended while it made the file has left it empty.
    """
    data = path.read_bytes()
    if not data:
        return {}
    (used,) = struct.unpack_from("i", data, 0)
    kept: Kept = {}
    at = 8
    while at < used:
        (length,) = struct.unpack_from("i", data, at)
        key = data[at + 4 : at + 4 + length].decode()
        at += 4 + length + 8 - (length + 4) % 8
        kept[key] = struct.unpack_from("dd", data, at)
        at += 16
    return kept


def _packed(kept: Kept) -> bytes:
    entries = []
    for key, value in kept.items():
        encoded = key.encode()
        entries.append(struct.pack("i", len(encoded)) + encoded + b" " * (8 - (len(encoded) + 4) % 8))
        entries.append(struct.pack("dd", *value))
    body = b"".join(entries)
    return struct.pack("ii", len(body) + 8, 0) + body
