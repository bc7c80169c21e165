"""Days of a market with their stress states, on the axes they can be drawn on and in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components import theme, words
from components.figures.window import LOG_BEYOND_DAYS
from regime_core.evaluation.geometry import Components
from regime_core.states import TITLES, Clustering, Market

MAX_DAYS = 5_000
"""Days drawn as points; of more, every second or third one is."""
COMPONENTS = ("pc1", "pc2", "pc3")
UNITS = {"return": "a day", "volatility": "a day", "vix": "% a year", "parkinson": "a day"}
TICKS = {"return": ".2~%", "volatility": ".2~%", "vix": ".3~g", "parkinson": ".2~%"}
HOVER = "%{customdata[1]}<br>%{customdata[2]}<extra></extra>"
"""What a point tells, from what ``told`` gives."""


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


def told(view: Clustered, rows: NDArray[np.int64]) -> NDArray[np.object_]:
    """Row, date, and state with the values of each day, in words, (n_rows, 3)."""
    names = theme.stress_words(view.k)
    values = [_values(column, view.market.values[rows, i]) for i, column in enumerate(view.market.columns)]
    out = np.empty((len(rows), 3), dtype=object)
    out[:, 0] = rows.tolist()
    out[:, 1] = words.days(view.market.time[rows])
    out[:, 2] = [
        f"{names[code]}: {', '.join(day)}"
        for code, day in zip(view.clustering.codes[rows].tolist(), zip(*values, strict=True), strict=True)
    ]
    return out


def _values(column: str, values: NDArray[np.float64]) -> list[str]:
    match column:
        case "return":
            return [f"return {value}" for value in words.percents(values, 2, signed=True)]
        case "vix":
            return [f"VIX {value:.1f}" for value in values.tolist()]
    name = "volatility" if column == "volatility" else "Parkinson volatility"
    return [f"{name} {value} a day" for value in words.percents(values, 2)]


def short(axis: str) -> str:
    """Name of an axis within a sentence."""
    title = TITLES.get(axis) or f"principal component {axis[-1]}"
    return title if title.isupper() else title[0].lower() + title[1:]


def axis_title(view: Clustered, axis: str) -> str:
    """Name of an axis with its unit."""
    if axis in COMPONENTS:
        share = words.percent(float(view.components.share[COMPONENTS.index(axis)]))
        return f"component {axis[-1]}, {share} of variance"
    return f"{TITLES[axis]}, {UNITS[axis]}"


def outline(mode: str) -> str:
    """Edge of a point, so that the lightest state is seen on the page."""
    return theme.rgba(theme.STRESS["light"][4] if mode == "light" else theme.PALETTES["dark"].background, 0.55)


def line_colours(k: int, mode: str) -> tuple[str, ...]:
    """Colours of lines: the scale without its faintest step, which a thin line would lose on a white page."""
    colours = theme.stress_colours(k, mode)
    return (theme.STRESS[mode][1], *colours[1:]) if k < 5 and mode == "light" else colours


def logarithmic(view: Clustered) -> bool:
    """Whether prices are drawn on a logarithmic scale: over more than five years."""
    return bool((view.market.time[-1] - view.market.time[0]) / 86_400e9 > LOG_BEYOND_DAYS)
