"""When components hear of what has changed: once of many changes, and never too late (``assets/batching.js``)."""

import pytest
from playwright.sync_api import expect

from scrolling import settled

pytestmark = pytest.mark.browser

CHANGE = """
  const store = window.dash_stores[0];
  const itempath = store.getState().paths.strs["as-of"];
  const change = (props, renderType = "callback") =>
    store.dispatch({type: "ON_PROP_CHANGE", payload: {itempath, props, renderType}});
  const span = (text) => ({type: "Span", namespace: "dash_html_components", props: {children: text, id: "tests-span"}});
  const rest = () => new Promise((done) => setTimeout(done, 100));
  let times = 0;
  const stop = store.subscribe(() => { times += 1; });
"""


@pytest.fixture
def told(visitors):
    """Runs JavaScript on a page at rest, with ``change``, ``span``, ``rest`` and the ``times`` that components were told."""
    page = visitors(viewport={"width": 1440, "height": 900}).open("/glossary")
    settled(page)

    def run(script):
        return page.evaluate("async () => {" + CHANGE + script + "}")

    run.page = page
    return run


def test_components_are_told_once_of_many_changes_and_of_nothing_not_at_all(told):
    assert told("""
      const clock = performance.now;
      performance.now = () => 0;  // however slow the machine is, it has not been too long
      change({title: "1"}); change({title: "2"});
      await new Promise((done) => setTimeout(() => { change({title: "3"}); done(); }));
      const seen = [times];
      performance.now = clock;
      await rest();
      seen.push(times);
      store.dispatch({type: "tests of batching"});
      await rest();
      seen.push(times);
      return seen;
    """) == [0, 1, 1]


def test_components_are_told_where_nothing_comes_to_rest(told):
    assert (
        told("""
      let i = 0;
      while (!times && i < 1000) {
        const turn = new Promise((done) => setTimeout(done)); // before the one in which rest is looked for
        change({title: `${i += 1}`});
        await turn;
      }
      return times;
    """)
        == 1
    )


def test_components_are_told_in_a_page_that_nobody_sees(told):
    assert (
        told("""
      Object.defineProperty(document, "hidden", {value: true, configurable: true});
      change({title: "a"}); change({title: "b"});
      await Promise.resolve();
      return times;
    """)
        == 1
    )


def test_components_that_come_are_on_the_page_at_the_end_of_the_run(told):
    assert told("""
      change({title: "before them"});
      change({children: [span("new")]});
      const seen = [times];
      await Promise.resolve();
      seen.push(times);
      await Promise.resolve();
      seen.push(document.getElementById("tests-span").textContent);
      return seen;
    """) == [0, 1, "new"]


@pytest.mark.parametrize(
    "change",
    [
        'change({title: "set by itself"}, "internal")',
        'store.dispatch({type: "RESET_COMPONENT_STATE", payload: {itempath}})',
        'store.dispatch({type: "SET_APP_LIFECYCLE", payload: "STARTED"})',
    ],
)
def test_what_cannot_wait_is_told_at_the_end_of_the_run(told, change):
    assert told(f"""
      change({{title: "told before"}});
      await rest();
      const before = times;
      {change};
      const seen = [times - before];
      await Promise.resolve();
      seen.push(times - before);
      return seen;
    """) == [0, 1]


def test_what_a_callback_has_set_is_told_as_such_whatever_the_component_sets_itself(told):
    assert told("""
      const kind = () => store.getState().layoutHashes[Object.keys(store.getState().layoutHashes).find(
        (path) => path.replace(/[^\\w,]/g, "") === itempath.join(","))].renderType;
      change({title: "by a callback"});
      change({"data-told": "by itself"}, "internal");
      const seen = [kind()];
      await rest();
      change({"data-told": "by itself alone"}, "internal");
      return [...seen, kind()];
    """) == ["callback", "internal"]


@pytest.mark.parametrize("event", ["pointerdown", "pointerup", "keydown"])
def test_who_presses_or_lets_go_does_so_on_what_was_told(told, event):
    assert told(f"""
      change({{title: "1"}});
      document.body.dispatchEvent(new Event("{event}", {{bubbles: true}}));
      const seen = [times];
      await rest();
      seen.push(times);
      return seen;
    """) == [1, 1]


def test_components_are_told_at_once_while_someone_types(told):
    assert (
        told("""
      const field = document.createElement("input");
      field.addEventListener("input", () => { change({title: "4"}); change({title: "5"}); });
      field.dispatchEvent(new Event("input"));
      return times;
    """)
        == 2
    )


def test_a_component_is_drawn_by_all_its_changes_that_it_is_told_of_at_once(told):
    told("""
      change({children: [span("first")]});
      await rest();
      change({children: [span("second")]});
      change({title: "not its content"});
    """)
    expect(told.page.locator("#tests-span")).to_have_text("second")
    expect(told.page.locator("#as-of")).to_have_attribute("title", "not its content")
