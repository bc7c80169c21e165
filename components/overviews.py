"""The Overview in words: what changed since the bar before, what followed such labels, and the odds of the next bar."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from dash import dcc, html
from dash.development.base_component import Component

import runtime
from components import cards, forecasts, glossary, shell, states, views, words
from components.figures import followed as figures
from components.figures.followed import Followed
from components.theme import LOOKS
from regime_core.datasets import Dataset
from regime_core.errors import RegimeError
from regime_core.evaluation import newest, persistence
from regime_core.evaluation.aftermath import DRAWS, MIN_BLOCKS, MIN_SPELLS, Aftermath
from regime_core.evaluation.newest import Newest
from regime_core.evaluation.persistence import NextStep
from regime_core.evaluation.significance import block_length
from regime_core.regimes import MIN_BARS, N_REGIMES, UNKNOWN_CODE, Labels
from regime_core.states import Forecast

DIFFERENCES = {
    "return": ("higher", "lower"),
    "volatility": ("higher", "lower"),
    "drawdown": ("less deep", "deeper"),
}
"""What a gap above 0 and one below 0 say of each measure."""


def newest_of(dataset: Dataset, labels: Labels) -> Newest:
    """Newest bar of a dataset beside the one before, from as many bars as the headline rests on."""
    recent = slice(max(0, len(labels) - views.EXPLAINED_BARS), None)
    close = dataset.bars.close[recent]
    return newest.newest(labels.codes[recent], labels.confidence[recent], close, first=MIN_BARS - 1)


def sure(confidence: float, model: str) -> str:
    """``81 %``; points of rules, which know no likelihood."""
    return f"{confidence * 100:.0f} of 100 points" if model == "rules" else words.percent(confidence)


def moved(found: Newest) -> str:
    """``+0.8 %``; of prices of zero and below, for which there is no percentage, the difference."""
    if np.isnan(found.simple_return):
        return f"{found.move:+,.6g}".replace("-", "−")
    return words.signed_percent(found.simple_return)


def since_before(dataset: Dataset, labels: Labels) -> html.P | None:
    """What changed since the bar before, in one line; None of a series of one bar."""
    found = newest_of(dataset, labels)
    if found.code_before is None:
        return None
    before = words.moment(int(dataset.bars.time[-2]), intraday=dataset.intraday)
    head = html.Strong(f"Changed since {before}" if found.changed else f"Since {before}")
    return html.P([head, f": {change_told(found, labels.model.name, words.unit_of(dataset.step_ns))}."], className="since")


def change_told(found: Newest, model: str, unit: str, *, with_close: bool = True) -> str:
    """``still volatile, confidence 93 % → 81 %, close +0.8 %``."""
    close = f", close {moved(found)}" if with_close else ""
    if found.code == UNKNOWN_CODE and found.code_before == UNKNOWN_CODE:
        return f"still no regime{close}"
    if found.code_before == UNKNOWN_CODE:
        return f"no regime before, now {_word(found.code)}, confidence {sure(found.confidence, model)}{close}"
    gone = f"was {_word(found.code_before or 0)} for {words.count(found.age_before, unit)}"
    if found.code == UNKNOWN_CODE:
        return f"{gone}, now no regime stands out{close}"
    before, now = sure(found.confidence_before, model), sure(found.confidence, model)
    confidence = f"confidence {now} as before" if before == now else f"confidence {before} → {now}"
    if found.changed:
        return f"{gone}, now {_word(found.code)}, {confidence}{close}"
    return f"still {_word(found.code)}, {confidence}{close}"


def _word(code: int) -> str:
    return LOOKS[code].word.lower()


def followed(seen: views.View) -> Followed | str:
    """What followed labels such as the newest one; where that cannot be told, why."""
    dataset, labels = seen.dataset, seen.labels
    if labels is None or seen.too_short:
        return f"{words.count(dataset.bars.n_bars, 'bar')} have no label that anything could follow: {MIN_BARS} are needed."
    if labels.codes[-1] == UNKNOWN_CODE:
        return "No regime stands out on the newest bar, so that there is none to look back at. Another model may name one."
    if dataset.bars.close.min() <= 0:
        return "Some prices are zero or below: what followed is measured in percent of the price, which these have none of."
    found = runtime.results().aftermath(dataset, labels.model.name)
    nearest = found[min(found)]
    if not nearest.n:
        return f"The newest {seen.unit} is the first one labelled {_word(int(labels.codes[-1]))}: nothing has followed it yet."
    return Followed(
        title=dataset.title,
        model=labels.model.name,
        code=int(labels.codes[-1]),
        unit=seen.unit,
        intraday=dataset.intraday,
        found=found,
        first=int(dataset.bars.time[nearest.first]),
        last=int(dataset.bars.time[nearest.last]),
    )


def followed_sentences(view: Followed) -> html.Div:
    """What followed in three plain sentences: return, volatility and drawdown over the longest horizon that has outcomes."""
    horizon = max(h for h, found in view.found.items() if found.n)
    found = view.found[horizon]
    ahead = f"the next {words.count(horizon, view.unit)}" if horizon > 1 else f"the next {view.unit}"
    first = (
        f"After a {view.word} label {ahead} brought {figures.told('return', found.label['return'])} on average, against "
        f"{figures.amount('return', found.every['return'].value)} after all {view.unit}s: {judged(found, 'return')}."
    )
    rest = (
        f"Volatility, a {view.unit}, was {_against(found, 'volatility')}: {judged(found, 'volatility')}. "
        f"The deepest fall on the way was {_against(found, 'drawdown')}: {judged(found, 'drawdown')}."
    )
    return html.Div([html.P(first, className="sentence"), html.P(rest)], className="followed-told")


def _against(found: Aftermath, measure: str) -> str:
    label, every = found.label[measure].value, found.every[measure].value
    return f"{figures.amount(measure, label)} against {figures.amount(measure, every)}"


def judged(found: Aftermath, measure: str) -> str:
    """Whether the difference is more than chance would make, in words."""
    apart = found.told_apart(measure)
    if apart is None:
        return "too few to tell whether that is chance"
    if not apart:
        return "the two cannot be told apart"
    above, below = DIFFERENCES[measure]
    return f"{above if found.gap[measure].value > 0 else below}, by more than chance would make"


def followed_note(view: Followed) -> html.P:
    """On what it rests, and what the intervals are."""
    nearest = view.found[min(view.found)]
    blocks = sorted({block_length(horizon) for horizon in view.found})
    rests = (
        f"{words.count(nearest.n, view.unit)} in {words.count(nearest.spells, 'spell')} labelled {view.word} by {view.model}, "
        f"of {words.count(nearest.n_all, view.unit)}. Each label rests on bars up to its own, as it was known then. "
    )
    if all(np.isnan(found.gap["return"].low) for found in view.found.values()):
        few = (
            f"No intervals: they need {MIN_SPELLS} spells of the label and {MIN_BLOCKS} blocks of "
            f"{words.count(blocks[0], view.unit)} or more."
        )
        return html.P([rests, few], className="note")
    drawn = (
        f"s by {DRAWS:,} draws of blocks of {' or '.join(map(str, blocks))} {view.unit}s; the two means are compared within "
        "each draw. Of nine such comparisons, one in twenty looks different by chance."
    )
    return html.P([rests, glossary.term("interval", f"95{words.NBSP}% interval"), drawn], className="note")


def followed_table(view: Followed) -> html.Details:
    """All means and intervals as numbers."""
    head = html.Tr(
        [
            html.Th("Over the next", scope="col"),
            html.Th(f"After {view.word} labels", scope="col", className="figure"),
            html.Th(f"After all {view.unit}s", scope="col", className="figure"),
            html.Th("Difference", scope="col", className="figure"),
        ]
    )
    lines: list[html.Tr] = []
    for measure in figures.TITLES:
        title = figures.measure_title(measure, view.unit)
        lines.append(html.Tr(html.Th(title, scope="colgroup", colSpan=4), className="sheet-group"))
        lines += [_numbers(view, measure, horizon) for horizon in sorted(view.found)]
    table = html.Table([html.Thead(head), html.Tbody(lines)], className="plain sheet")
    label = "Means and 95 % intervals"
    scroll = html.Div(table, className="scroll", tabIndex="0", role="region", **{"aria-label": label})
    return html.Details([html.Summary("All numbers"), scroll], className="numbers")


def _numbers(view: Followed, measure: str, horizon: int) -> html.Tr:
    found = view.found[horizon]
    parts = (found.label[measure], found.every[measure], found.gap[measure])
    cells = []
    for place, mean in enumerate(parts):
        signed = "return" if place == 2 and measure == "volatility" else measure
        value = figures.amount(signed, mean.value, digits=2)
        between = (
            []
            if np.isnan(mean.low)
            else [
                html.Span(
                    f"{figures.amount(signed, mean.low, digits=2)} to {figures.amount(signed, mean.high, digits=2)}",
                    className="interval",
                )
            ]
        )
        cells.append(html.Td([value, *between], className="figure"))
    return html.Tr([html.Th(words.count(horizon, view.unit), scope="row"), *cells])


def regime_odds(dataset: Dataset, labels: Labels, unit: str) -> html.Div:
    """Regimes of the next bar by what followed such labels in the past, beside the forecast that nothing changes."""
    title = html.H3(f"Regime of {dataset.title} on the next {unit}", className="block-title")
    if labels.codes[-1] == UNKNOWN_CODE:
        told = "The newest bar has no regime, so that there is none to count from."
        return html.Div([title, html.P(told, className="note note-close")], className="odds-block")
    found = persistence.next_step(labels.codes, N_REGIMES)
    if not found.n:
        told = f"The newest {unit} is the first one labelled {_word(found.code)}: no step from it has been seen."
        return html.Div([title, html.P(told, className="note note-close")], className="odds-block")
    span = words.span(int(labels.time[0]), int(labels.time[-1]), intraday=dataset.intraday)
    order = np.argsort(-found.probability, kind="stable").tolist()
    rows = [
        _odds_row(
            cards.regime(code),
            float(found.probability[code]),
            float(found.as_now[code]),
            _counted(found, code),
            "today" if unit == "day" else "now",
            (float(found.low[code]), float(found.high[code])),
        )
        for code in order
    ]
    return html.Div(
        [
            title,
            html.P(_next_sentence(found, unit), className="sentence"),
            _odds_list(rows, f"Odds of each regime at the next {unit}"),
            html.P(
                [
                    f"Counted over the {words.count(found.n, unit)} labelled {_word(found.code)} by {labels.model.name}, "
                    f"{span}; 95{words.NBSP}% intervals by Wilson's method, as if steps were independent. ",
                    *_key("what followed such labels", unit),
                ],
                className="note",
            ),
        ],
        className="odds-block",
    )


def _next_sentence(found: NextStep, unit: str) -> str:
    stay, as_now = float(found.probability[found.code]), float(found.as_now[found.code])
    return (
        f"{_word(found.code).capitalize()} was followed by {_word(found.code)} on {words.percent(stay, 1)} of {unit}s; "
        f"any regime by itself on {words.percent(as_now, 1)}."
    )


def _counted(found: NextStep, code: int) -> str:
    between = f"{words.percent(float(found.low[code]), 1)} to {words.percent(float(found.high[code]), 1)}"
    return f"{between}, {int(found.counts[code]):,} of {found.n:,}"


def state_odds(dataset: Dataset) -> html.Div:
    """Stress states of tomorrow by the forecast that is there already, beside persistence; without one, where to get it."""
    title = html.H3("Stress state tomorrow", className="block-title")
    link = html.P(
        dcc.Link("More on the Forecast page", href=shell.href("/forecast", dataset=dataset.id)), className="note-close"
    )
    try:
        forecast = runtime.results().forecast(dataset)
    except RegimeError as error:
        return html.Div([title, html.P(words.told(error.message), className="note note-close")], className="odds-block")
    if forecast is None:
        told = "No forecast was made for this dataset yet: it takes some seconds, on its own days."
        make = dcc.Link("Make it on the Forecast page", href=shell.href("/forecast", dataset=dataset.id))
        return html.Div(
            [title, html.P(told, className="note note-close"), html.P(make, className="note-close")], className="odds-block"
        )
    given, as_now = forecast.horizons[1], forecast.as_today(1)
    rows = [
        _odds_row(states.state(code, forecast.k), float(given[code]), float(as_now[code]), "", "today")
        for code in range(forecast.k)
    ]
    return html.Div(
        [
            title,
            html.P(f"{forecasts.answer(forecast, 1)}, from {_day(forecast.as_of)}{_sample(forecast)}.", className="sentence"),
            _odds_list(rows, "Odds of each stress state tomorrow"),
            html.P([*_in_sample(forecast), *_key("the model", "day")], className="note"),
            link,
        ],
        className="odds-block",
    )


def _sample(forecast: Forecast) -> str:
    return ", in sample" if forecast.in_sample else ""


def _in_sample(forecast: Forecast) -> list[Component | str]:
    if not forecast.in_sample:
        return []
    return [
        glossary.term("in_sample"),
        f": the model was fitted on days through {_day(forecast.fitted_through)}, so that what came after "
        f"{_day(forecast.as_of)} was known to it. ",
    ]


def _key(what: str, unit: str) -> list[Component | str]:
    """What bar and line mean."""
    as_now = f"as this {unit}" if unit != "day" else "as today"
    return [f"Bar: {what}. Line: ", glossary.term("persistence", f"persistence, {as_now}"), "."]


def _odds_list(rows: Sequence[html.Div], label: str) -> html.Div:
    return html.Div(rows, className="odds", role="list", **{"aria-label": label})


def _odds_row(
    name: Component, value: float, as_now: float, hint: str, now: str, between: tuple[float, float] | None = None
) -> html.Div:
    """Bar of a probability in accent with a grey line where persistence is, and its interval where there is one."""
    reach = []
    if between is not None:
        low, high = between
        place = {"left": f"{100 * low:.2f}%", "width": f"{100 * (high - low):.2f}%"}
        reach = [html.Span(className="reach", style=place)]
    track = html.Span(
        [
            html.Span(className="fill", style={"width": f"{100 * value:.2f}%"}),
            *reach,
            html.Span(className="tick", style={"left": f"{100 * as_now:.2f}%"}),
        ],
        className="marked-track",
        **{"aria-hidden": "true"},
    )
    numbers = html.Span(
        [
            html.Span(words.percent(value, 1), className="odds-model"),
            html.Span(f"as {now} {words.percent(as_now, 1)}", className="odds-base"),
        ],
        className="odds-numbers",
    )
    told = [html.Span(hint, className="hint")] if hint else []
    return html.Div([name, track, numbers, *told], className="odd", role="listitem")


def _day(time: int) -> str:
    return words.moment(time, intraday=False)
