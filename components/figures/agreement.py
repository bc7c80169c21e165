"""What each detector said over time, in strips, and under them the stress states: seen side by side, not voted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from components import states, theme, words
from components.figures import runs, strips, timeline
from components.figures.runs import Runs
from components.figures.window import Window
from components.theme import LOOKS, Palette
from regime_core.evaluation import newest
from regime_core.evaluation.newest import Agreement
from regime_core.regimes import N_REGIMES, UNKNOWN_CODE

STRIP_SHARE = 0.5
"""Height of a strip as a share of its row; its name stands above it."""
TOLD_POINTS = 1_200
"""Bars of which the hover tells each; beyond them some, evenly spread."""
HATCH_SHARE = 0.005


@dataclass(frozen=True, slots=True)
class Row:
    """Strip of one detector. window : its labels in sight; None where there are none, and ``why`` says why."""

    name: str
    window: Window | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class StateRow:
    """Strip of the stress states.

    codes : (n_bars,) state of each bar in sight, ``k`` where it has none; None where there is no state at all, and ``why`` says
    why. note : on which days they rest, and that some in sight have none.
    """

    k: int
    codes: NDArray[np.int64] | None
    why: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Strips:
    """All strips over the bars in sight. time : (n_bars,) nanoseconds since 1970 UTC; unit : ``day`` or ``bar``."""

    title: str
    time: NDArray[np.int64]
    unit: str
    intraday: bool
    rows: tuple[Row, ...]
    states: StateRow

    @property
    def span(self) -> str:
        """First and last date in words."""
        return words.span(int(self.time[0]), int(self.time[-1]), intraday=self.intraday)

    @property
    def shown(self) -> tuple[tuple[str, Window], ...]:
        """Detectors that have labels here."""
        return tuple((row.name, row.window) for row in self.rows if row.window is not None)

    def agreement(self) -> Agreement | None:
        """On how many bars all detectors shown name the same regime; None of fewer than two."""
        if len(self.shown) < 2:
            return None
        return newest.agreement(np.stack([window.labels.codes for _, window in self.shown]), N_REGIMES)


def heading(view: Strips) -> str:
    """Title: what is shown and for which dates."""
    return f"{view.title}: what each detector said, and the stress state, {view.span}"


def sentence(view: Strips) -> str:
    """How often all agree, and what each says on the newest bar in sight."""
    found = view.agreement()
    last = words.moment(int(view.time[-1]), intraday=view.intraday)
    said = _said_last(view)
    if found is None:
        return f"On {last}, {said}." if said else "No detector has labels here."
    if not found.n:
        return f"No detector names a regime on any {view.unit} shown."
    of = f"{view.unit}s shown" if found.n == len(view.time) else f"{view.unit}s shown that have a label"
    many = {2: "Both", 3: "All three"}.get(len(view.shown), f"All {len(view.shown)}")
    return (
        f"{many} detectors named the same regime on {words.percent(found.share)} of the {of} "
        f"({found.alike:,} of {found.n:,}). On {last}, {said}."
    )


def pairs(view: Strips) -> str:
    """How often each two of three or more detectors agree; empty of fewer."""
    if len(view.shown) < 3:
        return ""
    told = []
    for (one, first), (other, second) in combinations(view.shown, 2):
        found = newest.agreement(np.stack([first.labels.codes, second.labels.codes]), N_REGIMES)
        told.append(f"{one} and {other} on {words.percent(found.share)}")
    return f"Two by two: {', '.join(told)}. A {view.unit} on which only one of them names a regime counts as disagreement."


def _said_last(view: Strips) -> str:
    """``boosted and ensemble say volatile, rules say ranging``: detectors of one word together, in the order of the strips."""
    by_code: dict[int, list[str]] = {}
    for name, window in view.shown:
        by_code.setdefault(int(window.labels.codes[-1]), []).append(name)
    told = []
    for code, names in by_code.items():
        listed = " and ".join(([", ".join(names[:-1])] if names[:-1] else []) + names[-1:])
        verb = "says" if len(names) == 1 and not names[0].endswith("s") else "say"
        said = "that no regime stands out" if code == UNKNOWN_CODE else LOOKS[code].word.lower()
        told.append(f"{listed} {verb} {said}")
    return ", ".join(told)


def description(view: Strips) -> str:
    """The strips in words, for those who cannot see them."""
    parts = []
    for name, window in view.shown:
        counts = np.bincount(window.labels.codes, minlength=len(LOOKS))
        parts.append(f"{name}: {_shares(counts, [look.word.lower() for look in LOOKS])}")
    held = view.states
    if held.codes is not None:
        counts = np.bincount(held.codes, minlength=held.k + 1)
        told = _shares(counts, [*(states.word(code, held.k).lower() for code in range(held.k)), "no state"])
        parts.append(f"stress state, in sample: {told}")
    return f"Strips along one time axis. {heading(view)}. {sentence(view)} Shares of the bars: {'; '.join(parts)}."


def _shares(counts: NDArray[np.int64], names: Sequence[str]) -> str:
    total = int(counts.sum())
    return ", ".join(f"{name} {words.percent(int(counts[code]) / total)}" for code, name in enumerate(names) if counts[code])


def strips_figure(view: Strips, *, mode: str = "light") -> go.Figure:
    """One strip a detector, the more opaque the more confident, then one of stress states, on the time axis of the price."""
    palette = theme.PALETTES[mode]
    figure = go.Figure()
    n_rows = len(view.rows) + 1
    axes: dict[str, object] = {}
    notes = []
    for place, row in enumerate(view.rows):
        bottom, top = _domain(place, n_rows)
        axes |= _axis(place, bottom, top, f"Confidence of {row.name}")
        notes.append(_label(_row_title(row), top, palette))
        if row.window is not None:
            _add_row(figure, row.name, row.window, place, palette)
    bottom, top = _domain(n_rows - 1, n_rows)
    axes |= _axis(n_rows - 1, bottom, top, "Stress state, 0 the least", view.states.k - 1)
    notes.append(_label(_state_title(view.states), top, palette))
    if view.states.codes is not None:
        _add_states(figure, view, n_rows - 1, mode)
    _lay_out(figure, view, mode, palette, axes, notes)
    return figure


def _domain(place: int, n_rows: int) -> tuple[float, float]:
    """Bottom and top of a strip, counted from the top row."""
    bottom = 1 - (place + 1) / n_rows
    return bottom, bottom + STRIP_SHARE / n_rows


def _yaxis(place: int) -> str:
    return "y" if place == 0 else f"y{place + 1}"


def _axis(place: int, bottom: float, top: float, title: str, highest: int = 1) -> dict[str, object]:
    """Axis of one strip. Its title is not drawn: it heads the column of the table that is taken home."""
    name = "yaxis" if place == 0 else f"yaxis{place + 1}"
    shown = {"visible": False, "fixedrange": True, "range": [0, highest], "domain": [bottom, top]}
    return {name: {**shown, "title": {"text": title}}}


def _row_title(row: Row) -> str:
    name = f"<b>{row.name.capitalize()}</b>"
    return (
        f"{name}: {_detector_said(row.window, slice(-1, None))[0]}"
        if row.window is not None
        else f"{name}: none shown, see below"
    )


def _detector_said(window: Window, bars: NDArray[np.int64] | slice) -> list[str]:
    """What was said of each of these bars, and how sure of it."""
    named = [f"{look.sign} {look.word.lower()}" for look in LOOKS]
    points = window.labels.model.name == "rules"
    codes, confidence = window.labels.codes[bars].tolist(), window.labels.confidence[bars].tolist()
    return [
        "no regime stands out"
        if code == UNKNOWN_CODE
        else f"{named[code]}, {f'{sure * 100:.0f} of 100 points' if points else words.percent(sure)}"
        for code, sure in zip(codes, confidence, strict=True)
    ]


def _state_title(held: StateRow) -> str:
    name = "<b>Stress state</b>, in sample"
    if held.codes is None:
        return "<b>Stress state</b>: none shown, see below"
    code = int(held.codes[-1])
    return f"{name}: {states.word(code, held.k).lower()}" if code < held.k else f"{name}: none on the newest day"


def _label(text: str, top: float, palette: Palette) -> dict[str, object]:
    return {
        "xref": "paper",
        "x": 0,
        "xanchor": "left",
        "yref": "paper",
        "y": top,
        "yanchor": "bottom",
        "text": text,
        "showarrow": False,
        "font": {"size": 13, "color": palette.text},
        "align": "left",
    }


def _add_row(figure: go.Figure, name: str, window: Window, place: int, palette: Palette) -> None:
    seen = runs.in_sight(window)
    figure.add_trace(timeline.ribbon(window, seen, palette, name=f"{name} (strip)", yaxis=_yaxis(place)))
    _add_hatches(figure, window, seen, place, palette)
    shown = _told_places(window.bars.n_bars)
    figure.add_trace(
        _hover(
            name.capitalize(),
            strips.dates(window.bars.time[shown]),
            window.labels.confidence[shown],
            _detector_said(window, shown),
            place,
        )
    )


def _add_hatches(figure: go.Figure, window: Window, seen: Runs, place: int, palette: Palette) -> None:
    """Hatch what its colour alone does not tell from another, where there is room."""
    edges = strips.edges_at(window.bars.time, np.append(seen.start, window.bars.n_bars))
    wide = np.diff(edges) >= HATCH_SHARE * (edges[-1] - edges[0])
    for code, look in enumerate(LOOKS):
        of_code = (seen.code == code) & wide
        if not look.hatch or not of_code.any():
            continue
        ink = palette.muted if code == UNKNOWN_CODE else palette.background
        pattern = {"shape": look.hatch, "fgcolor": ink, "size": 6, "solidity": 0.25}
        left, right = edges[:-1][of_code], edges[1:][of_code]
        figure.add_trace(strips.hatch(f"{look.word} (hatch)", left, right, pattern, yaxis=_yaxis(place)))


def _add_states(figure: go.Figure, view: Strips, place: int, mode: str) -> None:
    held = view.states
    assert held.codes is not None
    colours = (*theme.stress_colours(held.k, mode), "rgba(0,0,0,0)")
    strip = strips.strip(view.time, held.codes, colours, name="Stress state (strip)", yaxis=_yaxis(place))
    figure.add_trace(strip.update(y=[0, held.k - 1]))
    shown = _told_places(len(view.time))
    of = held.codes[shown]
    told = [f"{states.word(int(code), held.k).lower()}, in sample" if code < held.k else "none" for code in of]
    figure.add_trace(
        _hover("Stress state", strips.dates(view.time[shown]), np.where(of < held.k, of.astype(float), np.nan), told, place)
    )


def _told_places(n: int) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, n - 1, min(n, TOLD_POINTS)).astype(np.int64))


def _hover(name: str, x: NDArray[np.datetime64], y: NDArray[np.float64], told: list[str], place: int) -> go.Scatter:
    """Points that are not drawn, and tell what the strip says."""
    return go.Scatter(
        name=name,
        x=x,
        y=y,
        mode="lines",  # one path; as markers each point would be a node of the page
        line={"color": "rgba(0,0,0,0)", "width": 0},
        customdata=strips.in_words(told),
        hovertemplate=f"{name}: %{{customdata}}<extra></extra>",
        yaxis=_yaxis(place),
    )


def _lay_out(
    figure: go.Figure,
    view: Strips,
    mode: str,
    palette: Palette,
    axes: dict[str, object],
    notes: list[dict[str, object]],
) -> None:
    edges = strips.edges_at(view.time, np.array([0, len(view.time)]))
    figure.layout = go.Layout(
        template=theme.template_name(mode),
        meta={"title": heading(view)},
        showlegend=False,
        hovermode="x unified",
        hoversubplots="axis",
        dragmode="zoom",
        bargap=0,
        barmode="overlay",
        margin={"l": 4, "r": 70, "t": 4, "b": 42},
        xaxis={
            "type": "date",
            "anchor": "free",
            "position": 0,
            "range": strips.dates(edges),
            "title": {"text": ""},
            "showgrid": False,
            "hoverformat": "%a %e %b %Y, %H:%M UTC" if view.intraday else "%a %e %b %Y",
            **strips.crosshair(palette),
        },
        annotations=notes,
        **axes,
    )
