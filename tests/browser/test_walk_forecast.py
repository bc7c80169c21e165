"""Forecast as an analyst walks it: read the fan, point at a day, choose a horizon, go down to the record, take tables home."""

import csv
import io
import json
import re

import numpy as np
import pytest
from playwright.sync_api import expect

from waiting import wait_until

pytestmark = pytest.mark.browser


def opened(visitor, query=""):
    page = visitor.open(f"/forecast{query}")
    expect(page.locator("#forecast-fan .js-plotly-plot .scatterlayer path").first).to_be_attached()
    return page


def down_to(page, section, graph):
    """Scroll to a section, which joins the page then, and wait until its figure is drawn."""
    page.locator(f'[id*=\'"section":"{section}"\']').first.scroll_into_view_if_needed()
    expect(page.locator(f"#{graph} .js-plotly-plot .cartesianlayer path").first).to_be_attached()


def trace(page, graph, name):
    """The y values of a trace that is drawn."""
    plot = f"document.querySelector('#{graph} .js-plotly-plot')"
    return json.loads(page.evaluate(f"JSON.stringify(Array.from({plot}._fullData.find(trace => trace.name == '{name}').y))"))


def saved(page, button):
    with page.expect_download() as download:
        button.click()
    return list(csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8-sig"))))


def test_the_fan_is_in_sight_first_and_follows_the_horizon(visitor):
    page = opened(visitor)
    box = page.locator("#forecast-fan .nsewdrag").first.bounding_box()
    assert box["y"] + box["height"] < 900
    expect(page.locator("#forecast-share")).to_have_count(0)  # what lies far below is still to come
    expect(page.locator("#forecast-fan-title")).to_contain_text(re.compile(r"each of the next 21\strading days"))
    expect(page.locator("#forecast-fan-told")).to_contain_text("Tomorrow:")

    page.locator("#forecast-horizon").get_by_text("21 days", exact=True).click()
    page.wait_for_url("**horizon=21**")
    expect(page.locator("#forecast-fan-told")).to_contain_text(re.compile(r"In 21\strading days: \d+\s% \w+ stress"))
    page.reload()
    expect(page.locator("#forecast-fan-told")).to_contain_text(re.compile(r"In 21\strading days:"))


def test_a_day_is_told_when_pointed_at_and_by_the_keyboard(visitor):
    page = opened(visitor)
    wait_until(lambda: len(trace(page, "forecast-fan", "High stress")) == 22, seconds=30)
    shown = round(100 * trace(page, "forecast-fan", "High stress")[20], 1)
    page.locator("#forecast-fan").locator("xpath=ancestor::*[@role='img']").focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    said = page.locator(".fan .figure-said")
    expect(said).to_contain_text(re.compile(rf"High stress {shown}\s%"))
    expect(said).to_contain_text("20 trading days ahead")
    expect(said).to_contain_text(re.compile(r"Markov chain \d+\.\d\s%, Persistence \d+\.\d\s%"))


def test_the_whole_fan_goes_home_as_a_table(visitor):
    page = opened(visitor)
    rows = saved(page, page.locator("#forecast-save"))
    assert [int(row["horizon"]) for row in rows] == [day for day in range(1, 22) for _ in range(2)]
    assert {row["horizon"] for row in rows if row["basis"] == "fitted"} == {"1", "5", "21"}
    assert all((row["margin"] == "") == (row["basis"] == "between") for row in rows)
    drawn = saved(page, page.locator(".fan [data-take=csv]"))
    assert {row["series"] for row in drawn} >= {"Low stress", "High stress", "Markov chain, high stress"}
    high = [float(row["probability"]) for row in drawn if row["series"] == "High stress"][1:]  # without today
    np.testing.assert_allclose(high, [float(row["model"]) for row in rows if row["state"] == "state_1"], atol=1e-9)


def test_down_to_the_record_and_back(visitor):
    page = opened(visitor)
    down_to(page, "forecast-reasons", "forecast-moved")
    expect(page.locator("#forecast-moved-note")).to_contain_text("All 128 combinations of the 7 groups")
    down_to(page, "forecast-trust", "forecast-reliability")
    expect(page.locator("#forecast-trust")).to_contain_text(re.compile(r"Of the days we said \d+\s%, \d+\s% came true"))
    down_to(page, "forecast-record", "forecast-history")
    down_to(page, "forecast-lately", "forecast-share")
    expect(page.locator("#forecast-settled tbody tr")).to_have_count(21)
    expect(page.locator("#forecast-settled-sum")).to_contain_text(re.compile(r"Of the last 21, \d+ came true; persistence was"))
    near = trace(page, "forecast-share", "Model")
    page.get_by_text("All", exact=True).click()
    page.wait_for_url("**range=all**")
    page.locator("#forecast-share-title").scroll_into_view_if_needed()
    wait_until(lambda: len(trace(page, "forecast-share", "Model")) > len(near), seconds=30)

    before = page.evaluate("document.documentElement.scrollHeight")
    page.evaluate("window.scrollTo(0, 0)")
    page.locator("#forecast-horizon").get_by_text("5 days", exact=True).click()
    page.locator("#forecast-settled-title").scroll_into_view_if_needed()
    expect(page.locator("#forecast-settled-title")).to_contain_text(re.compile(r"5\sdays ahead"))
    expect(page.locator("#forecast-share-title")).to_contain_text(re.compile(r"5\sdays ahead"))
    assert abs(page.evaluate("document.documentElement.scrollHeight") - before) < 80

    page.locator("#forecast-fan-note").scroll_into_view_if_needed()
    page.locator("#forecast-fan-note").get_by_role("link", name="Markov chain").click()
    page.wait_for_url(re.compile(r"/glossary\?.*#markov$"))


def test_on_a_phone_all_numbers_are_there(visitors):
    page = opened(visitors(viewport={"width": 390, "height": 844}, color_scheme="dark"))
    page.locator('[id*=\'"section":"forecast-beside"\']').first.scroll_into_view_if_needed()
    expect(page.locator("#forecast-beside table").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
