"""Days chosen on the Clusters page: from the address to rows and a sentence."""

import numpy as np
import pytest

from components import chosen
from components.figures.clustered import Clustered
from regime_core.bars import DAY_NS
from regime_core.evaluation import geometry
from regime_core.models.kmeans import KMeans
from regime_core.states import market
from stress_markets import index_and_vix


@pytest.fixture(scope="module")
def view():
    found = market(*index_and_vix(600))
    return Clustered("Walk", found, KMeans(k=3).fit(found).cluster(found), geometry.principal_components(found.values))


def date_of(view, row):
    return str(np.datetime64(int(view.market.time[row] // DAY_NS), "D"))


def said(choice, view, dataset="walk"):
    return chosen.sentence(chosen.days(choice, view, dataset), view).replace("\u00a0", " ")


@pytest.mark.parametrize("text", ["2018-10-03..2018-12-31", "2018-10-03..2018-10-03", "state_0", "state_4"])
def test_an_address_that_means_days_is_a_choice(text):
    assert chosen.of_address(text) == {"days": text}


@pytest.mark.parametrize(
    "text",
    [
        *(None, "", "soup", "state_5", "state_10", "state_1 ", "2018-13-03..2018-12-31", "2018-12-31..2018-10-03"),
        *("2018-10-03..", "0001-01-01..9999-12-31", "<script>", "2018-10-03..2018-12-31..2019-01-01"),
    ],
)
def test_any_other_chooses_nothing(text, view):
    assert chosen.of_address(text) is None
    assert chosen.days({"days": text}, view, "walk").rows is None


def test_a_stretch_of_time_holds_both_its_ends_and_no_other_day(view):
    choice = {"days": f"{date_of(view, 40)}..{date_of(view, 61)}"}
    found = chosen.days(choice, view, "walk")
    assert found.rows.tolist() == list(range(40, 62))
    assert found.band == (int(view.market.time[40]), int(view.market.time[61]))


def test_a_state_is_all_its_days_of_whatever_dataset(view):
    found = chosen.days({"days": "state_2"}, view, "another")
    np.testing.assert_array_equal(found.rows, np.flatnonzero(view.clustering.codes == 2))
    assert found.band is None


def test_points_brushed_are_rows_of_their_own_dataset_alone(view):
    choice = {"rows": [7, 3, 3, 10_000, -1], "dataset": "walk"}
    assert chosen.days(choice, view, "walk").rows.tolist() == [3, 7]
    assert chosen.days(choice, view, "other").rows is None
    assert chosen.days({"rows": [], "at": 1}, view, "walk").rows is None
    assert chosen.days(None, view, "walk").rows is None


def test_the_sentence_counts_states_and_gives_the_means(view):
    rows = list(range(100, 142))
    told = said({"rows": rows, "dataset": "walk"}, view)
    days = np.bincount(view.clustering.codes[rows], minlength=3)
    words = dict(zip(("low stress", "medium stress", "high stress"), days.tolist(), strict=True))
    assert told.startswith("42 days chosen, ")
    for name, number in words.items():
        assert (f"{number} {name}" in told) == (number > 0)
    assert f"{100 * view.market.values[rows, 0].mean():+.2f}".replace("-", "−") + " % a day" in told
    assert f"mean VIX {view.market.vix[rows].mean():.1f}" in told


def test_one_day_is_told_as_one(view):
    told = said({"rows": [5], "dataset": "walk"}, view)
    assert told.startswith("1 day chosen, ")
    assert "mean" not in told
    assert "stress. Return " in told


def test_a_state_is_told_by_its_name(view):
    number = int((view.clustering.codes == 1).sum())
    assert said({"days": "state_1"}, view).startswith(f"{number} days of medium stress chosen, ")


@pytest.mark.parametrize(
    ("days", "told"),
    [
        ("state_4", "not among these 3"),
        ("1990-01-01..1990-12-31", "None of the days shown lies in 1 Jan 1990 – 31 Dec 1990"),
    ],
)
def test_days_that_are_not_here_are_told(view, days, told):
    found = chosen.days({"days": days}, view, "walk")
    assert found.n_days == 0
    assert found.band is None
    assert told in said({"days": days}, view)


def test_without_a_vix_the_sentence_tells_volatility():
    bars, _ = index_and_vix(300)
    found = market(bars)
    view = Clustered("Walk", found, KMeans(k=2).fit(found).cluster(found), geometry.principal_components(found.values))
    told = said({"days": "state_0"}, view)
    rows = view.clustering.codes == 0
    assert f"mean 21-day volatility {100 * found.values[rows, 1].mean():.2f} % a day" in told
