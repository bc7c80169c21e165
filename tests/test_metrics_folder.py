"""Counts of workers that are gone: added up, never lost, never told twice."""

import fcntl
import threading

from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.multiprocess import MultiProcessCollector

import metrics_folder


def worker(folder, pid, counts, kind="counter"):
    values = MmapedDict(str(folder / f"{kind}_{pid}.db"))
    for name, value in counts.items():
        values.write_value(mmap_key("asked", "asked_total", ["by"], [name], "How often."), value, 0.0)
    values.close()


def sums(folder):
    (family,) = MultiProcessCollector(None, str(folder)).collect()
    return {sample.labels["by"]: sample.value for sample in family.samples}


def files(folder):
    return {path.name for path in folder.glob("*.db")}


def test_two_hundred_dead_workers_leave_one_file_and_every_count(tmp_path):
    for pid in range(200):
        worker(tmp_path, pid, {"a": 1.0, f"only {pid % 7}": pid})
        before = sums(tmp_path)
        assert metrics_folder.fold(tmp_path, [pid, 10_000])
        assert sums(tmp_path) == before
    assert files(tmp_path) == {"counter_gone.db", "counter_199.db"}
    assert before["a"] == 200
    assert sum(value for name, value in before.items() if name != "a") == sum(range(200))


def test_files_of_the_living_and_gauges_stay_as_they_are(tmp_path):
    worker(tmp_path, 1, {"a": 1})
    worker(tmp_path, 2, {"a": 2})
    worker(tmp_path, 2, {"b": 5}, kind="gauge_livesum")
    assert metrics_folder.fold(tmp_path, [1])
    assert files(tmp_path) == {"counter_1.db", "counter_gone.db", "gauge_livesum_2.db"}


def test_a_scrape_under_way_is_waited_for(tmp_path):
    worker(tmp_path, 1, {"a": 1})
    reading, read_on = threading.Event(), threading.Event()

    def scrape():
        with metrics_folder.held(tmp_path):
            reading.set()
            read_on.wait(60)

    scraping = threading.Thread(target=scrape)
    scraping.start()
    reading.wait(60)
    assert not metrics_folder.fold(tmp_path, [], seconds=0.05)
    assert files(tmp_path) == {"counter_1.db"}
    read_on.set()
    scraping.join()
    assert metrics_folder.fold(tmp_path, [])
    assert files(tmp_path) == {"counter_gone.db"}


def test_scrapes_do_not_wait_for_each_other(tmp_path):
    with metrics_folder.held(tmp_path), (tmp_path / metrics_folder.LOCK).open("a") as other:
        fcntl.flock(other, fcntl.LOCK_SH | fcntl.LOCK_NB)
