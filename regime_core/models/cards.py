"""A network on a card, for many threads: what they ask is gathered into forward passes. It runs out of memory, and is lost."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from threading import Lock
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import Float
from regime_core.errors import ModelError
from regime_core.models.gathering import Gatherer

Float32 = NDArray[np.float32]

MOST = 256
"""Sequences in one forward pass at most."""
WAIT_SECONDS = 0.002
"""How long a sequence waits for others."""
PATIENCE_SECONDS = 20.0
"""A card that has not answered by then does not answer any more."""
LONGEST = 4096
"""Bars beyond which the CPU reads a sequence: a card goes from bar to bar no faster for one than for 256, and others wait."""
SPREAD = 4
"""A pass takes as long as its longest sequence. Those up to so many times as long as another go together with it: the
shorter ones have their answers first, and all passes together take a third longer than one, at most."""
THREADS = 64
"""Threads of a server that has a card: so many sequences can meet in one pass, and one process still changes between them."""
LOST = "the GPU was lost: answered by the CPU"
TOO_LARGE = "the GPU had no room for this series: answered by the CPU"

log = logging.getLogger(__name__)


class CardLost(ModelError):
    """A card that fails in another way than by having no room: nothing on it answers any more."""

    def __init__(self, message: str) -> None:
        super().__init__("model.device", message)


class Read(NamedTuple):
    """What a network makes of a sequence.

    margins : (n_bars, 5) after each bar. without : (n_inputs, 5) after the last, where one input reads as usual of late.
    """

    margins: Float
    without: Float


class Forward(Protocol):
    """A network on a device. It is used by one thread at a time."""

    def __call__(self, sequences: Sequence[Float32]) -> list[Read]:
        """Read sequences (n_bars, n_inputs) from their first bars. Raises MemoryError where they have no room, or CardLost."""
        ...

    def free(self) -> None:
        """Let go of memory that is held for later."""
        ...


class Card:
    """A network on a card, as all threads of a process use it.

    make : puts the network there. Where it raises ModelError, the card is lost from the start.
    """

    def __init__(self, make: Callable[[], Forward]) -> None:
        self._passes = Passes()
        try:
            self._passes.forward = make()
        except ModelError as error:
            self._passes.lose(error.message)
        self._gatherer = Gatherer(self._passes, most=MOST, wait_seconds=WAIT_SECONDS)

    @property
    def lost(self) -> bool:
        """Whether it answers no more."""
        return self._passes.lost

    def read(self, sequence: Float32) -> Read | str:
        """Read a sequence (n_bars, n_inputs) from its first bar, together with what other threads ask; or say why it cannot."""
        if self.lost:
            return LOST
        try:
            return self._gatherer.ask(sequence, timeout=PATIENCE_SECONDS)
        except TimeoutError:
            self._passes.lose(f"no answer within {PATIENCE_SECONDS:.0f} s")
            return LOST

    def take_sizes(self) -> list[int]:
        """Sequences in each forward pass since this was last asked, or in the last ten thousand."""
        return self._passes.take_sizes()

    def close(self) -> None:
        """End the thread that asks the card."""
        self._gatherer.close()


class Passes:
    """Forward passes over what was gathered, in as few as there is room for.

    Out of memory, a pass is tried again with half as many sequences; each that succeeds lets the next have one more.
    """

    def __init__(self, forward: Forward | None = None) -> None:
        self.forward = forward
        self._sizes: deque[int] = deque(maxlen=10_000)
        self.lost = False
        self._most = MOST
        self._lock = Lock()

    def __call__(self, sequences: Sequence[Float32]) -> Iterator[tuple[int, Read | str]]:
        """Yield the index of each sequence with what was read, or why it was not."""
        for group in alike([len(one) for one in sequences]):
            left = group
            while left:
                part = left[: self._most]
                read = self._tried([sequences[index] for index in part])
                if read is None and len(part) > 1:
                    self._most = len(part) // 2
                    continue
                yield from zip(part, read or [TOO_LARGE], strict=True)
                left = left[len(part) :]

    def take_sizes(self) -> list[int]:
        """Sequences in each pass since this was last asked."""
        with self._lock:
            sizes = list(self._sizes)
            self._sizes.clear()
        return sizes

    def lose(self, reason: str) -> None:
        """Ask the card no more, and say so, once, in the log."""
        with self._lock:
            if self.lost:
                return
            self.lost = True
        log.error("The GPU was lost (%s): the CPU answers from now on, more slowly", reason)

    def _tried(self, sequences: Sequence[Float32]) -> Sequence[Read | str] | None:
        """What one pass reads; None where it has no room."""
        if self.lost or self.forward is None:
            return [LOST] * len(sequences)
        try:
            read = self.forward(sequences)
        except CardLost as error:
            self.lose(error.message)
            return [LOST] * len(sequences)
        except MemoryError:
            read = None  # what the pass had taken is held by its error, and free only once that is gone
        if read is None:
            self.forward.free()
            return None
        with self._lock:
            self._sizes.append(len(sequences))
        self._most = min(MOST, self._most + 1)
        return read


def alike(lengths: Sequence[int]) -> list[list[int]]:
    """Indices of sequences in groups for one pass each, shortest first: none is over SPREAD times as long as another in it."""
    groups: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if not groups or lengths[index] > SPREAD * lengths[groups[-1][0]]:
            groups.append([])
        groups[-1].append(index)
    return groups
