"""Files that are no bars: each is refused by one clear sentence that says what it is."""

import gzip
import io
import json
import pickle
import zipfile
import zlib

import pytest

from vendors.reading import read_bytes

NOTEBOOK = {"cells": [{"cell_type": "code", "source": ["import pandas as pd"]}], "metadata": {}, "nbformat": 4}
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'4d7a2146' * 8}\nsize 12345\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde"
PAGE = "<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body>not here</body></html>"
PEOPLE = "name,age,city,height\n" + "".join(f"Ann {i},{20 + i},Oslo,{1.6 + i / 100:.2f}\n" for i in range(60))
FLOWERS = "sepal_length,sepal_width,petal_length,petal_width,species\n" + "5.1,3.5,1.4,0.2,setosa\n" * 60
MATRIX = "".join(",".join(f"{(i * 7 + j * 13) % 17 - 8 + i / 100:.3f}" for j in range(8)) + "\n" for i in range(60))


def workbook_pickle():
    file = io.BytesIO()
    pickle.dump({"close": [1.0, 2.0]}, file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "word"),
    [
        ("empty.csv", b"", "empty"),
        ("blank.csv", b"\n \n\t\n", "empty"),
        ("header.csv", b"Date,Open,High,Low,Close,Volume\n", "no rows"),
        ("bars.json", json.dumps([{"t": 1, "o": 1, "h": 2, "l": 1, "c": 2}]).encode(), "JSON"),
        ("study.ipynb", json.dumps(NOTEBOOK, indent=1).encode(), "JSON|notebook"),
        ("bars.pkl", workbook_pickle(), "pickle"),
        ("chart.png", PNG, "PNG|picture|image"),
        ("page.csv", PAGE.encode(), "web page|HTML"),
        ("people.csv", PEOPLE.encode(), "header|column|price"),
        ("iris.csv", FLOWERS.encode(), "header|column|price"),
        ("matrix.csv", MATRIX.encode(), "header|column|price"),
        ("prices.csv", POINTER.encode(), "LFS pointer"),
    ],
)
def test_what_is_no_table_of_prices_is_named(name, data, word):
    got = read_bytes(data, name)
    assert got.status == "rejected"
    assert any(kind.lower() in got.message.lower() for kind in word.split("|")), got.message
    assert name in got.message
    assert "\n" not in got.message
    assert len(got.message) < 400


def zeros(count):
    """A gzip file of so many million zeros, its recorded size included."""
    packer, piece = zlib.compressobj(1, zlib.DEFLATED, 31), bytes(1_000_000)
    return b"".join([packer.compress(piece) for _ in range(count)] + [packer.flush()])


def test_a_gzip_file_over_the_limit_is_refused_before_it_is_unpacked(monkeypatch):
    packed, plain, unpacked = zeros(600), zlib.decompressobj, []

    class Counted:
        """A stream that notes how much it unpacks."""

        def __init__(self, bits):
            self.stream = plain(bits)

        def decompress(self, data, limit):
            part = self.stream.decompress(data, limit)
            unpacked.append(len(part))
            return part

        def __getattr__(self, name):
            return getattr(self.stream, name)

    monkeypatch.setattr(zlib, "decompressobj", Counted)
    assert "larger than 512 MB" in read_bytes(packed, "bars.csv.gz").message
    assert sum(unpacked) <= 2_000_000


def test_a_gzip_bomb_that_hides_its_size_is_unpacked_no_further_than_it_shows():
    packed = zeros(100)[:-4] + bytes(4)
    got = read_bytes(packed, "bars.csv.gz")
    assert got.status == "rejected"
    assert "larger than" in got.message


def test_a_zip_bomb_is_refused_by_its_directory(monkeypatch):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(6):
            archive.writestr(f"{number}.csv", bytes(100_000_000))
    monkeypatch.setattr(zipfile.ZipFile, "open", None)
    assert "larger than 512 MB" in read_bytes(file.getvalue(), "bars.zip").message


def test_more_than_five_thousand_symbols_are_refused():
    rows = "".join(f"2021-01-0{day},1,2,1,{day},S{i}\n" for i in range(5001) for day in range(1, 8))
    got = read_bytes(("date,open,high,low,close,Name\n" + rows).encode(), "all.csv")
    assert got.status == "rejected"
    assert "5,000 symbols" in got.message


@pytest.mark.parametrize("body", [b"1.5,2.5,3.5,4.5\n" * 500_000, b"a" * 5_000_000, b"lorem ipsum dolor sit amet\n" * 200_000])
def test_what_has_no_bars_in_its_head_is_not_worked_through(body, monkeypatch):
    from regime_core.readers import layout

    worked_on = []
    despaced = layout._despaced
    monkeypatch.setattr(layout, "_despaced", lambda data: worked_on.append(len(data)) or despaced(data))
    assert read_bytes(body, "long.csv").status == "rejected"
    assert max(worked_on) <= layout.HEAD_BYTES


def test_gzip_with_a_trailing_size_of_its_own_is_read():
    text = b"date,open,high,low,close\n" + b"".join(b"2021-01-%02d,1,2,1,%d\n" % (day, day % 2 + 1) for day in range(1, 29))
    assert read_bytes(gzip.compress(text), "bars.csv.gz").status == "ok"


@pytest.mark.parametrize(
    "cell", ["1" + " " * 60_000 + "x", "Open" + " " * 60_000 + "x", "9" * 60_000, "Jan" + " " * 60_000 + "1"]
)
def test_a_cell_of_great_length_is_neither_number_nor_name(cell):
    """Where it is looked at all the same, this test takes minutes."""
    for text in (
        f"Date,Open,High,Low,Close\n2021-01-04,1,2,1,{cell}\n",
        f"Date,Open,High,Low,{cell}\n2021-01-04,1,2,1,2\n",
        cell,
    ):
        assert read_bytes(text.encode(), "long.csv").status == "rejected"
