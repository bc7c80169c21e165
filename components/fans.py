"""What is said beside the fan of a forecast: the answer of the chosen day, how it is made, and what its lines mean."""

from __future__ import annotations

from dash import html

from components import glossary, states, words
from components.figures import fan as figures
from regime_core.states import Forecast


def told(forecast: Forecast, horizon: int) -> list[html.Span]:
    """The answer of the chosen horizon, and which state is the likeliest when."""
    return [
        html.Span(figures.answer(forecast, horizon)),
        html.Span(f" {figures.stretches(forecast)}", className="plain-weight"),
    ]


def legend(k: int) -> html.Div:
    """What areas, dots and lines mean."""
    marks = [("fan-dot", "Fitted and scored"), ("fan-markov", "Markov chain"), ("fan-persistence", "Persistence")]
    items = [
        html.Span([html.Span(className=f"fan-mark {name}", **{"aria-hidden": "true"}), text], className="legend-item")
        for name, text in marks
    ]
    swatches = [html.Span(states.state(code, k), className="legend-item") for code in range(k)]
    return html.Div([*swatches, *items], className="legend states")


def note(forecast: Forecast) -> list[html.Span | str]:
    """How the days are made, and which of them the record scores."""
    fitted = [str(horizon) for horizon in sorted(forecast.horizons)]
    days = f"{', '.join(fitted[:-1])} and {fitted[-1]} days" if len(fitted) > 1 else words.count(int(fitted[0]), "day")
    return [
        f"Models were fitted for {days} ahead, marked by dots: the record below scores these. On the days between, the ",
        glossary.term("fan", "paths they replay are run for that many days"),
        f" and mixed. Grey lines: where the edge between {figures.compared(forecast)} would lie by ",
        glossary.term("persistence", "persistence"),
        " and the ",
        glossary.term("markov", "Markov chain"),
        ", counted at the dots and drawn from one to the next.",
    ]
