"""Features over time under a strip of labels: one panel each, one crosshair for all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from components import quantities, theme, words
from components.figures import decimate, strips
from regime_core.bars import is_intraday
from regime_core.evaluation import persistence
from regime_core.features import Feature

POINTS = 1_500
"""Points of one line; the lowest and highest of each stretch are kept."""
STRIP_PX = 10
PANEL_PX = 104
GAP_PX = 32


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

    time : (n_bars,) nanoseconds. table : (n_bars, n_features), as in the feature table; NaN where unknown.
    labels : None where there are none to show. ranks : (n_bars, n_features) share of its own past that each value lies above;
    NaN where unknown, None where that is not told.
    """

    title: str
    time: NDArray[np.int64]
    table: NDArray[np.float64]
    features: tuple[Feature, ...]
    labels: Strip | None
    ranks: NDArray[np.float64] | None = None

    def shown(self, column: int) -> NDArray[np.float64]:
        """Values of one feature in the unit they are shown in, (n_bars,)."""
        return self.table[:, column] * quantities.factor(self.features[column])

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
    under = f" under the strip of {view.labels.kind}s{in_sample(view)}" if view.labels else ""
    return f"{view.title}: {words.count(len(view), 'feature')}{under}, {view.span}"


def description(view: Trends) -> str:
    """What a reader who cannot see the chart should know."""
    newest = [quantities.told(_last(view.table[:, i]), feature) for i, feature in enumerate(view.features)]
    told = "; ".join(f"{feature.title}, newest {value}" for feature, value in zip(view.features, newest, strict=True))
    return f"Line charts one above the other. {heading(view)}. {told}."


def height(n_features: int) -> int:
    """Pixels that the chart over time wants."""
    return n_features * (PANEL_PX + GAP_PX) + 50


def over_time(view: Trends, *, mode: str = "light") -> go.Figure:
    """One panel a feature, one time axis for all, and the labels as a tint behind and a ribbon below."""
    palette = theme.PALETTES[mode]
    traces = [] if view.labels is None else _strips(view, view.labels, palette)
    n, total = len(view), height(len(view)) - 50
    ribbon_top = (STRIP_PX + 6) / total
    panel = (1 - ribbon_top) / max(n, 1)
    axes: dict[str, object] = {}
    annotations = []
    rows = _rows(view)
    for i, feature in enumerate(view.features):
        bottom = 1 - (i + 1) * panel
        top = bottom + panel - GAP_PX / total
        traces.append(_line(view, i, rows, palette, axis=f"y{i + 3}"))
        axes[f"yaxis{i + 3}"] = {
            "domain": [bottom, top],
            "side": "right",
            "fixedrange": True,
            "nticks": 5,
            "gridcolor": palette.hairline,
            "zeroline": False,
            "tickformat": ",.3~f" if _is_plain(view.shown(i)) else ".2~e",
        }
        annotations.append(_panel_title(feature, top, palette, known=bool(np.isfinite(view.table[:, i]).any())))
    hidden = {"visible": False, "fixedrange": True, "range": [0, 1]}
    layout = dict(
        template=theme.template_name(mode),
        meta={"title": heading(view)},
        showlegend=False,
        hovermode="x unified",
        hoversubplots="axis",
        dragmode="zoom",
        bargap=0,
        barmode="overlay",
        margin={"l": 4, "r": 62, "t": 22, "b": 30},
        xaxis={
            "anchor": "free",
            "position": 0,
            "range": strips.dates(strips.edges(view.time)[[0, -1]]),
            "showgrid": False,
            "showspikes": True,
            "spikemode": "across",
            "spikesnap": "data",
            "spikethickness": -2,
            "spikedash": "solid",
            "spikecolor": palette.muted,
            "hoverformat": "%a %e %b %Y, %H:%M UTC" if view.intraday else "%a %e %b %Y",
        },
        yaxis={**hidden, "domain": [ribbon_top, 1]},
        yaxis2={**hidden, "domain": [0, STRIP_PX / total]},
        annotations=annotations,
        **axes,
    )
    return go.Figure(traces, layout)


def _rows(view: Trends) -> NDArray[np.int64]:
    """Bars that are drawn, the same for all features, so that the crosshair tells all of one bar: the extremes of each."""
    budget = POINTS // max(len(view), 1)
    found = [np.empty(0, dtype=np.int64)]
    for column in view.table.T:
        known = np.flatnonzero(np.isfinite(column))
        found.append(known[decimate.extremes(column[known], budget)] if len(known) else known)
    n = len(view.time)
    return np.arange(n) if n <= POINTS else np.unique(np.concatenate(found))


