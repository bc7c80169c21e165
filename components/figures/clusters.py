"""Days of a market by their stress state: on any two or three axes, over time, and what sets the states apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from components import theme, words
from components.figures import decimate, scales, strips
from components.figures.window import LOG_BEYOND_DAYS
from regime_core.evaluation.geometry import Components
from regime_core.evaluation.profiles import StateTable
from regime_core.states import TITLES, Clustering, Market

MAX_DAYS = 5_000
"""Days drawn as points; of more, every second or third one is."""
COMPONENTS = ("pc1", "pc2", "pc3")
UNITS = {"return": "a day", "volatility": "a day", "vix": "% a year", "parkinson": "a day"}
TICKS = {"return": ".2~%", "volatility": ".2~%", "vix": ".3~g", "parkinson": ".2~%"}
NO_SOLID = "These states rest on two values alone, return and volatility: 2-D shows all there is."
RIBBON_SHARE = 0.035
GAP_SHARE = 0.03


@dataclass(frozen=True, slots=True)
class Clustered:
    """A market with the states of its days; ``components`` are those of its values."""

    title: str
    market: Market
    clustering: Clustering
    components: Components

    @property
    def k(self) -> int:
        """Number of states."""
        return self.clustering.k

    @property
    def span(self) -> str:
        """First and last day in words."""
        return words.span(self.market.time[0], self.market.time[-1], intraday=False)

    @property
    def axes(self) -> dict[str, str]:
        """What the days can be drawn on: key -> title."""
        shares = self.components.share
        named = {f"pc{i + 1}": f"Principal component {i + 1} ({words.percent(float(shares[i]))})" for i in range(len(shares))}
        return {name: TITLES[name] for name in self.market.columns} | named

    @property
    def shown(self) -> NDArray[np.int64]:
        """Days drawn as points: all, or evenly spread ones where there are too many for the eye."""
        return np.arange(0, self.market.n_days, -(-self.market.n_days // MAX_DAYS))

    def axis(self, name: str, fallback: str) -> str:
        """The axis asked for where there is one, else the fallback."""
        return name if name in self.axes else fallback

    def on(self, axis: str) -> NDArray[np.float64]:
        """Where the days lie on an axis, (n_days,)."""
        if axis in COMPONENTS:
            return self.components.scores[:, COMPONENTS.index(axis)]
        return self.market.values[:, self.market.columns.index(axis)]


def scatter_heading(view: Clustered, x: str, y: str) -> str:
    """Title of the scatter: what is shown and for which dates."""
    thinned = "" if len(view.shown) == view.market.n_days else f" ({len(view.shown):,} of them drawn)"
    names = f"{_short(view, y)} against {_short(view, x)}"
    return f"{view.title}: {names}, {words.count(view.market.n_days, 'day')}{thinned}, {view.span}"


def solid_heading(view: Clustered) -> str:
    """Title of the chart on all values at once."""
    *first, last = (_short(view, axis) for axis in view.market.columns)
    return f"{view.title}: {', '.join(first)} and {last}, {words.count(view.market.n_days, 'day')}, {view.span}"


def scatter_description(view: Clustered, x: str, y: str) -> str:
    """What a reader who cannot see the scatter should know."""
    days = np.bincount(view.clustering.codes, minlength=view.k)
    told = ", ".join(f"{name.lower()} {days[code]:,}" for code, name in enumerate(theme.stress_words(view.k)))
    return f"Scatter of days. {scatter_heading(view, x, y)}. Days by state: {told}."


def scatter(
    view: Clustered, x: str, y: str, *, mode: str = "light", lasso: bool = False, chosen: Sequence[int] = ()
) -> go.Figure:
    """Each day as a point on two axes, coloured by state; days can be brushed.

    lasso : brush with a lasso instead of a box. chosen : rows of the days brushed before; none lit where empty.
    Each point carries its row in the market as the first of its customdata.
    """
    palette = theme.PALETTES[mode]
    figure = go.Figure()
    lit = np.isin(view.shown, np.asarray(chosen, dtype=np.int64))
    for code, colour in enumerate(theme.stress_colours(view.k, mode)):
        of_state = view.clustering.codes[view.shown] == code
        rows = view.shown[of_state]
        figure.add_trace(
            go.Scatter(
                name=theme.stress_words(view.k)[code],
                x=view.on(x)[rows],
                y=view.on(y)[rows],
                mode="markers",
                marker={"color": colour, "size": 7, "opacity": 0.85, "line": {"width": 0.7, "color": _outline(mode)}},
                customdata=_told(view, rows),
                hovertemplate=_HOVER,
                selectedpoints=np.flatnonzero(lit[of_state]).tolist() if len(chosen) else None,
                selected={"marker": {"opacity": 1}},
                unselected={"marker": {"opacity": 0.12}},
            )
        )
    figure.update_layout(
        template=theme.template_name(mode),
        meta={"title": scatter_heading(view, x, y)},
        showlegend=False,
        hovermode="closest",
        dragmode="lasso" if lasso else "select",
        uirevision=f"{view.title} {x} {y} {view.market.n_days}",
        newselection={"line": {"color": palette.accent, "width": 1.5, "dash": "solid"}},
        margin={"l": 4, "r": 8, "t": 8, "b": 4},
        xaxis=_value_axis(view, x, palette),
        yaxis=_value_axis(view, y, palette),
    )
    return figure


def scatter_3d(view: Clustered, *, mode: str = "light") -> go.Figure:
    """Each day as a point on the three values that were clustered, coloured by state; there must be three."""
    palette, axes = theme.PALETTES[mode], view.market.columns
    figure = go.Figure()
    for code, colour in enumerate(_line_colours(view.k, mode)):
        rows = view.shown[view.clustering.codes[view.shown] == code]
        figure.add_trace(
            go.Scatter3d(
                name=theme.stress_words(view.k)[code],
                x=view.on(axes[0])[rows],
                y=view.on(axes[1])[rows],
                z=view.on(axes[2])[rows],
                mode="markers",
                marker={"color": colour, "size": 3, "opacity": 0.85, "line": {"width": 0}},
                customdata=_told(view, rows),
                hovertemplate=_HOVER,
            )
        )
    scene = {
        f"{letter}axis": {
            "title": {"text": _axis_title(view, axis).replace(", 21 days", ""), "font": {"size": 12}},
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
    figure.update_layout(
        template=theme.template_name(mode),
        showlegend=False,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        scene={**scene, "camera": {"eye": {"x": 1.75, "y": 1.75, "z": 0.8}, "center": {"x": 0, "y": 0, "z": -0.12}}},
    )
    return figure


def price_heading(view: Clustered, n_chosen: int) -> str:
    """Title of the price chart: which days are lit."""
    lit = f"the {words.count(n_chosen, 'day')} chosen" if n_chosen else "state of each day"
    return f"{view.title}: close and {lit}, {view.span}{', log scale' if _logarithmic(view) else ''}"


def price_description(view: Clustered, n_chosen: int) -> str:
    """What a reader who cannot see the chart should know."""
    last = theme.stress_words(view.k)[int(view.clustering.codes[-1])].lower()
    return f"Line chart. {price_heading(view, n_chosen)}. The newest day is in {last}. The table of states holds the same."


def price(view: Clustered, chosen: Sequence[int] = (), *, mode: str = "light", quantity: str = "price") -> go.Figure:
    """Close over time with the ribbon of states under it, and the chosen days lit on it. chosen : rows of the market."""
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
            line={"color": palette.muted if len(chosen) else palette.text, "width": 1.5},
            customdata=_told(view, shown),
            hovertemplate="%{customdata[2]}<br>Close %{y:,.6~g}<extra></extra>",
        )
    )
    rows = np.asarray([row for row in chosen if row < market.n_days], dtype=np.int64)
    figure.add_trace(
        go.Scatter(
            name="Chosen days",
            x=strips.dates(market.time[rows]),
            y=close[rows],
            mode="markers",
            marker={"color": palette.accent, "size": 6, "line": {"width": 1, "color": palette.background}},
            hoverinfo="skip",
        )
    )
    lower = RIBBON_SHARE + GAP_SHARE
    log = _logarithmic(view)
    scale = (scales.logarithmic if log else scales.linear)(float(close.min()), float(close.max()))
    figure.update_layout(
        template=theme.template_name(mode),
        meta={"title": price_heading(view, len(rows))},
        showlegend=False,
        hovermode="x unified",
        dragmode="zoom",
        margin={"l": 4, "r": 8, "t": 26, "b": 4},
        xaxis={
            "range": strips.dates(strips.edges(market.time)[[0, -1]]),
            "showgrid": False,
            "anchor": "y2",
            "hoverformat": "%a %e %b %Y",
        },
        yaxis={
            "domain": [lower, 1],
            "side": "right",
            "type": "log" if log else "linear",
            "range": scale.range,
            "tickvals": scale.ticks,
            "ticktext": [scales.tick_text(tick) for tick in scale.ticks],
            "fixedrange": True,
            "zeroline": False,
        },
        yaxis2={"domain": [0, RIBBON_SHARE], "visible": False, "range": [0, 1], "fixedrange": True},
        annotations=[_corner(f"{quantity}, log scale" if log else quantity, palette)],
    )
    return figure


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
    figure.update_layout(
        template=theme.template_name(mode),
        margin={"l": 4, "r": 4, "t": 8, "b": 4},
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
    for code, colour in enumerate(_line_colours(view.k, mode)):
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
    figure.update_layout(
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
                "line": {"width": 1.5, "color": _outline(mode)},
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
    figure.update_layout(
        template=theme.template_name(mode),
        showlegend=False,
        margin={"l": 4, "r": 12, "t": 8, "b": 4},
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


_HOVER = "%{customdata[1]}<br>%{customdata[2]}<extra></extra>"


def _interval(table: StateTable, code: int) -> str:
    """``+0.081 % a day (+0.044 % to +0.118 %)``."""
    mean, low, high = (float(part) for part in (table.mean[code, 0], table.return_low[code], table.return_high[code]))
    return f"{words.signed_percent(mean, 3)} a day ({words.signed_percent(low, 3)} to {words.signed_percent(high, 3)})"


def _told(view: Clustered, rows: NDArray[np.int64]) -> list[tuple[int, str, str]]:
    """Row, date, and state with the values of each day, in words."""
    names = theme.stress_words(view.k)
    columns, values = view.market.columns, view.market.values
    told = []
    for row in rows.tolist():
        figures = ", ".join(_value(columns[i], values[row, i]) for i in range(len(columns)))
        state = names[int(view.clustering.codes[row])]
        told.append((row, words.moment(int(view.market.time[row]), intraday=False), f"{state}: {figures}"))
    return told


def _value(column: str, value: float) -> str:
    match column:
        case "return":
            return f"return {words.signed_percent(value, 2)}"
        case "vix":
            return f"VIX {value:.1f}"
    return f"{'volatility' if column == 'volatility' else 'Parkinson volatility'} {words.percent(value, 2)} a day"


def _short(view: Clustered, axis: str) -> str:
    title = TITLES.get(axis) or f"principal component {axis[-1]}"
    return title if title.isupper() else title[0].lower() + title[1:]


def _axis_title(view: Clustered, axis: str) -> str:
    if axis in COMPONENTS:
        share = words.percent(float(view.components.share[COMPONENTS.index(axis)]))
        return f"component {axis[-1]}, {share} of variance"
    return f"{TITLES[axis]}, {UNITS[axis]}"


def _value_axis(view: Clustered, axis: str, palette: theme.Palette) -> dict[str, object]:
    return {
        "title": {"text": _axis_title(view, axis)},
        "tickformat": TICKS.get(axis, ".2~g"),
        "zeroline": False,
        "gridcolor": palette.hairline,
    }


def _outline(mode: str) -> str:
    """Edge of a point, so that the lightest state is seen on the page."""
    return theme.rgba(theme.STRESS["light"][4] if mode == "light" else theme.PALETTES["dark"].background, 0.55)


def _line_colours(k: int, mode: str) -> tuple[str, ...]:
    """Colours of lines: the scale without its faintest step, which a thin line would lose on a white page."""
    colours = theme.stress_colours(k, mode)
    return (theme.STRESS[mode][1], *colours[1:]) if k < 5 and mode == "light" else colours


def _logarithmic(view: Clustered) -> bool:
    return bool((view.market.time[-1] - view.market.time[0]) / 86_400e9 > LOG_BEYOND_DAYS)


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
