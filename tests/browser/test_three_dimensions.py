"""Days in three dimensions: made ready, kept, let go of, and asked for again where their library did not come."""

import pytest
from playwright.sync_api import expect

from scrolling import settled
from waiting import wait_until

pytestmark = pytest.mark.browser
WIDE = {"width": 1440, "height": 900}
DRAWN = """() => {
  const plot = document.querySelector("#clusters-solid .js-plotly-plot");
  const kinds = ((plot && plot._fullData) || []).map(({type}) => type);
  return Boolean(plot && plot.querySelector("canvas")) && kinds.length > 0 && kinds.every((kind) => kind === "scatter3d");
}"""

FITS = """() => {
  const plot = document.querySelector("#clusters-solid .js-plotly-plot");
  const width = plot.getBoundingClientRect().width;
  return width > 700 && Math.abs(plot._fullLayout.width - width) < 1;  // beside the price it had half of the page
}"""


def opened(visitor):
    page = visitor.open("/clusters?k=3")
    expect(page.locator("#clusters-price .trace").first).to_be_visible()
    settled(page)
    return page


def drawn(page):
    return lambda: page.evaluate(DRAWN)


def test_a_figure_in_three_dimensions_follows_the_width_of_the_window(visitors):
    page = opened(visitors(viewport=WIDE))
    page.get_by_text("3-D", exact=True).click()
    wait_until(drawn(page), seconds=20)
    page.set_viewport_size({"width": 1100, "height": 700})
    wait_until(lambda: page.evaluate(FITS), seconds=10)
    assert drawn(page)()


def test_a_library_that_does_not_come_is_told_and_fetched_again(visitors):
    visitor = visitors(viewport=WIDE)
    visitor.page.route("**/plotly-solid-*", lambda route: route.abort())
    page = opened(visitor)
    page.get_by_text("3-D", exact=True).click()
    expect(page.locator("#clusters-solid-title")).to_contain_text("could not be fetched")
    page.get_by_text("2-D", exact=True).click()
    page.unroute("**/plotly-solid-*")
    page.get_by_text("3-D", exact=True).click()
    wait_until(drawn(page), seconds=20)
    expect(page.locator("#clusters-solid-title")).to_contain_text("21-day volatility and VIX")
    visitor.noted[:] = [told for told in visitor.noted if "ERR_FAILED" not in told and "could not be fetched" not in told]
