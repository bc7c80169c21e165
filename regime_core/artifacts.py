"""``final_model/``: a manifest, the hashes of its files, and weights in formats that run no code when read."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from regime_core.errors import ArtifactError
from regime_core.models import MODELS, STATE_MODELS, Detector, Forecaster, StateModel
from regime_core.models.training_rows import TrainingRows
from regime_core.regimes import ModelRef

FORMAT = 1
MANIFEST = "manifest.json"
WALK_FORWARD = "walk_forward.parquet"
"""Forecasts of past years, each made by models of the years before: out of sample, unlike the shipped models' own."""
DRIFT = "drift.json"
"""What the rows looked like that the detectors learnt from; see ``TrainingRows``."""
DETECTOR, STATES = KINDS = ("detector", "states")
Model = TypeVar("Model", Detector, Forecaster)


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model of the manifest.

    kind : ``detector`` of regimes, or ``states`` for a model of stress states.
    window : bars wanted for full accuracy. features : columns it reads. training : ranges, seed and data hash it was fitted on.
    scores : figures on data no choice was made on. files : file name -> sha256 of its bytes.
    set_threshold : of a detector's prediction sets, see ``evaluation.conformal``; None for a model that gives none.
    """

    name: str
    version: str
    window: int
    features: tuple[str, ...] = ()
    training: Mapping[str, Any] = field(default_factory=dict)
    scores: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    kind: str = DETECTOR
    set_threshold: float | None = None

    @property
    def ref(self) -> ModelRef:
        """Name and version."""
        return ModelRef(self.name, self.version)


@dataclass(frozen=True, slots=True)
class Artifacts:
    """A verified model folder: what it says of itself and its models, ready to answer.

    entries, detectors : of regimes, by name. state_entries : of models of stress states, by name.
    forecaster : of stress states, with its clustering; None in a folder that has none.
    trained : kind -> how the models of it were chosen: data, seeds, search, and what was tried beside them.
    walk_forward : file of its forecasts of past years; None in a folder that has none.
    training_rows : what the detectors learnt from; None in a folder that does not say.
    """

    default: str
    entries: Mapping[str, ModelEntry]
    detectors: Mapping[str, Detector]
    state_entries: Mapping[str, ModelEntry] = field(default_factory=dict)
    forecaster: Forecaster | None = None
    walk_forward: Path | None = None
    trained: Mapping[str, Any] = field(default_factory=dict)
    training_rows: TrainingRows | None = None


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model to be saved, with what the manifest says of it."""

    model: Detector | StateModel
    features: tuple[str, ...] = ()
    training: Mapping[str, Any] = field(default_factory=dict)
    scores: Mapping[str, Any] = field(default_factory=dict)
    set_threshold: float | None = None


def save(
    folder: Path,
    models: list[Fitted],
    *,
    default: str,
    trained: Mapping[str, Any] | None = None,
    training_rows: TrainingRows | None = None,
) -> None:
    """Write weights and, last and atomically, a manifest of these models alone. The same models give the same bytes.

    trained : how these detectors were chosen, for ``Artifacts.trained``. training_rows : what they learnt from.
    """
    folder.mkdir(parents=True, exist_ok=True)
    about = {DETECTOR: dict(trained)} if trained else {}
    _write_manifest(folder, _manifest(default, _written(folder, models), {}, about, _drift(folder, training_rows)))


def add_training_rows(folder: Path, training_rows: TrainingRows) -> None:
    """Say what the detectors of a folder learnt from, in place of what was said; all else stays as it is, bit for bit."""
    manifest = read_manifest(folder)
    parts = manifest["default"], manifest["models"], manifest.get("results", {}), manifest.get("trained", {})
    _write_manifest(folder, _manifest(*parts, _drift(folder, training_rows)))


def _drift(folder: Path, training_rows: TrainingRows | None) -> dict[str, str]:
    """Write what detectors learnt from; the file's hash by its name, as a manifest keeps it."""
    if training_rows is None:
        return {}
    write_atomically(folder / DRIFT, training_rows.to_json())
    return {DRIFT: _sha256(folder / DRIFT)}


