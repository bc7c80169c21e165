"""Callbacks of the Evaluation page, called as the browser does, on the shipped record and on uploads."""

import csv
import importlib
import io
from types import SimpleNamespace

import flask
import numpy as np
import pytest
from dash.exceptions import PreventUpdate

import runtime
from markets import text_of
from stress_markets import index_and_vix
from visitors import uploaded
from waiting import wait_for_job

NAMES = ("headline", "where", "basis", "facts", "no_start", "no_body", "outcomes", "outcomes_title", "scores", "scores_title")


@pytest.fixture
def page(app):
    return importlib.import_module("pages.evaluation")


@pytest.fixture
def visit(app):
    """A request of a visitor who is known."""
    with app.server.test_request_context("/"):
        flask.session["visitor"] = "evaluator"
        yield


def shown(page, dataset, k="2"):
    return dict(zip(NAMES, page.show_record(dataset, k, None, 0), strict=True))


def saved(page, monkeypatch, button, dataset, k="2"):
    monkeypatch.setattr(page.dash, "ctx", SimpleNamespace(triggered_id=button))
    file = page.save(1, None, None, None, None, dataset, k)
    return file["filename"], list(csv.DictReader(io.StringIO(file["content"])))


def test_the_layout_takes_the_view_of_the_url_and_shows_the_detectors(page, visit):
    told = page.layout(k="3", horizon="5", measure="accuracy", other="x")
    for part in ("value='3'", "value='5'", "value='accuracy'"):
        assert part in str(told)
    assert "value='log_loss'" in str(page.layout(measure="nonsense"))
    balanced = runtime.engine().entries["boosted"].scores["balanced_accuracy"]
    assert f"{100 * next(iter(balanced.values())):.1f} %" in text_of(told)


def test_the_shipped_record_is_shown_at_once(page, visit):
    told = shown(page, "sp500")
    found = runtime.results().scores(runtime.library().get("sp500"), 2)
    against = found[1].against("margin")
    assert f"{abs(against.skill) * 100:.1f} %" in text_of(told["headline"])
    assert "as of" in text_of(told["where"])
    assert "Out of sample: 2 states; each year of 3 Jan 2000" in text_of(told["basis"])
    assert f"{found[1].n_days:,}" in text_of(told["facts"])
    assert (told["no_start"], told["no_body"]) == (True, False)
    for horizon in (1, 5, 21):
        assert f"{found[horizon].score('model').log_loss:.4f}" in text_of(told["scores"])
    assert "The next 21 trading days" in text_of(told["outcomes"])
    assert "31 Dec 2018" in told["outcomes_title"].replace("\u00a0", " ")  # where the bundled prices end
    compared = runtime.results().outcomes(runtime.library().get("sp500"), 2)[1].compared
    days = f"The next 1 trading day: {compared.n.sum()} days"
    assert days in text_of(told["outcomes"])  # the bundled VIX begins later than the labels
    assert "30 Dec 2022" in told["scores_title"].replace("\u00a0", " ")


def test_the_horizon_changes_matrix_diagram_and_years(page, visit):
    found = runtime.results().scores(runtime.library().get("sp500"), 3)[21]
    matrices, title, changes, _, diagram, _, _ = page.show_horizon("sp500", "3", "21", "light", None, 0)
    for count in found.score("model").confusion.ravel():
        assert f"{count:,}" in text_of(matrices)
    assert "21\u00a0days ahead" in title
    assert f"{found.transitions:,} days" in text_of(changes)
    model = next(trace for trace in diagram.data if trace.name == "Model")
    np.testing.assert_array_equal(model.x, found.score("model").reliability.forecast)
    years, heading, _ = page.show_years("sp500", "3", "21", "accuracy", "light", None, 0)
    np.testing.assert_array_equal(years.data[-1].y, found.score("model").yearly_accuracy)
    assert "accuracy by year" in heading


def test_every_table_is_saved(page, visit, monkeypatch):
    found = runtime.results().scores(runtime.library().get("sp500"), 2)
    name, rows = saved(page, monkeypatch, page.SAVE_SCORES, "sp500")
    assert name == "S_P_500_scores.csv"
    assert float(rows[0]["log_loss"]) == pytest.approx(found[1].score("model").log_loss, rel=1e-9)
    name, rows = saved(page, monkeypatch, page.SAVE_OUTCOMES, "sp500")
    followed = runtime.results().outcomes(runtime.library().get("sp500"), 2)
    assert name == "S_P_500_outcomes.csv"
    assert [int(row["days"]) for row in rows] == [int(n) for h in (1, 5, 21) for n in followed[h].n]
    name, rows = saved(page, monkeypatch, page.SAVE_SAID, "sp500")
    assert name == "S_P_500_volatility_said.csv"
    assert [int(row["days"]) for row in rows] == [int(n) for h in (1, 5, 21) for n in followed[h].compared.n]
    name, rows = saved(page, monkeypatch, page.SAVE_GAIN, "sp500")
    assert name == "S_P_500_volatility_qlike.csv"
    assert float(rows[0]["har"]) == pytest.approx(followed[1].compared.gain["har"], rel=1e-9)
    name, rows = saved(page, monkeypatch, page.SAVE_DETECTORS, None)
    assert name == "detectors.csv"
    assert {row["model"] for row in rows} == {"boosted", "ensemble"}


def test_an_upload_is_walked_in_the_background(page, visit, monkeypatch):
    bars, _ = index_and_vix(900)
    dataset = uploaded(runtime.library(), "evaluator", "made.csv", bars)
    before = shown(page, dataset)
    assert "Not evaluated yet" in text_of(before["headline"])
    assert (before["no_start"], before["no_body"]) == (False, True)
    with pytest.raises(PreventUpdate):
        page.show_horizon(dataset, "2", "1", "light", None, 0)
    with pytest.raises(PreventUpdate):
        saved(page, monkeypatch, page.SAVE_SCORES, dataset)
    with pytest.raises(PreventUpdate):
        page.walk_forward(None, dataset, "2")
    assert page.follow(dataset, "2") is None
    job, _ = page.walk_forward(1, dataset, "2")
    assert page.follow(dataset, "2")["id"] == job["id"]  # whoever left the page and came back sees it go on
    assert page.follow(dataset, "3") is None
    assert wait_for_job(runtime.current().jobs, job["id"]).state == "done"
    after = shown(page, dataset)
    assert "log-loss than margin" in text_of(after["headline"])
    assert "There is no VIX here" in text_of(after["basis"])
    assert (after["no_start"], after["no_body"]) == (True, False)


def test_what_cannot_be_evaluated_says_why_and_what_can_be_shown(page, visit):
    bars, _ = index_and_vix(300)
    told = shown(page, uploaded(runtime.library(), "evaluator", "short.csv", bars))
    assert "need three years of daily data" in text_of(told["headline"])
    assert "Clusters" in text_of(told["headline"])
    assert (told["no_start"], told["no_body"]) == (True, True)
    assert "another visitor" in text_of(shown(page, "u" + "x" * 22)["headline"])


def test_nothing_is_computed_before_a_dataset_is_picked(page, visit):
    with pytest.raises(PreventUpdate):
        page.show_record(None, "auto", None, 0)
    with pytest.raises(PreventUpdate):
        page.show_years("sp500", "auto", "1", "log_loss", None, None, 0)
