"""``final_model/``: a manifest, the hashes of its files, and weights in formats that run no code when read."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from regime_core.errors import ArtifactError
from regime_core.models import MODELS, Detector
from regime_core.regimes import ModelRef

FORMAT = 1
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model of the manifest.

    window : bars wanted for full accuracy. features : columns it reads. training : ranges, seed and data hash it was fitted on.
    scores : figures on data no choice was made on. files : file name -> sha256 of its bytes.
    """

    name: str
    version: str
    window: int
    features: tuple[str, ...] = ()
    training: Mapping[str, Any] = field(default_factory=dict)
    scores: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def ref(self) -> ModelRef:
        """Name and version."""
        return ModelRef(self.name, self.version)


@dataclass(frozen=True, slots=True)
class Artifacts:
    """A verified model folder: what it says of itself and its detectors, ready to answer."""

    default: str
    entries: Mapping[str, ModelEntry]
    detectors: Mapping[str, Detector]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model to be saved, with what the manifest says of it."""

    detector: Detector
    features: tuple[str, ...] = ()
    training: Mapping[str, Any] = field(default_factory=dict)
    scores: Mapping[str, Any] = field(default_factory=dict)


def save(folder: Path, models: list[Fitted], *, default: str) -> None:
    """Write weights and, last and atomically, the manifest. The same models give the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = {}
    for fitted in models:
        files = {name: _sha256(folder / name) for name in fitted.detector.save(folder)}
        entries[fitted.detector.name] = {
            "version": _version(files),
            "window": fitted.detector.window,
            "features": list(fitted.features),
            "training": dict(fitted.training),
            "scores": dict(fitted.scores),
            "files": files,
        }
    manifest = {"format": FORMAT, "default": default, "models": entries}
    write_atomically(folder / MANIFEST, json.dumps(manifest, indent=1, allow_nan=False).encode() + b"\n")


def load(folder: Path) -> Artifacts:
    """Read, verify and load every model of a folder.

    Raises ArtifactError, naming the file, if one is missing, altered, or of another format.
    """
    manifest = _read_manifest(folder / MANIFEST)
    entries = {name: _entry(name, raw, folder) for name, raw in manifest["models"].items()}
    if manifest["default"] not in entries:
        raise ArtifactError(
            "artifact.default", f"{folder / MANIFEST} names the default {manifest['default']!r} but has no such model."
        )
    for entry in entries.values():
        _verify(folder, entry)
    return Artifacts(manifest["default"], entries, {name: MODELS[name].load(folder) for name in entries})


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file's content in one step: a reader sees the old bytes or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise ArtifactError(
            "artifact.missing", f"{path} is missing: run `make train`, or restore the shipped folder."
        ) from None
    except ValueError as error:
        raise ArtifactError("artifact.altered", f"{path} is not valid JSON ({error}): restore it.") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ArtifactError("artifact.format", f"{path} is not of format {FORMAT}: rebuild it with `make train`.")
    if not isinstance(manifest.get("models"), dict) or "default" not in manifest:
        raise ArtifactError("artifact.altered", f"{path} lacks models or default: restore it.")
    return manifest


def _entry(name: str, raw: Mapping[str, Any], folder: Path) -> ModelEntry:
    if name not in MODELS:
        raise ArtifactError("artifact.format", f"{folder / MANIFEST} has the model {name!r}, which this version does not know.")
    try:
        return ModelEntry(
            name, raw["version"], raw["window"], tuple(raw["features"]), raw["training"], raw["scores"], raw["files"]
        )
    except (KeyError, TypeError) as error:
        raise ArtifactError(
            "artifact.altered", f"{folder / MANIFEST}: the entry of {name!r} is incomplete ({error})."
        ) from error


def _verify(folder: Path, entry: ModelEntry) -> None:
    for file, expected in entry.files.items():
        if Path(file).name != file:
            raise ArtifactError("artifact.altered", f"{folder / MANIFEST} names {file!r}, which is not a plain file name.")
        path = folder / file
        if not path.is_file():
            raise ArtifactError("artifact.missing", f"{path} is missing: run `make train`, or restore the shipped folder.")
        if _sha256(path) != expected:
            raise ArtifactError("artifact.altered", f"{path} does not match its sha256 in {MANIFEST}: restore or retrain it.")
    if entry.version != _version(entry.files):
        raise ArtifactError("artifact.altered", f"{folder / MANIFEST}: the version of {entry.name!r} does not match its files.")


def _version(files: Mapping[str, str]) -> str:
    """Version that follows from the weights alone: equal weights, equal version."""
    if not files:
        return "1"
    return hashlib.sha256("".join(f"{name}:{files[name]}\n" for name in sorted(files)).encode()).hexdigest()[:12]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
