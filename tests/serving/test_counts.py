"""Counts of workers that are gone: added up, never lost, never told twice."""

import fcntl
import threading

import pytest
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.multiprocess import MultiProcessCollector

from serving import counts


def worker(folder, pid, values, kind="counter"):
    written = MmapedDict(str(folder / f"{kind}_{pid}.db"))
    for name, value in values.items():
        written.write_value(mmap_key("asked", "asked_total", ["by"], [name], "How often."), value, 0.0)
    written.close()


def sums(folder):
    """As a scrape adds them up: by the library's own reader."""
    (family,) = MultiProcessCollector(None, str(folder)).collect()
    return {sample.labels["by"]: sample.value for sample in family.samples}


def files(folder):
    return {path.name for path in folder.glob("*.db")}


def test_two_hundred_dead_workers_leave_one_file_and_every_count(tmp_path):
    for pid in range(1, 201):
        worker(tmp_path, pid, {"a": 1.0, f"only {pid % 7}": pid})
        before = sums(tmp_path)
        counts.fold(tmp_path, pid)
        assert sums(tmp_path) == before
    assert len(files(tmp_path)) == 1
    assert before["a"] == 200
    assert sum(value for name, value in before.items() if name != "a") == sum(range(1, 201))


def test_files_of_the_living_and_live_gauges_stay_as_they_are(tmp_path):
    worker(tmp_path, 1, {"a": 1})
    worker(tmp_path, 2, {"a": 2})
    worker(tmp_path, 2, {"b": 5}, kind="gauge_livesum")
    counts.fold(tmp_path, 2)
    assert {"counter_1.db", "gauge_livesum_2.db"} < files(tmp_path)
    assert "counter_2.db" not in files(tmp_path)


def test_a_scrape_under_way_is_waited_for(tmp_path):
    worker(tmp_path, 1, {"a": 1})
    with counts.reading(tmp_path):
        folding = threading.Thread(target=counts.fold, args=(tmp_path, 1))
        folding.start()
        folding.join(0.2)
        assert folding.is_alive()
        assert files(tmp_path) == {"counter_1.db"}
    folding.join(60)
    assert "counter_1.db" not in files(tmp_path)


def test_scrapes_wait_for_a_fold_but_not_for_each_other(tmp_path):
    with counts.reading(tmp_path), (tmp_path / "folding").open("a") as other:
        fcntl.flock(other, fcntl.LOCK_SH | fcntl.LOCK_NB)
        with (tmp_path / "folding").open("a") as folding, pytest.raises(BlockingIOError):
            fcntl.flock(folding, fcntl.LOCK_EX | fcntl.LOCK_NB)
