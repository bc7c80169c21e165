"""What every figure can: be taken home as a picture and a table, and be walked over with the arrow keys."""

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from scrolling import scroll_through, settled

pytestmark = pytest.mark.browser
PNG = b"\x89PNG\r\n\x1a\n"


def chart(visitor):
    page = visitor.open("/?dataset=sp500&range=1m")
    expect(page.locator("#overview-price .js-plotly-plot .hm").first).to_be_attached()
    return page, page.locator(".figure-box", has=page.locator("#overview-price"))


def taken(page, box, kind):
    with page.expect_download() as download:
        box.get_by_role("button", name=kind).press("Enter")
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def test_a_figure_can_be_taken_home_as_a_picture_and_as_a_table(visitor):
    page, box = chart(visitor)
    name, picture = taken(page, box, "PNG")
    assert re.fullmatch(r"S_P_500_price_and_regime_\w+\.png", name)
    assert picture.startswith(PNG)
    width, height = (int.from_bytes(picture[at : at + 4], "big") for at in (16, 20))
    assert width == 2 * page.evaluate("document.querySelector('#overview-price .js-plotly-plot').clientWidth")
    assert height > width / 4

    name, table = taken(page, box, "CSV")
    assert re.fullmatch(r"S_P_500_price_and_regime_\w+\.csv", name)
    rows = list(csv.reader(io.StringIO(table.decode("utf-8-sig"))))
    close = page.evaluate(
        "(() => { const plot = document.querySelector('#overview-price .js-plotly-plot');"
        " const t = plot._fullData.find((t) => t.mode === 'lines');"
        " return [t.name, Array.from(t.x).map(String), Array.from(t.y)]; })()"
    )
    found = [row for row in rows if row[0] == close[0]]
    assert [row[1] for row in found] == close[1]
    assert [float(row[2]) for row in found] == close[2]
    assert rows[0] == ["series", "date", "value", "told"]
    assert re.match(r"⚡\ufe0e Volatile, confidence 81\s%; 55\sbars", found[-1][3])


def rows_of(page, box):
    _, table = taken(page, box, "CSV")
    return list(csv.reader(io.StringIO(table.decode("utf-8-sig"))))


@pytest.mark.parametrize(
    ("path", "chart", "head", "first"),
    [
        (
            "/",
            "#overview-followed",
            ["series", "Mean return", "over the next", "Mean return, low", "Mean return, high", "told"],
            (2, r"1 day"),
        ),
        (
            "/features",
            "[id*=features-matrix]",
            ["series", "feature", "and feature", "correlation"],
            (2, r"Close below its 63-bar high"),
        ),
        (
            "/evaluation",
            "#evaluation-reliability",
            ["series", "probability said", "share that came true", "times said", "told"],
            (3, r"[1-9]\d*"),
        ),
    ],
)
def test_a_table_is_told_in_the_words_of_its_figure(visitors, path, chart, head, first):
    page = visitors(viewport={"width": 1440, "height": 900}).open(path)
    scroll_through(page)
    box = page.locator(".figure-box", has=page.locator(chart)).first
    box.scroll_into_view_if_needed()
    settled(page)
    rows = rows_of(page, box)
    assert rows[0] == head
    column, told = first
    assert re.fullmatch(told, rows[1][column].replace("\u00a0", " "))


def test_the_arrow_keys_walk_over_a_figure_and_what_it_tells_is_read_out(visitor):
    page, box = chart(visitor)
    figure = box.locator(".chart")
    figure.focus()
    page.keyboard.press("End")
    last = box.locator(".figure-said")
    expect(last).to_contain_text("31 Dec 2018")
    page.keyboard.press("ArrowLeft")
    expect(last).to_contain_text("28 Dec 2018")
    page.keyboard.press("Home")
    expect(last).not_to_contain_text("28 Dec 2018")
    expect(page.locator("#overview-price .hoverlayer text")).not_to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("#overview-price .hoverlayer text")).to_have_count(0)
