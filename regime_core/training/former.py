"""May a new model take the place of the one in use? Only if it is no worse where both can be asked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from regime_core import artifacts
from regime_core.artifacts import WALK_FORWARD
from regime_core.bars import Float
from regime_core.errors import ArtifactError
from regime_core.evaluation.forecasts import FLOOR
from regime_core.models import Forecaster
from regime_core.training.judging import Judgement, judge, mean
from regime_core.training.lessons import Lessons

_KEY = ("k", "horizon", "time")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a new part is put in use, and why, in a sentence. forced : although it would not have been."""

    accepted: bool
    why: str
    forced: bool = False


@dataclass(frozen=True, slots=True)
class _Losses:
    """Daily log-losses of a record, one row a k, horizon and day whose outcome is known.

    key : (n_rows,) of k, horizon and time. model, markov : (n_rows,) nats.
    """

    key: NDArray[Any]
    model: Float
    markov: Float


def detectors_verdict(default: str, new: Judgement, former: Path, lessons: Lessons) -> Verdict:
    """Compare default detectors on the same validation markets, both kinds counting alike."""
    if not (former / artifacts.MANIFEST).is_file():
        return Verdict(True, "there was none before")
    try:
        loaded = artifacts.load(former, kinds=(artifacts.DETECTOR,))
    except ArtifactError as error:
        return Verdict(True, f"the former cannot be asked: {error.message}")
    asked = loaded.detectors[loaded.default]
    old = mean([judge(asked, markets) for markets in (lessons.markets, lessons.foreign)])
    figures = (
        f"log-loss {new.log_loss:.4f} of {default}, {old.log_loss:.4f} of the former {loaded.default}, on the same markets"
    )
    return Verdict(new.log_loss <= old.log_loss, figures)


def states_verdict(new: Path, former: Path) -> Verdict:
    """Compare records of past forecasts on the days, states and horizons that both have, and what was learnt from."""
    before = _states_entry(former)
    if before is None:
        return Verdict(True, "there were none before")
    days, days_before = (_states_entry(new) or {})["training"]["days"], before["training"]["days"]
    if days < days_before:
        return Verdict(False, f"learnt from {days:,} days, the former from {days_before:,}; {_compared(new, former)[1]}")
    return Verdict(*_compared(new, former))


def _compared(new: Path, former: Path) -> tuple[bool, str]:
    """Whether the new record's skill is no less, and the figures in words."""
    paths = new / WALK_FORWARD, former / WALK_FORWARD
    if not paths[1].is_file():
        return True, "the former has no record to compare"
    ours, theirs = (_losses(path) for path in paths)
    _, mine, other = np.intersect1d(ours.key, theirs.key, return_indices=True)
    if not len(mine):
        return False, "no day was forecast by both, so that they cannot be compared"
    skill, before = _skill(ours, mine), _skill(theirs, other)
    days = len(np.unique(ours.key["time"][mine]))
    return skill >= before, f"skill over Markov {skill:.4f}, of the former {before:.4f}, on {days:,} days that both forecast"


def _skill(losses: _Losses, rows: NDArray[np.int64]) -> float:
    """Log-loss skill over the Markov chain of the same states, mean over numbers of states and horizons."""
    cells = losses.key[["k", "horizon"]][rows]
    model, markov = losses.model[rows], losses.markov[rows]
    skills = [1 - model[cells == cell].sum() / markov[cells == cell].sum() for cell in np.unique(cells)]
    return float(np.mean(skills))


def _losses(path: Path) -> _Losses:
    table = pq.read_table(path)
    table = table.filter(table["known"])
    keys = [table[name].to_numpy() for name in _KEY]
    key = np.array(list(zip(*keys, strict=True)), dtype=[("k", "i8"), ("horizon", "i8"), ("time", "i8")])
    realised = table["realised"].to_numpy()
    return _Losses(key, *(_log_loss(table, name, realised) for name in ("probabilities", "markov")))


def _log_loss(table: pa.Table, name: str, realised: NDArray[np.int8]) -> Float:
    states = [column for column in table.column_names if column.startswith(f"{name}_")]
    given = np.column_stack([table[column].to_numpy() for column in states])
    return -np.log(np.maximum(given[np.arange(len(realised)), realised].astype(np.float64), FLOOR))


def _states_entry(folder: Path) -> dict[str, Any] | None:
    if not (folder / artifacts.MANIFEST).is_file():
        return None
    found: dict[str, Any] | None = artifacts.read_manifest(folder)["models"].get(Forecaster.name)
    return found
