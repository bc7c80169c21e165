"""The last forecasts whose outcome is known, one by one: what was said, what came, and who was right."""

from __future__ import annotations

from typing import Any

import numpy as np
from dash import html

from components import horizons, sheets, states, words
from components.sheets import Column, Row, Sheet
from regime_core.states import WINDOW, WalkForward, state_name

SHOWN = WINDOW


def heading(title: str, walk: WalkForward, horizon: int) -> str:
    """Title of the table. walk : rows of one horizon."""
    last = _last(walk)
    dates = words.span(int(last.time[0]), int(last.time[-1]), intraday=False) if len(last) else "none yet"
    return f"{title}: the last {words.count(len(last), 'settled forecast')}, {horizons.days(horizon)}, made {dates}"


def summary(walk: WalkForward) -> str:
    """``Of the last 21, 18 came true; persistence was right on 17``."""
    last = _last(walk)
    if not len(last):
        return "No forecast has a known outcome yet."
    right, stayed = int(_right(last).sum()), int((last.today == last.realised).sum())
    return f"Of the last {len(last)}, {right} came true; persistence was right on {stayed}."


def table(walk: WalkForward, horizon: int) -> html.Div:
    """One row a forecast, the newest first."""
    k = walk.k
    columns = (
        Column("Made on", "Day of the forecast", lambda row: words.told(row["made_on"])),
        Column("For", "Day that was forecast", lambda row: words.told(row["for_day"])),
        Column("Said", "The likeliest state, and how likely it was said to be", lambda row: _said(row, k)),
        Column("Came", "The state that day had", lambda row: states.state(row["came_code"], k)),
        Column("Model", "Whether the likeliest state came", lambda row: _verdict(row["right"], "missed by-model")),
        Column(
            "Persistence",
            "Whether the state of the day of the forecast came",
            lambda row: _verdict(row["persistence_right"], "missed"),
        ),
    )
    label = f"The last forecasts {horizons.days(horizon)} whose outcome is known"
    return html.Div(sheets.table(Sheet(label, rows(walk, horizon), columns)), className="settled")


def rows(walk: WalkForward, horizon: int) -> tuple[Row, ...]:
    """One row a forecast, the newest first. walk : rows of one horizon, one a trading day."""
    first = max(0, int(walk.known.sum()) - SHOWN)
    found = []
    for i in np.flatnonzero(walk.known)[first:][::-1].tolist():
        code = int(walk.probabilities[i].argmax())
        came = int(walk.realised[i])
        found.append(
            {
                "made_on": _iso(walk.time[i]),
                "for_day": _iso(walk.time[i + horizon]) if i + horizon < len(walk) else "",
                "said": state_name(code),
                "said_code": code,
                "probability": float(walk.probabilities[i, code]),
                "came": state_name(came),
                "came_code": came,
                "right": code == came,
                "persistence_right": int(walk.today[i]) == came,
            }
        )
    return tuple(found)


def _last(walk: WalkForward) -> WalkForward:
    settled = walk.settled()
    return settled.between(int(settled.time[-SHOWN:][0]), int(settled.time[-1])) if len(settled) else settled


def _right(walk: WalkForward) -> Any:  # noqa: ANN401 - an array of bool
    return walk.probabilities.argmax(axis=1) == walk.realised


def _said(row: Row, k: int) -> html.Span:
    share = html.Span(f" {words.percent(row['probability'])}", className="muted")
    return html.Span([states.state(row["said_code"], k), share])


def _verdict(right: bool, missed: str) -> html.Span:
    return html.Span("right", className="muted") if right else html.Span("missed", className=missed)


def _iso(time: np.int64) -> str:
    return str(np.datetime64(int(time), "ns").astype("M8[D]"))
