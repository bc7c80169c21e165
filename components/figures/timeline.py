"""Price over time, with the regime, where there is one, as a tint behind it and as a ribbon under it."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from components import theme, words
from components.figures import decimate, runs, scales, strips
from components.figures.runs import Runs
from components.figures.scales import Scale
from components.figures.window import Window
from components.theme import LOOKS, Palette
from regime_core.evaluation import persistence
from regime_core.regimes import UNKNOWN_CODE

RIBBON_SHARE = 0.027
"""Height of the ribbon as a share of the plot: 10 px of the usual 380."""
GAP_SHARE = 0.02
TAG_SHARE = 0.045
"""Distance from the label of the newest close, as a share of the price panel, within which it would cover another number."""
SIGN_SHARE = 0.04
"""Share of the time axis from which on a spell has room for its sign: 12 px on a phone."""
SIGN_HEIGHT = 0.955
HATCH_SHARE = 0.005
"""Share of the time axis from which on a stretch is hatched: 6 px of the usual 1,200, the distance of two lines."""
TOLD_BARS = 5_000
"""Bars in sight up to which the ribbon shows the confidence of each, and not of stretches."""
OPACITY_STEPS = 5
"""The ribbon's opacity follows the confidence in steps of 20 %."""


def heading(window: Window, *, candles: bool = False) -> str:
    """Title of the chart: what is shown and for which dates."""
    scale = ", log scale" if window.logarithmic else ""
    if candles and window.closes_only:
        return f"{heading(window)} (closes only: there are no candles to draw)"
    kind = "Price"
    if candles:
        _, size = decimate.candles(window.bars)
        kind = "Candles" if size == 1 else f"Candles of {size} bars"
    late = " with hindsight" if window.hindsight else ""
    regime = f" and regime{late}" if window.labelled else ""
    return f"{window.title}: {kind.lower()}{regime}, {window.span}{scale}"


def description(window: Window) -> str:
    """What a reader who cannot see the chart should know."""
    start, stop = window.bars.close[0], window.bars.close[-1]
    code = int(window.labels.codes[-1])
    change = f" ({words.signed_percent(stop / start - 1)})" if start > 0 else ""
    told = (
        f"Line chart. {heading(window)}. The close went from {start:,.2f} to {stop:,.2f}{change} over "
        f"{words.count(window.bars.n_bars, 'bar')}"
    )
    if not window.labelled:
        return f"{told}."
    return (
        f"{told}; {words.count(len(window.spells), 'spell')} of regimes, the last one {LOOKS[code].word.lower()}. "
        "The table below holds the same."
    )


def price(window: Window, *, mode: str = "light", candles: bool = False) -> go.Figure:
    """Price line (or candles) over the regime's tint, with the ribbon of regimes under it.

    mode : ``light`` or ``dark``. candles : draw open, high, low and close instead of the line, where there is more than closes.
    """
    palette = theme.PALETTES[mode]
    figure = go.Figure()
    if window.labelled:
        seen = runs.in_sight(window)
        figure.add_trace(_tint(window, seen, palette))
        figure.add_trace(ribbon(window, seen, palette))
        _add_hatches(figure, window, seen, palette)
        figure.add_trace(_signs(window, seen, palette))
    figure.add_trace(_candles(window, palette) if candles and not window.closes_only else _line(window, palette))
    _lay_out(figure, window, mode, palette)
    return figure


def _tint(window: Window, seen: Runs, palette: Palette) -> go.Heatmap:
    colours = [theme.rgba(look.colour, 0.0 if code == UNKNOWN_CODE else palette.tint) for code, look in enumerate(LOOKS)]
    return go.Heatmap(
        name="Regime (tint)",
        x=strips.dates(_edges(window, seen.start)),
        y=[0, 1],
        z=[seen.code.tolist()],
        zmin=-0.5,
        zmax=len(colours) - 0.5,
        colorscale=strips.steps(colours),
        showscale=False,
        hoverinfo="skip",
    )


def _edges(window: Window, start: NDArray[np.int64]) -> NDArray[np.int64]:
    """Times at which stretches from these bars begin, and the end of the last one, (n + 1,)."""
    return strips.edges_at(window.bars.time, np.append(start, window.bars.n_bars))


