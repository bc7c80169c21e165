"""What a rule would have made of 1, beside holding throughout: wealth, the days out, and how far below its peak."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from components import theme, words
from components.figures import decimate, scales, strips
from components.theme import Palette
from regime_core.backtests import Tested, Trade

RULE, HOLD = "Rule", "Buy and hold"
MAX_POINTS = 1_000
WEALTH, RIBBON, BELOW = (0.40, 1.0), (0.335, 0.36), (0.0, 0.295)
"""Shares of the height, from the bottom, of the three panels."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A backtest with its words. title : of the dataset. staying_out : what the rule does, as ``staying out of …``."""

    title: str
    staying_out: str
    trade: Trade
    tested: Tested

    @property
    def span(self) -> str:
        """First and last day in words."""
        return words.span(int(self.tested.time[0]), int(self.tested.time[-1]), intraday=False)

    @property
    def terms(self) -> str:
        """``1 close later, 5 bp a trade``."""
        late = "at the same close" if self.trade.delay == 0 else f"{words.count(self.trade.delay, 'close')} later"
        return f"{late}, {self.trade.cost_bp:g}{words.NBSP}bp a trade"


def heading(view: Shown) -> str:
    """Title of the figure."""
    return f"{view.title}: what 1 became, {view.staying_out}, {view.terms}, {view.span}"


def description(view: Shown) -> str:
    """The figure in words."""
    rule, hold = view.tested.rule, view.tested.hold
    return (
        f"Line chart. {heading(view)}. With the rule 1 became {rule.wealth[-1]:.2f}, by buying and holding "
        f"{hold.wealth[-1]:.2f}. At worst they were {words.percent(abs(rule.drawdown))} and "
        f"{words.percent(abs(hold.drawdown))} below their peaks. "
        f"The rule was in the market on {words.percent(float(rule.position.mean()))} of days."
    )


def figure(view: Shown, *, mode: str = "light") -> go.Figure:
    """Wealth on a log scale over the ribbon of days out over drawdowns, on one axis of time."""
    palette, tested = theme.PALETTES[mode], view.tested
    kept = _kept(tested)
    out = (tested.rule.position == 0).astype(np.int8)
    drawn = go.Figure()
    for name, found in ((HOLD, tested.hold), (RULE, tested.rule)):
        drawn.add_trace(_wealth(name, tested.time[kept], found.wealth[kept], found.position[kept], palette))
    for name, found in ((HOLD, tested.hold), (RULE, tested.rule)):
        drawn.add_trace(_below(name, tested.time[kept], found.drawdowns[kept], palette))
    drawn.add_trace(
        strips.strip(tested.time, out, (theme.rgba(palette.muted, 0.12), palette.muted), name="Out of the market", yaxis="y2")
    )
    _lay_out(drawn, tested, mode)
    return drawn


def _kept(tested: Tested) -> NDArray[np.int64]:
    """Days drawn: the highs and lows of every line, so that all have points on the same days."""
    lines = [
        line for found in (tested.rule, tested.hold) for line in (np.log(np.maximum(found.wealth, 1e-12)), found.drawdowns)
    ]
    return np.unique(np.concatenate([decimate.extremes(line, MAX_POINTS) for line in lines]))


def _wealth(
    name: str, time: NDArray[np.int64], values: NDArray[np.float64], position: NDArray[np.float64], palette: Palette
) -> go.Scatter:
    return go.Scatter(
        name=name,
        legendgroup=name,
        x=strips.dates(time),
        y=values,
        mode="lines",
        line=_line(name, palette),
        customdata=np.where(position > 0, "in the market", "out of the market"),
        hovertemplate=f"{name}: 1 became %{{y:.3g}}, %{{customdata}}<extra></extra>",
    )


def _below(name: str, time: NDArray[np.int64], values: NDArray[np.float64], palette: Palette) -> go.Scatter:
    rule = name == RULE
    return go.Scatter(
        name=f"{name}, below its peak",
        legendgroup=name,
        showlegend=False,
        x=strips.dates(time),
        y=values,
        yaxis="y3",
        mode="lines",
        line={**_line(name, palette), "width": 1},
        fill="tozeroy" if rule else None,
        fillcolor=theme.rgba(palette.accent, 0.12) if rule else None,
        hovertemplate=f"{name}: %{{y:.1%}} from its peak<extra></extra>",
    )


def _line(name: str, palette: Palette) -> dict[str, object]:
    return {"color": palette.accent, "width": 1.5} if name == RULE else {"color": palette.muted, "width": 1.2}


def _lay_out(drawn: go.Figure, tested: Tested, mode: str) -> None:
    palette = theme.PALETTES[mode]
    low, high = (edge([edge(found.wealth) for found in (tested.rule, tested.hold)]) for edge in (np.min, np.max))
    scale = scales.logarithmic(max(float(low), 1e-6), max(float(high), 1e-6))
    deepest = min(tested.rule.drawdown, tested.hold.drawdown, -0.01)
    edges = np.array([tested.time[0], tested.time[-1]])
    fixed = {"fixedrange": True, "zeroline": False}
    drawn.layout = go.Layout(
        template=theme.template_name(mode),
        meta={"title": "Wealth and drawdown"},
        hovermode="x unified",
        hoversubplots="axis",
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "xanchor": "left", "traceorder": "reversed"},
        margin={"l": 64, "r": 12, "t": 51, "b": 38},
        xaxis={
            "anchor": "y3",
            "range": strips.dates(edges),
            "showgrid": False,
            "hoverformat": "%a %e %b %Y",
            **strips.crosshair(palette),
        },
        yaxis={
            **fixed,
            "domain": WEALTH,
            "type": "log",
            "range": scale.range,
            "tickvals": scale.ticks,
            "ticktext": [scales.tick_text(tick) for tick in scale.ticks],
            "title": {"text": "what 1 became, log scale"},
        },
        yaxis2={"domain": RIBBON, "range": [0, 1], "visible": False, "fixedrange": True},
        yaxis3={
            **fixed,
            "domain": BELOW,
            "range": [1.08 * deepest, 0],
            "tickformat": ".0%",
            "nticks": 4,
            "title": {"text": "from its peak"},
        },
    )
