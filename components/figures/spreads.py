"""Distribution of chosen features by label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from components import quantities, theme, words
from components.figures.trends import Trends, in_sample
from regime_core.evaluation import geometry


def heading(view: Trends) -> str:
    """Title of the distributions."""
    by = f" by {view.labels.kind}{in_sample(view)}" if view.labels else ""
    return f"{view.title}: distribution{by}, {view.span}"


def spread(view: Trends, column: int, *, mode: str = "light") -> go.Figure:
    """Distribution of one feature by label: a box of the middle half, whiskers over the middle 90 %, the median a diamond."""
    palette = theme.PALETTES[mode]
    values = view.shown(column)
    names, colours, codes = groups(view, palette)
    found = geometry.quantiles(codes, values, len(names))
    traces: list[go.Box | go.Scatter] = []
    for code, name in enumerate(names):
        if np.isnan(found[code, 0]):
            continue
        low, q1, median, q3, high = found[code].tolist()
        known = int((np.isfinite(values) & (codes == code)).sum())
        traces.append(
            go.Box(
                name=name,
                y=[name],
                lowerfence=[low],
                q1=[q1],
                median=[median],
                q3=[q3],
                upperfence=[high],
                orientation="h",
                width=0.55,
                line={"color": palette.text, "width": 1.2},
                fillcolor=colours[code],
                hoverinfo="skip",
            )
        )
        traces.append(_median(name, median, found[code], known, quantities.unit(view.features[column]), palette))
    layout = dict(
        template=theme.template_name(mode),
        showlegend=False,
        hovermode="closest",
        margin={"l": 118, "r": 12, "t": 6, "b": 36},
        xaxis={"title": {"text": quantities.unit(view.features[column])}, "zeroline": False, "fixedrange": True, "nticks": 4},
        yaxis={"autorange": "reversed", "fixedrange": True, "showgrid": False},
    )
    return go.Figure(traces, layout)


def description(view: Trends, column: int) -> str:
    """Medians in words."""
    names, _, codes = groups(view, theme.PALETTES["light"])
    medians = geometry.quantiles(codes, view.shown(column), len(names), (0.5,))[:, 0].tolist()
    known = [(name.lower(), median) for name, median in zip(names, medians, strict=True) if np.isfinite(median)]
    told = ", ".join(f"{name} {quantities.number(median)}" for name, median in known) or "nothing known in this range"
    return f"{view.features[column].title} ({quantities.unit(view.features[column])}), medians: {told}."


def groups(view: Trends, palette: theme.Palette) -> tuple[Sequence[str], Sequence[str], NDArray[np.int64]]:
    """Names, colours and codes to spread a feature by; one group of all bars where there are no labels."""
    if view.labels is None:
        return ("All bars",), (palette.hairline,), np.zeros(len(view.time), dtype=np.int64)
    return view.labels.words, view.labels.colours, view.labels.codes


def _median(name: str, median: float, found: NDArray[np.float64], known: int, unit: str, palette: theme.Palette) -> go.Scatter:
    """The median as a diamond, which is seen on the darkest box too, with the numbers in its hover."""
    low, q1, _, q3, high = (quantities.number(float(value)) for value in found)
    text = (
        f"{name}, {words.count(known, 'bar')}<br>Median {quantities.number(median)} {unit}<br>Middle half {q1} to {q3}<br>"
        f"Middle 90 % {low} to {high}"
    )
    return go.Scatter(
        name=name,
        x=[median],
        y=[name],
        mode="markers",
        marker={
            "size": 10,
            "symbol": "diamond",
            "color": palette.background,
            "line": {"width": 1.5, "color": palette.text},
        },
        hovertemplate=f"{text}<extra></extra>",
    )
