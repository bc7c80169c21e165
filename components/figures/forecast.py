"""Forecasts over time with what then happened."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from components import horizons, theme, words
from components.figures import decimate, strips
from components.theme import Palette
from regime_core.states import WalkForward

STRIP_SHARE = 0.045
GAP_SHARE = 0.035
EDGE_WIDTH = 0.5
MOST_EDGED = 600
"""Of more days, the lines between the areas would cover them."""


def history_heading(title: str, walk: WalkForward, horizon: int) -> str:
    """Title of the chart: what is shown and for which days. walk : rows of one horizon, at least one."""
    return f"{title}: what was forecast {horizons.days(horizon)}, and what came, {_span(walk)}, out of sample"


def history_description(title: str, walk: WalkForward, horizon: int) -> str:
    """What a reader who cannot see the chart should know."""
    settled = walk.settled()
    if not len(settled):
        return f"Area chart. {history_heading(title, walk, horizon)}. No outcome is known yet."
    right = int((settled.probabilities.argmax(axis=1) == settled.realised).sum())
    return (
        f"Area chart of the probability of each state. {history_heading(title, walk, horizon)}. The most likely state came "
        f"true on {right:,} of {words.count(len(settled), 'day')} ({words.percent(right / len(settled), 1)})."
    )


def history(walk: WalkForward, horizon: int, *, mode: str = "light") -> go.Figure:
    """Probabilities of the states, stacked, over strips of what came and of the days on which something else was likelier.

    walk : rows of one horizon, at least one. mode : ``light`` or ``dark``.
    """
    palette, colours = theme.PALETTES[mode], theme.stress_colours(walk.k, mode)
    figure = go.Figure()
    shown = decimate.extremes(walk.probabilities[:, -1])
    told = _told(walk, shown, horizon)
    for state in range(walk.k):
        figure.add_trace(_area(walk, shown, state, colours[state], palette))
    figure.add_trace(
        go.Scatter(
            name="Outcome",
            x=strips.dates(walk.time[shown]),
            y=np.zeros(len(shown)),
            mode="lines",
            line={"width": 0, "color": palette.muted},
            customdata=strips.in_words(told),
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    unknown = "rgba(0,0,0,0)"
    came = np.where(walk.known, walk.realised, walk.k)
    missed = np.where(walk.known & (walk.probabilities.argmax(axis=1) != walk.realised), 1, 0)
    figure.add_trace(strips.strip(walk.time, came, [*colours, unknown], name="What came", yaxis="y2"))
    figure.add_trace(strips.strip(walk.time, missed, [unknown, palette.accent], name="Missed", yaxis="y3"))
    _lay_out(figure, walk, mode, palette, horizon)
    return figure


def _area(walk: WalkForward, shown: NDArray[np.int64], state: int, colour: str, palette: Palette) -> go.Scatter:
    word = theme.stress_words(walk.k)[state]
    return go.Scatter(
        name=word,
        x=strips.dates(walk.time[shown]),
        y=walk.probabilities[shown, state],
        stackgroup="probabilities",
        mode="lines",
        line={
            "width": EDGE_WIDTH if state < walk.k - 1 and len(shown) < MOST_EDGED else 0,
            "color": palette.background,
            "shape": "hv",
        },
        fillcolor=colour,
        hovertemplate=f"{word} %{{y:.0%}}<extra></extra>",
    )


def _told(walk: WalkForward, shown: NDArray[np.int64], horizon: int) -> list[str]:
    """What came after each forecast, in words."""
    names = theme.stress_words(walk.k)
    likely = walk.probabilities.argmax(axis=1)
    later = words.count(horizon, "day")
    told = []
    for i in shown.tolist():
        if not walk.known[i]:
            told.append("not known yet what came")
            continue
        missed = " (missed)" if likely[i] != walk.realised[i] else ""
        told.append(f"{later} later: {names[walk.realised[i]].lower()}{missed}")
    return told


def _lay_out(figure: go.Figure, walk: WalkForward, mode: str, palette: Palette, horizon: int) -> None:
    hidden = {"visible": False, "fixedrange": True, "range": [0, 1]}
    second = STRIP_SHARE + GAP_SHARE / 2
    lower = second + STRIP_SHARE + GAP_SHARE
    edges = strips.edges(walk.time)
    figure.layout = go.Layout(
        template=theme.template_name(mode),
        meta={"title": f"Forecast {horizons.days(horizon)}, {_span(walk)}"},
        showlegend=False,
        hovermode="x unified",
        dragmode="zoom",
        margin={"l": 4, "r": 80, "t": 28, "b": 30},
        xaxis={
            "anchor": "y3",
            "range": strips.dates(edges[[0, -1]]),
            "showgrid": False,
            "hoverformat": "%a %e %b %Y",
            "showspikes": True,
            "spikemode": "across",
            "spikethickness": 1,
            "spikedash": "dot",
            "spikecolor": palette.muted,
        },
        yaxis={
            "domain": [lower, 1],
            "side": "right",
            "range": [0, 1],
            "tickvals": [0, 0.25, 0.5, 0.75, 1],
            "ticktext": [f"{share}{words.NBSP}%" for share in (0, 25, 50, 75, 100)],
            "fixedrange": True,
            "zeroline": False,
            "gridcolor": palette.hairline,
        },
        yaxis2={**hidden, "domain": [second, second + STRIP_SHARE]},
        yaxis3={**hidden, "domain": [0, STRIP_SHARE]},
        annotations=[
            _side_label("what came", second + STRIP_SHARE / 2, palette),
            _side_label("missed", STRIP_SHARE / 2, palette),
            {**_side_label("probability", 1, palette), "xanchor": "right", "yanchor": "bottom", "xshift": 76, "yshift": 7},
        ],
    )


def _side_label(text: str, height: float, palette: Palette) -> dict[str, object]:
    return {
        "xref": "paper",
        "x": 1,
        "xanchor": "left",
        "xshift": 6,
        "yref": "paper",
        "y": height,
        "yanchor": "middle",
        "text": text,
        "showarrow": False,
        "font": {"size": 13, "color": palette.muted},
    }


def _span(walk: WalkForward) -> str:
    return words.span(int(walk.time[0]), int(walk.time[-1]), intraday=False)
