"""What moved a forecast: from a usual day's probability, group by group, to the one that is forecast."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from components import horizons, theme, words
from components.theme import Palette
from regime_core.states import Explanation, Forecast

USUAL, SAID = "A usual day", "The forecast"
LEAST_REACH = 2.0
"""Percentage points that the axis spans at least."""
MARGIN_SHARE = 0.04
BAR_WIDTH = 0.34


def heading(forecast: Forecast, horizon: int) -> str:
    """Title of the bars: of which forecast they are."""
    day = words.moment(forecast.as_of, intraday=False)
    sample = ", in sample" if forecast.in_sample else ""
    return f"What speaks for and against {_word(forecast, horizon)} {horizons.ahead(horizon)}, from {day}{sample}"


def description(forecast: Forecast, horizon: int) -> str:
    """The bars in words."""
    parts = [f"{part.title}: {points(part.change)}" for part in forecast.explanations[horizon].parts]
    return f"Bar chart. {heading(forecast, horizon)}. {'; '.join(parts)}. {total(forecast, horizon)}"


def total(forecast: Forecast, horizon: int) -> str:
    """Say what the bars add up to: a usual day's probability and all of them make the probability that is forecast."""
    told = forecast.explanations[horizon]
    said = _said(told)
    # the change of what is shown, so that the reader's sum is right to the last digit
    moved = round(100 * said, 1) - round(100 * told.usual, 1)
    return (
        f"{words.percent(told.usual, 1)} on a usual day, and {points(moved / 100)} by the bars together, make the "
        f"{words.percent(said, 1)} {_word(forecast, horizon)} that is forecast."
    )


def basis(forecast: Forecast, horizon: int) -> str:
    """How the bars are to be read, and how they are computed: the same for every kind of model."""
    told = forecast.explanations[horizon]
    n = len(told.parts)
    return (
        f"A usual day: the mean answer of the same model to {words.count(told.days, 'day')} spread evenly over "
        f"{words.span(told.first, told.last, intraday=False)}. Each bar is a Shapley value (SHAP, interventional): what its "
        "inputs add as they change from those days' to today's, averaged over every order in which the groups can change. All "
        f"{2**n} combinations of the {n} groups are asked of the model, none is sampled, so that the bars are exact for "
        f"simulation, linear models and trees alike. Accent speaks for {_word(forecast, horizon)}, grey against it."
    )


def figure(forecast: Forecast, horizon: int, *, mode: str = "light") -> go.Figure:
    """Bars that each begin where the one above ends, the largest first: accent for the likeliest state, grey against it."""
    palette = theme.PALETTES[mode]
    told = forecast.explanations[horizon]
    n = len(told.parts)
    stops = 100.0 * np.cumsum([told.usual, *(part.change for part in told.parts)])
    changes = [100.0 * part.change for part in told.parts]
    out = go.Figure(
        go.Bar(
            name="Percentage points added",
            orientation="h",
            y=[part.title for part in told.parts],
            x=changes,
            base=stops[:-1].tolist(),
            width=BAR_WIDTH,
            marker={"color": [palette.accent if value > 0 else palette.muted for value in changes]},
            customdata=[
                (part.title, points(part.change), _between(*stops[i : i + 2]), "<br>".join(part.inputs))
                for i, part in enumerate(told.parts)
            ],
            hovertemplate="<b>%{customdata[0]}</b> %{customdata[1]}<br>%{customdata[2]}<br>%{customdata[3]}<extra></extra>",
        )
    )
    out.add_trace(
        go.Scatter(
            name="Probability",
            x=[stops[0], stops[-1]],
            y=[USUAL, SAID],
            mode="markers",
            marker={"symbol": "diamond", "size": 11, "color": [palette.muted, palette.accent]},
            hovertemplate="<b>%{y}</b>: %{x:.1f}" + f"{words.NBSP}%<extra></extra>",
        )
    )
    rows = [USUAL, *(part.title for part in told.parts), SAID]
    values = [
        words.percent(told.usual, 1),
        *(signed(part.change) for part in told.parts),
        words.percent(_said(told), 1),
    ]
    out.layout = go.Layout(
        template=theme.template_name(mode),
        meta={"title": heading(forecast, horizon)},
        showlegend=False,
        margin={"l": 4, "r": 62, "t": 8, "b": 40},
        xaxis={
            "range": _range(stops),
            "title": {"text": f"probability of {_word(forecast, horizon)}, %"},
            "zeroline": False,
            "nticks": 6,
            "fixedrange": True,
        },
        yaxis={
            "visible": False,
            "fixedrange": True,
            "type": "category",
            "categoryorder": "array",
            "categoryarray": rows,
            "range": [n + 1.4, -0.75],
        },
        shapes=[_step(row, float(stops[row]), palette) for row in range(n + 1)],
        annotations=[
            *(_name(row, name, row in (0, n + 1), palette) for row, name in enumerate(rows)),
            *(_value(row, value, row in (0, n + 1), palette) for row, value in enumerate(values)),
        ],
    )
    return out


def points(change: float, digits: int = 1) -> str:
    """``+4.3 points``: a change of a probability in percentage points."""
    return f"{signed(change, digits)}{words.NBSP}points"


def signed(change: float, digits: int = 1) -> str:
    """``+4.3``: the same without its unit."""
    shown = round(100.0 * change, digits) + 0.0  # no minus before a zero
    return f"{shown:+.{digits}f}".replace("-", "−")


def _said(told: Explanation) -> float:
    return told.usual + sum(part.change for part in told.parts)


def _word(forecast: Forecast, horizon: int) -> str:
    return theme.stress_words(forecast.k)[forecast.explanations[horizon].state].lower()


def _between(start: float, stop: float) -> str:
    return f"from {words.percent(start / 100, 1)} to {words.percent(stop / 100, 1)}"


def _range(stops: Sequence[float] | np.ndarray) -> list[float]:
    """Axis around all stops: not from 0, so that small changes of a sure forecast can be told apart."""
    low, high = float(np.min(stops)), float(np.max(stops))
    wanting = max(LEAST_REACH - (high - low), 0.0) / 2
    margin = MARGIN_SHARE * max(high - low, LEAST_REACH)
    return [low - wanting - margin, high + wanting + margin]


def _step(row: int, at: float, palette: Palette) -> dict[str, object]:
    """Line from where one row ends to where the next begins."""
    return {
        "type": "line",
        "x0": at,
        "x1": at,
        "y0": row,
        "y1": row + 1,
        "layer": "below",
        "line": {"color": palette.muted, "width": 1, "dash": "dot"},
    }


def _name(row: int, text: str, strong: bool, palette: Palette) -> dict[str, object]:
    """Name of a row above its bar, so that a phone has room for both."""
    return {
        "xref": "paper",
        "x": 0,
        "xanchor": "left",
        "y": row - 0.2,
        "yanchor": "bottom",
        "text": f"<b>{text}</b>" if strong else text,
        "showarrow": False,
        "bgcolor": palette.background,
        "borderpad": 0,
        "font": {"size": 13, "color": palette.text},
    }


def _value(row: int, text: str, strong: bool, palette: Palette) -> dict[str, object]:
    return {
        "xref": "paper",
        "x": 1,
        "xanchor": "right",
        "xshift": 56,
        "y": row,
        "yanchor": "middle",
        "text": f"<b>{text}</b>" if strong else text,
        "showarrow": False,
        "font": {"size": 13, "color": palette.text if strong else palette.muted},
    }
