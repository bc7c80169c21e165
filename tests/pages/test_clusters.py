"""Callbacks of the Clusters page: from a dataset to states, and every kind of unfit dataset to a message."""

import importlib

import flask
import numpy as np
import pytest
from dash import no_update
from dash.exceptions import PreventUpdate

import jobs
import runtime
from markets import daily_bars, text_of
from results import of_states
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


@pytest.fixture
def pickers(page, monkeypatch):
    """What the pickers of the axes are set to, by their ids."""
    found = {}
    monkeypatch.setattr(page.charts, "set_props", found.__setitem__)
    return found


def scatter(page, dataset, k, x, y, *, brush="box", choice=None, offered=(None, None)):
    return page.charts.show_scatter(choice, dataset, k, 0, None, x, y, brush, "light", *offered)


def test_the_layout_takes_its_choices_from_the_address(page):
    shown = str(page.layout(k="3", x="pc1", y="pc2", range="1y"))
    assert "value='pc1'" in shown
    assert "value='3'" in shown
    assert "value='auto'" in str(page.layout(k="9"))
    shown = str(page.layout(axes="3", brush="lasso", drag="zoom", vary="seed"))
    for part in ("value='3'", "value='lasso'", "value='zoom'"):
        assert part in shown
    assert "'value': 'seed'" in shown


def test_the_sp500_has_states_that_say_in_sample_and_what_fell_out(page, visit):
    headline, where, notes, shares, hidden, lights = page.show_states("sp500", "auto", 0)
    statistics, title = page.apart.show_statistics("sp500", "auto", 0)
    tests, _ = page.apart.show_tests("sp500", "auto", 0)
    view = page.markets.clustered(runtime.library().get("sp500"), "auto")
    assert "stress, for" in text_of(headline)
    assert "(in sample)" in text_of(headline)
    assert text_of(where).startswith("S&P 500 as of ")
    assert f"fitted on all {view.market.n_days:,} days shown" in text_of(notes)
    assert "outside the dates of the VIX" in text_of(notes)
    assert not hidden
    assert text_of(lights) == "Low stress High stress"
    assert "21-day volatility VIX Worst drawdown" in text_of(statistics)
    assert title.endswith("in sample")
    assert "Low stress and High stress" in text_of(tests)
    assert "days in" in text_of(shares)


def test_the_number_of_states_is_the_one_asked_for(page, visit):
    *_, lights = page.show_states("sp500", "5", 0)
    tests, _ = page.apart.show_tests("sp500", "5", 0)
    assert text_of(lights) == "Low stress Mild stress Medium stress Elevated stress High stress"
    assert text_of(tests).count(" and ") >= 10
    figures = page.apart.show_differences("sp500", "4", 0, None, "dark")
    assert len(figures[3].data) == 4
    assert list(figures[3].data[0].theta[:4]) == ["Return", "Volatility", "VIX", "Drawdown"]


def test_an_upload_does_without_the_vix_and_says_so(page, visit, pickers):
    dataset = upload(moving(300))
    _, _, notes, *_ = page.show_states(dataset, "auto", 0)
    assert "There is no VIX here" in text_of(notes)
    figure, title, _ = scatter(page, dataset, "2", "vix", "soup", brush="lasso")
    across, up = pickers[page.charts.X], pickers[page.charts.Y]
    assert (across["value"], up["value"]) == ("volatility", "return")
    assert [option["value"] for option in across["options"]] == ["return", "volatility", "parkinson", "pc1", "pc2", "pc3"]
    assert figure.layout.dragmode == "lasso"
    assert title.startswith("mine: daily return against 21-day volatility")


def test_pickers_that_offer_what_a_dataset_has_are_left_alone(page, visit, pickers):
    scatter(page, "sp500", "2", "volatility", "return")
    offered = [pickers.pop(name)["options"] for name in (page.charts.X, page.charts.Y)]
    scatter(page, "sp500", "3", "volatility", "return", offered=offered)
    assert not pickers
    scatter(page, "sp500", "3", "soup", "return", offered=offered)
    assert list(pickers) == [page.charts.X]


