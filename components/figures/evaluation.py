"""How forecasts went: said against came true, and the score of each year."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from components import horizons, theme, words
from components.figures import strips
from components.theme import Palette
from regime_core.evaluation.forecasts import MODEL, ForecastScores, Score

NAMES = {MODEL: "Model", "persistence": "Persistence", "markov": "Markov chain", "margin": "Margin"}
"""Forecasters in words."""
MEASURES = {"log_loss": "Log-loss", "accuracy": "Accuracy"}
DASHES = {MODEL: "longdash", "persistence": "dot", "markov": "dash", "margin": "solid"}
"""Of those in grey."""
SYMBOLS = {MODEL: "circle", "persistence": "x", "markov": "diamond", "margin": "square"}


def reliability_heading(title: str, found: ForecastScores, picked: str = MODEL) -> str:
    """Title of the reliability diagram."""
    whose = "" if picked == MODEL else f"{in_a_sentence(picked)}, "
    return f"{title}: said and came true, {whose}{horizons.days(found.horizon)}, {span(found)}"


def reliability_description(title: str, found: ForecastScores, picked: str = MODEL) -> str:
    """The diagram in words."""
    bins = found.score(picked).reliability
    parts = [
        f"said {words.percent(float(said))}, came true {words.percent(float(came))} of {n:,} times"
        for said, came, n in zip(bins.forecast, bins.came_true, bins.n.tolist(), strict=True)
    ]
    return f"Line chart. {reliability_heading(title, found, picked)}. {'; '.join(parts)}."


def reliability(found: ForecastScores, picked: str = MODEL, against: str = "margin", *, mode: str = "light") -> go.Figure:
    """Share that came true over the probability that was said; on the diagonal both are the same."""
    palette = theme.PALETTES[mode]
    figure = go.Figure(
        go.Scatter(
            name="As often as said",
            x=[0, 1],
            y=[0, 1],
            mode="lines",
            line={"color": palette.muted, "width": 1, "dash": "dot"},
            hoverinfo="skip",
        )
    )
    for name in _drawn(picked, against):
        figure.add_trace(_reliability_line(found.score(name), picked, palette))
    axis = {"range": [-0.02, 1.02], "tickformat": ".0%", "dtick": 0.25, "fixedrange": True, "zeroline": False}
    figure.layout = go.Layout(
        template=theme.template_name(mode),
        meta={"title": f"Said and came true, {horizons.days(found.horizon)}"},
        legend=_legend(),
        margin={"l": 60, "r": 24, "t": 50, "b": 42},
        xaxis={**axis, "title": {"text": "probability said"}, "showgrid": False},
        yaxis={**axis, "title": {"text": "share that came true"}},
    )
    return figure


def years_heading(title: str, found: ForecastScores, measure: str) -> str:
    """Title of the scores by year."""
    better = "lower is better" if measure == "log_loss" else "higher is better"
    return f"{title}: {MEASURES[measure].lower()} by year, {horizons.days(found.horizon)}, {span(found)} ({better})"


def years_description(title: str, found: ForecastScores, measure: str, picked: str = MODEL, against: str = "margin") -> str:
    """The scores by year in words: in how many of them the one picked was ahead."""
    one = _yearly(found.score(picked), measure)
    told = []
    for name in (against,) if picked != against else ():
        other = _yearly(found.score(name), measure)
        ahead = int(np.sum(one < other) if measure == "log_loss" else np.sum(one > other))
        told.append(f"{NAMES[picked]} was ahead of {in_a_sentence(name)} in {ahead} of {words.count(len(one), 'year')}")
    return f"Line chart. {years_heading(title, found, measure)}. {''.join(told)}."


def years(
    found: ForecastScores, measure: str, picked: str = MODEL, against: str = "margin", *, mode: str = "light"
) -> go.Figure:
    """Score of each calendar year, of the one picked in accent and of what it stands against in grey."""
    palette = theme.PALETTES[mode]
    figure = go.Figure()
    for name in _drawn(picked, against):
        figure.add_trace(_year_line(found, found.score(name), measure, picked, palette))
    percent = measure == "accuracy"
    n = len(found.years)
    figure.layout = go.Layout(
        template=theme.template_name(mode),
        meta={"title": f"{MEASURES[measure]} by year"},
        legend=_legend(),
        hovermode="x unified",
        margin={"l": 54, "r": 24, "t": 50, "b": 42},
        xaxis={
            "title": {"text": "year"},
            "dtick": max(1, -(-n // 8)),
            "range": [int(found.years[0]) - 0.5, int(found.years[-1]) + 0.5],
            "tickformat": "d",
            "showgrid": False,
            "fixedrange": True,
            "hoverformat": "d",
        },
        yaxis={
            "title": {"text": "right, share of days" if percent else "log-loss, nats a day"},
            "tickformat": ".0%" if percent else ".2~f",
            "rangemode": "normal" if percent else "tozero",
            "fixedrange": True,
            "zeroline": False,
        },
    )
    return figure


def in_a_sentence(forecaster: str) -> str:
    """``the model``, ``persistence``, ``the Markov chain``."""
    return {MODEL: "the model", "markov": "the Markov chain"}.get(forecaster, forecaster)


def span(found: ForecastScores) -> str:
    """First and last day scored, in words."""
    return words.span(found.first, found.last, intraday=False)


def _drawn(picked: str, against: str) -> tuple[str, ...]:
    return (against, picked) if against != picked else (picked,)


def _reliability_line(score: Score, picked: str, palette: Palette) -> go.Scatter:
    bins = score.reliability
    return go.Scatter(
        name=NAMES[score.name],
        x=bins.forecast,
        y=bins.came_true,
        mode="lines+markers",
        line=_line(score.name, picked, palette),
        marker={"size": 7 if score.name == picked else 5, "symbol": SYMBOLS[score.name]},
        customdata=bins.n,
        meta=strips.table({"n": "times said"}, n=bins.n.tolist()),
        hovertemplate=f"{NAMES[score.name]}: said %{{x:.1%}}, came true %{{y:.1%}}<br>"
        "of %{customdata:,} times a state was given about this probability<extra></extra>",
    )


def _year_line(found: ForecastScores, score: Score, measure: str, picked: str, palette: Palette) -> go.Scatter:
    shown = "%{y:.1%}" if measure == "accuracy" else "%{y:.3f}"
    return go.Scatter(
        name=NAMES[score.name],
        x=found.years,
        y=_yearly(score, measure),
        mode="lines+markers",
        line=_line(score.name, picked, palette),
        marker={"size": 6 if score.name == picked else 5, "symbol": SYMBOLS[score.name]},
        hovertemplate=f"{NAMES[score.name]} {shown}<extra></extra>",
    )


def _yearly(score: Score, measure: str) -> np.ndarray:
    return score.yearly_log_loss if measure == "log_loss" else score.yearly_accuracy


def _line(name: str, picked: str, palette: Palette) -> dict[str, object]:
    if name == picked:
        return {"color": palette.accent, "width": 2.5, "dash": "solid"}
    return {"color": palette.muted, "width": 1.2, "dash": DASHES[name]}


def _legend() -> dict[str, object]:
    return {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "xanchor": "left", "traceorder": "reversed"}
