"""What is counted, for every face of the product; ``api/metrics.py`` serves it to Prometheus.

Labels take their values from closed sets only: regimes, models of the manifest, error codes, bundled datasets, features.
"""

from __future__ import annotations

import resource
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from regime_core.artifacts import ModelEntry
from regime_core.models.training_rows import N_BINS, TrainingRows, binned
from regime_core.regimes import Detection

Source = Literal["json", "batch", "page"]

REGISTRY = CollectorRegistry()
"""Of this process; where several workers share a metrics folder, the sums over that folder are served instead."""

LATENCY_BUCKETS = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
CONFIDENCE_BUCKETS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
BATCH_BUCKETS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
PASS_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_answers = Counter(
    "prediction_requests", "Series answered, by the regime found.", ["regime", "source", "model"], registry=REGISTRY
)
_latency = Histogram(
    "inference_latency_seconds",
    "Time from bars to a regime, without reading or writing JSON.",
    ["source", "model"],
    buckets=LATENCY_BUCKETS,
    registry=REGISTRY,
)
_confidence = Histogram(
    "prediction_confidence",
    "Confidence of the answers that name a regime.",
    ["model"],
    buckets=CONFIDENCE_BUCKETS,
    registry=REGISTRY,
)
_fallbacks = Counter(
    "prediction_fallbacks", "Answers that name a fallback, such as the CPU for a lost GPU.", ["model"], registry=REGISTRY
)
_flips = Counter(
    "regime_flips", "Answers whose regime is another than a bar before, pages aside.", ["model"], registry=REGISTRY
)
_batch = Histogram("batch_series", "Series in one batch request.", buckets=BATCH_BUCKETS, registry=REGISTRY)
_passes = Histogram(
    "forward_pass_sequences", "Series in one forward pass on a CUDA device.", buckets=PASS_BUCKETS, registry=REGISTRY
)
_problems = Counter(
    "problems", "Requests, and series of a batch, answered with a problem.", ["code", "status"], registry=REGISTRY
)
_binned = Counter(
    "feature_bin",
    "Answers by decile of a feature in training; the model's inputs at the last bar, pages aside.",
    ["feature", "bin"],
    registry=REGISTRY,
)
_in_flight = Gauge(
    "requests_in_flight",
    "Requests being answered, over all workers, the scrape aside.",
    registry=REGISTRY,
    multiprocess_mode="livesum",
)
_threads = Gauge(
    "server_threads", "Requests that can be answered at once, over all workers.", registry=REGISTRY, multiprocess_mode="livesum"
)
_workers = Gauge("workers_alive", "Worker processes that serve.", registry=REGISTRY, multiprocess_mode="livesum")
_resident = Gauge(
    "workers_resident_memory_bytes", "Resident memory of all workers.", registry=REGISTRY, multiprocess_mode="livesum"
)
_most_resident = Gauge(
    "worker_resident_memory_max_bytes", "Resident memory of the largest worker.", registry=REGISTRY, multiprocess_mode="livemax"
)
_gpu = Gauge(
    "gpu_memory_bytes",
    "Memory of the CUDA device: allocated by tensors, reserved by the server, used by all, and total.",
    ["kind"],
    registry=REGISTRY,
    multiprocess_mode="livemostrecent",
)
_jobs = Gauge(
    "jobs",
    "Heavy jobs under way, by whether they run or wait.",
    ["state"],
    registry=REGISTRY,
    multiprocess_mode="livemostrecent",
)
_model = Gauge(
    "model_info",
    "1 for each model served.",
    ["name", "version", "default"],
    registry=REGISTRY,
    multiprocess_mode="livemostrecent",
)
_data_age = Gauge(
    "data_age_seconds",
    "Time since the newest bar of a bundled dataset.",
    ["dataset"],
    registry=REGISTRY,
    multiprocess_mode="livemostrecent",
)


