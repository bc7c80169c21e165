"""Random bars in random conventions: what no vendor writes yet, but somebody's spreadsheet will."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from vendors.known import MONTHS, Known, exact, nanoseconds

FIELDS = ("date", "open", "high", "low", "close", "volume")
HEADERS: dict[str, tuple[str, ...]] = {
    "english": ("Date", "Open", "High", "Low", "Close", "Volume"),
    "lower": ("timestamp", "open", "high", "low", "close", "volume"),
    "short": ("t", "o", "h", "l", "c", "v"),
    "polish": ("Data", "Otwarcie", "Najwyzszy", "Najnizszy", "Zamkniecie", "Wolumen"),
    "portuguese": ("Data", "Abertura", "Máxima", "Mínima", "Último", "Vol."),
    "german": ("Datum", "Eröffnung", "Hoch", "Tief", "Schluss", "Volumen"),
    "french": ("Date", "Ouv.", "Plus Haut", "Plus Bas", "Dernier", "Vol."),
    "swedish": ("Datum", "Öppning", "Högsta", "Lägsta", "Stängning", "Volym"),
    "japanese": ("日付", "始値", "高値", "安値", "終値", "出来高"),
    "chinese": ("日期", "开盘", "最高", "最低", "收盘", "成交量"),
}
DATES = {
    "iso": lambda t: f"{t:%Y-%m-%d}",
    "compact": lambda t: f"{t:%Y%m%d}",
    "slashes": lambda t: f"{t:%Y/%m/%d}",
    "dots": lambda t: f"{t:%Y.%m.%d}",
    "month_first": lambda t: f"{t:%m/%d/%Y}",
    "month_first_bare": lambda t: f"{t.month}/{t.day}/{t.year}",
    "day_first": lambda t: f"{t:%d/%m/%Y}",
    "day_first_dots": lambda t: f"{t:%d.%m.%Y}",
    "day_first_dashes": lambda t: f"{t:%d-%m-%Y}",
    "day_first_short": lambda t: f"{t:%d/%m/%y}",
    "month_first_short": lambda t: f"{t:%m/%d/%y}",
    "named": lambda t: f"{t.day:02}-{MONTHS[t.month - 1]}-{t.year}",
    "american": lambda t: f"{MONTHS[t.month - 1]} {t.day}, {t.year}",
}
TIMES = {
    "iso": lambda t: f"{t:%Y-%m-%d %H:%M:%S}",
    "iso_t": lambda t: f"{t:%Y-%m-%dT%H:%M:%S}",
    "day_first": lambda t: f"{t:%d/%m/%Y %H:%M}",
    "month_first": lambda t: f"{t:%m/%d/%Y %H:%M}",
    "dots": lambda t: f"{t:%Y.%m.%d %H:%M}",
}


@dataclass(frozen=True)
class Written:
    """Bars, the file that holds them, and the choices made, for a failing example to show."""

    bars: Known
    data: bytes
    choices: tuple[object, ...]


@st.composite
def bars_known(draw: st.DrawFn) -> tuple[Known, int, bool]:
    """Bars of a random walk, how many decimals they have, and whether they are intraday."""
    intraday, n, decimals = draw(st.booleans()), draw(st.integers(3, 80)), draw(st.sampled_from([0, 1, 2, 3, 4]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    level = 10 ** draw(st.floats(0.8 if decimals > 1 else 2.5, 5.5))
    close = level * np.exp(np.cumsum(rng.normal(0, 0.02, n)))
    opens = close * np.exp(rng.normal(0, 0.01, n))
    high = np.maximum(opens, close) * np.exp(np.abs(rng.normal(0, 0.01, n)))
    low = np.minimum(opens, close) * np.exp(-np.abs(rng.normal(0, 0.01, n)))
    prices = [exact(values, decimals) for values in (opens, high, low, close)]
    start = datetime(1999, 1, 1) + timedelta(days=draw(st.integers(0, 9000)))
    if intraday:
        step = timedelta(minutes=draw(st.sampled_from([1, 5, 60, 240])))
        when = [start + timedelta(hours=9) + step * i for i in range(n)]
    else:
        step = draw(st.sampled_from([1, 7, 30]))
        days = (start + timedelta(days=step * i) for i in range(2 * n))
        when = [t for t in days if step > 1 or t.weekday() < 5][:n]
    volume = np.floor(np.exp(rng.normal(draw(st.sampled_from([3.0, 8.0, 13.0])), 1, n)))
    return Known(tuple(when), nanoseconds(when), *prices, volume), decimals, intraday


@st.composite
def files(draw: st.DrawFn, *, plain: bool = False) -> Written:
    """Bars and a file that holds them in some convention; ``plain`` keeps to those that leave nothing to decide."""
    bars, decimals, intraday = draw(bars_known())
    assume(not plain or decimals != 3)  # 10.036 may be ten thousand
    styles = sorted(TIMES if intraday else DATES)
    style = draw(st.sampled_from(["iso"] if plain else styles))
    mark = "." if plain else draw(st.sampled_from([".", ","]))
    group = "" if plain else draw(st.sampled_from(["", "", "", "'", " ", "\u00a0", "," if mark == "." else "."]))
    delimiter = draw(st.sampled_from(",;\t" if plain else ",;\t|"))
    language = draw(
        st.sampled_from(
            ["english", "lower", "short"] if plain else [*sorted(HEADERS), "english", "lower", "short", "english", "none"]
        )
    )
    order = draw(st.permutations(range(6))) if language != "none" else draw(st.sampled_from(NO_HEADER_ORDERS))
    newest_first, line_end = draw(st.booleans()), draw(st.sampled_from(["\n", "\r\n"]))
    table = str.maketrans({",": group, ".": mark})
    rows = []
    for when, *prices, volume in bars:
        cells = [(TIMES if intraday else DATES)[style](when), *(f"{p:,.{decimals}f}".translate(table) for p in prices)]
        cells.append(f"{volume:,.0f}".translate(table))
        rows.append([cells[i] for i in order])
    lines = [delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in row) for row in rows]
    lines = lines[::-1] if newest_first else lines
    if language != "none":
        lines.insert(0, delimiter.join(HEADERS[language][i] for i in order))
    text = line_end.join(lines) + line_end
    known = ("utf-8", "utf-8-sig") if plain else ("utf-8", "utf-8-sig", "utf-16", "cp1252", "shift_jis", "gbk")
    encodings = [name for name in known if encodes(text, name)]
    encoding = draw(st.sampled_from(encodings))
    choices = (style, mark, group, delimiter, language, tuple(FIELDS[i] for i in order), newest_first, encoding, decimals)
    return Written(bars, text.encode(encoding), choices)


NO_HEADER_ORDERS = ((0, 1, 2, 3, 4, 5), (0, 1, 4, 2, 3, 5), (0, 4, 1, 2, 3, 5))
"""Without a header: open high low close; open close high low; close open high low."""


def encodes(text: str, encoding: str) -> bool:
    """Whether a text can be written in an encoding."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
