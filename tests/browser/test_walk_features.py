"""The Features page as an analyst walks it: where values stand, one crosshair, correlation by label, drift."""

import re

import pytest
from playwright.sync_api import expect

from waiting import wait_until

pytestmark = pytest.mark.browser
OVER = "#features-over .js-plotly-plot"


def opened(visitor, query="?dataset=sp500"):
    page = visitor.open(f"/features{query}")
    expect(page.locator(f"{OVER} .scatterlayer path").first).to_be_attached()
    expect(page.locator("#features-newest tbody tr").first).to_be_visible()
    return page


def scrolled(page, element):
    """Go down until a section has joined the page and drawn this."""
    for section in ("spread", "correlation", "drift"):
        room = page.locator(f"[id*='\"features-{section}\"'][id*='\"later\"']")
        room.scroll_into_view_if_needed()
        if page.locator(element).count():
            break
    found = page.locator(element).first
    expect(found).to_be_attached()
    found.scroll_into_view_if_needed()
    return found


def plot(page, name):
    return page.evaluate(f"document.querySelector('#{name} .js-plotly-plot')?.data")


def test_newest_values_are_a_table_with_their_history(visitor):
    page = opened(visitor, "?dataset=vix&features=volatility_21,rsi_14,amihud_21")
    rows = page.locator("#features-newest tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_contain_text(re.compile(r"above \d+\s% of the past, highest since 7\sDec\s2018"))
    expect(rows.nth(2)).to_contain_text("not known: no volume here")
    told = page.locator("#features-newest [role=img]").first.get_attribute("aria-label")
    assert re.match(r"History from .* to .*\. Now .*, above .* of the past; median .*, a year before .*\.", told)


def test_one_crosshair_runs_through_all_panels_and_the_strip(visitor):
    page = opened(visitor)
    page.locator(OVER).scroll_into_view_if_needed()
    box = page.locator(f"{OVER} .nsewdrag").first.bounding_box()
    for step in (0.40, 0.41):
        page.mouse.move(box["x"] + step * box["width"], box["y"] + 40)
        page.wait_for_timeout(150)
    hover = page.locator(f"{OVER} .hoverlayer .legend")
    for word in ("2018", "Volatility, 21 bars", "63-bar high", "20 closes", "strength index", "of the past then"):
        expect(hover).to_contain_text(word)
    line = page.locator(f"{OVER} .spikeline").first
    area = page.evaluate(f"(s => [s.t, s.t + s.h])(document.querySelector('{OVER}')._fullLayout._size)")
    ends = sorted(float(line.get_attribute(end)) for end in ("y1", "y2"))
    assert ends == pytest.approx(area, abs=1)


def test_arrow_keys_drive_the_crosshair_and_each_bar_is_read_out(visitor):
    page = opened(visitor)
    page.locator(".chart:has(#features-over)").focus()
    said = page.locator(".figure-box:has(#features-over) .figure-said")
    page.keyboard.press("ArrowLeft")
    expect(said).to_contain_text(re.compile(r"31 Dec 2018; .+; Volatility, 21 bars: 1\.80\s% per bar"))
    expect(said).to_contain_text("Relative strength index, 14 bars: 41.7, above 16")
    page.keyboard.press("ArrowLeft")
    expect(said).to_contain_text("28 Dec 2018")
    expect(page.locator(f"{OVER} .spikeline").first).to_be_attached()


def test_correlation_follows_the_strip(visitor):
    page = opened(visitor)
    scrolled(page, "#features-matrices .js-plotly-plot")
    expect(page.locator("#features-matrices h3").first).to_contain_text(re.compile(r"All bars \d+\sbars"))
    expect(page.locator("#features-matrices-key")).to_contain_text("Largest change: ")
    page.get_by_text("Stress state", exact=True).click()
    page.locator("#features-matrices-title").scroll_into_view_if_needed()
    expect(page.locator("#features-matrices h3")).to_have_count(3)
    expect(page.locator("#features-matrices h3").nth(2)).to_contain_text("High stress")
    page.get_by_text("None", exact=True).click()
    page.locator("#features-matrices-title").scroll_into_view_if_needed()
    expect(page.locator("#features-matrices h3")).to_have_count(1)
    expect(page.locator("#features-matrices-key")).not_to_contain_text("Largest change")
    page.wait_for_url("**strip=none**")


def test_few_bars_of_a_label_say_so(visitor):
    page = opened(visitor, "?dataset=sp500&range=1m&strip=none")
    scrolled(page, "#features-matrices h3")
    expect(page.locator("#features-matrices")).to_contain_text("Too few bars: at least 30 are needed")
    scrolled(page, "#features-drift-verdict p")
    expect(page.locator("#features-drift-verdict")).to_contain_text("so few differ by chance alone")


def test_drift_is_explained_and_each_input_can_be_looked_at(visitors):
    visitor = visitors()
    page = opened(visitor, "?dataset=sp500&range=5y")
    scrolled(page, "#features-drift .scatterlayer .point")
    expect(page.locator("#features-drift-verdict")).to_contain_text(re.compile(r"\d+ of 36 inputs lie beyond the band"))
    expect(page.locator("#features-drift-words")).to_contain_text("bars of simulated markets")
    expect(page.locator("#features-drift-words .term")).to_have_attribute("href", "/glossary#drift")
    assert len(plot(page, "features-drift")) == 3
    page.select_option("#features-input", "fat_tails")
    expect(page.locator("#features-input-title")).to_contain_text("Probability of fat-tailed shocks: index")
    page.wait_for_url("**input=fat_tails**")
    wait_until(lambda: plot(page, "features-input-shares")[1]["name"] == "S&P 500, in sight", seconds=30)
    dot = page.locator("#features-drift .scatterlayer .trace").last.locator(".point").nth(2)
    dot.scroll_into_view_if_needed()
    box = dot.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_timeout(200)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator("#features-input-title")).not_to_contain_text("fat-tailed")
    chosen = page.locator("#features-input").input_value()
    page.wait_for_url(f"**input={chosen}**")
    other = opened(visitors(), page.url.removeprefix(visitor.address).removeprefix("/features"))
    scrolled(other, "#features-drift .scatterlayer .point")
    expect(other.locator("#features-input")).to_have_value(chosen)


def test_the_range_that_is_dragged_is_the_range_of_all_sections(visitor):
    page = opened(visitor, "?dataset=sp500&range=all")
    scrolled(page, "#features-drift .scatterlayer .point")
    assert len(plot(page, "features-drift")) == 2
    page.locator("#features-preset").get_by_text("1Y", exact=True).click()
    page.locator("#features-drift-title").scroll_into_view_if_needed()
    expect(page.locator("#features-drift-title")).to_contain_text(re.compile(r"2\sJan\s2018 – 31\sDec\s2018"))
    wait_until(lambda: len(plot(page, "features-drift")) == 3, seconds=30)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_sections_fit_a_phone(visitors, scheme):
    page = opened(visitors(viewport={"width": 390, "height": 844}, color_scheme=scheme))
    scrolled(page, "#features-drift .scatterlayer .point")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_no_room_jumps_when_its_section_comes(visitors):
    page = opened(visitors(viewport={"width": 1440, "height": 900}))
    scrolled(page, "#features-drift .scatterlayer .point")
    page.wait_for_timeout(500)
    rooms = page.evaluate(
        """[...document.querySelectorAll('[id*="later"]')].filter(room => room.style.minHeight).map(
             room => [parseInt(room.style.minHeight), room.firstElementChild.offsetHeight])"""
    )
    assert len(rooms) == 3
    assert all(abs(kept - real) <= 24 for kept, real in rooms), rooms
