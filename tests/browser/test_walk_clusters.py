"""Clusters as an analyst walks it: days chosen in one chart are seen in all, and how firm the labels are."""

import csv
import io
import re

import pytest
from playwright.sync_api import expect

from waiting import wait_until

pytestmark = pytest.mark.browser
TOLD = "#clusters-told"
HINT = re.compile("^Drag over days in either chart")
FIGURE = "document.querySelector('#clusters-{} .js-plotly-plot')"
LATE_2018 = "2018-10-03..2018-12-31"


def opened(visitor, query="?dataset=sp500&k=2"):
    page = visitor.open(f"/clusters{query}")
    expect(page.locator("#clusters-scatter .js-plotly-plot .points path").first).to_be_attached()
    expect(page.locator("#clusters-price .js-plotly-plot .scatterlayer path").first).to_be_attached()
    expect(page.locator(".light").first).to_be_visible()
    return page


def drag(page, chart, first, last):
    """Drag from one place of a chart to another, as shares of its width and height."""
    box = page.locator(f"#clusters-{chart} .nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + first[0] * box["width"], box["y"] + first[1] * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + last[0] * box["width"], box["y"] + last[1] * box["height"], steps=6)
    page.mouse.up()
    return box


def lit_in_scatter(page):
    """Rows of the days lit in the scatter; None where all are as bright."""
    return page.evaluate(
        f"""(() => {{
          const traces = {FIGURE.format("scatter")}.data || [];
          const lit = traces.flatMap(trace => [...(trace.selectedpoints || [])].map(i => trace.customdata[i][0]));
          return traces.some(trace => trace.selectedpoints) ? lit : null;
        }})()"""
    )


def lit_on_price(page):
    return page.evaluate(f"{FIGURE.format('price')}.data?.[2]?.x.length")


def number_told(page):
    found = re.match(r"([\d,]+)\s", page.locator(TOLD).inner_text())
    return int(found[1].replace(",", "")) if found else 0


def same_days_everywhere(page):
    number = number_told(page)
    wait_until(lambda: lit_on_price(page) == number and len(lit_in_scatter(page) or []) == number, seconds=30)
    return number


def nothing_chosen(page):
    expect(page.locator(TOLD)).to_have_text(HINT)
    wait_until(lambda: lit_on_price(page) == 0 and lit_in_scatter(page) is None, seconds=30)
    assert "days=" not in page.url
    expect(page.locator("#clusters-release")).to_be_disabled()


def test_a_stretch_of_time_dragged_over_lights_its_days_in_the_scatter(visitors):
    visitor = visitors()
    page = opened(visitor)
    drag(page, "price", (0.5, 0.2), (0.7, 0.4))
    expect(page.locator(TOLD)).to_contain_text(re.compile(r"^\d+\sdays chosen, .*\d{4} – .*\d{4}: "))
    assert same_days_everywhere(page) > 100
    page.wait_for_url(re.compile(r"days=20\d\d-\d\d-\d\d\.\.20\d\d-\d\d-\d\d"))
    address = page.url
    page.locator("#theme-switch").click()
    wait_until(lambda: page.evaluate(f"{FIGURE.format('price')}.data?.[2]?.marker.color") == "#7C9BFF", seconds=30)
    number = same_days_everywhere(page)
    other = opened(visitors(), address.removeprefix(visitor.address).removeprefix("/clusters"))
    expect(other.locator(TOLD)).to_have_text(page.locator(TOLD).inner_text())
    assert same_days_everywhere(other) == number


def test_days_are_let_go_by_double_click_escape_and_button(visitor):
    page = opened(visitor, f"?dataset=sp500&k=2&days={LATE_2018}")
    expect(page.locator(TOLD)).to_contain_text(re.compile(r"61\sdays chosen"))
    same_days_everywhere(page)
    page.keyboard.press("Escape")
    nothing_chosen(page)
    box = drag(page, "price", (0.2, 0.5), (0.4, 0.5))
    expect(page.locator(TOLD)).to_contain_text("chosen, ")
    same_days_everywhere(page)
    page.mouse.dblclick(box["x"] + 0.1 * box["width"], box["y"] + 0.3 * box["height"])
    nothing_chosen(page)
    drag(page, "scatter", (0.6, 0.2), (0.98, 0.95))
    expect(page.locator(TOLD)).to_contain_text("chosen, ")
    same_days_everywhere(page)
    assert "days=" not in page.url
    page.locator("#clusters-release").click()
    nothing_chosen(page)


def test_a_state_is_lit_by_the_keyboard_and_pressed_again_let_go(visitor):
    page = opened(visitor)
    high = page.locator(".light").nth(1)
    high.focus()
    page.keyboard.press("Enter")
    expect(page.locator(TOLD)).to_contain_text(re.compile(r"289\sdays of high stress chosen"))
    expect(high).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".light").nth(0)).to_have_attribute("aria-pressed", "false")
    assert same_days_everywhere(page) == 289
    page.wait_for_url("**days=state_1**")
    page.keyboard.press("Enter")
    nothing_chosen(page)
    expect(high).to_have_attribute("aria-pressed", "false")


