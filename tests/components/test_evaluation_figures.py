"""Figures, tables and words of scores, against counts made by hand."""

import csv
import dataclasses
import io
import math

import numpy as np
import pytest

from components import detector_sheets, evaluations, score_sheets, sheets, theme
from components.figures import evaluation as figures
from markets import FIRST_DAY, text_of
from records import scores_of, walk_of
from regime_core.artifacts import ModelEntry
from regime_core.bars import DAY_NS
from regime_core.evaluation.outcomes import Comparison, Outcomes

TODAY = [0, 0, 0, 0, 1, 1, 1, 0]
CAME = [0, 0, 0, 1, 1, 1, 0, 0]
HIGH = [0.1, 0.2, 0.6, 0.8, 0.9, 0.7, 0.6, 0.1]
WALK = walk_of(HIGH, TODAY, CAME)
FOUND = scores_of(WALK)
LOSS = -np.mean(np.log([p if state else 1 - p for p, state in zip(HIGH, CAME, strict=True)]))


def plain(text):
    return text.replace("\u00a0", " ")


def table(rows):
    return list(csv.DictReader(io.StringIO(sheets.csv_text(rows))))


def outcomes(horizon=1):
    def pair(low, high):
        return np.array([low, high])

    return Outcomes(
        horizon,
        np.array([120, 0]),
        {"return": pair(0.0012, math.nan), "volatility": pair(0.006, math.nan), "drawdown": pair(-0.01, math.nan)},
        {"return": pair(-0.001, math.nan), "volatility": pair(0.005, math.nan), "drawdown": pair(-0.012, math.nan)},
        {"return": pair(0.003, math.nan), "volatility": pair(0.007, math.nan), "drawdown": pair(-0.008, math.nan)},
        Comparison(
            n=np.array([80, 0]),
            first=FIRST_DAY * DAY_NS,
            last=(FIRST_DAY + 99) * DAY_NS,
            came=pair(0.0062, math.nan),
            low=pair(0.005, math.nan),
            high=pair(0.008, math.nan),
            vix=pair(0.0081, math.nan),
            har=pair(0.0055, math.nan),
            gain={"label": -0.02, "vix": 0.13, "har": 0.11, "har+label": math.nan},
        ),
    )


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_reliability_diagram_shows_the_bins_model_in_accent_margin_in_grey(mode):
    figure = figures.reliability(FOUND, mode=mode)
    traces = {trace.name: trace for trace in figure.data}
    bins = FOUND.score("model").reliability
    np.testing.assert_array_equal(traces["Model"].x, bins.forecast)
    np.testing.assert_array_equal(traces["Model"].y, bins.came_true)
    assert traces["Model"].line.color == theme.PALETTES[mode].accent
    assert traces["Margin"].line.color == theme.PALETTES[mode].muted
    assert list(traces["As often as said"].x) == list(traces["As often as said"].y)
    assert plain(figures.reliability_heading("X", FOUND)) == "X: said and came true, 1 day ahead, 1 Jan 2018 – 8 Jan 2018"
    assert "said 10 %, came true 0 %" in plain(figures.reliability_description("X", FOUND))


def test_scores_by_year_are_told_with_which_way_is_better():
    figure = figures.years(FOUND, "log_loss")
    assert [trace.name for trace in figure.data] == ["Margin", "Model"]
    assert figure.data[-1].y[0] == pytest.approx(LOSS)
    assert figures.years(FOUND, "accuracy").data[-1].y[0] == pytest.approx(6 / 8)
    assert "lower is better" in figures.years_heading("X", FOUND, "log_loss")
    assert "higher is better" in figures.years_heading("X", FOUND, "accuracy")
    # persistence is right on 6 of 8 days too, so that the model is not ahead in accuracy
    told = plain(figures.years_description("X", FOUND, "accuracy", "model", "persistence"))
    assert "Model was ahead of persistence in 0 of 1 year" in told
    # its log-loss of 0.37 nats is below the 0.69 of the chain, which says even odds
    told = plain(figures.years_description("X", FOUND, "log_loss", "model", "markov"))
    assert "ahead of the Markov chain in 1 of 1 year" in told


