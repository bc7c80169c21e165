"""Every page in a real browser against a real server with two workers."""

import csv
import io
import math
import re

import pytest
from playwright.sync_api import expect

from waiting import wait_until

pytestmark = pytest.mark.browser
TITLE = "#overview-price-title"
HEADLINE = "#overview-headline"


def x_range(page, graph):
    """The time axis that is drawn."""
    return page.evaluate(f"document.querySelector('#{graph} .js-plotly-plot').layout.xaxis.range.map(String)")


def prices(n, *, bad_row=None, step=86_400, start=1_600_000_000):
    """CSV of a price that swings around 100."""
    lines = ["timestamp,open,high,low,close,volume"]
    for i in range(n):
        price = 100 + 10 * math.sin(i / 15) + math.sin(i * 2.3)
        close = "oops" if i == bad_row else f"{price:.3f}"
        lines.append(f"{start + i * step},{price:.3f},{price + 1:.3f},{price - 1:.3f},{close},{1000 + i}")
    return "\n".join(lines) + "\n"


def drop(page, name, text):
    page.locator("#label-upload input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": text if isinstance(text, bytes) else text.encode()}
    )


def overview(visitor, query=""):
    page = visitor.open(f"/{query}")
    expect(page.locator(TITLE)).to_contain_text("price and regime, ")
    expect(page.locator("#overview-price .js-plotly-plot .hm").first).to_be_attached()
    return page


def to_the_end(page):
    """Scroll down until every section has joined the page."""
    for _ in range(12):
        page.evaluate("window.scrollBy(0, 700)")
        page.wait_for_timeout(150)
    expect(page.locator("#overview-spells .ag-row").first).to_be_visible()


def test_overview_answers_and_its_controls_work(visitor):
    page = overview(visitor)
    expect(page.locator(HEADLINE)).to_contain_text(
        re.compile(r"\d+\s% likely \w+.*, for (at least )?\d+\s(day|bar)|No regime stands out")
    )
    expect(page.locator(".where")).to_contain_text(re.compile(r"as of \d+\s\w+\s\d{4} \(.+\)"))
    to_the_end(page)
    expect(page.locator(".matrix tbody tr")).to_have_count(5)
    page.evaluate("window.scrollTo(0, 0)")

    year = x_range(page, "overview-price")
    page.get_by_text("1M", exact=True).click()
    page.wait_for_url("**range=1m**")
    wait_until(lambda: x_range(page, "overview-price")[0] != year[0], seconds=30)
    month = x_range(page, "overview-price")
    assert month[0] > year[0]
    assert month[1] == year[1]

    first = page.locator(HEADLINE).inner_text()
    title = page.locator(TITLE).inner_text()
    page.select_option("#dataset", "vix")
    expect(page.locator(TITLE)).to_contain_text("VIX")
    expect(page.locator(HEADLINE)).not_to_have_text(first)
    page.go_back()
    expect(page.locator(TITLE)).to_have_text(title)
    page.go_back()
    page.wait_for_url("**range=1y**")
    expect(page.locator(TITLE)).not_to_have_text(title)

    page.get_by_text("Candles", exact=True).click()
    expect(page.locator(TITLE)).to_contain_text("candles")


