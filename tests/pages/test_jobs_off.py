"""On a server that strangers reach without a login, the pages say why fits and updates are off."""

import importlib

import pytest

import runtime
from runtime import Runtime, Settings

PAGES = {"overview": "overview-update", "forecast": "forecast-predict", "evaluation": "evaluation-start"}


@pytest.fixture
def visit(app):
    with app.server.test_request_context("/"):
        yield


@pytest.fixture
def open_to_all(monkeypatch, tmp_path):
    monkeypatch.setattr(runtime, "_runtime", Runtime(Settings(host="0.0.0.0", state_dir=tmp_path)))


def beside_button(component, identifier):
    """What stands where the button of this id does: the button's own wrapper, and what is beside it."""
    for node in component._traverse():
        children = getattr(node, "children", None)
        if isinstance(children, list) and getattr(getattr(children[0], "children", None), "id", None) == identifier:
            return children
    raise AssertionError(f"no button {identifier}")


@pytest.mark.parametrize(("page", "button"), PAGES.items())
def test_the_reason_stands_in_the_buttons_place(app, visit, open_to_all, page, button):
    wrapper, reason = beside_button(importlib.import_module(f"pages.{page}").layout(), button)
    assert wrapper.hidden
    assert reason.children == runtime.current().settings.jobs_off
    assert "REGIME_LOGIN_HEADER" in reason.children


@pytest.mark.parametrize(("page", "button"), PAGES.items())
def test_where_jobs_are_on_there_is_the_button_alone(app, visit, page, button):
    (wrapper,) = beside_button(importlib.import_module(f"pages.{page}").layout(), button)
    assert not wrapper.hidden


def test_a_click_that_comes_all_the_same_starts_nothing(app, visit, open_to_all, tmp_path):
    _, told = importlib.import_module("pages.overview").update_data(1)
    assert told == runtime.current().settings.jobs_off
    _, told = importlib.import_module("pages.forecast").predict(1, "sp500", "3")
    assert told == runtime.current().settings.jobs_off
    _, told = importlib.import_module("pages._forecasts").walk_forward(1, "sp500", "3")
    assert told == runtime.current().settings.jobs_off
    assert not (tmp_path / "jobs").exists()