def add_states(folder: Path, models: list[Fitted], *, trained: Mapping[str, Any] | None = None) -> None:
    """Put models of stress states beside the detectors of a folder, in place of those there were.

    ``walk_forward.parquet``, where it lies in the folder, is taken into the manifest. trained : as in ``save``.
    """
    manifest = read_manifest(folder)
    record = folder / WALK_FORWARD
    about = manifest.get("trained", {}) | ({STATES: dict(trained)} if trained else {})
    entries = _of_kind(manifest, DETECTOR) | _written(folder, models)
    results = {WALK_FORWARD: _sha256(record)} if record.is_file() else {}
    _write_manifest(folder, _manifest(manifest["default"], entries, results, about, manifest.get("drift", {})))


def combine(target: Path, *, detectors: Path, states: Path | None, default: str | None = None) -> None:
    """Fill the new folder ``target`` with the detectors of one folder and the stress states, if it has any, of another.

    default : name of a detector; that of ``detectors`` where None. Both from one folder give that folder's bytes.
    Raises ArtifactError where a file is missing or altered; whether this version of the program can load it is not tried.
    """
    manifest = read_manifest(detectors)
    other = {"models": {}} if states is None else read_manifest(states)
    entries = _of_kind(manifest, DETECTOR) | _of_kind(other, STATES)
    about = {
        kind: source["trained"][kind]
        for kind, source in ((DETECTOR, manifest), (STATES, other))
        if kind in source.get("trained", {})
    }
    target.mkdir(parents=True)
    drift = manifest.get("drift", {})
    for files in (*(entry["files"] for entry in _of_kind(manifest, DETECTOR).values()), drift):
        _copy(detectors, target, files)
    if states is not None:
        for files in (*(entry["files"] for entry in _of_kind(other, STATES).values()), other.get("results", {})):
            _copy(states, target, files)
    _write_manifest(target, _manifest(default or manifest["default"], entries, other.get("results", {}), about, drift))


def _copy(source: Path, target: Path, files: Mapping[str, str]) -> None:
    """Copy files whose hashes are as they should be."""
    _verify_files(source, files)
    for name in files:
        shutil.copyfile(source / name, target / name)


def _manifest(
    default: str,
    models: Mapping[str, Any],
    results: Mapping[str, str],
    trained: Mapping[str, Any],
    drift: Mapping[str, str],
) -> dict[str, Any]:
    """What a manifest holds, always in the same order; what is empty is left out."""
    whole = {"format": FORMAT, "default": default, "models": models, "results": results, "drift": drift, "trained": trained}
    return {name: part for name, part in whole.items() if part or name in ("format", "default", "models")}


def _of_kind(manifest: Mapping[str, Any], kind: str) -> dict[str, Any]:
    return {name: raw for name, raw in manifest["models"].items() if _kind(raw) == kind}


def _written(folder: Path, models: list[Fitted]) -> dict[str, Any]:
    """Write weights, and return what the manifest says of each model."""
    entries = {}
    for fitted in models:
        files = {name: _sha256(folder / name) for name in fitted.model.save(folder)}
        entries[fitted.model.name] = {
            "kind": STATES if fitted.model.name in STATE_MODELS else DETECTOR,
            "version": _version(files),
            "window": fitted.model.window,
            "features": list(fitted.features),
            "training": dict(fitted.training),
            "scores": dict(fitted.scores),
            "set_threshold": fitted.set_threshold,
            "files": files,
        }
    return entries


def _write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    write_atomically(folder / MANIFEST, json.dumps(manifest, indent=1, allow_nan=False).encode() + b"\n")


