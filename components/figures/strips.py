"""Strips of labels along a time axis: a ribbon or a tint of one colour a label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from components.theme import Palette
from regime_core.evaluation import persistence

HALF_DAY_NS = 43_200_000_000_000


def edges(time: NDArray[np.int64]) -> NDArray[np.int64]:
    """Edges of the bars on the time axis, (n_bars + 1,): halfway to the neighbours."""
    half = np.diff(time) // 2
    if len(half) == 0:
        half = np.array([HALF_DAY_NS])
    inner = time[:-1] + half[: len(time) - 1]
    return np.concatenate(([time[0] - half[0]], inner, [time[-1] + half[-1]]))


def edges_at(time: NDArray[np.int64], places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Some of the edges of ``edges``: those before the bars of these places; the one after the last bar at ``n_bars``."""
    n = len(time)
    right = np.clip(places, 1, max(n - 1, 1))
    if n == 1:
        return np.where(places == 0, time[0] - HALF_DAY_NS, time[0] + HALF_DAY_NS)
    half = (time[right] - time[right - 1]) // 2
    inner = time[right - 1] + half
    return np.where(places == 0, time[0] - half, np.where(places == n, time[-1] + half, inner))


def dates(time_ns: NDArray[np.int64]) -> NDArray[np.datetime64]:
    """Times as the axis takes them."""
    return np.asarray(time_ns, dtype=np.int64).view("M8[ns]").astype("M8[s]")


def in_words(told: Sequence[str] | Sequence[tuple[str, ...]]) -> NDArray[np.object_]:
    """What is told of each point, as an array: of a list plotly.py looks at every entry, which takes longer than all else."""
    return np.array(told, dtype=object)


def table(heads: Mapping[str, str], **cells: Sequence[object]) -> dict[str, object]:
    """``meta`` of a trace whose CSV its axes alone would not explain.

    heads : what stands over a column, by the trace's attribute. cells : what is written in place of an attribute, one a
    point, or of another name one more column.
    """
    return {"heads": dict(heads), "cells": {name: list(values) for name, values in cells.items()}}


def steps(colours: Sequence[str]) -> list[list[float | str]]:
    """Colour scale of equal steps, one a colour."""
    n = len(colours)
    return [[edge / n, colour] for i, colour in enumerate(colours) for edge in (i, i + 1)]


def strip(time: NDArray[np.int64], codes: NDArray[np.integer], colours: Sequence[str], *, name: str, yaxis: str) -> go.Heatmap:
    """One cell a stretch of equal codes, over the whole height of an axis of 0 to 1.

    time : (n_bars,) nanoseconds. codes : (n_bars,) indices into ``colours``.
    """
    start, _ = persistence.run_bounds(codes)
    bounds = edges(time)
    return go.Heatmap(
        name=name,
        x=dates(np.append(bounds[start], bounds[-1])),
        y=[0, 1],
        z=[codes[start].astype(int).tolist()],
        zmin=-0.5,
        zmax=len(colours) - 0.5,
        colorscale=steps(colours),
        showscale=False,
        hoverinfo="skip",
        yaxis=yaxis,
    )


def hatch(name: str, left: NDArray[np.int64], right: NDArray[np.int64], pattern: dict[str, object], *, yaxis: str) -> go.Bar:
    """Lines over the whole height of an axis of 0 to 1, from each left edge to its right one."""
    return go.Bar(
        name=name,
        x=dates(left + (right - left) // 2),
        width=((right - left) / 1e6).tolist(),
        y=np.ones(len(left)).tolist(),
        marker={"color": "rgba(0,0,0,0)", "line": {"width": 0}, "pattern": pattern},
        hoverinfo="skip",
        yaxis=yaxis,
    )


def crosshair(palette: Palette) -> dict[str, object]:
    """Entries of a time axis whose line follows the pointer through all that hangs on it."""
    return {
        "showspikes": True,
        "spikemode": "across",
        "spikesnap": "cursor",
        "spikethickness": 1,
        "spikedash": "dot",
        "spikecolor": palette.muted,
    }
