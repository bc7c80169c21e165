"""Traces and words of forecasts, against records written out by hand."""

import dataclasses

import numpy as np
import pytest
from dash import html

from components import forecasts, sheets, theme
from components.figures import contributions
from components.figures import forecast as figures
from markets import FIRST_DAY, text_of
from records import forecast_of, scores_of, walk_of

WALK = walk_of([0.1, 0.2, 0.7, 0.9, 0.4], [0, 0, 0, 1, 1], [0, 1, 1, 1, None])


def plain(text):
    return text.replace("\u00a0", " ")


def test_the_areas_are_the_probabilities_and_the_strips_tell_what_came():
    figure = figures.history(WALK, 1)
    traces = {trace.name: trace for trace in figure.data}
    np.testing.assert_allclose(traces["Low stress"].y, [0.9, 0.8, 0.3, 0.1, 0.6])
    np.testing.assert_allclose(traces["High stress"].y, [0.1, 0.2, 0.7, 0.9, 0.4])
    assert traces["Low stress"].stackgroup == traces["High stress"].stackgroup
    assert [traces[name].fillcolor for name in ("Low stress", "High stress")] == list(theme.stress_colours(2, "light"))
    # 0 and 1 are the states, 2 is not known yet; one cell a stretch of days
    assert list(traces["What came"].z[0]) == [0, 1, 2]
    # only the second day said low stress, and high stress came
    assert list(traces["Missed"].z[0]) == [0, 1, 0]
    told = [plain(text) for text in traces["Outcome"].customdata]
    assert told == [
        "1 day later: low stress",
        "1 day later: high stress (missed)",
        "1 day later: high stress",
        "1 day later: high stress",
        "not known yet what came",
    ]


def test_the_history_is_told_in_words():
    heading = "S&P 500: what was forecast 1 day ahead, and what came, 1 Jan 2018 – 5 Jan 2018, out of sample"
    assert plain(figures.history_heading("S&P 500", WALK, 1)) == heading
    assert "came true on 3 of 4 days (75.0 %)" in plain(figures.history_description("S&P 500", WALK, 1))
    nothing = walk_of([0.5], [0], [None])
    assert "No outcome is known yet" in figures.history_description("S&P 500", nothing, 1)
    assert len(figures.history(nothing, 1).data) == 5


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_contributions_are_signed_accent_for_and_grey_against_each_from_where_the_last_ended(mode):
    figure = contributions.figure(forecast_of([0.2, -0.07, 0.0004]), 1, mode=mode)
    bar, ends = figure.data
    assert list(bar.y) == ["Input 0", "Input 1", "Input 2"]
    np.testing.assert_allclose(bar.x, [20, -7, 0.04])
    np.testing.assert_allclose(bar.base, [83.56, 103.56, 96.56])
    np.testing.assert_allclose(ends.x, [83.56, 96.6])  # from a usual day to the forecast
    accent, grey = theme.PALETTES[mode].accent, theme.PALETTES[mode].muted
    assert list(bar.marker.color) == [accent, grey, accent]
    shown = [annotation.text for annotation in figure.layout.annotations]
    names = ["<b>A usual day</b>", "Input 0", "Input 1", "Input 2", "<b>The forecast</b>"]
    assert [plain(text) for text in shown] == [*names, "<b>83.6 %</b>", "+20.0", "−7.0", "+0.0", "<b>96.6 %</b>"]
    assert list(figure.layout.yaxis.categoryarray) == ["A usual day", "Input 0", "Input 1", "Input 2", "The forecast"]
    first, last = figure.layout.yaxis.range
    assert first > last  # a usual day on top
    assert plain(bar.customdata[1][1]) == "−7.0 points"
    assert plain(bar.customdata[1][2]) == "from 103.6 % to 96.6 %"
    assert bar.customdata[1][3] == "Part of 1"
    low, high = figure.layout.xaxis.range
    assert low < 83.56
    assert high > 103.56


def test_small_contributions_to_a_sure_forecast_can_be_told_apart():
    low, high = contributions.figure(forecast_of([0.004, -0.001]), 1).layout.xaxis.range
    assert 2 < high - low < 4
    assert low < 96.3 < 96.7 < high


