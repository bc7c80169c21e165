"""Content that Dash knows as one component (``assets/still.js``): its elements, and its links."""

import pytest
from playwright.sync_api import expect

from scrolling import settled

pytestmark = pytest.mark.browser
WIDE = {"width": 1440, "height": 900}

KINDS = """() => {
  const {layout, paths} = window.dash_stores[0].getState();
  const room = paths.strs["features-newest"].reduce((part, step) => part[step], layout);
  return room.props.children.map(({type}) => type);
}"""


def test_a_link_within_still_content_goes_to_another_page_without_loading_the_site_anew(visitors):
    page = visitors(viewport=WIDE).open("/features")
    settled(page)
    page.evaluate("window.marked = true")
    link = page.locator("#features-newest table a", has_text="past values")
    expect(link).to_have_attribute("href", "/glossary#percentile")
    link.click()
    expect(page.locator("#percentile.sought")).to_be_visible()
    assert page.evaluate("window.marked")


def test_still_content_is_drawn_with_its_attributes_and_again_when_it_is_replaced(visitors):
    page = visitors(viewport=WIDE).open("/features")
    settled(page)
    assert page.evaluate(KINDS) == ["Still"]  # and none of its cells is a component
    rows = page.locator("#features-newest tbody tr")
    expect(page.locator("#features-newest th[scope=col].figure").first).to_have_text("Newest")
    before = rows.count()
    page.locator("#features-choose summary").click()
    page.locator("#features-choose input:checked").first.click()
    expect(rows).to_have_count(before - 1)
    assert before > 1
