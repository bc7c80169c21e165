"""At a reload the old workers serve until the new ones do: gunicorn tells them to end as soon as the new ones are forked."""

from __future__ import annotations

import mmap
import struct

LONGEST_SECONDS = 20.0
"""Longest that old workers wait for new ones: below gunicorn's own grace, after which it no longer waits for the old."""
_HEAD = struct.Struct("qq")


class Handover:
    """How far the last reload has come, in memory that the master and its workers share.

    The age of a worker is how many the master had started when it was the newest.
    """

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, 4096)

    def begin(self, newest: int, successors: int) -> None:
        """Start one, in the master. newest : age of the newest old worker. successors : new ones that take over; 256 count."""
        self._shared[:] = _HEAD.pack(newest, successors).ljust(len(self._shared), b"\0")

    def serves(self, age: int) -> None:
        """Say that the worker of this age serves."""
        newest, _ = _HEAD.unpack_from(self._shared)
        if age > newest:
            self._shared[_HEAD.size + age % 256] = 1

    def awaited_by(self, age: int) -> bool:
        """Whether a worker of this age should still serve, as its successors do not."""
        newest, successors = _HEAD.unpack_from(self._shared)
        return bool(age <= newest and sum(self._shared[_HEAD.size :]) < min(successors, 256))


HANDOVER = Handover()
"""Of this master and its workers."""
