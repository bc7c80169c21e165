"""Questions of many threads, answered together: what is asked at about the same time goes into one call."""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from threading import Lock, Thread, current_thread
from typing import Generic, NamedTuple, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")
Clock = Callable[[], float]


class Asked(NamedTuple, Generic[Question, Answer]):
    """A question, when it came (seconds of the gatherer's clock), and where its answer is put."""

    question: Question
    at: float
    answer: Future[Answer]


Waiting = SimpleQueue[Asked[Question, Answer] | None]
"""What was asked and not taken up yet, oldest first; None is the last that comes."""
Together = Callable[[Sequence[Question]], Iterable[tuple[int, Answer]]]


class Gatherer(Generic[Question, Answer]):
    """Has one thread answer what all others ask, as much of it at once as there is.

    together : given questions, yields the index and the answer of each, in any order; called in one thread alone. It must not
    refer to the gatherer, whose thread ends once nobody refers to it. most : questions in one call at most.
    wait_seconds : how long the first of them waits for more. clock : in seconds.

    The thread starts with the first question of a process, a forked one included.
    """

    def __init__(
        self, together: Together[Question, Answer], *, most: int, wait_seconds: float, clock: Clock = time.monotonic
    ) -> None:
        self._together = together
        self._most = most
        self._wait_seconds = wait_seconds
        self._clock = clock
        self._lock = Lock()
        self._process = 0

    def ask(self, question: Question, *, timeout: float | None = None) -> Answer:
        """Return the answer to a question, once it is there.

        timeout : seconds. Raises TimeoutError beyond them, and what the call raises that the question was in.
        """
        asked: Asked[Question, Answer] = Asked(question, self._clock(), Future())
        with self._lock:  # nothing is put behind the end
            if self._process != os.getpid():
                self._start()
            self._waiting.put(asked)
        return asked.answer.result(timeout)

    def close(self) -> None:
        """Answer what was asked, and end the thread. Whoever asks later starts another."""
        with self._lock:
            if self._process != os.getpid():
                return
            self._process, thread = 0, self._thread
            self._end()
        if thread is not current_thread():
            thread.join()

    def _start(self) -> None:
        waiting: Waiting[Question, Answer] = SimpleQueue()
        given = (waiting, self._together, self._most, self._wait_seconds, self._clock)
        self._thread = Thread(target=_answer, args=given, name="gatherer", daemon=True)
        self._waiting = waiting
        self._end = weakref.finalize(self, waiting.put, None)
        self._thread.start()
        self._process = os.getpid()


def gathered(
    waiting: Waiting[Question, Answer], most: int, wait_seconds: float, clock: Clock
) -> tuple[list[Asked[Question, Answer]], bool]:
    """Questions to be answered together, none of them where no more come, and whether more may come.

    The first is waited for; others are taken that are there, or come within ``wait_seconds`` of when the first came.
    """
    first = waiting.get()
    if first is None:
        return [], False
    found = [first]
    while len(found) < most:
        left = first.at + wait_seconds - clock()
        try:
            asked = waiting.get(block=left > 0.0, timeout=max(left, 0.0))
        except Empty:
            return found, True
        if asked is None:
            return found, False
        found.append(asked)
    return found, True


def _answer(
    waiting: Waiting[Question, Answer], together: Together[Question, Answer], most: int, wait_seconds: float, clock: Clock
) -> None:
    """Answer until no more come."""
    go_on = True
    while go_on:
        asked, go_on = gathered(waiting, most, wait_seconds, clock)
        _answer_all(asked, together)
        del asked


def _answer_all(asked: Sequence[Asked[Question, Answer]], together: Together[Question, Answer]) -> None:
    """Put each answer where it is waited for; an error goes to all who have none."""
    try:
        for index, answer in together([one.question for one in asked]) if asked else ():
            asked[index].answer.set_result(answer)
    except BaseException as error:  # raised again where it is waited for, which would else be forever
        for one in asked:
            if not one.answer.done():
                one.answer.set_exception(error)
