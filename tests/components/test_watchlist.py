"""Rows of the watchlist: what changed comes first, and is told in words."""

from pathlib import Path

import numpy as np
import pytest

from components import watched, watchlist
from components.watched import Standing
from regime_core.studies import Before, Summary
from regime_core.uploads import Upload

BULL, BEAR, RANGING, VOLATILE, CALM, UNKNOWN = range(6)
DAY = 86_400_000_000_000
UPLOAD_ID = "u" + "a" * 22


def summary(symbols, codes, confidence, before=None, step=DAY):
    n = len(symbols)
    last = np.full(n, 17_532 * DAY)  # 1 January 2018
    return Summary(
        symbol=list(symbols),
        bars=np.full(n, 100),
        first=last - 99 * DAY,
        last=last,
        step=np.full(n, step),
        close=np.full(n, 110.0),
        code=np.array(codes, dtype=np.int8),
        confidence=np.array(confidence),
        age=np.full(n, 7),
        censored=np.array([i == 0 for i in range(n)]),
        before=before,
    )


def before(codes, confidence, close=100.0):
    return Before(np.full(len(codes), close), np.array(codes, dtype=np.int8), np.array(confidence))


def upload(**changes):
    return Upload(**{"id": UPLOAD_ID, "folder": Path("/"), "name": "three.csv", "reading": "as-found", **changes})


def test_a_symbol_in_a_new_regime_comes_first_then_the_largest_move():
    known = summary("ABC", [CALM, CALM, BULL], [0.70, 0.60, 0.50], before([CALM, CALM, RANGING], [0.72, 0.90, 0.55]))
    rows = watched.rows([Standing("three", UPLOAD_ID, upload(symbol="A"), known)])
    assert [(row["symbol"], row["changed"]) for row in rows] == [("C", True), ("B", False), ("A", False)]
    assert [row["since"].replace("\u00a0", " ") for row in rows] == ["was ranging", "90 % → 60 % sure", "72 % → 70 % sure"]
    assert [row["id"] for row in rows] == [f"{UPLOAD_ID}.2", f"{UPLOAD_ID}.1", f"{UPLOAD_ID}.0"]
    assert (
        watched.title(rows, "rules").replace("\u00a0", " ")
        == "Watchlist: 3 symbols by rules, 1 in a new regime on the newest bar"
    )
    first = rows[-1]
    assert (first["regime"], first["sign"], first["age"], first["longer"], first["last"]) == (
        "Calm",
        "●",
        7,
        True,
        "2018-01-01",
    )
    assert first["change"] == pytest.approx(0.1)
    assert (first["own"], first["file"]) == (True, "three.csv")


@pytest.mark.parametrize(
    ("code", "code_before", "now", "then", "told"),
    [
        (CALM, BULL, 0.6, 0.9, "was trending bullish"),
        (CALM, UNKNOWN, 0.6, 0.0, "was unknown"),
        (UNKNOWN, CALM, 0.0, 0.6, "was calm"),
        (CALM, CALM, 0.614, 0.606, "still 61 % sure"),
        (CALM, CALM, 0.58, 0.62, "62 % → 58 % sure"),
        (UNKNOWN, UNKNOWN, 0.0, 0.0, "–"),
        (CALM, -1, 0.6, float("nan"), "–"),
    ],
)
def test_what_changed_is_told_in_words(code, code_before, now, then, told):
    assert watched.since(code, code_before, now, then).replace("\u00a0", " ") == told


def test_what_an_earlier_version_kept_is_listed_without_the_bar_before():
    (row,) = watched.rows([Standing("old", UPLOAD_ID, upload(), summary(["x"], [BEAR], [0.8]))])
    assert (row["id"], row["symbol"], row["since"], row["change"], row["changed"]) == (UPLOAD_ID, "old", "–", None, False)


def test_a_file_that_the_model_has_not_labelled_is_last_and_says_so():
    standing = Standing("three · A", f"{UPLOAD_ID}.0", upload(symbol="A"), None)
    known = Standing("S&P 500", "sp500", None, summary(["x"], [BEAR], [0.8]))
    rows = watched.rows([standing, known])
    assert [row["id"] for row in rows] == ["sp500", f"{UPLOAD_ID}.0"]
    assert (rows[1]["regime"], rows[1]["since"]) == (None, watched.NOT_LABELLED)
    assert (rows[0]["own"], rows[0]["file"]) == (False, watched.BUNDLED)


def test_what_is_shared_is_named_so_and_cannot_be_removed():
    (row,) = watched.rows([Standing("btc", UPLOAD_ID, upload(name="btc.csv", shared=True), summary(["x"], [BEAR], [0.8]))])
    assert (row["file"], row["own"]) == ("btc.csv (shared)", False)


def test_intraday_symbols_are_told_to_the_minute():
    (row,) = watched.rows([Standing("m", UPLOAD_ID, upload(), summary(["x"], [BEAR], [0.8], step=60_000_000_000))])
    assert row["last"] == "2018-01-01 00:00"


@pytest.mark.parametrize(("n", "rows"), [(0, 1), (2, 2), (6, 6), (500, 6)])
def test_the_list_scrolls_beyond_six(n, rows):
    assert watchlist.height(n)["height"] == f"{36 * (rows + 1) + 4}px"
