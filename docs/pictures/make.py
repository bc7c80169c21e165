"""Takes the pictures of the documentation from the running app: ``make screenshots``.

``python docs/pictures/make.py [--address http://127.0.0.1:8050] [NAME...]`` takes some, from a server that runs. Without an
address one is started, with the bundled data and the shipped models. A new picture is one line in PICTURES.

Beside the pictures lies ``pages.json``: what headings, columns and controls each of them shows. A browser test compares it with
the pages of today, so that a page that has changed asks for new pictures.
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, Request, sync_playwright

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SEEN = HERE / "pages.json"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--no-sandbox", "--disable-gpu", "--font-render-hinting=none", "--hide-scrollbars")
PATIENCE_MS = 60_000
QUIET_SECONDS = 1.0
COLOURS = 256
MOST_KB = 150


@dataclass(frozen=True)
class Picture:
    """One picture.

    path : page with its view. around : elements whose cards are in it, from the first to the last; none: the top of the page.
    does : what a visitor does first, as (verb, selector, value...): click, fill TEXT, upload FILE, see TEXT (waits until it is
    there), drag X0 Y0 X1 Y1 or hover X Y, in fractions of the element. size : window in pixels.
    """

    path: str
    around: tuple[str, ...] = ()
    does: tuple[tuple[str, ...], ...] = ()
    theme: str = "light"
    size: tuple[int, int] = (1440, 900)

    @property
    def context(self) -> dict[str, object]:
        """Options of a browser context: nothing moves, and the theme is the system's."""
        viewport = {"width": self.size[0], "height": self.size[1]}
        return {"viewport": viewport, "color_scheme": self.theme, "reduced_motion": "reduce", "locale": "en-GB"}


PHONE = (390, 844)
SAMPLE = "assets/sample.csv"
UPLOAD = (
    ("upload", "#label-upload input[type=file]", SAMPLE),
    ("see", "#label-summary-title", "sample"),
    ("see", "#label-understood", "Rows read"),
)
PICTURES: dict[str, Picture] = {
    "overview": Picture("/?dataset=sp500&range=5y"),
    "overview-dark": Picture("/?dataset=sp500&range=5y", theme="dark"),
    "overview-phone": Picture("/?dataset=sp500&range=1y", size=PHONE),
    "overview-detectors": Picture("/?dataset=sp500&range=5y", around=("#overview-strips",)),
    "overview-followed": Picture("/?dataset=sp500&range=5y", around=("#overview-followed", "#overview-regime-odds")),
    "clusters": Picture("/clusters?dataset=sp500"),
    "clusters-brushed": Picture(
        "/clusters?dataset=sp500",
        around=("#clusters-scatter", "#clusters-price"),
        does=(("drag", "#clusters-scatter .nsewdrag", "0.62", "0.05", "0.98", "0.95"),),
    ),
    "features": Picture("/features?dataset=sp500&range=1y", size=(1440, 1000)),
    "forecast": Picture("/forecast?dataset=sp500", size=(1440, 1000)),
    "evaluation": Picture("/evaluation?dataset=sp500", size=(1440, 1000)),
    "backtest": Picture("/evaluation?dataset=sp500&view=backtest", size=(1440, 1000)),
    "label": Picture("/label", does=UPLOAD, size=(1440, 1000)),
    "label-understood": Picture("/label", does=UPLOAD, around=("#label-understood",)),
}
"""Name of the file, without ``.png`` -> what is in it."""


LENGTH_WHERE_ALL_IS_THERE = """() => {
  const insight = element => {
    const at = element.getBoundingClientRect();
    return at.height > 1 && at.bottom > 0 && at.top < window.innerHeight;
  };
  const waits = '.skeleton, [data-dash-is-loading=true]:not(html), .job-running';
  const pending = [...document.querySelectorAll(waits)].some(insight)
    || [...document.querySelectorAll('.chart')].some(e => insight(e) && !e.querySelector('.main-svg'))
    || [...document.querySelectorAll('.grid')].some(e => insight(e) && !e.querySelector('.ag-row, .ag-overlay'))
    || document.title.startsWith('Updating') || document.fonts.status !== 'loaded' || !document.querySelector('main h1');
  return pending ? null : document.querySelector('main').innerHTML.length;
}"""
"""How long a page's text is, or null while something in sight is still to come."""


@dataclass
class Taken:
    """What a picture shows."""

    page: str
    words: list[str] = field(default_factory=list)


