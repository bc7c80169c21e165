"""The glossary as an analyst meets it: by a link from a word, by its address, and by looking for one."""

import pytest
from playwright.sync_api import expect

from waiting import wait_until

pytestmark = pytest.mark.browser


def in_sight(page, key):
    """Whether an entry begins below the bar and within the first half of the window."""
    top = page.evaluate(f"document.getElementById('{key}').getBoundingClientRect().top")
    return 40 < top < page.viewport_size["height"] / 2


def test_an_address_with_a_term_shows_it(visitor):
    page = visitor.open("/glossary#persistence")
    expect(page.locator("#persistence")).to_have_class("entry sought")
    wait_until(lambda: in_sight(page, "persistence"), seconds=30)
    expect(page.locator("#persistence")).to_contain_text("215 of 5,786 days")


def test_a_link_inside_the_page_shows_another_term_and_back_the_first(visitor):
    page = visitor.open("/glossary#persistence")
    expect(page.locator("#persistence")).to_have_class("entry sought")
    page.locator("#persistence").get_by_role("link", name="margin").click()
    expect(page.locator("#margin")).to_have_class("entry sought")
    expect(page.locator("#persistence")).to_have_class("entry")
    wait_until(lambda: in_sight(page, "margin"), seconds=30)
    page.go_back()
    expect(page.locator("#persistence")).to_have_class("entry sought")


def test_a_field_finds_terms_by_their_words(visitor):
    page = visitor.open("/glossary")
    expect(page.locator("#vix")).to_be_visible()
    every = page.locator(".entry").count()
    page.locator("#glossary-seek").fill("markov past")
    expect(page.locator("#glossary-told")).to_contain_text(f" of {every} terms")
    expect(page.locator("#markov")).to_be_visible()
    expect(page.locator("#vix")).to_be_hidden()
    expect(page.locator(".glossary-contents [data-of=vix]")).to_be_hidden()
    page.locator("#glossary-seek").fill("no such words")
    expect(page.locator("#glossary-told")).to_have_text("No term has these words.")
    page.locator("#glossary-seek").fill("")
    expect(page.locator("#glossary-told")).to_have_text(f"{every} terms")
    expect(page.locator("#vix")).to_be_visible()


def test_the_way_from_an_entry_to_its_page_keeps_the_view(visitor):
    page = visitor.open("/glossary?dataset=vix#confidence")
    expect(page.locator("#confidence")).to_have_class("entry sought")
    page.locator("#confidence").get_by_role("link", name="Label", exact=True).click()
    page.wait_for_url("**/label?**")
    assert "dataset=vix" in page.url


def test_a_link_from_a_word_takes_the_view_along(visitor):
    page = visitor.open("/label?dataset=vix")
    expect(page.locator("#label-summary-title")).to_have_text("VIX")
    page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('afterbegin', '<a class=\"term\" href=\"/glossary#vix\">VIX</a>')"
    )
    page.locator("main > a.term").click()
    expect(page.locator("#vix")).to_have_class("entry sought")
    assert "dataset=vix" in page.url
    page.go_back()
    expect(page.locator("#label-summary-title")).to_have_text("VIX")
