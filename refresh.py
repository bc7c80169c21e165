"""Updates of the bundled histories on a schedule: one schedule for all workers of a server."""

from __future__ import annotations

import fcntl
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from regime_core.errors import RegimeError
from runtime import Runtime

log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 60.0


def start(runtime: Runtime, stop: threading.Event) -> threading.Thread | None:
    """Watch the schedule of ``settings.refresh_hours`` until told to stop; None where there is no schedule."""
    if runtime.settings.refresh_hours <= 0:
        return None
    thread = threading.Thread(target=_watch, args=(runtime, stop), name="refresh", daemon=True)
    thread.start()
    return thread


def due(state_dir: Path, hours: float, clock: Callable[[], float] = time.time) -> bool:
    """Whether an update is due now by ``clock`` (seconds since 1970), which the caller then starts: one caller only.

    The time of the last update is kept in a file that workers lock in turn, so it survives a restart. The clock is
    read under that lock: a time read before it may be older than the one another worker has written meanwhile.
    """
    state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (state_dir / "refreshed").open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        last, now = float(file.read() or "-inf"), clock()
        if 0 <= now - last < hours * 3600:  # a time to come was written by a clock that has been put back since
            return False
        file.truncate(0)
        file.write(repr(now))
        return True


def _watch(runtime: Runtime, stop: threading.Event) -> None:
    settings = runtime.settings
    while True:
        if due(settings.state_dir, settings.refresh_hours):
            try:
                job = runtime.start_update()
            except RegimeError as error:
                log.warning("The scheduled update was not started: %s", error.message)
            else:
                log.info("The scheduled update runs as job %s", job)
        if stop.wait(LOOK_EVERY_SECONDS):
            return
