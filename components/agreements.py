"""What every detector and the stress states say of the bars in sight: labels that are there, and why others are not."""

from __future__ import annotations

from typing import Any

import numpy as np
from dash import html
from numpy.typing import NDArray

import runtime
from components import glossary, ranges, states, words
from components.figures import agreement as figures
from components.figures import window as windows
from components.figures.agreement import Row, StateRow, Strips
from regime_core.bars import DAY_NS
from regime_core.datasets import Dataset
from regime_core.errors import RegimeError
from regime_core.regimes import MIN_BARS

NOT_LABELLED = "not labelled by it yet: pick it as the model above, or label the file on the Label page"


def strips_of(dataset: Dataset, model: str | None, range_: str | None) -> Strips:
    """Strips over a range: the model chosen is always labelled, others where that takes a moment."""
    first, stop = ranges.bounds(range_, dataset.bars.time)
    chosen = runtime.engine().entry(model).name
    return Strips(
        title=dataset.title,
        time=dataset.bars.time[first:stop],
        unit=words.unit_of(dataset.step_ns),
        intraday=dataset.intraday,
        rows=tuple(_row(dataset, name, first, stop, chosen=name == chosen) for name in runtime.engine().entries),
        states=_states(dataset, first, stop),
    )


def _row(dataset: Dataset, name: str, first: int, stop: int, *, chosen: bool) -> Row:
    results = runtime.results()
    if dataset.bars.n_bars < MIN_BARS:
        return Row(name, None, f"{words.count(dataset.bars.n_bars, 'bar')} are too few for a label: {MIN_BARS} are needed")
    try:
        labels = results.labels(dataset, name) if chosen else results.labels_at_hand(dataset, name)
        if labels is None:
            return Row(name, None, NOT_LABELLED)
        spells = results.spells(dataset, name)
    except RegimeError as error:
        return Row(name, None, words.told(error.message).rstrip("."))
    shown = windows.window(dataset.title, dataset.bars, labels, first, stop, spells=spells, intraday=dataset.intraday)
    return Row(name, shown)


def _states(dataset: Dataset, first: int, stop: int) -> StateRow:
    """States of the days in sight, fitted on all days of the dataset."""
    try:
        market = runtime.results().market(dataset)
        found = runtime.results().clusters(dataset)
    except RegimeError as error:
        return StateRow(2, None, words.told(error.message).rstrip("."))
    if found is None:
        days = words.count(market.n_days, "day")
        return StateRow(2, None, f"the states of {days} are made in the background: open the Clusters page to start that")
    time = dataset.bars.time[first:stop]
    codes = _on_bars(time, market.time, found.codes, found.k)
    begin, end = (words.moment(int(market.time[i]), intraday=False) for i in (0, -1))
    if (codes == found.k).all():
        return StateRow(found.k, None, f"no day in sight has one: they are known from {begin} to {end}")
    without = int((codes == found.k).sum())
    lacking = f" {words.count(without, 'day')} in sight {'has' if without == 1 else 'have'} none." if without else ""
    note = f"fitted on all days from {begin} to {end}, so that a day's state rests on later days too.{lacking}"
    return StateRow(found.k, codes, note=note)


def _on_bars(time: NDArray[np.int64], days: NDArray[np.int64], codes: NDArray[np.int8], k: int) -> NDArray[np.int64]:
    """State of each bar, (n_bars,); ``k`` where its day has none."""
    midnight = time // DAY_NS * DAY_NS
    place = np.minimum(np.searchsorted(days, midnight), len(days) - 1)
    return np.where(days[place] == midnight, codes[place].astype(np.int64), k)


def told(view: Strips) -> html.Div:
    """How often the detectors agree, and why a strip is missing or short."""
    held = view.states
    two_by_two = figures.pairs(view)
    lines: list[Any] = [two_by_two] if two_by_two else []
    lines += [f"{row.name.capitalize()}: {row.why}." for row in view.rows if row.window is None]
    if held.codes is None:
        lines.append([glossary.term("stress"), f": {held.why}."])
    else:
        lines.append([glossary.term("stress"), ", ", glossary.term("in_sample", "in sample"), f": {held.note}"])
    legend = [_legend(held.k)] if held.codes is not None else []
    return html.Div(
        [
            *legend,
            html.P(figures.sentence(view), className="sentence"),
            html.Ul([html.Li(line) for line in lines], className="told"),
        ]
    )


def _legend(k: int) -> html.Div:
    """Colours of the states; those of the regimes are told under the price."""
    swatches = [html.Span(states.state(code, k), className="legend-item") for code in range(k)]
    return html.Div([html.Span("Stress state", className="muted"), *swatches], className="legend states")
