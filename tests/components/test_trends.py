"""Features over time and by label: traces and words."""

import io
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from components import quantities, theme, trend_views
from components.figures import spreads, trends
from components.figures.trends import Strip, Trends
from markets import daily_bars
from regime_core.features import FEATURES

NAMES = ("volatility_21", "rsi_14", "vix_level")


def view(n=400, labels=True, **changes):
    rng = np.random.default_rng(9)
    values = rng.normal(size=(n, 3)) * [0.01, 10, 5] + [0.02, 50, 15]
    values[: n // 2, 2] = np.nan
    time = daily_bars(np.full(n, 10.0)).time
    codes = np.repeat([0, 1, -1, 1], n // 4)
    strip = Strip("state", codes, theme.stress_words(2), theme.stress_colours(2, "light"), in_sample=True) if labels else None
    parts = {"time": time, "table": values, "labels": strip} | changes
    return Trends("Walk", parts["time"], parts["table"], tuple(FEATURES[name] for name in NAMES), parts["labels"])


def test_one_panel_a_feature_and_one_time_axis():
    seen = view()
    figure = trends.over_time(seen)
    tint, ribbon, *lines = figure.data
    assert list(ribbon.z[0]) == list(tint.z[0]) == [1, 2, 0, 2]
    assert [line.name for line in lines] == [FEATURES[name].title for name in NAMES]
    assert {line.xaxis for line in lines} == {None}
    assert [line.yaxis for line in lines] == ["y3", "y4", "y5"]
    tops = [figure.layout[f"yaxis{i}"].domain for i in (3, 4, 5)]
    assert all(above[0] >= below[1] for above, below in pairwise(tops))
    np.testing.assert_array_equal(lines[1].y, seen.table[:, 1])
    np.testing.assert_allclose(lines[0].y, 100 * seen.table[:, 0])
    assert len(lines[2].y) == 200
    assert lines[0].customdata[0][0] == "Low stress<br>"
    assert lines[0].customdata[250][0] == "no label<br>"
    units = [note.text for note in figure.layout.annotations]
    assert ["% per bar" in units[0], "index, 0 to 100" in units[1], "% a year" in units[2]] == [True] * 3


def test_one_crosshair_runs_through_all_panels_and_tells_all_of_a_bar():
    seen = view(40_000)
    figure = trends.over_time(seen)
    axis = figure.layout.xaxis
    assert (figure.layout.hovermode, figure.layout.hoversubplots) == ("x unified", "axis")
    assert (axis.showspikes, axis.spikemode) == (True, "across")
    first, second, third = figure.data[2:]
    np.testing.assert_array_equal(first.x, second.x)
    assert set(third.x) <= set(first.x)


def test_a_bar_tells_its_label_once_by_the_first_feature_known_there():
    seen = view()
    seen.table[:300, 0] = np.nan
    lines = trends.over_time(seen).data[2:]
    assert lines[1].customdata[0][0] == "Low stress<br>"
    assert [line.customdata[-1][0] for line in lines] == ["High stress<br>", "", ""]


def test_a_value_tells_its_rank_among_those_before_it():
    ranks = np.full((400, 3), 0.913)
    ranks[0] = np.nan
    seen = view()
    with_ranks = Trends(seen.title, seen.time, seen.table, seen.features, seen.labels, ranks)
    told = trends.over_time(with_ranks).data[2].customdata
    assert told[0][1] == quantities.told(seen.table[0, 0], FEATURES["volatility_21"])
    assert told[399][1].endswith("\u00a0% per bar, above 91\u00a0% of the past then")


def test_titles_have_dates_and_say_in_sample():
    assert trends.heading(view()) == (
        "Walk: 3\u00a0features under the strip of states (in sample), 1\u00a0Jan\u00a02018 – 4\u00a0Feb\u00a02019"
    )
    assert trends.heading(view(labels=False)).startswith("Walk: 3\u00a0features, 1\u00a0Jan")
    assert spreads.heading(view()).startswith("Walk: distribution by state (in sample), ")
    assert "RSI" not in trends.description(view())
    assert "Relative strength index, 14 bars, newest" in trends.description(view())


def test_a_line_breaks_where_values_are_unknown():
    seen = view()
    seen.table[100:110, 0] = np.nan
    line = trends.over_time(seen).data[2]
    hole = np.flatnonzero(np.isnan(line.y))
    assert len(hole) == 1
    assert line.x[hole[0]] == np.datetime64("2018-01-01", "s") + np.timedelta64(110, "D")
    assert len(line.x) == len(line.y) == len(line.customdata) == 391


def test_a_long_series_is_thinned_and_keeps_its_spike():
    n = 40_000
    seen = view(n, labels=False)
    seen.table[12_345, 0] = 99.0
    seen.table[23_456, 1] = -999.0
    line, other, _ = trends.over_time(seen).data
    assert min(other.y) == -999.0
    assert len(line.y) <= trends.POINTS
    assert max(line.y) == 9900.0  # percent


@pytest.mark.parametrize("mode", theme.THEMES)
def test_boxes_are_quantiles_by_label_against_pandas(mode):
    seen = view()
    boxes = [trace for trace in spreads.spread(seen, 1, mode=mode).data if trace.type == "box"]
    frame = pd.Series(seen.table[:, 1]).groupby(seen.labels.codes)
    for code, box in enumerate(boxes):
        mine = frame.get_group(code)
        given = [box.lowerfence[0], box.q1[0], box.median[0], box.q3[0], box.upperfence[0]]
        np.testing.assert_allclose(given, mine.quantile([0.05, 0.25, 0.5, 0.75, 0.95]))
    assert [box.name for box in boxes] == ["Low stress", "High stress"]
    medians = [trace for trace in spreads.spread(seen, 1).data if trace.type == "scatter"]
    assert "Middle half" in medians[0].hovertemplate
    assert "100\u00a0bars" in medians[0].hovertemplate


def test_without_labels_there_is_one_box_and_without_values_none():
    seen = view(labels=False)
    assert [trace.name for trace in spreads.spread(seen, 0).data] == ["All bars", "All bars"]
    seen.table[:, 0] = np.nan
    assert len(spreads.spread(seen, 0).data) == 0
    assert "nothing known in this range" in spreads.description(seen, 0)
    assert trend_views.unknown_note(seen) == "Not known in this range: Volatility, 21 bars (too few bars)."


def test_what_is_not_known_has_a_word_instead_of_a_chart():
    seen = view(labels=False)
    seen.table[:, 2] = np.nan
    shown = trend_views.distributions(seen, "light")
    assert "Not known in this range: no VIX on these dates." in str(shown[2])
    assert "Graph" not in str(shown[2])
    assert "not known in this range" in trends.over_time(seen).layout.annotations[2].text


def test_the_table_as_csv():
    seen = view()
    table = pd.read_csv(io.StringIO(trend_views.table_csv(seen)))
    assert list(table.columns) == ["time", "state", *NAMES]
    assert table["time"].iloc[0] == "2018-01-01"
    np.testing.assert_allclose(table["rsi_14"], seen.table[:, 1], rtol=1e-9)
    assert table["state"].fillna("").tolist() == [["Low stress", "High stress", ""][code] for code in seen.labels.codes]


def test_choosing_keeps_the_order_the_last_one_and_the_limit():
    names = list(FEATURES)
    assert trend_views.chosen("rsi_14,volatility_21", ["volatility_21", "drawdown_63", "rsi_14"])[0] == [
        "rsi_14",
        "volatility_21",
        "drawdown_63",
    ]
    assert trend_views.chosen("rsi_14", []) == (["rsi_14"], "1 chosen; one has to stay")
    kept, told = trend_views.chosen(",".join(names[: trend_views.MOST]), names[: trend_views.MOST + 1])
    assert kept == names[: trend_views.MOST]
    assert "the most at a time" in told
    assert trend_views.names_of("soup,rsi_14,rsi_14") == ["rsi_14"]
    assert trend_views.names_of("soup") == list(trend_views.DEFAULT)
    assert [name for group in trend_views.group_names() for name in group] == names
