"""What the Features page shows: chosen features of the bars in sight, with their regimes or states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from dash import html
from dash.development.base_component import Component

import runtime
from components import cards, controls, markets, quantities, ranges, states, theme, words
from components.figures import spreads
from components.figures.trends import Strip, Trends
from regime_core.datasets import Dataset
from regime_core.errors import RegimeError
from regime_core.features import FEATURES, Feature
from regime_core.regimes import N_REGIMES
from regime_core.states import Clustering, Market

MOST = 8
DEFAULT = ("volatility_21", "drawdown_63", "momentum_20", "rsi_14")
STRIPS = {"regime": "Regime", "state": "Stress state", "none": "None"}
GROUPS = {
    "price": "Price",
    "risk": "Risk",
    "volume": "Volume",
    "microstructure": "Microstructure",
    "vix": "VIX",
    "relative": "Relative to the instrument's own past",
}


@dataclass(frozen=True, slots=True)
class Labelled:
    """Labels to lay under features, or why there are none."""

    strip: Strip | None
    note: str = ""


def grouped() -> dict[str, list[Feature]]:
    """Features by group, in their own order."""
    found: dict[str, list[Feature]] = {}
    for feature in FEATURES.values():
        found.setdefault(feature.group, []).append(feature)
    return found


def names_of(text: str | None) -> list[str]:
    """Features of a comma-separated list that are known, at most ``MOST``; the defaults where none is."""
    return [name for name in dict.fromkeys((text or "").split(",")) if name in FEATURES][:MOST] or list(DEFAULT)


def group_names() -> list[list[str]]:
    """Names of each group, in the order of the page."""
    return [[feature.name for feature in members] for members in grouped().values()]


def chosen(before: str, ticked: Sequence[str]) -> tuple[list[str], str]:
    """Names chosen after a tick, in the order they were chosen, and a word on how many there may be."""
    old = names_of(before)
    names = [name for name in old if name in ticked] + [name for name in ticked if name not in old]
    if not names:
        return old, f"{len(old)} chosen; one has to stay"
    if len(names) > MOST:
        return names[:MOST], f"{MOST} chosen, which is the most at a time: take one away first"
    return names, f"{len(names)} of at most {MOST} chosen"


def waiting(dataset: Dataset) -> Component:
    """Word on a long series whose features are on their way."""
    return cards.notice(
        html.P(f"{dataset.title} has {words.count(dataset.bars.n_bars, 'bar')}: its features are computed in the background.")
    )


def trends_of(dataset: Dataset, names: Sequence[str], range_: str | None, labelled: Labelled) -> Trends | None:
    """Chosen features of the bars in sight; None while those of a long series still have to be computed."""
    values = runtime.results().features(dataset, names)
    if values is None:
        return None
    first, stop = ranges.bounds(range_, dataset.bars.time)
    part = slice(first, stop)
    strip = labelled.strip
    cut = None if strip is None else replace(strip, codes=strip.codes[part])
    features = tuple(FEATURES[name] for name in names)
    found = [runtime.results().past_ranks(dataset, name) for name in names]
    known = [ranks[part] for ranks in found if ranks is not None]
    ranks = np.column_stack(known) if len(known) == len(found) else None
    return Trends(dataset.title, dataset.bars.time[part], values[part], features, cut, ranks)


def labelled(dataset: Dataset, kind: str, mode: str) -> Labelled:
    """Regimes by the default model, or states in sample; a word on why where there are none."""
    try:
        if kind == "regime":
            return _regimes(dataset)
        if kind == "state":
            market, clustering = runtime.results().market(dataset), runtime.results().clusters(dataset)
            return _states(dataset, market, clustering, mode)
    except RegimeError as error:
        return Labelled(None, words.told(error.message))
    return Labelled(None)


def unknown_note(view: Trends) -> str:
    """Which of the chosen features are not known anywhere in sight, and why."""
    missing = [
        f"{feature.title} ({unknown(feature)})"
        for i, feature in enumerate(view.features)
        if not np.isfinite(view.table[:, i]).any()
    ]
    return f"Not known in this range: {', '.join(missing)}." if missing else ""


def picker_options(features: Sequence[Feature]) -> list[dict[str, object]]:
    """Choices of one group: title and unit, with the source in the tip."""
    return [
        {
            "label": html.Span(
                [feature.title, html.Span(f" {quantities.unit(feature)}", className="muted")], title=_source(feature)
            ),
            "value": feature.name,
        }
        for feature in features
    ]


def legend(strip: Strip | None) -> Component | None:
    """What the strip's colours mean."""
    if strip is None:
        return None
    if strip.kind == "state":
        return states.legend(len(strip.words))
    return html.Div([cards.regime_swatch(code) for code in range(N_REGIMES)], className="legend states")


