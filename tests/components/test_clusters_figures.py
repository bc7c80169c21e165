"""Figures and tables of stress states: traces and words."""

import csv
import io

import numpy as np
import pytest

from components import state_tables, theme
from components.figures import clustered as days_of
from components.figures import clusters, differences, strips
from components.figures.clustered import Clustered
from markets import daily_bars, text_of
from regime_core.bars import DAY_NS
from regime_core.evaluation import geometry, profiles
from regime_core.models.kmeans import KMeans, silhouettes
from regime_core.states import market


def clustered(k=2, n=260, title="Walk"):
    rng = np.random.default_rng(4)
    spread = np.where(np.arange(n) % 130 < 80, 0.004, 0.03)
    found = market(daily_bars(100 * np.exp(np.cumsum(rng.normal(0, spread)))))
    clustering = KMeans(k=k).fit(found).cluster(found, silhouettes=silhouettes(found))
    return Clustered(title, found, clustering, geometry.principal_components(found.values))


def table(view):
    found = view.market
    return profiles.state_table(view.clustering.codes, found.values, found.bars.close, k=view.k, columns=found.columns)


@pytest.fixture(scope="module")
def view():
    return clustered()


@pytest.mark.parametrize("mode", theme.THEMES)
@pytest.mark.parametrize("k", [2, 3, 4, 5])
def test_each_day_is_one_point_in_the_colour_of_its_state(k, mode):
    view = clustered(k)
    figure = clusters.scatter(view, "volatility", "return", mode=mode)
    assert [trace.name for trace in figure.data] == list(theme.stress_words(k))
    assert [trace.marker.color for trace in figure.data] == list(theme.stress_colours(k, mode))
    rows = np.concatenate([[told[0] for told in trace.customdata] for trace in figure.data]).astype(int)
    assert sorted(rows.tolist()) == list(range(view.market.n_days))
    for code, trace in enumerate(figure.data):
        mine = [told[0] for told in trace.customdata]
        assert (view.clustering.codes[mine] == code).all()
        np.testing.assert_array_equal(trace.x, view.market.values[mine, 1])
        np.testing.assert_array_equal(trace.y, view.market.values[mine, 0])


def test_state_colours_are_not_those_of_regimes():
    regimes = {look.colour for look in theme.LOOKS}
    for mode in theme.THEMES:
        assert len(set(theme.STRESS[mode])) == 5
        assert not set(theme.STRESS[mode]) & regimes


def test_the_scatter_says_what_it_shows(view):
    assert clusters.scatter_heading(view, "volatility", "return").startswith(
        "Walk: daily return against 21-day volatility, 239\u00a0days, 22\u00a0Jan\u00a02018 – "
    )
    layout = clusters.scatter(view, "pc1", "parkinson").layout
    assert layout.yaxis.title.text == "Parkinson volatility, 21 days, a day"
    share = view.components.share[0]
    assert layout.xaxis.title.text == f"component 1, {share * 100:.0f}\u00a0% of variance"
    assert view.axis("vix", "volatility") == "volatility"
    told = clusters.scatter(view, "volatility", "return").data[0].customdata[0]
    assert "Low stress: return" in told[2]
    assert "volatility" in told[2]
    assert "2018" in told[1]


def test_brushed_days_stay_lit_in_the_scatter(view):
    rows = np.flatnonzero(view.clustering.codes == 1)[:3].tolist()
    low, high = clusters.scatter(view, "pc1", "pc2", chosen=rows, lasso=True).data
    assert len(low.selectedpoints) == 0
    assert [high.customdata[i][0] for i in high.selectedpoints] == rows
    assert clusters.scatter(view, "pc1", "pc2").data[0].selectedpoints is None


def test_more_days_than_the_eye_can_take_are_thinned_and_said(monkeypatch, view):
    monkeypatch.setattr(days_of, "MAX_DAYS", 100)
    assert len(view.shown) == 80
    assert "(80 of them drawn)" in clusters.scatter_heading(view, "pc1", "pc2")
    assert sum(len(trace.x) for trace in clusters.scatter(view, "pc1", "pc2").data) == 80


def test_three_axes_are_the_three_values(view):
    figure = clusters.scatter_3d(view, mode="dark")
    assert sum(len(trace.z) for trace in figure.data) == view.market.n_days
    assert figure.layout.scene.zaxis.title.text == "Parkinson volatility, a day"


def test_days_that_were_not_chosen_are_dimmed_in_three_dimensions_too(view):
    rows = np.flatnonzero(view.clustering.codes == 1)[:4]
    shown = {trace.name: trace for trace in clusters.scatter_3d(view, chosen=rows).data}
    assert [told[0] for told in shown["High stress"].customdata] == rows.tolist()
    assert len(shown["Low stress"].x) == 0
    assert len(shown["Low stress, not chosen"].x) == (view.clustering.codes == 0).sum()
    assert shown["High stress, not chosen"].marker.opacity < 0.2 < shown["High stress"].marker.opacity


