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
    "two_vocabularies": Term(
        "Two vocabularies",
        "Regimes are of one instrument's bars, stress states of the market's days; they answer different questions and are "
        "never mixed.",
    ),
    "typical_volatility": Term(
        "Typical volatility",
        "What an instrument's volatility per bar is in the long run (s0), as known at that bar: calm and volatile are "
        "measured by it.",
    ),
    "unknown": Term("Unknown", "No label: fewer than 50 bars, or, by the fixed rules, none that fits."),
    "rules": Term("Rules", "The fixed thresholds that a trading client falls back to, kept as a baseline for the detectors."),
    "stress": Term(
        "Stress state",
        "A cluster of days alike in return, 21-day volatility and VIX; states are ordered by VIX, from low stress to high.",
    ),
    "confidence": Term(
        "Confidence",
        "The probability that the model gives to the regime it names. Of calibrated models, what is said with 80 % confidence "
        "comes true about 80 times in 100.",
    ),
    "prediction_set": Term(
        "Prediction set", "Every regime that is likely enough for such sets to hold the true one on nine bars in ten."
    ),
    "age": Term("Age", "For how many bars the present label has held without a break, the newest bar included."),
    "spell": Term("Spell", "A run of bars in a row with the same label."),
    "causal": Term("Known then", "A label or value that rests on bars up to its own alone, as one who traded then had it."),
    "hindsight": Term(
        "Hindsight",
        "Labels that rest on later bars too: they date a change to where it began, which nobody could know then.",
    ),
    "persistence": Term(
        "Persistence",
        "The forecast that tomorrow is as today. States last for weeks, so it is right on most days and hard to beat.",
    ),
    "baseline": Term("Baseline", "A simple forecast that a model has to beat to be worth anything."),
    "horizon": Term("Horizon", "How many trading days ahead a forecast looks: 1, 5 or 21."),
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
    "calibration_error": Term(
        "Calibration error",
        "Mean gap between the probabilities that were said and the shares that came true, in 15 bins of as many days each.",
    ),
    "accuracy": Term("Accuracy", "Share of days or bars that were named rightly."),
    "precision": Term("Precision", "Of what was given a name, the share that had it in truth."),
    "recall": Term("Recall", "Of what had a name in truth, the share that was given it."),
    "macro_f1": Term("Macro F1", "Precision and recall in one figure for each name, averaged over the names alike."),
    "p_value": Term(
        "p-value", "How often chance alone would give a difference as large as the one seen; under 5 % is called significant."
    ),
    "transition": Term("Days of change", "Days on which the state became another one: rare, and hardest to foresee."),
    "interval": Term(
        "95 % interval", "Where the true mean lies in 95 of 100 such samples, drawn anew in blocks of neighbouring days."
    ),
    "walk_forward": Term(
        "Walk forward",
        "Each year is forecast by models fitted on the years before it alone, as it would have been at the time.",
    ),
    "in_sample": Term("In sample", "Days that the model was fitted on. How well it does there says little about days to come."),
    "out_of_sample": Term("Out of sample", "Days that came after all that the model was fitted on: the only fair test."),
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
