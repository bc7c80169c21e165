"""Evaluation in a real browser, walked as an analyst would: forecasts, a backtest, detectors on simulated markets."""

import csv
import io
import re

import pytest
from playwright.sync_api import expect

from waiting import wait_until

pytestmark = pytest.mark.browser
LINES = ".js-plotly-plot .scatterlayer path"
VIEWS = {"forecasts": "#evaluation-years", "backtest": "#backtest-wealth", "detectors": "#detectors-lags"}


def opened(visitor, view, query=""):
    page = visitor.open(f"/evaluation?view={view}{query}")
    expect(page.locator(f"{VIEWS[view]} {LINES}").first).to_be_attached()
    return page


def shown(page, section):
    """Scroll to a section below, which joins the page then."""
    page.locator(f'[id*="{section}"][id*="later\\""]').first.scroll_into_view_if_needed()


def saved(page, button):
    with page.expect_download() as download:
        page.locator(button).click()
    return download.value.suggested_filename, list(csv.DictReader(io.StringIO(download.value.path().read_text())))


def names(page, graph):
    """Names of the traces that are drawn."""
    return page.evaluate(f"document.querySelector('{graph} .js-plotly-plot').data.map(trace => trace.name)")


def last(page, graph, name):
    """The last value of a trace that is drawn."""
    plot = f"document.querySelector('{graph} .js-plotly-plot')"
    return page.evaluate(f"Array.from({plot}._fullData.find(trace => trace.name == '{name}').y).at(-1)")


