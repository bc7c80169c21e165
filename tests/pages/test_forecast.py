"""Callbacks of the Forecast page, called as the browser does, on the bundled data and on uploads."""

import importlib
import re

import flask
import numpy as np
import pytest
from dash import no_update
from dash.exceptions import PreventUpdate

import runtime
from markets import text_of
from stress_markets import index_and_vix
from visitors import uploaded
from waiting import wait_for_job


@pytest.fixture
def page(app):
    return importlib.import_module("pages.forecast")


@pytest.fixture
def visit(app):
    """A request of a visitor who is known."""
    with app.server.test_request_context("/"):
        flask.session["visitor"] = "forecaster"
        yield


@pytest.fixture
def add(app):
    """Keeps bars as an upload of the visitor and returns its id."""

    def keep(bars, title="made"):
        return uploaded(runtime.library(), "forecaster", title, bars)

    return keep


def shown(page, dataset, k="auto"):
    names = ("headline", "where", "made", "chances", "no_predict", "no_answer", "no_reasons", "no_body")
    return dict(zip(names, page.show_forecast(dataset, k, None, 0), strict=True))


def test_the_layout_takes_the_view_of_the_url(page, visit):
    told = str(page.layout(k="3", horizon="21", range="all", other="x"))
    for part in ("value='3'", "value='21'", "data='all'"):
        assert part in told
    plain = str(page.layout(k="nine", horizon="2"))
    assert "value='auto'" in plain
    assert "value='1'" in plain


def test_the_sp500_is_answered_at_once_by_the_shipped_model_in_sample(page, visit):
    told = shown(page, "sp500")
    dataset = runtime.library().get("sp500")
    forecast = runtime.engine().forecast(runtime.results().market(dataset))
    likely = forecast.most_likely(1)
    chance = forecast.horizons[1][likely]
    share = f"{chance * 100:.0f} %" if chance < 0.995 else "> 99 %"
    sure = f"{share} likely {('low', 'high')[likely]} stress tomorrow (in sample)"
    assert sure in text_of(told["headline"])
    assert "In sample: the shipped model was fitted on days through" in text_of(told["made"])
    assert "Out of sample, models of the years before said that day:" in text_of(told["made"])
    assert "as of" in text_of(told["where"])
    _, title = page.show_beside("sp500", "auto", None, 0)
    assert "in sample" in title
    assert (told["no_predict"], told["no_answer"], told["no_body"]) == (False, False, False)


def test_the_fan_shows_the_forecast_at_its_marks_and_follows_the_horizon(page, visit):
    figure, title, text, told, legend, note = page.show_fan("sp500", "auto", "21", "light", None, 0)
    forecast = runtime.results().forecast(runtime.library().get("sp500"))
    high = next(trace for trace in figure.data if trace.name == "High stress")
    for horizon in (1, 5, 21):
        assert high.y[horizon] == forecast.horizons[horizon][1]
    assert "each of the next 21\u00a0trading days, from 31\u00a0Dec\u00a02018, in sample" in title
    assert text.startswith("Area chart.")
    assert "In 21 trading days:" in text_of(told)
    assert "Tomorrow:" in text_of(page.show_fan("sp500", "auto", "1", "dark", None, 0)[3])
    assert "Fitted and scored" in text_of(legend)
    assert "Models were fitted for 1, 5 and 21 days ahead" in text_of(note)


def test_the_last_forecasts_and_the_running_share_are_of_the_horizon(page, visit):
    walk = runtime.engine().walk_forward(2).at(5).settled()
    table, title, told = page.record.show_settled("sp500", "2", "5", 0)
    right = int((walk.probabilities.argmax(axis=1) == walk.realised)[-21:].sum())
    assert f"Of the last 21, {right} came true" in told
    assert "5\u00a0days ahead" in title
    assert text_of(table).count("Dec 2022") > 21
    figure, title, text, told = page.record.show_share("sp500", "2", "5", "1y", "light", 0)
    model = next(trace for trace in figure.data if trace.name == "Model")
    assert model.y[-1] == pytest.approx((walk.probabilities.argmax(axis=1) == walk.realised)[-252:].mean())
    assert "share right over the last 252 forecasts" in title
    assert "Line chart." in text
    assert "persistence" in told
    whole, *_ = page.record.show_share("sp500", "2", "5", "all", "light", 0)
    assert len(whole.data[0].x) == len(walk) - 251


def test_the_record_follows_horizon_and_range(page, visit):
    year, title, text, legend = page.record.show_history("sp500", "2", "1", "1y", "light", 0)
    whole, other, _, _ = page.record.show_history("sp500", "2", "21", "all", "light", 0)
    assert "1\u00a0day ahead" in title
    assert "21\u00a0days ahead" in other
    assert "2000" in other
    assert year.layout.xaxis.range[0] > whole.layout.xaxis.range[0]
    assert "came true on" in text
    assert "Low stress" in text_of(legend)
    record = runtime.engine().walk_forward(2).at(1)
    area = next(trace for trace in year.data if trace.name == "High stress")
    np.testing.assert_array_equal(area.y, record.probabilities[-len(area.y) :, 1])


