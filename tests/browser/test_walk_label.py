"""An analyst's walk over the Label page: what it knew then, the watchlist, and a link for a colleague."""

import datetime
import math
import re

import pytest
from playwright.sync_api import expect

from waiting import wait_until

pytestmark = pytest.mark.browser
CHART = "document.querySelector('#label-price .js-plotly-plot')"


def bars(n, name="", swing=10):
    lines = []
    for i in range(n):
        price = 100 + swing * math.sin(i / 15) + math.sin(i * 2.3)
        prices = ",".join(f"{value:.2f}" for value in (price, price + 1, price - 1, price + 0.3))
        lines.append(f"{datetime.date(2020, 1, 1) + datetime.timedelta(i)},{name + ',' if name else ''}{prices},{1000 + i}")
    return lines


ONE = "\n".join(["Date,Open,High,Low,Close,Volume", *bars(400)])
THREE = "\n".join(["Date,Name,Open,High,Low,Close,Volume", *bars(160, "AAA"), *bars(190, "BBB", 20), *bars(175, "CCC", 3)])


def opened(visitor, path="/label"):
    page = visitor.open(path)
    expect(page.locator("#label-price-title")).to_contain_text("S&P 500")
    return page


def drop(page, name, content, shown=None):
    page.locator("#label-upload input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content.encode()}
    )
    expect(page.locator("#label-summary-title")).to_have_text(shown or name.removesuffix(".csv"))


def watched(page):
    return page.locator("#label-watch .ag-center-cols-container .ag-row")


def row(page, symbol):
    return watched(page).filter(has=page.get_by_role("gridcell", name=symbol, exact=True))


def share(page, days="1 day"):
    """Address of a link that was made with the page's buttons."""
    page.get_by_role("button", name="Share", exact=True).click()
    page.locator("#label-share-panel").get_by_text(days).click()
    page.get_by_role("button", name="Make a link").click()
    expect(page.locator("#label-share-told")).to_contain_text("The link works until")
    wait_until(lambda: "share=" in page.locator("#label-share-address").input_value(), seconds=30)
    return page.locator("#label-share-address").input_value()


def test_what_it_knew_then_beside_what_hindsight_says(visitor):
    page = opened(visitor)
    drop(page, "swings.csv", ONE)
    told = page.locator("#label-repaint")
    expect(told).to_contain_text(re.compile(r"Hindsight changes the label of \d+\.\d\s% of the bars \(\d+ of 351\)"))
    expect(page.locator("#label-knew-told")).to_contain_text("knowing nothing of later ones")
    names = f"{CHART}.data.map(trace => trace.name)"
    assert "Regime known then (lower ribbon)" not in page.evaluate(names)
    page.get_by_text("With hindsight", exact=True).click()
    wait_until(lambda: "Regime known then (lower ribbon)" in page.evaluate(names), seconds=30)
    expect(page.locator("#label-knew-told")).to_contain_text("lower ribbon: what it knew then")
    expect(page.get_by_text("Ribbon: the more opaque, the more confident")).to_be_hidden()
    changed = page.evaluate(f"{CHART}.data.find(trace => trace.name == 'Close').customdata.filter(told => told[2]).length")
    assert f"hindsight changes {changed} (" in page.locator("#label-knew-told").inner_text()
    page.get_by_text("What it knew then", exact=True).click()
    expect(page.get_by_text("Ribbon: the more opaque, the more confident")).to_be_visible()
    told.get_by_role("link", name="repaint share").click()
    page.wait_for_url(re.compile("/glossary.*#repaint"))


def test_the_watchlist_is_walked_sorted_and_cleared(visitor):
    page = opened(visitor)
    expect(page.locator("#label-watch-note")).to_contain_text("drop one above")
    expect(watched(page)).to_have_count(2)
    drop(page, "three.csv", THREE, "three · AAA")
    expect(page.locator("#label-watch-title")).to_contain_text(re.compile(r"Watchlist: 5\ssymbols by boosted"))
    expect(row(page, "AAA")).to_have_class(re.compile("ag-row-selected"))
    expect(row(page, "BBB")).to_contain_text("three.csv")

    row(page, "CCC").get_by_role("gridcell", name="CCC", exact=True).click()
    expect(page.locator("#label-summary-title")).to_have_text("three · CCC")
    expect(row(page, "CCC")).to_have_class(re.compile("ag-row-selected"))
    row(page, "BBB").get_by_role("gridcell").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#label-summary-title")).to_have_text("three · BBB")
    page.locator("#label-watch").get_by_text("Symbol", exact=True).click()
    expect(page.locator("#label-watch .ag-row[row-index='0']")).to_contain_text("AAA")

    page.locator("#label-model").select_option("rules")
    expect(page.locator("#label-watch-title")).to_contain_text("by rules")
    assert "model=rules" in page.url

    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    row(page, "AAA").locator(".watch-remove").click()
    wait_until(lambda: page.wait_for_timeout(100) or asked, seconds=30)  # dialogs come while the page is waited for
    assert "Remove three.csv with all that was made of it?" in asked[0]
    expect(row(page, "AAA")).to_be_visible()
    expect(page.locator("#label-summary-title")).to_have_text("three · BBB")  # the button did not pick its row

    page.once("dialog", lambda dialog: dialog.accept())
    row(page, "AAA").locator("[col-id=remove]").focus()
    page.keyboard.press("Enter")
    expect(watched(page)).to_have_count(2)
    expect(page.locator("#label-summary-title")).to_have_text("S&P 500")
    assert page.locator("#dataset option").all_inner_texts()[1:] == ["S&P 500", "VIX"]