def distributions(view: Trends, mode: str) -> list[Component]:
    """One small chart a feature; a word where it is not known."""
    return [_distribution(view, i, mode) for i in range(len(view))]


def _distribution(view: Trends, column: int, mode: str) -> Component:
    feature = view.features[column]
    title = html.H3(feature.title, className="chart-title")
    if not np.isfinite(view.table[:, column]).any():
        return html.Div([title, html.P(f"Not known in this range: {unknown(feature)}.", className="note")])
    described = f"features-spread-text-{feature.name}"
    graph = controls.chart(
        {"type": "features-spread", "feature": feature.name},
        description=described,
        figure=spreads.spread(view, column, mode=mode),
        size="tiny",
    )
    graph.children[1].children = spreads.description(view, column)
    return html.Div([title, graph])


def table_csv(view: Trends) -> str:
    """Chosen features of the bars in sight with their labels, one row a bar."""
    unit: Literal["s", "D"] = "s" if view.intraday else "D"
    times = np.datetime_as_string(view.time.view("M8[ns]"), unit=unit).tolist()
    table = pd.DataFrame(view.table, columns=[feature.name for feature in view.features])
    table.insert(0, "time", times)
    if view.labels is not None:
        names = np.array([*view.labels.words, ""])
        table.insert(1, view.labels.kind, names[view.labels.codes])
    return table.to_csv(index=False, float_format="%.10g", lineterminator="\n")


def _regimes(dataset: Dataset) -> Labelled:
    labels = runtime.results().labels(dataset)
    if labels is None:
        return Labelled(
            None, f"{dataset.title} is not labelled yet: open it on the Label page, which does so in the background."
        )
    codes = np.where(labels.codes < N_REGIMES, labels.codes, -1).astype(np.int64)
    looks = theme.LOOKS[:N_REGIMES]
    strip = Strip(
        "regime",
        codes,
        tuple(f"{look.sign} {look.word}" for look in looks),
        tuple(look.colour for look in looks),
        hatches=tuple(look.hatch for look in looks),
    )
    return Labelled(strip)


def _states(dataset: Dataset, market: Market, clustering: Clustering | None, mode: str) -> Labelled:
    if clustering is None:
        return Labelled(
            None, f"{dataset.title} has no states yet: open it on the Clusters page, which makes them in the background."
        )
    codes = np.full(dataset.bars.n_bars, -1, dtype=np.int64)
    codes[markets.rows(dataset, market)] = clustering.codes
    strip = Strip("state", codes, theme.stress_words(clustering.k), theme.stress_colours(clustering.k, mode), in_sample=True)
    first, last = words.span(market.time[0], market.time[-1], intraday=False).split(" – ")
    return Labelled(strip, f"States are in sample: fitted on all days from {first} to {last}.")


def _source(feature: Feature) -> str:
    proxy = " A proxy made from bars." if feature.proxy else ""
    return f"{feature.name}: {feature.source}.{proxy}"


def unknown(feature: Feature) -> str:
    """Why a feature has no value."""
    match feature.needs:
        case "volume":
            return "no volume here"
        case "vix":
            return "no VIX on these dates"
    return "too few bars"
