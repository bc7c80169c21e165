"""How firm labels are, in sentences, tables and figures."""

import csv
import io

import numpy as np
import pytest

from components import sensitivities, theme
from components.figures import sensitivity as figures
from components.figures.clustered import Clustered
from markets import text_of
from regime_core.evaluation import agreement, geometry
from regime_core.models import kmeans
from regime_core.models.sensitivity import VARIED, Sensitivity, Variant, vary
from regime_core.states import market
from stress_markets import index_and_vix


@pytest.fixture(scope="module")
def made():
    found = market(*index_and_vix(700, seed=5))
    candidates = kmeans.candidates(found)
    present = candidates.clustering(found, 2)
    view = Clustered("Walk", found, present, geometry.principal_components(found.values))
    return view, {varied: vary(varied, found, candidates, present) for varied in VARIED}


def variant(present, codes, value=0.0, starts=1, k=2, silhouette=0.5):
    codes = np.asarray(codes, dtype=np.int8)
    table = agreement.crosswalk(present, codes, 2, k)
    return Variant(
        value=value,
        starts=starts,
        k=k,
        codes=codes,
        changed=agreement.changed(present, codes, table),
        table=table,
        switches=int(np.count_nonzero(np.diff(codes))),
        rand=agreement.adjusted_rand_index(table),
        silhouette=silhouette,
        met=len(set(codes.tolist())),
    )


def by_hand(made, varied, variants, border):
    view, _ = made
    return Sensitivity(varied, view.clustering, tuple(variants), np.asarray(border), 3)


@pytest.mark.parametrize(
    ("moved", "told"),
    [
        (slice(0, 25), "lie near the border between states: 100 % of all changes"),
        (slice(15, 40), "lean towards the border between states: 40 % of all changes"),
        (slice(50, 90), "lie all over between states: 0 % of all changes"),
        (slice(0, 0), "No day changes hands"),
    ],
)
def test_where_days_change_hands_is_told_as_it_is(made, moved, told):
    present = np.repeat([0, 1], 50)
    codes = present.copy()
    codes[moved] = 1 - codes[moved]
    found = by_hand(made, "seed", [variant(present, codes)], np.arange(100.0))
    assert told in sensitivities.where(found).replace("\u00a0", " ")


@pytest.mark.usefixtures("app")
def test_seeds_that_all_agree_are_told_in_one_sentence(made):
    present = np.repeat([0, 1, 0], 20)
    same = [variant(present, present, value=seed, starts=n) for n in (1, 10) for seed in range(20)]
    found = by_hand(made, "seed", same, np.ones(60))
    assert "All 20 seeds give the same division, from a single start already" in text_of(sensitivities.told(found))
    other = present.copy()
    other[:3] = 1
    mixed = [*same[:5], *(variant(present, other, value=seed) for seed in range(5, 20)), *same[20:]]
    found = by_hand(made, "seed", mixed, np.ones(60))
    told = text_of(sensitivities.told(found))
    assert "From a single start, 20 seeds give 2 different divisions, with at most 5.0 % of the days changing hands" in told
    assert "as the best of 10 starts, one division, with at most 0.0 %" in told
    table = text_of(sensitivities.table(found))
    assert "15 of 20 seeds, 1 start 5.0 % (3)" in table
    assert "5 of 20 seeds, 1 start 0.0 % (0)" in table
    assert "20 of 20 seeds, best of 10 starts 0.0 % (0)" in table


def test_divisions_that_only_name_their_states_otherwise_are_one(made):
    present = np.repeat([0, 1, 0], 20)
    found = by_hand(made, "seed", [variant(present, present, 0), variant(present, 1 - present, 1)], np.ones(60))
    assert [len(group) for group in sensitivities.divisions(found)] == [2]


@pytest.mark.usefixtures("app")
def test_penalties_that_change_nothing_are_told_in_one_sentence(made):
    present = np.repeat([0, 1, 0], 20)
    found = by_hand(made, "penalty", [variant(present, present, value) for value in (0.0, 1.0, 3.0)], np.ones(60))
    assert "Under jump penalties of 1 to 3 no day changes hands." in text_of(sensitivities.told(found))


