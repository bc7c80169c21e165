"""How forecasts went, in words, matrices and bars."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from dash import dcc, html
from numpy.typing import NDArray

import runtime
from components import cards, controls, glossary, horizons, markets, score_sheets, sheets, shell, states, words
from components.figures import evaluation as figures
from components.figures.evaluation import NAMES, span
from regime_core.datasets import Dataset
from regime_core.errors import RegimeError
from regime_core.evaluation.forecasts import MODEL, ForecastScores, Score
from regime_core.evaluation.outcomes import Outcomes
from regime_core.evaluation.volatility import MIN_PAST
from regime_core.states import WalkForward

STRONGEST = "margin"
LEVEL = 0.05
MOST_HEAT = 60
"""Percent of a matrix cell's colour at most: text on more of it would be hard to read in one of the themes."""
OUTCOMES_NOTE = (
    "Labels as they were known on the day, out of sample. Intervals: 95 %, block bootstrap. Volatility is the root of the mean "
    "squared daily return."
)
SAID_NOTE = (
    "A label is worth what it adds to what the VIX and HAR (a regression on the variance of the last 1, 5 and 22 days) already "
    "say, so all stand on the same days: those that every one of them spoke of. Each year is forecast by the years before, "
    f"once there are {MIN_PAST} days of them."
)
GAIN_NOTE = (
    "QLIKE loss (Patton 2011): log of the variance forecast, plus the variance that came over it; a day without a return is "
    "like any other. Shown: nats a day by which each is better than the mean variance of the past; more is better. Same days "
    "as above."
)


@dataclass(frozen=True, slots=True)
class Record:
    """A dataset's forecasts of past days, their scores by horizon, and what followed the labels."""

    dataset: Dataset
    walk: WalkForward
    scores: Mapping[int, ForecastScores]
    outcomes: Mapping[int, Outcomes]


def record(dataset: Dataset, k: str | None) -> Record | None:
    """The record of a dataset; None while it still has to be made. Raises RegimeError where none can be."""
    results, number = runtime.results(), markets.k_of(k)
    walk = results.walk_forward(dataset, number)
    if walk is None:
        return None
    return Record(dataset, walk, results.scores(dataset, number), results.outcomes(dataset, number))


def headline(found: Mapping[int, ForecastScores]) -> html.H1:
    """Whether the model beats the strongest baseline at the nearest horizon."""
    scores = found[min(found)]
    against = scores.against(STRONGEST)
    better = against.skill > 0 and against.p_value < LEVEL
    lower = words.percent(abs(against.skill), 1)
    than = f"{lower} {'less' if against.skill > 0 else 'more'} log-loss than {STRONGEST} {horizons.days(scores.horizon)}"
    doubt = "" if better else ", which may be chance" if against.skill > 0 else ""
    return html.H1(f"{than}{doubt}", className="headline")


def summary(found: Mapping[int, ForecastScores]) -> html.P:
    """Skill against the strongest baseline at every horizon, and against the others at the nearest."""
    over = ", ".join(
        f"{words.signed_percent(scores.against(STRONGEST).skill)} {horizons.days(horizon)} "
        f"(p{words.NBSP}{_equals(scores.against(STRONGEST).p_value)})"
        for horizon, scores in sorted(found.items())
    )
    nearest = found[min(found)]
    terms = {"persistence": "persistence", "markov": "the Markov chain"}
    others = [
        [f"{words.signed_percent(comparison.skill)} over ", glossary.term(comparison.baseline, terms[comparison.baseline])]
        for comparison in nearest.comparisons
        if comparison.baseline != STRONGEST
    ]
    told = [glossary.term("log_loss", "Log-loss"), " ", glossary.term("skill", "skill"), " over "]
    told += [glossary.term("margin", STRONGEST), f": {over}. {horizons.days(nearest.horizon).capitalize()} it is "]
    for i, part in enumerate(others):
        told += [*([" and "] if i else []), *part]
    return html.P([*told, "."], className="further")


def basis(walk: WalkForward, found: Mapping[int, ForecastScores]) -> html.Ul:
    """How the record was made, and what is missing in it."""
    first, last = int(walk.time[0]), int(walk.time[-1])
    told: list[Any] = [
        [
            "Out of sample, ",
            glossary.term("walk_forward", "walked forward"),
            f": {walk.k} states; each year of {words.span(first, last, intraday=False)} was forecast by models fitted on the "
            "years before it.",
        ],
        *map(words.told, walk.notes),
    ]
    told += [f"No day {horizons.days(h)} has a known outcome yet." for h in walk.horizons if h not in found]
    return html.Ul([html.Li(text) for text in told], className="told")


