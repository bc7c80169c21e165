"""The folder through which workers share their counts: read as a whole, and rid of the files of workers that are gone.

The library leaves two files of every worker there ever was, and a scrape reads them all. Here those of the dead are added up in
one, while no scrape is reading: counts stay what they were, and a server that restarts its workers often is read as fast.
"""

from __future__ import annotations

import fcntl
import re
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client.mmap_dict import MmapedDict

LOCK = "lock"
_OF_A_WORKER = re.compile(r"(counter|histogram)_(\d+)\.db")


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """While this is open, no file of the folder is added to another."""
    with (folder / LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def fold(folder: Path, living: Collection[int], *, seconds: float = 1.0) -> bool:
    """Add up the counts of all workers but those living, in one file a kind; False, and nothing done, while scrapes go on.

    living : process ids. seconds : how long to wait for scrapes to end.
    """
    with (folder / LOCK).open("a") as lock:
        if not _locked(lock.fileno(), seconds):
            return False
        for path in sorted(folder.iterdir()):
            named = _OF_A_WORKER.fullmatch(path.name)
            if named and int(named[2]) not in living:
                _add(path, folder / f"{named[1]}_gone.db")
                path.unlink()
    return True


def _locked(lock: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        else:
            return True


def _add(source: Path, target: Path) -> None:
    sums = MmapedDict(str(target))
    for key, value, timestamp, _ in MmapedDict.read_all_values_from_file(str(source)):
        sums.write_value(key, sums.read_value(key)[0] + value, timestamp)
    sums.close()
