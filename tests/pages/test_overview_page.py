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
        words, _, since, _, _, hidden, below_hidden, not_updatable = page.show_headline("sp500", model, 0)
        dataset = runtime.library().get("sp500")
        labels = runtime.engine().label(dataset.bars, model=model)
        name = labels.names[-1].replace("_", " ")
        assert name in text_of(words).lower() or (name == "unknown" and "No regime" in text_of(words))
        if model == "boosted":
            assert f"{labels.confidence[-1] * 100:.0f} %" in text_of(words)
        assert text_of(since).startswith("Since 28 Dec 2018 : ")
        assert f"version {labels.model.version}" in text_of(page.below.show_evidence("sp500", model, 0))
        assert (hidden, below_hidden, not_updatable) == (False, False, False)


def test_a_range_button_changes_what_is_drawn(page, visit):
    year, title, _ = page.show_price("sp500", "boosted", "1y", "line", "light", 0)
    month, other, _ = page.show_price("sp500", "boosted", "1m", "line", "light", 0)
    assert title != other
    assert year.layout.xaxis.range[0] < month.layout.xaxis.range[0]
    assert year.layout.xaxis.range[1] == month.layout.xaxis.range[1]


def test_shares_and_spells_are_of_the_range(page, visit):
    share, _ = page.below.show_shares("sp500", "boosted", "all", 0)
    _, rows, style, title = page.below.show_history("sp500", "boosted", "all", 0)
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
    message, *_, body_hidden, below_hidden, update_hidden = page.show_headline(dataset, model, 0)
    assert told in text_of(message)
    assert (body_hidden, below_hidden, update_hidden) == (True, True, True)
    with pytest.raises(PreventUpdate):
        page.show_price(dataset, model, "1y", "line", "light", 0)
    for draw in (
        lambda: page.below.show_history(dataset, model, "1y", 0),
        lambda: page.below.show_shares(dataset, model, "1y", 0),
        lambda: page.show_strips(dataset, model, "1y", "light", 0),
        lambda: page.show_followed(dataset, model, "light", 0),
        lambda: page.show_regime_odds(dataset, model, 0),
        lambda: page.below.show_evidence(dataset, model, 0),
    ):
        with pytest.raises(PreventUpdate):
            draw()


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
    page.below.show_evidence("sp500", "boosted", 0)
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


def test_the_strips_are_of_the_range_and_count_agreement(page, visit):
    figure, title, text, told = page.show_strips("sp500", "boosted", "1y", "light", 0)
    bars = runtime.library().get("sp500").bars
    shown = bars.time >= np.datetime64("2017-12-31", "ns").astype(np.int64)
    codes = np.stack([runtime.engine().label(bars, model=name).codes[shown] for name in runtime.engine().entries])
    same = int(((codes == codes[0]).all(axis=0) & (codes[0] < 5)).sum())
    assert f"({same:,} of {shown.sum():,})" in text_of(told)
    told_title = title.replace("\u00a0", " ")
    assert told_title == "S&P 500: what each detector said, and the stress state, 2 Jan 2018 – 31 Dec 2018"
    assert {"Boosted", "Ensemble", "Rules", "Stress state"} <= {trace.name for trace in figure.data}
    assert "in sample" in text
    month, *_ = page.show_strips("sp500", "boosted", "1m", "dark", 0)
    price, *_ = page.show_price("sp500", "boosted", "1m", "line", "dark", 0)
    assert list(month.layout.xaxis.range) == list(price.layout.xaxis.range)


def test_states_that_begin_later_say_when(page, visit):
    *_, told = page.show_strips("sp500", "rules", "all", "light", 0)
    market = runtime.results().market(runtime.library().get("sp500"))
    n_without = runtime.library().get("sp500").bars.n_bars - market.n_days
    assert f"{n_without:,} days in sight have none" in text_of(told)


def test_what_followed_is_of_the_model_chosen_and_told_honestly(page, visit):
    for model in ("boosted", "rules"):
        figure, title, text, told, more, hidden = page.show_followed("sp500", model, "light", 0)
        bars = runtime.library().get("sp500").bars
        codes = runtime.engine().label(bars, model=model).codes
        after = [bars.close[t + 21] / bars.close[t] - 1 for t in range(49, bars.n_bars - 21) if codes[t] == codes[-1]]
        mean = f"{100 * np.mean(after):+.1f} %".replace("-", "−")
        assert f"the next 21 days brought {mean}" in text_of(told)
        n = int((codes[49:-1] == codes[-1]).sum())
        assert f"{n:,} days in " in text_of(more)
        assert not hidden
        assert len(figure.data) == 6
        assert "16 Mar 1999" in title.replace("\u00a0", " ")
        assert "95\u00a0% interval" in text
    first = page.show_followed("sp500", "boosted", "light", 0)[3]
    assert "cannot be told apart" in text_of(first)


