"""What Dash itself says of its pages, seen by its own test browser through the Chromium driver."""

import logging

import pytest
from dash.testing.browser import Browser
from selenium.webdriver.chrome.options import Options

from waiting import wait_until

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--window-size=1440,900",
)


@pytest.fixture(scope="module")
def dash_br(address, tmp_path_factory):
    options = Options()
    for flag in FLAGS:
        options.add_argument(flag)
    logging.getLogger("selenium").setLevel(logging.WARNING)
    with Browser(
        browser="Chrome",
        headless=True,
        options=options,
        download_path=str(tmp_path_factory.mktemp("downloads")),
        percy_run=False,
        wait_timeout=60,
    ) as browser:
        browser.server_url = address
        yield browser


@pytest.mark.browser
@pytest.mark.parametrize(
    ("path", "shown"), [("/", "#overview-price-title"), ("/label", "#label-upload"), ("/?dataset=vix", "#overview-price-title")]
)
def test_every_callback_of_a_page_ends_well(dash_br, path, shown):
    dash_br.driver.get(dash_br.server_url + path)
    dash_br.wait_for_element(shown)
    dash_br.wait_for_no_elements("[data-dash-is-loading]")
    wait_until(lambda: dash_br.redux_state_rqs == [] and not dash_br.redux_state_is_loading)
    assert dash_br.get_logs() == []
