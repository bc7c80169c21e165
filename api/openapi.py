"""What the routes take and give, as OpenAPI 3.1, made from ``wire``."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from api import wire
from api.problems import CODES, MEDIA_TYPE, Problem
from runtime import Settings

VERSION = "1.0.0"
JSON = "application/json"
Json = dict[str, Any]


def example() -> Json:
    """Sixty daily bars that rise in waves: enough for an answer."""
    closes = [round(100 * 1.004**i + math.sin(i), 2) for i in range(60)]
    times = [1_699_000_000 + 86_400 * i for i in range(60)]
    return {"columns": {"timestamp": times, "open": closes, "high": closes, "low": closes, "close": closes}}


def specification(settings: Settings, server_path: str) -> Json:
    """OpenAPI 3.1 document. server_path : where the server is mounted, empty for the root."""
    types = (wire.DetectRequest, wire.DetectReply, wire.PredictReply, wire.Health, Problem)
    _, schemas = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    schemas["BatchRequest"] = _object(
        "series", {"type": "array", "maxItems": settings.max_series, "items": _ref("DetectRequest")}
    )
    schemas["BatchReply"] = _object("results", {"type": "array", "items": {"oneOf": [_ref("DetectReply"), _ref("Problem")]}})
    document: Json = {
        "openapi": "3.1.0",
        "info": {"title": "Regime Desk", "version": VERSION, "description": "Market regimes from price bars."},
        "servers": [{"url": server_path or "/"}],
        "paths": _paths(settings),
        "components": {"schemas": schemas},
    }
    if settings.api_keys or settings.metrics_keys:
        document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    return document


def _paths(settings: Settings) -> Json:
    health = _get("How the server is", {"200": _body("Its state", _ref("Health"))})
    return {
        "/detect_regime": _post(settings, "Regime of the last bar of a series", "DetectRequest", "DetectReply", example()),
        "/detect_regime/batch": _post(
            settings, "Regime of each of several series, or its problem", "BatchRequest", "BatchReply", {"series": [example()]}
        ),
        "/predict": _predict(settings),
        "/health": health,
        "/healthcheck": health,
        "/ready": _get(
            "Whether an answer would come at once", {"200": _body("It would", {"type": "object"}), "503": _problem(503)}
        ),
        "/metrics": _metrics(settings),
        "/openapi.json": _get("This document", {"200": _body("OpenAPI 3.1", {"type": "object"})}),
        "/docs": _get("The same for people", {"200": {"description": "A page", "content": {"text/html": {}}}}),
    }


def _post(settings: Settings, summary: str, request: str, reply: str, example_body: Json) -> Json:
    statuses = [400, 408, 410, 413, 415, 422, 500, 503]
    statuses += [401] if settings.api_keys else []
    statuses += [429] if settings.rate_limit else []
    operation: Json = {
        "summary": summary,
        "requestBody": {"required": True, "content": {JSON: {"schema": _ref(request), "example": example_body}}},
        "responses": {"200": _body("The answer", _ref(reply))} | {str(status): _problem(status) for status in sorted(statuses)},
    }
    if settings.api_keys:
        operation["security"] = [{"key": []}]
    return {"post": operation}


def _predict(settings: Settings) -> Json:
    statuses = [404, 500, 503]
    statuses += [401] if settings.api_keys else []
    statuses += [429] if settings.rate_limit else []
    responses = {"200": _body("The forecast", _ref("PredictReply"))} | {
        str(status): _problem(status) for status in sorted(statuses)
    }
    item = _get("Forecast of the market's stress state after the newest day served", responses)
    if settings.api_keys:
        item["get"]["security"] = [{"key": []}]
    return item


def _metrics(settings: Settings) -> Json:
    responses: Json = {"200": {"description": "Prometheus text", "content": {"text/plain": {}}}}
    item = _get("Counts for Prometheus", responses | ({"401": _problem(401)} if settings.metrics_keys else {}))
    if settings.metrics_keys:
        item["get"]["security"] = [{"key": []}]
    return item


def _get(summary: str, responses: Json) -> Json:
    return {"get": {"summary": summary, "responses": responses}}


def _body(description: str, schema: Json) -> Json:
    return {"description": description, "content": {JSON: {"schema": schema}}}


def _problem(status: int) -> Json:
    meanings = " ".join(meaning for known, meaning in CODES.values() if known == status)
    return {"description": meanings, "content": {MEDIA_TYPE: {"schema": _ref("Problem")}}}


def _object(name: str, schema: Json) -> Json:
    return {"type": "object", "properties": {name: schema}, "required": [name]}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}
