"""Rows of the watchlist: where each symbol stands, and what changed since the bar before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from components import words
from components.theme import LOOKS
from regime_core import datasets
from regime_core.bars import INTRADAY_BELOW_NS
from regime_core.regimes import UNKNOWN_CODE
from regime_core.studies import Summary
from regime_core.uploads import Upload

MOST_ROWS = 1_000
BUNDLED = "bundled history"
NOT_LABELLED = "Not labelled yet: open it"
_NO_CODE = -1
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the series of a dataset stand.

    upload : None for a bundled history. summary : None where the model picked has not labelled them. title : of the history.
    """

    title: str
    dataset_id: str
    upload: Upload | None
    summary: Summary | None


def rows(standings: list[Standing]) -> list[Row]:
    """Row of each symbol: those whose regime changed on the newest bar first, then those whose confidence moved most."""
    found = [row for standing in standings for row in _of(standing)]
    return sorted(found, key=lambda row: (row["regime"] is None, not row["changed"], -row["moved"]))


def title(listed: list[Row], model: str) -> str:
    """``Watchlist: 12 symbols by boosted, 2 of them in a new regime``."""
    changed = sum(row["changed"] for row in listed)
    new = f"{changed:,} in a new regime on the newest bar" if changed else "none in a new regime on the newest bar"
    return f"Watchlist: {words.count(len(listed), 'symbol')} by {model}, {new}"


def _of(standing: Standing) -> list[Row]:
    if standing.summary is None:
        return [_unlabelled(standing)]
    found = standing.summary
    several, last = len(found.symbol) > 1, _iso(found)
    return [_row(standing, found, i, last[i], several=several) for i in range(len(found.symbol))]


def _unlabelled(standing: Standing) -> Row:
    """A file that the model has not labelled; it is labelled when it is opened, and not before."""
    empty = dict.fromkeys(("regime", "confidence", "age", "close", "change", "last"))
    return {
        **_whose(standing),
        **empty,
        "id": standing.dataset_id,
        "symbol": standing.title,
        "sign": "",
        "colour": "var(--muted)",
        "since": NOT_LABELLED,
        "changed": False,
        "longer": False,
        "moved": 0.0,
    }


def _row(standing: Standing, found: Summary, i: int, last: str, *, several: bool) -> Row:
    code, look = int(found.code[i]), LOOKS[int(found.code[i])]
    known = code != UNKNOWN_CODE
    upload = standing.upload
    before = found.before
    code_before = _NO_CODE if before is None else int(before.code[i])
    confidence_before = float("nan") if before is None else float(before.confidence[i])
    close_before = float("nan") if before is None else float(before.close[i])
    moved = abs(float(found.confidence[i]) - confidence_before)
    return {
        **_whose(standing),
        "id": standing.dataset_id if upload is None else datasets.dataset_id(upload, i, len(found.symbol)),
        "symbol": found.symbol[i] if several else standing.title,
        "regime": look.word,
        "sign": look.sign,
        "colour": look.ink,
        "confidence": float(found.confidence[i]) if known else None,
        "age": int(found.age[i]) if known else None,
        "longer": bool(found.censored[i]),
        "close": float(found.close[i]),
        "change": float(found.close[i]) / close_before - 1 if close_before > 0 else None,
        "last": last,
        "since": since(code, code_before, float(found.confidence[i]), confidence_before),
        "changed": code_before not in (_NO_CODE, code),
        "moved": moved if np.isfinite(moved) else 0.0,
    }


def _whose(standing: Standing) -> Row:
    """Of which file a row is, and whether its visitor may remove that."""
    upload = standing.upload
    if upload is None:
        return {"file": BUNDLED, "own": False}
    return {"file": f"{upload.name} (shared)" if upload.shared else upload.name, "own": not upload.shared}


def since(code: int, code_before: int, confidence: float, confidence_before: float) -> str:
    """What changed since the bar before, in words; a dash where that bar is not known or neither has a label."""
    if code_before == _NO_CODE or (code == code_before == UNKNOWN_CODE):
        return "–"
    if code != code_before:
        return f"was {LOOKS[code_before].word.lower()}"
    now, then = words.percent(confidence), words.percent(confidence_before)
    return f"still {now} sure" if now == then else f"{then} → {now} sure"


def _iso(found: Summary) -> list[str]:
    """ISO times of the newest bars, to the day for daily and longer bars, else to the minute."""
    time = found.last.view("M8[ns]")
    days, minutes = (np.datetime_as_string(time, unit=unit).tolist() for unit in ("D", "m"))
    intraday = (found.step > 0) & (found.step < INTRADAY_BELOW_NS)
    return [minute.replace("T", " ") if fine else day for day, minute, fine in zip(days, minutes, intraday, strict=True)]