def test_the_odds_of_regimes_and_of_states_stand_apart(page, visit):
    labels = runtime.engine().label(runtime.library().get("sp500").bars, model="boosted")
    now = labels.codes[:-1] == labels.codes[-1]
    stayed, total = int((labels.codes[1:][now] == labels.codes[-1]).sum()), int(now.sum())
    regimes = text_of(page.show_regime_odds("sp500", "boosted", 0))
    assert f"{stayed:,} of {total:,}" in regimes
    assert f"{100 * stayed / total:.1f} %" in regimes
    assert "stress" not in regimes.lower()
    forecast = runtime.results().forecast(runtime.library().get("sp500"))
    states = text_of(page.show_state_odds("sp500", 0))
    assert f"{100 * forecast.horizons[1][1]:.1f} %" in states
    assert f"as today {100 * forecast.stay[1]:.1f} %" in states
    assert "In sample : the model was fitted" in states
    assert "Volatile" not in states
    vix = page.show_state_odds("vix", 0)
    assert "No forecast was made" in text_of(vix)
    assert "/forecast?dataset=vix" in str(vix)


def test_a_card_a_dataset_links_to_it_and_keeps_the_view(page, app):
    mine = uploaded(runtime.library(), "watcher", "mine", daily_bars(np.linspace(90, 110, 80)))
    short = uploaded(runtime.library(), "watcher", "short", daily_bars(np.linspace(90, 110, 30)))
    with app.server.test_request_context("/"):
        flask.session["visitor"] = "watcher"
        cards = page.below.show_watched("vix", "rules", "6m", "candles", 0)
    told = text_of(cards)
    for title in ("S&P 500", "VIX", "mine", "short"):
        assert title in told
    assert "30 bars: 50 are needed for a label" in told
    assert "2,506.85 index points +21.11 (+0.8 %)" in told
    links = [item.children.href for item in cards.children]
    assert f"/?model=rules&style=candles&range=6m&dataset={mine}" in links
    assert any(link.endswith(short) for link in links)
    assert links[-1] == "/label?dataset=vix"
    with app.server.test_request_context("/"):
        flask.session["visitor"] = "stranger"
        assert "mine" not in text_of(page.below.show_watched("vix", "rules", "2018-01-01..2018-02-01", "line", 0))


def test_a_long_upload_is_not_labelled_for_its_card_or_for_a_strip(page, app):
    close = 100 + np.sin(np.arange(20_100) / 40)
    long = uploaded(runtime.library(), "patient", "long", daily_bars(close, step_ns=60 * 10**9))
    with app.server.test_request_context("/"):
        flask.session["visitor"] = "patient"
        assert "Not labelled by this model yet" in text_of(page.below.show_watched("vix", "rules", "1y", "line", 0))
        *_, told = page.show_strips(long, "rules", "all", "light", 0)
        assert "Boosted: not labelled by it yet" in text_of(told)
        assert "Rules" not in [line.split(":")[0] for line in text_of(told).split(". ")]
        assert "rules say" in text_of(told)
        assert "Not labelled" not in text_of(page.below.show_watched("vix", "rules", "1y", "line", 0))


def test_short_and_intraday_uploads_say_what_is_missing(page, app):
    rng = np.random.default_rng(1)
    sixty = uploaded(runtime.library(), "brief", "sixty", daily_bars(100 * np.exp(np.cumsum(rng.normal(0, 0.01, 60)))))
    forty = uploaded(runtime.library(), "brief", "forty", daily_bars(np.linspace(90, 110, 40)))
    hours = uploaded(runtime.library(), "brief", "hours", daily_bars(100 + np.sin(np.arange(300) / 9), step_ns=3600 * 10**9))
    with app.server.test_request_context("/"):
        flask.session["visitor"] = "brief"
        _, _, _, told, more, hidden = page.show_followed(sixty, "boosted", "light", 0)
        assert not hidden
        assert "too few to tell whether that is chance" in text_of(told)
        assert "No intervals: they need 5 spells" in text_of(more)
        *_, told = page.show_strips(sixty, "boosted", "1y", "light", 0)
        assert "60 days are too few for stress states" in text_of(told)
        *_, told, more, hidden = page.show_followed(forty, "boosted", "light", 0)
        assert hidden
        assert "40 bars have no label" in text_of(told)
        assert "no regime" in text_of(page.show_regime_odds(forty, "boosted", 0))
        *_, told = page.show_strips(forty, "boosted", "1y", "light", 0)
        assert "No detector has labels here" in text_of(told)
        *_, told = page.show_strips(hours, "boosted", "1y", "light", 0)
        assert "Stress states are of days" in text_of(told)
        assert "these bars are shorter" in text_of(page.show_state_odds(hours, 0))


def test_the_pages_are_registered_in_order(app):
    pages = [page["path"] for page in dash.page_registry.values()]
    assert pages[:6] == ["/", "/clusters", "/features", "/forecast", "/evaluation", "/label"]
