"""What sets stress states apart: silhouettes, profiles and mean returns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from components import theme, words
from components.figures.clustered import Clustered, line_colours, outline
from regime_core.evaluation.profiles import StateTable


def silhouettes(view: Clustered, *, mode: str = "light") -> go.Figure:
    """Mean silhouette of each number of states; the one shown is set off."""
    palette = theme.PALETTES[mode]
    scores = view.clustering.silhouettes
    tried = sorted(scores)
    values = [scores[k] for k in tried]
    figure = go.Figure(
        go.Bar(
            name="Mean silhouette",
            x=[str(k) for k in tried],
            y=values,
            width=0.5,
            marker={"color": [palette.accent if k == view.k else palette.hairline for k in tried], "cornerradius": 3},
            text=[f"{value:.3f}" for value in values],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{x} states: mean silhouette %{y:.3f}<extra></extra>",
        )
    )
    figure.layout = go.Layout(
        template=theme.template_name(mode),
        margin={"l": 38, "r": 4, "t": 8, "b": 34},
        xaxis={"title": {"text": "number of states"}, "type": "category", "fixedrange": True, "showgrid": False},
        yaxis={
            "title": {"text": "mean silhouette, −1 to 1"},
            "fixedrange": True,
            "range": [min(0.0, *values), max(*values, 0.1) * 1.15],
        },
    )
    return figure


def silhouettes_description(view: Clustered) -> str:
    """Scores in words."""
    scores = view.clustering.silhouettes
    told = ", ".join(f"{k} states {score:.3f}" for k, score in sorted(scores.items()))
    return f"Mean silhouette by number of states: {told}. Shown are {view.k}."


def radar(view: Clustered, titles: Sequence[str], profiles: NDArray[np.float64], *, mode: str = "light") -> go.Figure:
    """Mean of each feature by state, in standard deviations from the mean of all days. profiles : (k, n_titles)."""
    palette = theme.PALETTES[mode]
    figure = go.Figure()
    around = [*titles, titles[0]]
    for code, colour in enumerate(line_colours(view.k, mode)):
        values = np.append(profiles[code], profiles[code, 0])
        figure.add_trace(
            go.Scatterpolar(
                name=theme.stress_words(view.k)[code],
                r=values,
                theta=around,
                mode="lines+markers",
                line={"color": colour, "width": 2},
                marker={"size": 5, "color": colour},
                hovertemplate="%{theta}: %{r:+.2f} standard deviations<extra>%{fullData.name}</extra>",
            )
        )
    reach = float(np.nanmax(np.abs(profiles))) if np.isfinite(profiles).any() else 1.0
    figure.layout = go.Layout(
        template=theme.template_name(mode),
        showlegend=False,
        margin={"l": 70, "r": 70, "t": 28, "b": 28},
        polar={
            "bgcolor": "rgba(0,0,0,0)",
            "radialaxis": {
                "range": [-1.15 * reach, 1.15 * reach],
                "nticks": 5,
                "gridcolor": palette.hairline,
                "linecolor": palette.hairline,
                "tickfont": {"size": 11, "color": palette.muted},
                "angle": 90,
                "tickangle": 90,
            },
            "angularaxis": {
                "gridcolor": palette.hairline,
                "linecolor": palette.hairline,
                "tickfont": {"size": 12, "color": palette.muted},
                "direction": "clockwise",
                "rotation": 90,
            },
        },
    )
    return figure


def radar_description(view: Clustered, titles: Sequence[str], profiles: NDArray[np.float64]) -> str:
    """Profiles in words."""
    told = "; ".join(
        f"{name.lower()}: " + ", ".join(f"{title} {value:+.1f}" for title, value in zip(titles, profiles[code], strict=True))
        for code, name in enumerate(theme.stress_words(view.k))
    )
    return f"Mean of each feature by state, in standard deviations from the mean of all days. {told}."


def returns_description(view: Clustered, table: StateTable) -> str:
    """Mean returns and their intervals in words."""
    told = "; ".join(f"{name.lower()} {_interval(table, code)}" for code, name in enumerate(theme.stress_words(view.k)))
    return f"Mean daily return by state with its 95 % confidence interval: {told}."


def mean_returns(view: Clustered, table: StateTable, *, mode: str = "light") -> go.Figure:
    """Mean daily return of each state with its 95 % confidence interval."""
    palette = theme.PALETTES[mode]
    names = theme.stress_words(view.k)
    mean = table.mean[:, 0]
    figure = go.Figure(
        go.Scatter(
            name="Mean daily return",
            x=mean,
            y=list(names),
            mode="markers",
            marker={
                "size": 11,
                "color": theme.stress_colours(view.k, mode),
                "line": {"width": 1.5, "color": outline(mode)},
            },
            error_x={
                "type": "data",
                "symmetric": False,
                "array": table.return_high - mean,
                "arrayminus": mean - table.return_low,
                "color": palette.text,
                "thickness": 1.5,
                "width": 5,
            },
            customdata=[_interval(table, code) for code in range(view.k)],
            hovertemplate="%{y}: %{customdata}<extra></extra>",
        )
    )
    figure.add_vline(x=0, line={"color": palette.muted, "width": 1, "dash": "dot"})
    figure.layout = go.Layout(
        template=theme.template_name(mode),
        showlegend=False,
        margin={"l": 78, "r": 12, "t": 8, "b": 38},
        xaxis={
            "title": {"text": "mean return a day"},
            "tickformat": ".2~%",
            "zeroline": False,
            "fixedrange": True,
            "nticks": 6,
        },
        yaxis={"fixedrange": True, "showgrid": False, "range": [-0.6, view.k - 0.4]},
    )
    return figure


def _interval(table: StateTable, code: int) -> str:
    """``+0.081 % a day (+0.044 % to +0.118 %)``."""
    mean, low, high = (float(part) for part in (table.mean[code, 0], table.return_low[code], table.return_high[code]))
    return f"{words.signed_percent(mean, 3)} a day ({words.signed_percent(low, 3)} to {words.signed_percent(high, 3)})"
