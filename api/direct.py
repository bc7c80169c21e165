"""Plain requests for one answer, past Flask: nothing in what a trading system sends with every bar asks for more.

Whatever is unusual about a request goes on to Flask, and so does every one that is refused, to be read anew there: one place
says what is wrong with a request, and counts it.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask

from api import guard, routes
from regime_core.errors import RegimeError
from runtime import Runtime

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

UNUSUAL = frozenset({"HTTP_ACCEPT_ENCODING", "HTTP_CONTENT_ENCODING", "HTTP_TRANSFER_ENCODING"})
"""Headers of requests whose body, or whose answer, may have to be packed."""


def register(server: Flask, runtime: Runtime) -> None:
    """Answer plain requests of a server directly; none where a rate is limited, as Flask-Limiter has its place in Flask."""
    if not runtime.settings.rate_limit:
        wsgi: WSGIApplication = server.wsgi_app
        server.wsgi_app = Direct(wsgi, runtime)  # type: ignore[method-assign]


class Direct:
    """A WSGI application that answers plain requests to /detect_regime, and hands all others on."""

    def __init__(self, wsgi: WSGIApplication, runtime: Runtime) -> None:
        self._wsgi = wsgi
        self._runtime = runtime
        self._keys = guard.key_hashes("REGIME_API_KEYS", runtime.settings.api_keys)
        self._most = runtime.settings.max_body_mb * guard.MB

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        if not self._is_plain(environ):
            return self._wsgi(environ, start_response)
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        try:
            answer = routes.answer(self._runtime, body)
        except RegimeError:
            return self._wsgi(environ | {"wsgi.input": io.BytesIO(body)}, start_response)
        start_response("200 OK", [("Content-Type", guard.JSON), ("Content-Length", str(len(answer)))])
        return [answer]

    def _is_plain(self, environ: WSGIEnvironment) -> bool:
        length = environ.get("CONTENT_LENGTH", "")
        return (
            environ["PATH_INFO"] == "/detect_regime"
            and environ["REQUEST_METHOD"] == "POST"
            and environ.get("CONTENT_TYPE") == guard.JSON
            and UNUSUAL.isdisjoint(environ)
            and length.isdecimal()
            and int(length) <= self._most
            and (not self._keys or guard.is_accepted(environ.get("HTTP_AUTHORIZATION", ""), self._keys))
        )
