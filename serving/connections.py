"""gunicorn's threaded worker, whose threads do not wait for slow clients.

One loop reads what all clients send. A request takes a thread once it is whole, or once ``BUFFERED`` bytes of it are there:
then a few threads read the rest, and the others stay free for whole requests. What a client does not take of its answer at once
the loop sends it later. Who sends or takes too slowly is let go.
"""

from __future__ import annotations

import errno
import json
import re
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from enum import Enum
from functools import partial
from types import FrameType
from typing import Any

from gunicorn import util
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn, ThreadWorker
from werkzeug.exceptions import RequestTimeout

from serving.handover import HANDOVER, LONGEST_SECONDS
from serving.sending import Sending

BUFFERED = 262_144
"""Bytes of one request that the loop keeps; a worker of 1,000 connections holds 262 MB at the very worst."""
LEAST_BYTES_PER_SECOND = 16_000
"""A body that comes, or an answer that is taken, more slowly than this over all its time is not waited for."""
MOST_UNSENT = 268_435_456
"""Bytes of answers that a worker keeps for those who do not take them; beyond that the most overdue are let go."""
LINGER_SECONDS = 2.0
"""Longest that a closed connection is kept for its client to take the end of its answer, or an idle one while we end."""
LINGER_BYTES = 1_000_000
"""Most that is read of what a client goes on sending after its answer."""
LOOK_EVERY_SECONDS = 0.5
_PIECE = 65_536
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_EXPECT = re.compile(rb"\r\nexpect:", re.IGNORECASE)
_TIMEOUT = "http.request_timeout"
_TOO_SLOW = "The request did not arrive in time: send it faster, or in smaller pieces."


class Arrival(Enum):
    """How much of a request is there."""

    HEAD_MISSING = "head missing"
    BODY_MISSING = "body missing"
    WHOLE = "whole"


def arrival(received: bytes | bytearray) -> Arrival:
    """How much of a request is there. It decides when a request gets a thread, never where one ends: gunicorn parses it."""
    head_end = received.find(b"\r\n\r\n")
    if head_end < 0:
        return Arrival.HEAD_MISSING
    head, body = bytes(received[: head_end + 2]), head_end + 4
    if _CHUNKED.search(head):
        last = received.rfind(b"\r\n0\r\n", head_end + 2)
        there = last >= 0 and received.find(b"\r\n\r\n", last + 3) >= 0
    else:
        length = _LENGTH.search(head)
        there = length is None or len(received) - body >= int(length[1])
    return Arrival.WHOLE if there else Arrival.BODY_MISSING


class Connection(TConn):  # type: ignore[misc]
    """A client's connection and what has come on it of the next request.

    deadline : when it is let go (``time.monotonic``). large : holds one of the few threads that wait for a client.
    """

    def __init__(self, *given: Any, patience: float, linger: Callable[[Connection], None]) -> None:  # noqa: ANN401
        super().__init__(*given)
        self.patience = patience
        self.linger = linger
        self.ahead = bytearray()
        self.large = False
        self.late = False
        self.draining = False
        self.invited = False
        self.begin()

    def begin(self) -> None:
        """Start the clock of a request."""
        self.begun = time.monotonic()
        self.counted = 0
        self.invited = False

    @property
    def deadline(self) -> float:
        """Time by which more must have come or been taken: every 16 kB of a body or of an answer earn it a second."""
        return self.begun + self.patience + self.counted / LEAST_BYTES_PER_SECOND

    def init(self) -> None:
        """Get ready for a thread, which reads through ``_Reader`` and waits for no answer to be taken."""
        super().init()
        if not isinstance(self.parser.unreader, _Reader):
            self.parser.unreader = _Reader(self)
        self.sock.setblocking(False)

    def close(self, graceful: bool = False) -> None:
        """Close at once, or once the client has taken what was sent; the loop goes on meanwhile, as gunicorn's would not."""
        if graceful:
            self.linger(self)
        else:
            util.close(self.sock)


