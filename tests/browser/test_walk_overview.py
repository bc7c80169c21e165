"""The Overview as an analyst walks it: from the answer to what it was worth, what comes next, and on to another dataset."""

import csv
import io
import math
import re

import pytest
from playwright.sync_api import expect

from waiting import wait_until

pytestmark = pytest.mark.browser


def prices(n, step=86_400):
    lines = ["timestamp,open,high,low,close,volume"]
    for i in range(n):
        price = 100 + 10 * math.sin(i / 15) + math.sin(i * 2.3)
        lines.append(f"{1_600_000_000 + i * step},{price:.3f},{price + 1:.3f},{price - 1:.3f},{price:.3f},{1000 + i}")
    return "\n".join(lines).encode()


def upload(page, name, data):
    page.locator("#label-upload input[type=file]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": data})
    page.wait_for_url(re.compile("dataset=u"))
    expect(page.locator("#label-price-title")).to_contain_text(name.removesuffix(".csv"))
    return re.search("dataset=([^&]+)", page.url)[1]


def come_to(page, section):
    """Scroll a section into sight, and the last of its room with it."""
    room = page.locator(f"[id*='{section}'][id*='\"later\"']")
    room.scroll_into_view_if_needed()
    page.evaluate("window.scrollBy(0, 300)")


def x_range(page, graph):
    return page.evaluate(f"document.querySelector('#{graph} .js-plotly-plot')?.layout.xaxis.range.map(String)")


def hover_middle(page, graph):
    box = page.locator(f"#{graph} .nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 10)
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 12, steps=3)


def test_the_answer_and_what_changed_are_in_sight_first(visitor):
    page = visitor.open("/?dataset=sp500&model=boosted&range=1y")
    expect(page.locator("#overview-since")).to_contain_text(
        re.compile(r"Since 28\s+Dec\s+2018: still volatile, confidence 93\s% → 81\s%, close \+0\.8\s%\.")
    )
    expect(page.locator("#overview-price .js-plotly-plot .hm").first).to_be_attached()
    assert page.locator("#overview-followed").count() == 0
    assert page.locator("#overview-spells").count() == 0


def test_strips_share_the_axis_of_the_price_and_a_drag_over_them_moves_both(visitor):
    page = visitor.open("/?dataset=sp500&range=1y")
    come_to(page, "overview-strips")
    expect(page.locator("#overview-strips-told")).to_contain_text(re.compile(r"All three detectors named the same regime on"))
    wait_until(lambda: x_range(page, "overview-strips") == x_range(page, "overview-price"), seconds=30)
    hover_middle(page, "overview-strips")
    told = page.locator("#overview-strips .hoverlayer")
    for part in ("Boosted: ", "Ensemble: ", "Rules: ", "Stress state: ", "in sample"):
        expect(told).to_contain_text(part)
    before = x_range(page, "overview-price")
    box = page.locator("#overview-strips .nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 12, steps=4)
    page.mouse.up()
    page.wait_for_url(re.compile(r"range=2018-\d\d-\d\dT.*\.\.2018"))
    wait_until(lambda: before[0] < x_range(page, "overview-price")[0], seconds=30)
    wait_until(lambda: x_range(page, "overview-strips") == x_range(page, "overview-price"), seconds=30)
    assert x_range(page, "overview-price")[1] < before[1]
    page.get_by_text("6M", exact=True).click()
    page.wait_for_url("**range=6m**")
    wait_until(lambda: x_range(page, "overview-strips") == x_range(page, "overview-price"), seconds=30)


def test_what_followed_is_told_by_words_figure_and_numbers_and_can_be_taken_home(visitor):
    page = visitor.open("/?dataset=sp500&model=boosted")
    come_to(page, "overview-ahead")
    expect(page.locator("#overview-followed-told")).to_contain_text(
        re.compile(r"After a volatile label the next 21\s+days brought .*95\s+% interval.*against .* after all days")
    )
    expect(page.locator("#overview-followed .js-plotly-plot .point").first).to_be_attached()
    numbers = page.locator("#overview-followed-more")
    expect(numbers.locator("table")).to_be_hidden()
    numbers.get_by_text("All numbers").click()
    expect(numbers.locator("tbody tr")).to_have_count(12)
    box = page.locator(".followed-card")
    with page.expect_download() as download:
        box.locator("[data-take=csv]").click()
    rows = list(csv.reader(io.StringIO(download.value.path().read_text(encoding="utf-8-sig"))))
    assert sum(row[0] == "After volatile labels" for row in rows) == 3
    page.locator("#overview-model").select_option("rules")
    expect(page.locator("#overview-followed-title")).to_contain_text("a ranging label")
    expect(page.locator("#overview-followed-told")).to_contain_text("After a ranging label")


def test_what_comes_next_keeps_regimes_and_states_apart(visitor):
    page = visitor.open("/?dataset=sp500&model=boosted")
    come_to(page, "overview-ahead")
    regimes, states = page.locator("#overview-regime-odds"), page.locator("#overview-state-odds")
    expect(regimes.locator(".odd")).to_have_count(5)
    expect(states.locator(".odd")).to_have_count(2)
    expect(states).to_contain_text("In sample: the model was fitted on days through")
    expect(states).to_contain_text(re.compile(r"as today \d+\.\d\s+%"))
    states.get_by_role("link", name="More on the Forecast page").click()
    page.wait_for_url("**/forecast?dataset=sp500**")
    expect(page.locator("#forecast-headline")).to_contain_text("likely")


def test_a_card_leads_to_its_dataset_by_mouse_and_keyboard_and_keeps_the_view(visitor):
    page = visitor.open("/?dataset=sp500&model=rules&range=6m&style=candles")
    expect(page.locator("#overview-price .js-plotly-plot .hm").first).to_be_attached()
    come_to(page, "overview-watched")
    cards = page.locator(".watch-card")
    expect(cards).to_have_count(3)
    expect(cards.first).to_contain_text("on this page")
    expect(cards.first.locator("img")).to_have_attribute("alt", re.compile("The last 90\\s+closes, from .* ranging on"))
    assert page.evaluate("getComputedStyle(document.querySelector('.spark-line')).maskImage").startswith('url("data:image/svg')
    cards.nth(1).focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("dataset=vix"))
    expect(page.locator("#overview-price-title")).to_contain_text("closes only: there are no candles to draw")
    for part in ("model=rules", "range=6m", "style=candles"):
        assert part in page.url
    assert page.locator("#dataset").input_value() == "vix"
    page.go_back()
    expect(page.locator("#overview-price-title")).to_contain_text("S&P 500")


