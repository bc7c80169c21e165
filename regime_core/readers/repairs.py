"""What is odd in the rows of one series, and what is done about it: each oddity a code, a sentence and its first rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import OHLCV, PRICES, Float
from regime_core.readers.source_text import SourceText

Rows_ = NDArray[np.int64]
FEW_BARS = 50
COARSE_STEPS = 3
"""Even steps of several bars that a file must start with before they count as another interval."""
EVEN_SHARE = 0.6
"""Share of steps within half of the median below which the interval is called irregular."""
EXTREME_MOVE = 1.0
"""Absolute log return beyond which a move is called extreme: a fall to 37 % or a rise to 272 % from bar to bar."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of oddity. rows : (k,) places in the file of the rows concerned, 0-based; empty where it is the whole file."""

    code: str
    detail: str
    rows: Rows_


@dataclass(frozen=True, slots=True)
class Series:
    """Bars of one symbol, oldest first. wall : (n_bars,) times by the file's own clock. findings : what was odd.

    source : the text it was read from; rows : (n_bars,) the row of it that each bar came from.
    negative : whether some price is below zero; such bars are labelled by their differences (``bars.with_arithmetic_moves``).
    """

    symbol: str
    bars: OHLCV
    wall: NDArray[np.int64]
    findings: tuple[Finding, ...]
    negative: bool
    rows_read: int
    rows_skipped: int
    source: SourceText
    rows: Rows_


def repair(
    symbol: str,
    time: NDArray[np.int64],
    wall: NDArray[np.int64],
    columns: dict[str, Float],
    place: Rows_,
    source: SourceText,
) -> Series | None:
    """Bars of rows in any order; None where no row has a close.

    time, wall : (n,). columns : ``close`` and what there is of ``open high low volume``, (n,), NaN where missing.
    place : (n,) places of the rows in the file, whose text is ``source``.
    """
    findings: list[Finding] = []
    n = len(time)
    values = {name: columns[name] if name in columns else np.full(n, np.nan) for name in (*PRICES, "volume")}
    negative = any(bool((values[name] < 0).any()) for name in PRICES if name in columns)
    kept = _with_close(values, columns, negative, place, findings)
    if not kept.any():
        return None
    if not kept.all():
        time, wall, place = time[kept], wall[kept], place[kept]
        values = {name: column[kept] for name, column in values.items()}
    _fill(values, columns, negative, place, findings)
    for chosen in (_order, _finer_part):
        use = chosen(time, place, findings)
        values, time, wall, place = {k: v[use] for k, v in values.items()}, time[use], wall[use], place[use]
    _uneven_steps(time, place, findings)
    _widen(values, place, findings)
    _moves(values["close"], place, findings)
    if negative:
        below = np.flatnonzero(np.minimum(values["low"], values["close"]) <= 0)
        findings.append(Finding("negative_prices", f"{len(below)} bar(s) have a price of zero or below.", place[below]))
    if len(time) < FEW_BARS:
        findings.append(Finding("too_few_bars", f"{len(time)} bars are too few to label: {FEW_BARS} are needed.", place[:0]))
    bars = OHLCV(time, volume=values["volume"], **{name: values[name] for name in PRICES})
    return Series(symbol, bars, wall, tuple(findings), negative, n, int((~kept).sum()), source, place)


def _with_close(
    values: dict[str, Float], columns: dict[str, Float], negative: bool, place: Rows_, findings: list[Finding]
) -> NDArray[np.bool_]:
    if not negative:
        for name in PRICES:
            if not values[name].all():
                values[name] = np.where(values[name] == 0, np.nan, values[name])
    given = [name for name in PRICES if name in columns]
    kept = ~np.isnan(values["close"])
    for name in ("high", "low"):
        if name in columns and not np.isnan(values[name]).all():
            partial = np.isnan(values[name]) & kept
            if partial.mean() < 0.5:
                kept &= ~partial
    lacking = np.flatnonzero(~kept)
    if len(lacking):
        whole = int(np.all([np.isnan(values[name]) for name in given], axis=0).sum())
        detail = f"{len(lacking)} row(s) lack a price and were left out ({whole} of them without any)."
        findings.append(Finding("missing_prices", detail, place[lacking]))
    return kept


def _fill(values: dict[str, Float], columns: dict[str, Float], negative: bool, place: Rows_, findings: list[Finding]) -> None:
    """Prices that the file does not give, from those that it gives."""
    if not {"open", "high", "low"} & set(columns):
        for name in ("open", "high", "low"):
            values[name] = values["close"]
        findings.append(Finding("close_only", "There are closes only: open, high and low repeat the close.", place[:0]))
    else:
        for name in ("open", "high", "low"):
            absent = np.flatnonzero(np.isnan(values[name]))
            if not len(absent):
                continue
            values[name] = np.where(np.isnan(values[name]), _standing_in(name, values), values[name])
            what = "is missing" if negative else "is missing or zero"
            stand_in = "the close" if name == "open" else "that of open and close"
            findings.append(
                Finding(
                    "partial_columns", f"The {name} {what} in {len(absent)} row(s): {stand_in} stands in for it.", place[absent]
                )
            )
    volume = values["volume"]
    wrong = np.flatnonzero(volume < 0)
    if len(wrong) or np.isinf(volume).any():
        values["volume"] = volume = np.where(np.isinf(volume) | (volume < 0), np.nan, volume)
    if len(wrong):
        findings.append(Finding("no_volume", f"The volume is below zero in {len(wrong)} row(s): unknown there.", place[wrong]))
    elif not np.nan_to_num(volume).any():
        findings.append(Finding("no_volume", "There is no volume column, or it is empty: volume is unknown.", place[:0]))


