"""Fetch one address over HTTP: whole, bounded and in time, or an error that names the address and the reason."""

from __future__ import annotations

import time
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import requests

from regime_core.errors import SourceError

MAX_BYTES = 64 * 1024 * 1024
MAX_REDIRECTS = 5
RETRY_DELAYS_SECONDS = (0.5, 1.5)
"""Waits before the second and third attempt, after a connection error or a 5xx answer."""
CHUNK_BYTES = 2048
PATIENCE = 5
"""A whole download may take this many times the limit for one wait."""
REDIRECTS = (301, 302, 303, 307, 308)
HEADERS = {"User-Agent": "Mozilla/5.0 (compatible; regime-desk)", "Accept": "application/json, text/csv, */*;q=0.5"}


@dataclass(frozen=True, slots=True)
class Body:
    """What an address answered.

    url : where it was asked for, for messages. content : the whole body, decompressed.
    """

    url: str
    content: bytes


class _RetryableError(Exception):
    """A failure that may pass: a refused or reset connection, or a 5xx answer."""


def fetch(url: str, *, params: dict[str, str] | None = None, timeout_seconds: float = 20) -> Body:
    """Body of a 200 answer.

    timeout_seconds : limit for connecting and for every wait for data; the whole takes at most ``PATIENCE`` times as long.
    Redirects are followed at most ``MAX_REDIRECTS`` times and only to the same scheme.
    Raises SourceError on any other status, a body cut short or over ``MAX_BYTES``, a web page where data was due, a time-out.
    """
    address = _address(url, params)
    for delay in (*RETRY_DELAYS_SECONDS, None):
        try:
            return _attempt(address, timeout_seconds)
        except _RetryableError as error:
            if delay is None:
                raise SourceError("source.unreachable", f"{address} failed three times: {error}.") from error
            time.sleep(delay)
    raise AssertionError("the last attempt returns or raises")


def _address(url: str, params: dict[str, str] | None) -> str:
    try:
        return requests.Request("GET", url, params=params).prepare().url or url
    except (requests.RequestException, ValueError) as error:
        raise SourceError("source.address", f'"{url}" is no address that can be asked: {_reason(error)}.') from error


def _attempt(address: str, timeout_seconds: float) -> Body:
    deadline = time.monotonic() + PATIENCE * timeout_seconds
    with requests.Session() as session:
        target = address
        for _ in range(MAX_REDIRECTS + 1):
            with _get(session, address, target, timeout_seconds) as response:
                if response.status_code not in REDIRECTS:
                    return _read(address, response, deadline)
                target = _next_target(address, target, response)
    raise SourceError("source.redirects", f"{address} redirects more than {MAX_REDIRECTS} times.")


def _get(session: requests.Session, address: str, target: str, timeout_seconds: float) -> requests.Response:
    try:
        return session.get(target, headers=HEADERS, timeout=timeout_seconds, stream=True, allow_redirects=False)
    except requests.Timeout as error:
        raise SourceError("source.timeout", f"{address} did not answer within {timeout_seconds:g} seconds.") from error
    except requests.ConnectionError as error:
        raise _RetryableError(f"no connection ({_reason(error)})") from error
    except (requests.RequestException, ValueError) as error:
        raise SourceError("source.address", f"{address} cannot be asked: {_reason(error)}.") from error


def _next_target(address: str, current: str, response: requests.Response) -> str:
    location = response.headers.get("Location", "")
    if not location:
        raise SourceError("source.redirects", f"{address} redirects ({response.status_code}) without saying where to.")
    target = urljoin(current, location)
    if urlsplit(target).scheme != urlsplit(address).scheme:
        raise SourceError("source.redirects", f"{address} redirects to {target}, which has another scheme: not followed.")
    return target


def _read(address: str, response: requests.Response, deadline: float) -> Body:
    _check_status(address, response)
    declared = response.headers.get("Content-Length", "")
    expected = int(declared) if declared.isdigit() and "chunked" not in response.headers.get("Transfer-Encoding", "") else None
    if expected is not None and expected > MAX_BYTES:
        raise _too_large(address)
    content = _collect(address, response, deadline)
    received = response.raw.tell()
    if expected is not None and received != expected:
        raise SourceError("source.truncated", f"{address} was cut short: {received} of {expected} bytes came.")
    if not content.strip():
        raise SourceError("source.empty", f"{address} answered nothing.")
    if content.lstrip()[:1] == b"<":
        raise SourceError("source.web_page", f"{address} answered a web page instead of data: {_snippet(content)}")
    return Body(address, content)


def _check_status(address: str, response: requests.Response) -> None:
    status = response.status_code
    if status >= 500:
        raise _RetryableError(f"HTTP status {status}")
    if status == 429:
        wait = response.headers.get("Retry-After", "")
        cure = f"after {wait} seconds" if wait.isdigit() else "later"
        raise SourceError("source.rate_limited", f"{address} answered 429, too many requests: try again {cure}.")
    if status != 200:
        raise SourceError("source.status", f"{address} answered HTTP status {status} instead of data.")


def _collect(address: str, response: requests.Response, deadline: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    try:
        for part in response.iter_content(CHUNK_BYTES):
            parts.append(part)
            size += len(part)
            if size > MAX_BYTES:
                raise _too_large(address)
            if time.monotonic() > deadline:
                raise SourceError("source.timeout", f"{address} sends too slowly: given up after {size} bytes.")
    except requests.Timeout as error:
        raise SourceError("source.timeout", f"{address} stopped sending after {size} bytes.") from error
    except requests.RequestException as error:
        code, verb = (
            ("source.timeout", "stopped sending") if "timed out" in str(error) else ("source.truncated", "was cut short")
        )
        raise SourceError(code, f"{address} {verb} after {size} bytes ({_reason(error)}).") from error
    return b"".join(parts)


def _too_large(address: str) -> SourceError:
    return SourceError(
        "source.too_large", f"{address} sends more than {MAX_BYTES // (1024 * 1024)} MB, more than any history has."
    )


def _reason(error: Exception) -> str:
    """Innermost cause in one line, without the object addresses that urllib3 puts into its messages."""
    inner: BaseException = error
    while (cause := _cause(inner)) is not None:
        inner = cause
    return str(inner).rsplit(">: ", 1)[-1][:200] or type(inner).__name__


def _cause(error: BaseException) -> BaseException | None:
    """The exception that urllib3 and requests wrapped, as ``reason`` or among the arguments."""
    candidates = (getattr(error, "reason", None), *error.args)
    return next((inner for inner in candidates if isinstance(inner, BaseException)), None)


def _snippet(content: bytes) -> str:
    return " ".join(content[:200].decode("utf-8", "replace").split())[:100]
