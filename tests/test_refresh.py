import fcntl
import threading
from concurrent.futures import ThreadPoolExecutor

import refresh
from regime_core.errors import RegimeError
from runtime import Runtime, Settings
from waiting import wait_until


def test_an_update_is_due_once_for_all_workers(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: refresh.due(tmp_path, 2.0, lambda: 1000.0), range(64)))
    assert answers.count(True) == 1
    assert not refresh.due(tmp_path, 2.0, lambda: 1000.0 + 7199)
    assert refresh.due(tmp_path, 2.0, lambda: 1000.0 + 7200)
    assert not refresh.due(tmp_path, 2.0, lambda: 1000.0 + 7200)


def test_a_worker_reads_the_clock_after_its_wait_for_another(tmp_path):
    assert refresh.due(tmp_path, 1.0, lambda: 1000.0)
    times, answers = iter([1000.0, 1000.5]), []
    with (tmp_path / "refreshed").open("r+") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        thread = threading.Thread(target=lambda: answers.append(refresh.due(tmp_path, 1.0, lambda: next(times))))
        thread.start()
        thread.join(0.2)
        assert not answers
        other.write(repr(next(times) + 0.2))
    thread.join(10)
    assert answers == [False]


def test_without_a_schedule_nothing_watches(tmp_path):
    assert refresh.start(Runtime(Settings(state_dir=tmp_path)), threading.Event()) is None


def test_two_workers_start_one_update_and_a_refused_one_is_logged(tmp_path, monkeypatch, caplog):
    started, stop = [], threading.Event()

    def start_update(runtime):
        started.append(runtime)
        raise RegimeError("jobs.full", "20 jobs are waiting.")

    monkeypatch.setattr(Runtime, "start_update", start_update)
    monkeypatch.setattr(refresh, "LOOK_EVERY_SECONDS", 0.01)
    settings = Settings(state_dir=tmp_path, refresh_hours=1.0)
    threads = [refresh.start(Runtime(settings), stop) for _ in range(2)]
    try:
        wait_until(lambda: "20 jobs are waiting" in caplog.text)
    finally:
        stop.set()
        for thread in threads:
            thread.join(10)
    assert len(started) == 1
