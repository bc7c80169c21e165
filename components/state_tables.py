"""Tables of stress states: what each is like, and whether two of them differ; on the page and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np
from dash import html

from components import states, words
from components.figures.clustered import Clustered
from regime_core.evaluation.profiles import StateTable
from regime_core.states import TITLES, state_name

LEVEL = 0.05
STATISTICS_NOTE = (
    "Mean ± standard deviation over the days of each state. A stretch is a run of days in one state; the worst drawdown is the "
    "deepest fall from a peak within one stretch."
)
TESTS_NOTE = (
    "Welch's test of equal mean daily returns, two-sided, with Holm's correction for the number of pairs. It takes days as "
    "independent, and the return is one of the values that the states were made from: read it as a description, not as a proof."
)
_DIGITS = {"return": 3, "volatility": 2, "parkinson": 2}


def statistics(view: Clustered, table: StateTable) -> html.Div:
    """One row a state: how often, how long, and its values as mean ± standard deviation."""
    head = [
        html.Th("State", scope="col"),
        _head("Days", "Days in the state"),
        _head("Share", "Share of all days"),
        _head("Stretches", "Times the state was entered"),
        _head("Mean duration", "Days a stretch lasts on average"),
        *(_head(_title(column), "Mean ± standard deviation over the days of the state") for column in table.columns),
        _head("Worst drawdown", "Deepest fall from a peak within one stretch"),
    ]
    rows = []
    for code in range(view.k):
        cells = [
            f"{table.days[code]:,}",
            words.percent(float(table.share[code]), 1),
            f"{table.spells[code]:,}",
            _days(float(table.mean_duration[code])),
            *(
                _mean_and_sd(column, float(table.mean[code, i]), float(table.sd[code, i]))
                for i, column in enumerate(table.columns)
            ),
            words.signed_percent(float(table.worst_drawdown[code])),
        ]
        name = html.Th(states.state(code, view.k), scope="row")
        rows.append(html.Tr([name, *(html.Td(cell, className="figure") for cell in cells)]))
    return _scrolling(head, rows, "Statistics by state")


def welch_tests(view: Clustered, table: StateTable) -> html.Div:
    """One row a pair of states, with whether their mean daily returns differ."""
    head = [
        html.Th("States", scope="col"),
        _head("Difference of mean returns", "Mean of the first less mean of the second"),
        _head("t", "Welch's t"),
        _head("p", "Two-sided p of Welch's test"),
        _head("p, Holm", "Corrected for the number of pairs"),
        html.Th("In words", scope="col"),
    ]
    rows = []
    for one, other in _pairs(view.k):
        p = float(table.holm_p[one, other])
        pair = html.Th([states.state(one, view.k), " and ", states.state(other, view.k)], scope="row", className="pair")
        cells = [
            words.signed_percent(float(table.mean[one, 0] - table.mean[other, 0]), 3),
            _number(float(table.welch_t[one, other])),
            probability(float(table.welch_p[one, other])),
            probability(p),
        ]
        rows.append(
            html.Tr([pair, *(html.Td(cell, className="figure") for cell in cells), html.Td(_verdict(p), className="words")])
        )
    return _scrolling(head, rows, "Welch tests between states")


def statistics_csv(view: Clustered, table: StateTable) -> str:
    """The table of states as CSV: fractions and the units of the values, one row a state."""
    columns = [part for column in table.columns for part in (f"{column}_mean", f"{column}_sd")]
    header = ["state", "name", "days", "share", "stretches", "mean_duration_days", *columns]
    header += ["return_low_95", "return_high_95", "worst_drawdown"]
    rows = []
    for code in range(view.k):
        values = [part for i in range(len(table.columns)) for part in (table.mean[code, i], table.sd[code, i])]
        numbers = [table.share[code], int(table.spells[code]), table.mean_duration[code], *values]
        numbers += [table.return_low[code], table.return_high[code], table.worst_drawdown[code]]
        rows.append([state_name(code), states.word(code, view.k), int(table.days[code]), *map(_plain, numbers)])
    return _text(header, rows)


def welch_csv(view: Clustered, table: StateTable) -> str:
    """The tests as CSV, one row a pair."""
    rows = [
        [
            state_name(one),
            state_name(other),
            *(_plain(found[one, other]) for found in (table.welch_t, table.welch_p, table.holm_p)),
        ]
        for one, other in _pairs(view.k)
    ]
    return _text(["state", "other", "welch_t", "p", "p_holm"], rows)


def days_csv(view: Clustered) -> str:
    """Every day with its state (in sample) and the values it rests on."""
    dates = np.datetime_as_string(view.market.time.view("M8[ns]"), unit="D").tolist()
    rows = [
        [dates[i], state_name(int(code)), *map(_plain, view.market.values[i])]
        for i, code in enumerate(view.clustering.codes.tolist())
    ]
    return _text(["date", "state", *view.market.columns], rows)


def probability(p: float) -> str:
    """``0.013``, ``< 0.001``; a dash for NaN."""
    if np.isnan(p):
        return "–"
    return f"<{words.NBSP}0.001" if p < 0.001 else f"{p:.3f}"


def _verdict(p: float) -> str:
    if np.isnan(p):
        return "Too few days to tell."
    if p < LEVEL:
        return f"Their mean returns differ by more than chance would explain (at {words.percent(LEVEL)})."
    return "The difference may be chance."


def _title(column: str) -> str:
    return TITLES[column].removesuffix(", 21 days")


def _mean_and_sd(column: str, mean: float, sd: float) -> str:
    if column == "vix":
        return "–" if np.isnan(mean) else f"{mean:.1f} ± {sd:.1f}"
    digits = _DIGITS[column]
    signed = words.signed_percent if column == "return" else words.percent
    return f"{signed(mean, digits)} ± {words.percent(sd, 2)}"


def _days(duration: float) -> str:
    return "–" if np.isnan(duration) else f"{duration:.1f}{words.NBSP}days"


def _number(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.2f}".replace("-", "−")


def _head(text: str, hint: str) -> html.Th:
    return html.Th(text, scope="col", className="figure", title=hint)


def _scrolling(head: Sequence[html.Th], rows: Sequence[html.Tr], label: str) -> html.Div:
    table = html.Table([html.Thead(html.Tr(list(head))), html.Tbody(list(rows))], className="plain", **{"aria-label": label})
    return html.Div(table, className="scroll", tabIndex="0", role="region", **{"aria-label": label})


def _pairs(k: int) -> list[tuple[int, int]]:
    return [(one, other) for one in range(k) for other in range(one + 1, k)]


def _plain(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.10g}"


def _text(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()
