"""Bars of a body straight into arrays, where nothing in it is unusual; see ``kernels.json_bars``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from regime_core.bars import FIELDS
from regime_core.kernels import json_bars

Word = Annotated[str, Meta(max_length=100)]
SERIES = re.compile(rb'"(?:bars":\s*\[|columns":\s*\{)')
"""Where the bars or the columns of a body begin."""
NAMES = re.compile(rb'"(?:bars|columns)"|\\')
"""What stands once in a body that is read here: the name; a backslash may hide another one."""

SHORTEST_BAR = len('{"timestamp":1,"open":1,"high":1,"low":1,"close":1}')
SHORTEST_ROW = len("1,1,1,1,1,")
"""Bytes that a bar takes at least, so that a body's length tells how many there are at most."""


class Asked(Struct, frozen=True):
    """What a body says beside its bars, which stand in it as ``true``."""

    bars: bool | None = None
    columns: bool | None = None
    symbol: Word | None = None
    model: Word | None = None
    history: bool = False
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Scanned:
    """Bars of a body as they stand in it, (n_bars,) each; volume is NaN where it is null or missing."""

    asked: Asked
    time: NDArray[np.int64]
    columns: dict[str, NDArray[np.float64]]


_asked = msgspec.json.Decoder(Asked)


def scan(body: bytes) -> Scanned | None:
    """Read a body; None where a whole JSON reader has to look at it, which then also says what is wrong."""
    found = SERIES.search(body)
    if found is None:
        return None
    start = found.end() - 1
    as_bars = body[start : start + 1] == b"["
    most = (len(body) - start) // (SHORTEST_BAR if as_bars else SHORTEST_ROW) + 1
    time, values = np.empty(most, dtype=np.int64), np.empty((len(FIELDS), most))
    read = json_bars.read_rows if as_bars else json_bars.read_columns
    n, end = read(np.frombuffer(body + b"\0", dtype=np.uint8), start, time, values)
    if end == json_bars.UNUSUAL:
        return None
    rest = b"%btrue%b" % (body[:start], body[end:])
    if len(NAMES.findall(rest)) != 1:
        return None
    try:
        asked = _asked.decode(rest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not (asked.bars if as_bars else asked.columns):
        return None
    return Scanned(asked, time[:n], dict(zip(FIELDS, values[:, :n], strict=True)))


def warm_up() -> None:
    """Compile what reads bodies, so that the first client does not wait for it."""
    bar = dict.fromkeys(json_bars.FIELDS, 1)
    for body in ({"bars": [bar]}, {"columns": {name: [value] for name, value in bar.items()}}):
        scan(msgspec.json.encode(body))
