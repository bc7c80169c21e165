"""Files that are no bars: each is refused by one clear sentence that says what it is."""

import io
import json
import pickle

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
