"""Sheets of what labels were worth, how forecasts went, and what detectors of regimes score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from dash import html

from components import horizons, states, words
from components.figures.evaluation import NAMES
from components.sheets import Column, Row, Sheet
from regime_core.artifacts import ModelEntry
from regime_core.evaluation.forecasts import MODEL, Comparison, ForecastScores
from regime_core.evaluation.outcomes import MEASURES, Outcomes
from regime_core.evaluation.volatility import FORECASTERS
from regime_core.states import state_name

EXPLAINERS = {"label": "Label", "vix": "VIX", "har": "HAR", "har+label": "HAR and label"}
_SIGNED = ("return", "drawdown")


def outcome_sheet(found: Mapping[int, Outcomes], k: int) -> Sheet:
    """What followed each label: one row a horizon and state."""
    rows = tuple(
        _outcome_row(outcomes, code, k) for _, outcomes in sorted(found.items()) for code in range(k) if len(outcomes.n)
    )
    return Sheet(
        "What followed each label",
        rows,
        (
            Column("Label", "State as it was known that day", lambda row: states.state(int(row["state"][-1]), k)),
            Column("Days", "Days with this label whose outcome is known", lambda row: f"{row['days']:,}"),
            _measured("return", "Return", "Mean simple return over the days ahead, 95 % interval"),
            _measured("volatility", "Volatility, a day", "Root of the mean squared daily return, 95 % interval"),
            _measured(
                "drawdown", "Drawdown", "Mean of the deepest fall on the way, counted from the day's close, 95 % interval"
            ),
        ),
        group=lambda row: f"The next {words.count(row['horizon'], 'trading day')}",
    )


def said_sheet(found: Mapping[int, Outcomes], k: int) -> Sheet:
    """Volatility as it came beside what VIX and HAR said, on the days that both spoke of: one row a horizon and state."""
    rows = tuple(
        _said_row(outcomes, code, k) for _, outcomes in sorted(found.items()) for code in range(k) if outcomes.compared.first
    )
    return Sheet(
        "Volatility that came beside what VIX and HAR said",
        rows,
        (
            Column("Label", "State as it was known that day", lambda row: states.state(int(row["state"][-1]), k)),
            Column("Days", "Days with this label that all forecasters spoke of", lambda row: f"{row['days']:,}"),
            _measured("came", "Came", "Root of the mean squared daily return, 95 % interval"),
            Column(
                "VIX said", "Root of the mean daily variance the VIX stood for", lambda row: words.percent(row["vix_said"], 2)
            ),
            Column("HAR said", "Root of the mean daily variance HAR expected", lambda row: words.percent(row["har_said"], 2)),
        ),
        group=lambda row: _compared_days(found[row["horizon"]]),
    )


def gain_sheet(found: Mapping[int, Outcomes]) -> Sheet:
    """How much better label, VIX and HAR foretell the variance than its past mean does: one row a horizon."""
    rows = tuple(
        {
            "horizon": h,
            "first": _date(found[h].compared.first),
            "last": _date(found[h].compared.last),
            "days": int(found[h].compared.n.sum()),
            **{name: found[h].compared.gain[name] for name in FORECASTERS},
        }
        for h in sorted(found)
        if found[h].compared.first
    )

    def shown(name: str) -> Column:
        return Column(EXPLAINERS[name], _GAIN, lambda row: _gain(row[name]))

    return Sheet(
        "QLIKE gain over the past's mean variance, nats a day",
        rows,
        (
            Column("Volatility over", "", lambda row: f"the next {words.count(row['horizon'], 'day')}"),
            Column("Days", "Days that all of them spoke of", lambda row: f"{row['days']:,}"),
            *(shown(name) for name in FORECASTERS),
        ),
    )


_GAIN = "How much lower its QLIKE loss is than that of the past's mean variance, nats a day; below 0 is worse than that mean"


def score_sheet(found: Mapping[int, ForecastScores]) -> Sheet:
    """Model and baselines side by side: one row a horizon and forecaster."""
    rows = tuple(_score_row(scores, name) for _, scores in sorted(found.items()) for name in _names(scores))
    return Sheet(
        "Scores of model and baselines",
        rows,
        (
            Column("Forecaster", "", lambda row: NAMES[row["forecaster"]]),
            Column("Accuracy", "Share of days whose most likely state came true", lambda row: _share(row["accuracy"])),
            Column("Precision", "Mean over states", lambda row: _share(row["precision"])),
            Column("Recall", "Mean over states", lambda row: _share(row["recall"])),
            Column("Macro F1", "Mean over states", lambda row: _number(row["macro_f1"])),
            Column("Log-loss", "Nats a day; lower is better", lambda row: _number(row["log_loss"], 4)),
            Column("Skill over it", "1 less log-loss of the model over that of this baseline, 95 % interval", _skill),
            Column("p", "That the model is no better: paired block bootstrap, one-sided", lambda row: p_value(row["p"])),
            Column("Brier", "Squared errors summed over states; lower is better", lambda row: _number(row["brier"], 4)),
            Column(
                "Calibration error",
                "Expected, 15 bins of equal mass; lower is better",
                lambda row: _share(row["calibration_error"], 2),
            ),
            Column("McNemar p", "Exact test of equal accuracy, 1 day ahead only", lambda row: p_value(row["mcnemar_p"])),
        ),
        group=lambda row: f"{horizons.days(row['horizon'])}, {words.count(row['days'], 'day')}",
        strong=lambda row: row["forecaster"] == MODEL,
    )


def confusion_rows(found: ForecastScores) -> tuple[Row, ...]:
    """What was said against what came: one row a forecaster, state that came and state said."""
    return tuple(
        {
            "horizon": found.horizon,
            "forecaster": score.name,
            "came": state_name(came),
            "said": state_name(said),
            "days": int(score.confusion[came, said]),
        }
        for score in found.scores
        for came in range(found.k)
        for said in range(found.k)
    )


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
                lambda row: _share(row["accuracy_60_bars"]),
            ),
            Column("Log-loss", "Nats a bar; lower is better", lambda row: _number(row["log_loss"], 4)),
            Column("Calibration error", "Expected; lower is better", lambda row: _share(row["expected_calibration_error"], 2)),
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
    least, most = (_share(row[f"balanced_accuracy_{end}"]) for end in ("least", "most"))
    interval = html.Span(f"{least} to {most}".replace(f"{words.NBSP}%", "", 1), className="interval")
    return [html.Span(_share(row["balanced_accuracy"])), interval]


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


def p_value(p: float | None) -> str:
    """``0.013``, ``< 0.001``; a dash where there is none."""
    if p is None or np.isnan(p):
        return "–"
    return f"<{words.NBSP}0.001" if p < 0.001 else f"{p:.3f}"


def _outcome_row(found: Outcomes, code: int, k: int) -> Row:
    row: Row = {
        "horizon": found.horizon,
        "state": state_name(code),
        "name": states.word(code, k),
        "days": int(found.n[code]),
    }
    for measure in MEASURES:
        row[measure] = float(found.mean[measure][code])
        row[f"{measure}_low"], row[f"{measure}_high"] = float(found.low[measure][code]), float(found.high[measure][code])
    return row


def _said_row(found: Outcomes, code: int, k: int) -> Row:
    compared = found.compared
    return {
        "horizon": found.horizon,
        "state": state_name(code),
        "name": states.word(code, k),
        "first": _date(compared.first),
        "last": _date(compared.last),
        "days": int(compared.n[code]),
        "came": float(compared.came[code]),
        "came_low": float(compared.low[code]),
        "came_high": float(compared.high[code]),
        "vix_said": float(compared.vix[code]),
        "har_said": float(compared.har[code]),
    }


def _date(time: int) -> str:
    return str(np.datetime64(time, "ns").astype("M8[D]"))


def _compared_days(found: Outcomes) -> str:
    compared = found.compared
    days = words.count(int(compared.n.sum()), "day")
    span = words.span(compared.first, compared.last, intraday=False)
    return f"The next {words.count(found.horizon, 'trading day')}: {days}, {span}"


def _gain(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:+.3f}".replace("-", "−")


def _measured(measure: str, title: str, hint: str) -> Column:
    shown = words.signed_percent if measure in _SIGNED else words.percent

    def cell(row: Row) -> Any:  # noqa: ANN401
        low, high = shown(row[f"{measure}_low"], 2), shown(row[f"{measure}_high"], 2)
        interval = html.Span(f"{low} to {high}".replace(f"{words.NBSP}%", "", 1), className="interval")
        return [html.Span(shown(row[measure], 2)), interval]

    return Column(title, hint, cell)


def _names(found: ForecastScores) -> tuple[str, ...]:
    return tuple(score.name for score in found.scores)


def _score_row(found: ForecastScores, name: str) -> Row:
    score = found.score(name)
    against: Comparison | None = None if name == MODEL else found.against(name)
    mcnemar = None if against is None else against.mcnemar
    return {
        "horizon": found.horizon,
        "states": found.k,
        "days": found.n_days,
        "forecaster": name,
        "accuracy": score.accuracy,
        "precision": score.macro_precision,
        "recall": score.macro_recall,
        "macro_f1": score.macro_f1,
        "log_loss": score.log_loss,
        "skill": None if against is None else against.skill,
        "skill_low": None if against is None else against.skill_low,
        "skill_high": None if against is None else against.skill_high,
        "p": None if against is None else against.p_value,
        "brier": score.brier,
        "calibration_error": score.calibration_error,
        "transition_accuracy": score.transition_accuracy,
        "mcnemar_p": None if mcnemar is None else mcnemar.p_value,
    }


def _skill(row: Row) -> Any:  # noqa: ANN401
    if row["skill"] is None:
        return "–"
    low, high = (words.signed_percent(row[name]) for name in ("skill_low", "skill_high"))
    interval = html.Span(f"{low} to {high}".replace(f"{words.NBSP}%", "", 1), className="interval")
    return [html.Span(words.signed_percent(row["skill"])), interval]


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
        return Column(title, "", lambda row: "–" if row[last] is None else _share(row[last]))

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


def _share(value: float, digits: int = 1) -> str:
    if np.isnan(value):
        return "–"
    digits = 2 if abs(value) < 0.05 else digits
    return words.percent(value, digits)


def _number(value: float, digits: int = 3) -> str:
    return "–" if np.isnan(value) else f"{value:.{digits}f}"
