"""How stress states move with what was chosen to make them: in sentences, as a table, and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np
from dash import html
from dash.development.base_component import Component

import runtime
from components import glossary, markets, words
from components.figures import sensitivity as figures
from regime_core.datasets import Dataset
from regime_core.evaluation import agreement
from regime_core.models.sensitivity import NEAREST, SEEDS, STARTS, VARIED, Sensitivity, Variant
from regime_core.states import Clustering, state_name

CHOICES = {"k": "Number of states", "penalty": "Jump penalty", "seed": "Seed"}
WORDS = {"k": "the number of states", "penalty": "the jump penalty", "seed": "the seed"}
CLEARLY, BARELY = 0.5, 0.35
"""Shares of the changes near the border from which on they lie, or lean, there; of ``NEAREST`` by chance."""


def varied(choice: str | None) -> str:
    """The choice that is varied; the number of states for what is none."""
    return choice if choice in VARIED else VARIED[0]


def found(dataset: Dataset, k: str | None, choice: str | None) -> Sensitivity | None:
    """How a dataset's states move with a choice; None where its history is too long for it. Raises as ``markets.clustered``."""
    return runtime.results().sensitivity(dataset, varied(choice), markets.k_of(k))


def heading(title: str, span: str, choice: str | None) -> str:
    """Title of the card."""
    return f"{title}: how labels move with {WORDS[varied(choice)]}, {span}, in sample"


def too_long(n_days: int) -> html.P:
    """Word on a history that is not clustered again and again while somebody waits."""
    return html.P(
        f"{words.count(n_days, 'day')} are too many to be divided anew under dozens of settings while you wait: "
        "upload a shorter stretch of them to see how its labels move.",
        className="note",
    )


def told(sensitivity: Sensitivity) -> html.Div:
    """How far labels move, and where the days lie whose label does."""
    sentences = {"k": _by_k, "penalty": _by_penalty, "seed": _by_seed}[sensitivity.varied](sensitivity)
    return html.Div([html.P(sentences, className="answer"), html.P(where(sensitivity))], className="sensitive")


def where(sensitivity: Sensitivity) -> str:
    """Whether the days that change hands lie near the border between states."""
    near = sensitivity.near_share
    if np.isnan(near):
        return "No day changes hands, near the border between states or far from it."
    place = "lie near the border" if near >= CLEARLY else "lean towards the border" if near >= BARELY else "lie all over"
    return (
        f"Days that change hands {place} between states: {words.percent(near)} of all changes of hands fall on the "
        f"{words.percent(NEAREST)} of days that are nearest to it."
    )


def note(sensitivity: Sensitivity) -> list[str | Component]:
    """How the figures are meant."""
    own: list[str | Component] = {
        "k": [
            "A day changes hands where its state is not the one matched with its present state; with more states than now, "
            "the days of those that are left over all do. Bars are cut by the states of the other division, from low stress at "
            "the left to high stress at the right. ",
        ],
        "penalty": [
            "Each penalty is a statistical ",
            glossary.term("jump_penalty", "jump model"),
            " of as many states, in hindsight: a change of state costs the penalty, in squared standard deviations. Without "
            "one it is k-means, which the states shown are made by. Settings under which a state is never met, grey in the "
            "chart, do not count where it is told which days change hands. ",
        ],
        "seed": [
            f"k-means begins at days drawn at random: {SEEDS} ",
            glossary.term("seed", "seeds"),
            f", each with one start and with {STARTS[-1]} of which the best counts; the states shown are the best of "
            f"{STARTS[-1]}. ",
        ],
    }[sensitivity.varied]
    return [
        *own,
        "States are matched one to one so that as many days as possible keep theirs; the adjusted Rand index is 1 for the same "
        "division and about 0 for an unrelated one. All of it is ",
        glossary.term("in_sample", "in sample"),
        ": it says how firm these labels are, not how well they foretell.",
    ]


def table(sensitivity: Sensitivity) -> html.Div:
    """One row a setting, the present states first; seeds that give the same division share a row."""
    titles = {"k": "Number of states", "penalty": "Jump penalty", "seed": "Seeds"}
    head = [
        html.Th(titles[sensitivity.varied], scope="col"),
        _head("Days that change hands", "Share of all days, and how many"),
        _head("Changes of state", "Times the state changes from one day to the next"),
        _head("Adjusted Rand index", "Agreement with the present states: 1 for the same, about 0 for unrelated ones"),
        html.Th(glossary.term("silhouette", "Mean silhouette"), scope="col", className="figure"),
    ]
    present = sensitivity.present
    silhouette = present.silhouettes.get(present.k, float("nan"))
    rows = [_row("As shown", "–", sensitivity.switches, "–", silhouette)]
    for name, variant in _rows(sensitivity):
        share = f"{words.percent(variant.share, 1)} ({int(variant.changed.sum()):,})"
        rows.append(_row(name, share, variant.switches, _number(variant.rand, 3), variant.silhouette))
    label = f"Labels by {WORDS[sensitivity.varied]}"
    body = html.Table([html.Thead(html.Tr(head)), html.Tbody(rows)], className="plain", **{"aria-label": label})
    return html.Div(body, className="scroll", tabIndex="0", role="region", **{"aria-label": label})


