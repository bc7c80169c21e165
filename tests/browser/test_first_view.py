"""What is in sight is there first, the rest comes as it is scrolled to, and nothing jumps when it does."""

import pytest
from playwright.sync_api import expect

from scrolling import scroll_through, settled

pytestmark = pytest.mark.browser
PAGES = ("/", "/clusters", "/features", "/forecast", "/evaluation", "/evaluation?view=detectors")
WIDE = {"width": 1440, "height": 900}
SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""
MOST_SHIFTED = 0.1
"""Cumulative layout shift that is good, by the Core Web Vitals."""
LATE = ("dash_ag_grid", "package_data/plotly")
"""Libraries that no page needs to be seen."""


def loaded(page):
    """Which of the libraries are there."""
    scripts = page.evaluate("[...document.scripts].map((script) => script.src)")
    return {name for name in LATE if any(name in script for script in scripts)}


@pytest.mark.parametrize("path", PAGES)
def test_what_lies_below_is_drawn_once_it_is_scrolled_to_and_nothing_jumps(visitors, path):
    visitor = visitors(viewport=WIDE)
    visitor.page.add_init_script(SHIFTS)
    page = visitor.open(path)
    settled(page)
    first = page.locator(".js-plotly-plot").count()
    waiting = page.locator(".later > .skeleton").count()
    assert waiting >= 1
    assert loaded(page) == set()

    scroll_through(page)
    expect(page.locator(".later > .skeleton")).to_have_count(0)
    assert page.locator(".js-plotly-plot").count() >= first
    assert page.evaluate("window.shifted") < MOST_SHIFTED
    assert LATE[1] not in loaded(page)


@pytest.mark.parametrize("path", [*PAGES, "/evaluation?view=backtest", "/label"])
def test_nothing_jumps_on_a_phone(visitors, path):
    visitor = visitors(viewport={"width": 390, "height": 844})
    visitor.page.add_init_script(SHIFTS)
    page = visitor.open(path)
    settled(page)
    assert page.evaluate("window.shifted") < MOST_SHIFTED


def test_a_keyboard_reaches_what_lies_below(visitors):
    visitor = visitors(viewport=WIDE)
    page = visitor.open("/clusters")
    settled(page)
    page.locator("#main").focus()
    met = set()
    for _ in range(120):
        page.keyboard.press("Tab")
        page.wait_for_timeout(30)
        met.add(page.evaluate("document.activeElement.id"))
        if "clusters-save-moves" in met:
            break
    assert {"clusters-save-statistics", "clusters-save-tests", "clusters-save-moves"} <= met