def main(arguments: list[str] | None = None) -> None:
    """Take the pictures that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(PICTURES)}; all if left out")
    parser.add_argument("--address", help="a server that runs; one is started if left out")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of the pictures (default: here)")
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.names) - PICTURES.keys()
    if unknown:
        parser.error(f"there is no picture {', '.join(sorted(unknown))}")
    names = chosen.names or list(PICTURES)
    seen_path = chosen.out / SEEN.name
    seen = json.loads(seen_path.read_text()) if chosen.names and seen_path.exists() else {}
    with _server(chosen.address) as address, _browser() as browser:
        for name in names:
            seen[name] = vars(take(browser, address, name, chosen.out / f"{name}.png"))
    seen_path.write_text(
        json.dumps({name: seen[name] for name in PICTURES if name in seen}, indent=1, ensure_ascii=False) + "\n"
    )


def take(browser: Browser, address: str, name: str, out: Path) -> Taken:
    """Take one picture."""
    picture = PICTURES[name]
    context = browser.new_context(**picture.context)
    try:
        page = context.new_page()
        box = show(page, address, picture)
        taken = Taken(picture.path, words(page, box))
        shot = page.screenshot(clip=box, animations="disabled", caret="hide", full_page=True)
    finally:
        context.close()
    Image.open(io.BytesIO(shot)).convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
        out, optimize=True
    )
    size = out.stat().st_size / 1000
    print(
        f"{out.name}: {box['width']:.0f} x {box['height']:.0f}, {size:.0f} kB{'  (large)' if size > MOST_KB else ''}",
        flush=True,
    )
    return taken


def show(page: Page, address: str, picture: Picture) -> dict[str, float]:
    """Open a picture's page, do what is done in it and wait until all is drawn. Returns its box, in pixels of the page."""
    page.set_default_timeout(PATIENCE_MS)
    under_way: set[Request] = set()
    page.on("request", lambda request: under_way.add(request))
    page.on("requestfinished", lambda request: under_way.discard(request))
    page.on("requestfailed", lambda request: under_way.discard(request))
    page.goto(address + picture.path)
    _settle(page, under_way)
    for selector in picture.around:
        _scroll_to(page, selector, under_way)
    for action in picture.does:
        _do(page, *action)
        _settle(page, under_way)
    if not picture.around:
        if "#" not in picture.path:
            page.evaluate("window.scrollTo(0, 0)")
        _settle(page, under_way)
        return {"x": 0, "y": page.evaluate("window.scrollY"), "width": picture.size[0], "height": picture.size[1]}
    for selector in picture.around:
        _scroll_to(page, selector, under_way)
    return page.evaluate(
        """selectors => {
          const cards = selectors.map(s => document.querySelector(s)).map(e => e.closest('.surface') || e);
          const boxes = cards.map(e => e.getBoundingClientRect());
          const margin = 12;
          const x = Math.max(0, Math.min(...boxes.map(b => b.left)) - margin);
          const y = Math.max(0, Math.min(...boxes.map(b => b.top)) + window.scrollY - margin);
          const right = Math.max(...boxes.map(b => b.right)) + margin;
          const bottom = Math.max(...boxes.map(b => b.bottom)) + window.scrollY + margin;
          return {x: x, y: y, width: Math.min(right, window.innerWidth) - x, height: bottom - y};
        }""",
        list(picture.around),
    )


def words(page: Page, box: dict[str, float]) -> list[str]:
    """Headings, columns and controls that are seen in a part of a page, from top to bottom."""
    return page.evaluate(
        """box => {
          const told = 'h1, h2, h3, th, label, button, summary, .ag-header-cell-text';
          const seen = [];
          for (const element of document.querySelectorAll(told)) {
            const at = element.getBoundingClientRect();
            const top = at.top + window.scrollY;
            const inside = at.width > 1 && at.height > 1 && at.left >= box.x && at.right <= box.x + box.width + 1
              && top >= box.y && top + at.height <= box.y + box.height + 1;
            const text = element.innerText.replace(/\\s+/g, ' ').trim();
            const shown = element.checkVisibility ? element.checkVisibility({visibilityProperty: true}) : true;
            if (inside && text && shown) seen.push([Math.round(top), Math.round(at.left), text]);
          }
          return seen.sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(entry => entry[2]);
        }""",
        box,
    )


def _scroll_to(page: Page, selector: str, under_way: set[Request]) -> None:
    """Bring an element into sight; what lies below joins the page as it is scrolled to."""
    for _ in range(40):
        if page.locator(selector).count():
            break
        page.mouse.wheel(0, 500)
        _settle(page, under_way)
        if page.evaluate("window.scrollY + window.innerHeight >= document.documentElement.scrollHeight - 2"):
            break
    page.locator(selector).first.wait_for(state="attached")
    page.evaluate("s => document.querySelector(s).scrollIntoView({block: 'center', behavior: 'instant'})", selector)
    _settle(page, under_way)


def _do(page: Page, verb: str, selector: str, *values: str) -> None:
    """What a visitor does to an element."""
    element = page.locator(selector).first
    if verb == "upload":
        element.set_input_files(ROOT / values[0])
        return
    if verb == "see":
        element.filter(has_text=values[0]).wait_for()
        return
    element.scroll_into_view_if_needed()
    if verb == "click":
        element.click()
        return
    if verb == "fill":
        element.fill(values[0])
        return
    box = element.bounding_box() or {}
    spots = [
        (box["x"] + float(x) * box["width"], box["y"] + float(y) * box["height"])
        for x, y in zip(values[::2], values[1::2], strict=True)
    ]
    page.mouse.move(*spots[0])
    if verb == "drag":
        page.mouse.down()
        page.mouse.move(*spots[1], steps=6)
        page.mouse.up()
    elif verb != "hover":
        raise ValueError(f"There is no action {verb}")


def _settle(page: Page, under_way: set[Request]) -> None:
    """Wait until nothing in sight is still to come, nothing is fetched, and nothing has changed for a while."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    seen, since = None, time.monotonic()
    while time.monotonic() < deadline:
        length = page.evaluate(LENGTH_WHERE_ALL_IS_THERE)
        if length is None or under_way or length != seen:
            seen, since = length, time.monotonic()
        elif time.monotonic() - since > QUIET_SECONDS:
            return
        page.wait_for_timeout(100)
    raise TimeoutError(f"{page.url} is not at rest after {PATIENCE_MS / 1000:.0f} s")


@contextmanager
def _browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        raise SystemExit("No Chromium found. On Debian: sudo apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield browser
        browser.close()


@contextmanager
def _server(address: str | None) -> Iterator[str]:
    """The server at an address, or one of its own until all is done."""
    if address:
        yield address.rstrip("/")
        return
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]
    from real_server import SHIPPED, serving

    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), REGIME_MODEL_DIR=SHIPPED) as server:
        yield server.address


if __name__ == "__main__":
    main()