def test_the_price_has_the_states_under_it_and_the_chosen_days_lit(view):
    figure = clusters.price(view, [3, 5])
    ribbon, close, lit = figure.data
    start = np.flatnonzero(np.append(True, np.diff(view.clustering.codes) != 0))
    assert list(ribbon.z[0]) == view.clustering.codes[start].tolist()
    np.testing.assert_array_equal(close.y, view.market.bars.close)
    np.testing.assert_array_equal(lit.y, view.market.bars.close[[3, 5]])
    np.testing.assert_array_equal(lit.x, strips.dates(view.market.time[[3, 5]]))
    assert clusters.price_heading(view, 2).startswith("Walk: close and the 2\u00a0days chosen, ")
    assert clusters.price_heading(view, 0).startswith("Walk: close and state of each day, ")
    assert "newest day is in" in clusters.price_description(view, 0)


def test_a_stretch_of_time_has_a_surface_from_edge_to_edge(view):
    time = view.market.time
    shape = clusters.price(view, [3, 4, 5], span=(int(time[3]), int(time[5]))).layout.shapes[0]
    edges = strips.dates(strips.edges(time)[[3, 6]])
    assert (str(shape.x0), str(shape.x1)) == (str(edges[0]), str(edges[1]))
    assert not clusters.price(view, [3, 4, 5]).layout.shapes


def test_silhouettes_show_every_k_and_set_off_the_one_in_use(view):
    bars = differences.silhouettes(view).data[0]
    assert list(bars.x) == ["2", "3", "4", "5"]
    np.testing.assert_array_equal(bars.y, [view.clustering.silhouettes[k] for k in (2, 3, 4, 5)])
    assert [colour == theme.PALETTES["light"].accent for colour in bars.marker.color] == [True, False, False, False]
    assert "Shown are 2" in differences.silhouettes_description(view)


def test_the_radar_closes_and_the_intervals_are_those_of_the_table(view):
    titles = ["Return", "Volatility", "Parkinson"]
    found = geometry.profiles(view.clustering.codes, view.market.values, 2)
    for code, trace in enumerate(differences.radar(view, titles, found).data):
        np.testing.assert_array_equal(trace.r, [*found[code], found[code][0]])
        assert list(trace.theta) == [*titles, "Return"]
    statistics = table(view)
    trace = differences.mean_returns(view, statistics).data[0]
    np.testing.assert_allclose(np.asarray(trace.x) + trace.error_x.array, statistics.return_high)
    np.testing.assert_allclose(np.asarray(trace.x) - trace.error_x.arrayminus, statistics.return_low)
    assert "low stress +" in differences.returns_description(view, statistics).replace("−", "+")
    assert "high stress: Return" in differences.radar_description(view, titles, found)


def test_the_tables_say_the_same_as_their_csv():
    view = clustered(3)
    statistics = table(view)
    shown = text_of(state_tables.statistics(view, statistics))
    rows = list(csv.DictReader(io.StringIO(state_tables.statistics_csv(view, statistics))))
    assert [row["state"] for row in rows] == ["state_0", "state_1", "state_2"]
    assert [row["name"] for row in rows] == ["Low stress", "Medium stress", "High stress"]
    for code, row in enumerate(rows):
        assert int(row["days"]) == (view.clustering.codes == code).sum()
        assert f"{row['name']} {row['days']} {float(row['share']) * 100:.1f} % {row['stretches']} " in shown
        mine = view.market.values[view.clustering.codes == code]
        assert float(row["volatility_mean"]) == pytest.approx(mine[:, 1].mean())
        assert float(row["parkinson_sd"]) == pytest.approx(mine[:, 2].std(ddof=1))
    tests = list(csv.DictReader(io.StringIO(state_tables.welch_csv(view, statistics))))
    assert [(row["state"], row["other"]) for row in tests] == [
        ("state_0", "state_1"),
        ("state_0", "state_2"),
        ("state_1", "state_2"),
    ]
    assert float(tests[2]["p_holm"]) == pytest.approx(statistics.holm_p[1, 2])
    words = text_of(state_tables.welch_tests(view, statistics))
    assert words.count("differ by more") + words.count("may be chance") == 3
    days = list(csv.DictReader(io.StringIO(state_tables.days_csv(view))))
    assert len(days) == view.market.n_days
    assert days[0]["date"] == str(np.datetime64(int(view.market.time[0] // DAY_NS), "D"))
    assert [row["state"] for row in days] == [f"state_{code}" for code in view.clustering.codes]


def test_a_state_no_day_is_in_is_dashes():
    view = clustered(2)
    codes = np.zeros_like(view.clustering.codes)
    found = view.market
    empty = profiles.state_table(codes, found.values, found.bars.close, k=2, columns=found.columns)
    assert "High stress 0 0.0 % 0 – – ± – – ± – – ± – –" in text_of(state_tables.statistics(view, empty))
    assert "Too few days to tell" in text_of(state_tables.welch_tests(view, empty))


def test_probabilities_in_words():
    assert state_tables.probability(0.0004) == "<\u00a00.001"
    assert state_tables.probability(0.0126) == "0.013"
    assert state_tables.probability(float("nan")) == "–"
