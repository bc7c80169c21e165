"""Every request: its id, its place among those in flight, and its line in the log."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask

import logs
import telemetry
from runtime import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

HEADER = "X-Request-ID"
_SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LONGEST_PATH = 200


def register(server: Flask, settings: Settings) -> None:
    """Know every request of a server by an id: the client's own where it is a short token, else a new one."""
    wsgi: WSGIApplication = server.wsgi_app
    server.wsgi_app = Watched(wsgi, every=settings.access_log)  # type: ignore[method-assign]


class Watched:
    """Tells the id of each request in X-Request-ID, counts it while it is answered, and logs it.

    every : log all requests, not only those answered with a status of 500 and above.
    """

    def __init__(self, wsgi: WSGIApplication, *, every: bool) -> None:
        self._wsgi = wsgi
        self._every = every

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        sent = environ.get("HTTP_X_REQUEST_ID", "")
        own = sent if _SANE.fullmatch(sent) else secrets.token_hex(8)
        token = logs.request_id.set(own)
        begun = time.perf_counter()

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:  # noqa: ANN401
            headers.append((HEADER, own))
            if self._every or status >= "5":
                _tell(environ, status, time.perf_counter() - begun)
            return start_response(status, headers, exc_info)

        try:
            with telemetry.in_flight:
                return self._wsgi(environ, start)
        finally:
            logs.request_id.reset(token)


def _tell(environ: WSGIEnvironment, status: str, seconds: float) -> None:
    """Log an answer; a health check that finds nothing ready yet is no fault to warn of."""
    fields = {
        "method": environ["REQUEST_METHOD"],
        "path": environ.get("PATH_INFO", "")[:_LONGEST_PATH],
        "status": int(status[:3]),
        "milliseconds": round(seconds * 1e3, 3),
    }
    log.log(logging.WARNING if status >= "5" else logging.INFO, "request", extra={"fields": fields})
