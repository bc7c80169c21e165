"""What is in sight is there first, the rest comes as it is scrolled to, and nothing jumps when it does."""

import time

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
PUSHED = """
() => [...document.querySelectorAll(".js-plotly-plot")].flatMap((plot) => {
  const {l, r, t, b} = plot._fullLayout._size;
  const given = plot.layout.margin;
  const pushed = l > given.l + 0.5 || r > given.r + 0.5 || t > given.t + 0.5 || b > given.b + 0.5;
  return pushed ? [`${plot.closest("[id]").id}: ${[l, r, t, b].map(Math.ceil)}`] : [];
})
"""
"""Figures whose labels found too little room: they were laid out twice."""
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


@pytest.mark.parametrize("path", [*PAGES, "/evaluation?view=backtest", "/clusters?vary=penalty", "/clusters?vary=seed"])
def test_labels_find_their_room_so_that_no_figure_is_laid_out_twice(visitors, path):
    page = visitors(viewport=WIDE).open(path)
    scroll_through(page)
    assert page.locator(".js-plotly-plot").count() >= 1
    assert page.evaluate(PUSHED) == []


def test_a_figure_is_laid_out_again_when_its_room_is_another_and_not_before(visitors):
    page = visitors(viewport=WIDE).open("/")
    expect(page.locator("#overview-price .js-plotly-plot .hm").first).to_be_attached()
    settled(page)
    changed = page.evaluate("""async () => {
      const plot = document.querySelector("#overview-price .js-plotly-plot");
      let changes = 0;
      const watcher = new MutationObserver((list) => { changes += list.length; });
      watcher.observe(plot, {subtree: true, childList: true, attributes: true});
      await window.Plotly.Plots.resize(plot);
      await new Promise((done) => setTimeout(done, 400));
      const before = changes;
      plot.style.width = "500px";
      await window.Plotly.Plots.resize(plot);
      return [before, changes > 0, plot._fullLayout.width];
    }""")
    assert changed == [0, True, 500]


def test_a_library_of_charts_that_comes_late_is_waited_for_and_one_that_does_not_come_is_replaced(visitors):
    def late(route):
        time.sleep(1.0)
        route.continue_()

    for handle, whole in ((late, set()), (lambda route: route.abort(), {LATE[1]})):
        visitor = visitors(viewport=WIDE)
        visitor.page.route("**/charts/plotly-*.js", handle)
        page = visitor.open("/")
        expect(page.locator("#overview-price .js-plotly-plot .hm").first).to_be_attached()
        assert loaded(page) == whole
        visitor.noted[:] = [told for told in visitor.noted if "ERR_FAILED" not in told]  # what did not come


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


ASKED = """
window.asked = [];
const ask = window.fetch;
window.fetch = (...given) => {
  if (String(given[0]).includes("_dash-update")) window.asked.push(JSON.parse(given[1].body).output);
  return ask(...given);
};
"""


def asked(page, name):
    """Whether the server was asked for what has this name since this was asked last."""
    found = page.evaluate("window.asked.splice(0)")
    return any(name in output for output in found)


def test_what_is_out_of_sight_follows_a_choice_once_it_is_seen_again(visitors):
    visitor = visitors(viewport=WIDE)
    visitor.page.add_init_script(ASKED)
    page = visitor.open("/?range=1y")
    scroll_through(page)
    settled(page)
    spells = page.locator("#overview-spells-title")
    expect(spells).to_contain_text("2 Jan 2018")
    asked(page, "overview-spells")

    page.locator("#overview-preset label", has_text="5Y").click()
    expect(page.locator("#overview-price-title")).to_contain_text("31 Dec 2013")
    settled(page)
    room = page.locator('[id*="overview-history"][id*=\'"later"\']')
    expect(room).to_have_attribute("aria-busy", "true")
    expect(spells).to_contain_text("2 Jan 2018")
    assert not asked(page, "overview-spells")

    spells.scroll_into_view_if_needed()
    expect(spells).to_contain_text("31 Dec 2013")
    expect(room).not_to_have_attribute("aria-busy", "true")
    settled(page)
    assert asked(page, "overview-spells")
    page.evaluate("window.scrollTo(0, 0)")
    settled(page)
    spells.scroll_into_view_if_needed()
    settled(page)
    assert not asked(page, "overview-spells")  # seen again, with nothing new to show


def test_sections_follow_on_a_page_that_was_come_back_to(visitors):
    page = visitors(viewport=WIDE).open("/?range=1y")
    settled(page)
    for text in ("1M", "6M"):
        page.locator("#overview-preset label", has_text=text).click()
        settled(page)
    page.go_back()
    settled(page)
    page.locator("#overview-style label", has_text="Candles").click()
    expect(page.locator("#overview-price .boxes path").first).to_be_attached()
    page.locator('[id*="overview-history"][id*=\'"later"\']').scroll_into_view_if_needed()
    expect(page.locator("#overview-spells-title")).to_contain_text("30 Nov 2018")
