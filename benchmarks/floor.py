"""The least that a JSON route can do here: read the body, decode it, answer a constant. See ``benchmarks.service``."""

from __future__ import annotations

import msgspec
from flask import Flask, Response, request

ANSWER = b'{"regime": "calm", "confidence": 1.0, "reasoning": "This is a constant."}'


def create_server() -> Flask:
    """WSGI application with the one route."""
    server = Flask(__name__)
    decoder = msgspec.json.Decoder()

    @server.post("/detect_regime")
    def detect_regime() -> Response:
        decoder.decode(request.get_data(cache=False))
        return Response(ANSWER, mimetype="application/json")

    @server.get("/ready")
    def ready() -> Response:
        return Response(b"{}", mimetype="application/json")

    return server
