"""/metrics for Prometheus: what ``telemetry`` counts, summed over all workers, and what follows from the sums."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import nullcontext

from flask import Flask, Response
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

import telemetry
from api import drift
from regime_core.errors import RegimeError
from runtime import Runtime
from serving import counts

ENDPOINT = "prometheus_metrics"
BEAT_SECONDS = 2.0
"""How often a worker tells what only it knows: that it lives, its memory, and the inputs it has answered from."""


def register(server: Flask, runtime: Runtime) -> None:
    """Serve /metrics: sums over all workers where they share a metrics folder, else the counts of this process."""

    def metrics() -> Response:
        tell(runtime, scraping=True)
        refresh(runtime)
        families = _counted()
        expected = runtime.engine.training_rows if runtime.loaded else None
        if expected is not None:
            families += drift.gauges(families, expected, runtime.engine.default)
        registry = CollectorRegistry()
        registry.register(_Found(families))
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)

    server.add_url_rule("/metrics", ENDPOINT, metrics, methods=["GET"], provide_automatic_options=False)


def start(runtime: Runtime) -> None:
    """Have this worker tell what it alone knows, until it ends: whichever worker is scraped, the sums are of all."""

    def beat() -> None:
        while True:
            tell(runtime)
            stopped.wait(BEAT_SECONDS)

    stopped = threading.Event()
    threading.Thread(target=beat, name="metrics", daemon=True).start()


def tell(runtime: Runtime, *, scraping: bool = False) -> None:
    """Tell what only this worker knows of itself. scraping : it is asked to."""
    telemetry.alive(runtime.settings.threads, scraping=scraping)
    if runtime.loaded:
        telemetry.inputs.expect(runtime.engine.training_rows)
        telemetry.passes(runtime.engine.take_pass_sizes())
    telemetry.inputs.publish()


def refresh(runtime: Runtime) -> None:
    """Bring up to date what every worker knows: the models served, how old the data are, the jobs under way."""
    if runtime.loaded:
        telemetry.served(runtime.engine.entries.values(), runtime.engine.default)
    for info in runtime.library.infos():
        try:
            dataset = runtime.library.get(info.id)
        except RegimeError:  # unreadable just now: its age is not known, and its page says why
            continue
        telemetry.data_through(info.id, int(dataset.bars.time[-1]))
    telemetry.jobs_under_way(runtime.jobs.counts())


class _Found(Collector):
    """Families that have been collected already."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _counted() -> list[Metric]:
    folder = counts.SHARED.folder
    with counts.reading(folder) if folder else nullcontext():
        return list(MultiProcessCollector.merge(counts.files(folder)) if folder else telemetry.REGISTRY.collect())
