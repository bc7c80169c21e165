"""Forecasts over time with what then happened, and what moved one of them."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from components import horizons, theme, words
from components.figures import decimate, strips
from components.theme import Palette
from regime_core.states import Contribution, Forecast, WalkForward

STRIP_SHARE = 0.045
GAP_SHARE = 0.035
LEAST_REACH = 1.0
"""Percentage points that the axis of contributions reaches at least."""
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
            customdata=told,
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


def contributions_heading(forecast: Forecast, horizon: int) -> str:
    """Title of the bars: of which forecast they are."""
    day = words.moment(forecast.as_of, intraday=False)
    sample = ", in sample" if forecast.in_sample else ""
    return f"What speaks for and against {_word(forecast, horizon)} {horizons.ahead(horizon)}, from {day}{sample}"


def contributions_description(forecast: Forecast, horizon: int) -> str:
    """The bars in words."""
    parts = [f"{part.title}: {points(part.change)}" for part in forecast.explanations[horizon].parts]
    return f"Bar chart. {contributions_heading(forecast, horizon)}. {'; '.join(parts)}. {contributions_sum(forecast, horizon)}"


def contributions_sum(forecast: Forecast, horizon: int) -> str:
    """Say what the bars add up to: a usual day's probability and all of them make the probability that is forecast."""
    told = forecast.explanations[horizon]
    said = told.usual + sum(part.change for part in told.parts)
    # the change of what is shown, so that the reader's sum is right to the last digit
    moved = round(100 * said, 1) - round(100 * told.usual, 1)
    return (
        f"{words.percent(told.usual, 1)} on a usual day, and {points(moved / 100)} by the bars together, make the "
        f"{words.percent(said, 1)} {_word(forecast, horizon)} that is forecast."
    )


def contributions_note(forecast: Forecast, horizon: int) -> str:
    """How the bars are to be read."""
    told = forecast.explanations[horizon]
    return (
        f"A usual day: the mean answer of the same model to {words.count(told.days, 'day')} spread evenly over "
        f"{words.span(told.first, told.last, intraday=False)}. Each bar is a Shapley value: what its inputs add as they change "
        "from those days' to today's, averaged over every order in which the groups can change. Accent speaks for "
        f"{_word(forecast, horizon)}, grey against it."
    )


def contributions(forecast: Forecast, horizon: int, *, mode: str = "light") -> go.Figure:
    """What each group of inputs adds as bars, signed: for the most likely state to the right, against it to the left."""
    palette = theme.PALETTES[mode]
    parts = forecast.explanations[horizon].parts[::-1]
    values = [100.0 * part.change for part in parts]
    figure = go.Figure(
        go.Bar(
            name="Contribution",
            orientation="h",
            x=values,
            y=list(range(len(parts))),
            width=0.36,
            marker={"color": [palette.accent if value > 0 else palette.muted for value in values]},
            customdata=[(part.title, points(part.change), "<br>".join(part.inputs)) for part in parts],
            hovertemplate="<b>%{customdata[0]}</b> %{customdata[1]}<br>%{customdata[2]}<extra></extra>",
        )
    )
    reach = max([LEAST_REACH, *(abs(value) for value in values)])
    labels = [_bar_label(row, part, palette) for row, part in enumerate(parts)]
    figure.update_layout(
        template=theme.template_name(mode),
        meta={"title": contributions_heading(forecast, horizon)},
        showlegend=False,
        margin={"l": 4, "r": 60, "t": 8, "b": 40},
        xaxis={
            "range": [1.1 * min(-0.01 * reach, *values), 1.05 * max(0.01 * reach, *values)],
            "title": {"text": "percentage points added to the probability"},
            "zeroline": True,
            "zerolinecolor": palette.hairline,
            "showgrid": False,
            "fixedrange": True,
        },
        yaxis={"visible": False, "fixedrange": True, "range": [-0.6, len(parts) - 0.2]},
        annotations=[*labels, *(_points_label(row, part, palette) for row, part in enumerate(parts))],
    )
    return figure


def points(change: float, digits: int = 1) -> str:
    """``+4.3 points``: a change of a probability in percentage points."""
    return f"{_signed(change, digits)}{words.NBSP}points"


def _signed(change: float, digits: int = 1) -> str:
    shown = round(100.0 * change, digits) + 0.0  # no minus before a zero
    return f"{shown:+.{digits}f}".replace("-", "−")


def _word(forecast: Forecast, horizon: int) -> str:
    return theme.stress_words(forecast.k)[forecast.explanations[horizon].state].lower()


def _bar_label(row: int, part: Contribution, palette: Palette) -> dict[str, object]:
    """Name of a group above its bar, so that a phone has room for both."""
    return {
        "xref": "paper",
        "x": 0,
        "xanchor": "left",
        "y": row + 0.22,
        "yanchor": "bottom",
        "text": part.title,
        "showarrow": False,
        "font": {"size": 13, "color": palette.text},
    }


def _points_label(row: int, part: Contribution, palette: Palette) -> dict[str, object]:
    return {
        "xref": "paper",
        "x": 1,
        "xanchor": "right",
        "xshift": 52,
        "y": row,
        "yanchor": "middle",
        "text": _signed(part.change),
        "showarrow": False,
        "font": {"size": 13, "color": palette.muted},
    }


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
    figure.update_layout(
        template=theme.template_name(mode),
        meta={"title": f"Forecast {horizons.days(horizon)}, {_span(walk)}"},
        showlegend=False,
        hovermode="x unified",
        dragmode="zoom",
        margin={"l": 4, "r": 80, "t": 28, "b": 28},
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
