"""Callbacks of the Features page: chosen features of any dataset, under regimes or states."""

import importlib
from types import SimpleNamespace

import flask
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import results
import runtime
from components import ranges
from markets import daily_bars, text_of
from regime_core.evaluation.stability import population_stability_index
from regime_core.features import relative
from regime_core.models.training_rows import binned
from results import of_features, of_states
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
    assert "'value': 'fat_tails'" in str(page.layout(input="fat_tails"))


def test_newest_values_stand_in_their_history(page, visit):
    title, where, newest, hidden, job = page.show_newest("sp500", NAMES, None, 0)
    values = runtime.results().features(runtime.library().get("sp500"), ["volatility_21"])[:, 0]
    known = values[:-1][np.isfinite(values[:-1])]
    told = text_of(newest)
    assert f"{100 * values[-1]:.2f} % per bar" in told
    assert f"above {(known < values[-1]).mean() * 100:.0f} % of the past" in told
    assert f"Median {100 * np.median(known):.2f} % per bar" in told
    assert text_of(title) == "Features"
    assert text_of(where).startswith("S&P 500 as of")
    assert (hidden, job) == (False, None)


def test_a_feature_without_a_value_says_why_in_its_row(page, visit):
    _, _, newest, *_ = page.show_newest("vix", "amihud_21", None, 0)
    assert "not known: no volume here" in text_of(newest)


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
    spread, heading = page.show_spread("sp500", NAMES, strip, "5y", "light", None, 0)
    assert len(spread) == 2
    assert heading.startswith("S&P 500: distribution")
    matrices, heading, key = page.show_correlation("sp500", NAMES, strip, "5y", "light", None, 0)
    codes = figure.data[1].z[0] if words else []
    assert len(matrices) == 1 + len({code for code in codes if code > 0})
    assert (f"by {strip}" in heading) == bool(words)
    assert ("Largest change" in text_of(key)) == bool(words)
    assert "newest" in text


def test_the_hover_tells_the_rank_among_values_until_then(page, visit):
    figure, *_ = page.show_over_time("sp500", "volatility_21", "none", "1m", "light", None, 0)
    values = runtime.results().features(runtime.library().get("sp500"), ["volatility_21"])[:, 0]
    known = values[:-6][np.isfinite(values[:-6])]
    rank = (known < values[-6]).mean() * 100
    assert f"above {rank:.0f}\u00a0% of the past then" in figure.data[0].customdata[-6][1]


def test_drift_is_that_of_the_detectors_own_inputs(page, visit):
    title, verdict, hidden, overview, style, text, _, told, options, heading, shares, shares_text = (
        page._features_drift.show_drift("turnover", "sp500", "5y", "light", None, 0)
    )
    learnt = runtime.engine().training_rows
    bars = runtime.library().get("sp500").bars
    first = ranges.bounds("5y", bars.time)[0]
    rows = relative.matrix(bars)[first:]
    index = population_stability_index(binned(rows, learnt.edges), learnt.shares)
    here = overview.data[2]
    assert dict(zip([row[0] for row in here.customdata], here.x, strict=True))["turnover"] == pytest.approx(
        index[learnt.names.index("turnover")]
    )
    assert len(here.x) == len(learnt.names) == len(options) - 1
    assert hidden is False
    assert "31 Dec 2018" in title.replace("\u00a0", " ")
    assert "nine in ten have up to" in text_of(verdict)
    assert heading.startswith("How much the regime probabilities usually change per bar: index")
    assert sum(shares.data[1].y) == pytest.approx(100)
    assert f"{learnt.n_rows:,} bars of simulated markets" in text_of(told)
    assert style["height"].endswith("px")
    assert "Population stability index, furthest first" in text
    assert "against training" in shares_text


def test_what_models_were_trained_on_may_be_unknown_and_is_told(page, visit, monkeypatch):
    monkeypatch.setattr(type(runtime.engine()), "training_rows", None)
    _, told, hidden, *_ = page._features_drift.show_drift(None, "sp500", "5y", "light", None, 0)
    assert "do not say what they were trained on" in text_of(told)
    assert hidden is True


def test_a_dot_that_is_clicked_is_the_input_looked_at(page):
    assert page._features_drift.pick_input({"points": [{"customdata": ["fat_tails", "", ""]}]}) == "fat_tails"
    assert page._features_drift.pick_input(None) is page.no_update


def test_drift_and_ranks_of_a_long_series_come_from_its_job(page, visit, monkeypatch, tmp_path):
    dataset = runtime.library().get(upload(), "looker")
    short = runtime.results().input_drift(dataset, 60, 300)
    table = np.column_stack([runtime.results().features(dataset, [name])[:, 0] for name in short.names])
    monkeypatch.setattr(of_features, "INLINE_BARS", 200)
    fresh = results.Results(runtime.library(), runtime.current().jobs, runtime.engine, model_dir=tmp_path, folder=tmp_path)
    assert fresh.input_drift(dataset, 60, 300) is None
    assert fresh.past_ranks(dataset, "rsi_14") is None
    path = fresh._features_path(dataset, fresh._vix())
    pq.write_table(pa.table(dict(zip(short.names, table.T, strict=True))), path)
    np.testing.assert_allclose(fresh.input_drift(dataset, 60, 300).index, short.index)


def test_intraday_bars_have_regimes_but_no_states_and_say_so(page, visit):
    dataset = upload(step_ns=3_600_000_000_000)
    figure, *_, notes = page.show_over_time(dataset, NAMES, "regime", "all", "light", None, 0)
    assert figure.data[1].name == "regime (ribbon)"
    assert notes is None
    figure, *_, notes = page.show_over_time(dataset, NAMES, "state", "all", "light", None, 0)
    assert len(figure.data) == 2
    assert "these bars are shorter" in text_of(notes)


def test_states_that_are_not_made_yet_are_told(page, visit, monkeypatch):
    monkeypatch.setattr(of_states, "INLINE_DAYS", 200)
    *_, notes = page.show_over_time("sp500", NAMES, "state", "all", "light", None, 0)
    assert "has no states yet: open it on the Clusters page" in text_of(notes)


def test_a_feature_that_is_unknown_here_says_why(page, visit):
    *_, notes = page.show_over_time("sp500", "vix_level", "none", "2005-01-01..2006-01-01", "light", None, 0)
    assert "Not known in this range: VIX (no VIX on these dates)." in text_of(notes)


def test_a_long_series_is_computed_by_a_job(page, visit, monkeypatch):
    dataset = upload()
    monkeypatch.setattr(of_features, "INLINE_BARS", 200)
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


@pytest.mark.parametrize("n", [3, 40, 55])
def test_a_handful_of_bars_has_a_page_that_says_so(page, visit, n):
    dataset = upload(n)
    _, _, newest, hidden, _ = page.show_newest(dataset, NAMES, None, 0)
    assert hidden is False
    if n == 3:
        assert "not known: too few bars" in text_of(newest)
    for strip in ("regime", "state", "none"):
        figure, *_ = page.show_over_time(dataset, NAMES, strip, "all", "light", None, 0)
        assert figure.data
        page.show_spread(dataset, NAMES, strip, "all", "light", None, 0)
        page.show_correlation(dataset, NAMES, strip, "all", "light", None, 0)
    _, verdict, _, overview, *_, words, _, _, shares, _ = page._features_drift.show_drift(
        None, dataset, "all", "light", None, 0
    )
    assert "Choose a longer range" in text_of(verdict)
    assert len(overview.data) == 2
    assert len(shares.data) == 2
    assert ("No bar in sight has inputs yet" in text_of(words)) == (n < 50)