def facts(walk: WalkForward, found: Mapping[int, ForecastScores]) -> html.Dl:
    """Days, changes of state, and what the past gave weight."""
    scores = found[min(found)]
    weights = walk.mean_weights(scores.horizon)
    members = ", ".join(f"{name.replace('_', ' ')} {words.percent(share)}" for name, share in weights.items())
    return cards.facts(
        [
            ("Days scored", f"{scores.n_days:,}"),
            ("Days on which the state changed", f"{scores.transitions:,}"),
            (f"Pool {horizons.days(scores.horizon)}, weighed by the past", members),
        ]
    )


def scores(shown: Record) -> list[Any]:
    """Model beside the baselines at every horizon."""
    told = [
        glossary.term("skill", "Skill"),
        ": 1 less the model's ",
        glossary.term("log_loss", "log-loss"),
        " over the baseline's. p: that the model is no better, paired block bootstrap, 10,000 draws. ",
        glossary.term("brier", "Brier"),
        " and ",
        glossary.term("calibration", "calibration"),
        ": lower is better. McNemar's test counts overlapping outcomes as independent, so it is shown 1 day ahead only.",
    ]
    return [sheets.table(score_sheets.score_sheet(shown.scores)), html.P(told, className="note")]


def outcomes(shown: Record) -> list[Any]:
    """What followed each label over all its days."""
    if not shown.outcomes:
        return [html.P("There are no prices here for the days of this record.", className="note")]
    return [sheets.table(score_sheets.outcome_sheet(shown.outcomes, shown.walk.k)), html.P(OUTCOMES_NOTE, className="note")]


def compared(shown: Record) -> list[Any]:
    """What followed each label beside VIX and HAR, over the days that all of them spoke of."""
    found = shown.outcomes
    if not any(outcomes.compared.first for outcomes in found.values()):
        told = f"HAR needs {MIN_PAST} days before the year that it forecasts: here are too few to set the labels beside it."
        return [html.P(told, className="note note-close")]
    return [
        sheets.table(score_sheets.said_sheet(found, shown.walk.k)),
        html.P(SAID_NOTE, className="note"),
        html.H3("How well each of them foretells the volatility", className="card-title second-title"),
        sheets.table(score_sheets.gain_sheet(found)),
        html.P(GAIN_NOTE, className="note"),
    ]


def forecaster_select(identifier: str, chosen: str | None, label: str, fallback: str) -> html.Label:
    """Which forecaster is looked at, or which one it is set beside."""
    options = [{"label": text, "value": name} for name, text in NAMES.items()]
    return controls.picker(identifier, label, options, picked_forecaster(chosen, fallback))


def picked_forecaster(text: str | None, fallback: str = MODEL) -> str:
    """Forecaster of a choice."""
    return text if text in NAMES else fallback


def side_by_side(found: ForecastScores, picked: str, against: str) -> html.P:
    """Log-loss and accuracy of the two over all years, and how much lower the loss of the one picked is."""
    one, other = found.score(picked), found.score(against)
    told = [f"{NAMES[picked]}: {one.log_loss:.4f} nats a day, right on {words.percent(one.accuracy, 1)} of days."]
    if picked != against:
        lower = 1 - one.log_loss / other.log_loss
        told += [
            f"{NAMES[against]}: {other.log_loss:.4f} and {words.percent(other.accuracy, 1)}.",
            f"That is {words.percent(abs(lower), 1)} {'less' if lower > 0 else 'more'} log-loss than "
            f"{figures.in_a_sentence(against)}'s.",
        ]
    return html.P(" ".join(told), className="note note-close")


def calibrated(found: ForecastScores, picked: str, against: str) -> html.P:
    """How well what the two said came true, in one figure each."""
    errors = [
        f"{figures.in_a_sentence(name)}'s error is {words.percent(found.score(name).calibration_error, 2)}"
        for name in dict.fromkeys((picked, against))
    ]
    told = [glossary.term("calibration", "Calibration"), ": on the diagonal, what was said came true as often as said. "]
    return html.P([*told, "On average ", ", ".join(errors), "."], className="note note-close")


def confusion(found: ForecastScores, picked: str = MODEL, against: str = "persistence") -> html.Div:
    """What was said against what came, of the forecaster picked and of what it is set beside."""
    shown = dict.fromkeys((picked, against))
    matrices = [_matrix(found.score(name), found.k, looked_at=name == picked) for name in shown]
    return html.Div(matrices, className="matrices")


def transitions(found: ForecastScores, picked: str = MODEL) -> list[Any]:
    """On the days whose state changed: how often each forecaster named the new one."""
    if not found.transitions:
        return [html.P("The state changed on no day that was scored.", className="note note-close")]
    rows = [_share_row(score, looked_at=score.name == picked) for score in found.scores]
    return [
        html.P(
            f"On {words.count(found.transitions, 'day')} of {found.n_days:,} the state {horizons.days(found.horizon)} was "
            "another one. Named beforehand by:",
            className="note note-close",
        ),
        html.Div(rows, className="shares shares-wide transitions", role="list", **{"aria-label": "Right on transition days"}),
        html.P("Persistence never expects a change; who expects many pays on all other days.", className="note"),
    ]


