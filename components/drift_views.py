"""Drift of a dataset against what the detectors were trained on, in words and figures."""

from __future__ import annotations

import numpy as np
from dash import html
from dash.development.base_component import Component

import runtime
from components import cards, glossary, ranges, words
from components.figures import input_drift
from components.figures.input_drift import DriftView
from regime_core.datasets import Dataset
from regime_core.evaluation.stability import OTHER, STABLE
from regime_core.features import FEATURES

LEAST_ROWS = 60
"""Of fewer bars the index is mostly chance."""
NAMED = 3
_NO_DOUBT = "Drift gives no reason to doubt the labels here."


def drift_of(dataset: Dataset, range_: str | None) -> DriftView | None:
    """Drift over the bars in sight and over all; None while the features of a long series still have to be made.

    Raises RegimeError ``drift.unknown`` where the models do not say what they were trained on.
    """
    first, stop = ranges.bounds(range_, dataset.bars.time)
    here = runtime.results().input_drift(dataset, first, stop)
    everything = runtime.results().input_drift(dataset, 0, dataset.bars.n_bars)
    if here is None or everything is None:
        return None
    time = dataset.bars.time
    return DriftView(dataset.title, words.span(time[first], time[stop - 1], intraday=dataset.intraday), here, everything)


def options() -> list[dict[str, str]]:
    """Inputs to choose from; none where the models do not say what they were trained on."""
    learnt = runtime.engine().training_rows
    return [] if learnt is None else [{"label": input_drift.short(name), "value": name} for name in learnt.names]


def verdict(view: DriftView) -> Component:
    """What the drift means for trust, in two sentences."""
    here, n = view.here, len(view.here.names)
    if here.n_rows < LEAST_ROWS:
        few = f"Only {words.count(here.n_rows, 'bar')} in sight have inputs, and so few differ by chance alone."
        return html.P(f"{few} Choose a longer range.", className="drift-verdict")
    off = [here.names[i] for i in view.order if here.beyond[i]]
    usually = f"of simulated markets as trained on, nine in ten have up to {here.usual_beyond}"
    if not off:
        return html.P(
            [html.Strong("Nothing out of the ordinary: "), f"none of {n} inputs lies beyond its band; {usually}. {_NO_DOUBT}"],
            className="drift-verdict",
        )
    named = "; ".join(_named(name) for name in off[:NAMED]) + (f"; and {len(off) - NAMED} more" if len(off) > NAMED else "")
    count = f"{len(off)} of {n} inputs {'lies' if len(off) == 1 else 'lie'} beyond the band"
    if len(off) <= here.usual_beyond:
        return html.P(
            [html.Strong("Within the ordinary: "), f"{count} ({named}); {usually}. {_NO_DOUBT}"],
            className="drift-verdict",
        )
    trust = "The detectors have seen few such bars: trust the confidence of their labels less, and look at the chart."
    told = f"{_sentence(named)}. {_sentence(usually)}. {trust}"
    return html.P([html.Strong(f"Unlike training: {count}. "), told], className="drift-verdict")


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def explanation(view: DriftView) -> Component:
    """What was trained on, and how to read index, bounds and band."""
    here = view.here
    trained = [
        f"The detectors were trained on {here.n_trained:,} bars of simulated markets. ",
        glossary.term("drift", "Drift"),
        " is how far an input’s distribution lies from those bars, by the population stability index: ",
        f"by custom stable below {STABLE}, another population above {OTHER} (Siddiqi 2006).",
    ]
    band = (
        "These bounds are for independent cases. Bars of one market share its volatility and tails, so a single market lies "
        "further off, even if simulated just as in training: the grey band shows how far eight of ten such markets lie over as "
        "many bars. What counts is a dot to the right of its band."
    )
    return html.Div(
        [html.P(trained), html.P(band), html.P(_chance(here.n_rows, here.by_chance))],
        className="drift-words",
    )


def _chance(n_rows: int, by_chance: float) -> str:
    if np.isnan(by_chance):
        return "No bar in sight has inputs yet: the first 50 bars of a series only set the scale."
    return (
        f"With {words.count(n_rows, 'bar')}, even independent draws from training would show about {by_chance:.3f} by chance: "
        "(number of bins − 1) / bars. Of few bars an index says little."
    )


def _named(name: str) -> str:
    return (
        FEATURES[name].title[0].lower() + FEATURES[name].title[1:]
        if FEATURES[name].title[1:2].islower()
        else FEATURES[name].title
    )


def unknown(message: str) -> Component:
    """Word on why no drift is told."""
    return cards.notice(html.P(message))


def key(view: DriftView) -> Component:
    """What the dots and the band mean."""
    items = [
        ("drift-dot", "range in sight"),
        ("drift-band", "8 of 10 simulated markets as trained on, over as many bars as in sight"),
    ]
    if view.all_bars.n_rows != view.here.n_rows:
        items.insert(1, ("drift-ring", "all bars"))
    return html.Div(
        [
            html.Span([html.Span(className=kind, **{"aria-hidden": "true"}), text], className="standing-key")
            for kind, text in items
        ],
        className="standing-keys muted",
    )
