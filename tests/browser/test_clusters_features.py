"""Clusters and Features in a real browser: choose, see the figure change, export."""

import csv
import io
import math
import re

import pytest
from playwright.sync_api import expect

from scrolling import settled
from waiting import wait_until

pytestmark = pytest.mark.browser
TITLE = "#clusters-price-title"
PLAIN = "close and state of each day"


def prices(n, *, step=86_400, start=1_500_000_000 // 86_400 * 86_400):
    lines = ["timestamp,open,high,low,close"]
    for i in range(n):
        price = 100 + 10 * math.sin(i / 15) + (1 + 4 * (i % 100 > 60)) * math.sin(i * 2.3)
        lines.append(f"{start + i * step},{price:.2f},{price + 1:.2f},{price - 1:.2f},{price:.2f}")
    return "\n".join(lines) + "\n"


def upload(page, name, text):
    page.locator("#label-upload input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": text.encode()}
    )
    expect(page.locator("#label-summary-title")).to_have_text(name.removesuffix(".csv"))


def clusters(visitor, query=""):
    page = visitor.open(f"/clusters{query}")
    expect(page.locator("#clusters-scatter .js-plotly-plot .points path").first).to_be_attached()
    expect(page.locator(TITLE)).to_contain_text(PLAIN)
    for last in (
        "#clusters-radar .js-plotly-plot .scatterlayer path",
        "#clusters-tests tbody tr",
        "#clusters-moves-table tbody tr",
    ):
        page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
        expect(page.locator(last).first).to_be_attached()
    page.evaluate("window.scrollTo(0, 0)")
    return page


def brush(page):
    box = page.locator("#clusters-scatter .nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + 0.55 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.98 * box["width"], box["y"] + 0.98 * box["height"], steps=6)
    page.mouse.up()
    return box


def lit(page):
    return page.evaluate("document.querySelector('#clusters-price .js-plotly-plot').data[2].x.length")


def saved(page, button):
    with page.expect_download() as download:
        page.locator(button).click()
    return download.value.suggested_filename, list(csv.DictReader(io.StringIO(download.value.path().read_text())))


def test_days_brushed_in_the_scatter_are_lit_on_the_price(visitor):
    page = clusters(visitor, "?dataset=sp500&k=2")
    expect(page.locator("#clusters-headline")).to_contain_text(re.compile(r"(Low|High) stress, for \d+\sdays? \(in sample\)"))
    expect(page.locator("#clusters-where")).to_contain_text(re.compile(r"as of \d+\s\w+\s\d{4}"))
    box = brush(page)
    expect(page.locator(TITLE)).to_contain_text(re.compile(r"close and the \d+\sdays chosen"))
    shown = int(re.search(r"the (\d+)\s", page.locator(TITLE).inner_text()).group(1))
    wait_until(lambda: lit(page) == shown > 0, seconds=30)
    page.locator("#theme-switch").click()
    marker = "document.querySelector('#clusters-price .js-plotly-plot').data[2].marker.color"
    wait_until(lambda: page.evaluate(marker) == "#7C9BFF", seconds=30)
    expect(page.locator(TITLE)).to_contain_text("days chosen")
    assert lit(page) == shown
    page.mouse.dblclick(box["x"] + 0.1 * box["width"], box["y"] + 0.1 * box["height"])
    expect(page.locator(TITLE)).to_contain_text(PLAIN)


def test_k_and_axes_change_the_figures_and_stand_in_the_address(visitors):
    visitor = visitors()
    page = clusters(visitor, "?dataset=sp500&k=2")
    expect(page.locator("#clusters-statistics tbody tr")).to_have_count(2)
    page.locator("#clusters-k").get_by_text("4", exact=True).click()
    for table, rows in (("statistics", 4), ("tests", 6)):
        page.locator(f"#clusters-{table}-title").scroll_into_view_if_needed()
        expect(page.locator(f"#clusters-{table} tbody tr")).to_have_count(rows)
    page.locator("#clusters-x").scroll_into_view_if_needed()
    page.select_option("#clusters-x", "pc1")
    expect(page.locator("#clusters-scatter-title")).to_contain_text("against principal component 1")
    page.wait_for_url("**x=pc1**")
    assert "k=4" in page.url
    other = clusters(visitors(), page.url.removeprefix(visitor.address).removeprefix("/clusters"))
    expect(other.locator("#clusters-scatter-title")).to_contain_text("against principal component 1")
    expect(other.locator("#clusters-statistics tbody tr")).to_have_count(4)

    name, rows = saved(page, "#clusters-save-statistics")
    assert name == "S_P_500_states.csv"
    assert [row["state"] for row in rows] == ["state_0", "state_1", "state_2", "state_3"]
    name, rows = saved(page, "#clusters-save-tests")
    assert len(rows) == 6
    name, rows = saved(page, "#clusters-save-days")
    assert {row["state"] for row in rows} == {"state_0", "state_1", "state_2", "state_3"}


def test_an_upload_without_vix_has_states_and_intraday_bars_have_a_word(visitor):
    page = visitor.open("/label")
    upload(page, "daily.csv", prices(400))
    page.get_by_role("link", name="Clusters", exact=True).click()
    expect(page.locator("#clusters-notes")).to_contain_text("There is no VIX here")
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    expect(page.locator("#clusters-statistics")).to_contain_text("Parkinson volatility")
    page.get_by_role("link", name="Label", exact=True).click()
    upload(page, "hours.csv", prices(400, step=3_600))
    page.get_by_role("link", name="Clusters", exact=True).click()
    expect(page.locator("#clusters-headline")).to_contain_text("these bars are shorter")
    expect(page.locator("#clusters-statistics")).to_be_hidden()
    page.get_by_role("link", name="Features", exact=True).click()
    expect(page.locator("#features-over-title")).to_contain_text("hours: 4")
    page.get_by_text("Stress state", exact=True).click()
    expect(page.locator("#features-notes")).to_contain_text("these bars are shorter")


def features(visitor, query=""):
    page = visitor.open(f"/features{query}")
    expect(page.locator("#features-over-title")).to_contain_text(" under the strip of ")
    expect(page.locator("#features-over .js-plotly-plot .scatterlayer path").first).to_be_attached()
    return page


def test_features_are_chosen_seen_and_exported(visitor):
    page = features(visitor, "?dataset=sp500&features=volatility_21,rsi_14")
    page.get_by_text("Choose features").click()
    page.get_by_text("Close below its 63-bar high", exact=False).locator("visible=true").last.click()
    expect(page.locator("#features-over-title")).to_contain_text(re.compile(r"3\sfeatures"))
    page.wait_for_url(re.compile("features=volatility_21%2Crsi_14%2Cdrawdown_63"))
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    expect(page.locator("#features-spread .js-plotly-plot")).to_have_count(3)
    page.get_by_text("Stress state", exact=True).click()
    expect(page.locator("#features-over-title")).to_contain_text("strip of states (in sample)")
    page.locator("#features-spread-title").scroll_into_view_if_needed()
    expect(page.locator("#features-spread-title")).to_contain_text("by state (in sample)")
    page.get_by_text("1M", exact=True).click()
    page.wait_for_url("**range=1m**")
    expect(page.locator("#features-over-title")).to_contain_text(re.compile("Nov|Dec"))
    name, rows = saved(page, "#features-save")
    assert name == "S_P_500_features.csv"
    assert list(rows[0]) == ["time", "state", "volatility_21", "rsi_14", "drawdown_63"]
    assert 15 < len(rows) < 30


def test_features_of_a_long_file_are_computed_in_the_background(visitor):
    page = visitor.open("/label")
    upload(page, "minutes.csv", prices(50_500, step=60))
    expect(page.locator("#label-summary")).to_contain_text("on the newest bar")
    page.get_by_role("link", name="Features", exact=True).click()
    expect(page.locator("#features-over-title")).to_contain_text("minutes: 4")
    expect(page.locator("#features-newest")).to_contain_text("of the past")


@pytest.mark.parametrize("open_page", [clusters, features])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_needs_no_scrolling_sideways(visitors, open_page, scheme):
    page = open_page(visitors(viewport={"width": 390, "height": 844}, color_scheme=scheme), "?dataset=sp500")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".js-plotly-plot").first.bounding_box()["height"] >= 260


