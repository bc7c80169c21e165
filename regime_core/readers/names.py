"""Column names as vendors write them, in the languages they write them in, and the field each stands for."""

# ruff: noqa: E501  (a language a line)
from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

NAMES: dict[str, str] = {
    "timestamp": (
        "timestamp datetime date dates time ts t dtyyyymmdd tradedate tradingday opentime windowstart starttime observationdate datadate "
        "pricedate begin localtime gmttime datetimeutc timeutc dateutc dategmt bartime data fecha datum tarih dato pvm paivamaara дата "
        "日付 日付け 日時 データ日付 年月日 日期 交易日期 交易日 时间 時間 날짜 일자 시간 unix epoch unixtime unixtimestamp timeopen period "
        "timeperiodstart timestart"
    ),
    "open": (
        "open o openprice openingprice pxopen openp first otwarcie abertura apertura eroffnung eroffn eroffnungskurs erster ouverture ouv "
        "openen opening oppning oppningskurs apning apningskurs avaus откр открытие acilis otevreni oteviraci nyito 始値 开盘 开盘价 開盤 開盤價 開盤価 시가 "
        "openbid bidopen midopen"
    ),
    "high": (
        "high h highprice highestprice pxhigh highp max najwyzszy maxima maximo alta massimo hoch tageshoch hochst plushaut haut hoog "
        "hogst hogstkurs hogsta hoy ylin макс максимум yuksek maximum nejvyssi legmagasabb 高値 最高 最高价 最高價 最高値 고가 bidhigh midhigh dayhigh"
    ),
    "low": (
        "low l lowprice lowestprice pxlow lowp min najnizszy minima minimo baixa tief tagestief tiefst plusbas bas laag lagst "
        "lagstkurs lagsta lav alin мин минимум dusuk minimum nejnizsi legalacsonyabb 安値 最低 最低价 最低價 最低値 저가 bidlow midlow daylow"
    ),
    "close": (
        "close c closeprice closingprice closelast pxlast pxclose closep last lastprice settle settlement zamkniecie fechamento ultimo "
        "cierre chiusura schluss schlusskurs zuletzt cloture dernier fermeture slot slotkoers laatste stangning stangningskurs slutkurs "
        "sluttkurs senest siste senaste paatos paatoskurssi закр закрытие цена kapanis simdi son zaviraci zaverecna zaro zaroar 終値 收盘 收盘价 收盤 收盤價 "
        "現在値 종가 price value legalcloseprice bidclose midclose index nav rate lasttradedprice ltp lasttrade"
    ),
    "volume": (
        "volume vol v tickvol tickvolume totalvolume volumebtc basevolume volumetraded sharevolume pxvolume wolumen volumen volym volum "
        "umsatz stuck stucke объем объём кол hac hacim objem forgalom 出来高 成交量 总成交量 成交股數 거래량 volumefrom realvolume quantity sharestraded numberofshares noofshares totaltradedquantity ttltrdqnty tradedvolume"
    ),
    "adjusted": "adjclose adjustedclose closeadj closeadjusted adjustedclosingprice adjcloseprice 調整後終値 終値調整 調整後終値",
    "clock": "clock timeofday hhmmss hour heure uhrzeit hora godzina время 時刻 时刻",
    "symbol": "symbol ticker name stock secid code instrument sym asset contract tic cont 代码 股票代码 證券代號 证券代码 コード 종목코드 papier isin",
}
"""Folded names of each field, the likeliest first."""

DATE_PARTS: dict[str, str] = {
    "year": "year yyyy yr jahr annee ano anno jaar ar rok rik год yil vuosi 年 年份 년 연도",
    "month": "month mm mon monat mois mes mese maand manad maned miesiac mesic месяц ay kuukausi 月 月份 월",
    "day": "day dd tag jour dia giorno dag dzien den день gun paiva 日 일",
}
"""Folded names of the columns of a date that stands in several."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a header's cell stands for. rank : 0 is the likeliest name. prefix : the rest of the name, as ``N225`` of ``N225_Open``."""

    field: str
    rank: int
    prefix: str = ""


