"""What a request must bring before it is read: a key, a place in the rate, a JSON body that is not too large."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

from flask import Flask, g, request
from flask.typing import RouteCallable
from flask_limiter import Limiter

from regime_core.errors import RegimeError
from runtime import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

POSTED = frozenset({"api.detect_regime", "api.detect_regime_batch"})
JSON_ENDPOINTS = POSTED | {"api.predict"}
"""Routes that a key and a rate are asked for."""
METRICS = "/metrics"
JSON = "application/json"
MB = 1_000_000
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "no-referrer",
}


def content_policy(script_hashes: Sequence[str] = ()) -> str:
    """What a page of this server may load: its own files, and inline the scripts of these hashes. Nothing from elsewhere.

    Dash and Plotly set styles from scripts, which needs 'unsafe-inline' for styles; no script is evaluated from text.
    """
    scripts = " ".join(("'self'", *script_hashes))
    return (
        f"default-src 'self'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; "
        "frame-ancestors 'self'"
    )


OF_ALL_ANSWERS = (*HEADERS.items(), ("Content-Security-Policy", content_policy()))


def register(server: Flask, settings: Settings) -> None:
    """Guard the JSON routes of a server, which has them already, and set security headers on all its answers.

    Raises ValueError for settings that do not parse.
    """
    keys = key_hashes("REGIME_API_KEYS", settings.api_keys)
    metrics_keys = key_hashes("REGIME_METRICS_KEYS", settings.metrics_keys)

    def authenticate() -> None:
        if keys and request.endpoint in JSON_ENDPOINTS:
            g.key = _accepted_key(keys)
        elif metrics_keys and request.path == METRICS:
            _accepted_key(metrics_keys)
        elif settings.login_header and not _open_to_all():
            _require_login(settings.login_header)

    def admit() -> None:
        authenticate()
        if request.endpoint in POSTED:
            _check_body(settings.max_body_mb)

    server.before_request(admit)
    if settings.rate_limit:
        _limit(server, settings)
    wsgi: WSGIApplication = server.wsgi_app
    server.wsgi_app = Secured(wsgi)  # type: ignore[method-assign]


def _open_to_all() -> bool:
    """Whether a request is for programs: they have keys instead of a login."""
    return request.blueprint == "api" or request.path == METRICS


def _require_login(header: str) -> None:
    if not request.headers.get(header, "").strip():
        raise RegimeError("login.missing", "Log in first: the reverse proxy in front of this server did not say who you are.")


def key_hashes(variable: str, listed: str) -> tuple[bytes, ...]:
    """Hashes of keys that a setting lists. Raises ValueError, naming its variable, for what is none."""
    hashes = [word.strip().lower() for word in listed.split(",") if word.strip()]
    for word in hashes:
        if len(word) != 64 or not set(word) <= set("0123456789abcdef"):
            raise ValueError(f"{variable}: {word[:8]}… is not a SHA-256 hash: 64 hexadecimal digits are needed.")
    return tuple(word.encode() for word in hashes)


def _accepted_key(keys: tuple[bytes, ...]) -> str:
    """Hash of the key sent. Raises RegimeError for none or another."""
    given = _hash_of(request.headers.get("Authorization", ""))
    if given is None:
        raise RegimeError("auth.missing", "Send a key of this server: Authorization: Bearer KEY.")
    if not _is_among(given, keys):
        raise RegimeError("auth.unknown", "The key is not accepted here: check it, or ask for one.")
    return given


def is_accepted(authorization: str, keys: tuple[bytes, ...]) -> bool:
    """Whether a header brings a key of these hashes."""
    given = _hash_of(authorization)
    return given is not None and _is_among(given, keys)


def _hash_of(authorization: str) -> str | None:
    """Hash of the key that a header brings; None where it brings none."""
    scheme, _, key = authorization.partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        return None
    return hashlib.sha256(key.strip().encode()).hexdigest()


def _is_among(given: str, keys: tuple[bytes, ...]) -> bool:
    """Whether a hash is one of these; all are compared, each in constant time."""
    return any([hmac.compare_digest(given.encode(), known) for known in keys])


def _limit(server: Flask, settings: Settings) -> None:
    limiter = Limiter(
        _caller,
        app=server,
        storage_uri=settings.redis_url or "memory://",
        in_memory_fallback_enabled=bool(settings.redis_url),
        headers_enabled=True,
    )
    too_many = f"More requests than this server takes ({settings.rate_limit}): wait as many seconds as Retry-After says."
    shared = limiter.shared_limit(settings.rate_limit, scope="json", error_message=too_many)
    for endpoint in sorted(JSON_ENDPOINTS):
        server.view_functions[endpoint] = cast(RouteCallable, shared(server.view_functions[endpoint]))


def _caller() -> str:
    """Who is limited: the holder of a key, else the address."""
    return str(g.get("key") or request.remote_addr or "unknown")


def _check_body(max_mb: int) -> None:
    if request.content_type != JSON or "Content-Encoding" in request.headers:
        _require_plain_json()
    if (request.content_length or 0) > max_mb * MB:
        raise _too_large(max_mb)


def _require_plain_json() -> None:
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise RegimeError("http.unsupported_media_type", "Send the body uncompressed, without Content-Encoding.")
    if not request.is_json:
        declared = f"not as {request.mimetype[:100]}" if request.mimetype else "with a Content-Type header"
        raise RegimeError("http.unsupported_media_type", f"Send the body as application/json, {declared}.")
    if request.mimetype_params.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise RegimeError("http.unsupported_media_type", "JSON is UTF-8: leave the charset out, or name that one.")


def read_body(max_mb: int) -> bytes:
    """Body of the request. Raises RegimeError for one that did not tell its length and goes on beyond the limit."""
    request.max_content_length = max_mb * MB + 1  # werkzeug reads no further, and does not say that there was more
    body = request.get_data(cache=False)
    if len(body) > max_mb * MB:
        raise _too_large(max_mb)
    return body


def _too_large(max_mb: int) -> RegimeError:
    return RegimeError("limits.body", f"The body is too large: send at most {max_mb * MB:,} bytes, in several requests.")


class Secured:
    """A WSGI application that sets the headers of all answers, where an answer does not set its own."""

    def __init__(self, wsgi: WSGIApplication) -> None:
        self._wsgi = wsgi

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:  # noqa: ANN401
            said = {name for name, _ in headers}
            headers += [pair for pair in OF_ALL_ANSWERS if pair[0] not in said]
            return start_response(status, headers, exc_info)

        return self._wsgi(environ, start)
