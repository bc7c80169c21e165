"""What one cell looks like: a time, a clock, a number, or nothing. Broad: what is read is decided over whole columns."""

from __future__ import annotations

import re

from regime_core.readers.units import scale_of

MISSING = (
    "",
    "null",
    "none",
    "nan",
    "na",
    "n/a",
    "#n/a",
    "#n/a n/a",
    "nat",
    "-",
    "--",
    "---",
    ".",
    "–",
    "—",
    "n.a.",
    "nd",
    "#value!",
)
"""What stands for a missing value, in any case."""
MONTHS: dict[str, int] = {}
for _names in (
    "jan feb mar apr may jun jul aug sep oct nov dec",
    "january february march april may june july august september october november december",
    "januar februar märz april mai juni juli august september oktober november dezember",
    "jän febr mrz apr mai jun jul aug sept okt nov dez",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "janv févr mars avr mai juin juil août sept oct nov déc",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "ene feb mar abr may jun jul ago sep oct nov dic",
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "jan fev mar abr mai jun jul ago set out nov dez",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "gen feb mar apr mag giu lug ago set ott nov dic",
    "januari februari maart april mei juni juli augustus september oktober november december",
    "januari februari mars april maj juni juli augusti september oktober november december",
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "янв фев мар апр май июн июл авг сен окт ноя дек",
    "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień",
    "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь",
    "januar februar marts april maj juni juli august september oktober november december",
    "januar februar mars april mai juni juli august september oktober november desember",
    "jan feb mrt apr mei jun jul aug sept okt nov des",
    "sty lut mar kwi maj cze lip sie wrz paź lis gru",
    "oca şub mar nis may haz tem ağu eyl eki kas ara",
    "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
):
    for _number, _name in enumerate(_names.split(), start=1):
        MONTHS.setdefault(_name, _number)
"""Name of a month in lower case -> its number."""

DIGIT_DATE = re.compile(r"^(?:\d{4}[-/. ]\d{1,2}[-/. ]\d{1,2}|\d{1,2}[-/. ]\d{1,2}[-/. ](?:\d{4}|\d{2}))(?!\d)")
COMPACT_DATE = re.compile(r"^(?:1[89]|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[T ]+\d{1,2}:?\d{2}.*|\d{4}|\d{6})?$")
EAST_DATE = re.compile(r"^\d{4}\s*[年년]\s*\d{1,2}\s*[月월]\s*\d{1,2}\s*[日일]")
EPOCH = re.compile(r"^-?\d{8,19}(?:\.\d+)?$")
MONTH_DATE = re.compile(
    r"^(?:[^\W\d_]+\.?,? )?(?:\d{1,4}(?:st|nd|rd|th)?[-/. ]*([^\W\d_]+)|([^\W\d_]+)[-/., '’]*\d)", re.IGNORECASE
)
MONTH, YEAR = r"(?:0?[1-9]|1[0-2])", r"(?:1[89]|20)\d\d"
PERIOD = re.compile(
    rf"^(?:{YEAR}[-/]{MONTH}|{MONTH}[-/]{YEAR}|{YEAR}\s*[年년]\s*{MONTH}\s*[月월]"
    rf"|{YEAR}[-/.: ]?(?:M{MONTH}|[QT][1-4]|W\d{{1,2}}(?:-?[1-7])?)"
    rf"|(?:[QT][1-4]|W\d{{1,2}})[-/.: ]?{YEAR}|[1-4][-/. ]?[QT][-/. '’]?(?:{YEAR}|\d\d))$",
    re.IGNORECASE,
)
"""Months, quarters and weeks; those that may be numbers (``2010.01``, ``201001``) are known by their column's name alone."""
CLOCK = re.compile(
    r"^(?:\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?(?: ?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?"
    r"|\d{1,2} ?[hH](?: ?\d{2})?|\d{1,2}\.\d{2}\.\d{2}|\d{1,2}:\d{2}(?::\d{2})? ?(?:[-–—]|to) ?\d{1,2}:\d{2}(?::\d{2})?)$"
)
NUMBER = re.compile(
    r"^[(]?[-+−]?\s*(?:[A-Z]{0,3}[$€£¥₹₩₽₺]|[A-Z]{3} )?\s*[-+−]?(?:\d[\d.,'’\s]*|[.,]\d+)(?:[eE][-+]?\d+)?"
    r"\s*(?P<unit>(?:%|(?:[^\W\d_]|[€£¥$₹₽₩₺])(?:[^\W\d_]|[.\s€£¥$₹₽₩₺])*)?)[)]?[*]{0,2}$"
)
LONGEST = 120
"""Characters of the longest cell that is looked at: a longer one is neither number nor time, and would take long to tell."""
PADDING = " \t\u00a0\u202f\u2007\u3000\ufeff"


def is_missing(cell: str) -> bool:
    """Whether a cell stands for a missing value."""
    return cell.strip(PADDING).lower() in MISSING


def is_clock(cell: str) -> bool:
    """Whether a cell is a time of day that is no number, or a span of two."""
    return len(cell) <= LONGEST and bool(CLOCK.match(cell.strip(PADDING)))


def is_date(cell: str) -> bool:
    """Whether a cell is a date or a date with a time, other than a bare count of seconds."""
    if len(cell) > LONGEST:
        return False
    cell = cell.strip(PADDING)
    if any(mark in cell for mark in ";|\t"):
        return False
    if any(shape.match(cell) for shape in (DIGIT_DATE, COMPACT_DATE, EAST_DATE, PERIOD)):
        return True
    match = MONTH_DATE.match(cell)
    return match is not None and (match[1] or match[2] or "").lower().rstrip(".") in MONTHS


def is_epoch(cell: str) -> bool:
    """Whether a cell may count seconds (or parts of them) since 1970."""
    return len(cell) <= LONGEST and bool(EPOCH.match(cell.strip(PADDING)))


def is_number(cell: str) -> bool:
    """Whether a cell may be a number in some vendor's way of writing."""
    match = NUMBER.match(cell.strip(PADDING)) if len(cell) <= LONGEST else None
    if match is None:
        return False
    unit = match["unit"]
    return not unit or scale_of(unit) is not None or (len(unit) == 3 and unit.isupper())


def is_data(cells: list[str]) -> bool:
    """Whether a row holds a time and something beside it, and is mostly numbers: a row of bars, no header and no remark."""
    kinds = [is_date(cell) or is_epoch(cell) or is_clock(cell) for cell in cells]
    if len(cells) < 2 or not any(kinds):
        return False
    plain = any(is_number(cell) for cell, timed in zip(cells, kinds, strict=True) if not timed)
    if not plain and not (kinds[0] and all(is_missing(cell) for cell, timed in zip(cells, kinds, strict=True) if not timed)):
        return False
    good = sum(1 for cell, timed in zip(cells, kinds, strict=True) if timed or is_number(cell) or is_missing(cell))
    return 2 * good >= len(cells)