def as_csv(sensitivity: Sensitivity) -> str:
    """One row a setting, shares as fractions."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = [state_name(code) for code in range(sensitivity.present.k)]
    columns = ["varied", "value", "starts", "states", "states_met", "days_changed", "share_changed", "switches"]
    measures = ["adjusted_rand_index", "mean_silhouette"]
    writer.writerow([*columns, *measures, *(f"share_changed_of_{name}" for name in names)])
    for variant in sensitivity.variants:
        numbers = [variant.share, variant.switches, variant.rand, variant.silhouette, *_by_state(sensitivity.present, variant)]
        writer.writerow(
            [sensitivity.varied, f"{variant.value:g}", variant.starts, variant.k, variant.met, int(variant.changed.sum())]
            + ["" if np.isnan(number) else f"{number:.10g}" for number in numbers]
        )
    return out.getvalue()


def _by_state(present: Clustering, variant: Variant) -> list[float]:
    of_states = [variant.changed[present.codes == code] for code in range(present.k)]
    return [float(changed.mean()) if len(changed) else float("nan") for changed in of_states]


def _rows(sensitivity: Sensitivity) -> list[tuple[str, Variant]]:
    if sensitivity.varied == "seed":
        return [(_seeds(group), group[0]) for group in divisions(sensitivity)]
    return [(_name(sensitivity, variant), variant) for variant in sensitivity.variants]


def divisions(sensitivity: Sensitivity, starts: int | None = None) -> list[list[Variant]]:
    """Variants by the division that they give, whatever its states are called; by starts, the commonest first."""
    groups: dict[tuple[int, bytes], list[Variant]] = {}
    for variant in sensitivity.variants:
        if starts in (None, variant.starts):
            named_alike = agreement.matches(variant.table)[variant.codes]
            groups.setdefault((variant.starts, named_alike.tobytes()), []).append(variant)
    return sorted(groups.values(), key=lambda group: (group[0].starts, -len(group), group[0].value))


def _seeds(group: Sequence[Variant]) -> str:
    """``7 of 20 seeds, 1 start``; a single seed is named."""
    which = f"Seed {group[0].value:g}" if len(group) == 1 else f"{len(group)} of {SEEDS} seeds"
    return f"{which}, {figures.starts(group[0].starts)}"


def _name(sensitivity: Sensitivity, variant: Variant) -> str:
    if sensitivity.varied == "k":
        return str(variant.k)
    name = "0 (k-means)" if variant.value == 0 else f"{variant.value:,g}"
    return name if variant.whole else f"{name}: only {variant.met} of {variant.k} states is ever met"


def _row(name: str, share: str, switches: int, rand: str, silhouette: float) -> html.Tr:
    cells = [share, f"{switches:,}", rand, _number(silhouette, 3)]
    return html.Tr([html.Th(name, scope="row"), *(html.Td(cell, className="figure") for cell in cells)])


def _by_k(sensitivity: Sensitivity) -> str:
    if not sensitivity.variants:
        return "These days bear no other number of states."
    least, most = _least_and_most(sensitivity.variants)
    present = sensitivity.present.k
    one = f"Divided into {least.k} states instead of {present}, {words.percent(least.share, 1)} of the days change hands"
    return f"{one}." if least is most else f"{one}; into {most.k}, {words.percent(most.share, 1)}."


def _by_penalty(sensitivity: Sensitivity) -> str:
    whole = [variant for variant in sensitivity.counted if variant.value > 0]
    lost = [variant.value for variant in sensitivity.variants if not variant.whole]
    left = f" From {min(lost):,g} on a state is lost." if lost else ""
    if not whole:
        return f"Under every penalty tried a state is lost, and with it the days in it.{left}"
    low, high = whole[0], whole[-1]
    least, most = _least_and_most(whole)
    under = f"jump penalties of {low.value:g} to {high.value:g}" if low is not high else f"a jump penalty of {low.value:g}"
    if not most.changed.any():
        return f"Under {under} no day changes hands.{left}"
    shares = _from_to(words.percent(least.share, 1), words.percent(most.share, 1), "to")
    times = _from_to(f"{low.switches:,}", f"{high.switches:,}", "down to")
    unit = "time" if times == "1" else "times"
    return (
        f"Under {under}, {shares} of the days change hands, and the state changes {times} {unit} "
        f"instead of {sensitivity.switches:,}.{left}"
    )


def _by_seed(sensitivity: Sensitivity) -> str:
    one, ten = ([group[0] for group in divisions(sensitivity, starts)] for starts in STARTS)
    if len(one) == len(ten) == 1 and not one[0].changed.any():
        return f"All {SEEDS} seeds give the same division, from a single start already: no day changes hands."
    alone, best = (
        f"{'one division' if len(groups) == 1 else f'{len(groups)} different divisions'}, with at most "
        f"{words.percent(max(variant.share for variant in groups), 1)} of the days changing hands"
        for groups in (one, ten)
    )
    return f"From a single start, {SEEDS} seeds give {alone}; as the best of {STARTS[-1]} starts, {best}."


def _from_to(first: str, last: str, between: str) -> str:
    return first if first == last else f"{first} {between} {last}"


def _least_and_most(variants: Sequence[Variant]) -> tuple[Variant, Variant]:
    return min(variants, key=lambda variant: variant.share), max(variants, key=lambda variant: variant.share)


def _head(text: str, hint: str) -> html.Th:
    return html.Th(text, scope="col", className="figure", title=hint)


def _number(value: float, digits: int) -> str:
    return "–" if np.isnan(value) else f"{value:.{digits}f}".replace("-", "−")
