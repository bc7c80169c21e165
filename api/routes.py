"""The JSON routes. Each parses, calls the engine and renders."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import cast

from flask import Blueprint, Flask, Response, current_app, request
from msgspec import Raw
from werkzeug.exceptions import MethodNotAllowed, NotFound

import telemetry
from api import docs, guard, openapi, problems, wire
from regime_core import datasets, states
from regime_core.errors import RegimeError
from regime_core.models import cards
from runtime import Runtime

View = Callable[..., Response]
BATCH_THREADS = 2
"""Series of a batch answered at once: most of the work leaves Python's lock. On a card as many as should meet in a pass."""
BATCH_PIECE = 16
"""Series of a batch that a thread answers in a row."""
FORECAST_FROM = (datasets.DEFAULT, "vix")
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT")


def register(server: Flask, runtime: Runtime) -> None:
    """Add the routes to a server. Dash's catch-all answers none of their methods and no path under them."""
    server.extensions["regime_runtime"] = runtime
    bp = Blueprint("api", __name__, template_folder="templates")
    add(bp, "/detect_regime", detect_regime, "POST")
    add(bp, "/detect_regime/batch", detect_regime_batch, "POST")
    add(bp, "/predict", predict, "GET")
    add(bp, "/health", health, "GET")
    add(bp, "/healthcheck", health, "GET")
    add(bp, "/ready", ready, "GET")
    add(bp, "/openapi.json", description, "GET")
    add(bp, "/docs", documentation, "GET")
    _refuse(bp, "/metrics", "GET")
    for root in ("/detect_regime", "/health", "/healthcheck", "/ready", "/openapi.json", "/docs", "/metrics", "/predict"):
        close(bp, root)
    server.register_blueprint(bp)


def detect_regime() -> Response:
    """Regime of the last bar in the body."""
    runtime = _runtime()
    return _json_of(answer(runtime, guard.read_body(runtime.settings.max_body_mb)))


def answer(runtime: Runtime, body: bytes) -> bytes:
    """Answer to one series, as JSON. body : the series, as JSON. Raises RegimeError for what is wrong with it."""
    return wire.encode(_answer(runtime, wire.decode(body), "json"))


def detect_regime_batch() -> Response:
    """Regime of each series in the body, or its problem, in order."""
    runtime = _runtime()
    series = wire.decode_batch(guard.read_body(runtime.settings.max_body_mb))
    if len(series) > runtime.settings.max_series:
        most = runtime.settings.max_series
        raise RegimeError("limits.series", f"{len(series):,} series were sent; send at most {most:,} in one request.")
    telemetry.batch(len(series))
    answers = _answers(runtime, series)
    return _json({"results": [problems.of(one) if isinstance(one, RegimeError) else one for one in answers]})


def _answers(runtime: Runtime, series: list[Raw]) -> list[wire.DetectReply | RegimeError]:
    """Answers to all series of a batch, in order: on a card one a thread, so that many meet there, else some in a row."""
    threads, size = (BATCH_THREADS, BATCH_PIECE) if runtime.engine.device == "cpu" else (cards.THREADS, 1)

    def some(first: int) -> list[wire.DetectReply | RegimeError]:
        numbered = enumerate(series[first : first + size], first)
        return [_answer_or_error(runtime, raw, f"series[{i}]") for i, raw in numbered]

    with ThreadPoolExecutor(threads) as pool:
        return list(chain.from_iterable(pool.map(some, range(0, len(series), size))))


def predict() -> Response:
    """Forecast of the stress state after the newest day that the served S&P 500 and VIX share."""
    runtime = _runtime()
    index, vix = (runtime.library.get(name).bars for name in FORECAST_FROM)
    return _json(wire.predict_reply(runtime.engine.forecast(states.market(index, vix))))