class _Reader(SocketUnreader):  # type: ignore[misc]
    """What a thread reads a request from: first what the loop has read, then the connection, within the deadline."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection.sock)
        self.connection = connection

    def chunk(self) -> bytes:
        """Next piece. Raises RequestTimeout once the client is too slow."""
        conn = self.connection
        if conn.ahead:  # in small pieces: gunicorn copies what is left of one with each kilobyte it takes
            piece = bytes(memoryview(conn.ahead)[: self.mxchunk])
            del conn.ahead[: self.mxchunk]
            return piece
        before = self.sock.gettimeout()
        left = conn.deadline - time.monotonic()
        try:
            self.sock.settimeout(max(0.001, min(left, before or left)))
            data: bytes = self.sock.recv(self.mxchunk)
        except TimeoutError:
            conn.late = True
            if conn.draining:
                raise
            raise RequestTimeout(_TOO_SLOW) from None
        finally:
            self.sock.settimeout(before)
        conn.counted += len(data)
        return data


class Worker(ThreadWorker):  # type: ignore[misc]
    """Reads requests in its loop and answers them in its threads.

    patience : seconds a client may take or fall behind. count_problem : told code and status of what the loop itself answers.
    """

    patience = 10.0
    count_problem: Callable[[str, int], None] | None = None

    def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401
        super().__init__(*given, **named)
        self._reading: set[Connection] = set()
        self._sending: set[Connection] = set()
        self._lingering: dict[Connection, float] = {}
        self._large = 0
        self._large_waiting: deque[Connection] = deque()
        self._looked = time.monotonic()
        self._leave_by = 0.0

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End; but at a reload only once the successors serve, or when told again."""
        if self._leave_by or not HANDOVER.awaited_by(self.age):
            super().handle_exit(sig, frame)
        else:
            self._leave_by = time.monotonic() + LONGEST_SECONDS

    def accept(self, listener: socket.socket) -> None:
        """Take a new connection and what it has sent already."""
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED):
                raise
            return
        self.nr_conns += 1
        given = self.cfg, Sending(client), address, listener.getsockname()
        conn = Connection(*given, patience=self.patience, linger=self._linger)
        self._read(conn)

    def on_client_socket_readable(self, conn: Connection, client: socket.socket) -> None:
        """Read the next request of a connection that was idle."""
        self.keepalived_conns.remove(conn)
        self.poller.unregister(client)
        conn.begin()
        self._read(conn)

    def finish_request(self, conn: Connection, fs: Future[bool]) -> None:
        """Go on after an answer: with the next large request, and with what this client sent behind its last one.

        Before the latter, with the rest of the answer where the client has not taken it all.
        """
        if conn.large:
            conn.large = False
            self._large -= 1
            if self._large_waiting:
                self._start_large(self._large_waiting.popleft())
        if conn.sock.unsent:
            self._send_later(conn, fs)
            return
        super().finish_request(conn, fs)
        if conn in self.keepalived_conns:
            conn.ahead = bytearray(conn.parser.unreader.take_buffered()) + conn.ahead
            if conn.ahead:
                self.on_client_socket_readable(conn, conn.sock)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Serve what has come, and look for what is overdue even where nothing comes."""
        if self._leave_by and (not HANDOVER.awaited_by(self.age) or self._leave_by < time.monotonic()):
            self.alive = False
        super().wait_for_and_dispatch_events(min(timeout, LOOK_EVERY_SECONDS))

    def murder_keepalived(self) -> None:
        """Let go of idle connections: sooner while the worker ends, so that they do not hold it up."""
        if not self.alive:
            soon = time.monotonic() + LINGER_SECONDS
            for conn in self.keepalived_conns:
                conn.timeout = min(conn.timeout, soon)
        super().murder_keepalived()

    def murder_pending(self) -> None:
        """Let go of those whose request is overdue, with a 408 where some of it has come, and of closed ones."""
        now = time.monotonic()
        if now - self._looked < LOOK_EVERY_SECONDS:
            return
        self._looked = now
        for conn in list(self._reading):
            unsaid = not self.alive and not conn.ahead and conn.begun + LINGER_SECONDS < now
            if conn.deadline < now or unsaid:
                if conn.ahead:
                    self._say_too_slow(conn)
                self._drop(conn)
        for conn in [conn for conn in self._sending if conn.deadline < now]:
            self._drop(conn)
        for conn in [conn for conn, until in self._lingering.items() if until < now]:
            self._end(conn)

    def _send_later(self, conn: Connection, fs: Future[bool]) -> None:
        conn.begin()
        self._sending.add(conn)
        self.poller.register(conn.sock, selectors.EVENT_WRITE, lambda _client: self._send(conn, fs))
        while sum(one.sock.unsent for one in self._sending) > MOST_UNSENT:
            self._drop(min(self._sending, key=lambda one: one.deadline))

    def _send(self, conn: Connection, fs: Future[bool]) -> None:
        before = conn.sock.unsent
        try:
            conn.sock.flush()
        except OSError:
            self._drop(conn)
            return
        conn.counted += before - conn.sock.unsent
        if not conn.sock.unsent:
            self._leave_loop(conn)
            self.finish_request(conn, fs)

    def _say_too_slow(self, conn: Connection) -> None:
        problem = {
            "type": f"/docs#{_TIMEOUT}",
            "title": "Request Timeout",
            "status": 408,
            "code": _TIMEOUT,
            "detail": _TOO_SLOW,
        }
        body = json.dumps(problem).encode()
        head = f"HTTP/1.1 408 Request Timeout\r\nContent-Type: application/problem+json\r\nContent-Length: {len(body)}\r\n"
        _send_at_once(conn, f"{head}Connection: close\r\n\r\n".encode() + body)
        if self.count_problem is not None:
            self.count_problem(_TIMEOUT, 408)

    def _linger(self, conn: Connection) -> None:
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            util.close(conn.sock)
            return
        self.nr_conns += 1
        conn.counted = 0
        self._lingering[conn] = time.monotonic() + LINGER_SECONDS
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_lingering, conn))
        self._on_lingering(conn, conn.sock)

    def _on_lingering(self, conn: Connection, client: socket.socket) -> None:
        """Throw away what a client sends after its answer; at its end, close."""
        try:
            data = client.recv(_PIECE)
            conn.counted += len(data)
            gone = not data or conn.counted > LINGER_BYTES
        except BlockingIOError:
            return
        except OSError:
            gone = True
        if gone:
            self._end(conn)

    def _end(self, conn: Connection) -> None:
        del self._lingering[conn]
        self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        util.close(conn.sock)

    def _keepalive_after(self, conn: Connection, keepalive: bool) -> bool:
        if conn.late:
            return False
        conn.draining = True
        try:
            return bool(super()._keepalive_after(conn, keepalive))
        finally:
            conn.draining = False

    def _await(self, conn: Connection) -> None:
        if conn not in self._reading:
            self._reading.add(conn)
            self.poller.register(conn.sock, selectors.EVENT_READ, lambda _client: self._read(conn))

    def _read(self, conn: Connection) -> None:
        """Take what has come, and hand the request over once enough of it is there."""
        try:
            data = conn.sock.recv(_PIECE)
        except BlockingIOError:
            data = None
        except OSError:
            self._drop(conn)
            return
        if data:
            conn.ahead += data
        there = arrival(conn.ahead)
        if there is Arrival.WHOLE or (data == b"" and conn.ahead):
            self._leave_loop(conn)
            self.enqueue_req(conn)
        elif data == b"":
            self._drop(conn)
        elif len(conn.ahead) >= BUFFERED:
            self._leave_loop(conn)
            self._start_large(conn)
        else:
            if there is Arrival.BODY_MISSING and data:
                conn.counted += len(data)
                _invite(conn)
            self._await(conn)

    def _start_large(self, conn: Connection) -> None:
        if self._large >= max(1, self.cfg.threads // 2):
            self._large_waiting.append(conn)
            return
        self._large += 1
        conn.large = True
        conn.begin()
        self.enqueue_req(conn)

    def _leave_loop(self, conn: Connection) -> None:
        for waiting in (self._reading, self._sending):
            if conn in waiting:
                waiting.remove(conn)
                self.poller.unregister(conn.sock)
        conn.data_ready = True

    def _drop(self, conn: Connection) -> None:
        self._leave_loop(conn)
        self.nr_conns -= 1
        util.close(conn.sock)


def _invite(conn: Connection) -> None:
    """Tell a client that waits for leave to send its body to do so."""
    if conn.invited:
        return
    conn.invited = True
    if _EXPECT.search(conn.ahead, 0, conn.ahead.find(b"\r\n\r\n") + 2):
        _send_at_once(conn, b"HTTP/1.1 100 Continue\r\n\r\n")


def _send_at_once(conn: Connection, data: bytes) -> None:
    """Send what the connection takes without waiting."""
    try:
        conn.sock.send(data)
    except OSError:
        conn.late = True