@pytest.mark.usefixtures("app")
def test_penalties_tell_the_changes_and_from_where_on_a_state_is_lost(made):
    present = np.tile([0, 0, 1], 20)
    fewer = np.repeat([0, 1], 30)
    found = by_hand(
        made,
        "penalty",
        [
            variant(present, present, 0.0, 30),
            variant(present, fewer, 10.0, 30),
            variant(present, np.zeros(60, dtype=int), 300.0, 30, silhouette=float("nan")),
        ],
        np.ones(60),
    )
    assert "From 300 on a state is lost." in text_of(sensitivities.told(found))
    assert "Under a jump penalty of 10, 50.0 % of the days change hands, and the state changes 1 time instead of 3." in text_of(
        sensitivities.told(found)
    )
    table = text_of(sensitivities.table(found))
    assert "300: only 1 of 2 states is ever met 33.3 % (20) 0 0.000 –" in table
    bars = figures.by_setting(found).data[0]
    accent = theme.PALETTES["light"].accent
    assert [colour == accent for colour in bars.marker.color] == [True, True, False]


@pytest.mark.parametrize("varied", VARIED)
@pytest.mark.parametrize("mode", theme.THEMES)
def test_figures_show_the_shares_of_the_result(made, varied, mode):
    view, found = made[0], made[1][varied]
    over_time = figures.over_time(view, found, mode=mode)
    _, close, share = over_time.data
    np.testing.assert_array_equal(close.y, view.market.bars.close)
    np.testing.assert_array_equal(share.y, found.differs)
    near = figures.nearness(found, mode=mode).data[0]
    np.testing.assert_array_equal(near.y, found.by_nearness(10)[0])
    assert figures.by_setting_description(found).count("%") == len(found.variants)
    assert figures.nearness_description(found).count("%") == 10
    assert str(len(found.counted)) in figures.over_time_heading(view, found)
    assert "ever do" in figures.over_time_description(view, found)


def test_days_of_each_state_go_somewhere_under_other_numbers_of_states(made):
    found = made[1]["k"]
    traces = figures.by_setting(found).data
    assert len(traces) == 3 + 4 + 5
    whole = {}
    for trace in traces:
        for row, part in zip(trace.y, trace.x, strict=True):
            whole[row] = whole.get(row, 0.0) + part
    assert list(whole) == [f"Into {k}: {name} stress" for k in (3, 4, 5) for name in ("low", "high")]
    np.testing.assert_allclose(list(whole.values()), 1.0)
    present, three = found.present.codes, found.variants[0].codes
    assert traces[2].x[1] == pytest.approx((three[present == 1] == 2).mean())


def test_each_seed_is_a_point(made):
    found = made[1]["seed"]
    one, ten = figures.by_setting(found).data
    assert (one.name, ten.name) == ("1\u00a0start", "Best of 10\u00a0starts")
    assert list(one.x) == list(ten.x) == list(range(20))
    np.testing.assert_array_equal(one.y, [variant.changed.mean() for variant in found.variants[:20]])


@pytest.mark.parametrize("varied", VARIED)
def test_the_csv_holds_every_setting(made, varied):
    found = made[1][varied]
    rows = list(csv.DictReader(io.StringIO(sensitivities.as_csv(found))))
    assert len(rows) == len(found.variants)
    present = found.present.codes
    for row, variant in zip(rows, found.variants, strict=True):
        assert (row["varied"], float(row["value"]), int(row["states"])) == (varied, variant.value, variant.k)
        assert float(row["share_changed"]) == pytest.approx(int(row["days_changed"]) / len(present))
        assert float(row["share_changed_of_state_1"]) == pytest.approx(variant.changed[present == 1].mean())
        assert (row["mean_silhouette"] == "") == np.isnan(variant.silhouette)


def test_what_is_none_of_the_choices_is_the_first():
    assert [sensitivities.varied(choice) for choice in ("seed", "soup", None)] == ["seed", "k", "k"]
