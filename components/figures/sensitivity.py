"""How stress states move with what was chosen to make them: by setting, by distance to the border, and over time."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from components import theme, words
from components.figures import decimate, scales, strips
from components.figures.clustered import Clustered, logarithmic
from regime_core.models.sensitivity import STARTS, Sensitivity, Variant

TENTHS = 10
TOLD_SHARE = 0.12
"""Parts of a bar that are at least this share of it have room for a figure."""
BRIEF_FROM = 0.095
"""Shares from here on are written without decimals over a bar, which has no room for them on a narrow screen."""
PRICE_FROM, RIBBON, SHARE_TO = 0.48, (0.43, 0.455), 0.32
"""Where the price begins, the ribbon of states lies and the shares end, from 0 at the bottom to 1 at the top."""
LEAST_TOP = 0.05
"""Least upper end of an axis of shares, so that a handful of days does not look like many."""
SEED_ROOM = 0.06
"""Room under 0 % for the points that lie there, as a share of the axis."""
CHANGED = "share of days that change hands"


def setting(found: Sensitivity, variant: Variant) -> str:
    """A setting in a few words: ``3 states``, ``penalty 10``, ``seed 4, best of 10 starts``."""
    match found.varied:
        case "k":
            return words.count(variant.k, "state")
        case "penalty":
            return f"penalty {variant.value:g}"
    return f"seed {variant.value:g}, {starts(variant.starts)}"


def starts(number: int) -> str:
    """``1 start``, ``best of 10 starts``."""
    return words.count(1, "start") if number == 1 else f"best of {words.count(number, 'start')}"


def by_setting_heading(found: Sensitivity) -> str:
    """What the first chart shows."""
    match found.varied:
        case "k":
            return f"Where the days of the {found.present.k} states go under other numbers of states"
        case "penalty":
            return "Days that change hands, by jump penalty"
    return "Days that change hands, by seed"


def by_setting(found: Sensitivity, *, mode: str = "light") -> go.Figure:
    """Share of days that change hands under each setting; of other numbers of states, where the days of each one go."""
    match found.varied:
        case "k":
            return _flows(found, mode)
        case "penalty":
            return _penalties(found, mode)
    return _seeds(found, mode)


def by_setting_description(found: Sensitivity) -> str:
    """Shares in words."""
    told = "; ".join(f"{setting(found, variant)} {words.percent(variant.share, 1)}" for variant in found.variants)
    return f"{by_setting_heading(found)}. Share of days that change hands: {told}."


def nearness_heading() -> str:
    """What the second chart shows."""
    return "Days that change hands, by distance to the border between states"


def nearness(found: Sensitivity, *, mode: str = "light") -> go.Figure:
    """Mean share of settings in which days change hands, by tenth of the days from the nearest to the border on."""
    palette = theme.PALETTES[mode]
    share, reach = found.by_nearness(TENTHS)
    figure = go.Figure(
        go.Bar(
            name="Share of days that change hands",
            x=[str(i + 1) for i in range(TENTHS)],
            y=share,
            width=0.7,
            marker={"color": palette.accent, "cornerradius": 3},
            customdata=[_reach(float(reach[i]), i) for i in range(TENTHS)],
            hovertemplate="%{customdata}<br>%{y:.1%} of them change hands, mean over the settings<extra></extra>",
        )
    )
    figure.layout = go.Layout(
        template=theme.template_name(mode),
        margin={"l": 47, "r": 4, "t": 8, "b": 34},
        xaxis={
            "title": {"text": "tenths of the days, 1 the nearest to the border"},
            "type": "category",
            "fixedrange": True,
            "showgrid": False,
            "tickangle": 0,
        },
        yaxis=_share_axis(float(np.nanmax(share, initial=0.0))),
    )
    return figure


def nearness_description(found: Sensitivity) -> str:
    """Shares by tenth in words."""
    share, _ = found.by_nearness(TENTHS)
    told = ", ".join(words.percent(float(part), 1) for part in share)
    return f"{nearness_heading()}. Mean share by tenth of the days, from the nearest to the farthest: {told}."


def over_time_heading(view: Clustered, found: Sensitivity) -> str:
    """Title of the chart over time: what is shown and for which dates."""
    n = len(found.counted)
    return f"{view.title}: close, and in how many of the {words.count(n, 'setting')} each day changes hands, {view.span}"


def over_time_description(view: Clustered, found: Sensitivity) -> str:
    """Where days change hands, in words."""
    differs = found.differs
    worst = int(differs.argmax())
    day = words.moment(int(view.market.time[worst]), intraday=False)
    ever = int((differs > 0).sum())
    most = f" The most, {words.percent(float(differs[worst]))} of the settings, first on {day}." if ever else ""
    return f"Line chart. {over_time_heading(view, found)}. {words.count(ever, 'day')} ever do.{most}"


def over_time(view: Clustered, found: Sensitivity, *, mode: str = "light", quantity: str = "price") -> go.Figure:
    """Close over time, the ribbon of present states, and under it the share of settings in which each day changes hands."""
    palette = theme.PALETTES[mode]
    time, close, differs = view.market.time, view.market.bars.close, found.differs
    figure = go.Figure()
    figure.add_trace(
        strips.strip(time, view.clustering.codes, theme.stress_colours(view.k, mode), name="Present state (ribbon)", yaxis="y3")
    )
    shown = decimate.extremes(close)
    figure.add_trace(
        go.Scatter(
            name="Close",
            x=strips.dates(time[shown]),
            y=close[shown],
            mode="lines",
            line={"color": palette.text, "width": 1.5},
            hovertemplate="Close %{y:,.6~g}<extra></extra>",
        )
    )
    kept = decimate.extremes(differs)
    figure.add_trace(
        go.Scatter(
            name="Share of settings in which the day changes hands",
            x=strips.dates(time[kept]),
            y=differs[kept],
            mode="lines",
            line={"color": palette.accent, "width": 1, "shape": "hvh"},
            fill="tozeroy",
            fillcolor=theme.rgba(palette.accent, 0.35),
            customdata=[_state_told(view, row, float(differs[row]), len(found.counted)) for row in kept.tolist()],
            hovertemplate="%{customdata}<extra></extra>",
            yaxis="y2",
        )
    )
    log = logarithmic(view)
    scale = (scales.logarithmic if log else scales.linear)(float(close.min()), float(close.max()))
    figure.layout = go.Layout(
        template=theme.template_name(mode),
        meta={"title": over_time_heading(view, found)},
        showlegend=False,
        hovermode="x unified",
        dragmode="zoom",
        uirevision=f"{view.title} {view.market.n_days}",
        margin={"l": 4, "r": 42, "t": 26, "b": 30},
        xaxis={
            "range": strips.dates(strips.edges(time)[[0, -1]]),
            "showgrid": False,
            "anchor": "y2",
            "hoverformat": "%a %e %b %Y",
        },
        yaxis={
            "domain": [PRICE_FROM, 1],
            **scales.price_axis(scale),
        },
        yaxis2={
            "domain": [0, SHARE_TO],
            "side": "right",
            "range": [0, 1],
            "tickvals": [0, 0.5, 1],
            "tickformat": ".0%",
            "fixedrange": True,
            "zeroline": False,
        },
        yaxis3={"domain": list(RIBBON), "visible": False, "range": [0, 1], "fixedrange": True},
        annotations=[
            _corner(f"{quantity}, log scale" if log else quantity, 1, palette),
            _corner("share of settings", SHARE_TO, palette),
        ],
    )
    return figure


def _flows(found: Sensitivity, mode: str) -> go.Figure:
    """A bar for each present state and each other number of states, cut by the states that its days are in there."""
    names = theme.stress_words(found.present.k)
    figure = go.Figure()
    for variant in found.variants:
        total = np.maximum(variant.table.sum(axis=1), 1)
        parts = variant.table / total[:, None]
        there = theme.stress_words(variant.k)
        rows = [f"Into {variant.k}: {name.lower()}" for name in names]
        for code, colour in enumerate(theme.stress_colours(variant.k, mode)):
            share = parts[:, code]
            figure.add_trace(
                go.Bar(
                    name=f"{there[code]} of {variant.k}",
                    orientation="h",
                    x=share,
                    y=rows,
                    width=0.78,
                    marker={"color": colour, "line": {"width": 1, "color": theme.PALETTES[mode].background}},
                    text=[words.percent(float(part)) if part >= TOLD_SHARE else "" for part in share],
                    textposition="inside",
                    insidetextanchor="middle",
                    textangle=0,
                    textfont={"color": theme.ink_on(colour), "size": 12},
                    constraintext="none",
                    customdata=[
                        f"{words.count(int(variant.table[state, code]), 'day')} of {names[state].lower()} "
                        f"({words.percent(part, 1)}) are in {there[code].lower()} of {variant.k}"
                        for state, part in enumerate(share.tolist())
                    ],
                    hovertemplate="%{customdata}<extra></extra>",
                )
            )
    figure.layout = go.Layout(
        template=theme.template_name(mode),
        showlegend=False,
        barmode="stack",
        margin={"l": 119, "r": 8, "t": 8, "b": 38},
        xaxis={
            "title": {"text": "share of the state's days"},
            "range": [0, 1],
            "tickformat": ".0%",
            "fixedrange": True,
            "showgrid": False,
            "zeroline": False,
        },
        yaxis={"autorange": "reversed", "fixedrange": True, "showgrid": False},
    )
    return figure


def _penalties(found: Sensitivity, mode: str) -> go.Figure:
    palette = theme.PALETTES[mode]
    shares = [variant.share for variant in found.variants]
    figure = go.Figure(
        go.Bar(
            name="Share of days that change hands",
            x=[f"{variant.value:,g}" for variant in found.variants],
            y=shares,
            width=0.6,
            marker={"color": [palette.accent if variant.whole else palette.hairline for variant in found.variants]},
            text=[words.percent(share, 0 if share >= BRIEF_FROM else 1) for share in shares],
            textposition="outside",
            textfont={"size": 12},
            textangle=0,
            constraintext="none",
            cliponaxis=False,
            customdata=[_penalty_told(variant) for variant in found.variants],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    figure.update_traces(marker_cornerradius=3)
    figure.layout = go.Layout(
        template=theme.template_name(mode),
        margin={"l": 47, "r": 4, "t": 18, "b": 34},
        xaxis={
            "title": {"text": "jump penalty (0: k-means)"},
            "type": "category",
            "fixedrange": True,
            "showgrid": False,
        },
        yaxis=_share_axis(max(shares)),
    )
    return figure


def _seeds(found: Sensitivity, mode: str) -> go.Figure:
    palette = theme.PALETTES[mode]
    looks = {
        STARTS[0]: {"symbol": "circle-open", "size": 10, "color": palette.muted, "line": {"width": 2}},
        STARTS[1]: {"symbol": "circle", "size": 7, "color": palette.accent},
    }
    figure = go.Figure()
    for number, look in looks.items():
        of_these = [variant for variant in found.variants if variant.starts == number]
        name = starts(number)
        figure.add_trace(
            go.Scatter(
                name=name[0].upper() + name[1:],
                x=[variant.value for variant in of_these],
                y=[variant.share for variant in of_these],
                mode="markers",
                marker=look,
                cliponaxis=False,
                customdata=[f"{setting(found, variant).capitalize()}: {_of_days(variant)}" for variant in of_these],
                hovertemplate="%{customdata}<extra></extra>",
            )
        )
    figure.layout = go.Layout(
        template=theme.template_name(mode),
        hovermode="closest",
        margin={"l": 39, "r": 4, "t": 34, "b": 34},
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "font": {"size": 13}},
        xaxis={"title": {"text": "seed"}, "fixedrange": True, "showgrid": False, "zeroline": False, "range": [-0.7, 19.7]},
        yaxis=_share_axis(max(variant.share for variant in found.variants), below=SEED_ROOM),
    )
    return figure


def _share_axis(largest: float, *, below: float = 0.0) -> dict[str, object]:
    top = max(1.18 * largest, LEAST_TOP)
    return {
        "title": {"text": CHANGED},
        "tickformat": ".3~p",
        "fixedrange": True,
        "nticks": 6,
        "range": [-below * top, top],
        "zeroline": False,
    }


def _of_days(variant: Variant) -> str:
    """``3.1 % of days change hands (38)``."""
    return f"{words.percent(variant.share, 1)} of the days change hands ({int(variant.changed.sum()):,})"


def _penalty_told(variant: Variant) -> str:
    lost = "" if variant.whole else f"<br>only {variant.met} of {variant.k} states is ever met"
    changes = words.count(variant.switches, "change")
    return f"Penalty {variant.value:g}: {_of_days(variant)}<br>{changes} of state{lost}"


def _state_told(view: Clustered, row: int, share: float, n_settings: int) -> str:
    state = theme.stress_words(view.k)[int(view.clustering.codes[row])]
    times = round(share * n_settings)
    if not times:
        return f"{state} in all {n_settings} settings" if n_settings else state
    return f"{state}; other hands in {times} of {n_settings} settings"


def _reach(distance: float, tenth: int) -> str:
    told = "all the others" if tenth == TENTHS - 1 else f"up to {distance:.2f} standard deviations away"
    return f"Tenth {tenth + 1} of the days by distance to the border: {told}"


def _corner(text: str, y: float, palette: theme.Palette) -> dict[str, object]:
    return {
        "xref": "paper",
        "x": 1,
        "xanchor": "right",
        "yref": "paper",
        "y": y,
        "yanchor": "bottom",
        "text": text,
        "showarrow": False,
        "font": {"size": 13, "color": palette.muted},
        "yshift": 5,
    }