def test_the_table_of_scores_holds_what_was_counted():
    sheet = score_sheets.score_sheet({1: FOUND})
    rows = table(sheet.rows)
    assert [row["forecaster"] for row in rows] == ["model", "persistence", "markov", "margin"]
    model, persistence, markov, _ = rows
    assert float(model["accuracy"]) == 6 / 8
    assert float(model["log_loss"]) == pytest.approx(LOSS, rel=1e-9)
    assert model["skill"] == model["p"] == model["mcnemar_p"] == ""
    assert float(markov["skill"]) == pytest.approx(1 - LOSS / math.log(2), rel=1e-8)
    assert float(persistence["accuracy"]) == 6 / 8
    assert float(model["transition_accuracy"]) == 0.5
    told = text_of(sheets.table(sheet))
    assert "1 day ahead, 8 days Model 75.0 %" in told
    assert f"{LOSS:.4f}" in told


@pytest.mark.parametrize(("p", "told"), [(None, "–"), (math.nan, "–"), (0.0123, "0.012"), (0.0001, "< 0.001")])
def test_p_values(p, told):
    assert plain(score_sheets.p_value(p)) == told


def test_what_followed_a_label_has_intervals_and_a_dash_for_a_label_never_given():
    sheet = score_sheets.outcome_sheet({1: outcomes(), 5: outcomes(5)}, 2)
    told = text_of(sheets.table(sheet))
    assert "The next 1 trading day Low stress 120 +0.12 % −0.10 to +0.30 % 0.60 % 0.50 to 0.70 %" in told
    assert "The next 5 trading days" in told
    assert "High stress 0 –" in told
    rows = table(sheet.rows)
    assert len(rows) == 4
    assert (rows[0]["return_low"], rows[0]["days"], rows[1]["return"]) == ("-0.001", "120", "")


def test_vix_and_har_stand_beside_what_came_on_days_that_are_named():
    sheet = score_sheets.said_sheet({1: outcomes()}, 2)
    told = text_of(sheets.table(sheet))
    assert "The next 1 trading day: 80 days, 1 Jan 2018 – 10 Apr 2018" in told
    assert "Low stress 80 0.62 % 0.50 to 0.80 % 0.81 % 0.55 %" in told
    assert "High stress 0 – – to – – –" in told
    rows = table(sheet.rows)
    assert (rows[0]["first"], rows[0]["vix_said"], rows[1]["came"]) == ("2018-01-01", "0.0081", "")
    told = text_of(sheets.table(score_sheets.gain_sheet({1: outcomes()})))
    assert "the next 1 day 80 −0.020 +0.130 +0.110 –" in told


def test_without_a_past_nothing_is_compared():
    found = outcomes()
    nothing = dataclasses.replace(found, compared=dataclasses.replace(found.compared, n=np.array([0, 0]), first=0, last=0))
    assert score_sheets.said_sheet({1: nothing}, 2).rows == score_sheets.gain_sheet({1: nothing}).rows == ()
    told = text_of(evaluations.compared(evaluations.Record(None, WALK, {1: FOUND}, {1: nothing})))
    assert "HAR needs 252 days" in told
    assert "VIX said" not in told


def test_detectors_scores_are_spread_over_rows_and_columns():
    given = {"a, s0 1, d 30": 0.5, "a, s0 1, d 60": 0.6, "b, s0 1, d 30": 0.7}
    entries = {
        "boosted": ModelEntry("boosted", "1", 252, scores={"balanced_accuracy": given, "log_loss": 0.35, "by": {"60": 0.9}}),
        "rules": ModelEntry("rules", "1", 252),
    }
    first, second = (text_of(sheets.table(sheet)) for sheet in detector_sheets.detector_sheets(entries))
    assert first == "Balanced accuracy, boosted D 30 D 60 A, s0 1 50.0 % 60.0 % B, s0 1 70.0 % –"
    assert second == "By, boosted 60 bars All settings 90.0 %"
    lines = text_of(sheets.table(detector_sheets.detector_sheet(entries)))
    assert "boosted 60.0 % 50.0 to 70.0 % – 0.3500 – 252 1" in lines
    assert "rules – – – – 252 1" in lines
    assert [row["score"] for row in detector_sheets.detector_rows(entries)] == [0.5, 0.6, 0.7, 0.35, 0.9]


