"""No page has a serious fault by axe-core, in light and dark, wide and narrow; what is read out is there."""

import pytest
from playwright.sync_api import expect

from axe import grave_faults
from scrolling import scroll_through

pytestmark = pytest.mark.browser
PAGES = ("/", "/clusters", "/features", "/forecast", "/evaluation", "/label", "/glossary", "/nowhere", "/?dataset=gone")
SIGHTS = {
    "wide and light": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    "narrow and dark": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
}


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("path", PAGES)
def test_no_page_has_a_serious_fault(visitors, path, sight):
    visitor = visitors(**SIGHTS[sight])
    page = visitor.open(path)
    scroll_through(page)
    assert grave_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_a_serious_fault_is_found(visitor):
    page = visitor.open("/glossary")
    expect(page.locator("h1")).to_be_visible()
    page.evaluate("document.querySelector('#dataset').labels.forEach((label) => label.remove())")
    assert [fault.split()[0] for fault in grave_faults(page)] == ["select-name"]
