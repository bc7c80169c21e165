"""What the technical terms of the pages mean, in one place; each is linked to from where it is used."""

from __future__ import annotations

from dataclasses import dataclass

import dash
from dash import dcc

PATH = "/glossary"


@dataclass(frozen=True, slots=True)
class Term:
    """A term.

    title : as a heading. brief : one sentence, shown as a tip. more : further paragraphs, shown on the glossary's page.
    """

    title: str
    brief: str
    more: tuple[str, ...] = ()


TERMS: dict[str, Term] = {
    "regime": Term(
        "Regime",
        "A stretch of bars over which a price behaves alike: trending up or down, ranging, volatile or calm, relative to the "
        "instrument's own typical volatility.",
    ),
    "stress": Term(
        "Stress state",
        "A cluster of days alike in return, 21-day volatility and VIX; states are ordered by VIX, from low stress to high.",
    ),
    "confidence": Term(
        "Confidence",
        "The probability that the model gives to the regime it names. Of calibrated models, what is said with 80 % confidence "
        "comes true about 80 times in 100.",
    ),
    "age": Term("Age", "For how many bars the present label has held without a break, the newest bar included."),
    "persistence": Term(
        "Persistence",
        "The forecast that tomorrow is as today. States last for weeks, so it is right on most days and hard to beat.",
    ),
    "markov": Term("Markov chain", "A forecast that counts how often each state was followed by each other in the past."),
    "fan": Term(
        "Days between horizons",
        "Models are fitted for 1, 5 and 21 days ahead. For a day between, the past paths that they replay are run for that "
        "many days, and the answers of the two nearest fits are mixed in log-odds by how near each is.",
        (
            "At 1, 5 and 21 days this is the forecast itself. Walked forward over 2000 to 2022, the days between were as good "
            "as simulations fitted for these very days: with two states, within 0.006 of their log-loss skill over the Markov "
            "chain on each of the eight days tried.",
        ),
    ),
    "margin": Term("Margin", "A forecast that knows only how near today's values lie to the border between two states."),
    "skill": Term(
        "Skill", "How much lower a forecast's loss is than a baseline's, as a share of it: 0 is no better, 100 % perfect."
    ),
    "log_loss": Term(
        "Log loss",
        "Minus the logarithm of the probability given to what came, averaged: sure and wrong costs most. Lower is better.",
    ),
    "brier": Term("Brier score", "Mean squared distance between the probabilities given and what came. Lower is better."),
    "calibration": Term("Calibration", "Whether what is said with a probability comes true that often."),
    "interval": Term(
        "95 % interval", "Where the true mean lies in 95 of 100 such samples, drawn anew in blocks of neighbouring days."
    ),
    "walk_forward": Term(
        "Walk forward",
        "Each year is forecast by models fitted on the years before it alone, as it would have been at the time.",
    ),
    "in_sample": Term("In sample", "Days that the model was fitted on. How well it does there says little about days to come."),
    "repaint": Term(
        "Repaint share", "Share of bars whose label hindsight changes: what a chart of the past shows, and nobody knew then."
    ),
    "silhouette": Term("Silhouette", "How much nearer a day is to its own cluster than to the next one, from −1 to 1."),
    "k": Term("Number of states", "Into how many clusters the days are divided; by silhouette where it is left to the data."),
    "jump_penalty": Term(
        "Jump penalty", "What a change of state costs in the jump model: the higher, the fewer and longer the states."
    ),
    "seed": Term("Seed", "The number that random starting points are drawn from; stable clusters do not depend on it."),
    "drift": Term("Drift", "How far the distribution of a feature has moved from the one that the models were trained on."),
    "percentile": Term("Percentile", "Share of the past values that lie below."),
    "correlation": Term("Correlation", "How closely two features move together, from −1 to 1."),
    "contribution": Term(
        "Contribution",
        "By how many percentage points a group of inputs moves a forecast away from a usual day's.",
        (
            "Contributions are Shapley values (SHAP): the change of the forecast as the group's inputs go from a usual day's "
            "values to today's, averaged over every order in which the groups can change. All combinations of groups are "
            "asked of the model, so that they are exact for every kind of model, and add up to the forecast.",
        ),
    ),
    "backtest": Term("Backtest", "What a rule would have earned in the past, after delay and costs. It promises nothing."),
    "turnover": Term("Turnover", "Wealth traded a year: leaving the market and coming back counts 2."),
    "drawdown": Term("Drawdown", "The deepest fall from a peak."),
    "sharpe": Term("Sharpe ratio", "Mean return above cash over its standard deviation, a year."),
    "bayes": Term(
        "Exact Bayes filter",
        "The yardstick on simulated markets: it is told every parameter of the simulation and sees closes only.",
    ),
    "lag": Term("Detection lag", "Bars from a change of regime until the detector names the new one."),
    "balanced_accuracy": Term("Balanced accuracy", "Mean over the regimes of the share of their bars that were named rightly."),
    "volatility": Term("Volatility", "Standard deviation of returns over a window of bars."),
    "vix": Term("VIX", "The volatility that options on the S&P 500 stand for over the next 30 days, in percent a year."),
}


def term(key: str, text: str | None = None) -> dcc.Link:
    """Link from a term to its entry, with the brief meaning as a tip. text : as it stands in the sentence."""
    found = TERMS[key]
    return dcc.Link(text or found.title, href=f"{dash.get_relative_path(PATH)}#{key}", className="term", title=found.brief)
