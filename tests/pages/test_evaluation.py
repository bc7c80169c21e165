"""Callbacks of the Evaluation page, called as the browser does, on the shipped record and on uploads."""

import csv
import importlib
import io
from types import SimpleNamespace

import flask
import numpy as np
import pytest
from dash import no_update
from dash.exceptions import PreventUpdate

import runtime
from components import simulated
from markets import text_of
from regime_core.trials import Cell
from stress_markets import index_and_vix
from visitors import uploaded
from waiting import wait_for_job

CELL = Cell(30, "student")
VERDICT = ("headline", "where", "basis", "warning", "no_body")
NAMES = ("headline", "where", "basis", "facts", "no_start", "no_body")


@pytest.fixture
def frame(app):
    return importlib.import_module("pages.evaluation")


@pytest.fixture
def page(app):
    """The view of forecasts."""
    return importlib.import_module("pages._forecasts")


@pytest.fixture
def tables(app):
    return importlib.import_module("pages._forecast_tables")


@pytest.fixture
def backtest(app):
    return importlib.import_module("pages._backtest")


@pytest.fixture
def detectors(app):
    return importlib.import_module("pages._detectors")


@pytest.fixture
def visit(app):
    """A request of a visitor who is known."""
    with app.server.test_request_context("/"):
        flask.session["visitor"] = "evaluator"
        yield


def shown(page, dataset, k="2"):
    return dict(zip(NAMES, page.show_record(dataset, k, None, 0), strict=True))


def rows_of(file):
    return file["filename"], list(csv.DictReader(io.StringIO(file["content"])))


def test_the_layout_takes_the_view_and_its_choices_from_the_url(frame, visit):
    told = str(frame.layout(k="3", horizon="5", measure="accuracy", forecaster="markov", against="persistence", other="x"))
    for part in ("value='3'", "value='5'", "value='accuracy'", "value='markov'", "value='persistence'", "value='forecasts'"):
        assert part in told
    assert "backtest-signal" not in told
    assert "detectors-lags" not in told
    assert "value='log_loss'" in str(frame.layout(measure="nonsense"))
    told = str(frame.layout(view="backtest", signal="today", out="stressed", delay="2", cost="25"))
    for part in ("value='today'", "value='stressed'", "value='2'", "value='25'"):
        assert part in told
    assert "evaluation-years" not in told
    assert f"value='{runtime.engine().default}'" in str(frame.layout(view="backtest", signal="nonsense"))
    told = str(frame.layout(view="detectors", model="rules", duration="120", shocks="student"))
    for part in ("value='rules'", "value='120'", "value='student'"):
        assert part in told
    # a choice of another view is none of this one's
    assert f"value='{runtime.engine().default}'" in str(frame.layout(view="detectors", model="markov"))


def test_another_view_comes_with_the_choices_of_the_url(frame, visit):
    told = str(frame.show_view("detectors", "?dataset=sp500&duration=30&view=forecasts"))
    assert "detectors-lags" in told
    assert "value='30'" in told
    assert "evaluation-years" in str(frame.show_view("forecasts", None))


def test_the_manifest_has_one_line_a_detector(app):
    told = text_of(simulated.manifest(runtime.engine().entries))
    balanced = runtime.engine().entries["boosted"].scores["balanced_accuracy"]
    mean = sum(balanced.values()) / len(balanced)
    assert f"boosted {100 * mean:.1f} %" in told
    assert f"{100 * next(iter(balanced.values())):.1f} %" in told  # folded


def test_the_shipped_record_is_shown_at_once(page, tables, visit):
    told = shown(page, "sp500")
    found = runtime.results().scores(runtime.library().get("sp500"), 2)
    against = found[1].against("margin")
    assert f"{abs(against.skill) * 100:.1f} %" in text_of(told["headline"])
    assert "as of" in text_of(told["where"])
    assert "Out of sample, walked forward : 2 states; each year of 3 Jan 2000" in text_of(told["basis"])
    assert f"{found[1].n_days:,}" in text_of(told["facts"])
    assert (told["no_start"], told["no_body"]) == (True, False)
    scores, title = tables.show_scores("sp500", "2", None, 0)
    for horizon in (1, 5, 21):
        assert f"{found[horizon].score('model').log_loss:.4f}" in text_of(scores)
    assert "30 Dec 2022" in title.replace("\u00a0", " ")
    followed, title = tables.show_outcomes("sp500", "2", None, 0)
    assert "The next 21 trading days" in text_of(followed)
    assert "31 Dec 2018" in title.replace("\u00a0", " ")  # where the bundled prices end
    compared = runtime.results().outcomes(runtime.library().get("sp500"), 2)[1].compared
    days = f"The next 1 trading day: {compared.n.sum()} days"
    assert days in text_of(tables.show_compared("sp500", "2", None, 0))  # the bundled VIX begins later than the labels


