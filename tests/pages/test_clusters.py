"""Callbacks of the Clusters page: from a dataset to states, and every kind of unfit dataset to a message."""

import importlib
from types import SimpleNamespace

import flask
import numpy as np
import pytest
from dash.exceptions import PreventUpdate

import jobs
import results
import runtime
from markets import daily_bars, text_of
from visitors import uploaded
from waiting import wait_for_job


@pytest.fixture
def page(app):
    return importlib.import_module("pages.clusters")


@pytest.fixture
def visit(app):
    with app.server.test_request_context("/"):
        flask.session["visitor"] = "clusterer"
        yield


def upload(close, **changes):
    return uploaded(runtime.library(), "clusterer", "mine", daily_bars(close, **changes))


def moving(n):
    return 100 * np.exp(np.cumsum(np.random.default_rng(5).normal(0, 0.01, n)))


def test_the_layout_takes_its_choices_from_the_address(page):
    shown = str(page.layout(k="3", x="pc1", y="pc2", range="1y"))
    assert "value='pc1'" in shown
    assert "value='3'" in shown
    assert "value='auto'" in str(page.layout(k="9"))


def test_the_sp500_has_states_that_say_in_sample_and_what_fell_out(page, visit):
    headline, where, notes, shares, hidden, legend, statistics, title, tests, _ = page.show_states("sp500", "auto", 0)
    view = page.markets.clustered(runtime.library().get("sp500"), "auto")
    assert "stress, for" in text_of(headline)
    assert "(in sample)" in text_of(headline)
    assert text_of(where).startswith("S&P 500 as of ")
    assert f"fitted on all {view.market.n_days:,} days shown" in text_of(notes)
    assert "outside the dates of the VIX" in text_of(notes)
    assert not hidden
    assert text_of(legend) == "Low stress High stress"
    assert "21-day volatility VIX Worst drawdown" in text_of(statistics)
    assert title.endswith("in sample")
    assert "days as independent" in text_of(tests)
    assert "days in" in text_of(shares)


def test_the_number_of_states_is_the_one_asked_for(page, visit):
    *_, legend, _, _, tests, _ = page.show_states("sp500", "5", 0)
    assert text_of(legend) == "Low stress Mild stress Medium stress Elevated stress High stress"
    assert text_of(tests).count(" and ") >= 10
    figures = page.show_differences("sp500", "4", "dark", 0)
    assert len(figures[3].data) == 4
    assert list(figures[3].data[0].theta[:4]) == ["Return", "Volatility", "VIX", "Drawdown"]


def test_an_upload_does_without_the_vix_and_says_so(page, visit):
    dataset = upload(moving(300))
    _, _, notes, *_ = page.show_states(dataset, "auto", 0)
    assert "There is no VIX here" in text_of(notes)
    figure, title, _, options, _, x, y = page.show_scatter(dataset, "2", "vix", "soup", "lasso", "2", "light", 0, None, None)
    assert (x, y) == ("volatility", "return")
    assert [option["value"] for option in options] == ["return", "volatility", "parkinson", "pc1", "pc2", "pc3"]
    assert figure.layout.dragmode == "lasso"
    assert title.startswith("mine: daily return against 21-day volatility")


def test_closes_only_have_two_values_and_the_third_axis_says_so(page, visit, monkeypatch):
    bars = daily_bars(moving(300))
    flat = bars._replace(open=bars.close, high=bars.close, low=bars.close)
    dataset = uploaded(runtime.library(), "clusterer", "closes", flat)
    _, _, notes, *_ = page.show_states(dataset, "3", 0)
    assert "closes only" in text_of(notes)
    _, _, _, options, *_ = page.show_scatter(dataset, "3", "parkinson", "return", "box", "3", "light", 0, None, None)
    assert [option["value"] for option in options] == ["return", "volatility", "pc1", "pc2"]
    word, no_plane, no_controls = page.show_solid("3", dataset, "3", "light", 0)
    assert "rest on two values alone" in text_of(word)
    assert (no_plane, no_controls) == (True, True)
    radar = page.show_differences(dataset, "3", "light", 0)[3]
    assert list(radar.data[0].theta[:3]) == ["Return", "Volatility", "Drawdown"]
    monkeypatch.setattr(page.dash, "ctx", SimpleNamespace(triggered_id="clusters-save-days"))
    assert page.save(1, 1, 1, dataset, "2")["content"].startswith("date,state,return,volatility\n")


