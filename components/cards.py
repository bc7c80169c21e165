"""Cards: a headline, figures with units, bars of shares, messages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from dash import html
from dash.development.base_component import Component

from components import words
from components.theme import LOOKS
from regime_core.datasets import Dataset
from regime_core.evaluation.persistence import Spells, TimeShare
from regime_core.regimes import ALL_NAMES, MIN_BARS, N_REGIMES, UNKNOWN_CODE, Detection

Children = Any
STRATEGY_WORDS = {
    "trend_following": "trend following",
    "short_selling": "short selling",
    "inverse_momentum": "inverse momentum",
    "mean_reversion": "mean reversion",
    "range_trading": "range trading",
    "support_resistance": "support and resistance",
    "small_positions": "small positions",
    "tight_stops": "tight stops",
    "position_building": "position building",
    "swing_trading": "swing trading",
}


def card(
    *children: Children,
    title: Children = None,
    aside: Children = None,
    className: str = "",
    identifier: str | None = None,
    hidden: bool = False,
) -> html.Section:
    """One surface with an optional title at the left and controls at the right of its head."""
    head = [] if title is None else [html.Div([html.H2(title, className="card-title"), aside], className="card-head")]
    known = {} if identifier is None else {"id": identifier}
    return html.Section([*head, *children], className=f"surface {className}".strip(), hidden=hidden, **known)


def headline(detection: Detection, unit: str) -> html.H1:
    """``▲ 72 % likely trending bullish, for 17 days``."""
    look = LOOKS[ALL_NAMES.index(detection.regime.name)]
    sign = html.Span(look.sign, className="sign", style={"--regime": look.ink}, **{"aria-hidden": "true"})
    return html.H1([sign, html.Span(words.answer(detection, unit))], className="headline")


def where(dataset: Dataset, today: np.datetime64) -> html.P:
    """Of which market and date an answer is."""
    return html.P([html.Strong(dataset.title), *as_of(dataset, today)], className="where")


def as_of(dataset: Dataset, today: np.datetime64, *, brief: bool = False) -> list[Component]:
    """``as of 31 Dec 2018 (arch package)``, and plainly whether that is old; ``brief`` says how old in the tip only.

    A file that a visitor brought is history: of it ``180 bars, 2 Jan 2015 – 18 Sep 2015 (upload)`` is told unless ``brief``.
    """
    if not dataset.bundled and not brief:
        time = dataset.bars.time
        told_span = words.bars_in_span(len(time), int(time[0]), int(time[-1]), intraday=dataset.intraday)
        return [html.Span(f"{told_span} ({words.source(dataset.source)})")]
    newest = words.moment(int(dataset.bars.time[-1]), intraday=dataset.intraday)
    told: list[Component] = [html.Span(f"as of {newest} ({words.source(dataset.source)})")]
    if dataset.stale(today):
        told.append(_stale(dataset.trading_days_old(today), brief=brief))
    return told


def _stale(age: int, *, brief: bool) -> html.Span:
    """``Stale: the newest bar is 12 trading days old``."""
    whole = f"Stale: the newest bar is {words.count(age, 'trading day')} old"
    icon = html.I(className="icon icon-warning", **{"aria-hidden": "true"})
    return html.Span([icon, "Stale" if brief else whole], className="stale", title=whole)


def probabilities(detection: Detection) -> html.Div:
    """One bar a regime, in wire order."""
    values = [float(value) for value in detection.probabilities]
    rows = [_share_row(code, values[code], words.percent(values[code])) for code in range(N_REGIMES)]
    what = "Share of each regime in the points" if detection.model.name == "rules" else "Probability of each regime"
    return html.Div(rows, className="shares", role="list", **{"aria-label": what})


def time_spent(share: TimeShare, found: Spells, unit: str) -> html.Div:
    """One bar a regime with its share of all bars; a regime that never occurs keeps its row, unknown only where it occurs."""
    codes = [code for code in range(len(LOOKS)) if code != UNKNOWN_CODE or share.bars[code]]
    rows = [
        _share_row(code, float(share.share[code]), words.percent(float(share.share[code]), 1), _in_spells(code, found, unit))
        for code in codes
    ]
    return html.Div(rows, className="shares shares-wide", role="list", **{"aria-label": "Share of time in each regime"})


def _in_spells(code: int, found: Spells, unit: str) -> str:
    lengths = found.length[found.code == code]
    if len(lengths) == 0:
        return "never"
    if len(lengths) == 1:
        return f"{words.count(int(lengths[0]), unit)} in one spell"
    mean, longest = float(lengths.mean()), int(lengths.max())
    return f"{words.count(int(lengths.sum()), unit)} in {len(lengths)} spells: {mean:.0f} on average, {longest} at most"


def _share_row(code: int, share: float, text: str, hint: str = "") -> html.Div:
    look = LOOKS[code]
    filled = 0.0 if math.isnan(share) else share
    return html.Div(
        [
            regime(code),
            html.Span(
                html.Span(
                    className="fill unknown" if code == UNKNOWN_CODE else "fill",
                    style={"width": f"{filled * 100:.2f}%", "minWidth": 1 if filled else 0, "--regime": look.colour},
                ),
                className="track",
                **{"aria-hidden": "true"},
            ),
            html.Span(text, className="figure"),
            *([html.Span(hint, className="hint")] if hint else []),
        ],
        className="share",
        role="listitem",
        title=f"{look.word}: {text}{', ' + hint if hint else ''}",
    )


def regime(code: int) -> html.Span:
    """Sign and word of a regime."""
    look = LOOKS[code]
    sign = html.Span(look.sign, className="sign", style={"--regime": look.ink}, **{"aria-hidden": "true"})
    return html.Span([sign, look.word], className="regime")


def evidence(detection: Detection, *, closes_only: bool = False) -> html.Div:
    """What an answer rests on: in words, and as metrics with their units; ``closes_only`` says that bars have no range."""
    metrics = detection.metrics
    told = [
        ("Volatility", words.percent(metrics.volatility, 2), "a bar", "Standard deviation of the last 20 returns"),
        ("Trend", words.signed_percent(metrics.trend_strength, 3), "a bar", "Slope of the last 20 closes over the mean close"),
        ("Momentum", words.signed_percent(metrics.momentum), "19 bars", "Last close over the close 19 bars earlier, less 1"),
        ("True range", words.percent(metrics.atr_percent / 100, 2), "of price", "Mean of the last 14 true ranges"),
        ("Range efficiency", _number(metrics.range_efficiency), "of 1", "Net move over the length of the path"),
        ("SMA10 / SMA50", words.signed_percent(metrics.ma_convergence), "apart", "10-bar over 50-bar moving average, less 1"),
    ]
    items = [
        html.Div([html.Dt(name), html.Dd([value, html.Span(f" {unit}", className="muted")])], title=f"{meaning}.")
        for name, value, unit, meaning in told
    ]
    model, bars = detection.model, words.count(detection.metrics.sample_size, "bar")
    short = "" if detection.warm else f" The series is short: {model.name} wants more bars for full accuracy."
    flat = " The data has closes only: a true range is the move from close to close." if closes_only else ""
    foot = f"Model {model.name}, version {model.version}. Metrics of the last {bars}.{short}{flat}"
    return html.Div(
        [html.P(detection.reasoning, className="reason"), html.Dl(items, className="metrics"), html.P(foot, className="note")]
    )


def advice(detection: Detection) -> html.Div:
    """Strategies that suit the regime and the multiplier for the risk to take."""
    chips = [html.Span(STRATEGY_WORDS.get(name, name), className="chip") for name in detection.regime.strategies]
    risk = html.Span(
        [html.Span("Risk ", className="muted"), f"×{words.NBSP}{detection.regime.risk_multiplier:.1f}"],
        className="chip chip-plain",
        title="Multiplier for the usual position size",
    )
    return html.Div([html.Span("Suits", className="muted"), *chips, risk], className="advice")


def legend() -> html.Div:
    """What the chart's tint and ribbon mean."""
    swatches = [regime_swatch(code) for code in range(len(LOOKS))]
    ramp = html.Span(
        [
            "Ribbon: the more opaque, the more confident",
            html.Span("0", className="figure"),
            html.Span(className="ramp"),
            html.Span(f"100{words.NBSP}%", className="figure"),
        ],
        className="legend-item muted",
    )
    return html.Div([*swatches, ramp], className="legend")


