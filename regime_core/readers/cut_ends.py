"""Files whose end is missing, as where a download broke off: what of their last line is not to be believed."""

from __future__ import annotations

import re
from dataclasses import replace

from regime_core.readers.cells import PADDING, is_missing
from regime_core.readers.columns import Columns
from regime_core.readers.files import TextFile
from regime_core.readers.layout import Layout
from regime_core.readers.rows import cells_of, is_remark

TAIL_BYTES = 64_000
RECENT = 50
"""Rows before the last with which it is compared."""
ENOUGH = 10
CUT_PRICE = 0.2
"""A price below this part of the lowest of the rows before it has lost digits."""


def without_cut_line(file: TextFile, layout: Layout) -> tuple[TextFile, bool]:
    """The file without a last line that ends before its row does, and whether it had one."""
    start = file.data.rfind(b"\n") + 1
    if start <= layout.body_start or start == len(file.data):
        return file, False
    cells = cells_of(file.data[start:].decode("utf-8", "replace"), layout.delimiter)
    if len(cells) >= layout.width or is_remark(cells):
        return file, False
    return replace(file, data=file.data[:start]), True


def without_cut_field(file: TextFile, layout: Layout, columns: Columns) -> tuple[TextFile, str]:
    """The file without what is left of a last field that ends before its number, time or name does, and which.

    Returns the file and the field (``close``, ``volume``, …), ``timestamp`` for any time or name, empty where none is cut.
    Of a volume the field alone is emptied, as the prices before it are whole; of any other the line is left out. Many whole
    files end without a line end: that alone tells nothing, only what differs from all the rows before the last.
    """
    last = layout.width - 1
    start = file.data.rfind(b"\n") + 1
    if last not in columns.wanted or start <= layout.body_start or start == len(file.data):
        return file, ""
    line = file.data[start:].decode("utf-8", "replace")
    cells = cells_of(line, layout.delimiter)
    if len(cells) != layout.width:
        return file, ""
    earlier = _before(file.data, layout, start)
    cell = cells[last].strip(PADDING)
    field = next((name for fields in columns.series.values() for name, i in fields.items() if i == last), "timestamp")
    if line.count('"') % 2:
        cut = True
    elif field == "timestamp":
        cut = len(earlier) >= ENOUGH and _is_cut_name(cell, earlier)
    else:
        cut = len(earlier) >= ENOUGH and not is_missing(cell) and _is_cut_number(cell, earlier, volume=field == "volume")
    if not cut:
        return file, ""
    if field == "volume":
        left = line[line.rindex('"' if line.count('"') % 2 else layout.delimiter) :].lstrip(layout.delimiter)
        return replace(file, data=file.data[: len(file.data) - len(left.encode())]), field
    return replace(file, data=file.data[:start]), field


def _before(data: bytes, layout: Layout, end: int) -> list[str]:
    """Filled cells of the last column in the rows before the last."""
    start = max(layout.body_start, end - TAIL_BYTES)
    lines = data[start:end].decode("utf-8", "replace").split("\n")[start > layout.body_start :]
    rows = [row for row in (cells_of(line, layout.delimiter) for line in lines[-RECENT - 1 :]) if len(row) == layout.width]
    return [cell for row in rows if not is_missing(cell := row[-1].strip(PADDING))]


def _is_cut_name(cell: str, earlier: list[str]) -> bool:
    """Whether a time or a symbol is shorter than all before it, ends in fewer digits, or is the start of another."""
    if cell in earlier:
        return False
    shorter = len(cell) < min(map(len, earlier))
    if not cell or any(other.startswith(cell) for other in earlier):
        return True
    ends = [len(_match(r"\d*$", other)) for other in earlier]
    return min(ends) > 0 and (shorter or len(_match(r"\d*$", cell)) < min(ends))


def _is_cut_number(cell: str, earlier: list[str], *, volume: bool) -> bool:
    """Whether a number lacks the unit or the decimals that all before it have, or so many digits that it is none of them."""
    if all(_match(r"[^\d.,]+$", other) for other in earlier):
        return not _match(r"[^\d.,]+$", cell)
    if cell[-1] in ".," and not any(other[-1] in ".," for other in earlier):
        return True
    decimals = [_decimals(other) for other in earlier]
    if min(decimals) > 0:
        return _decimals(cell) < min(decimals)
    if _decimals(cell) > 0:
        return False
    if volume:
        return cell.strip("+-") != "0" and _digits(cell) < min(map(_digits, earlier))
    return _number(cell) < CUT_PRICE * min(map(_number, earlier))


def _match(pattern: str, cell: str) -> str:
    found = re.search(pattern, cell)
    return found[0] if found else ""


def _decimals(cell: str) -> int:
    """Digits behind the last mark of a number."""
    return len(_match(r"[.,]\d*(?=\D*$)", cell)[1:])


def _digits(cell: str) -> int:
    return sum(character.isdigit() for character in re.split(r"[.,]\d*\D*$", cell)[0])


def _number(cell: str) -> float:
    digits = _match(r"\d[\d ']*(?:[.,]\d+)?", cell)
    return float(re.sub(r"[ ']", "", digits).replace(",", ".") or 0)
