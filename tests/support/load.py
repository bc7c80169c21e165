"""Clients that ask a server without a pause, and remember every answer."""

from __future__ import annotations

import http.client
import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from real_server import BODY, Server, post


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: when it began and ended (``time.monotonic``), its status (0 for none) and what was answered."""

    begun: float
    ended: float
    status: int
    answer: Any


class Load:
    """Clients at work while the block runs, each with a new connection for each request."""

    def __init__(self, server: Server, body: bytes = BODY, *, clients: int = 4) -> None:
        self.asked: list[Asked] = []
        self._server, self._body = server, body
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._visit) for _ in range(clients)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def failed(self) -> list[Asked]:
        """Those without a 200."""
        return [asked for asked in self.asked if asked.status != 200]

    def _visit(self) -> None:
        while not self._stop.is_set():
            begun = time.monotonic()
            try:
                status, answer = post(self._server.address, self._body)
            except (OSError, http.client.HTTPException, ValueError) as error:
                status, answer = 0, repr(error)
            self.asked.append(Asked(begun, time.monotonic(), status, answer))
