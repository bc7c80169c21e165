"""Forecast and Evaluation in a real browser: choose, see the figure change, export, work in the background."""

import csv
import io
import math
import re

import numpy as np
import pytest
from playwright.sync_api import expect

from scrolling import scroll_through
from waiting import wait_until

pytestmark = pytest.mark.browser
PATIENT_MS = 120_000
"""How long fits in the background may take on a machine that does other things too."""


def prices(n):
    """CSV of weekdays with quiet and stormy quarters."""
    days = np.busday_offset("2018-01-01", np.arange(n), roll="forward")
    lines, price = ["date,open,high,low,close"], 100.0
    for i, day in enumerate(days):
        move = 0.02 if (i // 90) % 2 else 0.006
        price *= 1 + move * math.sin(i * 2.3) * (1 + 0.5 * math.sin(i * 0.7))
        lines.append(f"{day},{price:.2f},{price * (1 + move / 2):.2f},{price * (1 - move / 2):.2f},{price:.2f}")
    return "\n".join(lines) + "\n"


def upload(page, name, text):
    page.locator("#label-upload input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": text.encode()}
    )
    expect(page.locator("#label-summary-title")).to_have_text(name.removesuffix(".csv"))


def forecast(visitor, query=""):
    page = visitor.open(f"/forecast{query}")
    expect(page.locator("#forecast-fan .js-plotly-plot .scatterlayer path").first).to_be_attached()
    scroll_through(page)
    expect(page.locator("#forecast-history .js-plotly-plot .scatterlayer path").first).to_be_attached()
    expect(page.locator("#forecast-moved .js-plotly-plot .point").first).to_be_attached()
    expect(page.locator("#forecast-reliability .js-plotly-plot .scatterlayer path").first).to_be_attached()
    return page


def evaluation(visitor, query=""):
    page = visitor.open(f"/evaluation{query}")
    expect(page.locator("#evaluation-years .js-plotly-plot .scatterlayer path").first).to_be_attached()
    expect(page.locator("#evaluation-reliability .js-plotly-plot .scatterlayer path").first).to_be_attached()
    return page


def saved(page, button):
    with page.expect_download() as download:
        page.locator(button).click()
    return download.value.suggested_filename, list(csv.DictReader(io.StringIO(download.value.path().read_text())))


def trace(page, graph, name):
    """The y values of a trace that is drawn, as text."""
    plot = f"document.querySelector('#{graph} .js-plotly-plot')"
    return page.evaluate(f"JSON.stringify({plot}.data.find(trace => trace.name == '{name}').y)")


def test_the_forecast_answers_at_once_and_its_controls_work(visitor):
    page = forecast(visitor)
    expect(page.locator("#forecast-headline")).to_contain_text(re.compile(r"\d+\s% likely \w+ stress tomorrow"))
    expect(page.locator("#forecast-made")).to_contain_text("In sample: the shipped model was fitted on days through")
    expect(page.locator("#forecast-where")).to_contain_text(re.compile(r"as of \d+\s\w+\s\d{4} \(.+\)"))
    expect(page.locator("#forecast-trust")).to_contain_text(re.compile(r"Of the days we said \d+\s%, \d+\s% came true"))

    near, title = trace(page, "forecast-history", "High stress"), page.locator("#forecast-history-title").inner_text()
    page.get_by_text("5 days", exact=True).click()
    page.wait_for_url("**horizon=5**")
    for section, told in (("moved", r"in 5\strading days"), ("history", r"5\sdays ahead")):
        heading = page.locator(f"#forecast-{section}-title")
        heading.scroll_into_view_if_needed()
        expect(heading).to_contain_text(re.compile(told))
    wait_until(lambda: trace(page, "forecast-history", "High stress") != near, seconds=30)
    page.get_by_text("All", exact=True).click()
    page.wait_for_url("**range=all**")
    expect(page.locator("#forecast-history-title")).to_contain_text("2000")
    page.go_back()
    page.go_back()
    scroll_through(page)
    expect(page.locator("#forecast-history-title")).to_have_text(title)

    name, rows = saved(page, "#forecast-save")
    assert name == "S_P_500_forecast.csv"
    assert {row["horizon"] for row in rows if row["basis"] == "fitted"} == {"1", "5", "21"}
    for horizon in ("1", "5", "21"):
        for forecaster in ("model", "persistence", "markov", "margin"):
            total = sum(float(row[forecaster]) for row in rows if row["horizon"] == horizon)
            assert total == pytest.approx(1, abs=1e-6)


