"""Versions of the models that training kept, and how to go back to one."""

from __future__ import annotations

import ctypes
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from regime_core import artifacts
from regime_core.artifacts import DETECTOR, MANIFEST
from regime_core.errors import ArtifactError, ModelError

WHEN = "%Y-%m-%dT%H-%M-%S.%fZ"
"""Name of a kept folder: the moment it was kept, UTC."""
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


@dataclass(frozen=True, slots=True)
class Version:
    """One version of one model.

    when : moment it was first kept, UTC; None of one that is served but was not kept here. kind : ``detector`` or ``states``.
    scores : those of its manifest. in_use : it is in the folder that is served. default : it answers when none is named.
    folder : where it lies, beside the models it was trained with.
    """

    name: str
    version: str
    kind: str
    when: datetime | None
    scores: Mapping[str, Any]
    in_use: bool
    default: bool
    folder: Path


def keep(folder: Path, kept: Path, *, now: datetime) -> Path:
    """Verified copy of a model folder among those kept, and its path; the one there is where the same were kept before."""
    content = (folder / MANIFEST).read_bytes()
    for earlier in _kept(kept):
        if (earlier / MANIFEST).read_bytes() == content:
            return earlier
    target = kept / now.astimezone(UTC).strftime(WHEN)
    replace(target, lambda ready: artifacts.combine(ready, detectors=folder, states=folder))
    return target


def versions(served: Path, kept: Path) -> list[Version]:
    """Every version there is, each once: newest first, before them those served that were never kept."""
    current: dict[str, Any] = {"models": {}, "default": ""}
    if (served / MANIFEST).is_file():
        current = artifacts.read_manifest(served)
    found: dict[tuple[str, str], Version] = {}
    for folder in (served, *_kept(kept)):
        when = None if folder == served else datetime.strptime(folder.name, WHEN).replace(tzinfo=UTC)
        models: Mapping[str, Any] = current["models"] if folder == served else artifacts.read_manifest(folder)["models"]
        for name, raw in models.items():
            key = (name, raw["version"])
            first = found.get(key)
            in_use = folder == served if first is None else first.in_use
            where = folder if first is None else first.folder
            default = in_use and name == current["default"]
            found[key] = Version(*key, raw.get("kind", DETECTOR), when, raw["scores"], in_use, default, where)
    undated = [version for version in found.values() if version.when is None]
    dated = [version for version in found.values() if version.when is not None]
    return undated + sorted(dated, key=lambda version: str(version.when), reverse=True)


def table(found: list[Version]) -> str:
    """Lines for people: name, version, when, scores; ``*`` is in use, ``**`` answers when none is named."""
    lines = [
        f"{'**' if one.default else '*' if one.in_use else '':3}{f'{one.name}@{one.version}':28}"
        f"{'not kept here' if one.when is None else f'{one.when:%Y-%m-%d %H:%M:%S}':21}{_score(one.scores)}"
        for one in found
    ]
    return "\n".join([f"{'':3}{'version':28}{'kept, UTC':21}scores", *lines, "", "* in use, ** and answers when none is named"])


def use(wanted: str, served: Path, kept: Path) -> Version:
    """Go back to ``NAME@VERSION``, with the models of its kind that were trained together with it; the others stay.

    A detector becomes the one that answers when none is named. What was served is kept, so that one can come back to it.
    Raises ModelError ``model.unknown`` for what was not kept, ArtifactError where a file of it was altered.
    """
    there = versions(served, kept)
    found = next((version for version in there if f"{version.name}@{version.version}" == wanted), None)
    if found is None:
        known = ", ".join(f"{version.name}@{version.version}" for version in there) or "none"
        raise ModelError("model.unknown", f"There is no {wanted!r}; kept are {known}.")
    keep(served, kept, now=datetime.now(UTC))
    if found.kind == DETECTOR:
        install(served, detectors=found.folder, states=served, default=found.name)
    else:
        install(served, detectors=served, states=found.folder)
    return found


def install(served: Path, *, detectors: Path, states: Path | None, default: str | None = None) -> None:
    """Serve the detectors of one folder and the states of another from now on; the server reads them when it next starts.

    Raises ArtifactError, with nothing changed, where a file was altered or this version of the program cannot load it.
    """

    def fill(ready: Path) -> None:
        artifacts.combine(ready, detectors=detectors, states=states, default=default)
        artifacts.load(ready)

    replace(served, fill)


def replace(folder: Path, fill: Callable[[Path], None]) -> None:
    """Fill a new folder and put it where ``folder`` is, or is to be: a reader finds the old files or the new, never a mixture.

    fill : is given a path at which there is nothing yet. Where it fails, all stays as it was.
    Where the system cannot swap two folders in one step, the old one is moved aside first, and back if that fails.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as room:
        ready, former = Path(room) / "ready", Path(room) / "former"
        fill(ready)
        try:
            if not folder.exists():
                ready.rename(folder)
            elif not _exchanged(ready, folder):
                folder.rename(former)
                _rename_or_restore(ready, folder, former)
        except OSError as error:
            raise ArtifactError(
                "artifact.not_replaced",
                f"{folder} cannot be replaced ({os.strerror(error.errno or 0)}): it stays as it was. Is it a mount of its own?",
            ) from error


def _score(scores: Mapping[str, Any]) -> str:
    """The figures by which versions are told apart: of a detector on its test markets, of a forecaster a day ahead."""
    if "balanced_accuracy" in scores:
        balanced = list(scores["balanced_accuracy"].values())
        return f"balanced accuracy {sum(balanced) / len(balanced):.4f}, log-loss {scores['log_loss']:.4f}"
    if "walk_forward" in scores:
        k, by_horizon = next(iter(scores["walk_forward"].items()))
        horizon, figures = next(iter(by_horizon.items()))
        return f"{k}, {horizon}: accuracy {figures['accuracy']:.4f}, log-loss {figures['log_loss']:.4f}"
    if "silhouette" in scores:
        return f"silhouette {max(scores['silhouette'].values()):.4f}"
    return "-"


def _rename_or_restore(ready: Path, folder: Path, former: Path) -> None:
    try:
        ready.rename(folder)
    except OSError:
        former.rename(folder)
        raise


def _exchanged(one: Path, other: Path) -> bool:
    """Swap two folders in one step, where the system can (Linux, renameat2); False, with nothing changed, where not."""
    swap = getattr(ctypes.CDLL(None), "renameat2", None)
    if swap is None:
        return False
    return bool(swap(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0)


def _kept(kept: Path) -> list[Path]:
    """Folders kept, newest first; what is not named after a moment is none."""
    return sorted((path for path in kept.glob("[0-9]*Z") if (path / MANIFEST).is_file()), reverse=True)