def test_only_the_view_that_is_picked_is_on_the_page(visitor):
    page = opened(visitor, "forecasts")
    expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile(r"log-loss than margin 1\sday ahead"))
    page.get_by_text("Backtest", exact=True).click()
    page.wait_for_url("**view=backtest**")
    expect(page.locator(f"#backtest-wealth {LINES}").first).to_be_attached()
    expect(page.locator("#evaluation-years")).to_have_count(0)
    page.get_by_text("Detectors", exact=True).click()
    expect(page.locator(f"#detectors-lags {LINES}").first).to_be_attached()
    expect(page.locator("#backtest-wealth")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    page.go_back()
    expect(page.locator(f"#backtest-wealth {LINES}").first).to_be_attached()


def test_every_forecaster_can_be_looked_at_beside_any_other(visitor):
    page = opened(visitor, "forecasts")
    assert names(page, "#evaluation-years") == ["Margin", "Model"]
    page.locator("#evaluation-forecaster").select_option("markov")
    page.locator("#evaluation-against").select_option("persistence")
    page.wait_for_url("**forecaster=markov**")
    page.wait_for_url("**against=persistence**")
    wait_until(lambda: names(page, "#evaluation-years") == ["Persistence", "Markov chain"], seconds=30)
    wait_until(lambda: "Markov chain" in names(page, "#evaluation-reliability"), seconds=30)
    expect(page.locator("#evaluation-pair")).to_contain_text("Markov chain:")
    page.get_by_text("Accuracy", exact=True).first.click()
    page.wait_for_url("**measure=accuracy**")
    expect(page.locator("#evaluation-years-title")).to_contain_text("accuracy by year")
    page.locator("#evaluation-horizon").get_by_text("21 days", exact=True).click()
    shown(page, "evaluation-said")
    expect(page.locator("#evaluation-confusion-title")).to_contain_text(re.compile(r"21\sdays ahead"))
    expect(page.locator("#evaluation-confusion .matrix-title").first).to_contain_text("Markov chain: right on")
    page.locator("#evaluation-k").get_by_text("3", exact=True).click()
    expect(page.locator("#evaluation-basis")).to_contain_text(": 3 states")
    expect(page.locator("#evaluation-confusion .matrix").first.locator("tbody tr")).to_have_count(3)
    page.reload()
    expect(page.locator("#evaluation-forecaster")).to_have_value("markov")
    expect(page.locator("#evaluation-years-title")).to_contain_text("accuracy by year")


def test_the_tables_of_forecasts_come_as_they_are_scrolled_to_and_are_saved(visitor):
    page = opened(visitor, "forecasts", "&k=3")
    expect(page.locator("#evaluation-scores")).to_have_count(0)
    shown(page, "evaluation-scores")
    expect(page.locator("#evaluation-scores .sheet-strong")).to_have_count(3)
    name, rows = saved(page, "#evaluation-save-scores")
    assert name == "S_P_500_scores.csv"
    assert [row["forecaster"] for row in rows] == ["model", "persistence", "markov", "margin"] * 3
    assert all(row["mcnemar_p"] == "" for row in rows if row["horizon"] != "1")
    shown(page, "evaluation-outcomes")
    expect(page.locator("#evaluation-outcomes tbody tr")).to_have_count(3 * 4)
    name, rows = saved(page, "#evaluation-save-outcomes")
    assert (name, len(rows)) == ("S_P_500_outcomes.csv", 9)
    shown(page, "evaluation-compared")
    expect(page.locator("#evaluation-compared tbody tr")).to_have_count(3 * 4 + 3)
    assert saved(page, "#evaluation-save-said")[0] == "S_P_500_volatility_said.csv"
    assert saved(page, "#evaluation-save-gain")[0] == "S_P_500_volatility_qlike.csv"


def test_a_rule_is_tested_and_the_warning_is_plain(visitor):
    page = opened(visitor, "backtest")
    expect(page.locator("#backtest-headline")).to_contain_text("than buy and hold")
    expect(page.locator("#backtest-warning")).to_contain_text("What this does not know: taxes")
    held = last(page, "#backtest-wealth", "Buy and hold")
    before = last(page, "#backtest-wealth", "Rule")
    page.locator("#backtest-cost").get_by_text("25", exact=True).click()
    page.wait_for_url("**cost=25**")
    wait_until(lambda: last(page, "#backtest-wealth", "Rule") < before, seconds=30)
    assert last(page, "#backtest-wealth", "Buy and hold") == pytest.approx(held, rel=0.01)
    page.locator("#backtest-delay").get_by_text("2", exact=True).click()
    expect(page.locator("#backtest-wealth-title")).to_contain_text(re.compile(r"2\scloses later, 25\sbp a trade"))

    page.locator("#backtest-signal").select_option("forecast")
    page.wait_for_url("**signal=forecast**")
    expect(page.locator("#backtest-out")).to_contain_text("High stress")
    expect(page.locator("#backtest-wealth-title")).to_contain_text(re.compile(r"high stress is forecast 1\sday ahead"))
    page.locator("#backtest-horizon").get_by_text("5 days", exact=True).click()
    expect(page.locator("#backtest-headline")).to_contain_text(re.compile(r"forecast 5\sdays ahead"))
    page.locator("#backtest-k").get_by_text("3", exact=True).click()
    page.locator("#backtest-out").get_by_text("All but low stress", exact=True).click()
    expect(page.locator("#backtest-headline")).to_contain_text("unless low stress")
    shown(page, "evaluation-backtest")
    expect(page.locator("#backtest-table tbody tr")).to_have_count(9)
    name, rows = saved(page, "#backtest-save")
    assert name == "S_P_500_backtest.csv"
    assert float(rows[-1]["rule"]) == pytest.approx(last(page, "#backtest-wealth", "Rule"), rel=1e-6)
    page.reload()
    expect(page.locator("#backtest-headline")).to_contain_text("unless low stress")


def test_a_dataset_without_forecasts_has_a_backtest_of_its_regimes(visitor):
    page = opened(visitor, "backtest", "&dataset=vix&signal=rules&out=volatile")
    expect(page.locator("#backtest-headline")).to_contain_text("Staying out while rules says volatile")
    expect(page.locator("#backtest-warning")).to_contain_text("The VIX cannot be bought")
    page.locator("#backtest-signal").select_option("forecast")
    expect(page.locator("#backtest-headline")).to_contain_text("Nothing to test yet")
    page.get_by_role("link", name="Walk forward first").click()
    expect(page.locator("#evaluation-headline")).to_contain_text("Not evaluated yet")


def test_detectors_are_scored_beside_the_exact_filter(visitor):
    page = opened(visitor, "detectors")
    expect(page.get_by_role("heading", level=1)).to_contain_text(
        re.compile(r"boosted names a new regime after \d+\sbars at the median; the exact filter.*after \d+\sbars")
    )
    expect(page.locator("#detectors-cells .sheet-strong")).to_have_count(1)
    page.locator("#detectors-model").select_option("rules")
    page.wait_for_url("**model=rules**")
    expect(page.get_by_role("heading", level=1)).to_contain_text("rules names")
    page.locator("#detectors-duration").get_by_text("120 bars", exact=True).click()
    page.locator("#detectors-shocks").get_by_text("Student-t", exact=True).click()
    page.wait_for_url("**shocks=student**")
    expect(page.locator("#detectors-lags-title")).to_contain_text(re.compile(r"120\sbars on average, Student-t shocks"))
    name, rows = saved(page, "#detectors-save-cells")
    assert (name, len(rows)) == ("rules_simulated.csv", 6)
    shown(page, "evaluation-confusions")
    expect(page.locator("#detectors-confusions .matrix")).to_have_count(2)
    shown(page, "evaluation-manifest")
    expect(page.get_by_role("table", name="Detectors in the manifest").locator("tbody tr")).to_have_count(3)
    page.get_by_text("By market, regime and length of history").click()
    expect(page.get_by_role("table", name="Balanced accuracy, boosted")).to_be_visible()
    name, rows = saved(page, "#evaluation-save-detectors")
    assert name == "detectors.csv"
    assert "boosted" in {row["model"] for row in rows}


@pytest.mark.parametrize("view", VIEWS)
def test_a_phone_needs_no_scrolling_sideways_in_any_view(visitors, view):
    page = opened(visitors(viewport={"width": 390, "height": 844}, color_scheme="dark"), view)
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for chart in page.locator(".js-plotly-plot").all():
        assert chart.bounding_box()["height"] >= 260


@pytest.mark.parametrize("view", ["backtest", "detectors"])
def test_controls_and_figures_have_names(visitor, view):
    page = opened(visitor, view)
    nameless = page.evaluate(
        """[...document.querySelectorAll('main button, main select, main a, main input')].filter(
             element => !(element.innerText.trim() || element.labels?.length || element.ariaLabel || element.title)
           ).map(element => element.outerHTML)"""
    )
    assert nameless == []
    for described in page.locator("main [role=img]").all():
        expect(page.locator(f"#{described.get_attribute('aria-labelledby')}")).to_contain_text("chart")
