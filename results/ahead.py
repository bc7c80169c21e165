"""What a worker makes of the bundled histories before anyone asks, so that nobody waits for it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from functools import partial

from regime_core import trials
from regime_core.datasets import Library
from regime_core.engine import Engine
from regime_core.errors import RegimeError
from regime_core.models.sensitivity import VARIED
from regime_core.states import K_RANGE
from results import Results

log = logging.getLogger(__name__)

BEGIN_SECONDS = 4.0
"""A worker serves that long before it begins: who starts one and asks at once is not held up."""
PAUSE_SECONDS = 0.1
"""Between two results, for the requests that have come meanwhile. All of them take a worker about ten seconds."""
YEAR_BARS = 252


def start(results: Results, library: Library, engine: Engine, stop: threading.Event) -> threading.Thread:
    """Make all of ``steps`` in a thread of its own, until told to stop."""
    thread = threading.Thread(target=run, args=(steps(results, library, engine), stop), name="ahead", daemon=True)
    thread.start()
    return thread


def run(work: Iterator[Callable[[], object]], stop: threading.Event, *, begin: float = BEGIN_SECONDS) -> None:
    """One step after the other. What cannot be made is left to whoever asks for it, who is told why."""
    if stop.wait(begin):
        return
    for step in work:
        try:
            step()
        except RegimeError as error:
            log.debug("Not made ahead: %s", error.message)
        if stop.wait(PAUSE_SECONDS):
            return


def steps(results: Results, library: Library, engine: Engine) -> Iterator[Callable[[], object]]:
    """Results that take longest: first those of the choices that pages open with, then those of the others."""
    bundled = [library.get(info.id) for info in library.infos() if info.bundled]
    for dataset in bundled:
        yield partial(results.forecast, dataset)
        yield partial(results.scores, dataset)
        yield partial(results.outcomes, dataset)
        yield partial(results.input_drift, dataset, max(0, dataset.bars.n_bars - YEAR_BARS), dataset.bars.n_bars)
        yield from (partial(results.sensitivity, dataset, varied) for varied in VARIED)
    for cell in trials.CELLS:
        yield partial(results.yardstick, cell)
    others = [name for name in engine.entries if name != engine.default]
    for name in (engine.default, *others):
        yield from (partial(results.trial, cell, name) for cell in trials.CELLS)
    for dataset in bundled:
        for k in K_RANGE:
            yield partial(results.scores, dataset, k)
            yield partial(results.outcomes, dataset, k)
            yield from (partial(results.sensitivity, dataset, varied, k) for varied in VARIED)
