"""How soon each page is seen beside a bare Dash page with one graph, and how soon each control answers, in Chromium.

Run from the repository: ``python -m benchmarks.pages``; ``--pages /,/clusters`` for some of them. Both servers are gunicorn
with two workers on bundled data. A page is seen once its headline is told, every figure whose middle is in the first screen is
drawn and nothing there is still grey; each load has an empty cache, the pages take turns with the bare one, and of each the
median of three counts. The pointer rests on a control until the page is quiet, and presses; the control has answered once no
callback is under way and nothing on the page changes any more. Every choice of every control is pressed ``--rounds`` times
over, and more often where that were less than 20 presses: of fewer, 95 in 100 are all. The first press counts too, when no
worker has made the result yet.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dash
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from dash import dcc, html
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("/", "/clusters", "/features", "/forecast", "/evaluation", "/label", "/glossary")
LOADS = 3
MOST_TIMES = 1.5
"""Times that the bare page takes, at most, until a page is seen."""
MOST_SECONDS = 0.300
"""Of 95 in 100 answers of each control."""
SCREEN = {"width": 1440, "height": 900}
QUIET_MS = 150
"""A page on which nothing has changed for so long has answered."""
MOST_CHOICES = 6
LEAST_PRESSES = 20
"""Of each control, that it takes for 95 in 100 to be fewer than all."""
VIEWS = ("/evaluation?view=backtest", "/evaluation?view=detectors")
"""Addresses that have controls which their page does not have at first."""

SEEN = """
(() => {
  const onScreen = (node) => {
    const box = node.getBoundingClientRect();
    const middle = (box.top + box.bottom) / 2;
    return box.width > 0 && box.height > 0 && node.checkVisibility({visibilityProperty: true})
      && middle < window.innerHeight && middle > 0;
  };
  const drawn = (box) => box.querySelector(".js-plotly-plot .trace, .js-plotly-plot .hm, .js-plotly-plot .gl-canvas");
  const seen = () => {
    if (document.querySelector("#bare")) return drawn(document);
    const main = document.querySelector("#main");
    const heading = main && main.querySelector("h1");
    if (!heading || !heading.textContent.trim()) return false;
    if ([...main.querySelectorAll(".skeleton")].some(onScreen)) return false;
    return [...main.querySelectorAll(".chart")].filter(onScreen).every(drawn);
  };
  const look = () => {
    if (seen()) requestAnimationFrame(() => { window.seenAt = performance.now(); });
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""
ANSWERED = """
(() => {
  window.underWay = 0; window.lastChange = 0; window.pressedAt = 0;
  const ask = window.fetch;
  window.fetch = async (...given) => {
    window.underWay += 1;
    try { return await ask(...given); }
    finally { window.underWay -= 1; window.lastChange = performance.now(); }
  };
  // a chart out of sight that measures its room anew changes nothing for who looks at the page
  const unseen = ({attributeName, target}) => {
    if (attributeName !== "class" || !target.classList.contains("dash-graph")) return false;
    const box = target.getBoundingClientRect();
    return box.width === 0 || box.bottom < 0 || box.top > window.innerHeight;
  };
  new MutationObserver((changes) => { if (!changes.every(unseen)) window.lastChange = performance.now(); })
    .observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
  for (const kind of ["click", "change"])
    document.addEventListener(kind, () => { if (!window.pressedAt) window.pressedAt = performance.now(); }, true);
  // the page looks at itself: to be asked again and again from outside would keep it busy
  window.answered = () => new Promise((done) => {
    const looks = setInterval(() => {
      const last = Math.max(window.lastChange, window.pressedAt);
      if (!window.pressedAt || window.underWay || performance.now() - last <= QUIET_MS) return;
      clearInterval(looks);
      done(Math.max(0, window.lastChange - window.pressedAt) / 1000);
    }, 20);
  });
})();
""".replace("QUIET_MS", str(QUIET_MS))
QUIET = f"() => window.underWay === 0 && performance.now() - Math.max(window.lastChange, window.pressedAt) > {QUIET_MS}"
PICK = """
([id, value]) => {
  const list = document.getElementById(id);
  Object.getOwnPropertyDescriptor(HTMLSelectElement.prototype, "value").set.call(list, value);
  list.dispatchEvent(new Event("change", {bubbles: true}));
}
"""
"""Takes an entry of a list, as its user does: the list opens outside the page."""


def bare() -> Any:
    """Server of a page that has nothing but one graph: a year of daily closes."""
    days = pd.read_csv(ROOT / "data" / "sp500.csv").tail(252)
    app = dash.Dash("bare", assets_folder="none")  # this project's own files would be part of the page
    app.layout = html.Div(dcc.Graph(figure=go.Figure(go.Scatter(x=days.iloc[:, 0], y=days["close"]))), id="bare")
    return app.server


@contextlib.contextmanager
def serving(target: str, folder: Path, config: str | None = None) -> Iterator[str]:
    """Address of a server that answers, ended afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {"PORT": str(port), "WEB_CONCURRENCY": "2", "REGIME_STATE_DIR": str(folder / "state")}
    command = [sys.executable, "-m", "gunicorn", "--config", config or os.devnull, target]
    bind = [] if config else ["--bind", f"127.0.0.1:{port}", "--workers", "2", "--no-control-socket"]
    with (folder / f"log-{port}").open("wb") as log:
        process = subprocess.Popen([*command, *bind], cwd=ROOT, env=os.environ | settings, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 300
        while not _reaches(address + ("/ready" if config else "/")):
            if time.monotonic() > until or process.poll() is not None:
                raise SystemExit((folder / f"log-{port}").read_text())
            time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(60)


def _reaches(url: str) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5) as response:
        return bool(response.status == 200)
    return False


def seen_after(browser: Browser, url: str) -> float:
    """Seconds from the request of a page, nothing of it cached, until it is seen."""
    context = browser.new_context(viewport=SCREEN)
    context.add_init_script(SEEN)
    page = context.new_page()
    page.goto(url)
    page.wait_for_function("() => window.seenAt", timeout=60_000)
    seconds = float(page.evaluate("window.seenAt")) / 1000
    context.close()
    return seconds


def first_views(browser: Browser, address: str, floor: str, pages: tuple[str, ...]) -> bool:
    """Print how long each page takes until it is seen, beside the bare one; whether all keep to the bound."""
    for path in (*pages, *pages):  # each worker has made once what it keeps
        seen_after(browser, address + path)
    seen_after(browser, floor)
    taken: dict[str, list[float]] = {path: [] for path in pages}
    beside: dict[str, list[float]] = {path: [] for path in pages}
    for _ in range(LOADS):
        for path in pages:
            beside[path].append(seen_after(browser, floor))
            taken[path].append(seen_after(browser, address + path))
    print(f"| page | seen after | bare page | times, at most {MOST_TIMES:g} |\n|---|---|---|---|")
    kept = True
    for path in pages:
        page, floor_ = statistics.median(taken[path]), statistics.median(beside[path])
        kept &= page / floor_ <= MOST_TIMES
        print(f"| {path} | {page:.2f} s | {floor_:.2f} s | {page / floor_:.2f} |")
    return kept


def controls(page: Page) -> list[tuple[str, list[str]]]:
    """Controls of a page with selectors of their choices: rows of buttons and lists, the dataset picker's among them.

    What is chosen comes last, so that each control leaves the page as it was for the next one.
    """
    found: list[tuple[str, list[str]]] = page.evaluate(
        """(most) => {
          const seen = (node) => node.getBoundingClientRect().width > 0;
          const some = (kinds) => [...document.querySelectorAll(kinds)].filter(seen);
          const taken = (choices, at) => [...choices.filter((_, i) => i !== at), choices[at]].filter(Boolean);
          const button = (row, i) => `#${row.id} .form-check:nth-child(${i + 1}) label`;
          const rows = some("#main .segmented").map((row) => {
            const choices = [...row.querySelectorAll("input")].slice(0, most);
            return [row.id, taken(choices.map((_, i) => button(row, i)), choices.findIndex((choice) => choice.checked))];
          });
          const lists = some("#main select, #dataset").map((list) => {
            const choices = [...list.options].filter((option) => !option.disabled).slice(0, most);
            return [list.id, taken(choices.map(({value}) => `${list.id}=${value}`),
                                   choices.findIndex(({value}) => value === list.value))];
          });
          const views = ([id]) => id.endsWith("-view");  // what it shows has controls of its own
          return [...rows, ...lists].filter(([, choices]) => choices.length > 1).sort((a, b) => views(a) - views(b));
        }""",
        MOST_CHOICES,
    )
    return found


def answer(page: Page, choice: str) -> float | None:
    """Seconds from a press until the page has answered; None where it is no longer there to be pressed."""
    identifier, _, value = choice.partition("=")
    listed = not choice.startswith("#")
    target = page.locator(f"#{identifier}" if listed else choice)
    if not target.is_visible():
        return None
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    assert box is not None
    page.wait_for_timeout(QUIET_MS)  # what came into sight with it catches up
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_timeout(QUIET_MS)  # a hand rests before it presses; what is made ready meanwhile is waited for
    page.wait_for_function(QUIET, timeout=60_000)
    page.evaluate("() => { window.pressedAt = 0; window.answer = window.answered(); }")
    if listed:
        page.evaluate(PICK, [identifier, value])
    else:
        page.mouse.down()
        page.mouse.up()
    return float(page.evaluate("window.answer"))


def scrolled(page: Page) -> None:
    """All sections of a page have come."""
    page.wait_for_function(QUIET, timeout=60_000)
    at = 0
    while at < page.evaluate("document.documentElement.scrollHeight"):
        page.evaluate(f"window.scrollTo(0, {at})")
        page.wait_for_timeout(120)
        page.wait_for_function(QUIET, timeout=60_000)
        at += SCREEN["height"] // 2


def answers(browser: Browser, address: str, pages: tuple[str, ...], rounds: int) -> bool:
    """Print how long each control takes to answer; whether all keep to the bound."""
    bound = f"95 of 100, at most {1000 * MOST_SECONDS:.0f} ms"
    print(f"\n| page | control | presses | median | {bound} | longest |\n|---|---|---|---|---|---|")
    kept = True
    for path in pages:
        context = browser.new_context(viewport=SCREEN)
        context.add_init_script(ANSWERED)
        page = context.new_page()
        page.goto(address + path)
        scrolled(page)
        for name, choices in controls(page):
            times = max(rounds, math.ceil(LEAST_PRESSES / len(choices)))
            taken = [found for _ in range(times) for choice in choices if (found := answer(page, choice)) is not None]
            if not taken:
                continue
            nearly_all = float(np.quantile(taken, 0.95))
            kept &= nearly_all <= MOST_SECONDS
            shown = (1000 * statistics.median(taken), 1000 * nearly_all, 1000 * max(taken))
            print(f"| {path} | {name} | {len(taken)} | {shown[0]:.0f} ms | {shown[1]:.0f} ms | {shown[2]:.0f} ms |", flush=True)
        context.close()
    return kept


def at_once(browser: Browser, address: str) -> None:
    """Print how long the first figure in 3-D takes that nobody came near before: it was not made ready."""
    taken = []
    for _ in range(LOADS):
        context = browser.new_context(viewport=SCREEN)
        context.add_init_script(ANSWERED)
        page = context.new_page()
        page.goto(address + "/clusters")
        scrolled(page)
        page.wait_for_timeout(3_500)  # its library comes to a page at rest
        page.evaluate("() => { window.pressedAt = 0; window.answer = window.answered(); }")
        page.evaluate("document.querySelector('#clusters-tabs .form-check:nth-child(2) label').click()")
        taken.append(float(page.evaluate("window.answer")))
        context.close()
    print(f"\nThe first figure in 3-D, pressed without coming near it: {1000 * statistics.median(taken):.0f} ms")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pages", default=",".join(PAGES), help="paths, comma-separated")
    parser.add_argument("--rounds", type=int, default=4, help="times that each choice is pressed; 0 for first views alone")
    given = parser.parse_args()
    pages = tuple(given.pages.split(","))
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        raise SystemExit("No Chromium found: make browser")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        product = serving("app:create_server()", folder, "gunicorn.conf.py")
        with product as address, serving("benchmarks.pages:bare()", folder) as floor:
            kept = first_views(browser, address, floor, pages)
            views = tuple(view for view in VIEWS if view.partition("?")[0] in pages)
            kept &= answers(browser, address, (*pages, *views), given.rounds) if given.rounds else True
            if given.rounds and "/clusters" in pages:
                at_once(browser, address)
        browser.close()
    raise SystemExit(0 if kept else 1)


if __name__ == "__main__":
    main()
