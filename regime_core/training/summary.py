"""What a training came to, on one screen, and as the flat figures that a tracked run keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from regime_core import artifacts
from regime_core.artifacts import DETECTOR, STATES
from regime_core.training.detectors import Election
from regime_core.training.former import Verdict
from regime_core.training.pipeline import Trained
from regime_core.training.plan import Order

TITLES = {DETECTOR: "Detectors of regimes", STATES: "Forecasts of stress states"}


def summary(trained: Trained, order: Order, *, run: str | None) -> str:
    """All of it in words. run : where the tracked run is, or None."""
    manifest = artifacts.read_manifest(trained.kept)
    lines: list[str] = []
    if trained.election is not None:
        lines += ["", TITLES[DETECTOR], *_search(trained.election), *_candidates(trained.election), *_tested(manifest)]
    if trained.states is not None:
        lines += ["", TITLES[STATES], *_states(manifest)]
    lines += ["", f"In use in {order.out}"]
    lines += [f"  {_became(kind, verdict)}" for kind, verdict in trained.verdicts.items()]
    served = artifacts.read_manifest(order.out)
    lines += [f"  {name}@{raw['version']}{_mark(name, served)}" for name, raw in served["models"].items()]
    lines += [f"Kept as {trained.kept}; `python -m regime_core models` lists all versions."]
    lines += [f"Tracked as {run}." if run else "Not tracked."]
    return "\n".join(lines).lstrip("\n")


def figures(manifest: Mapping[str, Any]) -> dict[str, float]:
    """Every score of a manifest by its path, such as ``forecaster/walk_forward/k 2/horizon 1/precision``."""
    scores = {name: raw["scores"] for name, raw in manifest["models"].items()}
    compared = manifest.get("trained", {}).get(DETECTOR, {}).get("compared_on_validation_markets", {})
    return dict(_flat(scores)) | dict(_flat({"validation": compared}))


def _flat(nested: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, float]]:
    for name, value in nested.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}{name}/")
        elif isinstance(value, int | float):
            yield f"{path}{name}", float(value)


def _search(election: Election) -> list[str]:
    lines = []
    for name, found in election.found.items():
        if not found.trials:
            continue
        pruned = sum(trial.log_loss is None for trial in found.trials)
        chosen = ", ".join(f"{key} {_short(value)}" for key, value in found.parameters.items())
        lines.append(f"  {name}: {len(found.trials)} trials, {pruned} of them given up early; chosen {chosen}")
    return lines


def _candidates(election: Election) -> list[str]:
    columns = ("log-loss", "balanced", "precision", "recall", "ECE", "second kind")
    head = f"  {'on validation markets':24}{''.join(f'{column:>12}' for column in columns)}  ships for"
    rows = []
    for name, found in election.judged.items():
        scores = (found.log_loss, found.balanced_accuracy, found.precision, found.recall, found.calibration_error)
        figures = "".join(f"{score:12.4f}" for score in (*scores, election.foreign[name].log_loss))
        rows.append(f"  {name:24}{figures}  {', '.join(election.wins.get(name, ())) or '-'}")
    return [head, *rows]


def _tested(manifest: Mapping[str, Any]) -> list[str]:
    lines = []
    for name, raw in manifest["models"].items():
        scores = raw["scores"]
        if "balanced_accuracy" not in scores:
            continue
        balanced = scores["balanced_accuracy"].values()
        lines.append(
            f"  {name} on markets of the test part: balanced accuracy {min(balanced):.3f} to {max(balanced):.3f}, precision "
            f"{_mean(scores['precision']):.3f}, recall {_mean(scores['recall']):.3f}, log-loss {scores['log_loss']:.4f}, "
            f"ECE {scores['expected_calibration_error']:.4f}; window wanted {raw['window']} bars"
        )
    return lines


def _states(manifest: Mapping[str, Any]) -> list[str]:
    entry = manifest["models"]["forecaster"]
    about = entry["training"]
    lines = [
        f"  {about['days']:,} days, {about['first']} to {about['last']}; {about['k']} states by silhouette",
        f"  {'walk-forward':24}{'accuracy':>10}{'precision':>10}{'recall':>10}{'log-loss':>10}{'ECE':>8}"
        f"{'skill: Markov':>15}{'margin':>9}{'persist.':>10}",
    ]
    for k, by_horizon in entry["scores"]["walk_forward"].items():
        for horizon, found in by_horizon.items():
            skill = found["skill"]
            lines.append(
                f"  {f'{k}, {horizon}':24}{found['accuracy']:10.4f}{found['precision']:10.4f}{found['recall']:10.4f}"
                f"{found['log_loss']:10.4f}{found['expected_calibration_error']:8.4f}"
                f"{skill['markov']:15.4f}{skill['margin']:9.4f}{skill['persistence']:10.4f}"
            )
    return lines


def _became(kind: str, verdict: Verdict) -> str:
    if verdict.forced:
        return f"{TITLES[kind]}: put in use because forced, although {verdict.why}."
    if verdict.accepted:
        return f"{TITLES[kind]}: put in use; {verdict.why}."
    return f"{TITLES[kind]}: NOT put in use, those there were stay: {verdict.why}. FORCE=1 (--force) uses them nevertheless."


def _mark(name: str, manifest: Mapping[str, Any]) -> str:
    return " (default)" if name == manifest["default"] else ""


def _mean(by_regime: Mapping[str, float]) -> float:
    return sum(by_regime.values()) / len(by_regime)


def _short(value: float) -> str:
    return f"{value:.3g}"
