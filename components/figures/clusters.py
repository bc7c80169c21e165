"""Days of a market by their stress state: on any two or three axes, and over time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from components import theme, words
from components.figures import decimate, scales, strips
from components.figures.clustered import HOVER, TICKS, Clustered, axis_title, line_colours, logarithmic, short, told

NO_SOLID = "These states rest on two values alone, return and volatility: 2-D shows all there is."
FEW_DAYS = 200
"""Chosen days of more are smaller dots, which still are told apart."""
Rows = Sequence[int] | NDArray[np.int64] | None
RIBBON_SHARE = 0.035
GAP_SHARE = 0.03


def scatter_heading(view: Clustered, x: str, y: str) -> str:
    """Title of the scatter: what is shown and for which dates."""
    thinned = "" if len(view.shown) == view.market.n_days else f" ({len(view.shown):,} of them drawn)"
    names = f"{short(y)} against {short(x)}"
    return f"{view.title}: {names}, {words.count(view.market.n_days, 'day')}{thinned}, {view.span}"


def solid_heading(view: Clustered) -> str:
    """Title of the chart on all values at once."""
    *first, last = (short(axis) for axis in view.market.columns)
    return f"{view.title}: {', '.join(first)} and {last}, {words.count(view.market.n_days, 'day')}, {view.span}"


def scatter_description(view: Clustered, x: str, y: str) -> str:
    """What a reader who cannot see the scatter should know."""
    days = np.bincount(view.clustering.codes, minlength=view.k)
    told = ", ".join(f"{name.lower()} {days[code]:,}" for code, name in enumerate(theme.stress_words(view.k)))
    return f"Scatter of days. {scatter_heading(view, x, y)}. Days by state: {told}."


def scatter(view: Clustered, x: str, y: str, *, mode: str = "light", lasso: bool = False, chosen: Rows = None) -> go.Figure:
    """Each day as a point on two axes, coloured by state; days can be brushed.

    lasso : brush with a lasso instead of a box. chosen : rows of the days that are lit, the others dimmed; None where none was
    chosen. Each point carries its row in the market as the first of its customdata.
    """
    palette = theme.PALETTES[mode]
    figure = go.Figure()
    lit = np.isin(view.shown, np.asarray([] if chosen is None else chosen, dtype=np.int64))
    for code, colour in enumerate(theme.stress_colours(view.k, mode)):
        of_state = view.clustering.codes[view.shown] == code
        rows = view.shown[of_state]
        figure.add_trace(
            go.Scatter(
                name=theme.stress_words(view.k)[code],
                x=view.on(x)[rows],
                y=view.on(y)[rows],
                mode="markers",
                marker={
                    "color": colour,
                    "size": 7,
                    "opacity": 0.7,
                    "line": {"width": 0},
                },  # an outline takes half as long again
                customdata=told(view, rows),
                hovertemplate=HOVER,
                **({} if chosen is None else _lit(lit[of_state])),
            )
        )
    figure.layout = go.Layout(
        template=theme.template_name(mode),
        meta={"title": scatter_heading(view, x, y)},
        showlegend=False,
        hovermode="closest",
        dragmode="lasso" if lasso else "select",
        uirevision=f"{view.title} {x} {y} {view.market.n_days}",
        newselection={"line": {"color": palette.accent, "width": 1.5, "dash": "solid"}},
        selections=[],
        margin={"l": 52, "r": 8, "t": 8, "b": 38},
        xaxis=_value_axis(view, x, palette),
        yaxis=_value_axis(view, y, palette),
    )
    return figure


def _lit(chosen: NDArray[np.bool_]) -> dict[str, object]:
    """Entries of a trace whose chosen points stand out."""
    return {
        "selectedpoints": np.flatnonzero(chosen).tolist(),
        "selected": {"marker": {"opacity": 1, "size": 8}},
        "unselected": {"marker": {"opacity": 0.12}},
    }


def scatter_3d(view: Clustered, *, mode: str = "light", chosen: Rows = None) -> go.Figure:
    """Each day as a point on the three values that were clustered, coloured by state; there must be three.

    chosen : as of ``scatter``; the others are traces of their own.
    """
    palette, axes = theme.PALETTES[mode], view.market.columns
    figure = go.Figure()
    lit = np.ones(len(view.shown), dtype=bool) if chosen is None else np.isin(view.shown, np.asarray(chosen, dtype=np.int64))
    for code, colour in enumerate(line_colours(view.k, mode)):
        of_state = view.clustering.codes[view.shown] == code
        for name, rows, opacity in (
            (theme.stress_words(view.k)[code], view.shown[of_state & lit], 0.85),
            (f"{theme.stress_words(view.k)[code]}, not chosen", view.shown[of_state & ~lit], 0.08),
        ):
            figure.add_trace(
                go.Scatter3d(
                    name=name,
                    x=view.on(axes[0])[rows],
                    y=view.on(axes[1])[rows],
                    z=view.on(axes[2])[rows],
                    mode="markers",
                    marker={"color": colour, "size": 3, "opacity": opacity, "line": {"width": 0}},
                    customdata=told(view, rows),
                    hovertemplate=HOVER,
                )
            )
    scene = {
        f"{letter}axis": {
            "title": {"text": axis_title(view, axis).replace(", 21 days", ""), "font": {"size": 12}},
            "tickfont": {"size": 11},
            "nticks": 5,
            "tickformat": TICKS.get(axis, ".2~g"),
            "gridcolor": palette.hairline,
            "zerolinecolor": palette.hairline,
            "showbackground": False,
            "color": palette.muted,
        }
        for letter, axis in zip("xyz", axes, strict=True)
    }
    figure.layout = go.Layout(
        template=theme.template_name(mode),
        showlegend=False,
        uirevision=f"{view.title} {view.market.n_days}",
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        scene={**scene, "camera": {"eye": {"x": 1.75, "y": 1.75, "z": 0.8}, "center": {"x": 0, "y": 0, "z": -0.12}}},
    )
    return figure


def price_heading(view: Clustered, n_chosen: int) -> str:
    """Title of the price chart: which days are lit."""
    lit = f"the {words.count(n_chosen, 'day')} chosen" if n_chosen else "state of each day"
    return f"{view.title}: close and {lit}, {view.span}{', log scale' if logarithmic(view) else ''}"


def price_description(view: Clustered, n_chosen: int) -> str:
    """What a reader who cannot see the chart should know."""
    last = theme.stress_words(view.k)[int(view.clustering.codes[-1])].lower()
    return f"Line chart. {price_heading(view, n_chosen)}. The newest day is in {last}. The table of states holds the same."


def price(
    view: Clustered,
    chosen: Rows = None,
    *,
    span: tuple[int, int] | None = None,
    zoom: bool = False,
    mode: str = "light",
    quantity: str = "price",
) -> go.Figure:
    """Close over time with the ribbon of states under it, and the chosen days lit on it.

    chosen : rows of the market, None where none was chosen. span : first and last day of a stretch of time that was chosen,
    nanoseconds since 1970 UTC. zoom : dragging zooms; else it chooses a stretch of time.
    """
    palette = theme.PALETTES[mode]
    market = view.market
    close = market.bars.close
    figure = go.Figure()
    colours = theme.stress_colours(view.k, mode)
    figure.add_trace(strips.strip(market.time, view.clustering.codes, colours, name="State (ribbon)", yaxis="y2"))
    shown = decimate.extremes(close)
    figure.add_trace(
        go.Scatter(
            name="Close",
            x=strips.dates(market.time[shown]),
            y=close[shown],
            mode="lines",
            line={"color": palette.text if chosen is None else palette.muted, "width": 1.5},
            customdata=told(view, shown),
            hovertemplate="%{customdata[2]}<br>Close %{y:,.6~g}<extra></extra>",
        )
    )
    rows = np.asarray([] if chosen is None else chosen, dtype=np.int64)
    figure.add_trace(
        go.Scatter(
            name="Chosen days",
            x=strips.dates(market.time[rows]),
            y=close[rows],
            mode="markers",
            marker={
                "color": palette.accent,
                "size": 6 if len(rows) <= FEW_DAYS else 4,
                "line": {"width": 1 if len(rows) <= FEW_DAYS else 0, "color": palette.background},
            },
            hoverinfo="skip",
        )
    )
    lower = RIBBON_SHARE + GAP_SHARE
    log = logarithmic(view)
    scale = (scales.logarithmic if log else scales.linear)(float(close.min()), float(close.max()))
    figure.layout = go.Layout(
        template=theme.template_name(mode),
        meta={"title": price_heading(view, len(rows))},
        showlegend=False,
        hovermode="x unified",
        dragmode="zoom" if zoom else "select",
        selectdirection="h",
        uirevision=f"{view.title} {market.n_days}",
        newselection={"line": {"color": palette.accent, "width": 1.5, "dash": "solid"}},
        selections=[],
        shapes=[] if span is None else [_band(market.time, span, palette)],
        margin={"l": 4, "r": 42, "t": 26, "b": 30},
        xaxis={
            "range": strips.dates(strips.edges(market.time)[[0, -1]]),
            "showgrid": False,
            "anchor": "y2",
            "hoverformat": "%a %e %b %Y",
        },
        yaxis={
            "domain": [lower, 1],
            **scales.price_axis(scale),
        },
        yaxis2={"domain": [0, RIBBON_SHARE], "visible": False, "range": [0, 1], "fixedrange": True},
        annotations=[_corner(f"{quantity}, log scale" if log else quantity, palette)],
    )
    return figure


def _band(time: NDArray[np.int64], span: tuple[int, int], palette: theme.Palette) -> dict[str, object]:
    """Surface behind a stretch of time, from the edge before its first day to the one after its last."""
    bounds = strips.edges_at(time, np.searchsorted(time, [span[0], span[1] + 1]))
    left, right = strips.dates(bounds)
    return {
        "type": "rect",
        "xref": "x",
        "yref": "paper",
        "x0": left,
        "x1": right,
        "y0": 0,
        "y1": 1,
        "layer": "below",
        "line": {"color": palette.accent, "width": 1, "dash": "dot"},
        "fillcolor": theme.rgba(palette.accent, 0.1),
    }


def _value_axis(view: Clustered, axis: str, palette: theme.Palette) -> dict[str, object]:
    return {
        "title": {"text": axis_title(view, axis)},
        "tickformat": TICKS.get(axis, ".2~g"),
        "zeroline": False,
        "gridcolor": palette.hairline,
    }


def _corner(text: str, palette: theme.Palette) -> dict[str, object]:
    return {
        "xref": "paper",
        "x": 1,
        "xanchor": "right",
        "yref": "paper",
        "y": 1,
        "yanchor": "bottom",
        "text": text,
        "showarrow": False,
        "font": {"size": 13, "color": palette.muted},
        "yshift": 5,
    }
