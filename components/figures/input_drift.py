"""How far the inputs of the detectors have moved from what these were trained on."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from components import quantities, theme, words
from regime_core.evaluation.stability import OTHER, STABLE, InputDrift
from regime_core.features import FEATURES

ROW_PX = 30
AROUND_PX = 76
LEAST_INDEX = 0.005
"""Smaller indices are drawn here: the axis is logarithmic."""
_SHORT = {
    "log_p_steady": "Log probability of a free path",
    "log_age": "Log number of bars seen",
    "turnover": "Change of the probabilities per bar",
    "misfit": "Misfit of volatility to the regimes",
    "spread_of_volatility": "Spread of local volatility",
    "log_long_volatility": "Long-run volatility over s0",
    "untraded": "Share of bars without a trade",
}
"""Titles too long for an axis."""


def short(name: str) -> str:
    """Title of an input for an axis."""
    return _SHORT.get(name) or FEATURES[name].title.replace(", half-life ", ", ").replace("Mean probability", "Mean prob.")


@dataclass(frozen=True, slots=True)
class DriftView:
    """Drift over the bars in sight, and over all bars of the dataset. span : the former in words."""

    title: str
    span: str
    here: InputDrift
    all_bars: InputDrift

    @property
    def order(self) -> NDArray[np.int64]:
        """Inputs, those beyond what is usual first, then by how far they lie from it."""
        ratio = self.here.index / np.maximum(self.here.usual[:, 1], OTHER)
        return np.argsort(-np.nan_to_num(ratio), kind="stable")

    def picked(self, name: str | None) -> str:
        """The input asked for; the one that stands out most where that is none of them."""
        return name if name in self.here.names else self.here.names[int(self.order[0])]


def height(view: DriftView) -> int:
    """Pixels that the overview wants."""
    return len(view.here.names) * ROW_PX + AROUND_PX


def heading(view: DriftView) -> str:
    """Title of the overview."""
    return f"{view.title}: drift of the detectors’ inputs against training, {view.span}"


def overview(view: DriftView, picked: str, *, mode: str = "light") -> go.Figure:
    """One row an input: its stability index in sight and over all bars, on the band where single markets as trained on lie."""
    palette = theme.PALETTES[mode]
    order = view.order
    names = [view.here.names[i] for i in order]
    titles = [f"<b>{short(name)}</b>" if name == picked else short(name) for name in names]
    traces = [_band(view, order, titles, palette)]
    if view.all_bars.n_rows != view.here.n_rows:
        traces.append(_dots(view, view.all_bars, "all bars", order, titles, palette, filled=False))
    traces.append(_dots(view, view.here, "range in sight", order, titles, palette, filled=True))
    bound = {"type": "line", "yref": "y domain", "y0": 0, "y1": 1, "line": {"color": palette.muted, "width": 1, "dash": "dot"}}
    layout = dict(
        template=theme.template_name(mode),
        meta={"title": heading(view)},
        showlegend=False,
        hovermode="closest",
        hoverlabel={"align": "left"},
        barmode="overlay",
        bargap=0.74,
        margin={"l": 4, "r": 10, "t": 26, "b": 42},
        xaxis={
            "type": "log",
            "title": {"text": "Population stability index (logarithmic)"},
            "range": [float(np.log10(LEAST_INDEX)) - 0.05, 1.1],
            "tickvals": [0.01, 0.03, STABLE, OTHER, 1, 3, 10],
            "ticktext": ["0.01", "0.03", "0.1", "0.25", "1", "3", "10"],
            "fixedrange": True,
            "showgrid": False,
            "zeroline": False,
        },
        yaxis={
            "type": "category",
            "range": [len(names) - 0.6, -0.8],
            "fixedrange": True,
            "gridcolor": palette.hairline,
            "dtick": 1,
            "ticklabelposition": "inside top",
            "ticklabelshift": 3,
            "tickfont": {"size": 12, "color": palette.text},
        },
        shapes=[{**bound, "x0": x, "x1": x} for x in (STABLE, OTHER)],
        annotations=[
            _bound_word(*word, palette) for word in ((0.022, "stable"), (0.158, "moved"), (1.6, "another population"))
        ],
    )
    return go.Figure(traces, layout)


def overview_description(view: DriftView) -> str:
    """What a reader who cannot see the overview should know."""
    told = [f"{FEATURES[view.here.names[i]].title} {written(view.here.index[i])}" for i in view.order[:8]]
    return f"Dot chart. {heading(view)}. Population stability index, furthest first: {'; '.join(told)}."


def distribution_heading(view: DriftView, name: str) -> str:
    """Title of the two distributions."""
    index = view.here.index[view.here.names.index(name)]
    return f"{FEATURES[name].title}: index {written(index)} over the {words.count(view.here.n_rows, 'bar')} in sight"


def distributions(view: DriftView, name: str, *, mode: str = "light") -> go.Figure:
    """Shares of the training rows and of these bars in each tenth of the training rows."""
    palette = theme.PALETTES[mode]
    row = view.here.names.index(name)
    bins = bin_words(view.here.edges[row])
    kept = view.here.expected[row] > 0
    kept |= np.nan_to_num(view.here.seen[row]) > 0
    x = [word for word, keep in zip(bins, kept, strict=True) if keep]
    traces = [
        _bars("Training", x, view.here.expected[row][kept], palette.muted),
        _bars(f"{view.title}, in sight", x, view.here.seen[row][kept], palette.accent),
    ]
    if view.all_bars.n_rows != view.here.n_rows:
        traces.append(
            go.Scatter(
                name=f"{view.title}, all bars",
                x=x,
                y=view.all_bars.seen[row][kept] * 100,
                mode="markers",
                marker={"symbol": "line-ew", "size": 18, "line": {"color": palette.text, "width": 2}},
                hovertemplate="%{fullData.name}: %{y:.1f} %<extra></extra>",
            )
        )
    layout = dict(
        template=theme.template_name(mode),
        meta={"title": distribution_heading(view, name)},
        hovermode="x unified",
        barmode="group",
        bargap=0.25,
        bargroupgap=0.05,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "xanchor": "left"},
        margin={"l": 39, "r": 8, "t": 42, "b": 98},
        xaxis={
            "title": {"text": f"tenths of the training values, {quantities.unit(FEATURES[name]).partition(',')[0]}"},
            "type": "category",
            "fixedrange": True,
            "showgrid": False,
            "tickangle": -40,
        },
        yaxis={
            "title": {"text": "share of bars, %"},
            "rangemode": "tozero",
            "fixedrange": True,
            "zeroline": False,
            "nticks": 5,
        },
    )
    return go.Figure(traces, layout)


def distributions_description(view: DriftView, name: str) -> str:
    """The two distributions in words."""
    row = view.here.names.index(name)
    told = [
        f"{bin_} {words.percent(float(seen), 1)} against {words.percent(float(expected), 1)}"
        for bin_, seen, expected in zip(
            bin_words(view.here.edges[row]), view.here.seen[row], view.here.expected[row], strict=True
        )
        if expected > 0 or seen > 0
    ]
    return f"Bar chart. {distribution_heading(view, name)}. Share of these bars against training: {'; '.join(told)}."


def bin_words(edges: NDArray[np.float64]) -> list[str]:
    """What each bin holds: ``to −8.33``, ``−8.33 to −6.25``, …, ``above −0.26``; edges that are infinite bound empty bins."""
    known = edges[np.isfinite(edges)]
    least = 0.002 * float(np.ptp(known)) if len(known) else 0.0  # nearer to zero than that it is zero, not 6.53 × 10⁻⁵
    told = [quantities.number(float(edge) if abs(edge) > least else 0.0) if np.isfinite(edge) else "∞" for edge in edges]
    return [f"to {told[0]}", *(f"{low} to {high}" for low, high in pairwise(told)), f"above {told[-1]}"]


def written(index: float) -> str:
    """An index as it is read; a dash for NaN."""
    return "–" if np.isnan(index) else f"{index:.2f}"


def _band(view: DriftView, order: NDArray[np.int64], titles: list[str], palette: theme.Palette) -> go.Bar:
    low, high = np.maximum(view.here.usual[order], LEAST_INDEX).T
    low = np.where(high - low < 0.04 * high, low * 0.96, low)  # where all such markets show the same, a thin mark is left
    return go.Bar(
        name="single markets as trained on, 8 of 10",
        orientation="h",
        y=titles,
        x=high - low,
        base=low,
        marker={"color": palette.hairline, "line": {"width": 0}},
        hoverinfo="skip",
    )


def _dots(
    view: DriftView,
    found: InputDrift,
    where: str,
    order: NDArray[np.int64],
    titles: list[str],
    palette: theme.Palette,
    *,
    filled: bool,
) -> go.Scatter:
    over = f"over the {words.count(found.n_rows, 'bar')} {'in sight' if filled else 'of the dataset'}"
    told = [
        (
            found.names[i],
            f"{written(found.index[i])} {over}",
            f"{written(found.usual[i, 0])} to {written(found.usual[i, 1])}",
        )
        for i in order
    ]
    return go.Scatter(
        name=f"{view.title}, {where}",
        y=titles,
        x=np.maximum(found.index[order], LEAST_INDEX),
        mode="markers",
        customdata=told,
        marker={
            "size": 9,
            "symbol": "circle" if filled else "circle-open",
            "color": palette.accent,
            "line": {"width": 1.5, "color": palette.accent},
        },
        hovertemplate="<b>%{y}</b><br>Index %{customdata[1]}<br>Single markets as trained on, as long: %{customdata[2]}"
        "<extra></extra>",
    )


def _bars(name: str, x: list[str], shares: NDArray[np.float64], colour: str) -> go.Bar:
    return go.Bar(
        name=name,
        x=x,
        y=shares * 100,
        marker={"color": colour, "line": {"width": 0}},
        hovertemplate="%{fullData.name}: %{y:.1f} %<extra></extra>",
    )


def _bound_word(x: float, text: str, palette: theme.Palette) -> dict[str, object]:
    return {
        "x": float(np.log10(x)),
        "xref": "x",
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "text": text,
        "showarrow": False,
        "font": {"size": 12, "color": palette.muted},
    }
