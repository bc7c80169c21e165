"""What the parts of the Overview say and draw, against labels and outcomes written out by hand."""

import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import numpy as np
import pytest

from components import overviews, theme
from components.figures import agreement, followed, sparkline
from components.figures import window as windows
from components.figures.agreement import Row, StateRow, Strips
from components.figures.followed import Followed
from markets import daily_bars, labels_of, text_of
from regime_core.bars import DAY_NS
from regime_core.datasets import Dataset
from regime_core.evaluation.aftermath import Aftermath, Mean
from regime_core.evaluation.newest import newest

BARS = daily_bars([100, 102, 104, 103, 101, 99, 98, 97])
SURE = np.array([0.0, 0.5, 0.5, 0.9, 0.7, 0.7, 0.35, 0.95])
BOOSTED = labels_of(BARS, [5, 0, 0, 0, 3, 3, 2, 2], SURE)
RULES = labels_of(BARS, [5, 0, 0, 3, 3, 3, 5, 4], SURE, model="rules")


def dataset(bars=BARS, title="S&P 500"):
    return Dataset("sp500", title, True, "arch", "1", bars, Path("x"), step_ns=DAY_NS)


def shown(labels, first=0, stop=8):
    return windows.window("S&P 500", BARS, labels, first, stop)


def strips(*rows, states=None):
    held = states or StateRow(2, np.array([2, 0, 0, 1, 1, 0, 0, 1]))
    return Strips("S&P 500", BARS.time, "day", False, rows, held)


BOTH = strips(Row("boosted", shown(BOOSTED)), Row("rules", shown(RULES)))


@pytest.mark.parametrize(
    ("codes", "sure", "close", "told"),
    [
        ([3, 3], [0.926, 0.811], [100, 100.8], "still volatile, confidence 93 % → 81 %, close +0.8 %"),
        ([3, 3], [0.814, 0.811], [100, 99], "still volatile, confidence 81 % as before, close −1.0 %"),
        ([2, 2, 3], [0.5, 0.5, 0.9], [1, 1, 1], "was ranging for 2 days, now volatile, confidence 50 % → 90 %, close +0.0 %"),
        ([5, 0], [0, 0.6], [10, 11], "no regime before, now trending bullish, confidence 60 %, close +10.0 %"),
        ([4, 5], [0.6, 0], [10, 11], "was calm for 1 day, now no regime stands out, close +10.0 %"),
        ([5, 5], [0, 0], [-5, -4.5], "still no regime, close +0.5"),
    ],
)
def test_what_changed_since_the_bar_before(codes, sure, close, told):
    found = newest(np.array(codes), np.array(sure), np.array(close, dtype=float), first=0)
    assert overviews.change_told(found, "boosted", "day").replace("\u00a0", " ") == told


def test_rules_have_points_and_a_card_leaves_the_close_out():
    found = newest(np.array([2, 2]), np.array([0.4, 0.6]), np.array([1.0, 2.0]), first=0)
    assert overviews.change_told(found, "rules", "bar", with_close=False) == (
        "still ranging, confidence 40 of 100 points → 60 of 100 points"
    )


def test_the_line_under_the_headline_names_the_bar_before():
    assert text_of(overviews.since_before(dataset(), BOOSTED)).startswith("Since 7 Jan 2018 : still ranging")
    changed = overviews.since_before(dataset(), replace(BOOSTED, codes=np.array([5, 0, 0, 0, 3, 3, 3, 2])))
    assert text_of(changed).startswith("Changed since 7 Jan 2018 : was volatile for 3 days, now ranging")
    one = daily_bars([100])
    assert overviews.since_before(dataset(one), labels_of(one, [5], [0.0])) is None


def test_agreement_is_counted_where_anyone_answers():
    told = agreement.sentence(BOTH).replace("\u00a0", " ")
    assert told == (
        "Both detectors named the same regime on 57 % of the days shown that have a label (4 of 7). "
        "On 8 Jan 2018, boosted says ranging, rules say calm."
    )
    three = strips(*(Row(name, shown(BOOSTED)) for name in ("boosted", "ensemble")), Row("rules", shown(RULES)))
    assert agreement.sentence(three).startswith("All three detectors named the same regime on 57")
    assert "boosted and ensemble say ranging, rules say calm" in agreement.sentence(three)
    assert "boosted and ensemble on 100\u00a0%, boosted and rules on 57\u00a0%" in agreement.pairs(three)
    assert agreement.pairs(BOTH) == ""


