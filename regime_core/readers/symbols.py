"""Which rows of a file belong to which symbol: by the columns that name it, or by one that tells rows of one time apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from regime_core.bars import Float
from regime_core.errors import ReaderError
from regime_core.readers.columns import BAR_LENGTH, LENGTHS, Columns
from regime_core.readers.mixtures import EVEN_SHARE, Clashes, Codes, Timed, clashes, evenness, far_apart, one_way, recur
from regime_core.readers.names import fold
from regime_core.readers.numbers import trimmed
from regime_core.readers.rows import Rows, split_body
from regime_core.readers.source_text import unique
from regime_core.readers.times import Times

MAX_SYMBOLS = 5_000
TOLD_APART = 0.98
"""Share of clashes that a column must tell apart; the rest may be repeats."""
BY_CHANCE = 0.05
"""A column of values drawn at random would tell all clashes apart no likelier than this."""
ROWS_A_SYMBOL = 5
HAS_DECIMALS = re.compile(r"\d[.,]\d")
VENUE = "exchange exch venue market mic board boardid source feed provider broker series segment borsa bourse 市場 市场 交易所"
VENUES = frozenset(map(fold, VENUE.split()))
"""Folded names of columns that tell quotes of one instrument apart."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Names of the symbols with their rows. columns : indices of those that name them; none for a file of one series."""

    rows: list[tuple[str, NDArray[np.intp]]]
    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Keys:
    """Names of symbols as far as they are known, and of each row, (n_rows,), its place among them."""

    columns: tuple[int, ...]
    names: list[str]
    codes: Codes

    def with_column(self, column: int, names: list[str], codes: Codes) -> _Keys:
        """Keys that a further column tells apart, in the order of the file."""
        pairs, first, inverse = np.unique(self.codes * len(names) + codes, return_index=True, return_inverse=True)
        order = np.argsort(first)
        joined = [f"{self.names[pair // len(names)]} {names[pair % len(names)]}".strip() for pair in pairs[order].tolist()]
        return _Keys((*self.columns, column), list(unique(joined)), np.argsort(order)[inverse])


def symbol_groups(rows: Rows, columns: Columns, times: Times, prices: Sequence[Float]) -> Groups:
    """Rows of each symbol, in the order of the file.

    prices : the close, then high and low as far as there are any, (n_rows,) each, NaN where missing. Rows without a time or a
    close do not count where times are compared.
    Raises ReaderError on more than ``MAX_SYMBOLS``, and where several series are mixed that no column tells apart.
    """
    use = ~times.missing & ~np.isnan(prices[0])
    if columns.symbol is None and columns.length is None and one_way(times.time[use]):
        return Groups([("", np.arange(rows.n_rows))], ())
    timed = Timed(times.time[use], np.column_stack([price[use] for price in prices]))
    keys = _named(rows, columns, times)
    found = clashes(timed, keys.codes[use] if keys.columns else None)
    told = _telling(rows, columns, keys, timed, use, found) if len(found) else None
    if told is not None:
        keys = told
        found = clashes(timed, keys.codes[use])
    refuse_many(len(keys.names), rows.file.name)
    _refuse_mixture(rows, keys, timed, keys.codes[use], found)
    return Groups(_split(keys.names, keys.codes), keys.columns)


def refuse_many(n: int, name: str) -> None:
    """Raise ReaderError on more than ``MAX_SYMBOLS`` symbols."""
    if n > MAX_SYMBOLS:
        raise ReaderError("reader.too_many_symbols", f"{name} holds more than {MAX_SYMBOLS:,} symbols: split it.")