def load(folder: Path, *, kinds: Sequence[str] = KINDS, detectors: Sequence[str | None] | None = None) -> Artifacts:
    """Read, verify and load every model of a folder, or those of one kind alone, whatever lies beside them.

    detectors : names of the only detectors to load, None among them for the default; all are verified and have entries.
    Raises ArtifactError, naming the file, if one is missing, altered, or of another format.
    """
    manifest = read_manifest(folder)
    known = {
        name: _entry(name, raw, folder) for name, raw in manifest["models"].items() if _kind(raw) not in set(KINDS) - set(kinds)
    }
    entries = {name: entry for name, entry in known.items() if entry.kind == DETECTOR}
    if DETECTOR in kinds and manifest["default"] not in entries:
        raise ArtifactError(
            "artifact.default", f"{folder / MANIFEST} names the default {manifest['default']!r} but has no such model."
        )
    for entry in known.values():
        _verify_files(folder, entry.files)
        if entry.version != _version(entry.files):
            raise ArtifactError(
                "artifact.altered", f"{folder / MANIFEST}: the version of {entry.name!r} does not match its files."
            )
    wanted = None if detectors is None else {name or manifest["default"] for name in detectors}
    results = manifest.get("results", {}) if STATES in kinds else {}
    drift = manifest.get("drift", {}) if DETECTOR in kinds else {}
    for files in (results, drift):
        _verify_files(folder, files)
    return Artifacts(
        default=manifest["default"],
        entries=entries,
        detectors={name: _loaded(MODELS[name], folder) for name in entries if wanted is None or name in wanted},
        state_entries={name: entry for name, entry in known.items() if entry.kind == STATES},
        forecaster=_loaded(Forecaster, folder) if Forecaster.name in known else None,
        walk_forward=folder / WALK_FORWARD if WALK_FORWARD in results else None,
        trained=manifest.get("trained", {}),
        training_rows=_read_training_rows(folder / DRIFT) if DRIFT in drift else None,
    )


def _read_training_rows(path: Path) -> TrainingRows:
    try:
        return TrainingRows.from_json(path.read_bytes())
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError("artifact.format", f"{path} is of another version of this program: rebuild it.") from error


def _loaded(kind: type[Model], folder: Path) -> Model:
    """Model of verified files. Raises ArtifactError where they are of another version of the product."""
    try:
        return kind.load(folder)
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError(
            "artifact.format", f"{folder}: the files of {kind.name!r} are of another version of this program: retrain it."
        ) from error


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


def read_manifest(folder: Path) -> dict[str, Any]:
    """Manifest of a folder, its files unread. Raises ArtifactError where it is missing or of another format."""
    path = folder / MANIFEST
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
    kind = _kind(raw)
    known = {DETECTOR: set(MODELS), STATES: set(STATE_MODELS)}
    if name not in known.get(kind, set()):
        raise ArtifactError("artifact.format", f"{folder / MANIFEST} has the model {name!r}, which this version does not know.")
    try:
        about = (raw["version"], raw["window"], tuple(raw["features"]), raw["training"], raw["scores"], raw["files"])
        return ModelEntry(name, *about, kind, raw["set_threshold"] if kind == DETECTOR else None)
    except (KeyError, TypeError) as error:
        raise ArtifactError(
            "artifact.altered", f"{folder / MANIFEST}: the entry of {name!r} is incomplete ({error}): retrain it."
        ) from error


def _kind(raw: Mapping[str, Any]) -> str:
    """Kind of a manifest's entry; one that names none is a detector."""
    return str(raw.get("kind", DETECTOR)) if isinstance(raw, Mapping) else ""


def _verify_files(folder: Path, files: Mapping[str, str]) -> None:
    for file, expected in files.items():
        if Path(file).name != file:
            raise ArtifactError("artifact.altered", f"{folder / MANIFEST} names {file!r}, which is not a plain file name.")
        path = folder / file
        if not path.is_file():
            raise ArtifactError("artifact.missing", f"{path} is missing: run `make train`, or restore the shipped folder.")
        if _sha256(path) != expected:
            raise ArtifactError("artifact.altered", f"{path} does not match its sha256 in {MANIFEST}: restore or retrain it.")


def _version(files: Mapping[str, str]) -> str:
    """Version that follows from the weights alone: equal weights, equal version."""
    if not files:
        return "1"
    return hashlib.sha256("".join(f"{name}:{files[name]}\n" for name in sorted(files)).encode()).hexdigest()[:12]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