def test_an_upload_is_forecast_and_evaluated_in_the_background(visitor):
    page = visitor.open("/label")
    upload(page, "stormy.csv", prices(820))
    page.get_by_role("link", name="Forecast", exact=True).click()
    page.locator("#forecast-k").get_by_text("2", exact=True).click()
    expect(page.locator("#forecast-headline")).to_contain_text("Not predicted yet")
    expect(page.locator("#forecast-no-record")).to_contain_text("No record yet")
    page.get_by_role("button", name="Predict").click()
    expect(page.locator("#forecast-headline")).to_contain_text("stress tomorrow", timeout=PATIENT_MS)
    expect(page.locator("#forecast-made")).to_contain_text("the model knows nothing of what came after")
    expect(page.get_by_role("button", name="Predict")).to_be_disabled()

    page.get_by_role("link", name="Walk forward on the Evaluation page").click()
    expect(page.locator("#evaluation-headline")).to_contain_text("Not evaluated yet")
    page.get_by_role("button", name="Walk forward").click()
    expect(page.locator("#evaluation-headline")).to_contain_text("log-loss than margin", timeout=PATIENT_MS)
    expect(page.locator("#evaluation-years .js-plotly-plot .scatterlayer path").first).to_be_attached()
    page.locator('[id*="evaluation-scores"][id*="later"]').first.scroll_into_view_if_needed()
    expect(page.locator("#evaluation-scores")).to_contain_text("Markov chain")
    page.get_by_role("link", name="Forecast", exact=True).click()
    page.locator('[id*=\'"section":"forecast-record"\']').first.scroll_into_view_if_needed()
    expect(page.locator("#forecast-history .js-plotly-plot .scatterlayer path").first).to_be_attached()


def test_a_long_walk_shows_progress_and_can_be_cancelled(visitor):
    page = visitor.open("/label")
    upload(page, "years.csv", prices(5200))
    page.get_by_role("link", name="Evaluation", exact=True).click()
    page.get_by_role("button", name="Walk forward").click()
    expect(page.locator(".job-running")).to_contain_text(re.compile(r"Walking forward \(\d+ of 1[67]\)"), timeout=PATIENT_MS)
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".job-cancelled")).to_contain_text("Cancelled")
    expect(page.locator("#evaluation-headline")).to_contain_text("Not evaluated yet")
    expect(page.get_by_role("button", name="Walk forward")).to_be_visible()


def test_short_history_says_what_is_missing_and_what_can_be_shown(visitor):
    page = visitor.open("/label")
    upload(page, "short.csv", prices(300))
    for name in ("Forecast", "Evaluation"):
        page.get_by_role("link", name=name, exact=True).click()
        headline = page.locator(f"#{name.lower()}-headline")
        expect(headline).to_contain_text("need three years of daily data")
        expect(headline.get_by_role("link", name="Clusters")).to_be_visible()


@pytest.mark.parametrize("path", ["/forecast", "/evaluation"])
def test_a_phone_needs_no_scrolling_sideways(visitors, path):
    visitor = visitors(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page = (forecast if path == "/forecast" else evaluation)(visitor)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for chart in page.locator(".js-plotly-plot").all():
        assert chart.bounding_box()["height"] >= 260


@pytest.mark.parametrize("path", ["/forecast", "/evaluation"])
def test_controls_have_names(visitor, path):
    page = (forecast if path == "/forecast" else evaluation)(visitor)
    nameless = page.evaluate(
        """[...document.querySelectorAll('main button, main select, main a, main input')].filter(
             element => !(element.innerText.trim() || element.labels?.length || element.ariaLabel || element.title)
           ).map(element => element.outerHTML)"""
    )
    assert nameless == []
    for described in page.locator("main [role=img]").all():
        text = page.locator(f"#{described.get_attribute('aria-labelledby')}")
        expect(text).to_contain_text("chart")
