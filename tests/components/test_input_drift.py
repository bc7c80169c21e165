"""Drift against training, in figures and words."""

from dataclasses import replace

import numpy as np
import pytest

from components import drift_views, theme
from components.figures import input_drift
from components.figures.input_drift import DriftView
from markets import text_of
from regime_core.evaluation.stability import InputDrift
from regime_core.features import FEATURES

NAMES = ("fat_tails", "turnover", "drift_8")


def drift(n_rows=500, **changes):
    edges = np.tile(np.arange(1.0, 10.0), (3, 1))
    expected = np.full((3, 10), 0.1)
    seen = expected.copy()
    seen[0] = [0.55, 0.05, *[0.05] * 8]
    found = InputDrift(
        NAMES,
        edges,
        expected,
        seen,
        np.array([0.9, 3.0, 0.02]),
        np.array([[0.1, 0.3], [2.0, 5.0], [0.0, 0.1]]),
        0,
        n_rows,
        9000,
    )
    return replace(found, **changes)


def view(**changes):
    return DriftView("Walk", "1 Jan 2018 – 4 Feb 2019", drift(**changes), drift(n_rows=4000))


def test_rows_are_sorted_by_how_far_beyond_the_usual_they_lie():
    assert [NAMES[i] for i in view().order] == ["fat_tails", "turnover", "drift_8"]
    assert view().picked(None) == view().picked("soup") == "fat_tails"
    assert view().picked("drift_8") == "drift_8"


@pytest.mark.parametrize("mode", theme.THEMES)
def test_dots_bands_and_bounds(mode):
    band, everything, here = input_drift.overview(view(), "turnover", mode=mode).data
    assert list(here.x) == [0.9, 3.0, 0.02]
    assert list(band.base) == pytest.approx([0.1, 2.0, input_drift.LEAST_INDEX])
    assert list(np.array(band.base) + band.x) == pytest.approx([0.3, 5.0, 0.1])
    assert [label.startswith("<b>") for label in here.y] == [False, True, False]
    assert here.customdata[0][:2] == ["fat_tails", "0.90 over the 500\u00a0bars in sight"]
    assert everything.marker.symbol == "circle-open"
    shapes = input_drift.overview(view(), "turnover", mode=mode).layout.shapes
    assert [shape.x0 for shape in shapes] == [0.1, 0.25]


def test_all_bars_in_sight_are_drawn_once():
    same = replace(view(), all_bars=drift())
    assert len(input_drift.overview(same, "turnover").data) == 2
    assert len(input_drift.distributions(same, "turnover").data) == 2


def test_the_two_distributions_side_by_side():
    training, seen, everything = input_drift.distributions(view(), "fat_tails").data
    assert list(training.y) == pytest.approx([10.0] * 10)
    assert list(seen.y) == pytest.approx([55.0] + [5.0] * 9)
    assert list(seen.x)[:2] == ["to 1.00", "1.00 to 2.00"]
    assert everything.name == "Walk, all bars"
    assert "to 1.00 55.0\u00a0% against 10.0\u00a0%" in input_drift.distributions_description(view(), "fat_tails")


def test_bins_that_hold_nothing_on_either_side_are_left_out():
    found = drift(
        edges=np.array([[0.0, *[np.inf] * 8]] * 3),
        expected=np.tile([0.9, 0.1, *[0.0] * 8], (3, 1)),
        seen=np.tile([1.0, *[0.0] * 9], (3, 1)),
    )
    training, _ = input_drift.distributions(DriftView("Walk", "", found, found), "turnover").data
    assert list(training.x) == ["to 0.00", "0.00 to ∞"]


def test_the_verdict_says_what_it_means_for_trust():
    assert "Unlike training: 1 of 3 inputs lies beyond the band. Probability of fat-tailed shocks." in text_of(
        drift_views.verdict(view())
    )
    within = drift_views.verdict(view(usual_beyond=1))
    assert "Within the ordinary" in text_of(within)
    assert "nine in ten have up to 1. Drift gives no reason to doubt" in text_of(within)
    assert "none of 3 inputs lies beyond" in text_of(drift_views.verdict(view(index=np.zeros(3))))
    assert "Only 21 bars in sight" in text_of(drift_views.verdict(view(n_rows=21)))


def test_the_caution_on_few_bars_is_a_number(app):
    assert "about 0.018 by chance" in text_of(drift_views.explanation(view()))
    assert "No bar in sight has inputs yet" in text_of(drift_views.explanation(view(n_rows=0)))


def test_titles_for_the_axis_are_short_and_all_different():
    relative = [name for name, feature in FEATURES.items() if feature.group == "relative"]
    short = {input_drift.short(name) for name in relative}
    assert len(short) == len(relative)
    assert max(map(len, short)) <= 42
