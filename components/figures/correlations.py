"""Correlation of chosen features: one small matrix for all bars, and one for the bars of each label."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from components import theme, words
from components.figures import strips
from components.figures.trends import Trends, in_sample
from regime_core.evaluation import geometry

LEAST_BARS = 30
"""Of fewer bars no correlation is told."""
WRITTEN_BELOW = 6
"""Numbers are written into the cells of matrices of fewer features; in larger ones they would not be read."""
NEGATIVE = {"light": "#B8560B", "dark": "#E8934A"}
"""Negative correlations; positive ones have the accent."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """Correlations over some bars. values : (n_features, n_features); NaN for too few bars. code : of the label; -1 for all."""

    name: str
    code: int
    n_bars: int
    values: NDArray[np.float64]

    @property
    def enough(self) -> bool:
        """Whether there are bars enough for any correlation."""
        return self.n_bars >= LEAST_BARS


def matrices(view: Trends) -> list[Matrix]:
    """Of all bars in sight first, then of those of each label that occurs; alone that of all bars where there are no labels."""
    everything = geometry.correlations_by(np.zeros(len(view.time), dtype=np.int64), view.table, 1, least=LEAST_BARS)
    found = [Matrix("All bars", -1, len(view.time), everything[0])]
    if view.labels is None:
        return found
    codes = view.labels.codes
    by_label = geometry.correlations_by(codes, view.table, len(view.labels.words), least=LEAST_BARS)
    counts = np.bincount(codes[codes >= 0], minlength=len(view.labels.words))
    return found + [
        Matrix(view.labels.words[code], code, int(counts[code]), by_label[code]) for code in np.flatnonzero(counts).tolist()
    ]


def heading(view: Trends) -> str:
    """Title of the correlations."""
    by = f" by {view.labels.kind}{in_sample(view)}" if view.labels else ""
    return f"{view.title}: correlation of the chosen features{by}, {view.span}"


def matrix(view: Trends, found: Matrix, *, mode: str = "light") -> go.Figure:
    """One matrix, features numbered in their order; each pair once, below the diagonal."""
    palette = theme.PALETTES[mode]
    n = len(view)
    titles = [feature.title for feature in view.features]
    below = np.where(np.tri(n, k=-1, dtype=bool), found.values, np.nan)[1:, :-1]
    rows, columns = [str(i + 2) for i in range(n - 1)], [str(j + 1) for j in range(n - 1)]
    told = [[f"{titles[j]} and {titles[i + 1].lower()}: {written(below[i, j])}" for j in range(n - 1)] for i in range(n - 1)]
    traces: list[go.Heatmap | go.Scatter] = [
        go.Heatmap(
            name=found.name.strip(),
            x=columns,
            y=rows,
            z=below,
            zmin=-1,
            zmax=1,
            colorscale=[[0, NEGATIVE[mode]], [0.5, palette.background], [1, palette.accent]],
            text=told,
            hovertemplate="%{text}<extra></extra>",
            meta=strips.table({"x": "feature", "y": "and feature", "z": "correlation"}, x=titles[:-1], y=titles[1:]),
            hoverongaps=False,
            xgap=2,
            ygap=2,
            showscale=False,
        )
    ]
    if n < WRITTEN_BELOW:
        traces.append(_numbers(below, rows, columns, palette, mode))
    axis = {"type": "category", "fixedrange": True, "showgrid": False, "zeroline": False, "ticks": ""}
    layout = dict(
        template=theme.template_name(mode),
        margin={"l": 12, "r": 4, "t": 2, "b": 28},
        xaxis={**axis, "side": "bottom", "title": {"text": "", "standoff": 0}},
        yaxis={**axis, "autorange": "reversed"},
    )
    return go.Figure(traces, layout)


def matrix_description(view: Trends, found: Matrix) -> str:
    """Correlations in words."""
    titles = [feature.title for feature in view.features]
    told = [f"{titles[j]} and {titles[i]} {written(found.values[i, j])}" for i, j in _pairs(found.values)]
    return f"{found.name.strip()}, {words.count(found.n_bars, 'bar')}: {'; '.join(told) or 'nothing to compare'}."


def largest_change(view: Trends) -> str:
    """The pair whose correlation under some label differs most from that over all bars, in words; empty where there is none."""
    everything, *labelled = matrices(view)
    best, told = 0.0, ""
    for found in labelled:
        for i, j in _pairs(found.values):
            change = abs(found.values[i, j] - everything.values[i, j])
            if change > best:
                pair = f"{view.features[j].title} and {view.features[i].title.lower()}"
                when = f"{'under' if view.labels and view.labels.kind == 'state' else 'when'} {_plain(found.name)}"
                under = f"{written(found.values[i, j])} {when} ({words.count(found.n_bars, 'bar')})"
                best, told = change, f"Largest change: {pair}, {written(everything.values[i, j])} over all bars, {under}."
    return told


def written(value: float) -> str:
    """A correlation as it is read; a dash for NaN."""
    return "–" if np.isnan(value) else f"{value:.2f}".replace("-", "−")


def _plain(name: str) -> str:
    """Word of a label without its sign."""
    return name.split(" ", 1)[-1].lower() if not name[0].isalpha() else name.lower()


def _pairs(values: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Known pairs below the diagonal."""
    n = len(values)
    return [(i, j) for i in range(n) for j in range(i) if np.isfinite(values[i, j])]


def _numbers(below: NDArray[np.float64], rows: list[str], columns: list[str], palette: theme.Palette, mode: str) -> go.Scatter:
    """What stands in each cell, black or white, whichever is read better there."""
    cells = [(i, j) for i in range(len(below)) for j in range(len(below)) if np.isfinite(below[i, j])]
    strong = {True: palette.accent, False: NEGATIVE[mode]}
    inks = [
        theme.ink_on(theme.mixed(strong[bool(below[cell] > 0)], palette.background, abs(float(below[cell])))) for cell in cells
    ]
    return go.Scatter(
        x=[columns[j] for _, j in cells],
        y=[rows[i] for i, _ in cells],
        text=[written(below[cell]) for cell in cells],
        mode="text",
        textfont={"color": inks, "size": 12},
        hoverinfo="skip",
    )
