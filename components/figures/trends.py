"""Features over time under a strip of labels, spread out by label, and against each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from components import theme, words
from components.figures import decimate, strips
from regime_core.bars import is_intraday
from regime_core.evaluation import geometry, persistence
from regime_core.features import Feature

POINTS = 1_500
"""Points of one line; the lowest and highest of each stretch are kept."""
STRIP_PX = 10
PANEL_PX = 120
GAP_PX = 34
NEGATIVE = {"light": "#B8560B", "dark": "#E8934A"}
"""Negative correlations; positive ones have the accent."""


@dataclass(frozen=True, slots=True)
class Strip:
    """Labels of bars. codes : (n_bars,) indices into ``words`` and ``colours``; -1 for a bar without a label.

    in_sample : the labels rest on later bars too. hatches : lines over the ribbon of each label; empty for none.
    """

    kind: str
    codes: NDArray[np.int64]
    words: tuple[str, ...]
    colours: tuple[str, ...]
    in_sample: bool = False
    hatches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trends:
    """Chosen features of the bars in sight.

    time : (n_bars,) nanoseconds. table : (n_bars, n_features); NaN where unknown. labels : None where there are none to show.
    """

    title: str
    time: NDArray[np.int64]
    table: NDArray[np.float64]
    features: tuple[Feature, ...]
    labels: Strip | None

    @property
    def intraday(self) -> bool:
        """Whether the time of day is shown."""
        return is_intraday(self.time)

    @property
    def span(self) -> str:
        """First and last date in words."""
        return words.span(self.time[0], self.time[-1], intraday=self.intraday)

    def __len__(self) -> int:
        return len(self.features)


def heading(view: Trends) -> str:
    """Title of the chart over time."""
    under = f" under the strip of {view.labels.kind}s{_in_sample(view)}" if view.labels else ""
    return f"{view.title}: {words.count(len(view), 'feature')}{under}, {view.span}"


def description(view: Trends) -> str:
    """What a reader who cannot see the chart should know."""
    told = "; ".join(f"{feature.title}, newest {number(_last(view.table[:, i]))}" for i, feature in enumerate(view.features))
    return f"Line charts one above the other. {heading(view)}. {told}."


def height(n_features: int) -> int:
    """Pixels that the chart over time wants."""
    return n_features * (PANEL_PX + GAP_PX) + 50


def over_time(view: Trends, *, mode: str = "light") -> go.Figure:
    """One panel a feature, one time axis for all, and the labels as a tint behind and a ribbon below."""
    palette = theme.PALETTES[mode]
    figure = go.Figure()
    n, total = len(view), height(len(view)) - 50
    ribbon_top = (STRIP_PX + 6) / total
    panel = (1 - ribbon_top) / max(n, 1)
    axes: dict[str, object] = {}
    annotations = []
    if view.labels is not None:
        _add_strips(figure, view, view.labels, palette)
    for i, feature in enumerate(view.features):
        bottom = 1 - (i + 1) * panel
        top = bottom + panel - GAP_PX / total
        figure.add_trace(_line(view, i, palette, axis=f"y{i + 3}"))
        axes[f"yaxis{i + 3}"] = {
            "domain": [bottom, top],
            "side": "right",
            "fixedrange": True,
            "nticks": 5,
            "gridcolor": palette.hairline,
            "zeroline": False,
            "tickformat": ".3~g",
        }
        annotations.append(_panel_title(feature, top, palette))
    hidden = {"visible": False, "fixedrange": True, "range": [0, 1]}
    figure.update_layout(
        template=theme.template_name(mode),
        meta={"title": heading(view)},
        showlegend=False,
        hovermode="x unified",
        hoversubplots="axis",
        dragmode="zoom",
        bargap=0,
        barmode="overlay",
        margin={"l": 4, "r": 62, "t": 22, "b": 28},
        xaxis={
            "anchor": "y2",
            "range": strips.dates(strips.edges(view.time)[[0, -1]]),
            "showgrid": False,
            "hoverformat": "%a %e %b %Y, %H:%M UTC" if view.intraday else "%a %e %b %Y",
        },
        yaxis={**hidden, "domain": [ribbon_top, 1]},
        yaxis2={**hidden, "domain": [0, STRIP_PX / total]},
        annotations=annotations,
        **axes,
    )
    return figure


def spread_heading(view: Trends) -> str:
    """Title of the distributions."""
    by = f" by {view.labels.kind}{_in_sample(view)}" if view.labels else ""
    return f"{view.title}: distribution{by}, {view.span}"


def spread(view: Trends, column: int, *, mode: str = "light") -> go.Figure:
    """Distribution of one feature by label: a box of the middle half, whiskers over the middle 90 %, the median a diamond."""
    palette = theme.PALETTES[mode]
    values = view.table[:, column]
    names, colours, codes = _groups(view, palette)
    found = geometry.quantiles(codes, values, len(names))
    figure = go.Figure()
    for code, name in enumerate(names):
        if np.isnan(found[code, 0]):
            continue
        low, q1, median, q3, high = found[code].tolist()
        known = int((np.isfinite(values) & (codes == code)).sum())
        figure.add_trace(
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
        figure.add_trace(_median(name, median, found[code], known, view.features[column].unit, palette))
    figure.update_layout(
        template=theme.template_name(mode),
        showlegend=False,
        hovermode="closest",
        margin={"l": 4, "r": 12, "t": 6, "b": 4},
        xaxis={"title": {"text": view.features[column].unit}, "zeroline": False, "fixedrange": True, "nticks": 4},
        yaxis={"autorange": "reversed", "fixedrange": True, "showgrid": False},
    )
    return figure


def spread_description(view: Trends, column: int) -> str:
    """Medians in words."""
    names, _, codes = _groups(view, theme.PALETTES["light"])
    medians = geometry.quantiles(codes, view.table[:, column], len(names), (0.5,))[:, 0]
    told = ", ".join(f"{name.lower()} {number(float(m))}" for name, m in zip(names, medians, strict=True) if np.isfinite(m))
    return f"{view.features[column].title} ({view.features[column].unit}), medians: {told or 'nothing known in this range'}."


def heat_heading(view: Trends) -> str:
    """Title of the correlations."""
    return f"{view.title}: correlation of the chosen features, {view.span}"


def heat(view: Trends, *, mode: str = "light") -> go.Figure:
    """Pearson correlation of each pair of the chosen features, numbered in their order, over the bars where both are known."""
    palette = theme.PALETTES[mode]
    found = geometry.correlations(view.table)
    titles = [feature.title for feature in view.features]
    numbers = [["–" if np.isnan(value) else f"{value:.2f}".replace("-", "−") for value in row] for row in found]
    figure = go.Figure(
        go.Heatmap(
            x=[str(i + 1) for i in range(len(titles))],
            y=[str(i + 1) for i in range(len(titles))],
            z=found,
            zmin=-1,
            zmax=1,
            colorscale=[[0, NEGATIVE[mode]], [0.5, palette.background], [1, palette.accent]],
            text=numbers,
            customdata=[[f"{one} and {other}" for other in titles] for one in titles],
            hovertemplate="%{customdata}: %{text}<extra></extra>",
            xgap=2,
            ygap=2,
            showscale=False,
        )
    )
    figure.add_trace(_numbers(found, numbers, palette, mode))
    figure.update_layout(
        template=theme.template_name(mode),
        margin={"l": 4, "r": 4, "t": 6, "b": 4},
        xaxis={"side": "top", "type": "category", "fixedrange": True, "showgrid": False},
        yaxis={"autorange": "reversed", "type": "category", "fixedrange": True, "showgrid": False},
    )
    return figure


def _numbers(found: NDArray[np.float64], numbers: list[list[str]], palette: theme.Palette, mode: str) -> go.Scatter:
    """What stands in each cell, black or white, whichever is read better there."""
    cells = [(i, j) for i in range(len(found)) for j in range(len(found))]
    strong = {True: palette.accent, False: NEGATIVE[mode]}
    inks = []
    for i, j in cells:
        value = float(np.nan_to_num(found[i, j]))
        inks.append(theme.ink_on(theme.mixed(strong[value > 0], palette.background, abs(value))))
    return go.Scatter(
        x=[str(j + 1) for _, j in cells],
        y=[str(i + 1) for i, _ in cells],
        text=[numbers[i][j] for i, j in cells],
        mode="text",
        textfont={"color": inks, "size": 13},
        hoverinfo="skip",
    )


def heat_description(view: Trends) -> str:
    """Correlations in words."""
    found = geometry.correlations(view.table)
    told = [
        f"{view.features[i].title} and {view.features[j].title} {found[i, j]:.2f}"
        for i in range(len(view))
        for j in range(i + 1, len(view))
        if np.isfinite(found[i, j])
    ]
    return f"{heat_heading(view)}. {'; '.join(told) or 'Nothing to compare'}."


def number(value: float) -> str:
    """A value with the digits it needs; a dash for NaN."""
    return "–" if np.isnan(value) else f"{value:.3g}".replace("-", "−")


def _line(view: Trends, column: int, palette: theme.Palette, *, axis: str) -> go.Scatter:
    """Line with gaps where a value is unknown."""
    values = view.table[:, column]
    known = np.flatnonzero(np.isfinite(values))
    rows = known[decimate.extremes(values[known], POINTS)] if len(known) else known
    after = _gaps(values, rows)
    told = _told(view, rows) if column == 0 else [""] * len(rows)
    x = np.insert(strips.dates(view.time[rows]), after, strips.dates(view.time[rows[after]]) if len(rows) else [])
    return go.Scatter(
        name=view.features[column].title,
        x=x,
        y=np.insert(values[rows], after, np.nan),
        mode="lines",
        line={"color": palette.text, "width": 1.3},
        customdata=np.insert(np.array(told, dtype=object), after, ""),
        hovertemplate="%{customdata}%{fullData.name}: %{y:.4~g}<extra></extra>",
        yaxis=axis,
    )


def _told(view: Trends, rows: NDArray[np.int64]) -> list[str]:
    """The label of each bar, on a line of its own above the features."""
    if view.labels is None:
        return [""] * len(rows)
    names = (*view.labels.words, "no label")
    return [f"{names[code]}<br>" for code in view.labels.codes[rows]]


def _gaps(values: NDArray[np.float64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Places in ``rows`` before which a line has to break, because a value between is unknown."""
    if len(rows) < 2:
        return np.empty(0, dtype=np.int64)
    unknown = np.cumsum(~np.isfinite(values))
    return np.flatnonzero(np.diff(unknown[rows]) > 0) + 1


