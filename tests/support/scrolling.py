"""Pages whose sections come as they are scrolled to."""


def settled(page):
    """Wait until no callback is under way and nothing is grey that is in sight."""
    page.wait_for_load_state("networkidle")
    page.wait_for_function(
        """() => ![...document.querySelectorAll("#main .skeleton")].some((node) => {
          const box = node.getBoundingClientRect();
          return box.width > 0 && box.top < window.innerHeight && box.bottom > 0;
        })"""
    )


def scroll_through(page):
    """Bring every section onto the page, and go back to its top."""
    settled(page)
    at = 0
    while at < page.evaluate("document.documentElement.scrollHeight"):
        page.evaluate(f"window.scrollTo(0, {at})")
        page.wait_for_timeout(100)
        settled(page)
        at += page.viewport_size["height"] // 2
    page.evaluate("window.scrollTo(0, 0)")