@pytest.mark.parametrize(
    ("close", "changes", "told"),
    [
        (moving(300), {"step_ns": 3_600_000_000_000}, "these bars are shorter"),
        (moving(60), {}, "60 days are too few for stress states"),
        (np.full(300, 7.0), {}, "The close is 7 on every day"),
    ],
)
def test_what_has_no_states_gets_one_sentence(page, visit, close, changes, told):
    dataset = upload(close, **changes)
    problem, where, notes, _, hidden, *_ = page.show_states(dataset, "auto", 0)
    assert told in text_of(problem)
    assert text_of(where).startswith("mine ")
    assert notes is None
    assert hidden
    with pytest.raises(page.PreventUpdate):
        page.show_price(dataset, "auto", None, "light", 0)


def test_a_dataset_of_someone_else_is_not_here(page, visit):
    problem, *_, hidden, _, _, _, _, _ = page.show_states("u" + "x" * 22, "auto", 0)
    assert "belongs to another visitor" in text_of(problem)
    assert hidden


def test_brushed_days_are_lit_only_in_their_own_dataset(page, visit):
    chosen = {"dataset": "sp500", "rows": [1, 2, 3]}
    figure, title, _ = page.show_price("sp500", "auto", chosen, "light", 0)
    assert len(figure.data[2].x) == 3
    assert "the 3 days chosen" in title.replace("\u00a0", " ")
    figure, *_ = page.show_price("vix", "auto", chosen, "light", 0)
    assert len(figure.data[2].x) == 0


def test_three_dimensions_are_drawn_only_when_asked_for(page, visit):
    assert page.show_solid("2", "sp500", "auto", "light", 0) == (None, False, False)
    drawn, *hidden = page.show_solid("3", "sp500", "auto", "light", 0)
    assert hidden == [True, True]
    assert "scatter3d" in str(drawn)


@pytest.mark.parametrize(
    ("button", "name", "header"),
    [
        ("clusters-save-statistics", "S_P_500_states.csv", "state,name,days"),
        ("clusters-save-tests", "S_P_500_state_tests.csv", "state,other,welch_t"),
        ("clusters-save-days", "S_P_500_state_days.csv", "date,state,return,volatility,vix"),
    ],
)
def test_tables_are_saved_as_csv(page, visit, monkeypatch, button, name, header):
    monkeypatch.setattr(page.dash, "ctx", SimpleNamespace(triggered_id=button))
    file = page.save(1, 1, 1, "sp500", "2")
    assert file["filename"] == name
    assert file["content"].startswith(header)


def test_states_of_a_long_history_are_made_in_the_background(page, visit, monkeypatch):
    monkeypatch.setattr(results, "INLINE_DAYS", 200)
    dataset = upload(moving(300))
    headline, where, notes, shares, hidden, *_ = page.show_states(dataset, "auto", 0)
    assert "279 days: their states are made in the background" in text_of(headline)
    assert text_of(where).startswith("mine ")
    assert (notes, shares, hidden) == (None, None, True)
    with pytest.raises(PreventUpdate):
        page.show_differences(dataset, "2", "light", 0)
    job, _ = page.make_states(dataset, 0)
    assert wait_for_job(runtime.current().jobs, job["id"]).state == "done"
    headline, _, notes, *_ = page.show_states(dataset, "auto", 0, {"id": job["id"], "state": "done"})
    assert "(in sample)" in text_of(headline)
    assert page.make_states(dataset, 0) == (None, None)


def test_a_full_queue_of_jobs_is_told(page, visit, monkeypatch):
    monkeypatch.setattr(results, "INLINE_DAYS", 200)
    monkeypatch.setattr(jobs, "MAX_WAITING", -1)
    assert "try again" in page.make_states(upload(moving(300)), 0)[1]
    assert page.make_states("gone", 0) == (None, None)
