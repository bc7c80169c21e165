"""A real server and a real Chromium, one of each for all browser tests."""

import shutil
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect, sync_playwright

from real_server import ROOT, SHIPPED, serving

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
]
PATIENCE_MS = 30_000
"""How long a browser may take over anything: a cold machine is slow."""
expect.set_options(timeout=PATIENCE_MS)
BROWSER_HINTS = ("Canvas2D: Multiple readback operations", "GPU stall due to ReadPixels")
"""What Chromium itself says of any 3-D chart where there is no graphics card."""
DEAD = "http://127.0.0.1:9"
"""No one listens here: an update fails at once, and nothing leaves this machine."""


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    """Address of a server with two workers, the shipped models and a copy of the bundled data."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copytree(ROOT / "data", folder / "data")
    settings = {
        "REGIME_MODEL_DIR": SHIPPED,
        "REGIME_DATA_DIR": str(folder / "data"),
        "REGIME_YAHOO_URL": DEAD,
        "REGIME_CBOE_URL": f"{DEAD}/vix.csv",
        "REGIME_MAX_UPLOAD_MB": "25",
    }
    with serving(folder, **settings) as server:
        yield server.address


@pytest.fixture(scope="session")
def chromium():
    """The browser; without one the tests fail and say how to get it."""
    found = next(filter(None, (shutil.which(name) for name in NAMES)), None)
    if found is None:
        pytest.fail("No Chromium found. Install it with: apt-get install -y chromium", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


class Visitor:
    """A browser profile of its own, which notes what a page says to the console and where it sends requests."""

    def __init__(self, chromium, address, **options):
        self.address = address
        self.noted = []
        self.context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, "accept_downloads": True} | options)
        self.context.set_default_timeout(PATIENCE_MS)
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self._note_message(message))
        self.page.on("pageerror", lambda error: self.noted.append(f"error: {error}"))
        self.page.on("response", lambda response: self._note_response(response))
        self.context.on("request", lambda request: self._note_request(request))

    def open(self, path):
        """Go to a page and wait until it is drawn."""
        self.page.goto(self.address + path)
        return self.page

    def _note_message(self, message):
        if not any(hint in message.text for hint in BROWSER_HINTS):
            self.noted.append(f"console {message.type}: {message.text}")

    def _note_request(self, request):
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and f"{parts.scheme}://{parts.netloc}" != self.address:
            self.noted.append(f"request to {request.url}")

    def _note_response(self, response):
        if response.status >= 400:
            self.noted.append(f"{response.status} for {response.url}")


@pytest.fixture
def visitors(chromium, address):
    """Makes visitors; at the end none may have seen an error, a console message or a request to elsewhere."""
    made = []

    def make(**options):
        made.append(Visitor(chromium, address, **options))
        return made[-1]

    yield make
    noted = [note for visitor in made for note in visitor.noted]
    for visitor in made:
        visitor.context.close()
    assert noted == []


@pytest.fixture
def visitor(visitors):
    return visitors()