def test_one_detector_or_none_counts_no_agreement():
    one = strips(Row("boosted", shown(BOOSTED)), Row("rules", None, "no"))
    assert agreement.sentence(one).replace("\u00a0", " ") == "On 8 Jan 2018, boosted says ranging."
    assert agreement.sentence(strips(Row("rules", None, "no"))) == "No detector has labels here."
    figure = agreement.strips_figure(one)
    assert any("Rules</b>: none shown" in note.text for note in figure.layout.annotations)


def test_each_strip_lies_in_its_own_row_on_one_time_axis():
    figure = agreement.strips_figure(BOTH)
    drawn = {trace.name: trace for trace in figure.data}
    assert [drawn[name].yaxis for name in ("boosted (strip)", "rules (strip)", "Stress state (strip)")] == ["y", "y2", "y3"]
    domains = [figure.layout[name].domain for name in ("yaxis", "yaxis2", "yaxis3")]
    assert domains[0][0] > domains[1][1] > domains[1][0] > domains[2][1]
    assert {trace.xaxis for trace in figure.data} == {None}
    assert drawn["Boosted"].customdata[4] == "⚡\ufe0e volatile, 70\u00a0%"
    assert drawn["Rules"].customdata[0] == "no regime stands out"
    assert drawn["Stress state"].customdata[3] == "high stress, in sample"
    assert np.isnan(drawn["Stress state"].y[0])


def test_the_more_confident_the_more_opaque():
    figure = agreement.strips_figure(strips(Row("boosted", shown(BOOSTED))))
    strip = figure.data[0]
    scale = dict(
        zip([round(step[0] * 30) for step in strip.colorscale[::2]], [s[1] for s in strip.colorscale[::2]], strict=True)
    )
    opacity = [float(re.search(r"([\d.]+)\)$", scale[cell])[1]) for cell in strip.z[0] if cell < 25]
    assert opacity == [0.6, 1.0, 0.8, 0.4, 1.0]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_states_keep_their_own_colours(mode):
    strip = next(trace for trace in agreement.strips_figure(BOTH, mode=mode).data if trace.name == "Stress state (strip)")
    colours = {step[1] for step in strip.colorscale}
    assert set(theme.stress_colours(2, mode)) <= colours
    assert not colours & {look.colour for look in theme.LOOKS}
    assert strip.z[0][0] == 2  # the first day has no state


def test_without_states_the_row_says_so_and_the_axis_stays():
    figure = agreement.strips_figure(strips(Row("boosted", shown(BOOSTED)), states=StateRow(2, None, "too few")))
    assert figure.layout.annotations[-1].text == "<b>Stress state</b>: none shown, see below"
    assert figure.layout.xaxis.anchor == "free"
    assert "stress state, in sample" not in agreement.description(strips(Row("b", None), states=StateRow(2, None, "x")))


def test_strips_in_words_give_shares():
    told = agreement.description(BOTH).replace("\u00a0", " ")
    assert "boosted: trending bullish 38 %, ranging 25 %, volatile 25 %, unknown 12 %" in told
    assert "stress state, in sample: low stress 50 %, high stress 38 %, no state 12 %" in told


