"""What all results rest on: the datasets, the jobs and the engine of a process, and what was made once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Generic, TypeVar

from jobs import Jobs
from regime_core.datasets import DEFAULT, VIX, Dataset, Library
from regime_core.engine import Engine
from regime_core.errors import RegimeError
from regime_core.regimes import ModelRef

INLINE_BARS = 50_000
"""Longer series are labelled by a job, so that a request of a trading client never waits behind one."""

_Made = TypeVar("_Made")


class Kept(Generic[_Made]):
    """The results asked for last, each made once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._made: OrderedDict[Hashable, _Made] = OrderedDict()
        self._making: dict[Hashable, RLock] = {}
        self._lock = RLock()

    def has(self, key: Hashable) -> bool:
        """Whether ``get`` would give what is there already."""
        with self._lock:
            return key in self._made

    def get(self, key: Hashable, make: Callable[[], _Made]) -> _Made:
        """What was made under the key; whoever else asks for it waits while it is, and nobody else does."""
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                return self._made[key]
            making = self._making.setdefault(key, RLock())
        with making:
            with self._lock:
                if key in self._made:
                    return self._made[key]
            try:
                made = make()
                with self._lock:
                    self._made[key] = made
                    while len(self._made) > self._most:
                        self._made.popitem(last=False)
                return made
            finally:
                with self._lock:
                    self._making.pop(key, None)


@dataclass(frozen=True, slots=True)
class Sources:
    """Where results come from.

    model_dir : folder of the models. folder : of what jobs made of bundled histories; that of an upload lies beside it.
    fits_off : why no job that fits may be started; empty where it may.
    """

    library: Library
    jobs: Jobs
    engine: Callable[[], Engine]
    model_dir: Path
    folder: Path
    fits_off: str


class Base:
    """Datasets, jobs and paths of results."""

    def __init__(self, sources: Sources) -> None:
        """Take up where results come from."""
        self._library = sources.library
        self._jobs = sources.jobs
        self._engine = sources.engine
        self._model_dir = sources.model_dir
        self._folder = sources.folder
        self._fits_off = sources.fits_off

    def _start_fit(self, arguments: list[str]) -> str:
        if self._fits_off:
            raise RegimeError("jobs.off", self._fits_off)
        return self._jobs.start(arguments)

    def _vix(self) -> Dataset | None:
        """The VIX that is served, where there is one."""
        return self._library.get(VIX) if any(info.id == VIX for info in self._library.infos()) else None

    def _vix_of(self, dataset: Dataset) -> Dataset | None:
        """The VIX that states of a dataset rest on: those of the S&P 500 and of the VIX itself alone."""
        return self._vix() if dataset.id in (DEFAULT, VIX) else None

    def _label_key(self, dataset: Dataset, model: ModelRef) -> tuple[str, ...]:
        return (str(dataset.path), dataset.version, f"{model.name}@{model.version}")

    def _result_path(self, dataset: Dataset, name: str) -> Path:
        """File of a job's result: beside an upload, so that it goes with it; never in the folder of the bundled histories."""
        folder = dataset.path.parent
        if dataset.bundled:
            folder = self._folder
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder / f"{dataset.path.stem}.{dataset.version}.{name}"


def key_of(dataset: Dataset, beside: Dataset | None) -> tuple[str, ...]:
    """What a result rests on: the dataset, the one beside it, and the version of each."""
    return (str(dataset.path), dataset.version, beside.version if beside else "")
