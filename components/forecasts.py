"""A forecast of the stress state in words and numbers, and how far to trust it."""

from __future__ import annotations

from typing import Any

import numpy as np
from dash import dcc, html

from components import cards, glossary, horizons, ranges, shell, states, words
from components.figures import contributions
from components.figures.evaluation import NAMES
from components.sheets import Row
from regime_core.errors import RegimeError
from regime_core.evaluation.forecasts import MODEL, ForecastScores, Reliability
from regime_core.states import Forecast, WalkForward, state_name

TRUSTED = 0.80
"""The probability of which it is told how often it came true; the bin nearest to it is taken."""


def predict_button(identifier: str) -> html.Button:
    """Fits the models on all days of the dataset and forecasts from the last."""
    return html.Button("Predict", id=identifier, className="quiet primary", title="Fit on this dataset's days and forecast")


def fitted_here(forecast: Forecast) -> bool:
    """Whether a forecast was fitted on the dataset's own days."""
    return forecast.fitted_through == forecast.as_of


def answer(forecast: Forecast, horizon: int) -> str:
    """``97 % likely low stress tomorrow``."""
    code = forecast.most_likely(horizon)
    share = float(forecast.horizons[horizon][code])
    sure = words.chance(share)
    return f"{sure} likely {states.word(code, forecast.k).lower()} {horizons.ahead(horizon)}"


def headline(forecast: Forecast) -> html.H1:
    """The answer for the nearest horizon, with the swatch of its state."""
    nearest = min(forecast.horizons)
    code = forecast.most_likely(nearest)
    colour = {"--regime": states.colour(code, forecast.k)}
    swatch = html.Span(className="swatch stress", style=colour, **{"aria-hidden": "true"})
    told = f"{answer(forecast, nearest)}{' (in sample)' if forecast.in_sample else ''}"
    return html.H1([swatch, html.Span(told)], className="headline headline-state")


def further(forecast: Forecast) -> html.P:
    """The answers for the horizons further off, and the state of today."""
    later = [answer(forecast, horizon) for horizon in sorted(forecast.horizons)[1:]]
    today = states.word(forecast.state_today, forecast.k).lower()
    return html.P(f"{'; '.join(later)}. Today is {today}.", className="further")


def made(forecast: Forecast, walk: WalkForward | None = None) -> html.Ul:
    """Who made a forecast, on which days, and plainly whether what came after was known to it.

    walk : the record, from which an in-sample forecast is set against what was said out of sample on the same day.
    """
    day, last = _day(forecast.as_of), _day(forecast.fitted_through)
    told: list[Any]
    if forecast.in_sample:
        told = [
            glossary.term("in_sample", "In sample:"),
            f" the shipped model was fitted on days through {last}, later than {day}, so that what came after was "
            f"known to it. A model fitted on this data alone, through {day}, would know nothing of it.",
        ]
    elif fitted_here(forecast):
        told = [f"Fitted on this data through {last}: the model knows nothing of what came after."]
    else:
        told = [f"By the shipped model, fitted on days through {last}. One fitted on this data would know it through {day}."]
    honest = _said_then(forecast, walk) if forecast.in_sample and walk is not None else []
    return html.Ul([html.Li(text) for text in (told, *honest, *map(words.told, forecast.notes))], className="told")


def _said_then(forecast: Forecast, walk: WalkForward) -> list[str]:
    """What models of the years before said on the day of a forecast, and what came."""
    rows = walk.between(forecast.as_of, forecast.as_of)
    told = []
    for i, horizon in enumerate(rows.horizon.tolist()):
        code = int(rows.probabilities[i].argmax())
        sure = words.chance(float(rows.probabilities[i, code]))
        came = f", and {states.word(int(rows.realised[i]), rows.k).lower()} came" if rows.known[i] else ""
        told.append(f"{sure} {states.word(code, rows.k).lower()} {horizons.ahead(horizon)}{came}")
    return [f"Out of sample, models of the years before said that day: {'; '.join(told)}."] if told else []


