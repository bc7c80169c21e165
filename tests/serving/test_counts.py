"""What dead workers counted stays in the sums, in one file a kind."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector

from serving import counts

WORKER = """
import sys
from prometheus_client import Counter, Gauge, Histogram, Summary
weight = float(sys.argv[1])
asked = Counter("asked", "", ["by"])
asked.labels("ключ" if weight > 2 else "json").inc(weight)
asked.labels('quoted " and \\\\n').inc()
seconds = Histogram("seconds", "", buckets=(0.1, 1, 10))
seconds.observe(weight)
Summary("size", "").observe(weight)
for mode in ("sum", "max", "min", "mostrecent"):
    Gauge(f"now_{mode}", "", multiprocess_mode=mode).set(weight)
"""


def work(folder, weight):
    """A worker that counts and dies; its process id."""
    child = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(weight)], env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)}
    )
    assert child.wait(60) == 0
    return child.pid


def sums(folder):
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder))
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for metric in registry.collect()
        for sample in metric.samples
    }


def test_sums_stay_as_they_are_and_files_do_not_pile_up(tmp_path):
    pids = [work(tmp_path, weight) for weight in (3, 1, 2)]
    before = sums(tmp_path)
    assert before["asked_total", (("by", "ключ"),)] == 3
    assert before["seconds_count", ()] == 3
    assert before["now_mostrecent", ()] == 2
    for pid in pids:
        counts.fold(tmp_path, pid)
        assert sums(tmp_path) == before
    assert len(list(tmp_path.glob("*.db"))) == 7
    work(tmp_path, 4)
    assert sums(tmp_path)["asked_total", (("by", "ключ"),)] == 7
    assert sums(tmp_path)["seconds_sum", ()] == 10


def test_a_worker_that_counted_nothing_is_no_trouble(tmp_path):
    counts.fold(tmp_path, 123)
    assert not list(tmp_path.glob("*.db"))


def test_a_file_that_a_worker_had_only_begun_holds_nothing(tmp_path):
    pid = work(tmp_path, 3)
    before = sums(tmp_path)
    (tmp_path / "counter_123.db").touch()
    counts.fold(tmp_path, 123)
    assert not (tmp_path / "counter_123.db").exists()
    assert sums(tmp_path) == before
    counts.fold(tmp_path, pid)
    assert sums(tmp_path) == before


def test_where_there_is_no_room_the_workers_own_files_stay(tmp_path, monkeypatch):
    pid = work(tmp_path, 3)
    before = sums(tmp_path)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        counts.fold(tmp_path, pid)
    assert sums(tmp_path) == before


def test_nothing_is_moved_while_someone_reads(tmp_path):
    pid = work(tmp_path, 3)
    folding = threading.Thread(target=counts.fold, args=(tmp_path, pid))
    with counts.reading(tmp_path):
        folding.start()
        folding.join(0.3)
        assert (tmp_path / f"counter_{pid}.db").exists()
    folding.join(30)
    assert not (tmp_path / f"counter_{pid}.db").exists()
