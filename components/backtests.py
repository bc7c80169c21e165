"""Backtests of rules that stay out of a market: which there are, what they earned, and what that does not say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from dash import dcc, html

import runtime
from components import cards, controls, glossary, markets, shell, words
from components.figures.backtest import Shown
from components.sheets import Column, Row, Sheet
from regime_core.backtests import Trade
from regime_core.datasets import VIX, Dataset
from regime_core.errors import RegimeError
from regime_core.evaluation.backtest import Backtest
from regime_core.regimes import REGIME_NAMES

FORECAST, TODAY = "forecast", "today"
STRESS = {FORECAST: "Stress state, as forecast", TODAY: "Stress state, today's"}
"""Signals by stress states; all others are detectors of regimes."""
OUT_OF_REGIMES = {
    "bearish_volatile": ("Bearish or volatile", ("trending_bearish", "volatile")),
    "bearish": ("Bearish", ("trending_bearish",)),
    "volatile": ("Volatile", ("volatile",)),
}
OUT_OF_STATES = {"high": "High stress", "stressed": "All but low stress"}
DELAYS = {"0": "0", "1": "1", "2": "2"}
COSTS = {"0": "0", "5": "5", "10": "10", "25": "25"}
DELAY, COST = "1", "5"
HALF_A_DIGIT = 0.0005
"""Smaller differences a year would be written as 0.0 %."""
WARNING = (
    "What this does not know: taxes, dividends, interest (cash earns 0 here), slippage beyond the cost set, and whether an "
    "order at the close was filled.",
    "It is one market that is still there to be tested, and one rule of many that could be picked: of twenty rules without any "
    "worth, one looks better than chance.",
    "The past is no promise, and this is no advice.",
)


def signal_options(detectors: Iterable[str]) -> list[dict[str, str]]:
    """Signals to choose from: every detector, then the stress states."""
    regimes = [{"label": f"Regime, by {name}", "value": name} for name in detectors]
    return regimes + [{"label": text, "value": name} for name, text in STRESS.items()]


def out_options(signal: str) -> list[dict[str, str]]:
    """What a signal can stay out of."""
    if signal in STRESS:
        return [{"label": text, "value": name} for name, text in OUT_OF_STATES.items()]
    return [{"label": text, "value": name} for name, (text, _) in OUT_OF_REGIMES.items()]


def out_of(signal: str, chosen: str | None) -> str:
    """What to stay out of: as chosen, where the signal has it, else its first."""
    known = [option["value"] for option in out_options(signal)]
    return chosen if chosen in known else known[0]


def out_buttons(identifier: str, signal: str, chosen: str | None) -> html.Div:
    """What the rule stays out of."""
    options = {option["value"]: option["label"] for option in out_options(signal)}
    buttons = controls.segmented(identifier, options, out_of(signal, chosen), "Stay out of")
    return html.Div([html.Span("Stay out of", className="muted"), buttons], className="labelled")


def delay_buttons(identifier: str, chosen: str | None) -> html.Div:
    """How many closes later the rule trades."""
    buttons = controls.segmented(identifier, DELAYS, chosen if chosen in DELAYS else DELAY, "Delay in closes")
    return html.Div([html.Span("Closes later", className="muted"), buttons], className="labelled")


def cost_buttons(identifier: str, chosen: str | None) -> html.Div:
    """What a trade costs."""
    buttons = controls.segmented(identifier, COSTS, chosen if chosen in COSTS else COST, "Cost of a trade in basis points")
    told = html.Span("Cost, bp", className="muted", title="Basis points of wealth a trade: hundredths of a percent")
    return html.Div([told, buttons], className="labelled")


def trade_of(delay: str | None, cost: str | None) -> Trade:
    """How the rule trades, by its choices."""
    return Trade(int(delay if delay in DELAYS else DELAY), float(cost if cost in COSTS else COST))


def shown(dataset: Dataset, signal: str, out: str | None, trade: Trade, k: str | None, horizon: int) -> Shown | None:
    """Backtest of a rule on a dataset; None while what it rests on has to be made. Raises RegimeError where none can be."""
    results, chosen = runtime.results(), out_of(signal, out)
    if signal in STRESS:
        ahead = horizon if signal == FORECAST else None
        tested = results.tested_states(dataset, markets.k_of(k), lambda n: _states_out(chosen, n), trade, horizon=ahead)
    else:
        codes = tuple(REGIME_NAMES.index(name) for name in OUT_OF_REGIMES[chosen][1])
        tested = results.tested_labels(dataset, signal, codes, trade)
    return None if tested is None else Shown(dataset.title, _staying_out(signal, chosen, horizon), trade, tested)


def headline(view: Shown) -> html.H1:
    """How much the rule earned beside buy and hold, and whether that may be chance."""
    gap = _gap(view)
    more = f"{100 * abs(gap):.1f} percentage points a year {'more' if gap > 0 else 'less'} than"
    much = more if abs(gap) >= HALF_A_DIGIT else "as much as"
    doubt = "" if _beyond_chance(view) else ", which may be chance"
    first, *rest = view.staying_out
    return html.H1(f"{first.upper()}{''.join(rest)} earned {much} buy and hold{doubt}", className="headline")


def summary(view: Shown) -> html.P:
    """Worst falls, time in the market, and the interval of the difference."""
    rule, hold, found = view.tested.rule, view.tested.hold, view.tested.difference
    chance = "can be told from chance" if found.beyond_chance else "cannot be told from chance"
    compounded = " (compounding favours the calmer of the two)" if _gap(view) > 0 > found.mean else ""
    return html.P(
        [
            "The worst ",
            glossary.term("drawdown", "drawdown"),
            f" was {words.percent(abs(rule.drawdown))} instead of {words.percent(abs(hold.drawdown))}; the rule was in the "
            f"market on {words.percent(float(rule.position.mean()))} of days. The difference of the mean returns{compounded}, "
            f"{_points(found.mean)} percentage points a year, has a ",
            glossary.term("interval", f"95{words.NBSP}% interval"),
            f" from {_points(found.mean_low)} to {_points(found.mean_high)}: it {chance}.",
        ],
        className="further",
    )


def warning(dataset: Dataset, signal: str) -> html.Div:
    """What a backtest does not know, plainly."""
    own = [_own_warning(dataset, signal)] if _own_warning(dataset, signal) else []
    told = html.P([glossary.term("backtest", "A backtest"), f" is not a track record. {' '.join([*WARNING, *own])}"])
    icon = html.I(className="icon icon-warning", **{"aria-hidden": "true"})
    return html.Div([icon, told], className="message message-problem plain-warning", role="note")


def basis(view: Shown, signal: str) -> html.P:
    """What the rule knew, when it traded, and what the ribbon shows."""
    known = {
        FORECAST: "Forecasts out of sample: each year by models fitted on the years before it.",
        TODAY: "Today's state by centres fitted on the years before its own, as it was known that day.",
    }
    causal = (
        f"Causal labels of {signal}: each rests on bars up to its own. It was trained on simulated markets, and "
        "chosen, among others, on markets resampled from days of the S&P 500."
    )
    delay = view.trade.delay
    later = (
        "the same close" if delay == 0 else "the next close" if delay == 1 else f"the {words.count(delay, 'close')} after it"
    )
    doubt = " This needs the close before it is there." if delay == 0 else ""
    traded = f"A signal of one close is traded at {later}.{doubt} Buy and hold buys once, after the same delay and cost."
    ribbon = "The ribbon between the panels is filled on days out of the market."
    return html.P(f"{ribbon} {known.get(signal, causal)} {traded}", className="note note-close")


def sheet(view: Shown) -> Sheet:
    """Figures of the rule beside buy and hold."""
    rule, hold, found = view.tested.rule, view.tested.hold, view.tested.difference
    rows = (
        _row("Annual return", "compounded", rule.annual_return, hold.annual_return),
        _row("Mean return", "a year", _mean(rule), _mean(hold), found.mean_low, found.mean_high),
        _row("Volatility", "a year", rule.volatility, hold.volatility),
        _row("Sharpe ratio", "a year, over cash at 0", rule.sharpe, hold.sharpe, found.sharpe_low, found.sharpe_high),
        _row("Worst drawdown", "from a peak", rule.drawdown, hold.drawdown),
        _row("In the market", "share of days", float(rule.position.mean()), float(hold.position.mean())),
        _row("Turnover", "times wealth a year", rule.turnover, hold.turnover),
        _row("Trades", "in all", float(rule.trades), float(hold.trades)),
        _row("Wealth at the end", "of 1", float(rule.wealth[-1]), float(hold.wealth[-1])),
    )
    return Sheet(
        "The rule beside buy and hold",
        rows,
        (
            Column("Measure", "", _measure),
            Column("Rule", "", lambda row: _told(row, "rule")),
            Column("Buy and hold", "", lambda row: _told(row, "buy_and_hold")),
            Column(
                "Difference",
                "pp: percentage points. With its 95 % interval by paired block bootstrap, where it has one",
                _difference,
            ),
        ),
    )


def unmade(dataset: Dataset, signal: str) -> html.Div:
    """Word on what a rule rests on and is not there yet."""
    if signal in STRESS:
        link = dcc.Link("Walk forward first", href=shell.href("/evaluation", dataset=dataset.id, view="forecasts"))
        told = "This rule follows forecasts of past days, and there are none of this dataset yet."
    else:
        link = dcc.Link("Label it on the Label page", href=shell.href("/label", dataset=dataset.id))
        told = f"{dataset.title} has so many bars that they are labelled in the background."
    return html.Div([html.H1("Nothing to test yet", className="headline"), html.P([told, " ", link, "."], className="further")])


def not_possible(error: RegimeError, signal: str) -> html.Div:
    """What is missing, and what can be done."""
    advice = "Pick a regime as the signal: that needs no past forecasts." if signal in STRESS else ""
    advice = "Pick another dataset." if error.code in ("backtest.intraday", "backtest.prices") else advice
    parts = [html.P(advice)] if advice else []
    return cards.problem(words.told(error.message), *parts, title="No backtest of this")


def table_heading(view: Shown) -> str:
    """Title of the table."""
    return f"{view.title}: {view.staying_out} beside buy and hold, {view.terms}, {view.span}"


def table_note() -> html.P:
    """How the intervals are made."""
    told = [
        "Intervals: 95 %, paired block bootstrap, blocks of 63 days, 4,000 draws. They leave out 0 where the difference is "
        "distinguishable from chance, before it is counted how many rules were tried. ",
        glossary.term("turnover", "Turnover"),
        ": leaving and coming back count 2.",
    ]
    return html.P(told, className="note")


def _gap(view: Shown) -> float:
    return view.tested.rule.annual_return - view.tested.hold.annual_return


def _beyond_chance(view: Shown) -> bool:
    """Whether the interval of the mean difference leaves out 0, on the side on which the rule ended."""
    found = view.tested.difference
    return found.beyond_chance and (found.mean > 0) == (_gap(view) > 0)


_PERCENT = ("Annual return", "Mean return", "Worst drawdown", "Volatility", "In the market")


def _points(fraction: float) -> str:
    return f"{100 * fraction:+.1f}".replace("-", "−")


_TERMS = {"Sharpe ratio": "sharpe", "Worst drawdown": "drawdown", "Turnover": "turnover"}


def _states_out(chosen: str, k: int) -> tuple[int, ...]:
    return (k - 1,) if chosen == "high" else tuple(range(1, k))


def _staying_out(signal: str, chosen: str, horizon: int) -> str:
    if signal == FORECAST:
        ahead = f"forecast {words.count(horizon, 'day')} ahead"
        return f"staying out when high stress is {ahead}" if chosen == "high" else f"staying out unless low stress is {ahead}"
    if signal == TODAY:
        return "staying out in high stress" if chosen == "high" else "staying out unless stress is low"
    named = {
        "bearish_volatile": "trending bearish or volatile",
        "bearish": "trending bearish",
        "volatile": "volatile",
    }
    return f"staying out while {signal} says {named[chosen]}"


def _own_warning(dataset: Dataset, signal: str) -> str:
    if dataset.id == VIX:
        return "The VIX cannot be bought: its futures earn something else."
    if dataset.bundled:
        return "The S&P 500 is here without its dividends, about 2 % a year, which whoever stays out forgoes."
    return ""


def _mean(found: Backtest) -> float:
    return float(found.excess.mean() * found.periods)


def _row(measure: str, unit: str, rule: float, hold: float, low: float = float("nan"), high: float = float("nan")) -> Row:
    return {
        "measure": measure,
        "unit": unit,
        "rule": rule,
        "buy_and_hold": hold,
        "difference": rule - hold,
        "low": low,
        "high": high,
    }


def _measure(row: Row) -> Any:  # noqa: ANN401
    name = row["measure"]
    told = glossary.term(_TERMS[name], name) if name in _TERMS else name
    return [told, html.Span(row["unit"], className="interval")]


def _told(row: Row, name: str) -> str:
    return _value(row["measure"], row[name])


def _value(measure: str, value: float, *, signed: bool = False) -> str:
    if np.isnan(value):
        return "–"
    if signed and measure in _PERCENT:
        return f"{_points(value)}{words.NBSP}pp"
    if measure in ("Annual return", "Mean return", "Worst drawdown"):
        return words.signed_percent(value)
    if measure in ("Volatility", "In the market"):
        return words.percent(value, 1)
    digits = {"Trades": 0, "Turnover": 1}.get(measure, 2)
    return f"{value:{'+' if signed else ''},.{digits}f}".replace("-", "−")


def _difference(row: Row) -> Any:  # noqa: ANN401
    told = [html.Span(_value(row["measure"], row["difference"], signed=True))]
    if np.isnan(row["low"]):
        return told
    low, high = (_value(row["measure"], row[end], signed=True) for end in ("low", "high"))
    interval = f"{low} to {high}".replace(f"{words.NBSP}pp", "", 1)
    return [*told, html.Span(interval, className="interval")]
