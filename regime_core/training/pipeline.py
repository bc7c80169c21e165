"""From nothing to ``final_model/``, stage by stage."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from regime_core import artifacts, versions
from regime_core.artifacts import DETECTOR, STATES
from regime_core.errors import ArtifactError, RegimeError
from regime_core.training import detectors, states
from regime_core.training.candidates import standing
from regime_core.training.detectors import Election
from regime_core.training.former import Verdict, detectors_verdict, states_verdict
from regime_core.training.ingest import ingest
from regime_core.training.lessons import lessons
from regime_core.training.plan import Order
from regime_core.training.progress import Progress, silent, within
from regime_core.training.search import search


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training came to.

    kept : folder of what was trained, whether or not it is used. verdicts : ``detector`` or ``states`` -> whether that part is
    used, and why. election : of detectors. states : with their record; each None where that part was not trained.
    """

    kept: Path
    verdicts: Mapping[str, Verdict]
    election: Election | None
    states: states.Fitted | None


def run(order: Order, progress: Progress | None = None) -> Trained:
    """Train as ordered, keep what was trained, and put in use what is no worse than what is there.

    The same seed, data and plan give the same weights bit for bit. One training at a time uses a folder of runs.
    Raises RegimeError where data is missing or too short, another training is under way, or ``out`` has no detectors to put
    states beside.
    """
    order.runs.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(order.runs / "training.lock", timeout=0), tempfile.TemporaryDirectory(dir=order.runs) as room:
            return _run(order, Path(room) / "models", progress or silent)
    except Timeout:
        raise RegimeError(
            "training.busy", f"Another training is under way in {order.runs}: wait, or name other --runs."
        ) from None


def _run(order: Order, new: Path, tell: Progress) -> Trained:
    """Each stage is a function of what those before it returned; a part that was not ordered is None throughout."""
    plan = order.plan
    if not order.detectors:
        artifacts.combine(new, detectors=order.out, states=None)
    history = ingest(order.data) if order.states else None
    taught = lessons(plan, order.seed, within("features", tell)) if order.detectors else None
    chosen = history and states.choose(history, within("states", tell))
    stand = standing(plan.candidates)
    found = taught and search(taught, order.runs, trials=plan.trials, candidates=stand, tell=within("search", tell))
    walks = chosen and states.walk(chosen.history.market, plan.ks, plan.horizons, within("walk-forward", tell))
    election = taught and found and detectors.calibrate(taught, found, stand, within("calibration", tell))
    fitted = chosen and walks and states.fit(chosen, walks, plan.horizons, within("calibration", tell))
    if election:
        detectors.write(new, election, plan, within("final_model", tell))
    if fitted:
        states.write(new, fitted)
    verdicts = {}
    if election:
        verdicts[DETECTOR] = detectors_verdict(
            election.default, election.overall(election.default), order.out, election.lessons
        )
    if fitted:
        verdicts[STATES] = states_verdict(new, order.out)
    kept = versions.keep(new, order.versions, now=datetime.now(UTC))
    return Trained(kept, put_in_use(kept, order, verdicts), election or None, fitted or None)


def put_in_use(kept: Path, order: Order, verdicts: Mapping[str, Verdict]) -> dict[str, Verdict]:
    """Serve from ``out`` the parts that were accepted, or all that was trained where forced; returns what became of each."""
    used = {kind: replace(verdict, accepted=True, forced=not verdict.accepted) for kind, verdict in verdicts.items()}
    if not order.force:
        used = dict(verdicts)
    accepted = {kind for kind, verdict in used.items() if verdict.accepted}
    if not (order.out / artifacts.MANIFEST).is_file():
        versions.install(order.out, detectors=kept, states=kept)
        return used
    if not accepted:
        return used
    source: dict[str, Path | None] = {kind: kept if kind in accepted else order.out for kind in artifacts.KINDS}
    try:
        artifacts.load(order.out, kinds=(STATES,))
    except ArtifactError as error:
        if STATES not in accepted:
            source[STATES] = None
            used[STATES] = Verdict(False, f"those in {order.out} are left out: {error.message}")
    with suppress(ArtifactError):  # what is damaged cannot be gone back to; the verdicts tell of it
        versions.keep(order.out, order.versions, now=datetime.now(UTC))
    versions.install(order.out, detectors=source[DETECTOR] or kept, states=source[STATES])
    return used