def test_the_horizon_changes_matrix_diagram_and_years(page, visit):
    found = runtime.results().scores(runtime.library().get("sp500"), 3)[21]
    matrices, title, changes, _ = page.show_said("sp500", "3", None, 0, "21", "model", "margin")
    for count in found.score("model").confusion.ravel():
        assert f"{count:,}" in text_of(matrices)
    assert "21\u00a0days ahead" in title
    assert f"{found.transitions:,} days" in text_of(changes)
    diagram, _, _, calibrated = page.show_reliability("sp500", "3", None, 0, "21", "model", "margin", "light")
    assert f"{100 * found.score('margin').calibration_error:.2f} %" in text_of(calibrated)
    model = next(trace for trace in diagram.data if trace.name == "Model")
    np.testing.assert_array_equal(model.x, found.score("model").reliability.forecast)
    years, heading, _, pair = page.show_years("sp500", "3", None, 0, "21", "markov", "persistence", "accuracy", "light")
    np.testing.assert_array_equal(years.data[-1].y, found.score("markov").yearly_accuracy)
    np.testing.assert_array_equal(years.data[0].y, found.score("persistence").yearly_accuracy)
    assert f"Markov chain: {found.score('markov').log_loss:.4f} nats" in text_of(pair)
    assert "accuracy by year" in heading


def test_every_table_is_saved(page, tables, detectors, visit, monkeypatch):
    found = runtime.results().scores(runtime.library().get("sp500"), 2)
    name, rows = rows_of(tables.save_scores(1, "sp500", "2"))
    assert name == "S_P_500_scores.csv"
    assert float(rows[0]["log_loss"]) == pytest.approx(found[1].score("model").log_loss, rel=1e-9)
    name, rows = rows_of(tables.save_outcomes(1, "sp500", "2"))
    followed = runtime.results().outcomes(runtime.library().get("sp500"), 2)
    assert name == "S_P_500_outcomes.csv"
    assert [int(row["days"]) for row in rows] == [int(n) for h in (1, 5, 21) for n in followed[h].n]
    monkeypatch.setattr(tables, "ctx", SimpleNamespace(triggered_id=tables.SAVE_SAID))
    name, rows = rows_of(tables.save_compared(1, None, "sp500", "2"))
    assert name == "S_P_500_volatility_said.csv"
    assert [int(row["days"]) for row in rows] == [int(n) for h in (1, 5, 21) for n in followed[h].compared.n]
    monkeypatch.setattr(tables, "ctx", SimpleNamespace(triggered_id=tables.SAVE_GAIN))
    name, rows = rows_of(tables.save_compared(None, 1, "sp500", "2"))
    assert name == "S_P_500_volatility_qlike.csv"
    assert float(rows[0]["har"]) == pytest.approx(followed[1].compared.gain["har"], rel=1e-9)
    name, rows = rows_of(page.save_confusion(1, "sp500", "2", "1"))
    assert name == "S_P_500_confusion.csv"
    assert [int(row["days"]) for row in rows if row["forecaster"] == "margin"] == found[1].score(
        "margin"
    ).confusion.ravel().tolist()
    name, rows = rows_of(detectors.save_manifest(1))
    assert name == "detectors.csv"
    assert {row["model"] for row in rows} == {"boosted", "ensemble"}
    for save in (tables.save_scores, tables.save_outcomes):
        with pytest.raises(PreventUpdate):
            save(None, "sp500", "2")