def test_long_strips_tell_at_most_so_many_bars():
    bars = daily_bars(100 + np.sin(np.arange(3000) / 20))
    labels = labels_of(bars, np.arange(3000) // 100 % 5, np.full(3000, 0.5))
    long = Strips(
        "x", bars.time, "day", False, (Row("boosted", windows.window("x", bars, labels, 0, 3000)),), StateRow(2, None, "no")
    )
    hover = next(trace for trace in agreement.strips_figure(long).data if trace.name == "Boosted")
    assert len(hover.x) == agreement.TOLD_POINTS
    assert (hover.x[0], hover.x[-1]) == (bars.time[0].view("M8[ns]"), bars.time[-1].view("M8[ns]"))


def after(horizon, *, apart, sign=1, n=40):
    gap = Mean(sign * 0.01, *sorted((sign * 0.002 if apart else -sign * 0.002, sign * 0.018)))
    none = Mean(float("nan"), float("nan"), float("nan"))
    means = {name: Mean(-0.001, -0.03, 0.026) for name in ("return", "volatility", "drawdown")}
    every = {name: Mean(0.004, -0.001, 0.009) for name in means}
    gaps = dict.fromkeys(means, gap)
    return Aftermath(horizon, n, 7, 900, 49, 900, means, every, gaps if apart is not None else dict.fromkeys(means, none))


def view(found):
    return Followed("S&P 500", "boosted", 3, "day", False, {one.horizon: one for one in found}, 0, 899 * DAY_NS)


def test_what_followed_is_told_with_its_interval_and_whether_chance_would_do():
    told = text_of(overviews.followed_sentences(view([after(1, apart=True), after(21, apart=False)])))
    assert told.startswith(
        "After a volatile label the next 21 days brought −0.1 % (95 % interval −3.0 % to +2.6 %) on average, against +0.4 % "
        "after all days: the two cannot be told apart."
    )
    higher = text_of(overviews.followed_sentences(view([after(5, apart=True)])))
    assert "Volatility, a day, was -0.10 % against 0.40 %: higher, by more than chance would make" in higher
    assert "fall on the way was −0.1 % against +0.4 %: less deep, by more" in higher
    lower = text_of(overviews.followed_sentences(view([after(5, apart=True, sign=-1)])))
    assert "deeper, by more than chance" in lower
    few = view([after(5, apart=None)])
    assert "too few to tell" in text_of(overviews.followed_sentences(few))


def test_a_horizon_without_an_outcome_is_not_told():
    told = text_of(overviews.followed_sentences(view([after(5, apart=False), after(21, apart=False, n=0)])))
    assert "the next 5 days" in told
    assert "21" not in told


def test_the_dots_are_the_label_in_accent_above_all_bars_in_grey():
    figure = followed.followed(view([after(h, apart=True) for h in (1, 5, 21)]))
    palette = theme.PALETTES["light"]
    label, every = figure.data[:2]
    assert (label.marker.color, every.marker.color) == (palette.accent, palette.muted)
    assert list(label.x) == [-0.001] * 3
    assert label.error_x.array[0] == pytest.approx(0.027)
    assert label.error_x.arrayminus[0] == pytest.approx(0.029)
    assert all(upper > lower for upper, lower in zip(label.y, every.y, strict=True))
    assert list(figure.layout.yaxis.ticktext) == ["next 1\u00a0day", "next 5\u00a0days", "next 21\u00a0days"]
    assert label.y[0] > label.y[2]
    assert "mean return over 21\u00a0days" in followed.description(view([after(21, apart=True)]))


def test_all_numbers_stand_in_a_table_with_heads():
    table = overviews.followed_table(view([after(h, apart=True) for h in (1, 5, 21)]))
    told = text_of(table)
    assert told.count("−3.00 % to +2.60 %") == 6
    assert "+0.20 % to +1.80 %" in told


def test_the_line_goes_from_the_oldest_close_to_the_newest_and_up_is_up():
    svg = ElementTree.fromstring(unquote(sparkline.line(np.array([1.0, 3.0, 2.0])).partition(",")[2]))
    points = [tuple(map(float, pair.split(","))) for pair in svg[0].attrib["points"].split()]
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert points[1][1] < points[2][1] < points[0][1]
    flat = ElementTree.fromstring(unquote(sparkline.line(np.array([2.0, 2.0])).partition(",")[2]))
    assert len({pair.split(",")[1] for pair in flat[0].attrib["points"].split()}) == 1


def test_the_ribbon_has_one_piece_a_stretch_as_wide_as_it_lasted():
    address = sparkline.ribbon(np.array([0, 0, 0, 3]), np.array([0.95, 0.95, 0.95, 0.3]))
    pieces = [part.attrib for part in ElementTree.fromstring(unquote(address.partition(",")[2])) if part.tag.endswith("rect")]
    assert [piece["fill"] for piece in pieces] == [theme.LOOKS[0].colour, theme.LOOKS[3].colour, "url(#left)"]
    assert float(pieces[0]["width"]) == pytest.approx(3 * float(pieces[1]["width"]))
    assert float(pieces[0]["fill-opacity"]) > float(pieces[1]["fill-opacity"])
    assert '"' not in address and "'" not in address