def _named(rows: Rows, columns: Columns, times: Times) -> _Keys:
    """Keys by the columns whose names say so: that of symbols, and that of the bars' length where it has several."""
    keys = _Keys((), [""], np.zeros(rows.n_rows, dtype=np.int64))
    if columns.symbol is not None:
        names, codes = _encoded(rows.columns[columns.symbol])
        counts_rows = len(names) == rows.n_rows > 1 and len(np.unique(times.time)) == rows.n_rows
        if not counts_rows:
            refuse_many(len(names), rows.file.name)
            keys = _Keys((columns.symbol,), names, codes)
    if columns.length is not None:
        names, codes = _encoded(rows.columns[columns.length])
        if len(names) > 1 and all(BAR_LENGTH.match(name) for name in names):
            keys = keys.with_column(columns.length, names, codes)
    return keys


def _telling(rows: Rows, columns: Columns, keys: _Keys, timed: Timed, use: NDArray[np.bool_], found: Clashes) -> _Keys | None:
    """Keys with the first further column that tells clashing rows apart and is no count or mark of single bars."""
    taken = {*(columns.wanted - {columns.length}), columns.adjusted, *keys.columns}
    others = [i for i in range(rows.layout.width) if i not in taken]
    if not others:
        return None
    table = split_body(rows.file, rows.layout, others).take(rows.kept)
    for column in others:
        names, codes = _encoded(table.column(f"f{column}"))
        if not 2 <= len(names) <= rows.n_rows / ROWS_A_SYMBOL or any(HAS_DECIMALS.search(name) for name in names):
            continue
        known = fold(rows.layout.header[column]) in VENUES | LENGTHS
        if not _tells(names, codes[use], known, timed, found):
            continue
        joined = keys.with_column(column, names, codes)
        if len(clashes(timed, joined.codes[use])) <= (1 - TOLD_APART) * len(found):
            return joined
    return None


def _tells(names: list[str], codes: Codes, known: bool, timed: Timed, found: Clashes) -> bool:
    """Whether a column that tells clashing rows apart divides the file into series, and did not differ by chance.

    known : whether its name is that of a venue or of a bar's length. A column of counts, or of marks on
    single bars, leaves the rows of one value at uneven steps; where few rows clash, every value's rows must be evenly apart.
    """
    apart = codes[found.first] != codes[found.second]
    if apart.mean() < TOLD_APART:
        return False
    shares = np.bincount(codes) / len(codes)
    if not known and (1 - (shares**2).sum()) ** len(found) > BY_CHANCE:
        return False
    if found.many and not all(name.isdigit() for name in names if name):
        return True
    overall, worst = evenness(timed.time, codes)
    return (overall if known or found.many else worst) >= EVEN_SHARE


def _refuse_mixture(rows: Rows, keys: _Keys, timed: Timed, codes: Codes, found: Clashes) -> None:
    """Refuse rows that share their time with another but not their prices, where they are more than repeats of bars."""
    of_what = f'of one "{rows.layout.header[keys.columns[-1]]}" ' if keys.columns else ""
    if found.many:
        what = f"many rows {of_what}share their time with another but not their prices, so several series are mixed"
    elif recur(timed, codes, found):
        what = f"{len(found):,} rows {of_what}share their time with another at even steps, so bars of two lengths are mixed"
    elif far_apart(timed, codes, found):
        what = f"{len(found):,} rows {of_what}share their time with another of a far other price, so several series are mixed"
    else:
        return
    raise ReaderError(
        "reader.many_a_time",
        f"{rows.file.name}: {what} and no column tells which: name the column of symbols, or send one bar a time.",
    )


def _encoded(column: object) -> tuple[list[str], Codes]:
    names = pc.dictionary_encode(trimmed(column).combine_chunks())
    return names.dictionary.to_pylist(), np.asarray(names.indices.to_numpy(), dtype=np.int64)


def _split(names: list[str], codes: Codes) -> list[tuple[str, NDArray[np.intp]]]:
    if len(names) == 1:
        return [(names[0], np.arange(len(codes)))]
    order = np.argsort(codes, kind="stable")
    cuts = np.searchsorted(codes[order], np.arange(1, len(names)))
    return list(zip(names, np.split(order, cuts), strict=True))
