"""How long until a new regime is named: a detector beside the exact Bayes filter, on the same simulated markets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from components import theme, words
from components.theme import Palette
from regime_core.trials import Cell, Trial

YARDSTICK = "Exact Bayes filter"
SHOCKS = {"gaussian": "Gaussian", "student": "Student-t"}
MOST_BARS = 60
"""Of those named at all, nearly everyone is named by then."""
MEDIAN_SYMBOLS = ("circle", "diamond")


@dataclass(frozen=True, slots=True)
class Tried:
    """A detector and the yardstick on the markets of one cell. name : of the detector."""

    name: str
    trial: Trial
    yardstick: Trial

    @property
    def reach(self) -> int:
        """Bars after a change that are drawn."""
        return min(self.cell.mean_duration, MOST_BARS)

    @property
    def cell(self) -> Cell:
        """Which markets."""
        return self.trial.cell


def markets(cell: Cell) -> str:
    """``regimes of 60 bars on average, Gaussian shocks``."""
    return f"regimes of {words.count(cell.mean_duration, 'bar')} on average, {SHOCKS[cell.shocks]} shocks"


def heading(tried: Tried) -> str:
    """Title of the figure."""
    return f"{tried.name}: new regimes named within so many bars, {markets(tried.cell)}"


def description(tried: Tried) -> str:
    """The figure in words."""
    shares = (
        f"{words.percent(float(tried.trial.within(bars)[-1]))} within {words.count(bars, 'bar')} "
        f"({words.percent(float(tried.yardstick.within(bars)[-1]))} by the filter)"
        for bars in (0, 5, 10, 20)
    )
    return f"Line chart. {heading(tried)}. {tried.name} named {', '.join(shares)}."


def named_within(tried: Tried, *, mode: str = "light") -> go.Figure:
    """Share of the changes of regime that were named within so many bars; half of them are marked."""
    palette = theme.PALETTES[mode]
    figure = go.Figure()
    for name, trial in ((YARDSTICK, tried.yardstick), (tried.name, tried.trial)):
        figure.add_trace(_line(name, trial, tried.reach, palette, accent=name == tried.name))
    for name, trial in ((YARDSTICK, tried.yardstick), (tried.name, tried.trial)):
        if np.isfinite(trial.median_lag) and trial.median_lag <= tried.reach:
            figure.add_trace(_half(name, trial, palette, accent=name == tried.name))
    figure.layout = go.Layout(
        template=theme.template_name(mode),
        meta={"title": "New regimes named within so many bars"},
        hovermode="x unified",
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "xanchor": "left", "traceorder": "reversed"},
        margin={"l": 60, "r": 20, "t": 50, "b": 42},
        xaxis={
            "title": {"text": "bars since the regime changed"},
            "range": [-0.5, tried.reach + 0.5],
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
            "nticks": 8,
            "hoverformat": "d",
            "unifiedhovertitle": {"text": "within %{x:d} bars"},
        },
        yaxis={
            "title": {"text": "named, share of new regimes"},
            "range": [0, 1.02],
            "tickformat": ".0%",
            "dtick": 0.25,
            "zeroline": False,
            "fixedrange": True,
        },
    )
    return figure


def _line(name: str, trial: Trial, reach: int, palette: Palette, *, accent: bool) -> go.Scatter:
    shares = trial.within(reach)
    return go.Scatter(
        name=f"{name}: {_half_named(trial)}",
        x=np.arange(len(shares)),
        y=shares,
        mode="lines",
        line={
            "color": palette.accent if accent else palette.muted,
            "width": 2.5 if accent else 1.5,
            "shape": "hv",
            "dash": "solid" if accent else "dash",
        },
        hovertemplate=f"{name} named %{{y:.1%}}<extra></extra>",
    )


def _half(name: str, trial: Trial, palette: Palette, *, accent: bool) -> go.Scatter:
    bars = int(trial.median_lag)
    colour = palette.accent if accent else palette.muted
    return go.Scatter(
        name=f"{name}, half named",
        x=[bars],
        y=[float(trial.within(bars)[-1])],
        mode="markers",
        marker={"size": 9, "color": colour, "symbol": MEDIAN_SYMBOLS[0 if accent else 1]},
        showlegend=False,
        hoverinfo="skip",
    )


def _half_named(trial: Trial) -> str:
    """``half within 4 bars``; the share named at all where that is less than half."""
    if np.isfinite(trial.median_lag):
        return f"half within {words.count(int(trial.median_lag), 'bar')}"
    return f"{words.percent(trial.named)} named at all"
