"""What the glossary's page says beyond the brief meaning of a term: its group, its longer explanation, where it is met.

In a paragraph ``[[key|words]]`` links to another entry, and words between backticks are a command or a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dash import html
from dash.development.base_component import Component

from components.glossary import TERMS

GROUPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "regimes": (
        "Regimes of an instrument's bars",
        (
            *("regime", "two_vocabularies", "typical_volatility", "confidence", "prediction_set", "age", "spell", "causal"),
            *("hindsight", "repaint", "lag", "unknown", "rules", "drift"),
        ),
    ),
    "states": (
        "Stress states of the market's days",
        ("stress", "vix", "k", "silhouette", "seed", "jump_penalty"),
    ),
    "forecasts": (
        "Forecasts",
        (
            *("horizon", "baseline", "persistence", "markov", "margin", "contribution", "in_sample", "out_of_sample"),
            *("walk_forward", "fan"),
        ),
    ),
    "evaluation": (
        "Scores",
        (
            *("calibration", "calibration_error", "log_loss", "skill", "brier", "accuracy", "balanced_accuracy", "precision"),
            *("recall", "macro_f1", "transition", "interval", "p_value", "bayes"),
        ),
    ),
    "figures": (
        "Figures of prices",
        ("volatility", "drawdown", "percentile", "correlation", "backtest", "turnover", "sharpe"),
    ),
}
"""Group -> its title and the keys of its entries, in the order they are best read; what stands in none comes last."""
REST = ("others", "Other terms")

MORE: dict[str, tuple[str, ...]] = {
    "regime": (
        "Five regimes are told apart: ▲ trending bullish and ▼ trending bearish (a lasting drift), ↔ ranging (pulled back to a "
        "level), ⚡ volatile (about 2.5 times the [[typical_volatility|typical volatility]]) and ● calm (about 0.4 times it).",
        "All are measured by the instrument's own typical volatility, so that the words mean the same on a one-minute bar of a "
        "coin and on a day of gold. A fixed threshold in percent would call every minute calm and each day of a coin volatile.",
        "A regime describes how prices move. It does not say why, and names no cause: an election and a bad crop look alike.",
    ),
    "two_vocabularies": (
        "A [[regime]] tells how one instrument's bars behave, on any bar length, relative to itself. A [[stress|stress state]] "
        "tells how strained the market is as a whole, from daily return, 21-day volatility and the VIX.",
        "The S&P 500 may trend upwards under high stress, and range under low. So the two have colours of their own, and no "
        "vote is taken across them.",
    ),
    "typical_volatility": (
        "It is estimated from the bars so far, follows slowly, and on intraday bars knows the time of day: the open is louder "
        "than noon on any day. After a thousand bars or so, what lasts has become the typical.",
        "The fewer bars were sent, the less it is known: with 60 bars two labels in three are right, with 252 five in six.",
    ),
    "confidence": (
        "It is a probability, and can be checked like one: of all bars labelled with 80 % confidence, about 80 in 100 should "
        "have the regime that was named. On simulated markets, whose true regimes are known, the default detector's "
        "confidence and the share that was right were 2.1 percentage points apart on average "
        "([[calibration_error|calibration error]] 0.0208 in `final_model/manifest.json`).",
        "On real markets nobody knows the true regime, so there the figure says how clear the case looks to the model. "
        "Under 50 % the regime named is the likeliest of five, and more likely wrong than right.",
        "The [[rules|fixed rules]] give points instead. Their number is no probability, and the pages say points.",
    ),
    "prediction_set": (
        "An empty set says that no answer is likely enough; the likeliest is still given, and there it should not be trusted.",
    ),
    "causal": (
        "Labels, features and forecasts here rest on the past alone: what stands at a bar would have stood there on that day. "
        "A strategy may be tested on such labels only.",
    ),
    "hindsight": (
        "A chart coloured with hindsight looks cleverer than anyone was: it knows where the fall of 2008 would end. The Label "
        "page shows both, and how many labels differ ([[repaint|repaint share]]).",
    ),
    "repaint": (
        "On daily bars of the S&P 500 about one label in ten differs; "
        "`python -m benchmarks.realmarkets FILE --out FOLDER` prints the share of labels that hindsight confirms.",
    ),
    "lag": (
        "A change shows only after some bars of it, so no detector that knows the past alone can name it at once. On simulated "
        "markets the default one takes 2 to 6 bars in the median (`python -m benchmarks.detection`).",
    ),
    "rules": ("On simulated markets they name 20 to 37 % of bars rightly, where one guess in five would be right by chance.",),
    "drift": (
        "Operators watch it in /metrics: the larger, the less the scores of training say about what is being asked now.",
    ),
    "stress": (
        "States are found by k-means on the three values, standardised. On a page that shows what was fitted on all days "
        "shown, a day's state rests on later days too, and the page says [[in_sample|in sample]].",
    ),
    "silhouette": ("Above 0.5 clusters stand well apart; near 0 days lie between them, and names near the border are chance.",),
    "k": (
        "Two to five. More states tell more and are harder to foresee: the forecaster names tomorrow's on 97 % of days with 2, "
        "on 85 % with 3.",
    ),
    "horizon": ("The further ahead, the nearer every honest forecast comes to the long-run shares of the states.",),
    "persistence": (
        "Stress changes seldom. From 2000 to 2022 the S&P 500 was in the same of 2 states on 96.3 % of days as on the day "
        "before: only 215 of 5,786 days changed, so a forecast that never expects a change is wrong 3.7 times in 100 and "
        "leaves little to gain. With 3 states, 1,004 days changed, and persistence is right on 82.6 %.",
        "And it is never right on a [[transition|day of change]], the very days that matter. So accuracy alone flatters it: "
        "the scores here also ask how sure a forecast was ([[log_loss|log loss]]), and whether it is more than knowing how "
        "near the border today is ([[margin]]).",
        "`python -m regime_core evaluate --bars SP500.csv --vix VIX.csv --start 2000-01-01 --regimes 2 --out PREDICTIONS.csv` "
        "prints these figures beside the model's.",
    ),
    "markov": (
        "It knows today's state and nothing else of today. Beating it is easy: any forecast that sees how far today is from "
        "the border does.",
    ),
    "margin": (
        "Logistic regression on the distances of today's values to the centres of the states. A day that lies on the border "
        "changes state often, whatever the market does, so most of what looks like foresight is this. The gain over margin is "
        "the figure that counts.",
    ),
    "contribution": (
        "Shapley values: what a group's values add when they change from those of usual days to today's, averaged over every "
        "order in which the groups can change. Together with the usual day's probability they add up to the forecast.",
        "They tell what moved the model, not what moves the market.",
    ),
    "in_sample": (
        "Clusters and the shipped forecaster were fitted on all days up to a date. What they say of a day before it has seen "
        "what came after, and looks better than it was; every page that shows such a thing says so.",
    ),
    "out_of_sample": (
        "Here made by going [[walk_forward|walk forward]]. A score out of sample can still be chance: it comes with a "
        "[[p_value|p-value]] or a [[interval|95 % interval]].",
    ),
    "walk_forward": (
        "For each year scaler, clusters, forecaster and calibration are fitted on all days before it, then the year is "
        "forecast. Nothing is fitted on a year that is scored. Only the number of states, where it is left to the data, is "
        "chosen on the whole history: name one to be free of that.",
    ),
    "calibration": (
        "The chart groups forecasts by the probability said and shows the share that came true. On the diagonal all is as "
        "said; below it the model was too sure, above it too timid.",
        "A calibrated forecast need not be sharp: to say the long-run share every day is calibrated and tells nothing. "
        "[[log_loss|Log loss]] asks for both.",
    ),
    "log_loss": (
        "0 is perfect. To say 50 % of each of two states every day gives 0.69; to say 1 % of what then comes costs 4.6.",
    ),
    "skill": ("11 % over margin is much and 50 % over persistence little to be proud of: see [[persistence]].",),
    "accuracy": ("Where one answer is right most of the time, accuracy says little: see [[persistence]].",),
    "balanced_accuracy": (
        "So a detector gains nothing by naming the most common regime more often. One guess in five gives 20 %.",
    ),
    "transition": (
        "The forecaster names a third of the changes between 2 states the day before they come (34 %), persistence none, by "
        "definition. That is little; what it tells is where change is likelier than usual, not when it comes.",
    ),
    "interval": (
        "Neighbouring days are alike, and days ahead overlap, so whole blocks are drawn: single days would make it too narrow.",
    ),
    "p_value": (
        "Of forecasts, from a paired bootstrap of blocks of days. Where many things are compared, some are under 5 % by luck; "
        "corrections (Holm) are named where they are made.",
    ),
    "bayes": (
        "A detector that sees opens, highs and lows can come close to it, or pass it: a bar's range tells more of its "
        "volatility than its close does.",
    ),
    "volatility": ("Of returns per bar, not annualised: times √252 it is a year's, of daily bars.",),
    "drawdown": ("−20 % means that a holder at the highest close so far has lost a fifth.",),
    "percentile": ("Of past values alone: a value above 91 % of its past is high for this instrument.",),
    "correlation": ("0 says only that there is no straight line between them. Over few bars it swings by chance.",),
    "backtest": (
        "A signal of a close is traded a bar later and costs are taken off. Rules that were chosen among many look good by "
        "luck; and no backtest knows of a market that has not been yet.",
    ),
    "sharpe": ("Over 20 years its own standard error is about 0.2, so a tenth more or less tells nothing.",),
}
"""Key -> further paragraphs."""

MET_ON: dict[str, tuple[str, ...]] = {
    "regime": ("/", "/features", "/label"),
    "confidence": ("/", "/label"),
    "age": ("/",),
    "spell": ("/", "/label"),
    "causal": ("/label",),
    "hindsight": ("/label",),
    "repaint": ("/label",),
    "lag": ("/evaluation",),
    "stress": ("/clusters", "/forecast", "/evaluation"),
    "vix": ("/clusters", "/features", "/forecast"),
    "k": ("/clusters", "/forecast", "/evaluation"),
    "silhouette": ("/clusters",),
    "horizon": ("/forecast", "/evaluation"),
    "persistence": ("/forecast", "/evaluation"),
    "markov": ("/forecast", "/evaluation"),
    "margin": ("/forecast", "/evaluation"),
    "contribution": ("/forecast",),
    "in_sample": ("/clusters", "/forecast"),
    "out_of_sample": ("/forecast", "/evaluation"),
    "walk_forward": ("/forecast", "/evaluation"),
    "calibration": ("/forecast", "/evaluation"),
    "skill": ("/evaluation",),
    "log_loss": ("/evaluation",),
    "brier": ("/evaluation",),
    "transition": ("/evaluation",),
    "interval": ("/clusters", "/evaluation"),
    "p_value": ("/clusters", "/evaluation"),
    "balanced_accuracy": ("/evaluation",),
    "bayes": ("/evaluation",),
    "percentile": ("/features",),
    "correlation": ("/features",),
}
"""Key -> paths of the pages where it is met most."""

_MARKS = re.compile(r"\[\[(?P<key>\w+)(?:\|(?P<words>[^\]]+))?\]\]|`(?P<code>[^`]+)`")


def groups() -> Iterator[tuple[str, str, list[str]]]:
    """Name, title and keys of each group; every term is in one."""
    placed = set()
    for name, (title, keys) in GROUPS.items():
        placed |= set(keys)
        yield name, title, list(keys)
    rest = sorted(TERMS.keys() - placed, key=lambda key: TERMS[key].title.lower())
    if rest:
        yield *REST, rest


def paragraph(text: str) -> html.P:
    """A paragraph with its links and commands."""
    parts: list[str | Component] = []
    end = 0
    text = text.replace(" %", "\u00a0%")
    for found in _MARKS.finditer(text):
        parts.append(text[end : found.start()])
        parts.append(html.Code(found["code"]) if found["code"] else _link(found["key"], found["words"]))
        end = found.end()
    return html.P([part for part in (*parts, text[end:]) if part])


def _link(key: str, words: str | None) -> html.A:
    return html.A(words or TERMS[key].title.lower(), href=f"#{key}", className="term", title=TERMS[key].brief)