def regime_swatch(code: int) -> html.Span:
    """Colour, sign and word of a regime, as in a chart."""
    look = LOOKS[code]
    style = {"--regime": look.colour, "--hatch": "var(--muted)" if code == UNKNOWN_CODE else "var(--surface)"}
    lean = {"/": " leaning-right", "\\": " leaning-left"}.get(look.hatch, "")
    return html.Span([html.Span(className=f"swatch{lean}", style=style), regime(code)], className="legend-item")


def problem(message: str, *advice_: Children, title: str = "This did not work", whole_page: bool = False) -> html.Div:
    """What happened, where, and what to do; announced to screen readers.

    whole_page : there is nothing else on the page, so that its title is the page's heading.
    """
    heading = html.H1(title, className="message-title") if whole_page else html.Strong(title)
    return html.Div(
        [
            html.I(className="icon icon-warning", **{"aria-hidden": "true"}),
            html.Div([heading, html.P(message), *advice_]),
        ],
        className="message message-problem",
        role="alert",
    )


def notice(*children: Children, title: str | None = None) -> html.Div:
    """Something worth knowing that is no error."""
    head = [html.Strong(title)] if title else []
    return html.Div(
        [html.I(className="icon icon-info", **{"aria-hidden": "true"}), html.Div([*head, *children])],
        className="message",
        role="status",
    )