def test_closes_only_have_two_values_and_the_third_axis_says_so(page, visit, pickers):
    bars = daily_bars(moving(300))
    flat = bars._replace(open=bars.close, high=bars.close, low=bars.close)
    dataset = uploaded(runtime.library(), "clusterer", "closes", flat)
    _, _, notes, *_ = page.show_states(dataset, "3", 0)
    assert "closes only" in text_of(notes)
    scatter(page, dataset, "3", "parkinson", "return")
    assert [option["value"] for option in pickers[page.charts.X]["options"]] == ["return", "volatility", "pc1", "pc2"]
    figure, title, no_chart, no_word = page.charts.draw_solid([None, dataset, "3", 0, None, "light"])
    assert (figure, no_chart, no_word) == (no_update, True, False)
    assert title.startswith("closes: daily return and 21-day volatility")
    assert "rest on two values alone" in str(page.layout())
    radar = page.apart.show_differences(dataset, "3", 0, None, "light")[3]
    assert list(radar.data[0].theta[:3]) == ["Return", "Volatility", "Drawdown"]
    assert page.charts.save_days(1, dataset, "2")["content"].startswith("date,state,return,volatility\n")


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
    with pytest.raises(PreventUpdate):
        page.charts.show_price(None, dataset, "auto", 0, None, "choose", "light")


def test_a_dataset_of_someone_else_is_not_here(page, visit):
    problem, *_, hidden, _ = page.show_states("u" + "x" * 22, "auto", 0)
    assert "belongs to another visitor" in text_of(problem)
    assert hidden


def test_brushed_days_are_lit_only_in_their_own_dataset(page, visit):
    brushed = {"dataset": "sp500", "rows": [1, 2, 3]}
    figure, title, _ = page.charts.show_price(brushed, "sp500", "auto", 0, None, "choose", "light")
    assert len(figure.data[2].x) == 3
    assert "the 3 days chosen" in title.replace("\u00a0", " ")
    figure, *_ = page.charts.show_price(brushed, "vix", "auto", 0, None, "choose", "light")
    assert len(figure.data[2].x) == 0
    assert page.charts.tell_days(brushed, "vix", "auto", 0) == (page.chosen.HINT, True)


def test_a_stretch_of_time_from_the_address_is_lit_in_every_chart_and_told(page, visit, pickers):
    store = next(
        part for part in page.layout(days="2018-10-03..2018-12-31").children if getattr(part, "id", "") == "clusters-chosen"
    )
    told, no_release = page.charts.tell_days(store.data, "sp500", "2", 0)
    assert told.replace("\u00a0", " ").startswith(
        "61 days chosen, 3 Oct 2018 – 31 Dec 2018: 56 high stress, 5 low stress. Mean return −0.24 %"
    )
    assert not no_release
    flat, *_ = scatter(page, "sp500", "2", "volatility", "return", choice=store.data)
    assert [len(trace.selectedpoints) for trace in flat.data] == [5, 56]
    price, *_ = page.charts.show_price(store.data, "sp500", "2", 0, None, "choose", "light")
    assert len(price.data[2].x) == 61
    assert len(price.layout.shapes) == 1
    solid, *_ = page.charts.draw_solid([store.data, "sp500", "2", 0, None, "light"])
    assert {trace.name: len(trace.x) for trace in solid.data}["High stress"] == 56
    assert page.layout(days="soup").children[0].data is None


def test_a_state_is_lit_whole_and_one_that_is_not_there_is_told(page, visit):
    view = page.markets.clustered(runtime.library().get("sp500"), "3")
    high = int((view.clustering.codes == 2).sum())
    told, _ = page.charts.tell_days({"days": "state_2"}, "sp500", "3", 0)
    assert told.replace("\u00a0", " ").startswith(f"{high} days of high stress chosen, ")
    told, no_release = page.charts.tell_days({"days": "state_2"}, "sp500", "2", 0)
    assert "not among these 2" in told
    assert not no_release


def test_dragging_over_the_price_chooses_or_zooms(page, visit):
    def mode(drag):
        return page.charts.show_price(None, "sp500", "2", 0, None, drag, "light")[0].layout.dragmode

    assert (mode("choose"), mode("zoom")) == ("select", "zoom")


