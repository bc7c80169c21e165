"""Draw the pictures of the documentation from a running server: ``python docs/pictures/make.py [http://127.0.0.1:8050]``."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).resolve().parent
NAMES = ("chromium", "chromium-browser", "google-chrome")
PICTURES = {"overview.png": ("/?dataset=sp500&range=5y", "#overview-spells .ag-row")}
"""File -> the page it shows and the element that is drawn last."""


def main(address: str) -> None:
    """Take each picture, 1440 px wide."""
    chromium = next(filter(None, map(shutil.which, NAMES)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 1180}, color_scheme="light")
        for name, (path, drawn_last) in PICTURES.items():
            _take(page, address + path, drawn_last, HERE / name)
        browser.close()


def _take(page: Page, url: str, drawn_last: str, out: Path) -> None:
    page.goto(url)
    page.wait_for_selector(drawn_last)
    page.wait_for_selector(".js-plotly-plot .hm image")
    page.wait_for_timeout(500)  # plotly fades its labels in
    page.screenshot(path=out)
    print(f"{out}: {out.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8050")
