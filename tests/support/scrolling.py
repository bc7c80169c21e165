"""Pages whose sections come as they are scrolled to."""

STILL_MS = 250
STILL = """() => {
  const inSight = (node) => {
    const box = node.getBoundingClientRect();
    return node.checkVisibility({visibilityProperty: true}) && box.width > 0 && box.top < window.innerHeight && box.bottom > 0;
  };
  const busy = document.querySelector('#main [data-dash-is-loading="true"]')
    || [...document.querySelectorAll("#main .skeleton")].some(inSight)
    || !document.querySelector("#main h1, #main [role=alert]");
  const now = performance.now();
  if (busy || window.stillSince === undefined) window.stillSince = now;
  return now - window.stillSince > STILL_MS;
}""".replace("STILL_MS", str(STILL_MS))


def settled(page):
    """Wait until nothing is on its way and nothing is grey that is in sight, for a while."""
    page.evaluate("window.stillSince = undefined")
    page.wait_for_function(STILL)


def scroll_through(page):
    """Bring every section onto the page, and go back to its top."""
    settled(page)
    at = 0
    while at < page.evaluate("document.documentElement.scrollHeight"):
        page.evaluate(f"window.scrollTo(0, {at})")
        settled(page)
        at += page.viewport_size["height"] * 2 // 3
    page.evaluate("window.scrollTo(0, 0)")