def test_three_dimensions_are_drawn_only_when_asked_for(page, visit, pickers):
    with pytest.raises(PreventUpdate):
        page.charts.draw_solid(None)
    figure, told, no_chart, no_word = page.charts.draw_solid([None, "sp500", "auto", 0, None, "light"])
    assert {trace.type for trace in figure.data} == {"scatter3d"}
    assert told.startswith("S&P 500: daily return, 21-day volatility and VIX")
    assert pickers[page.charts.SOLID_TITLE] == {"children": told}
    assert (no_chart, no_word) == (False, True)


@pytest.mark.parametrize(
    ("save", "name", "header"),
    [
        (lambda page: page.apart.save_statistics(1, "sp500", "2"), "S_P_500_states.csv", "state,name,days"),
        (lambda page: page.apart.save_tests(1, "sp500", "2"), "S_P_500_state_tests.csv", "state,other,welch_t"),
        (lambda page: page.charts.save_days(1, "sp500", "2"), "S_P_500_state_days.csv", "date,state,return,volatility,vix"),
        (
            lambda page: page.moves.save_moves(1, "sp500", "2", "penalty"),
            "S_P_500_states_by_penalty.csv",
            "varied,value,starts",
        ),
    ],
)
def test_tables_are_saved_as_csv(page, visit, save, name, header):
    file = save(page)
    assert file["filename"] == name
    assert file["content"].startswith(header)


@pytest.mark.parametrize("vary", ["k", "penalty", "seed", "soup"])
def test_how_labels_move_is_told_tabled_and_drawn(page, visit, vary):
    title, told, hidden, table, note = page.moves.tell_moves("sp500", "3", 0, None, vary)
    assert title.endswith(", in sample")
    assert "hands" in text_of(told)
    assert not hidden
    assert "As shown" in text_of(table)
    assert "in sample" in text_of(note)
    figures = page.moves.draw_moves("sp500", "3", 0, None, vary, "dark")
    assert [len(figures[i].data) > 0 for i in (0, 3, 5)] == [True, True, True]
    assert runtime.results().sensitivity(runtime.library().get("sp500"), "k", 3) is runtime.results().sensitivity(
        runtime.library().get("sp500"), "k", 3
    )


def test_a_history_too_long_to_be_divided_again_and_again_says_so(page, visit, monkeypatch):
    dataset = upload(moving(300))
    page.markets.clustered(page.shell.dataset(dataset), "2")
    found = runtime.results().clusters(page.shell.dataset(dataset), 2)
    monkeypatch.setattr(runtime.results(), "clusters", lambda *_: found)
    monkeypatch.setattr(of_states, "VARIED_DAYS", 200)
    monkeypatch.setattr(runtime.results(), "_candidates_of", lambda _: object())
    _, told, hidden, table, _ = page.moves.tell_moves(dataset, "2", 0, None, "k")
    assert "279 days are too many" in text_of(told)
    assert (hidden, table) == (True, None)
    with pytest.raises(PreventUpdate):
        page.moves.draw_moves(dataset, "2", 0, None, "k", "light")


def test_states_of_a_long_history_are_made_in_the_background(page, visit, monkeypatch):
    monkeypatch.setattr(of_states, "INLINE_DAYS", 200)
    dataset = upload(moving(300))
    headline, where, notes, shares, hidden, *_ = page.show_states(dataset, "auto", 0)
    assert "279 days: their states are made in the background" in text_of(headline)
    assert text_of(where).startswith("mine ")
    assert (notes, shares, hidden) == (None, None, True)
    with pytest.raises(PreventUpdate):
        page.apart.show_differences(dataset, "2", 0, None, "light")
    job, _ = page.make_states(dataset, 0)
    assert wait_for_job(runtime.current().jobs, job["id"]).state == "done"
    headline, _, notes, *_ = page.show_states(dataset, "auto", 0, {"id": job["id"], "state": "done"})
    assert "(in sample)" in text_of(headline)
    assert page.make_states(dataset, 0) == (no_update, None)
    assert page.make_states(dataset, 0, job) == (None, None)  # which was followed


def test_a_full_queue_of_jobs_is_told(page, visit, monkeypatch):
    monkeypatch.setattr(of_states, "INLINE_DAYS", 200)
    monkeypatch.setattr(jobs, "MAX_WAITING", -1)
    assert "try again" in page.make_states(upload(moving(300)), 0)[1]
    assert page.make_states("gone", 0) == (no_update, None)