def dates(span: str) -> html.P:
    """For which dates a card holds."""
    return html.P(span, className="dates")


def update_button(identifier: str) -> html.Button:
    """Brings the bundled histories up to date."""
    return html.Button(
        [html.I(className="icon icon-update", **{"aria-hidden": "true"}), "Update data"],
        id=identifier,
        className="quiet",
        title="Ask the sources for newer bars",
    )


def bad_file(name: str, message: str) -> html.Div:
    """What is wrong with a file, where, and what to do."""
    return problem(message, html.P("Nothing was kept of it.", className="muted"), title=f"{name} could not be labelled")


def newest(dataset: Dataset, detection: Detection, unit: str, differing: tuple[int, int] | None) -> html.Div:
    """Regime of the newest bar, and how often hindsight says otherwise."""
    code = ALL_NAMES.index(detection.regime.name)
    sign = html.Span(LOOKS[code].sign, className="sign", style={"--regime": LOOKS[code].ink}, **{"aria-hidden": "true"})
    answered = words.answer(detection, unit)
    when = words.moment(int(dataset.bars.time[-1]), intraday=dataset.intraday)
    told = knew(differing)
    return html.Div(
        [
            html.P([sign, html.Span(answered)], className="answer"),
            html.P(f"on the newest bar, {when}, by {detection.model.name}", className="muted"),
            html.P(told, className="note") if told else None,
        ]
    )


def too_short(dataset: Dataset) -> html.Div:
    """Why a series has no labels, and what would give it some."""
    bars = dataset.bars.n_bars
    have = f"{words.count(bars, 'bar')} {'is' if bars == 1 else 'are'} too few to label: {MIN_BARS} are needed"
    advice_ = "The prices are shown as they were read. Bring a longer history, or bars of a shorter interval."
    return html.Div([html.P(have, className="answer"), html.P(advice_, className="muted")])


def knew(differing: tuple[int, int] | None) -> str:
    """What the switch between the two kinds of labels means, and for how many bars they differ; empty where none is known."""
    differ, known = differing or (0, 0)
    if known == 0:
        return ""
    return (
        f"Hindsight changes the label of {words.percent(differ / known, 1)} of the bars ({differ:,} of {known:,}). A label "
        "known then rests on bars up to its own, as one who traded had it; one with hindsight rests on later bars too, and "
        "shows when a regime really began: good for studying the past, not for testing a strategy on it."
    )


def facts(pairs: Sequence[tuple[str, Children]]) -> html.Dl:
    """Names and values in a row."""
    return html.Dl([html.Div([html.Dt(name), html.Dd(value)]) for name, value in pairs], className="facts")


def skeleton(height: int) -> html.Div:
    """Grey block that keeps the place of what is still on its way."""
    return html.Div(className="skeleton", style={"height": f"{height}px"}, **{"aria-hidden": "true"})


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2f}"