def _add_strips(figure: go.Figure, view: Trends, labels: Strip, palette: theme.Palette) -> None:
    codes = labels.codes + 1
    full = ["rgba(0,0,0,0)", *labels.colours]
    faint = ["rgba(0,0,0,0)", *(theme.rgba(colour, 1.6 * palette.tint) for colour in labels.colours)]
    figure.add_trace(strips.strip(view.time, codes, faint, name=f"{labels.kind} (tint)", yaxis="y"))
    figure.add_trace(strips.strip(view.time, codes, full, name=f"{labels.kind} (ribbon)", yaxis="y2"))
    edges, (start, stop) = strips.edges(view.time), persistence.run_bounds(labels.codes)
    for code, shape in enumerate(labels.hatches):
        mine = labels.codes[start] == code
        if shape and mine.any():
            pattern = {"shape": shape, "fgcolor": palette.background, "size": 6, "solidity": 0.25}
            figure.add_trace(strips.hatch(labels.words[code], edges[start[mine]], edges[stop[mine]], pattern, yaxis="y2"))


def _groups(view: Trends, palette: theme.Palette) -> tuple[Sequence[str], Sequence[str], NDArray[np.int64]]:
    """Names, colours and codes to spread a feature by; one group of all bars where there are no labels."""
    if view.labels is None:
        return ("All bars",), (palette.hairline,), np.zeros(len(view.time), dtype=np.int64)
    return view.labels.words, view.labels.colours, view.labels.codes


def _median(name: str, median: float, found: NDArray[np.float64], known: int, unit: str, palette: theme.Palette) -> go.Scatter:
    """The median as a diamond, which is seen on the darkest box too, with the numbers in its hover."""
    low, q1, _, q3, high = (number(float(value)) for value in found)
    text = (
        f"{name}, {words.count(known, 'bar')}<br>Median {number(median)} {unit}<br>Middle half {q1} to {q3}<br>"
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


def _panel_title(feature: Feature, top: float, palette: theme.Palette) -> dict[str, object]:
    return {
        "xref": "paper",
        "x": 0,
        "xanchor": "left",
        "yref": "paper",
        "y": top,
        "yanchor": "bottom",
        "text": f"{feature.title} <span style='color:{palette.muted}'>{feature.unit}</span>",
        "showarrow": False,
        "align": "left",
        "font": {"size": 13, "color": palette.text},
        "yshift": 2,
    }


def _in_sample(view: Trends) -> str:
    return " (in sample)" if view.labels and view.labels.in_sample else ""


def _last(values: NDArray[np.float64]) -> float:
    return float(values[-1]) if len(values) else float("nan")
