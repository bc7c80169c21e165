"""Wires the house together: one Flask server for the dashboard and the JSON routes. Nothing is created at import."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import dash
from flask import Flask, Request, Response, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from werkzeug.middleware.proxy_fix import ProxyFix

import api
import runtime
from api import guard
from components import shell
from runtime import Settings
from serving import packed_files

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

VISITOR_DAYS = 90
VISITED = ("/", "/<path:path>", "/_dash-update-component")
"""Dash's endpoints that know the visitor: pages and callbacks, not assets."""
MB = 1_000_000
OF_PROGRAMS = ("/detect_regime", "/metrics", "/health", "/ready")
"""Paths under which no one has a cookie: what signs it is not set up for each request there."""
OF_BROWSERS = ("/_dash-component-suites/", "/assets/")
"""Paths of the files that make up the pages: the same for everyone for as long as a server runs."""
POLYFILLS = re.compile(r'<script src="[^"]*/polyfill@[^"]*"></script>\n?')
MAX_CALLBACK_MB = 8
"""Largest body of a callback: days brushed on a chart. Routes that take more say so themselves."""


def create_server() -> Flask:
    """WSGI application for gunicorn, set up by the environment."""
    server: Flask = create_app(Settings.from_environment()).server
    return server


def create_app(settings: Settings | None = None) -> dash.Dash:
    """Build the dashboard, its server and the JSON routes on it. Once a process: Dash keeps its callbacks globally."""
    settings = settings or Settings()
    current = runtime.configure(settings)
    server = _server(settings)
    api.register(server, current)
    app = _dashboard(server, settings)
    # Dash sets itself up in the first request, and a second one beside it would find it half done.
    server.test_client().get("/")
    _wrap(server, settings)
    return app


def _server(settings: Settings) -> Flask:
    server = Server(__name__, static_folder=None)
    server.config.update(
        SECRET_KEY=runtime.signing_key(settings.state_dir),
        SESSION_COOKIE_NAME="regime_desk",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_PATH=_prefix(settings) or "/",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(days=VISITOR_DAYS),
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_BR_LEVEL=4,
        COMPRESS_CACHE_BACKEND=packed_files.PackedFiles,
        COMPRESS_CACHE_KEY=lambda request: packed_files.key_of(request.path) if request.path.startswith(OF_BROWSERS) else "",
        MAX_CONTENT_LENGTH=MAX_CALLBACK_MB * MB,
    )
    server.session_interface = VisitorSessions()
    server.before_request(_know_visitor)
    return server


class Server(Flask):
    """A Flask server none of whose functions is a coroutine: it does not look each of them over at every request."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function as it is."""
        return func


class VisitorSessions(SecureCookieSessionInterface):
    """Signed cookies of visitors; programs that call the JSON routes have none."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Session of a request; None, which stays empty, for a program's."""
        return None if request.path.startswith(OF_PROGRAMS) else super().open_session(app, request)


def _know_visitor() -> None:
    """Give a newcomer an unguessable name in the signed cookie; uploads belong to ``session["visitor"]``."""
    if request.endpoint in VISITED and "visitor" not in session:
        session.permanent = True
        session["visitor"] = secrets.token_urlsafe(24)


class Dashboard(dash.Dash):
    """Dash without its polyfills: they put slow copies in the place of what every browser has that these pages run in."""

    def interpolate_index(self, **parts: str) -> str:
        """Page around every page. parts : pieces of it, by their names in ``index_string``."""
        parts["scripts"] = POLYFILLS.sub("", parts["scripts"])
        return super().interpolate_index(**parts)


def _dashboard(server: Flask, settings: Settings) -> dash.Dash:
    app = Dashboard(
        __name__,
        server=server,
        use_pages=True,
        pages_folder="pages",
        requests_pathname_prefix=f"{_prefix(settings)}/",
        routes_pathname_prefix="/",
        serve_locally=True,
        compress=True,
        suppress_callback_exceptions=True,
        title="Regime Desk",
        update_title=None,
        assets_ignore=shell.HEAD_ONLY_ASSETS,
        on_error=shell.tell_fault,
    )
    app.index_string = shell.index_string(app)
    app.layout = shell.layout

    def allow_own_scripts(response: Response) -> Response:
        """Dash writes scripts into its page, the last of them at the first request: only then are all hashes known."""
        if request.endpoint in VISITED and response.mimetype == "text/html":
            response.headers["Content-Security-Policy"] = guard.content_policy(app.csp_hashes())
        return response

    def read_whole(response: Response) -> Response:
        """A file of the pages as one piece: what is sent piece by piece is packed anew each time."""
        if request.path.startswith(OF_BROWSERS) and response.is_streamed and response.status_code == 200:
            response.direct_passthrough = False
            response.set_data(response.get_data())
        return response

    server.after_request(allow_own_scripts)
    server.after_request(read_whole)
    return app


def _wrap(server: Flask, settings: Settings) -> None:
    wsgi: WSGIApplication = server.wsgi_app
    if _prefix(settings):
        wsgi = UnderPrefix(wsgi, _prefix(settings))
    if settings.trusted_proxies:
        n = settings.trusted_proxies
        wsgi = ProxyFix(wsgi, x_for=n, x_proto=n, x_host=n, x_port=n)
    server.wsgi_app = wsgi


def _prefix(settings: Settings) -> str:
    """``/regimes`` of ``regimes/``; empty where the server is at the root."""
    path = settings.url_prefix.strip("/")
    return f"/{path}" if path else ""


class UnderPrefix:
    """Serve under a path, whether the reverse proxy in front strips it or not."""

    def __init__(self, wsgi: WSGIApplication, prefix: str) -> None:
        self.wsgi = wsgi
        self.prefix = prefix

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Move the prefix from PATH_INFO, where it is there, to SCRIPT_NAME."""
        path = environ.get("PATH_INFO", "")
        if path == self.prefix or path.startswith(f"{self.prefix}/"):
            environ["PATH_INFO"] = path[len(self.prefix) :] or "/"
        environ["SCRIPT_NAME"] = self.prefix
        return self.wsgi(environ, start_response)


if __name__ == "__main__":
    settings_ = Settings.from_environment()
    create_app(settings_).run(host=settings_.host, port=settings_.port)