def test_a_short_upload_has_a_card_and_says_what_is_missing(visitors):
    visitor = visitors()
    page = visitor.open("/label")
    forty, sixty = upload(page, "forty.csv", prices(40)), upload(page, "sixty.csv", prices(60))
    page = visitor.open(f"/?dataset={sixty}")
    come_to(page, "overview-strips")
    expect(page.locator("#overview-strips-told")).to_contain_text("60 days are too few for stress states")
    come_to(page, "overview-ahead")
    expect(page.locator("#overview-followed-told")).to_contain_text("too few to tell whether that is chance")
    expect(page.locator("#overview-state-odds")).to_contain_text("60 days are too few for stress states")
    come_to(page, "overview-watched")
    expect(page.locator(".watch-on")).to_contain_text("sixty")
    page.locator(".watch-card", has_text="forty").click()
    page.wait_for_url(f"**dataset={forty}**")
    expect(page.locator("#overview-headline")).to_contain_text("need 50")
    come_to(page, "overview-strips")
    expect(page.locator("#overview-strips-told")).to_contain_text("No detector has labels here")
    come_to(page, "overview-ahead")
    expect(page.locator("#overview-followed-told")).to_contain_text("have no label that anything could follow")
    expect(page.locator("#overview-followed-box")).to_be_hidden()
    assert "sixty" not in visitors().open("/").content()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_every_section_without_scrolling_sideways(visitors, scheme):
    page = visitors(viewport={"width": 390, "height": 844}, color_scheme=scheme).open("/?dataset=vix")
    for section in ("overview-strips", "overview-ahead", "overview-watched", "overview-thirds", "overview-history"):
        come_to(page, section)
    expect(page.locator("#overview-spells .ag-row").first).to_be_attached()
    expect(page.locator("#overview-regime-odds .odd")).to_have_count(5)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_nothing_jumps_when_a_section_joins_the_page(visitor):
    page = visitor.open("/?dataset=sp500&range=1y")
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(page.locator("#overview-price .js-plotly-plot .hm").first).to_be_attached()
    places = page.evaluate(
        "[...document.querySelectorAll('[id*=later]')].map(room => room.getBoundingClientRect().top + scrollY)"
    )
    for section in ("overview-strips", "overview-ahead", "overview-watched", "overview-thirds"):
        come_to(page, section)
    come_to(page, "overview-history")
    expect(page.locator("#overview-spells .ag-row").first).to_be_visible()
    expect(page.locator(".watch-card")).to_have_count(3)
    expect(page.locator("#overview-regime-odds .odd")).to_have_count(5)
    expect(page.locator("#overview-followed .js-plotly-plot .point").first).to_be_attached()
    after = page.evaluate(
        "[...document.querySelectorAll('[id*=later]')].map(room => room.getBoundingClientRect().top + scrollY)"
    )
    moved = [abs(one - other) for one, other in zip(places, after, strict=True)]
    assert max(moved) <= 40