def _standing_in(name: str, values: dict[str, Float]) -> Float:
    """What stands in for a price that is missing: the close, or for high and low the outer one of open and close."""
    if name == "open":
        return values["close"]
    return (np.maximum if name == "high" else np.minimum)(values["open"], values["close"])


def _order(time: NDArray[np.int64], place: Rows_, findings: list[Finding]) -> slice | NDArray[np.intp]:
    """Rows oldest first, of equal times the last."""
    step = np.diff(time)
    if (step > 0).all():
        return slice(None)
    order = np.argsort(time, kind="stable")
    if (step < 0).any():
        newest_first = bool((step <= 0).all())
        if newest_first:  # of equal times the one that stands first is then the later
            order = len(time) - 1 - np.argsort(time[::-1], kind="stable")
        detail = "Rows are newest first" if newest_first else "Rows are not in order of time"
        first = place[:0] if newest_first else place[np.flatnonzero(step < 0) + 1]
        findings.append(Finding("out_of_order", f"{detail}: sorted oldest first.", first))
    keep = np.append(np.diff(time[order]) > 0, True)
    if not keep.all():
        repeated = order[~keep]
        detail = f"{len(repeated)} row(s) have the same time as another: of each the last was kept."
        findings.append(Finding("duplicates", detail, np.sort(place[repeated])))
        order = order[keep]
    return order


def _finer_part(time: NDArray[np.int64], place: Rows_, findings: list[Finding]) -> slice:
    """Bars of the part with the finer interval, where a file starts coarsely (monthly, then daily)."""
    step = np.diff(time)
    if len(step) < 20:
        return slice(None)
    fine = float(np.median(step[len(step) // 2 :]))
    coarse = step > 3 * fine
    start = int(np.argmax(~coarse)) if not coarse.all() else 0
    if start < COARSE_STEPS:
        return slice(None)
    usual = float(np.median(step[:start]))
    even = (np.abs(step[:start] - usual) <= 0.4 * usual).mean()
    if usual < 4 * fine or even < 0.9:
        return slice(None)
    detail = f"The first {start} bar(s) are further apart than the rest and were left out."
    findings.append(Finding("irregular_interval", detail, place[:start]))
    return slice(start, None)


def _uneven_steps(time: NDArray[np.int64], place: Rows_, findings: list[Finding]) -> None:
    """Say where hardly any step is like another; weekends and the ends of sessions are too few to count."""
    step = np.diff(time)
    if len(step) < FEW_BARS:
        return
    usual = float(np.median(step))
    alike = float((np.abs(step - usual) <= 0.5 * usual).mean())
    if alike < EVEN_SHARE:
        detail = f"Steps between bars vary: {alike:.0%} of them are near the usual one."
        findings.append(Finding("irregular_interval", detail, place[:0]))


def _widen(values: dict[str, Float], place: Rows_, findings: list[Finding]) -> None:
    opens, high, low, close = prices = [values[name] for name in PRICES]
    if ((low <= opens) & (opens <= high) & (low <= close) & (close <= high)).all():
        return
    top, bottom = np.maximum.reduce(prices), np.minimum.reduce(prices)
    outside = np.flatnonzero((top > values["high"]) | (bottom < values["low"]))
    values["high"], values["low"] = top, bottom
    if len(outside):
        detail = f"{len(outside)} row(s) have a price outside [low, high]: the range was widened."
        findings.append(Finding("ohlc_violation", detail, place[outside]))


def _moves(close: Float, place: Rows_, findings: list[Finding]) -> None:
    if (close <= 0).any():
        return
    wild = np.flatnonzero(np.abs(np.diff(np.log(close))) > EXTREME_MOVE) + 1
    if len(wild):
        findings.append(Finding("extreme_moves", f"{len(wild)} bar(s) move by more than a factor of e.", place[wild]))


def merged(series: Sequence[Series]) -> tuple[Finding, ...]:
    """Findings of several series, one of each code: of how many symbols, and the first rows of all."""
    if len(series) == 1:
        return series[0].findings
    codes = dict.fromkeys(finding.code for one in series for finding in one.findings)
    found = []
    for code in codes:
        those = [(one.symbol, finding) for one in series for finding in one.findings if finding.code == code]
        rows = np.sort(np.concatenate([finding.rows for _, finding in those]))
        found.append(Finding(code, f"{len(those)} symbol(s), first {those[0][0]}: {those[0][1].detail}", rows))
    return tuple(found)
