"""Every choice is in the address: a link reproduces the view, and back undoes a step."""

import pytest
from playwright.sync_api import expect

from scrolling import scroll_through, settled
from waiting import wait_until

pytestmark = pytest.mark.browser
PAGES = ("/", "/clusters", "/features", "/forecast", "/evaluation", "/label")
STATES = """() => {
  const seen = (node) => node.getBoundingClientRect().width > 0;
  const rows = [...document.querySelectorAll("#main .segmented")].filter(seen).map((row) => {
    const chosen = row.querySelector("input:checked");
    return [row.id, chosen ? chosen.value : null, [...row.querySelectorAll("input")].map((one) => one.value)];
  });
  const lists = [...document.querySelectorAll("#main select")].filter(seen).map(
    (list) => [list.id, list.value, [...list.options].map((option) => option.value)]);
  return [...rows, ...lists].filter(([id]) => id);
}"""


def states(page):
    """Value of each control in sight."""
    return {identifier: value for identifier, value, _ in page.evaluate(STATES)}


def address(page):
    """Address as it stands now; Playwright's own word on it comes later."""
    return page.evaluate("window.location.href")


def choose(page, identifier, value):
    """Pick one of the values of a control, and wait until the address tells of it."""
    before = address(page)
    control = page.locator(f"[id='{identifier}']")
    control.scroll_into_view_if_needed()
    if control.evaluate("node => node.tagName") == "SELECT":
        control.select_option(value)
    else:
        control.locator(f"input[value='{value}']").locator("xpath=..").locator("label").click()
    wait_until(lambda: address(page) != before, seconds=30)
    settled(page)


@pytest.mark.parametrize("path", PAGES)
def test_a_link_reproduces_every_choice_and_back_undoes_the_last(visitor, path):
    page = visitor.open(path)
    scroll_through(page)
    picked, last = set(), None
    while left := [found for found in page.evaluate(STATES) if found[0] not in picked]:
        identifier, value, values = left[0]
        picked.add(identifier)
        others = [other for other in values if other != value]
        if not others:
            continue
        before = states(page)
        choose(page, identifier, others[-1])
        last = (identifier, before[identifier])
    chosen = states(page)
    assert len(picked) >= 2

    page.goto(address(page))
    scroll_through(page)
    wait_until(lambda: states(page) == chosen, seconds=30)

    page.go_back()
    scroll_through(page)
    wait_until(lambda: states(page).get(last[0]) == last[1], seconds=30)
    expect(page.locator("h1")).not_to_have_count(0)
