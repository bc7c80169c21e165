"""How often forecasts came true lately, as a line beside persistence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from components import horizons, theme, words
from components.figures import strips
from components.theme import Palette
from regime_core.evaluation.running import running_share
from regime_core.states import YEAR, WalkForward

NAMES = ("Persistence", "Model")
ROOM = 0.01
"""Share of the axis kept free above and below the lines, at least."""


def running_heading(title: str, walk: WalkForward, horizon: int, span: tuple[int, int]) -> str:
    """Title of the lines. walk : rows of one horizon. span : first and last day shown, nanoseconds."""
    shown = _shown(walk, span)
    dates = words.span(int(shown.time[0]), int(shown.time[-1]), intraday=False) if len(shown) else "no day yet"
    return f"{title}: share right over the last {YEAR} forecasts, {horizons.days(horizon)}, {dates}, out of sample"


def running_description(title: str, walk: WalkForward, horizon: int, span: tuple[int, int]) -> str:
    """The lines in words: where they end."""
    return f"Line chart. {running_heading(title, walk, horizon, span)}. {running_sentence(walk, span)}"


def running_sentence(walk: WalkForward, span: tuple[int, int]) -> str:
    """Where model and persistence stand on the last day shown, and on how many days the model was ahead."""
    shown = _shown(walk, span)
    if not len(shown):
        return f"The share needs {YEAR} forecasts whose outcome is known."
    told = ", ".join(
        f"{name.lower()} {words.percent(float(values[-1]), 1)}"
        for name, values in zip(NAMES[::-1], shown.shares[::-1], strict=True)
    )
    persistence, model = shown.shares
    ahead = float((model >= persistence).mean())
    return (
        f"At the end: {told}. The model was as good or better on {words.percent(ahead)} of "
        f"{words.count(len(shown), 'day')} shown."
    )


def running(walk: WalkForward, span: tuple[int, int], *, mode: str = "light") -> go.Figure:
    """Share of the last year's forecasts whose likeliest state came, day by day, accent for the model, grey for persistence.

    walk : rows of one horizon, all of them, as a day's share rests on the year before it. span : first and last day shown.
    """
    palette = theme.PALETTES[mode]
    shown = _shown(walk, span)
    out = go.Figure()
    for name, values in zip(NAMES, shown.shares, strict=True):
        model = name == "Model"
        out.add_trace(
            go.Scatter(
                name=name,
                x=strips.dates(shown.time),
                y=values,
                mode="lines",
                line={
                    "color": palette.accent if model else palette.muted,
                    "width": 2.5 if model else 1.5,
                    "dash": "solid" if model else "dot",
                },
                hovertemplate=f"{name} right on %{{y:.1%}} of the last {YEAR}<extra></extra>",
            )
        )
    out.layout = go.Layout(
        template=theme.template_name(mode),
        meta={"title": f"Share right over the last {YEAR} forecasts"},
        showlegend=False,
        hovermode="x unified",
        margin={"l": 55, "r": 92, "t": 36, "b": 42},
        xaxis={
            "showgrid": False,
            "fixedrange": True,
            "tickangle": 0,
            "nticks": 4,
            "hoverformat": "%a %e %b %Y",
            "title": {"text": "day of the forecast"},
        },
        yaxis={
            "title": {"text": f"right, share of the last {YEAR}"},
            "tickformat": ".0%",
            "fixedrange": True,
            "zeroline": False,
            "range": _reach(shown.shares),
        },
        annotations=_ends(shown, palette) if len(shown) else [_nothing(palette)],
    )
    return out


@dataclass(frozen=True, slots=True)
class _Shares:
    """Days shown with the shares of persistence and model, in the order of ``NAMES``."""

    time: NDArray[np.int64]
    shares: tuple[NDArray[np.float64], NDArray[np.float64]]

    def __len__(self) -> int:
        return len(self.time)


def _shown(walk: WalkForward, span: tuple[int, int]) -> _Shares:
    settled = walk.settled()
    said = settled.probabilities.argmax(axis=1)
    shares = [running_share(guess == settled.realised, YEAR) for guess in (settled.today, said)]
    kept = (settled.time >= span[0]) & (settled.time <= span[1]) & np.isfinite(shares[0])
    return _Shares(settled.time[kept], (shares[0][kept], shares[1][kept]))


def _reach(shares: tuple[NDArray[np.float64], ...]) -> list[float]:
    values = np.concatenate(shares)
    if not len(values):
        return [0.0, 1.0]
    low, high = float(values.min()), float(values.max())
    room = max(ROOM, 0.1 * (high - low))
    return [max(0.0, low - room), min(1.0 + ROOM / 2, high + room)]


def _ends(shown: _Shares, palette: Palette) -> list[dict[str, object]]:
    """Name and last share of each line, beside its end; the higher one above."""
    last = [float(values[-1]) for values in shown.shares]
    above = "Model" if last[1] >= last[0] else "Persistence"
    return [
        {
            "xref": "paper",
            "x": 1,
            "xanchor": "left",
            "xshift": 6,
            "y": value,
            "yanchor": "bottom" if name == above else "top",
            "text": f"{name}<br>{words.percent(value, 1)}",
            "align": "left",
            "showarrow": False,
            "font": {"size": 13, "color": palette.accent if name == "Model" else palette.muted},
        }
        for name, value in zip(NAMES, last, strict=True)
    ]


def _nothing(palette: Palette) -> dict[str, object]:
    return {
        "xref": "paper",
        "yref": "paper",
        "x": 0.5,
        "y": 0.5,
        "text": f"Needs {YEAR} forecasts whose outcome is known",
        "showarrow": False,
        "font": {"size": 13, "color": palette.muted},
    }