def test_an_upload_is_walked_in_the_background(page, tables, backtest, visit):
    bars, _ = index_and_vix(960)
    dataset = uploaded(runtime.library(), "evaluator", "made.csv", bars)
    before = shown(page, dataset)
    assert "Not evaluated yet" in text_of(before["headline"])
    assert (before["no_start"], before["no_body"]) == (False, True)
    with pytest.raises(PreventUpdate):
        page.show_said(dataset, "2", None, 0, "1", "model", "margin")
    with pytest.raises(PreventUpdate):
        tables.save_scores(1, dataset, "2")
    told = dict(zip(VERDICT, backtest.show_verdict(dataset, 0, "forecast", "high", "1", "5", "2", "1"), strict=True))
    assert "Walk forward first" in text_of(told["headline"])
    assert told["no_body"]
    with pytest.raises(PreventUpdate):
        page.walk_forward(None, dataset, "2")
    assert page.follow(dataset, "2") is no_update
    job, _ = page.walk_forward(1, dataset, "2")
    assert page.follow(dataset, "2")["id"] == job["id"]  # whoever left the page and came back sees it go on
    assert page.follow(dataset, "3", job) is None
    assert wait_for_job(runtime.current().jobs, job["id"]).state == "done"
    after = shown(page, dataset)
    assert "log-loss than margin" in text_of(after["headline"])
    assert "There is no VIX here" in text_of(after["basis"])
    assert (after["no_start"], after["no_body"]) == (True, False)
    told = dict(zip(VERDICT, backtest.show_verdict(dataset, 0, "forecast", "high", "1", "5", "2", "1"), strict=True))
    assert "than buy and hold" in text_of(told["headline"])


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
        page.show_years("sp500", "auto", None, 0, "1", "model", "margin", "log_loss", None)


@pytest.mark.parametrize("signal", ["boosted", "rules", "forecast", "today"])
def test_every_signal_is_tested_beside_buy_and_hold(backtest, visit, signal):
    out = "high" if signal in ("forecast", "today") else "bearish"
    choices = (signal, out, "1", "10", "2", "5")
    told = dict(zip(VERDICT, backtest.show_verdict("sp500", 0, *choices), strict=True))
    assert "than buy and hold" in text_of(told["headline"])
    assert "taxes" in text_of(told["warning"])
    assert "without its dividends" in text_of(told["warning"])
    assert told["no_body"] is False
    figure, heading, _ = backtest.show_wealth("sp500", 0, "light", *choices)
    assert "1 close later, 10 bp a trade" in heading.replace("\u00a0", " ")
    name, rows = rows_of(backtest.save(1, "sp500", *choices))
    assert name == "S_P_500_backtest.csv"
    by_name = {row["measure"]: row for row in rows}
    end = next(trace for trace in figure.data if trace.name == "Rule").y[-1]
    assert float(by_name["Wealth at the end"]["rule"]) == pytest.approx(end, rel=1e-9)
    years = 252 / float(by_name["Turnover"]["buy_and_hold"]) / 252
    assert float(by_name["Wealth at the end"]["rule"]) == pytest.approx(
        (1 + float(by_name["Annual return"]["rule"])) ** years, rel=1e-6
    )
    table, _ = backtest.show_table("sp500", 0, *choices)
    assert f"{100 * float(by_name['In the market']['rule']):.1f} %" in text_of(table)


@pytest.mark.parametrize(("out", "codes"), [("high", [2]), ("stressed", [1, 2])])
def test_the_stress_states_stayed_out_of_are_those_that_were_picked(backtest, visit, out, codes):
    prices = runtime.library().get("sp500").bars.time
    days = runtime.results().walk_forward(runtime.library().get("sp500"), 3).at(1)
    here = np.isin(days.time, prices)
    figure, _, _ = backtest.show_wealth("sp500", 0, "light", "today", out, "0", "0", "3", "1")
    ribbon = next(trace for trace in figure.data if trace.name == "Out of the market")
    runs = np.isin(days.today[here], codes).astype(int)
    position = np.concatenate([[1], runs[:-1]])  # of a signal today, out tomorrow; before the first signal, out
    starts = np.flatnonzero(np.diff(position, prepend=-1))
    assert list(ribbon.z[0]) == position[starts].tolist()