def test_how_far_to_trust_it_rests_on_the_scores(page, visit):
    told, figure, title, text = page.record.show_trust("sp500", "2", "5", "dark", 0)
    assert "Of the days we said" in text_of(told)
    assert "5\u00a0days ahead" in title
    assert "Line chart" in text
    assert page.record.show_whether_recorded("sp500", "2", "5", 0) == (False, False, None)
    bins = runtime.results().scores(runtime.library().get("sp500"), 2)[5].score("model").reliability
    model = next(trace for trace in figure.data if trace.name == "Model")
    np.testing.assert_array_equal(model.y, bins.came_true)


def test_an_upload_waits_for_predict_and_then_knows_nothing_of_what_came_after(page, visit, add):
    bars, _ = index_and_vix(900)
    dataset = add(bars)
    before = shown(page, dataset, "2")
    assert "Not predicted yet" in text_of(before["headline"])
    assert (before["no_predict"], before["no_answer"], before["no_body"]) == (False, True, False)
    with pytest.raises(PreventUpdate):
        page.show_reasons(dataset, "2", "1", "light", None, 0)
    hidden, no_record, word = page.record.show_whether_recorded(dataset, "2", "1", 0)
    assert (hidden, no_record) == (True, True)
    assert "Walk forward on the Evaluation page" in text_of(word)
    with pytest.raises(PreventUpdate):
        page.predict(None, dataset, "2")
    assert page.follow(dataset, "2") is no_update
    job, _ = page.predict(1, dataset, "2")
    assert page.follow(dataset, "2")["id"] == job["id"]  # whoever left the page and came back sees it go on
    assert page.follow(dataset, "auto", job) is None
    assert wait_for_job(runtime.current().jobs, job["id"]).state == "done"
    after = shown(page, dataset, "2")
    assert "stress tomorrow" in text_of(after["headline"])
    assert "in sample" not in text_of(after["headline"])
    assert "There is no VIX here" in text_of(after["made"])
    assert (after["no_predict"], after["no_answer"]) == (True, False)
    figure, title, _, told, note = page.show_reasons(dataset, "2", "5", "light", None, 0)
    assert len(figure.data[0].x) == 7
    assert "in 5\u00a0trading days" in title
    usual, said = (float(share) / 100 for share in re.findall(r"([\d.]+)\u00a0%", told))
    assert usual + sum(figure.data[0].x) / 100 == pytest.approx(said, abs=0.002)
    assert "64 days spread evenly" in text_of(note)
    fan, *_ = page.show_fan(dataset, "2", "5", "light", None, 0)
    assert len(fan.data[0].x) == 22  # what was fitted here has every day too, read back from the job's file
    file = page.save(1, dataset, "2")
    assert file["filename"] == "made_forecast.csv"
    assert len(file["content"].splitlines()) == 1 + 2 * 21


def test_what_cannot_be_forecast_says_why_and_what_can_be_shown(page, visit, add):
    bars, _ = index_and_vix(300)
    told = shown(page, add(bars))
    assert "need three years of daily data" in text_of(told["headline"])
    assert "Clusters" in text_of(told["headline"])
    assert told["no_body"]
    flat = bars._replace(**{name: np.full(300, 7.0) for name in ("open", "high", "low", "close")})
    assert "never differ" in text_of(shown(page, add(flat))["headline"])
    minutes = bars._replace(time=bars.time[0] + np.arange(300, dtype=np.int64) * 60_000_000_000)
    assert "shorter: Overview and Label still work" in text_of(shown(page, add(minutes))["headline"])
    assert "another visitor" in text_of(shown(page, "u" + "x" * 22)["headline"])
    *_, word = page.record.show_whether_recorded(add(bars), "auto", "1", 0)
    assert "No record of past forecasts" in text_of(word)


def test_nothing_is_computed_before_a_dataset_is_picked(page, visit):
    for ask in (
        lambda: page.show_forecast(None, "auto", None, 0),
        lambda: page.record.show_history(None, "auto", "1", "1y", "light", 0),
        lambda: page.record.show_trust(None, "auto", "1", "light", 0),
        lambda: page.record.show_whether_recorded(None, "auto", "1", 0),
        lambda: page.show_fan("sp500", "auto", "1", None, None, 0),
        lambda: page.show_beside(None, "auto", None, 0),
        lambda: page.record.show_settled(None, "auto", "1", 0),
        lambda: page.record.show_share("sp500", "auto", "1", "1y", None, 0),
        lambda: page.show_reasons("sp500", "auto", "1", None, None, 0),
    ):
        with pytest.raises(PreventUpdate):
            ask()