def chances(forecast: Forecast) -> html.Div:
    """Probability of each state at the nearest horizon."""
    nearest = min(forecast.horizons)
    label = f"Probability of each state {horizons.ahead(nearest)}"
    values = [float(value) for value in forecast.horizons[nearest]]
    return html.Div(
        [
            html.P(label, className="muted chances-title"),
            states.shares(values, [""] * forecast.k, forecast.k, label=label, today=forecast.most_likely(nearest)),
        ]
    )


def rows(forecast: Forecast) -> tuple[Row, ...]:
    """One row a day ahead and state, with the probability that model and baselines give to it.

    ``basis`` is ``fitted`` where models were fitted for that day and ``between`` where it lies between two such days, for which
    margin says nothing.
    """
    fan = forecast.fan
    between = {} if fan is None else {int(day): i for i, day in enumerate(fan.days) if day not in forecast.horizons}
    said = {horizon: _said(forecast, horizon) for horizon in forecast.horizons}
    for day, i in between.items():
        said[day] = {MODEL: fan.probabilities[i], "persistence": fan.persistence[i], "markov": fan.markov[i]}
    made_on = str(np.datetime64(forecast.as_of, "ns").astype("M8[D]"))
    return tuple(
        {
            "as_of": made_on,
            "horizon": day,
            "state": state_name(code),
            "name": states.word(code, forecast.k),
            **{name: float(said[day][name][code]) if name in said[day] else None for name in NAMES},
            "basis": "between" if day in between else "fitted",
        }
        for day in sorted(said)
        for code in range(forecast.k)
    )


def beside_heading(title: str, forecast: Forecast) -> str:
    """Title of the table of probabilities."""
    sample = ", in sample" if forecast.in_sample else ""
    return f"{title}: model beside the baselines, from {_day(forecast.as_of)}{sample}"


def beside_baselines(forecast: Forecast) -> html.Div:
    """Model and baselines at each horizon: a bar for the model with a mark for each baseline, and the numbers."""
    return html.Div([_horizon_table(forecast, horizon) for horizon in sorted(forecast.horizons)], className="beside-all")


def beside_note() -> html.P:
    """What the baselines are."""
    return html.P(
        [
            glossary.term("persistence"),
            " expects today's state again, as often as that held in the past. The ",
            glossary.term("markov"),
            " counts past steps between states. ",
            glossary.term("margin"),
            " knows only how near the border between states today is. A line on the bar marks each.",
        ],
        className="note",
    )


def _horizon_table(forecast: Forecast, horizon: int) -> html.Div:
    said = _said(forecast, horizon)
    label = horizons.ahead(horizon).capitalize()
    head = html.Tr([html.Th(label, scope="col"), *(html.Th(_short(name), scope="col", className="figure") for name in said)])
    lines = [line for code in range(forecast.k) for line in _lines(said, code, forecast.k)]
    table = html.Table([html.Thead(head), html.Tbody(lines)], className="plain beside", **{"aria-label": label})
    return html.Div(table, className="scroll", tabIndex="0", role="region", **{"aria-label": label})


def _short(name: str) -> str:
    return NAMES[name].split()[0]


def in_range(walk: WalkForward, range_: str | None) -> WalkForward:
    """Rows of a range of days, as ``ranges`` reads it."""
    return walk.between(*days_of(walk, range_))


def days_of(walk: WalkForward, range_: str | None) -> tuple[int, int]:
    """First and last day of a range, nanoseconds. walk : rows of one horizon, at least one."""
    first, stop = ranges.bounds(range_, walk.time)
    return int(walk.time[first]), int(walk.time[stop - 1])


def moved_note(forecast: Forecast, horizon: int) -> list[Any]:
    """How contributions are to be read, with a link to what they are."""
    before, name, after = contributions.basis(forecast, horizon).partition("Shapley value")
    return [before, glossary.term("contribution", name), after]


