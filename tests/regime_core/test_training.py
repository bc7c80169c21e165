"""Training: the same seed gives the same bytes, parts share nothing, and the manifest says what was measured."""

import json

import numpy as np
import pytest

from regime_core import artifacts, training
from regime_core.evaluation import conformal
from regime_core.models import Rules
from regime_core.training import heldout, markets, sets

TINY = training.Plan(
    train_markets=30,
    validation_markets=6,
    foreign_markets=2,
    rows_a_market=60,
    test_paths=1,
    trials=1,
    search_rows=600,
    threads=1,
    candidates=("boosted",),
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    stages = []
    folder = tmp_path_factory.mktemp("trained")
    order = training.Order(folder / "none", folder / "models", folder / "runs", seed=3, only="detectors", plan=TINY)
    training.run(order, lambda *told: stages.append(told))
    return folder / "models", stages


def test_the_folder_loads_and_says_how_it_was_made(trained):
    loaded = artifacts.load(trained[0])
    assert loaded.default == "boosted"
    assert set(loaded.detectors) == {"boosted", "rules"}
    entry = loaded.entries["boosted"]
    assert entry.training["seed"] == 3
    assert entry.training["rows"] <= 30 * 60
    assert set(entry.scores["agreement_by_window"]) == {"60", "120", "252", "500", "1000"}
    assert len(entry.scores["balanced_accuracy"]) == 18
    assert entry.window == loaded.detectors["boosted"].window in heldout.WINDOWS


def test_progress_reaches_the_end_of_every_stage(trained):
    stages = trained[1]
    last = {stage.split(": ")[0]: (done, total) for stage, done, total in stages}
    assert set(last) == {"features", "search", "calibration", "final_model"}
    assert all(done == total for done, total in last.values())


def test_parts_share_no_market():
    assert len(set(markets.SEED_OF_PART.values())) == len(markets.SEED_OF_PART) == 3
    first = {part: markets.rows(1, 50, part=part, seed=0)[0] for part in ("train", "validation")}
    assert first["train"].shape != first["validation"].shape or not np.array_equal(first["train"], first["validation"])
    held_out = markets.held_out_market(0.01, 60.0, "gaussian", path=0, seed=0).bars
    other = markets.held_out_market(0.01, 60.0, "student", path=0, seed=0).bars
    assert not np.array_equal(held_out.close, other.close)


def test_the_window_is_the_shortest_that_agrees():
    assert heldout.choose_window({"60": 0.7, "120": 0.96, "252": 0.94, "500": 0.99}) == 120
    assert heldout.choose_window({"60": 0.7, "120": 0.8}) == max(heldout.WINDOWS)


def test_held_out_scores_judge_what_they_are_given(monkeypatch):
    """A detector of a fixed answer: a fifth balanced, and every window agrees with all history."""
    monkeypatch.setattr(heldout, "TEST_S0", (0.01,))
    monkeypatch.setattr(heldout, "TEST_DURATIONS", (60.0,))
    monkeypatch.setattr(heldout, "TEST_SHOCKS", ("gaussian",))
    figures = heldout.held_out_scores(Rules(), seed=0, paths=1)
    assert list(figures["balanced_accuracy"]) == ["gaussian, s0 0.01, mean duration 60"]
    assert figures["agreement_by_window"]["252"] == pytest.approx(1.0)
    json.dumps(figures, allow_nan=False)


def test_sets_of_markets_never_seen_hold_the_true_regime_nine_times_in_ten(trained):
    model = artifacts.load(trained[0]).detectors["boosted"]
    threshold = sets.set_threshold(model, first=0, n_markets=60, rows_a_market=60, seed=5)
    given, true = zip(*(sets.answered_rows(model, i, 60, part="test", seed=5) for i in range(60)), strict=True)
    found = conformal.members(np.concatenate(given), threshold)
    assert conformal.covered(found, np.concatenate(true)).mean() == pytest.approx(0.9, abs=0.025)


def test_a_threshold_shares_no_market_with_the_temperature(trained):
    entry = artifacts.load(trained[0]).entries["boosted"]
    model = artifacts.load(trained[0]).detectors["boosted"]
    size = {"n_markets": 2 * TINY.validation_markets, "rows_a_market": TINY.rows_a_market, "seed": 3}
    assert entry.set_threshold == sets.set_threshold(model, first=TINY.validation_markets, **size)
    assert entry.set_threshold != sets.set_threshold(model, first=0, **size)
    assert artifacts.load(trained[0]).entries["rules"].set_threshold is None
