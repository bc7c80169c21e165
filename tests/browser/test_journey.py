"""An analyst goes through every page in either theme: opens it, chooses, reads what is said, takes home what is drawn."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from scrolling import settled
from waiting import wait_until

pytestmark = pytest.mark.browser
STEPS = {
    "Overview": ("overview-preset", "5Y", r"% likely|with \d+ of 100 points|No regime stands out", "overview-price"),
    "Clusters": ("clusters-k", "2", r"stress, for \d+\sday", "clusters-price"),
    "Features": ("features-preset", "5Y", r"Features", "features-over"),
    "Forecast": ("forecast-horizon", "5 days", r"% likely .* stress tomorrow", "forecast-fan"),
    "Evaluation": ("evaluation-horizon", "5 days", r"log-loss", "evaluation-years"),
    "Label": ("label-style", "Candles", r"Label your own prices", "label-price"),
}
"""Page: a control of it, what is chosen there, what its heading says, and a figure that is taken home."""
PNG = b"\x89PNG"
INK = "getComputedStyle(document.body).color"


def taken(page, figure, kind):
    box = page.locator(".figure-box", has=page.locator(f"#{figure}"))
    box.scroll_into_view_if_needed()
    with page.expect_download() as download:
        box.get_by_role("button", name=kind).click()
    return Path(download.value.path()).read_bytes()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_from_page_to_page(visitors, scheme):
    visitor = visitors(color_scheme="dark" if scheme == "light" else "light")
    page = visitor.open("/")
    settled(page)
    before = page.evaluate(INK)
    page.locator("#theme-switch").click()  # against the system's: remembered from page to page
    wait_until(lambda: page.evaluate(INK) != before, seconds=30)
    for name, (control, choice, told, figure) in STEPS.items():
        page.locator(".pages").get_by_text(name, exact=True).click()
        settled(page)
        assert page.evaluate("document.documentElement.dataset.bsTheme") == scheme
        expect(page.locator("h1")).to_contain_text(re.compile(told))
        title = page.locator(".card-title", has=page.locator(f"#{figure}-title"))
        page.locator(f"#{control}").get_by_text(choice, exact=True).click()
        settled(page)
        expect(title).to_contain_text(re.compile(r"\d{4}"))
        assert taken(page, figure, "PNG").startswith(PNG)
        lines = taken(page, figure, "CSV").decode("utf-8-sig").splitlines()
        assert len(lines) > 4
        assert "[object" not in lines[0]
        drawn = page.evaluate(f"document.querySelector('#{figure} .js-plotly-plot')._fullLayout.font.color")
        assert drawn.upper() == {"light": "#1B2330", "dark": "#E6EAF0"}[scheme]