def ribbon(
    window: Window, seen: Runs, palette: Palette, *, name: str = "Regime and confidence (ribbon)", yaxis: str = "y3"
) -> go.Heatmap:
    """Cells of equal regime and confidence step: of each bar, or where these are many, of each stretch."""
    start, codes, confidence = seen.start, seen.code, seen.confidence
    if window.bars.n_bars <= TOLD_BARS:
        start, codes, confidence = np.arange(window.bars.n_bars), window.labels.codes.astype(np.int64), window.labels.confidence
    sure = np.ones_like(confidence) if window.hindsight else confidence
    step = np.minimum((sure * OPACITY_STEPS).astype(np.int64), OPACITY_STEPS - 1)
    cells = codes * OPACITY_STEPS + np.where(codes == UNKNOWN_CODE, 0, step)
    first, _ = persistence.run_bounds(cells)
    colours = [
        palette.hairline if code == UNKNOWN_CODE else theme.rgba(look.colour, (level + 1) / OPACITY_STEPS)
        for code, look in enumerate(LOOKS)
        for level in range(OPACITY_STEPS)
    ]
    return go.Heatmap(
        name=name,
        x=strips.dates(_edges(window, start[first])),
        y=[0, 1],
        z=[cells[first].tolist()],
        zmin=-0.5,
        zmax=len(colours) - 0.5,
        colorscale=strips.steps(colours),
        showscale=False,
        hoverinfo="skip",
        yaxis=yaxis,
    )


def _told(window: Window, shown: NDArray[np.int64]) -> NDArray[np.object_]:
    """Of each of these bars its regime and confidence, and its spell, in words, (n, 2); without labels its date."""
    if not window.labelled:
        dated = [(words.moment(int(time), intraday=window.intraday), "") for time in window.bars.time[shown]]
        return strips.in_words(dated)
    spells, time = window.spells, window.series_time
    of = np.searchsorted(spells.start, shown + window.first, side="right") - 1
    dates: dict[int, str] = {}
    for spell in np.unique(of).tolist():
        start, stop = int(spells.start[spell]), int(spells.stop[spell])
        span = words.span(int(time[start]), int(time[stop - 1]), intraday=window.intraday)
        dates[spell] = f"{words.count(stop - start, 'bar')}, {span}"
    told = []
    for spell, sure in zip(of.tolist(), window.labels.confidence[shown].tolist(), strict=True):
        code = int(spells.code[spell])
        look = LOOKS[code]
        known = "with hindsight" if window.hindsight else f"confidence {words.percent(sure)}"
        told.append((f"{look.sign} {look.word}, {'no answer' if code == UNKNOWN_CODE else known}", dates[spell]))
    return strips.in_words(told)


def _add_hatches(figure: go.Figure, window: Window, seen: Runs, palette: Palette) -> None:
    """Hatch ribbon and, faintly, tint where a regime's colour alone does not tell it from another's, and there is room."""
    edges = _edges(window, seen.start)
    wide = np.diff(edges) >= HATCH_SHARE * (edges[-1] - edges[0])
    for code, look in enumerate(LOOKS):
        of_code = (seen.code == code) & wide
        if not look.hatch or not of_code.any():
            continue
        left, right = edges[:-1][of_code], edges[1:][of_code]
        unknown = code == UNKNOWN_CODE
        over_ribbon = {"fgcolor": palette.muted if unknown else palette.background, "size": 6, "solidity": 0.25}
        over_tint = {"fgcolor": palette.hairline if unknown else theme.rgba(look.colour, 0.3), "size": 12, "solidity": 0.1}
        figure.add_trace(strips.hatch(look.word, left, right, {"shape": look.hatch, **over_ribbon}, yaxis="y3"))
        figure.add_trace(strips.hatch(f"{look.word} (tint)", left, right, {"shape": look.hatch, **over_tint}, yaxis="y"))


