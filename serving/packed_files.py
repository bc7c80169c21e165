"""Packed files of the pages, each packed once: to pack the charts' library anew takes longer than to draw a page."""

from __future__ import annotations

import re
from collections import OrderedDict
from threading import Lock

MOST_BYTES = 24_000_000
"""Kept at most: those of all pages, packed both ways, are a fourth of it."""
_FINGERPRINT = re.compile(r"\.v[\w-]+m\d+(?=\.)")


def key_of(path: str) -> str:
    """Path of a file without the fingerprint that Dash puts into it: any fingerprint gives the same file."""
    return _FINGERPRINT.sub("", path)


class PackedFiles:
    """What Flask-Compress keeps its answers in; a key without a path is of an answer that is never kept."""

    def __init__(self) -> None:
        self._packed: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, key: str) -> bytes | None:
        """A file as it was packed; None where it was not, or is not kept."""
        with self._lock:
            if key in self._packed:
                self._packed.move_to_end(key)
            return self._packed.get(key)

    def set(self, key: str, packed: bytes) -> None:
        """Keep a file, and let go of those asked for longest ago. key : ``algorithm;path``."""
        if not key.partition(";")[2]:
            return
        with self._lock:
            self._bytes += len(packed) - len(self._packed.get(key, b""))
            self._packed[key] = packed
            self._packed.move_to_end(key)
            while self._bytes > MOST_BYTES:
                _, gone = self._packed.popitem(last=False)
                self._bytes -= len(gone)