class Inputs:
    """The inputs of answers, until they are counted by decile: an answer only leaves its row here.

    Counting takes the rows together: some microseconds a row are left, and no request waits for Prometheus's counters.
    """

    MOST_WAITING = 256
    """Rows left before they are counted, whoever left the last of them."""

    def __init__(self) -> None:
        self._waiting: deque[NDArray[np.float64]] = deque(maxlen=20 * self.MOST_WAITING)
        self._lock = Lock()
        self._expected: TrainingRows | None = None
        self._counts = np.zeros((0, N_BINS))

    def expect(self, training_rows: TrainingRows | None) -> None:
        """Count by the deciles of these rows from now on."""
        with self._lock:
            if training_rows is not self._expected:
                self._expected = training_rows
                self._counts = np.zeros((len(training_rows.names) if training_rows else 0, N_BINS))

    def leave(self, row: NDArray[np.float64]) -> None:
        """Leave a row, (n_inputs,), to be counted."""
        self._waiting.append(row)
        if len(self._waiting) >= self.MOST_WAITING and self._expected is not None:
            self._count()

    def publish(self) -> None:
        """Add what was left to the counters that Prometheus reads."""
        if self._expected is None:
            return
        self._count()
        with self._lock:
            names, counts = self._expected.names, self._counts
            self._counts = np.zeros_like(counts)
        for feature, bin_ in zip(*np.nonzero(counts), strict=True):
            _binned.labels(names[feature], str(bin_)).inc(counts[feature, bin_])

    def _count(self) -> None:
        with self._lock:
            if self._expected is None:
                return
            rows = [self._waiting.popleft() for _ in range(len(self._waiting))]
            rows = [row for row in rows if len(row) == len(self._expected.names)]
            if rows:
                self._counts += binned(np.stack(rows), self._expected.edges)


inputs = Inputs()


def answered(detection: Detection, *, source: Source, seconds: float) -> None:
    """Count one series answered. source : which face was asked. seconds : time the engine took."""
    model = detection.model.name
    count, observe_seconds, observe_confidence = _of_answers(detection.regime.name, source, model)
    count()
    observe_seconds(seconds)
    if detection.fallback is not None:
        _fallbacks.labels(model).inc()
    if detection.regime_age == 0:
        return
    observe_confidence(detection.confidence)
    if source == "page":
        return
    if detection.regime_age == 1 and not detection.regime_age_censored:
        _flips.labels(model).inc()
    if detection.inputs is not None:
        inputs.leave(detection.inputs)


@cache
def _of_answers(
    regime: str, source: Source, model: str
) -> tuple[Callable[[], None], Callable[[float], None], Callable[[float], None]]:
    """What counts an answer, its seconds and its confidence: to find them anew takes as long as to count."""
    return (
        _answers.labels(regime, source, model).inc,
        _latency.labels(source, model).observe,
        _confidence.labels(model).observe,
    )


def batch(n_series: int) -> None:
    """Count one batch request of so many series."""
    _batch.observe(n_series)


def passes(sizes: Iterable[int]) -> None:
    """Count forward passes on a card, of so many series each."""
    for size in sizes:
        _passes.observe(size)


def problem(code: str, status: int) -> None:
    """Count one answer that was a problem: its stable code and HTTP status."""
    _problems.labels(code, str(status)).inc()


class InFlight:
    """Requests that this worker is answering; told with the rest that it knows of itself."""

    def __init__(self) -> None:
        self.count = 0
        self._lock = Lock()

    def __enter__(self) -> None:
        """Take up a request."""
        with self._lock:
            self.count += 1

    def __exit__(self, *_: object) -> None:
        """Let go of it, answered or not."""
        with self._lock:
            self.count -= 1


in_flight = InFlight()


def served(models: Iterable[ModelEntry], default: str) -> None:
    """Say which models are served."""
    for entry in models:
        _model.labels(entry.name, entry.version, str(entry.name == default).lower()).set(1)


def data_through(dataset: str, newest_ns: int) -> None:
    """Say how old a bundled dataset is, from the time of its newest bar in nanoseconds since 1970 UTC."""
    _data_age.labels(dataset).set(time.time() - newest_ns / 1e9)


def jobs_under_way(states: Mapping[str, int]) -> None:
    """Say how many jobs are in each state, ``running`` and ``queued``."""
    for state in ("running", "queued"):
        _jobs.labels(state).set(states.get(state, 0))


def alive(threads: int, *, scraping: bool = False) -> None:
    """Say of this worker that it is there, how much it does, can do at once, and holds in memory.

    threads : requests it can answer at once. scraping : one of those that it is answering asks for just this.
    """
    _workers.set(1)
    _in_flight.set(in_flight.count - scraping)
    _threads.set(threads)
    resident = _resident_bytes()
    _resident.set(resident)
    _most_resident.set(resident)
    _tell_gpu_memory()


def _resident_bytes() -> int:
    """Resident memory of this process; 0 where the system does not tell it as Linux does."""
    path = Path("/proc/self/statm")
    return int(path.read_text().split()[1]) * resource.getpagesize() if path.is_file() else 0


def _tell_gpu_memory() -> None:
    """Say how full the CUDA device is, where this process uses one; torch is not imported for it. A lost one says nothing."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return
    try:
        free, total = torch.cuda.mem_get_info()
    except RuntimeError:
        return
    kinds = {
        "allocated": torch.cuda.memory_allocated(),
        "reserved": torch.cuda.memory_reserved(),
        "used": total - free,
        "total": total,
    }
    for kind, size in kinds.items():
        _gpu.labels(kind).set(size)