def test_back_goes_to_the_days_before(visitor):
    page = opened(visitor)
    page.locator(".light").nth(1).click()
    page.wait_for_url("**days=state_1**")
    page.locator(".light").nth(0).click()
    page.wait_for_url("**days=state_0**")
    expect(page.locator(TOLD)).to_contain_text("days of low stress chosen")
    same_days_everywhere(page)
    page.go_back()
    expect(page.locator(TOLD)).to_contain_text("days of high stress chosen")
    same_days_everywhere(page)


def test_a_brush_that_catches_no_day_dims_none(visitor):
    page = opened(visitor)
    drag(page, "scatter", (0.02, 0.02), (0.06, 0.06))
    wait_until(lambda: lit_in_scatter(page) is None, seconds=30)
    expect(page.locator(TOLD)).to_have_text(HINT)


def test_brush_axes_and_dragging_stand_in_the_address_and_zooming_chooses_nothing(visitors):
    visitor = visitors()
    page = opened(visitor)
    page.get_by_text("Lasso", exact=True).click()
    page.wait_for_url("**brush=lasso**")
    page.get_by_text("Zoom", exact=True).click()
    page.wait_for_url("**drag=zoom**")
    wait_until(lambda: page.evaluate(f"{FIGURE.format('price')}.layout?.dragmode") == "zoom", seconds=30)
    drag(page, "price", (0.5, 0.2), (0.7, 0.4))
    wait_until(lambda: page.evaluate(f"{FIGURE.format('price')}.layout?.xaxis?.range?.[0]") > "2015", seconds=30)
    expect(page.locator(TOLD)).to_have_text(HINT)
    other = opened(visitors(), page.url.removeprefix(visitor.address).removeprefix("/clusters"))
    wait_until(lambda: other.evaluate(f"{FIGURE.format('scatter')}.layout?.dragmode") == "lasso", seconds=30)
    assert other.evaluate(f"{FIGURE.format('price')}.layout?.dragmode") == "zoom"


def to_the_end(page):
    for last in ("#clusters-tests tbody tr", "#clusters-moves-table tbody tr"):
        page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
        expect(page.locator(last).first).to_be_attached()
    page.locator("#clusters-moves-title").scroll_into_view_if_needed()


def test_what_lies_below_comes_as_it_is_scrolled_to(visitor):
    page = opened(visitor)
    for below in ("#clusters-tests", "#clusters-moves-table"):
        assert page.locator(below).count() == 0
    to_the_end(page)
    expect(page.locator("#clusters-statistics tbody tr")).to_have_count(2)


def test_how_firm_the_labels_are_by_k_penalty_and_seed(visitor):
    page = opened(visitor)
    to_the_end(page)
    expect(page.locator("#clusters-moves-told")).to_contain_text(re.compile(r"Divided into 3 states instead of 2, 13\.7\s%"))
    expect(page.locator("#clusters-moves-told")).to_contain_text("the border between states")
    page.get_by_text("Jump penalty", exact=True).first.click()
    page.wait_for_url("**vary=penalty**")
    expect(page.locator("#clusters-moves-title")).to_contain_text("how labels move with the jump penalty")
    expect(page.locator("#clusters-moves-table tbody tr")).to_have_count(9)
    expect(page.locator("#clusters-moves-table")).to_contain_text("only 1 of 2 states is ever met")
    bars = f"{FIGURE.format('settings')}.data?.[0]?.x"
    wait_until(lambda: page.evaluate(f"{bars}?.length") == 8, seconds=30)
    page.locator("#clusters-vary").get_by_text("Seed", exact=True).click()
    expect(page.locator("#clusters-moves-told")).to_contain_text("All 20 seeds give the same division")
    wait_until(lambda: page.evaluate(f"{bars}?.length") == 20, seconds=30)
    expect(page.locator("#clusters-over-time .js-plotly-plot .scatterlayer path").first).to_be_attached()
    with page.expect_download() as download:
        page.locator("#clusters-save-moves").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
    assert download.value.suggested_filename == "S_P_500_states_by_seed.csv"
    assert len(rows) == 40
    assert {float(row["share_changed"]) for row in rows} == {0.0}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_the_days_chosen_without_scrolling_sideways(visitors, scheme):
    page = opened(
        visitors(viewport={"width": 390, "height": 844}, color_scheme=scheme), f"?dataset=sp500&days={LATE_2018}&vary=penalty"
    )
    expect(page.locator(TOLD)).to_contain_text(re.compile(r"61\sdays chosen"))
    to_the_end(page)
    expect(page.locator("#clusters-moves-table tbody tr")).to_have_count(9)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
