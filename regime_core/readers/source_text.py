"""The columns of a file as they stood in it, for rows that became bars; split again when asked for, so that no copy is held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from regime_core.readers.files import TextFile
from regime_core.readers.layout import Layout
from regime_core.readers.rows import Rows, split_body


@dataclass(frozen=True, slots=True, eq=False)
class SourceText:
    """Text that series were read from.

    kept : (n_rows,) place of each row that was read among the rows of the file. symbol_column : index of the column of names.
    """

    file: TextFile
    layout: Layout
    kept: NDArray[np.int64]
    symbol_column: int | None

    @classmethod
    def of(cls, rows: Rows, symbol_column: int | None) -> SourceText:
        """Text behind rows."""
        return cls(rows.file, rows.layout, rows.kept, symbol_column)

    @property
    def names(self) -> tuple[str, ...]:
        """Header as it stands in the file; where names repeat, with the ticker above them, or else counted (``RSI_2``)."""
        header, over = self.layout.header, self.layout.over
        shared = Counter(header)
        told = [f"{top} {name}" if shared[name] > 1 and top else name for name, top in zip(header, over, strict=True)]
        return unique(told)

    def lines(self, rows: Iterable[int]) -> list[int]:
        """1-based lines of rows that were read, as an editor shows them."""
        return Rows(self.file, self.layout, {}, len(self.kept), frozenset(), self.kept).lines(rows)

    def columns(self) -> pa.Table:
        """Every column as text, one row for each row that was read, in the order of the file."""
        table = split_body(self.file, self.layout, list(range(self.layout.width)))
        if len(self.kept) != table.num_rows:
            table = table.take(pa.array(self.kept))
        return table.rename_columns(list(self.names))


def unique(names: list[str]) -> tuple[str, ...]:
    """Names of which each stands once: one that comes again gets its count, ``RSI_2``."""
    taken: set[str] = set()
    found = []
    for name in names:
        count, free = 1, name
        while free in taken or (count > 1 and free in names):
            count += 1
            free = f"{name}_{count}"
        taken.add(free)
        found.append(free)
    return tuple(found)
