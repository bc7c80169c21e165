"""What the Overview gets of a dataset without waiting: labels at hand, and what followed them."""

import numpy as np
import pytest

from markets import daily_bars
from regime_core.bars import DAY_NS
from regime_core.evaluation.aftermath import HORIZONS
from results import of_labels
from runtime import Runtime, Settings
from visitors import uploaded


@pytest.fixture
def process(tmp_path):
    return Runtime(Settings(state_dir=tmp_path))


def upload(process, n, name="mine", step_ns=DAY_NS):
    close = 100 * np.exp(np.cumsum(np.random.default_rng(5).normal(0, 0.01, n)))
    return process.library.get(uploaded(process.library, "me", name, daily_bars(close, step_ns=step_ns)), "me")


def test_labels_are_at_hand_where_they_are_quick_or_made_already(process, monkeypatch):
    monkeypatch.setattr(of_labels, "QUICK_BARS", 100)
    short, long = upload(process, 100), upload(process, 101, "long")
    assert len(process.results.labels_at_hand(short, "rules")) == 100
    assert process.results.labels_at_hand(long, "rules") is None
    made = process.results.labels(long, "rules")
    assert process.results.labels_at_hand(long, "rules") is made
    assert process.results.labels_at_hand(long, "boosted") is None


def test_what_followed_is_made_once_and_of_the_newest_label(process):
    dataset = upload(process, 400)
    labels = process.results.labels(dataset, "boosted")
    found = process.results.aftermath(dataset, "boosted")
    assert tuple(found) == HORIZONS
    assert found[5].n == int((labels.codes[49:-5] == labels.codes[-1]).sum())
    assert process.results.aftermath(dataset, "boosted") is found
    assert process.results.aftermath(dataset, "ensemble") is not found


def test_only_the_newest_bars_of_a_long_series_count(process, monkeypatch):
    monkeypatch.setattr(of_labels, "AFTERMATH_BARS", 200)
    found = process.results.aftermath(upload(process, 400), "boosted")[1]
    assert (found.first, found.last, found.n_all) == (200, 398, 199)


def test_nothing_followed_where_there_is_no_label(process):
    assert process.results.aftermath(upload(process, 40), "boosted") == {}


def test_as_today_gives_the_rest_in_equal_parts(process):
    forecast = process.results.forecast(process.library.get("sp500"))
    given = forecast.as_today(1)
    assert given.sum() == pytest.approx(1)
    assert given[forecast.state_today] == forecast.stay[1]
    assert len(given) == forecast.k
