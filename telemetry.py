"""What is counted, for every face of the product; ``api/metrics.py`` serves it to Prometheus.

Labels take their values from closed sets only: regimes, models of the manifest, error codes, bundled datasets.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from regime_core.artifacts import ModelEntry

Source = Literal["json", "batch", "page"]

REGISTRY = CollectorRegistry()
"""Of this process; where several workers share a metrics folder, the sums over that folder are served instead."""

LATENCY_BUCKETS = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)

_answers = Counter(
    "prediction_requests",
    "Series answered, by the regime found.",
    ["regime", "source", "model"],
    registry=REGISTRY,
)
_latency = Histogram(
    "inference_latency_seconds",
    "Time from bars to a regime, without reading or writing JSON.",
    ["source", "model"],
    buckets=LATENCY_BUCKETS,
    registry=REGISTRY,
)
_fallbacks = Counter(
    "prediction_fallbacks",
    "Answers another model gave than the one asked for.",
    ["model"],
    registry=REGISTRY,
)
_problems = Counter(
    "problems",
    "Requests, and series of a batch, answered with a problem.",
    ["code", "status"],
    registry=REGISTRY,
)
_model = Gauge(
    "model_info",
    "1 for each model served.",
    ["name", "version", "default"],
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)
_data_age = Gauge(
    "data_age_seconds",
    "Time since the newest bar of a bundled dataset.",
    ["dataset"],
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)


def answered(regime: str, model: str, *, source: Source, seconds: float, fallback: bool = False) -> None:
    """Count one series answered.

    regime : wire name of the last bar's regime. model : name of the model that answered, without its version.
    source : which face was asked. seconds : time the engine took. fallback : another model was asked for.
    """
    _answers.labels(regime, source, model).inc()
    _latency.labels(source, model).observe(seconds)
    if fallback:
        _fallbacks.labels(model).inc()


def problem(code: str, status: int) -> None:
    """Count one answer that was a problem: its stable code and HTTP status."""
    _problems.labels(code, str(status)).inc()


def served(models: Iterable[ModelEntry], default: str) -> None:
    """Say which models are served."""
    for entry in models:
        _model.labels(entry.name, entry.version, str(entry.name == default).lower()).set(1)


def data_through(dataset: str, newest_ns: int) -> None:
    """Say how old a bundled dataset is, from the time of its newest bar in nanoseconds since 1970 UTC."""
    _data_age.labels(dataset).set(time.time() - newest_ns / 1e9)
