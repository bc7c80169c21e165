"""The record of a walk-forward, kept in a Parquet file."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from regime_core.errors import ReaderError
from regime_core.states import WalkForward, YearModel

_ROWS = ("time", "horizon", "today", "realised", "stay")
_BY_STATE = ("probabilities", "markov", "margin")
_ABOUT = ("models", "years", "centres", "columns", "notes")


def write(path: Path, walks: Sequence[WalkForward]) -> None:
    """Write walk-forwards, one for each k, as one Parquet file in one step: dates, states and probabilities, no prices.

    Probabilities are kept in single precision.
    """
    k_most = max(walk.k for walk in walks)
    tables = [pa.table({"k": np.full(len(walk), walk.k, dtype=np.int8), **_columns(walk, k_most)}) for walk in walks]
    about = {str(walk.k): {name: _plain(getattr(walk, name)) for name in _ABOUT} for walk in walks}
    table = pa.concat_tables(tables).replace_schema_metadata({b"regime": json.dumps(about).encode()})
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        pq.write_table(table, temporary, compression="zstd")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def shipped_k(path: Path) -> tuple[int, ...]:
    """Numbers of states that a file of ``write`` has walk-forwards of. Raises ReaderError on another file."""
    return tuple(int(k) for k in _about(path))


def read(path: Path, k: int | None = None) -> WalkForward:
    """Walk-forward of a file of ``write``; the first one where k is None. Raises ReaderError on another file or k."""
    about = _about(path)
    k = int(next(iter(about))) if k is None else k
    if str(k) not in about:
        raise ReaderError("reader.no_such_k", f"{path.name} has forecasts for k = {', '.join(about)}, not for {k}.")
    table = pq.read_table(path, filters=[("k", "=", k)])
    rest = about[str(k)]
    arrays = {
        name: np.column_stack([table[f"{name}_{state}"].to_numpy().astype(np.float64) for state in range(k)])
        for name in _BY_STATE
    }
    plain = {name: table[name].to_numpy() for name in (*_ROWS, "known")}
    return WalkForward(
        k=k,
        **arrays,
        **plain,
        models=tuple(YearModel(**model) for model in rest["models"]),
        years=np.array(rest["years"], dtype=np.int64),
        centres=np.array(rest["centres"]),
        columns=tuple(rest["columns"]),
        notes=tuple(rest["notes"]),
    )


def _columns(walk: WalkForward, k_most: int) -> dict[str, object]:
    columns: dict[str, object] = {name: getattr(walk, name) for name in (*_ROWS, "known")}
    empty = pa.nulls(len(walk), pa.float32())
    for name in _BY_STATE:
        given = getattr(walk, name)
        columns |= {
            f"{name}_{state}": given[:, state].astype(np.float32) if state < walk.k else empty for state in range(k_most)
        }
    return columns


def _plain(value: object) -> object:
    if isinstance(value, np.ndarray):
        return value.tolist()
    return [asdict(part) if isinstance(part, YearModel) else part for part in value] if isinstance(value, tuple) else value


def _about(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(pq.read_schema(path).metadata[b"regime"])
    except (pa.ArrowInvalid, KeyError, TypeError, ValueError) as error:
        raise ReaderError("reader.not_forecasts", f"{path.name} is not a file of walk-forward forecasts.") from error
    return found
