"""Plain requests for one answer, past Flask: nothing in what a trading system sends with every bar asks for more.

Whatever is unusual about a request goes on to Flask, and so does every one that is refused, to be read anew there: one place
says what is wrong with a request, and counts it.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.exceptions import HTTPException

from api import guard, routes
from runtime import Runtime, Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

UNUSUAL = frozenset({"HTTP_CONTENT_ENCODING", "HTTP_TRANSFER_ENCODING"})
"""Headers of requests whose body is packed, or comes in pieces."""


def register(server: Flask, runtime: Runtime) -> None:
    """Answer plain requests of a server directly; none where a rate is limited, as Flask-Limiter has its place in Flask."""
    if not runtime.settings.rate_limit:
        wsgi: WSGIApplication = server.wsgi_app
        server.wsgi_app = Direct(wsgi, server, runtime.settings)  # type: ignore[method-assign]


class Direct:
    """A WSGI application that answers plain requests to /detect_regime, and hands all others on."""

    def __init__(self, wsgi: WSGIApplication, server: Flask, settings: Settings) -> None:
        self._wsgi = wsgi
        self._server = server
        self._keys = guard.key_hashes("REGIME_API_KEYS", settings.api_keys)
        self._most = settings.max_body_mb * guard.MB

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        if not self._is_plain(environ):
            return self._wsgi(environ, start_response)
        length = int(environ["CONTENT_LENGTH"])
        try:
            body = environ["wsgi.input"].read(length)
        except HTTPException:  # it came too slowly, as Flask will be told again
            return self._wsgi(environ, start_response)
        long_and_packed = "HTTP_ACCEPT_ENCODING" in environ and b'"history"' in body
        answer = self._answer(body) if len(body) == length and not long_and_packed else None
        if answer is None:
            environ["wsgi.input"] = io.BytesIO(body)
            return self._wsgi(environ, start_response)
        start_response("200 OK", [("Content-Type", guard.JSON), ("Content-Length", str(len(answer)))])
        return [answer]

    def _answer(self, body: bytes) -> bytes | None:
        """Answer to a body; None where there is none to give."""
        try:
            return routes.answer(routes.runtime_of(self._server), body)
        except Exception:  # a refusal or a fault of ours: Flask meets it again, logs the latter, and answers both
            return None

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
