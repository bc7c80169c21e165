"""Sheets of what the manifest says of the detectors of regimes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from dash import html

from components import words
from components.score_sheets import number, share
from components.sheets import Column, Row, Sheet
from regime_core.artifacts import ModelEntry


def detector_sheet(entries: Mapping[str, ModelEntry]) -> Sheet:
    """What the manifest says of each detector, one line each: the mean of each score over its settings, and its range."""
    rows = tuple(_detector_row(entry) for entry in entries.values())
    return Sheet(
        "Detectors in the manifest",
        rows,
        (
            Column("Detector", "", lambda row: row["model"]),
            Column("Balanced accuracy", "Mean over its test markets, least and most of them", _spread),
            Column(
                "Accuracy on 60 bars",
                "Where the label rests on the last 60 bars alone",
                lambda row: share(row["accuracy_60_bars"]),
            ),
            Column("Log-loss", "Nats a bar; lower is better", lambda row: number(row["log_loss"], 4)),
            Column("Calibration error", "Expected; lower is better", lambda row: share(row["expected_calibration_error"], 2)),
            Column("Wants bars", "History for full accuracy", lambda row: f"{row['window']:,}"),
            Column("Version", "", lambda row: row["version"]),
        ),
    )


def _detector_row(entry: ModelEntry) -> Row:
    balanced = _values(entry.scores.get("balanced_accuracy"))
    by_window = entry.scores.get("accuracy_by_window")
    return {
        "model": entry.name,
        "balanced_accuracy": float(np.mean(balanced)) if balanced else float("nan"),
        "balanced_accuracy_least": min(balanced, default=float("nan")),
        "balanced_accuracy_most": max(balanced, default=float("nan")),
        "accuracy_60_bars": float(by_window.get("60", float("nan"))) if isinstance(by_window, Mapping) else float("nan"),
        "log_loss": _one(entry.scores.get("log_loss")),
        "expected_calibration_error": _one(entry.scores.get("expected_calibration_error")),
        "window": entry.window,
        "version": entry.version,
    }


def _values(given: Any) -> list[float]:  # noqa: ANN401
    return [float(value) for value in given.values()] if isinstance(given, Mapping) else []


def _one(given: Any) -> float:  # noqa: ANN401
    return float(given) if isinstance(given, int | float) else float("nan")


def _spread(row: Row) -> Any:  # noqa: ANN401
    if np.isnan(row["balanced_accuracy"]):
        return "–"
    least, most = (share(row[f"balanced_accuracy_{end}"]) for end in ("least", "most"))
    interval = html.Span(f"{least} to {most}".replace(f"{words.NBSP}%", "", 1), className="interval")
    return [html.Span(share(row["balanced_accuracy"])), interval]


def detector_sheets(entries: Mapping[str, ModelEntry]) -> list[Sheet]:
    """Scores of the detectors of regimes from the manifest: one sheet for each score that was taken in several settings."""
    return [
        _setting_sheet(entry.name, measure, given)
        for entry in entries.values()
        for measure, given in entry.scores.items()
        if isinstance(given, Mapping)
    ]


def detector_rows(entries: Mapping[str, ModelEntry]) -> tuple[Row, ...]:
    """Every score of the manifest: one row a detector, measure and setting."""
    return tuple(
        {"model": entry.name, "version": entry.version, "measure": measure, "setting": setting, "score": float(value)}
        for entry in entries.values()
        for measure, given in entry.scores.items()
        for setting, value in (given.items() if isinstance(given, Mapping) else [("", given)])
    )


def _setting_sheet(model: str, measure: str, given: Mapping[str, float]) -> Sheet:
    """Settings such as ``gaussian, s0 0.01, mean duration 30``: what they share names the row, their last part the column."""
    parts = {setting: setting.rpartition(", ")[::2] for setting in given}
    across = tuple(dict.fromkeys(last for _, last in parts.values()))
    down = tuple(dict.fromkeys(first for first, _ in parts.values()))
    by_place = {parts[setting]: float(value) for setting, value in given.items()}
    rows = tuple(
        {"model": model, "measure": measure, "setting": first} | {last: by_place.get((first, last)) for last in across}
        for first in down
    )

    def shown(last: str) -> Column:
        title = f"{last} bars" if last.isdigit() else _in_words(last)
        return Column(title, "", lambda row: "–" if row[last] is None else share(row[last]))

    title = f"{_in_words(measure)}, {model}"
    return Sheet(
        title,
        rows,
        (
            Column(title, "", lambda row: row["setting"].capitalize() or "All settings"),
            *(shown(last) for last in across),
        ),
    )


def _in_words(name: str) -> str:
    return name.replace("_", " ").capitalize()
