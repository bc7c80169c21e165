"""Sheets of what labels were worth, and of how forecasts went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from dash import html

from components import horizons, states, words
from components.figures.evaluation import NAMES
from components.sheets import Column, Row, Sheet
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
            Column("Accuracy", "Share of days whose most likely state came true", lambda row: share(row["accuracy"])),
            Column("Precision", "Mean over states", lambda row: share(row["precision"])),
            Column("Recall", "Mean over states", lambda row: share(row["recall"])),
            Column("Macro F1", "Mean over states", lambda row: number(row["macro_f1"])),
            Column("Log-loss", "Nats a day; lower is better", lambda row: number(row["log_loss"], 4)),
            Column("Skill over it", "1 less log-loss of the model over that of this baseline, 95 % interval", _skill),
            Column("p", "That the model is no better: paired block bootstrap, one-sided", lambda row: p_value(row["p"])),
            Column("Brier", "Squared errors summed over states; lower is better", lambda row: number(row["brier"], 4)),
            Column(
                "Calibration error",
                "Expected, 15 bins of equal mass; lower is better",
                lambda row: share(row["calibration_error"], 2),
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


def share(value: float, digits: int = 1) -> str:
    """A fraction as percent, a small one with two digits; a dash for NaN."""
    if np.isnan(value):
        return "–"
    digits = 2 if abs(value) < 0.05 else digits
    return words.percent(value, digits)


def number(value: float, digits: int = 3) -> str:
    """A number with so many digits; a dash for NaN."""
    return "–" if np.isnan(value) else f"{value:.{digits}f}"
