"""Callbacks of the Overview, called as the browser does, on the bundled data."""

import importlib

import dash
import flask
import numpy as np
import pytest
from dash.exceptions import PreventUpdate

import runtime
from markets import daily_bars, text_of
from visitors import uploaded


@pytest.fixture
def page(app):
    return importlib.import_module("pages.overview")


@pytest.fixture
def visit(app):
    """A request of a visitor who is known."""
    with app.server.test_request_context("/"):
        flask.session["visitor"] = "someone"
        yield


def test_the_layout_takes_the_view_of_the_url(page, visit):
    told = str(page.layout(model="rules", range="6m", style="candles", dataset="vix", other="x"))
    for part in ("value='rules'", "value='6m'", "value='candles'", "data='6m'"):
        assert part in told
    assert "data='1y'" in str(page.layout())


def test_the_headline_is_the_last_label_of_the_engine(page, visit):
    for model in ("boosted", "rules"):
        words, _, _, _, rests_on, hidden, not_updatable = page.show_headline("sp500", model, 0)
        dataset = runtime.library().get("sp500")
        labels = runtime.engine().label(dataset.bars, model=model)
        name = labels.names[-1].replace("_", " ")
        assert name in text_of(words).lower() or (name == "unknown" and "No regime" in text_of(words))
        if model == "boosted":
            assert f"{labels.confidence[-1] * 100:.0f} %" in text_of(words)
        assert f"version {labels.model.version}" in text_of(rests_on)
        assert (hidden, not_updatable) == (False, False)


def test_a_range_button_changes_what_is_drawn(page, visit):
    year, title, _ = page.show_price("sp500", "boosted", "1y", "line", "light", 0)
    month, other, _ = page.show_price("sp500", "boosted", "1m", "line", "light", 0)
    assert title != other
    assert year.layout.xaxis.range[0] < month.layout.xaxis.range[0]
    assert year.layout.xaxis.range[1] == month.layout.xaxis.range[1]


def test_shares_and_spells_are_of_the_range(page, visit):
    share, _, _, rows, style, title = page.show_history("sp500", "boosted", "all", 0)
    n = runtime.library().get("sp500").bars.n_bars
    assert sum(row["bars"] for row in rows) == n
    assert f"{len(rows):,} spells" in title.replace("\u00a0", " ")
    assert "Unknown" in text_of(share)
    assert style["height"] == "400px"


@pytest.mark.parametrize(
    ("dataset", "model", "told"),
    [
        ("u" + "A" * 22, "boosted", "belongs to another visitor"),
        ("../../etc/passwd", "boosted", "belongs to another visitor"),
        ("sp500", "nonesuch", "There is no model 'nonesuch'"),
    ],
)
def test_what_cannot_be_shown_is_told_by_the_headline_alone(page, visit, dataset, model, told):
    message, *_, body_hidden, update_hidden = page.show_headline(dataset, model, 0)
    assert told in text_of(message)
    assert (body_hidden, update_hidden) == (True, True)
    with pytest.raises(PreventUpdate):
        page.show_price(dataset, model, "1y", "line", "light", 0)
    with pytest.raises(PreventUpdate):
        page.show_history(dataset, model, "1y", 0)


def test_another_visitor_does_not_see_an_upload(page, app):
    dataset = uploaded(runtime.library(), "owner", "mine", daily_bars(np.linspace(90, 110, 80)))
    with app.server.test_request_context("/"):
        flask.session["visitor"] = "owner"
        assert "not here" not in text_of(page.show_headline(dataset, "boosted", 0)[0])
        assert dataset in [option["value"] for option in importlib.import_module("components.shell").dataset_options()]
    for visitor in ("stranger", None):
        with app.server.test_request_context("/"):
            if visitor:
                flask.session["visitor"] = visitor
            assert "not here" in text_of(page.show_headline(dataset, "boosted", 0)[0])
            assert dataset not in [option["value"] for option in importlib.import_module("components.shell").dataset_options()]


def test_an_answer_of_the_page_is_counted(page, visit):
    from telemetry import REGISTRY

    def counted():
        return sum(
            sample.value
            for metric in REGISTRY.collect()
            for sample in metric.samples
            if sample.name == "prediction_requests_total" and sample.labels["source"] == "page"
        )

    before = counted()
    page.show_headline("sp500", "boosted", 0)
    assert counted() == before + 1


def test_everything_is_drawn_anew_only_after_an_update_that_worked(page):
    assert page.take_up({"id": "x", "state": "done", "message": ""}, 3) == 4
    for ended in (None, {"id": "x", "state": "failed", "message": ""}):
        with pytest.raises(PreventUpdate):
            page.take_up(ended, 3)


def test_nothing_is_computed_before_a_dataset_is_picked(page):
    with pytest.raises(PreventUpdate):
        page.show_headline(None, None, 0)
    with pytest.raises(PreventUpdate):
        page.show_price("sp500", None, "1y", "line", None, 0)


def test_the_pages_are_registered_in_order(app):
    pages = [page["path"] for page in dash.page_registry.values()]
    assert pages[:6] == ["/", "/clusters", "/features", "/forecast", "/evaluation", "/label"]
