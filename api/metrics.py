"""/metrics for Prometheus: what ``telemetry`` counts, summed over all workers."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from flask import Flask
from flask.typing import ResponseReturnValue
from prometheus_flask_exporter import PrometheusMetrics

import telemetry
from regime_core.errors import RegimeError
from runtime import Runtime

View = Callable[..., ResponseReturnValue]


def register(server: Flask, runtime: Runtime) -> None:
    """Serve /metrics: sums over all workers where PROMETHEUS_MULTIPROC_DIR is set, else the counts of this process."""

    def refreshed(view: View) -> View:
        @wraps(view)
        def refresh_and_view() -> ResponseReturnValue:
            refresh(runtime)
            return view()

        return refresh_and_view

    PrometheusMetrics(server, export_defaults=False, registry=telemetry.REGISTRY, metrics_decorator=refreshed)


def refresh(runtime: Runtime) -> None:
    """Bring the gauges up to date: which models are served, and how old the data are."""
    if runtime.loaded:
        telemetry.served(runtime.engine.entries.values(), runtime.engine.default)
    for info in runtime.library.infos():
        try:
            dataset = runtime.library.get(info.id)
        except RegimeError:  # unreadable just now: its age is not known, and its page says why
            continue
        telemetry.data_through(info.id, int(dataset.bars.time[-1]))
