"""The models a server serves: a copy of the model folder, taken when it starts and each time it is reloaded.

So a worker that starts later loads what the others answer with, whatever has become of the folder by then.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, replace
from logging import Logger
from pathlib import Path

from regime_core.errors import RegimeError
from runtime import Runtime, Settings

KEPT = 2
"""Copies kept: the one in use, and the one before it, from which old workers and waiting jobs may still read."""


ON_CARD = 3
"""Exit code of the child that has loaded the models, where they answer on a card; 0 where on the CPU."""


@dataclass(slots=True)
class Served:
    """The copies of one gunicorn master, newest last. on_card : whether those in use answer on a card."""

    copies: list[Path]
    on_card: bool = False

    @property
    def folder(self) -> Path:
        """The copy that workers load."""
        return self.copies[-1]

    def take(self, settings: Settings, log: Logger) -> bool:
        """Copy the model folder and use the copy from now on, if it is whole; else say in the log what is wrong with it.

        A child of its own loads it, which also leaves compiled kernels in numba's cache. Then this process does, which takes
        the kernels from there into its memory: a worker forked later finds them in its own, and loads no more than models.
        """
        copy = Path(tempfile.mkdtemp(prefix="regime-desk-models-")) / "model"
        try:
            if settings.model_dir.is_dir():
                shutil.copytree(settings.model_dir, copy)
        except (OSError, shutil.Error) as error:
            log.error("The model folder %s cannot be copied: %s", settings.model_dir, error)
            return self._refuse(copy)
        child = os.fork()
        if child == 0:
            runtime = Runtime(replace(settings, model_dir=copy))
            loaded = loads(runtime, log, copy_of=settings.model_dir)
            os._exit(1 if not loaded else ON_CARD if runtime.engine.device == "cuda" else 0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        # a process that has touched a card can fork none that does
        on_cpu = replace(settings, model_dir=copy, device="cpu")
        if code not in (0, ON_CARD) or not loads(Runtime(on_cpu), log, copy_of=settings.model_dir):
            log.error("The model folder %s is not served", settings.model_dir)
            return self._refuse(copy)
        self.on_card = code == ON_CARD
        self.copies.append(copy)
        while len(self.copies) > KEPT:
            shutil.rmtree(self.copies.pop(0).parent, ignore_errors=True)
        return True

    def clear(self) -> None:
        """Remove all copies."""
        for copy in self.copies:
            shutil.rmtree(copy.parent, ignore_errors=True)
        self.copies.clear()

    def _refuse(self, copy: Path) -> bool:
        shutil.rmtree(copy.parent, ignore_errors=True)
        return False


def loads(runtime: Runtime, log: Logger, *, copy_of: Path | None = None, or_say_so: bool = False) -> bool:
    """Load and warm the models of a process; False, with the reason in the log, where that cannot be.

    copy_of : folder that the log names in place of its copy. or_say_so : see ``Runtime.load``.
    """
    try:
        runtime.load(or_say_so=or_say_so)
    except RegimeError as error:
        folder = str(runtime.settings.model_dir)
        log.error("The models cannot be loaded: %s", error.message.replace(folder, str(copy_of or folder)))
        return False
    return True


SERVED = Served([])
"""Of this master: it outlives the configuration file, which gunicorn reads anew at each reload."""
