"""The same bars in other wrappings: spreadsheets, archives, encodings, and cells copied from a sheet."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterable
from xml.sax.saxutils import escape

from vendors.known import VendorFile, daily, european, one, session, table, us, vendor

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
DAY_ONE = 25_569  # 1 January 1970 as a spreadsheet counts days


class Day(int):
    """A cell that is shown as a date."""


class Moment(float):
    """A cell that is shown as a date with a time."""


def workbook(sheets: dict[str, Iterable[Iterable[object]]]) -> bytes:
    """Return an .xlsx file by the bare rules of ECMA-376: texts shared, numbers as numbers, dates as styled numbers."""
    texts: dict[str, int] = {}
    files = {f"xl/worksheets/sheet{i}.xml": _sheet(rows, texts) for i, rows in enumerate(sheets.values(), 1)}
    names = "".join(f'<sheet name="{escape(name)}" sheetId="{i}" r:id="rId{i}"/>' for i, name in enumerate(sheets, 1))
    kinds = "".join(_override(f"/{path}", "worksheet") for path in files)
    links = "".join(_relation(f"rId{i}", "worksheet", path.removeprefix("xl/")) for i, path in enumerate(files, 1))
    last = len(files) + 1
    links += _relation(f"rId{last}", "styles", "styles.xml") + _relation(f"rId{last + 1}", "sharedStrings", "sharedStrings.xml")
    shared = "".join(f"<si><t>{escape(text)}</t></si>" for text in texts)
    files |= {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        + _override("/xl/workbook.xml", "sheet.main")
        + kinds
        + _override("/xl/styles.xml", "styles")
        + _override("/xl/sharedStrings.xml", "sharedStrings")
        + "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        + _relation("rId1", "officeDocument", "xl/workbook.xml")
        + "</Relationships>",
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>{names}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{links}</Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><fonts count="1"><font/></fonts>'
        '<fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
        '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf/>'
        '<xf numFmtId="14" applyNumberFormat="1"/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}" count="{len(texts)}" uniqueCount="{len(texts)}">{shared}</sst>',
    }
    return archive(
        {path: f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{xml}'.encode() for path, xml in files.items()}
    )


def archive(files: dict[str, bytes]) -> bytes:
    """Return a zip file; equal input gives equal bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for path, data in files.items():
            file.writestr(zipfile.ZipInfo(path, (2021, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _sheet(rows: Iterable[Iterable[object]], texts: dict[str, int]) -> str:
    lines = []
    for i, row in enumerate(rows, 1):
        cells = "".join(_cell(value, f"{chr(65 + j)}{i}", texts) for j, value in enumerate(row) if value is not None)
        lines.append(f'<row r="{i}">{cells}</row>')
    return f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def _cell(value: object, place: str, texts: dict[str, int]) -> str:
    if isinstance(value, str):
        return f'<c r="{place}" t="s"><v>{texts.setdefault(value, len(texts))}</v></c>'
    style = 1 if isinstance(value, Day) else 2 if isinstance(value, Moment) else 0
    number = int(value) if isinstance(value, Day) else repr(float(value))
    return f'<c r="{place}" s="{style}"><v>{number}</v></c>' if style else f'<c r="{place}"><v>{number}</v></c>'


def _override(path: str, kind: str) -> str:
    return f'<Override PartName="{path}" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.{kind}+xml"/>'


def _relation(key: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{key}" Type="{RELATIONS}/{kind}" Target="{target}"/>'


HEADER = ["Date", "Open", "High", "Low", "Close", "Volume"]


def _plain() -> str:
    bars = daily()
    rows = [[f"{t:%Y-%m-%d}", *(f"{p:.2f}" for p in (o, h, lo, c)), f"{v:.0f}"] for t, o, h, lo, c, v in bars]
    return table(",".join(HEADER), rows)


def _cells() -> list[list[object]]:
    bars = daily()
    return [
        [Day(epoch // 86_400 + DAY_ONE), o, h, lo, c, v] for epoch, (_, o, h, lo, c, v) in zip(bars.epochs, bars, strict=True)
    ]


@vendor
def excel() -> VendorFile:
    return one("prices.xlsx", workbook({"Sheet1": [HEADER, *_cells()]}), daily())


@vendor
def excel_notes_first() -> VendorFile:
    """The first sheet is a note; the second has two title lines above the table."""
    note = [["Prices of the S&P 500"], ["Source: see the second sheet"]]
    sheets = {"Read me": note, "Data": [["S&P 500"], [], HEADER, *_cells()]}
    return one("report.xlsx", workbook(sheets), daily())


@vendor
def excel_text_dates() -> VendorFile:
    """Dates that the sheet holds as text, newest first."""
    bars = daily()
    rows = [[f"{t:%d.%m.%Y}", o, h, lo, c, v] for t, o, h, lo, c, v in bars]
    return one(
        "kurse.xlsx", workbook({"Tabelle1": [["Datum", "Eröffnung", "Hoch", "Tief", "Schluss", "Volumen"], *rows[::-1]]}), bars
    )


@vendor
def excel_intraday() -> VendorFile:
    """Days and fractions of a day: half-hours must come out whole, though a float holds them a little off."""
    bars = session()
    wall = [t.replace(tzinfo=None) for t in bars.when]
    bars = bars.dated(wall)
    rows = [
        [Moment(second / 86_400 + DAY_ONE), o, h, lo, c, v]
        for second, (_, o, h, lo, c, v) in zip(bars.epochs, bars, strict=True)
    ]
    return one("minutes.xlsx", workbook({"Sheet1": [["Time", *HEADER[1:]], *rows]}), bars)


@vendor
def gzipped() -> VendorFile:
    return one("prices.csv.gz", gzip.compress(_plain().encode(), mtime=0), daily())


@vendor
def zipped() -> VendorFile:
    """One file in a folder, beside what a Mac adds."""
    files = {
        "prices/prices.csv": _plain().encode(),
        "__MACOSX/prices/._prices.csv": b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X",
    }
    return one("prices.zip", archive(files), daily())


@vendor
def pasted_cells() -> VendorFile:
    """Cells of an American sheet, copied: tabs, thousands commas, short dates."""
    bars = daily()
    rows = [[f"{t.month}/{t.day}/{t.year}", *(us(p) for p in (o, h, lo, c)), f"{v:,.0f}"] for t, o, h, lo, c, v in bars]
    return one("pasted.txt", table("\t".join(HEADER), rows, sep="\t", end="\r\n"), bars)


@vendor
def pasted_cells_german() -> VendorFile:
    bars = daily()
    rows = [[f"{t:%d.%m.%Y}", *(european(p) for p in (o, h, lo, c)), european(v, 0)] for t, o, h, lo, c, v in bars]
    return one("pasted.txt", table("Datum\tEröffnung\tHoch\tTief\tSchluss\tVolumen", rows, sep="\t", end="\r\n"), bars)


@vendor
def unicode_text() -> VendorFile:
    """Excel's "Unicode text": UTF-16 with a byte order mark, tabs."""
    text = _plain().replace(",", "\t").replace("\n", "\r\n")
    return one("prices.txt", b"\xff\xfe" + text.encode("utf-16-le"), daily())


@vendor
def utf16_big_endian() -> VendorFile:
    return one("prices.csv", b"\xfe\xff" + _plain().encode("utf-16-be"), daily())


@vendor
def pipes() -> VendorFile:
    return one("prices.psv", _plain().replace(",", "|"), daily())


@vendor
def semicolons_and_decimal_commas() -> VendorFile:
    bars = daily()
    text = _plain().replace(",", ";").replace(".", ",")
    return one("prices.csv", text, bars)
