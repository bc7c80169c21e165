"""What followed one label, beside what followed all bars: a dot and an interval each, by measure and horizon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from components import theme, words
from components.figures import strips
from components.theme import LOOKS, Palette
from regime_core.evaluation.aftermath import Aftermath, Mean

TITLES = {"return": "Mean return", "volatility": "Volatility, a {unit}", "drawdown": "Deepest fall on the way, mean"}
"""Measures in words, from the top panel to the lowest."""
APART = 0.17
"""Distance of a dot from the middle between the two, as a share of the distance between two horizons."""
PANEL_SHARE = 0.25
FINE_BELOW = 0.005
"""Spread of a panel, a fraction, below which its ticks have two digits."""


@dataclass(frozen=True, slots=True)
class Followed:
    """What followed the label of the newest bar.

    title : of the dataset. model : which labelled. code : the label. unit : ``day`` or ``bar``.
    found : horizon -> what followed.
    first, last : times of the first and last bar counted at the nearest horizon, nanoseconds since 1970 UTC.
    """

    title: str
    model: str
    code: int
    unit: str
    intraday: bool
    found: Mapping[int, Aftermath]
    first: int
    last: int

    @property
    def word(self) -> str:
        """The label in a sentence."""
        return LOOKS[self.code].word.lower()

    @property
    def span(self) -> str:
        """First and last date in words."""
        return words.span(self.first, self.last, intraday=self.intraday)


def heading(view: Followed) -> str:
    """Title: after which labels, and for which dates."""
    return f"{view.title}: what followed a {view.word} label, {view.span}"


def measure_title(measure: str, unit: str) -> str:
    """``Volatility, a day``."""
    return TITLES[measure].format(unit=unit)


def amount(measure: str, value: float, *, digits: int | None = None) -> str:
    """A measure as it is written: signed, except for a volatility, of which two digits count."""
    if measure == "volatility":
        return words.percent(value, 2 if digits is None else digits)
    return words.signed_percent(value, 1 if digits is None else digits)


def told(measure: str, mean: Mean) -> str:
    """``+0.4 % (95 % interval −0.1 % to +0.9 %)``."""
    value = amount(measure, mean.value)
    if np.isnan(mean.low):
        return value
    low, high = amount(measure, mean.low), amount(measure, mean.high)
    return f"{value} (95{words.NBSP}% interval {low} to {high})"


def description(view: Followed) -> str:
    """The figure in words."""
    parts = []
    for measure in TITLES:
        for horizon, found in sorted(view.found.items()):
            if found.n:
                parts.append(
                    f"{measure_title(measure, view.unit).lower()} over {words.count(horizon, view.unit)}: after such labels "
                    f"{told(measure, found.label[measure])}, after all bars {told(measure, found.every[measure])}"
                )
    return f"Dots with intervals. {heading(view)}. {'; '.join(parts)}."


def followed(view: Followed, *, mode: str = "light") -> go.Figure:
    """Three panels, of return, volatility and drawdown; in each the label in accent above all bars in grey, by horizon."""
    palette = theme.PALETTES[mode]
    figure = go.Figure()
    horizons = sorted(view.found)
    layout: dict[str, object] = {}
    notes = []
    for place, measure in enumerate(TITLES):
        suffix = "" if place == 0 else str(place + 1)
        top = 1 - place / len(TITLES)
        title = measure_title(measure, view.unit)
        domain = (top - PANEL_SHARE - 0.02, top - 0.06)
        layout |= _axes(suffix, domain, measure, view, palette)
        notes.append(_panel_title(title, top, palette))
        for name, colour, symbol, lift in (
            (f"After {view.word} labels", palette.accent, "circle", APART),
            (f"After all {view.unit}s", palette.muted, "diamond", -APART),
        ):
            means = [(f.label if lift > 0 else f.every)[measure] for f in (view.found[h] for h in horizons)]
            figure.add_trace(_dots(name, means, measure, view, horizons, lift, colour, symbol, suffix, first=place == 0))
    figure.layout = go.Layout(
        template=theme.template_name(mode),
        meta={"title": heading(view)},
        legend={"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom", "itemclick": False},
        hovermode="closest",
        margin={"l": 102, "r": 16, "t": 50, "b": 26},
        annotations=notes,
        **layout,
    )
    return figure


def _axes(
    suffix: str,
    domain: tuple[float, float],
    measure: str,
    view: Followed,
    palette: Palette,
) -> dict[str, object]:
    horizons = sorted(view.found)
    places = [len(horizons) - 1 - i for i in range(len(horizons))]
    return {
        f"xaxis{suffix}": {
            "anchor": f"y{suffix}",
            "tickformat": f".{_tick_digits(view, measure)}%",
            "fixedrange": True,
            "zeroline": measure != "volatility",
            "zerolinecolor": palette.muted,
            "nticks": 6,
            "automargin": False,
            "hoverformat": ".2%",
            "rangemode": "normal",
        },
        f"yaxis{suffix}": {
            "anchor": f"x{suffix}",
            "domain": list(domain),
            "range": [-0.5, len(horizons) - 0.5],
            "tickvals": places,
            "ticktext": [f"next {words.count(horizon, view.unit)}" for horizon in horizons],
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
            "title": {"text": ""},
        },
    }


def _tick_digits(view: Followed, measure: str) -> int:
    """Digits of a percentage that tell neighbouring ticks apart."""
    ends = [end for found in view.found.values() for mean in (found.label[measure], found.every[measure]) for end in mean]
    spread = float(np.ptp(ends)) if (ends := [end for end in ends if np.isfinite(end)]) else 0.0
    return 1 if spread > FINE_BELOW else 2


def _panel_title(title: str, top: float, palette: Palette) -> dict[str, object]:
    return {
        "xref": "paper",
        "x": 0,
        "xanchor": "left",
        "yref": "paper",
        "y": top - 0.055,
        "yanchor": "bottom",
        "text": f"<b>{title}</b>",
        "showarrow": False,
        "font": {"size": 13, "color": palette.text},
    }


def _dots(
    name: str,
    means: list[Mean],
    measure: str,
    view: Followed,
    horizons: list[int],
    lift: float,
    colour: str,
    symbol: str,
    suffix: str,
    *,
    first: bool,
) -> go.Scatter:
    values = np.array([mean.value for mean in means])
    title = measure_title(measure, view.unit)
    return go.Scatter(
        name=name if first else f"{name}: {title.lower()}",
        legendgroup=name,
        showlegend=first,
        x=values,
        y=[len(horizons) - 1 - i + lift for i in range(len(horizons))],
        mode="markers",
        meta=strips.table({"x": title, "y": "over the next"}, y=[words.count(h, view.unit) for h in horizons]),
        marker={"color": colour, "size": 9, "symbol": symbol},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": np.nan_to_num([mean.high - mean.value for mean in means]),
            "arrayminus": np.nan_to_num([mean.value - mean.low for mean in means]),
            "color": colour,
            "thickness": 2,
            "width": 4,
        },
        customdata=[
            f"{name}, over the next {words.count(h, view.unit)}<br>{title}: {told(measure, mean)}"
            for h, mean in zip(horizons, means, strict=True)
        ],
        hovertemplate="%{customdata}<extra></extra>",
        xaxis=f"x{suffix}",
        yaxis=f"y{suffix}",
    )
