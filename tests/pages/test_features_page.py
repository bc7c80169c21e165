"""Callbacks of the Features page: chosen features of any dataset, under regimes or states."""

import importlib
from types import SimpleNamespace

import flask
import numpy as np
import pytest

import results
import runtime
from markets import daily_bars, text_of
from visitors import uploaded

NAMES = "volatility_21,rsi_14"


@pytest.fixture
def page(app, monkeypatch):
    page = importlib.import_module("pages.features")
    monkeypatch.setattr(page.dash, "ctx", SimpleNamespace(triggered_id=page.NAMES))
    return page


@pytest.fixture
def visit(app):
    with app.server.test_request_context("/"):
        flask.session["visitor"] = "looker"
        yield


def upload(n=300, **changes):
    close = 100 * np.exp(np.cumsum(np.random.default_rng(6).normal(0, 0.01, n)))
    return uploaded(runtime.library(), "looker", "mine", daily_bars(close, **changes))


def test_the_layout_takes_its_choices_from_the_address(page):
    shown = str(page.layout(features="rsi_14,soup", strip="state"))
    assert "data='rsi_14'" in shown
    assert "value='state'" in shown
    assert "value='regime'" in str(page.layout(strip="soup"))


def test_newest_values_say_how_high_they_are(page, visit):
    title, where, newest, hidden, job = page.show_newest("sp500", NAMES, None, 0)
    values = runtime.results().features(runtime.library().get("sp500"), ["volatility_21"])[:, 0]
    known = values[:-1][np.isfinite(values[:-1])]
    assert f"{values[-1]:.3g} above {(known < values[-1]).mean() * 100:.0f} % of its past" in text_of(newest)
    assert text_of(title) == "Features"
    assert text_of(where).startswith("S&P 500 as of")
    assert (hidden, job) == (False, None)


@pytest.mark.parametrize(("strip", "words"), [("regime", 5), ("state", 2), ("none", 0)])
def test_the_strip_is_regimes_or_states(page, visit, strip, words):
    figure, style, title, text, legend, notes = page.show_over_time("sp500", NAMES, strip, "5y", "light", None, 0)
    lines = [trace for trace in figure.data if trace.type == "scatter"]
    assert len(lines) == 2
    strips = [trace.name for trace in figure.data if trace.type == "heatmap"]
    assert strips == ([f"{strip} (tint)", f"{strip} (ribbon)"] if words else [])
    hatched = [trace for trace in figure.data if trace.type == "bar"]
    assert [bar.name.endswith("Volatile") for bar in hatched] == ([True] if strip == "regime" else [])
    assert style["height"].endswith("px")
    assert title.startswith("S&P 500: 2")
    assert ("strip of" in title) == bool(words)
    assert len(legend.children if legend else []) == words
    assert ("in sample" in text_of(notes)) == ("in sample" in title) == (strip == "state")
    spread, heading, heat, *_ = page.show_spread("sp500", NAMES, strip, "5y", "light", None, 0)
    assert len(spread) == 2
    assert heading.startswith("S&P 500: distribution")
    assert np.array(heat.data[0].z).shape == (2, 2)
    assert "newest" in text


def test_intraday_bars_have_regimes_but_no_states_and_say_so(page, visit):
    dataset = upload(step_ns=3_600_000_000_000)
    figure, *_, notes = page.show_over_time(dataset, NAMES, "regime", "all", "light", None, 0)
    assert figure.data[1].name == "regime (ribbon)"
    assert notes is None
    figure, *_, notes = page.show_over_time(dataset, NAMES, "state", "all", "light", None, 0)
    assert len(figure.data) == 2
    assert "these bars are shorter" in text_of(notes)


def test_states_that_are_not_made_yet_are_told(page, visit, monkeypatch):
    monkeypatch.setattr(results, "INLINE_DAYS", 200)
    *_, notes = page.show_over_time("sp500", NAMES, "state", "all", "light", None, 0)
    assert "has no states yet: open it on the Clusters page" in text_of(notes)


def test_a_feature_that_is_unknown_here_says_why(page, visit):
    *_, notes = page.show_over_time("sp500", "vix_level", "none", "2005-01-01..2006-01-01", "light", None, 0)
    assert "Not known in this range: VIX (no VIX on these dates)." in text_of(notes)


def test_a_long_series_is_computed_by_a_job(page, visit, monkeypatch):
    dataset = upload()
    monkeypatch.setattr(results, "INLINE_BARS", 200)
    started = []
    monkeypatch.setattr(runtime.results(), "start_features", lambda found: started.append(found.id) or "j" * 32)
    _, _, newest, hidden, job = page.show_newest(dataset, NAMES, None, 0)
    assert "300 bars: its features are computed in the background" in text_of(newest)
    assert (hidden, job["id"], started) == (True, "j" * 32, [dataset])
    with pytest.raises(page.PreventUpdate):
        page.show_over_time(dataset, NAMES, "none", "all", "light", None, 0)
    monkeypatch.setattr(page.dash, "ctx", SimpleNamespace(triggered_id=page.progress.ended_id(page.JOB)))
    *_, job = page.show_newest(dataset, NAMES, {"id": "j", "state": "failed", "message": "x"}, 0)
    assert job is page.no_update
    assert len(started) == 1


def test_ticks_become_names(page, visit):
    ticked = [["volatility_21", "rsi_14"], ["drawdown_63"], [], [], [], []]
    names, told, values = page.choose(ticked, NAMES)
    assert names == "volatility_21,rsi_14,drawdown_63"
    assert told == "3 of at most 8 chosen"
    assert values == ticked


def test_what_is_in_sight_is_saved_as_csv(page, visit):
    file = page.save(1, "sp500", NAMES, "regime", "1m")
    assert file["filename"] == "S_P_500_features.csv"
    header, *rows = file["content"].splitlines()
    assert header == "time,regime,volatility_21,rsi_14"
    assert 15 < len(rows) < 30


def test_a_dataset_of_someone_else_is_not_here(page, visit):
    problem, _, _, hidden, _ = page.show_newest("u" + "x" * 22, NAMES, None, 0)
    assert "belongs to another visitor" in text_of(problem)
    assert hidden