def _signs(window: Window, seen: Runs, palette: Palette) -> go.Scatter:
    """The sign of each spell that is wide enough, over the price."""
    edges = _edges(window, seen.start)
    left, right = edges[:-1], edges[1:]
    wide = (right - left) >= SIGN_SHARE * (edges[-1] - edges[0])
    codes = seen.code[wide].tolist()
    return go.Scatter(
        name="Signs",
        x=strips.dates(left + (right - left) // 2)[wide],
        y=[SIGN_HEIGHT] * len(codes),
        mode="text",
        text=[LOOKS[code].sign for code in codes],
        textfont={"size": 13, "color": [palette.muted if code == UNKNOWN_CODE else LOOKS[code].colour for code in codes]},
        hoverinfo="skip",
    )


def _line(window: Window, palette: Palette) -> go.Scatter:
    close = window.bars.close
    shown = decimate.extremes(close)
    return go.Scatter(
        name="Close",
        x=strips.dates(window.bars.time[shown]),
        y=close[shown],
        mode="lines",
        line={"color": palette.text, "width": 1.5},
        customdata=_told(window, shown),
        hovertemplate="Close %{y:,.6~g}<br>%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
        yaxis="y2",
    )


def _candles(window: Window, palette: Palette) -> go.Candlestick:
    """Hollow candles rise, filled ones fall: told apart without colour."""
    bars, size = decimate.candles(window.bars)
    last = np.minimum(np.arange(bars.n_bars) * size + size, window.bars.n_bars) - 1
    line = {"color": palette.text, "width": 1}
    return go.Candlestick(
        name="Price",
        x=strips.dates(bars.time),
        open=bars.open,
        high=bars.high,
        low=bars.low,
        close=bars.close,
        text=["<br>".join(lines) for lines in _told(window, last)],
        increasing={"line": line, "fillcolor": palette.background},
        decreasing={"line": line, "fillcolor": palette.text},
        yaxis="y2",
    )


def _lay_out(figure: go.Figure, window: Window, mode: str, palette: Palette) -> None:
    bars = window.bars
    low, high = float(bars.low.min()), float(bars.high.max())
    scale = scales.logarithmic(low, high) if window.logarithmic else scales.linear(low, high)
    last = float(bars.close[-1])
    edges = strips.edges_at(bars.time, np.array([0, bars.n_bars]))
    lower = RIBBON_SHARE + GAP_SHARE if window.labelled else 0
    hidden = {"visible": False, "fixedrange": True, "range": [0, 1]}
    figure.layout = go.Layout(
        template=theme.template_name(mode),
        meta={"title": heading(window)},
        showlegend=False,
        hovermode="x unified",
        hoversubplots="axis",
        dragmode="zoom",
        bargap=0,
        barmode="overlay",
        margin={"l": 4, "r": 70, "t": 28, "b": 30},
        xaxis={
            "anchor": "y3" if window.labelled else "y2",
            "range": strips.dates(edges),
            "showgrid": False,
            "rangeslider": {"visible": False},
            "hoverformat": "%a %e %b %Y, %H:%M UTC" if window.intraday else "%a %e %b %Y",
            **strips.crosshair(palette),
        },
        yaxis={**hidden, "domain": [lower, 1]},
        yaxis2={
            "overlaying": "y",
            "side": "right",
            "domain": [lower, 1],
            "type": "log" if window.logarithmic else "linear",
            "range": scale.range,
            "tickvals": scale.ticks,
            "ticktext": _tick_texts(scale, last),
            "gridcolor": palette.hairline,
            "ticks": "outside",
            "ticklen": 5,
            "tickcolor": "rgba(0,0,0,0)",
            "tickfont": {"size": 13, "color": palette.muted},
            "fixedrange": True,
            "zeroline": False,
        },
        yaxis3={**hidden, "domain": [0, RIBBON_SHARE]},
        annotations=[_axis_title(window, palette), _price_tag(lower, scales.place(scale, last), last, palette)],
    )


def _tick_texts(scale: Scale, last: float) -> list[str]:
    """Numbers on the price axis; none where the newest close is written over it."""
    covered = scales.place(scale, last)
    return ["" if abs(scales.place(scale, tick) - covered) < TAG_SHARE else scales.tick_text(tick) for tick in scale.ticks]


def _axis_title(window: Window, palette: Palette) -> dict[str, object]:
    """What the price axis shows, in which unit."""
    return {
        "xref": "paper",
        "x": 1,
        "xanchor": "right",
        "yref": "paper",
        "y": 1,
        "yanchor": "bottom",
        "text": f"{window.quantity}, log scale" if window.logarithmic else window.quantity,
        "showarrow": False,
        "font": {"size": 13, "color": palette.muted},
        "xshift": 66,
        "yshift": 7,
    }


def _price_tag(lower: float, height: float, last: float, palette: Palette) -> dict[str, object]:
    """Label the newest close at the price axis; ``height`` as a share of the price panel, which begins at ``lower``."""
    return {
        "xref": "paper",
        "x": 1,
        "xanchor": "left",
        "yref": "paper",
        "y": lower + (1 - lower) * height,
        "yanchor": "middle",
        "text": scales.tick_text(last, exact=True),
        "showarrow": False,
        "font": {"size": 13, "color": palette.background},
        "bgcolor": palette.text,
        "borderpad": 3,
        "xshift": 4,
    }
