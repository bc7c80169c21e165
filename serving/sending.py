"""Sockets whose answers wait for their client outside the threads: what it does not take at once stays here for the loop."""

from __future__ import annotations

import select
import socket
from collections import deque
from contextlib import suppress

MOST_UNSENT = 8_000_000
"""Bytes of answers that a connection keeps; with more to send, its thread waits."""
SEND_SECONDS = 60.0
"""Longest that a thread waits for a client to take anything of an answer that is larger."""


class Sending(socket.socket):
    """A connection that sends what its client takes, and keeps the rest. unsent : bytes kept."""

    def __init__(self, taken: socket.socket) -> None:
        super().__init__(taken.family, taken.type, taken.proto, fileno=taken.detach())
        self.setblocking(False)
        self.unsent = 0
        self._pieces: deque[memoryview] = deque()

    def sendall(self, data: bytes, flags: int = 0, /) -> None:  # type: ignore[override]
        """Send or keep all of it. Raises TimeoutError where too much is kept of one who takes nothing."""
        self._pieces.append(memoryview(data))
        self.unsent += len(data)
        self.flush()
        while self.unsent > MOST_UNSENT:
            room = select.poll()  # its namesake takes no more than 1,024 connections
            room.register(self, select.POLLOUT)
            if not room.poll(1000 * SEND_SECONDS):
                self._pieces.clear()
                self.unsent = 0
                raise TimeoutError("The client takes nothing of its answer.")
            self.flush()

    def flush(self) -> None:
        """Send what the client takes now of what is kept. Raises OSError where it is gone."""
        with suppress(BlockingIOError):
            while self._pieces:
                sent = self.send(self._pieces[0])
                self.unsent -= sent
                self._pieces[0] = self._pieces[0][sent:]
                if not self._pieces[0]:
                    self._pieces.popleft()