def test_dragging_over_the_chart_shows_that_range_and_a_link_opens_the_same_view(visitors):
    visitor = visitors()
    page = overview(visitor, "?dataset=sp500&model=rules&range=5y")
    before = x_range(page, "overview-price")
    box = page.locator("#overview-price .nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 60, steps=4)
    page.mouse.up()
    page.wait_for_url(re.compile(r"range=\d{4}-\d\d-\d\dT.*\.\."))
    wait_until(lambda: x_range(page, "overview-price")[1] < before[1], seconds=30)
    expect(page.locator(TITLE)).not_to_contain_text(before[0][:4])
    title = page.locator(TITLE).inner_text()
    other = overview(visitors(), page.url.removeprefix(visitor.address).lstrip("/"))
    expect(other.locator(TITLE)).to_have_text(title)
    assert other.locator("#overview-model").input_value() == "rules"


def test_page_links_keep_the_view(visitor):
    page = overview(visitor, "?dataset=vix&range=6m")
    page.get_by_role("link", name="Label", exact=True).click()
    expect(page.locator("#label-price-title")).to_contain_text("VIX: price and regime")
    assert "dataset=vix" in page.url
    assert "range=6m" in page.url


def test_a_file_is_labelled_downloaded_and_shown_to_its_visitor_only(visitors):
    visitor = visitors()
    page = visitor.open("/label")
    expect(page.locator("#label-upload")).to_contain_text("Up to 25 MB")
    drop(page, "swings.csv", prices(300))
    expect(page.locator("#label-understood")).to_contain_text(re.compile(r"Rows read\s*300"))
    expect(page.locator("#label-summary-title")).to_have_text("swings")
    expect(page.locator("#label-price-title")).to_contain_text("swings: price and regime")
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    expect(page.locator("#label-table .ag-row").first).to_contain_text("9 Jul 2021")
    assert page.locator("#dataset option").all_inner_texts()[-1] == "swings"

    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    assert download.value.suggested_filename == "swings_labels.csv"
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
    assert len(rows) == 300
    assert [row["regime"] for row in rows[:49]] == ["unknown"] * 49
    assert len({row["regime"] for row in rows}) > 1
    shown = page.locator("#label-table .ag-row").first.inner_text()
    assert rows[-1]["regime"].replace("_", " ") in shown.lower()

    link = page.url
    page.reload()
    expect(page.locator("#label-summary-title")).to_have_text("swings")
    expect(page.locator("#label-understood")).to_contain_text("Rows read")
    expect(page.locator("#label-where")).to_contain_text(
        re.compile(r"swings\s*300\sbars, 13\s+Sep\s+2020 – 9\s+Jul\s+2021 \(upload\)")
    )
    for path in (link, link.replace("/label", "/")):
        stranger = visitors().open(path.removeprefix(visitor.address))
        expect(
            stranger.get_by_text("it belongs to another visitor").or_(stranger.get_by_text("or belongs to another"))
        ).to_be_visible()
        assert "swings" not in stranger.content()


def test_a_bad_file_is_told_by_row_and_column_and_the_page_lives_on(visitor):
    page = visitor.open("/label")
    drop(page, "bad.csv", prices(120, bad_row=70))
    expect(page.locator("#label-question")).to_contain_text('bad.csv, line 72, column "close": "oops"')
    drop(page, "trap.csv", b"\x80\x04\x95" + bytes(200))
    expect(page.locator("#label-message")).to_contain_text("is a Python pickle")
    drop(page, "big.csv", b"1" * 25_100_000)
    expect(page.locator("#label-message")).to_contain_text("the limit is 25 MB")
    drop(page, "short.csv", prices(49))
    expect(page.locator("#label-summary")).to_contain_text("49\u00a0bars are too few to label: 50 are needed")


def test_a_file_name_is_text_and_nothing_else(visitor):
    page = visitor.open("/label")
    drop(page, "<img src=x onerror=alert(1)>.csv", prices(80))
    expect(page.locator("#label-summary-title")).to_have_text("<img src=x onerror=alert(1)>")
    expect(page.locator("#label-price-title")).to_contain_text("<img src=x onerror=alert(1)>: price and regime")
    assert page.locator("img[src=x]").count() == 0
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    assert download.value.suggested_filename == "img_src_x_onerror_alert_1_labels.csv"


def test_closes_only_say_that_there_are_no_candles(visitor):
    page = overview(visitor, "?dataset=vix&style=candles")
    expect(page.locator(TITLE)).to_contain_text("closes only")


def test_an_address_without_a_page_leads_back(visitor):
    page = visitor.open("/nothing-here")
    expect(page.locator("main")).to_contain_text("There is no such page")
    page.get_by_role("link", name="Show the S&P 500").click()
    expect(page.locator(TITLE)).to_contain_text("S&P 500: price and regime, ")


def test_a_long_file_is_labelled_in_the_background(visitor):
    page = visitor.open("/label")
    drop(page, "minutes.csv", prices(50_500, step=60))
    expect(page.locator("#label-understood")).to_contain_text("50,500")
    expect(page.locator("#label-summary")).to_contain_text("on the newest bar")
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    expect(page.locator("#label-table .ag-row").first).to_be_visible()
    expect(page.get_by_role("link", name="Download CSV")).to_be_visible()


def test_an_update_that_fails_says_so_and_leaves_the_data(visitor):
    page = overview(visitor)
    headline = page.locator(HEADLINE).inner_text()
    page.get_by_role("button", name="Update data").click()
    expect(page.locator(".job-failed, .job-done")).to_contain_text("not updated")
    assert page.locator(HEADLINE).inner_text() == headline


def test_the_theme_follows_the_system_until_it_is_switched_and_is_remembered(visitors):
    page = overview(visitors(color_scheme="dark"))
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    page.locator("#theme-switch").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
    line = "document.querySelector('#overview-price .js-plotly-plot').data.find(trace => trace.name == 'Close').line.color"
    wait_until(lambda: page.evaluate(line) == "#1B2330", seconds=30)
    page.reload()
    expect(page.locator(TITLE)).to_contain_text("price and regime, ")
    assert page.locator("html").get_attribute("data-bs-theme") == "light"


@pytest.mark.parametrize("path", ["/", "/label"])
def test_a_phone_needs_no_scrolling_sideways(visitors, path):
    visitor = visitors(viewport={"width": 390, "height": 844})
    page = visitor.open(path)
    expect(page.locator(".js-plotly-plot .hm").first).to_be_attached()
    if path == "/":
        to_the_end(page)
        page.evaluate("window.scrollTo(0, 0)")
    expect(page.locator(".ag-row").first).to_be_attached()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".js-plotly-plot").first.bounding_box()["height"] >= 260
    expect(page.locator("#dataset")).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    expect(page.locator("#dataset")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("path", ["/", "/label"])
def test_controls_are_reached_by_keyboard_and_have_names(visitor, path):
    page = visitor.open(path)
    if path == "/":
        to_the_end(page)
        page.evaluate("window.scrollTo(0, 0)")
    expect(page.locator(".ag-row").first).to_be_attached()
    nameless = page.evaluate(
        """[...document.querySelectorAll('.top button, .top select, main button, main select, main a')].filter(
             element => !(element.innerText.trim() || element.labels?.length || element.ariaLabel || element.title)
           ).map(element => element.outerHTML)"""
    )
    assert nameless == []
    reached = set()
    for _ in range(14):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.innerText.trim()"))
    assert {"dataset", "theme-switch"} <= reached
    label = "overview-price-text" if path == "/" else "label-price-text"
    expect(page.locator(f"[role=img][aria-labelledby={label}]")).to_be_visible()
    expect(page.locator(f"#{label}")).to_contain_text("Line chart. S&P 500: price and regime")