def test_what_the_bars_add_up_to_is_told(app):
    forecast = forecast_of([0.2, -0.07, 0.0004])
    told = plain(contributions.total(forecast, 1))
    assert told == (
        "83.6 % on a usual day, and +13.0 points by the bars together, make the 96.6 % high stress that is forecast."
    )
    basis = plain(contributions.basis(forecast, 1))
    assert "64 days spread evenly over 1 Jan 1970 – 1 Jan 2018" in basis
    assert "All 8 combinations of the 3 groups" in basis
    note = forecasts.moved_note(forecast, 1)
    assert text_of(html.P(note)).replace("\u00a0", " ").split() == basis.split()
    assert note[1].href.endswith("#contribution")
    in_sample = forecast_of([0.1], fitted=FIRST_DAY + 9)
    heading = "What speaks for and against low stress in 5 trading days, from 1 Jan 2018, in sample"
    assert plain(contributions.heading(in_sample, 5)) == heading
    told = plain(contributions.description(forecast, 1))
    assert "Input 0: +20.0 points; Input 1: −7.0 points" in told
    assert "83.6 % on a usual day" in told


def test_the_answer_in_words():
    forecast = forecast_of([1.0])
    assert text_of(forecasts.headline(forecast)) == "97 % likely high stress tomorrow"
    assert "(in sample)" in text_of(forecasts.headline(forecast_of([1.0], fitted=FIRST_DAY + 9)))
    assert text_of(forecasts.further(forecast)) == "55 % likely low stress in 5 trading days. Today is high stress."


def test_in_sample_is_said_plainly_beside_what_was_said_out_of_sample(app):
    known = forecast_of([1.0], day=FIRST_DAY + 1, fitted=FIRST_DAY + 400)
    told = text_of(forecasts.made(known, WALK))
    assert "In sample: the shipped model was fitted on days through 5 Feb 2019, later than 2 Jan 2018" in told
    assert "that day: 80 % low stress tomorrow, and high stress came." in told
    assert "that day" not in text_of(forecasts.made(forecast_of([1.0], day=FIRST_DAY + 90, fitted=FIRST_DAY + 400), WALK))
    assert "the model knows nothing of what came after" in text_of(forecasts.made(forecast_of([1.0])))
    assert "By the shipped model" in text_of(forecasts.made(forecast_of([1.0], day=FIRST_DAY + 9)))


def test_the_probabilities_stand_beside_the_baselines():
    forecast = forecast_of([1.0])
    rows = forecasts.rows(forecast)
    assert sheets.csv_text(rows).splitlines()[:3] == [
        "as_of,horizon,state,name,model,persistence,markov,margin,basis",
        "2018-01-01,1,state_0,Low stress,0.034,0.05,0.1,0.06,fitted",
        "2018-01-01,1,state_1,High stress,0.966,0.95,0.9,0.94,fitted",
    ]
    assert sheets.csv_text(rows).splitlines()[4] == "2018-01-01,2,state_1,High stress,0.9,0.94,0.87,,between"
    assert [row["horizon"] for row in rows] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    told = text_of(forecasts.beside_baselines(forecast))
    assert "Tomorrow Model Persistence Markov Margin Low stress 3.4 % 5.0 % 10.0 % 6.0 %" in told
    assert "In 5 trading days" in told


def test_of_the_days_we_said_so_much_came_true(app):
    # thirty rows give 15 bins of four pairs of day and state; those given 80 % came true in three of four
    high = [0.8] * 20 + [0.02] * 10
    came = ([1, 1, 1, 0] * 5) + [0] * 10
    found = scores_of(walk_of(high, [0] * 30, came))
    bins = found.score("model").reliability
    near = np.isclose(bins.forecast, 0.8)
    share = bins.came_true[near][0]
    sentence = text_of(forecasts.trust(found))
    assert sentence.startswith(f"Of the days we said 80 %, {100 * share:.0f} % came true.")
    assert f"{bins.n[near][0]} times a state was given" in sentence
    assert "1 Jan 2018 – 30 Jan 2018, out of sample" in sentence


def test_a_range_cuts_the_record():
    cut = forecasts.in_range(WALK, "2018-01-02T00:00:00..2018-01-04T00:00:00")
    assert cut.time.tolist() == WALK.time[1:4].tolist()


def test_no_forecast_is_called_certain():
    forecast = forecast_of([1.0])
    nearly = dataclasses.replace(forecast, horizons={**forecast.horizons, 1: np.array([0.004, 0.996])})
    assert text_of(forecasts.headline(nearly)) == "> 99 % likely high stress tomorrow"


@pytest.mark.parametrize(("change", "told"), [(0.043, "+4.3 points"), (-0.0004, "+0.0 points"), (-0.5, "−50.0 points")])
def test_points(change, told):
    assert plain(contributions.points(change)) == told
