"""What hindsight changes: a second ribbon with the labels as they were known then, and marks where the two differ."""

from __future__ import annotations

from typing import cast

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from components import theme, words
from components.figures import runs, strips, timeline
from components.figures.window import Window
from components.theme import LOOKS, Palette
from regime_core.evaluation import persistence
from regime_core.regimes import UNKNOWN_CODE

RIBBON_SHARE = 0.032
MARKS_SHARE = 0.012
GAP_SHARE = 0.016
_MARKS = (RIBBON_SHARE + GAP_SHARE / 4, RIBBON_SHARE + GAP_SHARE / 4 + MARKS_SHARE)
_LATER = (_MARKS[1] + GAP_SHARE / 4, _MARKS[1] + GAP_SHARE / 4 + RIBBON_SHARE)
LOWER = _LATER[1] + 0.02
"""Where the price panel begins, as a share of the plot."""


def differs(later: Window, then: Window) -> NDArray[np.bool_]:
    """Bars in sight whose two labels differ, (n_bars,); not those that lack one."""
    now, known = later.labels.codes, then.labels.codes
    return cast(NDArray[np.bool_], (now != known) & (now != UNKNOWN_CODE) & (known != UNKNOWN_CODE))


def beside(figure: go.Figure, later: Window, then: Window, *, mode: str) -> go.Figure:
    """Price over labels with hindsight, as ``timeline.price`` draws it, with those known then under them.

    later, then : the same bars with either kind of labels.
    """
    if not later.labelled:
        return figure
    palette = theme.PALETTES[mode]
    old = float(figure.layout.yaxis2.domain[0])
    hidden = {"visible": False, "fixedrange": True, "range": [0, 1]}
    figure.update_layout(
        xaxis={"anchor": "y4"},
        yaxis={"domain": [LOWER, 1]},
        yaxis2={"domain": [LOWER, 1]},
        yaxis3={"domain": list(_LATER)},
        yaxis4={**hidden, "domain": [0, RIBBON_SHARE]},
        yaxis5={**hidden, "domain": list(_MARKS)},
    )
    for note in figure.layout.annotations:
        if note.y < 1:  # what stands beside the price moves with it
            note.y = LOWER + (1 - LOWER) * (note.y - old) / (1 - old)
    figure.add_traces([_known_then(then, palette), *_hatches(then, palette)])
    figure.add_trace(_marks(later, then, palette))
    figure.layout.annotations += (
        go.layout.Annotation(_beside(sum(_LATER) / 2, "hindsight", palette)),
        go.layout.Annotation(_beside(RIBBON_SHARE / 2, "then", palette)),
    )
    _tell(figure, later, then)
    return figure


def _known_then(then: Window, palette: Palette) -> go.Heatmap:
    seen = runs.in_sight(then)
    edges = strips.edges_at(then.bars.time, np.append(seen.start, then.bars.n_bars))
    colours = [palette.hairline if code == UNKNOWN_CODE else look.colour for code, look in enumerate(LOOKS)]
    return go.Heatmap(
        name="Regime known then (lower ribbon)",
        x=strips.dates(edges),
        y=[0, 1],
        z=[seen.code.tolist()],
        zmin=-0.5,
        zmax=len(LOOKS) - 0.5,
        colorscale=strips.steps(colours),
        showscale=False,
        hoverinfo="skip",
        yaxis="y4",
    )


def _hatches(then: Window, palette: Palette) -> list[go.Bar]:
    """Lines over what a colour alone does not tell from another, where there is room, as over the ribbon above."""
    seen = runs.in_sight(then)
    edges = strips.edges_at(then.bars.time, np.append(seen.start, then.bars.n_bars))
    wide = np.diff(edges) >= timeline.HATCH_SHARE * (edges[-1] - edges[0])
    drawn = []
    for code, look in enumerate(LOOKS):
        chosen = (seen.code == code) & wide
        if look.hatch and chosen.any():
            line = palette.muted if code == UNKNOWN_CODE else palette.background
            pattern = {"shape": look.hatch, "fgcolor": line, "size": 6, "solidity": 0.25}
            drawn.append(strips.hatch(f"{look.word} (known then)", edges[:-1][chosen], edges[1:][chosen], pattern, yaxis="y4"))
    return drawn


def _marks(later: Window, then: Window, palette: Palette) -> go.Heatmap:
    """Dark between the ribbons where they differ."""
    changed = differs(later, then).astype(np.int64)
    start, _ = persistence.run_bounds(changed)
    edges = strips.edges_at(later.bars.time, np.append(start, later.bars.n_bars))
    return go.Heatmap(
        name="Hindsight says otherwise",
        x=strips.dates(edges),
        y=[0, 1],
        z=[changed[start].tolist()],
        zmin=-0.5,
        zmax=1.5,
        colorscale=strips.steps([theme.rgba(palette.text, 0.0), palette.text]),
        showscale=False,
        hoverinfo="skip",
        yaxis="y5",
    )


def _beside(height: float, text: str, palette: Palette) -> dict[str, object]:
    return {
        "xref": "paper",
        "x": 1,
        "xanchor": "left",
        "yref": "paper",
        "y": height,
        "yanchor": "middle",
        "text": text,
        "showarrow": False,
        "font": {"size": 12, "color": palette.muted},
        "xshift": 4,
    }


def _tell(figure: go.Figure, later: Window, then: Window) -> None:
    """Say of each point of the price what was known then, where that is something else."""
    line = next((trace for trace in figure.data if trace.name == "Close"), None)
    if line is None:
        return
    time = np.asarray(line.x).astype("M8[ns]").astype(np.int64)
    at = np.searchsorted(later.bars.time // 1_000_000_000, time // 1_000_000_000)
    changed, codes, confidence = differs(later, then), then.labels.codes, then.labels.confidence
    told = [
        f"<br>Known then: {LOOKS[codes[i]].sign} {LOOKS[codes[i]].word}, confidence {words.percent(float(confidence[i]))}"
        if changed[i]
        else ""
        for i in at.tolist()
    ]
    line.customdata = [[*known, more] for known, more in zip(line.customdata, told, strict=True)]
    line.hovertemplate = line.hovertemplate.replace("%{customdata[0]}", "%{customdata[0]}%{customdata[2]}")


def in_sight(later: Window, then: Window) -> str:
    """Of how many bars in sight hindsight changes the label: ``Of the 251 bars in sight, hindsight changes 34 (13.5 %)``."""
    changed, n = int(differs(later, then).sum()), later.bars.n_bars
    return f"Of the {words.count(n, 'bar')} in sight, hindsight changes {changed:,} ({words.percent(changed / n, 1)})."
