"""Which rows of a file belong to which symbol: by the column of names, or by one that tells rows of the same time apart."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from regime_core.bars import Float
from regime_core.errors import ReaderError
from regime_core.readers.columns import Columns
from regime_core.readers.numbers import trimmed
from regime_core.readers.rows import Rows, split_body
from regime_core.readers.times import Times

MAX_SYMBOLS = 5_000
MANY_SHARE_A_TIME = 0.2
"""Where more rows than this share their time with another of a different close, the file holds more than one series."""
FEW_CONFLICTS = 10
TOLD_APART = 0.98
ROWS_A_SYMBOL = 5
HAS_DECIMALS = re.compile(r"\d[.,]\d")


@dataclass(frozen=True, slots=True)
class Groups:
    """Names of the symbols with their rows. column : index of the column that names them, None for a file of one series."""

    rows: list[tuple[str, NDArray[np.intp]]]
    column: int | None


def symbol_groups(rows: Rows, columns: Columns, times: Times, close: Float) -> Groups:
    """Rows of each symbol, in the order of the file.

    close : (n_rows,) NaN where missing. Rows without a time or a close do not count where times are compared.
    Raises ReaderError on more than ``MAX_SYMBOLS``, and where many rows share their time and no column tells them apart.
    """
    use = ~times.missing & ~np.isnan(close)
    everything = Groups([("", np.arange(rows.n_rows))], None)
    if columns.symbol is None:
        if _share_in_conflict(times.time[use], None, close[use]) <= MANY_SHARE_A_TIME:
            return everything
        column, names, codes = _telling(rows, columns, times, use)
        return Groups(_split(names, codes), column)
    names, codes = _encoded(rows.columns[columns.symbol])
    if len(names) == rows.n_rows > 1 and len(np.unique(times.time)) == rows.n_rows:
        return everything
    refuse_many(len(names), rows.file.name)
    if _share_in_conflict(times.time[use], codes[use], close[use]) > MANY_SHARE_A_TIME:
        raise _mixed(rows, f'of one "{rows.layout.header[columns.symbol]}" ')
    return Groups(_split(names, codes), columns.symbol)


def refuse_many(n: int, name: str) -> None:
    """Raise ReaderError on more than ``MAX_SYMBOLS`` symbols."""
    if n > MAX_SYMBOLS:
        raise ReaderError("reader.too_many_symbols", f"{name} holds more than {MAX_SYMBOLS:,} symbols: split it.")


def _telling(rows: Rows, columns: Columns, times: Times, use: NDArray[np.bool_]) -> tuple[int, list[str], NDArray[np.int64]]:
    """The first column that tells rows of one time apart, with its values and, (n_rows,), their codes."""
    taken = columns.wanted | {columns.adjusted}
    others = [i for i in range(rows.layout.width) if i not in taken]
    if others:
        body = rows.file.data[rows.layout.body_start :]
        table = split_body(rows.file, rows.layout, body, others).take(rows.kept)
        for column in others:
            names, codes = _encoded(table.column(f"f{column}"))
            if not 2 <= len(names) <= rows.n_rows / ROWS_A_SYMBOL or any(HAS_DECIMALS.search(name) for name in names):
                continue
            pairs = np.unique(np.column_stack([times.time[use], codes[use]]), axis=0)
            if len(pairs) >= TOLD_APART * use.sum():
                refuse_many(len(names), rows.file.name)
                return column, names, codes
    raise _mixed(rows, "")


def _mixed(rows: Rows, of_what: str) -> ReaderError:
    return ReaderError(
        "reader.many_a_time",
        f"{rows.file.name}: many rows {of_what}share their time with another but not their close, so several series are "
        "mixed and no column tells which: name the column of symbols, or send one bar a time.",
    )


def _share_in_conflict(time: NDArray[np.int64], codes: NDArray[np.int64] | None, close: Float) -> float:
    """Share of rows that have the time (and the code) of another, but not its close; 0 where they are few."""
    if len(time) < 2 or (codes is None and _one_way(time)):
        return 0.0
    order = np.argsort(time, kind="stable") if codes is None else np.lexsort((time, codes))
    same = np.diff(time[order]) == 0
    if codes is not None:
        same &= np.diff(codes[order]) == 0
    conflicts = same & (np.diff(close[order]) != 0)
    return float(conflicts.mean()) if conflicts.sum() >= FEW_CONFLICTS else 0.0


def _one_way(time: NDArray[np.int64]) -> bool:
    step = np.diff(time)
    return bool((step > 0).all() or (step < 0).all())


def _encoded(column: object) -> tuple[list[str], NDArray[np.int64]]:
    names = pc.dictionary_encode(trimmed(column).combine_chunks())
    return names.dictionary.to_pylist(), np.asarray(names.indices.to_numpy(), dtype=np.int64)


def _split(names: list[str], codes: NDArray[np.int64]) -> list[tuple[str, NDArray[np.intp]]]:
    order = np.argsort(codes, kind="stable")
    cuts = np.searchsorted(codes[order], np.arange(1, len(names)))
    return list(zip(names, np.split(order, cuts), strict=True))
