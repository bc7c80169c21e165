"""Every error as application/problem+json (RFC 9457), in one place."""

from __future__ import annotations

import logging
from http import HTTPStatus

import msgspec
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

import telemetry
from regime_core.errors import ArtifactError, RegimeError

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

CODES: dict[str, tuple[int, str]] = {
    "json.malformed": (400, "The body is not JSON."),
    "json.nesting": (400, "The body nests deeper than any request does."),
    "auth.missing": (401, "A key is needed: Authorization: Bearer KEY."),
    "auth.unknown": (401, "The key is not one of those accepted."),
    "login.missing": (401, "Pages and files are for those who have logged in at the proxy in front of this server."),
    "http.not_found": (404, "There is nothing at this path."),
    "dataset.unknown": (404, "The history that the answer rests on is not on this server."),
    "http.method_not_allowed": (405, "The path is there, but not for this method; Allow says for which."),
    "http.request_timeout": (408, "The request did not arrive in time; it was not looked at."),
    "model.gone": (410, "The version of the model that was asked for is no longer served."),
    "limits.body": (413, "The body is larger than this server takes."),
    "http.unsupported_media_type": (415, "The body is not declared as application/json."),
    "json.type": (422, "A value has another type than the field takes."),
    "json.missing": (422, "A field is missing."),
    "json.range": (422, "A number does not fit, or a text is too long."),
    "json.series": (422, "Neither bars nor columns were sent, or both."),
    "bars.length": (422, "The columns have different lengths."),
    "bars.non_finite": (422, "A price is NaN or infinite."),
    "bars.not_positive": (422, "A price is zero or negative."),
    "bars.high_below_low": (422, "A bar's high is below its low."),
    "bars.volume": (422, "A volume is negative or infinite."),
    "bars.time": (422, "A timestamp is not finite or beyond the year 2262."),
    "bars.mixed_time_units": (422, "Timestamps of one series are in different units."),
    "bars.needs_repair": (422, "strict was asked for and the bars need a repair."),
    "limits.bars": (422, "A series has more bars than this server takes."),
    "limits.series": (422, "A batch has more series than this server takes."),
    "model.unknown": (422, "The model is not one of those served."),
    "model.negative_prices": (422, "Rules were asked about prices of zero or below."),
    "limits.rate": (429, "Too many requests; Retry-After says how many seconds to wait."),
    "server.error": (500, "A fault of this server; it was logged."),
    "server.not_ready": (503, "The models are not loaded."),
    "model.not_shipped": (503, "The server's model folder has no forecaster of stress states."),
    "market.no_overlap": (503, "The served index and VIX have no date in common."),
    "market.few": (503, "The served index and VIX have too few dates in common for states."),
    "market.short": (503, "The served index and VIX have too few dates in common for a forecast."),
}
"""Code -> status and meaning, as /docs lists them."""

_BY_STATUS = {
    400: "http.bad_request",
    404: "http.not_found",
    405: "http.method_not_allowed",
    408: "http.request_timeout",
    413: "limits.body",
    415: "http.unsupported_media_type",
    429: "limits.rate",
}
_OTHER_CODES = {
    "jobs.unknown": 404,
    "jobs.full": 503,
    "jobs.off": 403,
    "labels.missing": 404,
    "share.damaged": 400,
    "share.expired": 410,
    "share.over": 410,
    "upload.cross_site": 403,
    "upload.no_visitor": 403,
    "upload.no_file": 400,
    "upload.interrupted": 400,
    "upload.too_large": 413,
    "upload.busy": 503,
    "upload.disk_full": 507,
}


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong. type : address of the code's description. detail : what, where, and what to do."""

    type: str
    title: str
    status: int
    code: str
    detail: str


def of(error: RegimeError) -> Problem:
    """Describe an error of the core."""
    if isinstance(error, ArtifactError):
        log.error("%s", error.message)
        return _problem("server.not_ready", 503, "The models of this server are not loaded; its log says why. Try again later.")
    return _problem(error.code, status_of(error.code), error.message)


def status_of(code: str) -> int:
    """HTTP status of an error's code; 422 for one that has none of its own."""
    return CODES[code][0] if code in CODES else _OTHER_CODES.get(code, 422)


def register(server: Flask) -> None:
    """Answer every error of the server with a problem."""
    server.register_error_handler(RegimeError, _on_regime_error)
    server.register_error_handler(HTTPException, _on_http_exception)
    server.register_error_handler(Exception, _on_unexpected)


def _on_regime_error(error: RegimeError) -> Response:
    problem = of(error)
    response = _render(problem)
    if problem.code == "auth.missing" or problem.code == "auth.unknown":
        response.headers["WWW-Authenticate"] = 'Bearer realm="regime-desk"'
    if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = "10"
    return response


def _on_http_exception(error: HTTPException) -> Response:
    status = error.code or 500
    code = _BY_STATUS.get(status, f"http.{status}")
    response = _render(_problem(code, status, error.description or HTTPStatus(status).phrase))
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after"):
            response.headers[name] = value
    return response


def _on_unexpected(error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return _render(_problem("server.error", 500, "This server failed to answer; the fault was logged. Nothing was changed."))


def _problem(code: str, status: int, detail: str) -> Problem:
    telemetry.problem(code, status)
    return Problem(
        type=f"{request.script_root}/docs#{code}", title=HTTPStatus(status).phrase, status=status, code=code, detail=detail
    )


def _render(problem: Problem) -> Response:
    return Response(msgspec.json.encode(problem), problem.status, content_type=MEDIA_TYPE)
