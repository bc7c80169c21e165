"""What pages show of a market's stress states: its days and their clusters, in sample."""

from __future__ import annotations

import numpy as np
from dash import html
from dash.development.base_component import Component
from numpy.typing import NDArray

import runtime
from components import cards, glossary, states, words
from components.figures.clustered import Clustered
from regime_core.bars import DAY_NS
from regime_core.datasets import Dataset
from regime_core.evaluation import geometry, persistence, profiles
from regime_core.evaluation.profiles import StateTable
from regime_core.states import K_RANGE, Market

AUTO = "auto"
SHORT = {"return": "Return", "volatility": "Volatility", "vix": "VIX", "parkinson": "Parkinson"}
PROFILE = {
    "drawdown_63": "Drawdown",
    "momentum_20": "Momentum",
    "range_efficiency_20": "Efficiency",
    "rsi_14": "RSI",
    "autocorrelation_63": "Autocorrelation",
}
"""Features beside the three clustered ones that a state's profile is drawn on."""


def k_of(text: str | None) -> int | None:
    """Number of states asked for, None for the choice by silhouette."""
    return int(text) if text in map(str, K_RANGE) else None


def clustered(dataset: Dataset, k: str | None) -> Clustered | None:
    """States of a dataset's days, fitted on all of them; None while those of a long history still have to be made.

    Raises ModelError where there are none.
    """
    market = runtime.results().market(dataset)
    clustering = runtime.results().clusters(dataset, k_of(k))
    if clustering is None:
        return None
    return Clustered(dataset.title, market, clustering, geometry.principal_components(market.values))


def table(view: Clustered) -> StateTable:
    """Statistics of each state."""
    market = view.market
    return profiles.state_table(view.clustering.codes, market.values, market.bars.close, k=view.k, columns=market.columns)


def headline(view: Clustered) -> html.H1:
    """``High stress, for 12 days``."""
    code, held = int(view.clustering.codes[-1]), persistence.last_run(view.clustering.codes)
    swatch = html.Span(className="swatch stress", style={"--regime": states.colour(code, view.k)}, **{"aria-hidden": "true"})
    told = f"{states.word(code, view.k)}, for {words.count(held, 'day')} (in sample)"
    return html.H1([swatch, html.Span(told)], className="headline headline-state")


def notes(view: Clustered) -> html.Ul:
    """On what the states rest, and what fell out."""
    in_sample = [
        glossary.term("in_sample", "In sample"),
        f": the {view.k} ",
        glossary.term("stress", "stress states"),
        f" were fitted on all {words.count(view.market.n_days, 'day')} shown, {view.span}, so that a day's state rests on "
        "later days too.",
    ]
    return html.Ul([html.Li(text) for text in (in_sample, *map(words.told, view.market.notes))], className="told")


def shares(view: Clustered, found: StateTable) -> html.Div:
    """Share of days in each state."""
    hints = [
        f"{words.count(int(found.days[code]), 'day')} in {words.count(int(found.spells[code]), 'stretch')}".replace(
            "stretchs", "stretches"
        )
        for code in range(view.k)
    ]
    today = int(view.clustering.codes[-1])
    return states.shares(found.share.tolist(), hints, view.k, label="Share of days in each state", today=today)


def lights(view: Clustered, kind: str) -> list[html.Button]:
    """One button a state, to light its days. kind : type of their ids, of which ``code`` is the rest."""
    return [
        html.Button(
            states.state(code, view.k),
            id={"type": kind, "code": code},
            className="light",
            type="button",
            title=f"Light all days of {states.word(code, view.k).lower()}",
            **{"aria-pressed": "false"},
        )
        for code in range(view.k)
    ]


def quantity(dataset: Dataset) -> str:
    """What the price axis measures."""
    return "index points" if dataset.bundled else "price"


def profile(view: Clustered, dataset: Dataset) -> tuple[list[str], NDArray[np.float64]]:
    """Titles, and mean of each feature by state in standard deviations, (k, n_titles)."""
    found = runtime.results().features(dataset, list(PROFILE))
    titles = [SHORT[name] for name in view.market.columns]
    values = view.market.values
    if found is not None:
        values = np.column_stack([values, found[rows(dataset, view.market)]])
        titles += PROFILE.values()
    return titles, geometry.profiles(view.clustering.codes, values, view.k)


def rows(dataset: Dataset, market: Market) -> NDArray[np.bool_]:
    """Which bars of a dataset are days of its market, (n_bars,)."""
    return np.isin(dataset.bars.time // DAY_NS * DAY_NS, market.time)


def waiting(dataset: Dataset) -> Component:
    """Word on a long history whose states are on their way."""
    days = words.count(runtime.results().market(dataset).n_days, "day")
    if off := runtime.current().settings.jobs_off:
        return cards.notice(html.P(f"{dataset.title} has {days}, and the states of so many are made in the background. {off}"))
    return cards.notice(html.P(f"{dataset.title} has {days}: their states are made in the background."))


def not_shown(message: str) -> html.Div:
    """Word on a dataset without states."""
    return cards.problem(words.told(message), title="No stress states for this dataset", whole_page=True)