def test_the_matrices_count_said_and_came():
    told = text_of(evaluations.confusion(FOUND))
    # low came on five days, two of them said to be high; high came on three, all of them said to be high
    assert "Model: right on 75.0 % of days" in told
    assert "Low stress 3 60.0 % 2 40.0 % High stress 0 0.0 % 3 100.0 %" in told
    assert "Persistence: right on 75.0 % of days" in told


def test_the_one_picked_is_in_accent_and_its_counterpart_in_grey():
    palette = theme.PALETTES["light"]
    for figure in (
        figures.years(FOUND, "log_loss", "markov", "persistence"),
        figures.reliability(FOUND, "markov", "persistence"),
    ):
        colours = {trace.name: trace.line.color for trace in figure.data}
        assert colours["Markov chain"] == palette.accent
        assert colours["Persistence"] == palette.muted
        assert "Model" not in colours
    assert [trace.name for trace in figures.years(FOUND, "log_loss", "margin", "margin").data] == ["Margin"]
    assert "the Markov chain" in figures.reliability_heading("X", FOUND, "markov")
    told = text_of(evaluations.confusion(FOUND, "markov", "markov"))
    assert told.count("right on") == 1


def test_two_forecasters_are_set_side_by_side(app):
    told = text_of(evaluations.side_by_side(FOUND, "model", "markov"))
    # the chain says even odds: its log-loss is that of a coin
    assert f"Model: {LOSS:.4f} nats a day, right on 75.0 % of days. Markov chain: {math.log(2):.4f}" in told
    assert f"{100 * (1 - LOSS / math.log(2)):.1f} % less log-loss than the Markov chain's" in told
    assert "more log-loss than the model's" in text_of(evaluations.side_by_side(FOUND, "markov", "model"))
    assert "log-loss than" not in text_of(evaluations.side_by_side(FOUND, "model", "model"))
    errors = {name: FOUND.score(name).calibration_error for name in ("model", "margin")}
    told = text_of(evaluations.calibrated(FOUND, "model", "margin"))
    assert f"the model's error is {100 * errors['model']:.2f} %, margin's error is {100 * errors['margin']:.2f} %" in told


def test_days_of_change():
    told = text_of(evaluations.transitions(FOUND))
    assert "On 2 days of 8" in told
    assert "Model 50.0 % Persistence 0.0 %" in told
    still = scores_of(walk_of([0.1, 0.2], [0, 0], [0, 0]))
    assert "on no day" in text_of(evaluations.transitions(still))


def test_the_headline_says_whether_margin_is_beaten_and_whether_it_may_be_chance(app):
    assert "less log-loss than margin 1 day ahead" in text_of(evaluations.headline({1: FOUND}))
    sure = scores_of(walk_of([0.02, 0.98] * 200, [0, 1] * 200, [0, 1] * 200))
    assert text_of(evaluations.headline({1: sure})).endswith("less log-loss than margin 1 day ahead")
    wrong = scores_of(walk_of([0.98, 0.02] * 200, [0, 1] * 200, [0, 1] * 200))
    assert "more log-loss than margin" in text_of(evaluations.headline({1: wrong}))
    rng = np.random.default_rng(1)
    coin = rng.integers(0, 2, 300)
    doubtful = scores_of(walk_of(list(0.5 + 0.02 * (coin - 0.5) * rng.choice([1, 1, -1], 300)), [0] * 300, coin.tolist()))
    told = text_of(evaluations.headline({1: doubtful}))
    against = doubtful.against("margin")
    assert ("which may be chance" in told) == (against.skill > 0 and against.p_value >= 0.05)
    assert "Log-loss skill over margin : +" in text_of(evaluations.summary({1: FOUND}))


def test_the_basis_names_what_is_missing(app):
    both = walk_of(HIGH, TODAY, CAME)
    assert "walked forward : 2 states" in text_of(evaluations.basis(both, {1: FOUND}))
    assert "A note." in text_of(evaluations.basis(both, {1: FOUND}))
    assert "No day 1 day ahead has a known outcome yet." in text_of(evaluations.basis(both, {}))
    told = text_of(evaluations.facts(both, {1: FOUND})).replace("\u00a0", " ")
    assert "historical simulation 95 %, margin 5 %" in told
