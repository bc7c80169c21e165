"""What many threads ask is answered together, each with its own answer; no clock runs here but one that stands still."""

import gc
import os
import threading
import weakref
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regime_core.models.gathering import Asked, Gatherer, gathered

MINUTES = 120.0


class Waiting:
    """A queue whose items come at given times of its own clock; it is waited for as long as it says."""

    def __init__(self, *times, end=False):
        self.now = 0.0
        self.items = [(at, Asked(at, at, Future())) for at in times]
        if end:
            self.items.append((times[-1] if times else 0.0, None))

    def get(self, block=True, timeout=None):
        until = float("inf") if timeout is None else self.now + (timeout if block else 0.0)
        if not self.items or self.items[0][0] > until:
            self.now = until
            raise Empty
        at, item = self.items.pop(0)
        self.now = max(self.now, at)
        return item


def taken(waiting, most=256, wait_seconds=2.0):
    found, more = gathered(waiting, most, wait_seconds, lambda: waiting.now)
    return [one.question for one in found], more


def test_what_comes_in_time_is_taken_together():
    waiting = Waiting(10.0, 10.5, 11.9, 12.1)
    assert taken(waiting) == ([10.0, 10.5, 11.9], True)
    assert waiting.now == 12.0
    assert taken(waiting) == ([12.1], True)


def test_no_more_are_taken_than_wanted():
    waiting = Waiting(*[1.0] * 5)
    assert taken(waiting, most=3) == ([1.0] * 3, True)
    assert waiting.now == 1.0


def test_what_waited_long_enough_waits_no_longer():
    """While a call runs, questions come: the next one takes all that are there, and waits for none."""
    waiting = Waiting(1.0, 2.0, 3.0, 10.5)
    waiting.now = 10.0
    assert taken(waiting) == ([1.0, 2.0, 3.0], True)
    assert waiting.now == 10.0


def test_the_end_is_seen():
    assert taken(Waiting(1.0, 1.5, end=True)) == ([1.0, 1.5], False)
    assert taken(Waiting(end=True)) == ([], False)


@given(st.lists(st.floats(0, 50), min_size=1, max_size=40).map(sorted), st.integers(1, 8), st.floats(0, 5))
def test_every_question_is_taken_once_and_in_order(times, most, wait_seconds):
    waiting = Waiting(*times, end=True)
    found, more = [], True
    while more:
        batch, more = taken(waiting, most, wait_seconds)
        assert len(batch) <= most
        assert not batch or batch[-1] <= batch[0] + wait_seconds or batch[-1] <= waiting.now
        found += batch
    assert found == times


def doubled(questions):
    return ((i, 2 * question) for i, question in reversed(list(enumerate(questions))))


def test_sixty_four_threads_have_their_own_answers_and_meet():
    calls = []

    def together(questions):
        calls.append(len(questions))
        return doubled(questions)

    gatherer = Gatherer(together, most=256, wait_seconds=0.05)
    at_once = threading.Barrier(64)

    def ask(i):
        at_once.wait()
        return [gatherer.ask(100 * i + j, timeout=MINUTES) for j in range(5)]

    with ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(ask, range(64)))
    assert answers == [[2 * (100 * i + j) for j in range(5)] for i in range(64)]
    assert sum(calls) == 320
    assert max(calls) > 1
    gatherer.close()


def test_an_error_reaches_all_who_have_no_answer_and_the_next_are_answered():
    def together(questions):
        yield questions.index("early"), "answered"
        raise ValueError("spoilt")

    gatherer = Gatherer(together, most=3, wait_seconds=MINUTES)
    with ThreadPoolExecutor(3) as pool:  # three fill a call, which then waits no longer
        futures = {question: pool.submit(gatherer.ask, question, timeout=MINUTES) for question in ("early", "late", "later")}
    assert futures["early"].result() == "answered"
    for question in ("late", "later"):
        with pytest.raises(ValueError, match="spoilt"):
            futures[question].result()
    with ThreadPoolExecutor(3) as pool:
        again = [pool.submit(gatherer.ask, "early", timeout=MINUTES) for _ in range(3)]
    assert sum(one.exception() is None for one in again) == 1
    gatherer.close()


def test_who_waits_too_long_is_told():
    held = threading.Event()

    def together(questions):
        held.wait(MINUTES)
        return doubled(questions)

    gatherer = Gatherer(together, most=1, wait_seconds=0.0)
    with pytest.raises(TimeoutError):
        gatherer.ask(1, timeout=0.01)
    held.set()
    assert gatherer.ask(2, timeout=MINUTES) == 4
    gatherer.close()


def test_who_asks_while_others_close_is_answered():
    gatherer = Gatherer(doubled, most=8, wait_seconds=0.0)

    def ask_and_close(i):
        answer = gatherer.ask(i, timeout=MINUTES)
        gatherer.close()
        return answer

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(ask_and_close, range(400))) == [2 * i for i in range(400)]


def thread_of(gatherer):
    return gatherer._thread


def test_no_thread_is_there_before_the_first_question_nor_after_the_end():
    before = threading.active_count()
    gatherer = Gatherer(doubled, most=4, wait_seconds=0.0)
    gatherer.close()
    assert threading.active_count() == before
    assert gatherer.ask(3) == 6
    thread = thread_of(gatherer)
    gatherer.close()
    assert not thread.is_alive()
    gatherer.close()
    assert gatherer.ask(4) == 8
    assert thread_of(gatherer) is not thread
    gatherer.close()


def test_a_forgotten_gatherer_leaves_no_thread():
    gatherer = Gatherer(doubled, most=4, wait_seconds=0.0)
    assert gatherer.ask(3) == 6
    thread, alive = thread_of(gatherer), weakref.ref(gatherer)
    del gatherer
    gc.collect()
    assert alive() is None
    thread.join(MINUTES)
    assert not thread.is_alive()


@pytest.mark.parametrize("asked_before", [False, True])
def test_a_forked_process_starts_its_own_thread(asked_before):
    gatherer = Gatherer(doubled, most=4, wait_seconds=0.0)
    if asked_before:
        assert gatherer.ask(3) == 6
    child = os.fork()
    if child == 0:
        os._exit(0 if gatherer.ask(5, timeout=MINUTES) == 10 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert hasattr(gatherer, "_thread") == asked_before
    gatherer.close()