def trust(found: ForecastScores) -> list[Any]:
    """``Of the days we said 80 %, 79 % came true``, and what that rests on."""
    bins = found.score(MODEL).reliability
    nearest = _nearest(bins)
    said, came = words.percent(float(bins.forecast[nearest])), words.percent(float(bins.came_true[nearest]))
    span = words.span(found.first, found.last, intraday=False)
    rests = [
        f"{int(bins.n[nearest]):,} times a state was given about that probability, {horizons.days(found.horizon)}, {span}, out "
        "of sample: each year by ",
        glossary.term("walk_forward", "models of the years before it"),
        f". The most likely state came true on {words.percent(found.score(MODEL).accuracy, 1)} of "
        f"{words.count(found.n_days, 'day')}. Dots on the dotted line are ",
        glossary.term("calibration", "calibrated"),
        ".",
    ]
    return [
        html.P(f"Of the days we said {said}, {came} came true.", className="sentence"),
        html.P(rests, className="note note-close"),
    ]


def none_yet() -> html.Div:
    """Word on a forecast that has still to be made."""
    return html.Div(
        [
            html.H1("Not predicted yet", className="headline"),
            html.P("The models are fitted on this dataset's own days, which takes some seconds.", className="further"),
        ],
        className="unmade",
    )


def not_possible(error: RegimeError, dataset_id: str) -> html.Div:
    """What is missing for a forecast, and where what can still be shown is."""
    return cards.problem(
        words.told(error.message), _elsewhere(error, dataset_id), title="No forecast for this dataset", whole_page=True
    )


def no_record(dataset_id: str, k: str) -> html.Div:
    """Word on a record that has still to be made, and where that is done."""
    link = dcc.Link("Walk forward on the Evaluation page", href=shell.href("/evaluation", dataset=dataset_id, k=k))
    told = "How past forecasts of this dataset went, with this number of states, is not known yet."
    return cards.notice(html.P(told), html.P(link), title="No record yet")


def no_record_possible(error: RegimeError) -> html.Div:
    """What is missing for a record."""
    return cards.notice(html.P(words.told(error.message)), title="No record of past forecasts")


def _elsewhere(error: RegimeError, dataset_id: str) -> html.P:
    """Pages that still work."""
    pages = {"Overview": "/"} if error.code != "market.short" else {"Clusters": "/clusters", "Features": "/features"}
    links = [dcc.Link(name, href=shell.href(path, dataset=dataset_id)) for name, path in pages.items()]
    return html.P(["Shown for it: ", *(part for link in links for part in (link, " "))])


def _said(forecast: Forecast, horizon: int) -> dict[str, np.ndarray]:
    """Probabilities of model and baselines, (k,) each."""
    stay = forecast.stay[horizon]
    persistence = np.full(forecast.k, (1.0 - stay) / (forecast.k - 1))
    persistence[forecast.persistence] = stay
    return {
        MODEL: forecast.horizons[horizon],
        "persistence": persistence,
        "markov": forecast.markov[horizon],
        "margin": forecast.margin[horizon],
    }


def _lines(said: dict[str, np.ndarray], code: int, k: int) -> list[html.Tr]:
    values = {name: float(given[code]) for name, given in said.items()}
    cells = [
        html.Td(words.percent(value, 1), className="figure model" if name == MODEL else "figure muted")
        for name, value in values.items()
    ]
    marks = [
        html.Span(className=f"tick tick-{name}", style={"left": f"{100 * value:.2f}%"}, title=_told(name, value))
        for name, value in values.items()
        if name != MODEL
    ]
    fill = html.Span(className="fill", style={"width": f"{100 * values[MODEL]:.2f}%"}, title=_told(MODEL, values[MODEL]))
    bar = html.Td(html.Span([fill, *marks], className="marked-track", **{"aria-hidden": "true"}), colSpan=len(said) + 1)
    return [
        html.Tr([html.Th(states.state(code, k), scope="row"), *cells], className="beside-numbers"),
        html.Tr(bar, className="beside-bar"),
    ]


def _told(name: str, value: float) -> str:
    return f"{NAMES[name]}: {words.percent(value, 1)}"


def _nearest(bins: Reliability) -> int:
    return int(np.abs(bins.forecast - TRUSTED).argmin())


def _day(time: int) -> str:
    return words.moment(time, intraday=False)