def _line(view: Trends, column: int, rows: NDArray[np.int64], palette: theme.Palette, *, axis: str) -> go.Scatter:
    """Line with gaps where a value is unknown. rows : bars that are drawn."""
    values = view.shown(column)
    rows = rows[np.isfinite(values[rows])]
    after = _gaps(values, rows)
    told = np.array(_told(view, column, rows), dtype=object).reshape(len(rows), 2)
    x = np.insert(strips.dates(view.time[rows]), after, strips.dates(view.time[rows[after]]) if len(rows) else [])
    return go.Scatter(
        name=view.features[column].title,
        x=x,
        y=np.insert(values[rows], after, np.nan),
        mode="lines",
        line={"color": palette.text, "width": 1.3},
        customdata=np.insert(told, after, "", axis=0),
        hovertemplate="%{customdata[0]}%{fullData.name}: %{customdata[1]}<extra></extra>",
        yaxis=axis,
    )


def _told(view: Trends, column: int, rows: NDArray[np.int64]) -> list[tuple[str, str]]:
    """What is told of each bar: its label, once, before the first feature that is known there; and the value with its rank."""
    feature = view.features[column]
    first = np.isfinite(view.table[rows]).argmax(axis=1) == column
    names = () if view.labels is None else (*view.labels.words, "no label")
    told = []
    for row, is_first in zip(rows.tolist(), first.tolist(), strict=True):
        label = f"{names[view.labels.codes[row]]}<br>" if view.labels is not None and is_first else ""
        rank = float("nan") if view.ranks is None else float(view.ranks[row, column])
        above = "" if np.isnan(rank) else f", above {words.percent(rank)} of the past then"
        told.append((label, quantities.told(float(view.table[row, column]), feature) + above))
    return told


def _is_plain(values: NDArray[np.float64]) -> bool:
    """Whether values are large enough to be written without powers of ten."""
    known = np.abs(values[np.isfinite(values)])
    return not known.any() or float(known.max()) >= 1e-3


def _gaps(values: NDArray[np.float64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Places in ``rows`` before which a line has to break, because a value between is unknown."""
    if len(rows) < 2:
        return np.empty(0, dtype=np.int64)
    unknown = np.cumsum(~np.isfinite(values))
    return np.flatnonzero(np.diff(unknown[rows]) > 0) + 1


def _strips(view: Trends, labels: Strip, palette: theme.Palette) -> list[go.Heatmap | go.Bar]:
    """Labels as a tint behind the panels and as a ribbon below them."""
    codes = labels.codes + 1
    full = ["rgba(0,0,0,0)", *labels.colours]
    faint = ["rgba(0,0,0,0)", *(theme.rgba(colour, 1.6 * palette.tint) for colour in labels.colours)]
    traces = [
        strips.strip(view.time, codes, faint, name=f"{labels.kind} (tint)", yaxis="y"),
        strips.strip(view.time, codes, full, name=f"{labels.kind} (ribbon)", yaxis="y2"),
    ]
    edges, (start, stop) = strips.edges(view.time), persistence.run_bounds(labels.codes)
    for code, shape in enumerate(labels.hatches):
        mine = labels.codes[start] == code
        if shape and mine.any():
            pattern = {"shape": shape, "fgcolor": palette.background, "size": 6, "solidity": 0.25}
            traces.append(strips.hatch(labels.words[code], edges[start[mine]], edges[stop[mine]], pattern, yaxis="y2"))
    return traces


def _panel_title(feature: Feature, top: float, palette: theme.Palette, *, known: bool) -> dict[str, object]:
    told = quantities.unit(feature) if known else "not known in this range"
    return {
        "xref": "paper",
        "x": 0,
        "xanchor": "left",
        "yref": "paper",
        "y": top,
        "yanchor": "bottom",
        "text": f"{feature.title} <span style='color:{palette.muted}'>{told}</span>",
        "showarrow": False,
        "align": "left",
        "font": {"size": 13, "color": palette.text},
        "yshift": 2,
    }


def in_sample(view: Trends) -> str:
    """Word on labels that rest on later bars too."""
    return " (in sample)" if view.labels and view.labels.in_sample else ""


def _last(values: NDArray[np.float64]) -> float:
    return float(values[-1]) if len(values) else float("nan")
