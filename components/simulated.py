"""Detectors on simulated markets in words, matrices and tables, beside the exact Bayes filter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from dash import html

from components import cards, controls, detector_sheets, glossary, sheets, words
from components.evaluations import MOST_HEAT
from components.figures import lags as figures
from components.figures.lags import SHOCKS, YARDSTICK, Tried
from components.sheets import Column, Row, Sheet
from components.theme import LOOKS
from regime_core import trials
from regime_core.artifacts import ModelEntry
from regime_core.regimes import ALL_NAMES, N_REGIMES, REGIME_NAMES, UNKNOWN_CODE
from regime_core.trials import Cell, Trial

DURATION, KIND = "60", "gaussian"
POINTS = ("rules",)
"""Detectors that give points, not probabilities: how well these are calibrated is no question."""
CELLS_NOTE = (
    "Of each pair the detector's figure comes first, then in grey that of the exact filter on the same markets. Mean duration: "
    "bars that a regime lasts on average."
)
MANIFEST_NOTE = (
    "As scored when the models were made, on other simulated markets with typical volatilities (s0) from 0.0005 to 0.03 a bar. "
    "Balanced accuracy: the mean over these, with the least and the most."
)


def duration_buttons(identifier: str, chosen: str | None) -> html.Div:
    """How long regimes last on average."""
    options = {str(bars): f"{bars} bars" for bars in trials.DURATIONS}
    buttons = controls.segmented(identifier, options, chosen if chosen in options else DURATION, "Mean duration of a regime")
    return html.Div([html.Span("Regimes last", className="muted"), buttons], className="labelled")


def shock_buttons(identifier: str, chosen: str | None) -> html.Div:
    """Distribution of the shocks."""
    buttons = controls.segmented(identifier, SHOCKS, chosen if chosen in SHOCKS else KIND, "Shocks")
    return html.Div([html.Span("Shocks", className="muted"), buttons], className="labelled")


def cell_of(duration: str | None, shocks: str | None) -> Cell:
    """Markets of a choice."""
    bars = int(duration) if duration and duration.isdigit() and int(duration) in trials.DURATIONS else int(DURATION)
    return next(cell for cell in trials.CELLS if cell == (bars, shocks if shocks in SHOCKS else KIND))


def headline(tried: Tried) -> html.H1:
    """How soon half of the new regimes were named."""
    median = tried.trial.median_lag
    told = "the exact filter, which is told every parameter,"
    beyond = _bars(tried.yardstick.median_lag)
    if np.isfinite(median):
        first = f"{tried.name} names a new regime after {words.count(int(median), 'bar')} at the median"
        return html.H1(f"{first}; {told} after {beyond}", className="headline")
    first = f"{tried.name} names only {words.percent(tried.trial.named)} of new regimes before they end"
    return html.H1(f"{first}; {told} half of them within {beyond}", className="headline")


def summary(tried: Tried) -> html.P:
    """Balanced accuracy of both, and what the yardstick knows."""
    one, other = tried.trial.balanced_accuracy, tried.yardstick.balanced_accuracy
    ahead = (
        "sees open, high and low as well: that is how it can be ahead." if one > other else "sees open, high and low as well."
    )
    told = [
        f"{tried.name} reaches a ",
        glossary.term("balanced_accuracy", "balanced accuracy"),
        f" of {words.percent(one, 1)} and the ",
        glossary.term("bayes", "exact Bayes filter"),
        f" {words.percent(other, 1)}. The filter sees closes only, and of all who do it names the most bars rightly: it knows "
        f"every parameter of the simulation. The detector is told none of them, but {ahead}",
    ]
    return html.P(told, className="further")


def basis(tried: Tried) -> html.Ul:
    """On which markets, and how."""
    bars = words.count(trials.MARKETS * trials.N_BARS, "bar")
    told = [
        f"Computed now by {tried.name} as it is served: {trials.MARKETS} simulated markets ({bars}) with {markets(tried)}, the "
        f"same ones each time; the first {trials.SCORED_FROM} bars of each are not scored. No detector has seen any of them.",
        "Labels as known on each bar. The dataset picked above plays no part here.",
    ]
    return html.Ul([html.Li(text) for text in told], className="told")


def facts(tried: Tried) -> html.Dl:
    """How much was scored."""
    return cards.facts(
        [
            ("Bars scored", f"{tried.trial.n_bars:,}"),
            ("Changes of regime", f"{len(tried.trial.lags):,}"),
            ("Of these never named, detector and filter", f"{_missed(tried.trial)} and {_missed(tried.yardstick)}"),
        ]
    )


def markets(tried: Tried) -> str:
    """Which markets, in words."""
    return figures.markets(tried.cell)


def waiting() -> html.Div:
    """Place of the headline until it is there; after a while it says what takes so long."""
    told = "Simulating markets and scoring the detector on them. The first time on a machine this takes up to half a minute."
    return html.Div([cards.skeleton(80), html.P(told, className="note slowly")])


def lag_note() -> html.P:
    """What the curve of lags counts."""
    told = [
        glossary.term("lag", "Detection lag"),
        ": bars from a change until the label first agrees with the new regime; 0 is the first bar. Marked: half are named. "
        "The curve ends below 100 % where regimes ended before they were named, and begins above 0 "
        "where the label was there already, by chance.",
    ]
    return html.P(told, className="note")


def cells_heading(name: str) -> str:
    """Title of the table of all markets."""
    return f"{name} on every kind of market, beside the exact filter"


def cell_sheet(found: Sequence[Tried], chosen: Cell) -> Sheet:
    """Scores by kind of market: one row a cell."""
    rows = tuple(_cell_row(tried) for tried in found)
    return Sheet(
        "Scores by kind of market",
        rows,
        (
            Column(
                "Mean duration", "Bars that a regime lasts on average", lambda row: words.count(row["mean_duration"], "bar")
            ),
            Column("Balanced accuracy", glossary.TERMS["balanced_accuracy"].brief, _pair("balanced_accuracy", _one_digit)),
            Column(
                "Calibration error",
                "Mean gap between confidence and accuracy, 15 bins of equal mass; lower is better",
                _pair("calibration_error", _one_digit),
            ),
            Column("Half named within", "Median detection lag in bars", _pair("median_lag", _bars)),
            Column("Never named", "Share of new regimes that ended before they were named", _pair("never_named", _one_digit)),
        ),
        group=lambda row: f"{SHOCKS[row['shocks']]} shocks",
        strong=lambda row: (row["mean_duration"], row["shocks"]) == chosen,
    )


def confusions_heading(tried: Tried) -> str:
    """Title of the two matrices."""
    return f"True regime and regime named, {markets(tried)}: share of each true regime's bars"


def confusions(tried: Tried) -> html.Div:
    """True regime by row, named by column: the detector and the exact filter."""
    return html.Div(
        [_matrix(tried.name, tried.trial, looked_at=True), _matrix(YARDSTICK, tried.yardstick, looked_at=False)],
        className="matrices matrices-abreast",
    )


def confusion_rows(tried: Tried) -> tuple[Row, ...]:
    """Both matrices: one row a pair of true regime and regime named."""
    return tuple(
        {
            "named_by": name,
            "true": REGIME_NAMES[row],
            "named": ALL_NAMES[code],
            "bars": int(trial.confusion[row, code]),
            "share": float(trial.confusion[row, code] / max(1, trial.confusion[row].sum())),
        }
        for name, trial in ((tried.name, tried.trial), ("exact_filter", tried.yardstick))
        for row in range(N_REGIMES)
        for code in range(UNKNOWN_CODE + 1)
    )


def manifest(entries: Mapping[str, ModelEntry]) -> list[Any]:
    """Scores of the detectors in the manifest: one line each, the rest folded."""
    found = [sheets.table(sheet) for sheet in detector_sheets.detector_sheets(entries)]
    return [
        sheets.table(detector_sheets.detector_sheet(entries)),
        html.P(MANIFEST_NOTE, className="note"),
        html.Details(
            [html.Summary("By market, regime and length of history"), html.Div(found, className="detector-sheets")],
            className="folded",
        ),
    ]


def _missed(trial: Trial) -> str:
    return words.percent(1 - trial.named, 1)


def _cell_row(tried: Tried) -> Row:
    row: Row = {"detector": tried.name, "mean_duration": tried.cell.mean_duration, "shocks": tried.cell.shocks}
    for name, trial in (("", tried.trial), ("_filter", tried.yardstick)):
        calibrated = name or tried.name not in POINTS
        row[f"balanced_accuracy{name}"] = trial.balanced_accuracy
        row[f"calibration_error{name}"] = trial.calibration_error if calibrated else float("nan")
        row[f"median_lag{name}"] = trial.median_lag if np.isfinite(trial.median_lag) else float("nan")
        row[f"never_named{name}"] = 1 - trial.named
    return row


def _pair(name: str, shown: Any) -> Any:  # noqa: ANN401
    def cell(row: Row) -> Any:  # noqa: ANN401
        return [html.Span(shown(row[name])), html.Span(shown(row[f"{name}_filter"]), className="interval")]

    return cell


def _one_digit(value: float) -> str:
    return words.percent(value, 1)


def _bars(value: float) -> str:
    return words.count(int(value), "bar") if np.isfinite(value) else "–"


def _matrix(name: str, trial: Trial, *, looked_at: bool) -> html.Div:
    named = range(UNKNOWN_CODE + 1 if trial.confusion[:, UNKNOWN_CODE].any() else N_REGIMES)
    corner = html.Th([html.Span("true", className="muted"), html.Span(" ↓  named →", className="muted")], scope="col")
    head = html.Tr([corner, *(html.Th(_short(code), scope="col", title=LOOKS[code].word) for code in named)])
    body = [
        html.Tr([html.Th(_short(row), scope="row", title=LOOKS[row].word), *_cells(name, trial, row, named)])
        for row in range(N_REGIMES)
    ]
    table = html.Table([html.Thead(head), html.Tbody(body)], className="matrix", **{"aria-label": f"{name}: true and named"})
    title = f"{name}: {words.percent(trial.balanced_accuracy, 1)} of each regime's bars on average"
    scrolled = html.Div(table, className="scroll", tabIndex="0", role="region", **{"aria-label": f"{name}: true and named"})
    return html.Div([html.H3(title, className="matrix-title"), scrolled], className=None if looked_at else "grey-matrix")


def _cells(name: str, trial: Trial, row: int, named: Sequence[int]) -> list[html.Td]:
    total = int(trial.confusion[row].sum())
    cells = []
    for code in named:
        bars = int(trial.confusion[row, code])
        share = bars / total if total else 0.0
        hint = (
            f"Of the {words.count(total, 'bar')} that were {LOOKS[row].word.lower()}, {name} called "
            f"{words.percent(share, 1)} {LOOKS[code].word.lower()} ({bars:,})."
        )
        kind = " ".join(kind for kind, true in (("stay", row == code), ("none", not bars)) if true)
        told = words.percent(share, 1) if bars else "0"
        cells.append(html.Td(told, style={"--heat": f"{MOST_HEAT * share**0.5:.0f}%"}, className=kind, title=hint))
    return cells


def _short(code: int) -> list[html.Span]:
    look = LOOKS[code]
    sign = html.Span(look.sign, className="sign", style={"--regime": look.ink}, **{"aria-hidden": "true"})
    return [sign, html.Span(look.word.split()[-1].capitalize(), className="matrix-word")]