@pytest.mark.parametrize("open_page", [clusters, features])
def test_controls_have_names_and_charts_are_described(visitor, open_page):
    page = open_page(visitor)
    nameless = page.evaluate(
        """[...document.querySelectorAll('main button, main select, main a, main summary, main input')].filter(
             element => !(element.innerText.trim() || element.labels?.length || element.ariaLabel || element.title)
           ).map(element => element.outerHTML)"""
    )
    assert nameless == []
    unnamed = page.evaluate(
        """[...document.querySelectorAll('main [role=img]')].filter(
             element => !(element.ariaLabel ||
                          document.getElementById(element.getAttribute('aria-labelledby'))?.innerText.trim())
           ).length"""
    )
    assert unnamed == 0


def test_three_dimensions_are_drawn_when_asked_for(visitor):
    page = clusters(visitor)
    assert page.locator("#clusters-solid").count() == 0
    assert visitor.noted == []
    page.get_by_text("3-D", exact=True).click()
    expect(page.locator("#clusters-solid canvas").first).to_be_visible()
    expect(page.locator("#clusters-scatter")).to_be_hidden()
    expect(page.locator("#clusters-scatter-title")).to_be_hidden()
    expect(page.locator("#clusters-solid-title")).to_contain_text("21-day volatility and VIX")
    page.get_by_text("2-D", exact=True).click()
    expect(page.locator("#clusters-scatter .points path").first).to_be_visible()
    expect(page.locator("#clusters-solid")).to_be_hidden()
    expect(page.locator("#clusters-solid-title")).to_be_hidden()


def test_three_dimensions_are_made_ready_for_whoever_comes_near_them_and_follow_only_while_shown(visitor):
    with visitor.page.expect_response("**/plotly-solid-*"):  # comes by itself once the page is at rest
        page = visitor.open("/clusters?k=3")
        expect(page.locator("#clusters-price .trace").first).to_be_visible()

    def drawn():
        return page.evaluate("""() => {
          const traces = document.querySelector("#clusters-solid .js-plotly-plot")?._fullData || [];
          return document.querySelector("#clusters-solid canvas") && traces.filter(({type}) => type === "scatter3d").length;
        }""")

    settled(page)
    page.locator("#clusters-tabs").hover()
    wait_until(lambda: drawn() == 6, seconds=20)  # of each state the days chosen and the others
    expect(page.locator("#clusters-solid")).to_be_hidden()
    page.locator("#clusters-k label", has_text="2").click()
    expect(page.locator("#clusters-shares .share")).to_have_count(2)
    settled(page)
    assert drawn() == 6
    page.locator("#clusters-tabs input").first.focus()
    wait_until(lambda: drawn() == 4, seconds=20)
    page.keyboard.press("ArrowRight")
    expect(page.locator("#clusters-solid")).to_be_visible()
    page.locator("#clusters-k label", has_text="4").click()
    wait_until(lambda: drawn() == 8, seconds=20)
