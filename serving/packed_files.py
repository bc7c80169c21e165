"""Packed files of the pages, each packed once: to pack the charts' library anew takes longer than to draw a page."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

MOST = 128
"""Files kept: a page loads some forty."""


class PackedFiles:
    """What Flask-Compress keeps its answers in; a key without a path is of an answer that is never kept."""

    def __init__(self) -> None:
        self._packed: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str) -> bytes | None:
        """A file as it was packed; None where it was not, or is not kept."""
        with self._lock:
            if key in self._packed:
                self._packed.move_to_end(key)
            return self._packed.get(key)

    def set(self, key: str, packed: bytes) -> None:
        """Keep a file, and let go of the one asked for longest ago. key : ``algorithm;path``."""
        if not key.partition(";")[2]:
            return
        with self._lock:
            self._packed[key] = packed
            self._packed.move_to_end(key)
            while len(self._packed) > MOST:
                self._packed.popitem(last=False)
