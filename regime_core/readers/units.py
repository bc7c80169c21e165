"""What may stand beside a number, and how much it makes of it: words for thousands and millions, and currencies."""

# ruff: noqa: E501, SIM905  (a unit a line, as words)
from __future__ import annotations

import re

SCALE_WORDS: dict[float, str] = {
    1e3: "k thousand thousands tsd tausend tys tysiąc tysiące tysięcy тыс тысяч tis tisíc ezer bin tuhat tusen milliers 千 천",
    1e4: "万 萬 만",
    1e5: "lakh lakhs lac lacs",
    1e6: (
        "m mm mn mln mio mi million millions millionen milj miljoen miljoner miljoonaa millón millon millones milhão "
        "milhao milhões milhoes milione milioni milion miliony milionów milionu millió milyon млн миллион миллионов 百万 百萬 백만"
    ),
    1e7: "cr crore crores",
    1e8: "億 亿 억",
    1e9: (
        "b bn bln bil bi billion billions mld mrd mlrd mia mdr md milliard milliards milliarde milliarden miljard miljarder "
        "miljardia miliardo miliardi miliard miliardy miliardów milliárd milyar mlr bilhão bilhao bilhões bilhoes млрд миллиард "
        "миллиардов 十億 十亿 십억"
    ),
    1e12: "t tn trn trln tri trillion trillions trilhão trilhões трлн 兆 万亿 조",
}
SCALES = {word: scale for scale, words in SCALE_WORDS.items() for word in words.split()}
"""Word in lower case -> factor. ``mil`` (thousand or million) and ``bio`` (10^9 or 10^12) are told by nothing, so not here."""
TWO_CONVENTIONS = (("m", "mm"), ("bln", "mld"), ("bln", "mrd"), ("billion", "milliard"), ("billion", "mrd"))
"""Units of which one means something else beside the other: M is a thousand beside MM, bln 10^12 beside mld."""
CODES = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLF CLP CNH "
    "CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS "
    "INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR "
    "MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RUR RWF SAR SBD SCR SDG SEK SGD "
    "SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XAG XAU "
    "XCD XDR XOF XPD XPF XPT YER ZAR ZMW ZWL ATS BEF DEM ESP FIM FRF GRD IEP ITL LTL LVL NLG PTE EEK SIT SKK GBX BTC XBT ETH USDT USDC"
)
SIGNS = "$€£¥₹₩₽₺₴₪₫₱₦₸฿￥"
CURRENCIES = frozenset(CODES.lower().split()) | set("zł kč kr ft tl lei rs руб р 元 円 원".split()) | set(SIGNS)
"""Codes, words and signs of currencies in lower case; they change no number."""
COUNTRIES = frozenset("us a au c ca hk nt nz r s mx cn jp rd".split())
"""What stands before the sign of a currency, as in ``A$``."""
COUNTED = frozenset("% share shares sh stück stk szt шт 株 股 주".split())
"""What else changes no number."""


def scale_of(unit: str) -> float | None:
    """Factor that a unit stands for, as ``Mio. EUR`` for a million; None where a word is not known or two are scales."""
    words = _words(unit)
    scales = [SCALES[word] for word in words if word in SCALES]
    if len(scales) > 1 or not all(word in SCALES or word in COUNTED or _is_currency(word) for word in words):
        return None
    return scales[0] if scales else 1.0


def currency_of(unit: str) -> str:
    """Currency that a unit names, in lower case; empty where it names none."""
    return next((word for word in _words(unit) if word not in SCALES and _is_currency(word)), "")


def contradicting_unit(units: list[str]) -> str:
    """The first unit of a column that means something else beside another of them, or names another currency; else empty."""
    words = {word: unit for unit in units for word in _words(unit)}
    for one, other in TWO_CONVENTIONS:
        if one in words and other in words:
            return words[one]
    named = {currency_of(unit): unit for unit in units if currency_of(unit)}
    return list(named.values())[1] if len(named) > 1 else ""


def _words(unit: str) -> list[str]:
    """Words of a unit in lower case; ``Mio.€`` is two, ``US$`` and ``Kč`` are one."""
    found = []
    for word in re.split(r"\s+", unit.strip().lower()):
        glued = re.fullmatch(rf"(.+?)\.?([{SIGNS}])", word)
        parts = [glued[1], glued[2]] if glued and glued[1] in SCALES and glued[1] != "t" else [word.rstrip(".")]
        found += [part for part in parts if part]
    return found


def _is_currency(word: str) -> bool:
    return word in CURRENCIES or (word[-1] in SIGNS and word[:-1] in COUNTRIES)