def test_a_colleague_opens_a_link_and_the_owner_ends_it(visitors):
    owner, guest, stranger = visitors(), visitors(), visitors()
    page = opened(owner)
    expect(page.locator("#label-share")).to_be_hidden()  # the S&P 500 is everybody's
    drop(page, "three.csv", THREE, "three · AAA")
    page.get_by_role("button", name="6M").or_(page.get_by_text("6M", exact=True)).first.click()
    page.wait_for_url(re.compile("range=6m"))
    link = share(page)
    assert "range=6m" in link
    assert link.startswith(owner.address + "/label?")
    page.get_by_text("With hindsight", exact=True).click()
    wait_until(lambda: "knew=hindsight" in page.locator("#label-share-address").input_value(), seconds=30)
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.locator("#label-share-copied")).to_have_text(re.compile("Copied|Ctrl"))

    seen = guest.page
    seen.goto(page.locator("#label-share-address").input_value())
    expect(seen.locator("#label-summary-title")).to_have_text("three · AAA")
    expect(seen.locator("#label-price-title")).to_contain_text("price and regime with hindsight")
    assert "share=" not in seen.url
    assert "range=6m" in seen.url
    assert seen.locator("#dataset option").all_inner_texts()[1:] == ["S&P 500", "VIX", "three · AAA (shared)"]
    expect(seen.locator("#label-share-note")).to_contain_text("Shared with you until")
    expect(seen.locator("#label-share")).to_be_hidden()
    expect(seen.locator("#label-understood")).to_contain_text("three.csv")
    expect(seen.get_by_text("Change how it is read")).to_have_count(0)
    expect(seen.locator(".watch-remove")).to_have_count(0)
    row(seen, "BBB").get_by_role("gridcell").first.click()
    expect(seen.locator("#label-summary-title")).to_have_text("three · BBB")
    expect(page.locator("#label-summary-title")).to_have_text("three · AAA")
    with seen.expect_download() as download:
        seen.get_by_role("link", name="Download all 3 as CSV").click()
    assert len(download.value.path().read_text().splitlines()) == 1 + 160 + 190 + 175
    seen.get_by_role("link", name="Overview", exact=True).click()
    expect(seen.locator("#overview-price-title")).to_contain_text("three · BBB")
    seen.reload()
    assert seen.locator("#dataset option").all_inner_texts()[1:] == ["S&P 500", "VIX", "three · BBB (shared)"]

    other = stranger.page
    other.goto(re.sub("&share=[^&]*", "", link))
    expect(other.locator("#label-problem")).to_contain_text("belongs to another visitor")

    page.get_by_role("button", name="Stop sharing").click()
    expect(page.locator("#label-share-told")).to_contain_text("Sharing has ended")
    expect(page.locator("#label-share-made")).to_be_hidden()
    seen.get_by_role("link", name="Label", exact=True).click()
    expect(seen.locator("#label-problem")).to_contain_text("No longer shared")
    other.goto(link)
    expect(other.locator("h1")).to_have_text("This file is no longer shared")
    other.goto(link[:-6])
    expect(other.locator("h1")).to_have_text("This link does not work")
    other.get_by_role("link", name="Label a file of your own").click()
    expect(other.locator("#label-upload")).to_be_visible()
    refused = [note for note in stranger.noted if note.startswith("4") or "Failed to load resource" in note]
    assert sorted(note[:3] for note in refused if note[0] == "4") == ["400", "410"]
    stranger.noted[:] = [note for note in stranger.noted if note not in refused]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_fits_a_phone(visitors, theme):
    page = opened(visitors(viewport={"width": 390, "height": 844}, color_scheme=theme))
    drop(page, "three.csv", THREE, "three · AAA")
    share(page)
    page.get_by_text("With hindsight", exact=True).click()
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    expect(page.locator("#label-table .ag-row").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    box = page.locator("#label-price").bounding_box()
    assert box["height"] >= 260
