"""Days that were chosen on the Clusters page, to be lit in all its charts: a stretch of time, a state, or brushed points."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components import words
from components.figures.clustered import Clustered
from components.theme import stress_words
from regime_core.bars import DAY_NS

Choice = dict[str, Any]
"""What the page's store holds: ``days`` as in the address, or ``rows`` brushed of a ``dataset``; None where none was chosen."""
HINT = "Drag over days in either chart, or pick a state, to see the same days in both."
YEARS = (1700, 2250)
"""Years that nanoseconds since 1970 can hold, and then some."""
_SPAN = re.compile(r"(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})")
_STATE = re.compile(r"state_([0-4])")


@dataclass(frozen=True, slots=True)
class Chosen:
    """Days that were chosen.

    rows : of the market, ascending; None where nothing was chosen, empty where none of its days is meant.
    span : first and last day asked for, nanoseconds since 1970 UTC, of a stretch of time. state : code, of a state.
    """

    rows: NDArray[np.int64] | None = None
    span: tuple[int, int] | None = None
    state: int | None = None

    @property
    def n_days(self) -> int:
        """How many of the market's days they are."""
        return 0 if self.rows is None else len(self.rows)

    @property
    def band(self) -> tuple[int, int] | None:
        """The stretch of time, where there are days in it."""
        return self.span if self.n_days else None


def of_address(days: str | None) -> Choice | None:
    """``2018-10-03..2018-12-31`` or ``state_1`` as a choice; anything else chooses nothing."""
    text = days or ""
    return {"days": text} if _STATE.fullmatch(text) or _span(text) else None


def days(choice: Choice | None, view: Clustered, dataset_id: str | None) -> Chosen:
    """What a choice means among the days of a market; points brushed in another dataset mean nothing here."""
    if not choice:
        return Chosen()
    if "rows" in choice:
        rows = np.unique(np.asarray(choice["rows"], dtype=np.int64))
        here = choice.get("dataset") == dataset_id and len(rows)
        return Chosen(rows[(rows >= 0) & (rows < view.market.n_days)]) if here else Chosen()
    text = str(choice.get("days", ""))
    if found := _STATE.fullmatch(text):
        state = int(found[1])
        return Chosen(np.flatnonzero(view.clustering.codes == state), state=state)
    if span := _span(text):
        time = view.market.time
        return Chosen(np.flatnonzero((time >= span[0]) & (time <= span[1])), span=span)
    return Chosen()


def sentence(chosen: Chosen, view: Clustered) -> str:
    """``42 days chosen, 3 Oct 2018 – 31 Dec 2018: 38 high stress, 4 low stress. Mean return −0.41 % a day, mean VIX 21.4.``."""
    if chosen.rows is None:
        return HINT
    if not chosen.n_days:
        return _none_of_these(chosen, view)
    rows, market = chosen.rows, view.market
    codes = view.clustering.codes[rows]
    states = stress_words(view.k)
    first, last = (words.moment(int(market.time[row]), intraday=False) for row in rows[[0, -1]])
    when = first if len(rows) == 1 else f"{first} – {last}"
    values = market.values[rows].mean(axis=0)
    means = _values(market.columns, values, one=len(rows) == 1)
    if chosen.state is not None:
        return f"{words.count(len(rows), 'day')} of {states[chosen.state].lower()} chosen, {when}. {means}"
    days = np.bincount(codes, minlength=view.k)
    met = [code for code in np.argsort(-days, kind="stable") if days[code]]
    if len(rows) == 1:
        return f"{words.count(1, 'day')} chosen, {when}: {states[codes[0]].lower()}. {means}"
    shares = ", ".join(f"{days[code]:,}{words.NBSP}{states[code].lower()}" for code in met)
    return f"{words.count(len(rows), 'day')} chosen, {when}: {shares}. {means}"


def _none_of_these(chosen: Chosen, view: Clustered) -> str:
    if chosen.state is not None:
        return f"The state chosen is not among these {view.k}: pick one of them, or let go."
    if chosen.span is not None:
        return f"None of the days shown lies in {words.span(*chosen.span, intraday=False)}: drag anew, or let go."
    return "None of the days chosen is shown: drag anew, or let go."


def _values(columns: tuple[str, ...], values: NDArray[np.float64], *, one: bool) -> str:
    told = [f"return {words.signed_percent(float(values[0]), 2)}{'' if one else ' a day'}"]
    if "vix" in columns:
        told.append(f"VIX {values[columns.index('vix')]:.1f}")
    else:
        told.append(f"21-day volatility {words.percent(float(values[1]), 2)} a day")
    text = ", ".join(told if one else [f"mean {part}" for part in told])
    return f"{text[0].upper()}{text[1:]}."


def _span(text: str) -> tuple[int, int] | None:
    """First and last day, nanoseconds since 1970 UTC; None for what is no span."""
    found = _SPAN.fullmatch(text)
    if not found:
        return None
    try:
        first, last = (date.fromisoformat(part) for part in found.groups())
    except ValueError:
        return None
    if first > last or not (YEARS[0] <= first.year and last.year <= YEARS[1]):
        return None
    start, end = ((day - date(1970, 1, 1)).days * DAY_NS for day in (first, last))
    return start, end