def test_costs_and_delay_change_what_a_rule_earned(backtest, visit):
    def end(delay, cost):
        figure, _, _ = backtest.show_wealth("sp500", 0, "light", "boosted", "bearish_volatile", delay, cost, "auto", "1")
        return next(trace for trace in figure.data if trace.name == "Rule").y[-1]

    assert end("1", "0") > end("1", "5") > end("1", "25")
    assert end("0", "0") != end("1", "0") != end("2", "0")


def test_the_choices_of_a_rule_are_those_of_its_signal(backtest, visit):
    options, value, no_states, no_forecast = backtest.offer("forecast", "bearish")
    assert ([option["value"] for option in options], value) == (["high", "stressed"], "high")
    assert (no_states, no_forecast) == (False, False)
    assert backtest.offer("today", "stressed")[1:] == ("stressed", False, True)
    assert backtest.offer("rules", "high")[1:] == ("bearish_volatile", True, True)


def test_what_cannot_be_backtested_says_why(backtest, visit):
    bars, _ = index_and_vix(300)
    hourly = bars._replace(time=bars.time[0] + np.arange(300, dtype=np.int64) * 3_600_000_000_000)
    dataset = uploaded(runtime.library(), "evaluator", "hourly.csv", hourly)
    told = dict(zip(VERDICT, backtest.show_verdict(dataset, 0, "boosted", "bearish", "1", "5", "auto", "1"), strict=True))
    assert "Backtests are of daily and longer bars" in text_of(told["headline"])
    assert told["no_body"] is True
    with pytest.raises(PreventUpdate):
        backtest.show_wealth(dataset, 0, "light", "boosted", "bearish", "1", "5", "auto", "1")
    short = uploaded(runtime.library(), "evaluator", "short.csv", bars)
    told = dict(zip(VERDICT, backtest.show_verdict(short, 0, "forecast", "high", "1", "5", "auto", "1"), strict=True))
    assert "Pick a regime as the signal" in text_of(told["headline"])
    told = dict(zip(VERDICT, backtest.show_verdict(short, 0, "boosted", "bearish", "1", "5", "auto", "1"), strict=True))
    assert "than buy and hold" in text_of(told["headline"]) or "as much as buy and hold" in text_of(told["headline"])
    assert "dividends, about" not in text_of(told["warning"])


def test_detectors_are_tried_now_beside_the_exact_filter(detectors, visit):
    found, exact = runtime.results().trial(CELL, "boosted"), runtime.results().yardstick(CELL)
    headline, basis, facts = detectors.show_verdict("boosted", "30", "student")
    assert f"after {found.median_lag:.0f} bars at the median" in text_of(headline)
    assert f"after {exact.median_lag:.0f} bars" in text_of(headline)
    assert "Student-t shocks" in text_of(basis)
    assert f"{len(found.lags):,}" in text_of(facts)
    figure, _, _ = detectors.show_lags("boosted", "30", "student", "light")
    np.testing.assert_array_equal(figure.data[1].y, found.within(30))
    np.testing.assert_array_equal(figure.data[0].y, exact.within(30))
    matrices, _ = detectors.show_confusions("boosted", "30", "student")
    share = found.confusion[2, 2] / found.confusion[2].sum()
    assert f"{100 * share:.1f} %" in text_of(matrices)
    name, rows = rows_of(detectors.save_cells(1, "boosted"))
    assert name == "boosted_simulated.csv"
    assert len(rows) == 6
    row = next(row for row in rows if (row["mean_duration"], row["shocks"]) == ("30", "student"))
    assert float(row["balanced_accuracy"]) == pytest.approx(found.balanced_accuracy, rel=1e-9)
    assert float(row["balanced_accuracy_filter"]) == pytest.approx(exact.balanced_accuracy, rel=1e-9)
    name, rows = rows_of(detectors.save_confusions(1, "boosted", "30", "student"))
    assert [int(row["bars"]) for row in rows if row["named_by"] == "exact_filter"] == exact.confusion.ravel().tolist()
    assert sum(float(row["share"]) for row in rows) == pytest.approx(10)
    table, _ = detectors.show_cells("boosted", "30", "student")
    assert f"{100 * found.balanced_accuracy:.1f} %" in text_of(table)