def health() -> Response:
    """How the server is; asking it loads nothing."""
    runtime = _runtime()
    if not runtime.loaded:
        starting = wire.Health(
            status="starting", ml_available=False, model_trained=False, device="cpu", model=None, data_through=_data_through()
        )
        return _json(starting)
    entry = runtime.engine.entry()
    trained = any(known.files for known in runtime.engine.entries.values())
    return _json(
        wire.Health(
            status="healthy",
            ml_available=trained,
            model_trained=trained,
            device=runtime.engine.device,
            model=wire.Model(entry.name, entry.version),
            data_through=_data_through(),
        )
    )


def ready() -> Response:
    """Whether an answer would come at once."""
    if not _runtime().loaded:
        raise RegimeError("server.not_ready", "The models are still being loaded: try again in a few seconds.")
    return _json({"status": "ready"})


def description() -> Response:
    """What the routes take and give, as OpenAPI 3.1."""
    return _json(openapi.specification(_runtime().settings, request.script_root))


def documentation() -> Response:
    """The same for people."""
    bars, _ = wire.to_bars(wire.decode(wire.encode(openapi.example())), max_bars=60)
    shown = wire.reply(_runtime().engine.detect(bars))
    url = request.url_root.rstrip("/")
    return Response(docs.page(_runtime().settings, root=request.script_root, url=url, answer=shown), mimetype="text/html")


def _answer(runtime: Runtime, series: wire.Series, source: telemetry.Source, at: str = "") -> wire.DetectReply:
    bars, repairs = wire.to_bars(series, max_bars=runtime.settings.max_bars, at=at)
    engine = runtime.engine
    started = time.perf_counter()
    detection = engine.detect(bars, model=series.model, history=series.history, warnings=repairs)
    telemetry.answered(detection, source=source, seconds=time.perf_counter() - started)
    return wire.reply(detection)


def _answer_or_error(runtime: Runtime, raw: Raw, at: str) -> wire.DetectReply | RegimeError:
    """Answer to one series of a batch; runs in a thread that knows no request."""
    try:
        return _answer(runtime, wire.decode(raw, at=at), "batch", at)
    except RegimeError as error:
        return error


def _data_through() -> str | None:
    """Date of the newest bar of the dataset served first; None where it has not been ingested."""
    try:
        dataset = _runtime().library.get(datasets.DEFAULT)
    except RegimeError:
        return None
    return str(dataset.as_of.astype("M8[D]"))


def runtime_of(server: Flask) -> Runtime:
    """What a server with these routes answers from."""
    return cast(Runtime, server.extensions["regime_runtime"])


def _runtime() -> Runtime:
    return runtime_of(current_app)


def _json(answer: object) -> Response:
    return _json_of(wire.encode(answer))


def _json_of(answer: bytes) -> Response:
    return Response(answer, mimetype="application/json")


def add(bp: Blueprint, path: str, view: View, method: str) -> None:
    """Add a route for its method (and HEAD, for GET), and refuse all others."""
    endpoint = _endpoint(path)
    bp.add_url_rule(path, endpoint, view, methods=[method], provide_automatic_options=False)
    _refuse(bp, path, method)


def _endpoint(path: str) -> str:
    return re.sub(r"\W+", "_", path).strip("_")


def _refuse(bp: Blueprint, path: str, method: str) -> None:
    allowed = ["GET", "HEAD", "OPTIONS"] if method == "GET" else [method, "OPTIONS"]

    def refuse(**_: str) -> Response:
        if request.method == "OPTIONS":
            return Response(status=204, headers={"Allow": ", ".join(allowed)})
        raise MethodNotAllowed(allowed, f"{request.method} is not allowed here; use {' or '.join(allowed[:-1])}.")

    others = [name for name in METHODS if name not in allowed or name == "OPTIONS"]
    bp.add_url_rule(path, f"refuse_{_endpoint(path)}", refuse, methods=others)


def close(bp: Blueprint, root: str) -> None:
    """Answer every path under a route with 404."""

    def nothing(rest: str = "") -> Response:
        raise NotFound(f"There is nothing at {request.path[:200]}; /docs lists what there is.")

    endpoint = f"nothing_under_{_endpoint(root)}"
    for path in (f"{root}/", f"{root}/<path:rest>"):
        bp.add_url_rule(path, endpoint, nothing, methods=METHODS, provide_automatic_options=False)