def not_walked(n_days: int) -> html.Div:
    """Word on a record that has still to be made."""
    return html.Div(
        [
            html.H1("Not evaluated yet", className="headline"),
            html.P(
                f"Walk forward fits the models anew for each year on the years before it ({words.count(n_days, 'bar')} here). "
                "That takes some seconds a year and goes on in the background.",
                className="further",
            ),
        ],
        className="unmade",
    )


def nothing_settled() -> html.Div:
    """Word on a record in which no outcome is known yet."""
    return html.Div(
        [html.H1("No outcome is known yet", className="headline"), html.P("Bring newer days.", className="further")]
    )


def not_possible(error: RegimeError, dataset_id: str) -> html.Div:
    """What is missing, and where what can still be shown is."""
    pages = {"Clusters": "/clusters", "Features": "/features"} if error.code == "market.short" else {"Overview": "/"}
    links = [dcc.Link(name, href=shell.href(path, dataset=dataset_id)) for name, path in pages.items()]
    where = html.P(["Shown for it: ", *(part for link in links for part in (link, " "))])
    return cards.problem(words.told(error.message), where, title="No evaluation for this dataset", whole_page=True)


def outcomes_heading(title: str, days: NDArray[np.int64], walk: WalkForward) -> str:
    """Title of the table of what followed; labels without prices are left out. days : of the prices."""
    first, last = max(int(days[0]), int(walk.time[0])), min(int(days[-1]), int(walk.time[-1]))
    if first > last:
        return f"{title}: what followed each label"
    return f"{title}: what followed each label, {words.span(first, last, intraday=False)}, out of sample"


def scores_heading(title: str, walk: WalkForward) -> str:
    """Title of the table of scores."""
    span_ = words.span(int(walk.time[0]), int(walk.time[-1]), intraday=False)
    return f"{title}: model beside the baselines, {walk.k} states, {span_}, out of sample"


def confusion_heading(title: str, found: ForecastScores) -> str:
    """Title of the matrices."""
    return f"{title}: said and came, {horizons.days(found.horizon)}, {span(found)}"


def transitions_heading(title: str, found: ForecastScores) -> str:
    """Title of the bars of transition days."""
    return f"{title}: days on which the state changed, {horizons.days(found.horizon)}, {span(found)}"


def _equals(p: float) -> str:
    told = score_sheets.p_value(p)
    return told if told.startswith("<") else f"={words.NBSP}{told}"


def _matrix(score: Score, k: int, *, looked_at: bool) -> html.Div:
    corner = html.Th([html.Span("came", className="muted"), html.Span(" ↓  said →", className="muted")], scope="col")
    head = html.Tr([corner, *(html.Th(states.state(code, k), scope="col") for code in range(k))])
    body = [html.Tr([html.Th(states.state(row, k), scope="row"), *_cells(score, row, k)]) for row in range(k)]
    label = f"{NAMES[score.name]}: said and came"
    table = html.Table([html.Thead(head), html.Tbody(body)], className="matrix", **{"aria-label": label})
    right = f"{NAMES[score.name]}: right on {words.percent(score.accuracy, 1)} of days"
    return html.Div(
        [html.P(right, className="matrix-title"), html.Div(table, className="scroll")],
        className=None if looked_at else "grey-matrix",
    )


def _cells(score: Score, row: int, k: int) -> list[html.Td]:
    total = int(score.confusion[row].sum())
    cells = []
    for column in range(k):
        days = int(score.confusion[row, column])
        share = days / total if total else 0.0
        hint = (
            f"On {days:,} of the {words.count(total, 'day')} that came out {states.word(row, k).lower()}, "
            f"{figures.in_a_sentence(score.name)} said {states.word(column, k).lower()} ({words.percent(share, 1)})."
        )
        told = [f"{days:,}", html.Span(words.percent(share, 1), className="cell-share")]
        names = (("stay", row == column), ("none", not days))
        kind = " ".join(name for name, true in names if true)
        cells.append(html.Td(told, style={"--heat": f"{MOST_HEAT * share**0.5:.0f}%"}, className=kind, title=hint))
    return cells


def _share_row(score: Score, *, looked_at: bool) -> html.Div:
    value, name = score.transition_accuracy, NAMES[score.name]
    colour = "var(--accent)" if looked_at else "var(--muted)"
    fill = html.Span(className="fill", style={"width": f"{100 * value:.2f}%", "--regime": colour})
    told = words.percent(value, 1)
    return html.Div(
        [html.Span(name), html.Span(fill, className="track", **{"aria-hidden": "true"}), html.Span(told, className="figure")],
        className="share share-now" if looked_at else "share",
        role="listitem",
        title=f"{name}: right on {told} of the days whose state changed",
    )