LONGEST = 200
"""Characters of the longest name of a column that is looked at."""
LETTER = re.compile(r"[^\W\d_]")


@lru_cache(maxsize=4096)
def fold(name: str) -> str:
    """Letters and digits of a name, in lower case, without accents, its counter (``1. open``) or what stands in brackets."""
    plain = (
        unicodedata.normalize("NFKC", name[:LONGEST])
        .replace("ł", "l")
        .replace("Ł", "L")
        .replace("ı", "i")
        .replace("ø", "o")
        .replace("Ø", "o")
    )
    plain = re.sub(r"^\s*\d+[a-z]?[.):]\s*(?=\D)", "", plain)
    plain = re.sub(r"(?<=\S)\s*[(\[][^)\]]*[)\]]?\s*$", "", plain) if re.match(r"\s*[^(\[]", plain) else plain
    decomposed = unicodedata.normalize("NFKD", plain.casefold())
    kept = "".join(mark for mark in decomposed if not ("\u0300" <= mark <= "\u036f"))
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFC", kept))


FIELD_OF = {
    fold(name): (field, rank) for field, names in NAMES.items() for rank, name in reversed(list(enumerate(names.split())))
}
PART_OF = {fold(name): part for part, names in DATE_PARTS.items() for name in names.split()}
AFFIXED = ("open", "high", "low", "close", "volume", "adjusted")
"""Fields whose names may carry the name of the instrument."""


QUOTE_CURRENCIES = ("usd", "usdt", "usdc", "busd", "eur", "gbp", "jpy", "krw", "cny", "quote", "tusd", "fdusd")


def meaning(name: str) -> Named | None:
    """Field that a name stands for by itself, or None; of ``Volume BTC`` and ``Volume USDT`` the base's is the likelier."""
    if len(name) > LONGEST or not LETTER.search(name):
        return None
    found = FIELD_OF.get(fold(name))
    if found is not None:
        return Named(*found)
    described = re.match(r"(adj\.? close|close)\s+(?:adjusted )?close price", name.strip(), re.IGNORECASE)
    if described:
        return Named("adjusted" if described[1].lower().startswith("adj") else "close", 1)
    counted = re.fullmatch(r"volume[ _(]+([A-Za-z]{2,6})\)?", name.strip(), re.IGNORECASE)
    if counted:
        return Named("volume", 90 if counted[1].lower() in QUOTE_CURRENCIES else 50)
    return None


def meanings(header: Sequence[str]) -> list[Named | None]:
    """What each cell of a header stands for; prefixes and suffixes (``N225_Open``, ``Close AAPL``) count where columns share them."""
    found = [meaning(name) for name in header]
    split = [None if found[i] else _affixed(name) for i, name in enumerate(header)]
    shared = Counter(named.prefix for named in split if named)
    for i, named in enumerate(split):
        if named and shared[named.prefix] >= 2:
            found[i] = named
    return found


def _affixed(name: str) -> Named | None:
    if len(name) > LONGEST or not LETTER.search(name):
        return None
    words = [word for word in re.split(r"[\s_.:/|,()'\"-]+", name) if word]
    if len(words) < 2:
        return None
    for size in (2, 1):
        for where in (slice(-size, None), slice(0, size)):
            folded = fold("".join(words[where]))
            rest = [word for i, word in enumerate(words) if i not in range(len(words))[where]]
            if rest and len(folded) > 1 and FIELD_OF.get(folded, ("", 0))[0] in AFFIXED:
                return Named(*FIELD_OF[folded], prefix="_".join(rest))
    return None


def date_part(name: str) -> str | None:
    """Which part of a date (``year month day``) a name stands for, or None."""
    return PART_OF.get(fold(name)) if len(name) <= LONGEST and LETTER.search(name) else None


def recognised(cells: Sequence[str]) -> int:
    """How many different fields of bars the cells name; year and month count as fields where both are there."""
    parts = {date_part(cell) for cell in cells} - {None}
    return len({named.field for named in meanings(cells) if named}) + (len(parts) if {"year", "month"} <= parts else 0)
