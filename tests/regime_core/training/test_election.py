"""The election: the default is the best that is fast enough, what wins nothing does not ship, and all five can stand."""

from dataclasses import replace

import numpy as np
import pytest

from regime_core.models import MODELS, Rules
from regime_core.training import candidates, detectors, judging
from regime_core.training.judging import Judgement
from regime_core.training.lessons import lessons
from regime_core.training.plan import Plan
from regime_core.training.progress import silent
from regime_core.training.search import Found

FAIR = Judgement(0.6, 0.9, 0.8, 0.8, 0.8, 0.01)
TINY = Plan(
    train_markets=25, validation_markets=5, foreign_markets=3, rows_a_market=80, search_rows=400, threads=1, sequence_markets=25
)


def elect(steps=None, **judged):
    return detectors.elect(judged, dict.fromkeys(judged, 0) | (steps or {}))


def test_one_that_wins_nothing_does_not_ship():
    default, wins = elect(boosted=FAIR, forest=replace(FAIR, log_loss=0.7, short_log_loss=1.0, balanced_accuracy=0.7))
    assert default == "boosted"
    assert set(wins) == {"boosted"}


@pytest.mark.parametrize(
    ("better", "occasion"),
    [
        ({"short_log_loss": 0.8}, "lowest log-loss with fewer than 252 bars"),
        ({"balanced_accuracy": 0.81}, "most regimes named rightly"),
    ],
)
def test_one_that_wins_somewhere_ships_beside_the_default(better, occasion):
    default, wins = elect(boosted=FAIR, forest=replace(FAIR, log_loss=0.61, **better))
    assert default == "boosted"
    assert wins["forest"] == (occasion,)
    assert "default" in wins["boosted"]


def test_the_default_is_fast_enough_for_the_service():
    slow = {"ensemble": candidates.MOST_STEPS + 1}
    default, wins = elect(slow, boosted=FAIR, ensemble=replace(FAIR, log_loss=0.5))
    assert default == "boosted"
    assert wins["ensemble"] == ("lowest log-loss",)


def test_all_candidates_can_stand_and_be_judged():
    taught = lessons(TINY, 1, silent)
    parameters = {"depth": 3, "rounds": 10, "learning_rate": 0.3, "min_child_weight": 5.0}
    found = {one.name: Found(parameters if one.name == "boosted" else {}, None, ()) for one in candidates.CANDIDATES}
    election = detectors.calibrate(taught, found, candidates.CANDIDATES, silent)
    assert set(election.judged) == set(MODELS)
    fast = [name for name in election.models if election.steps[name] <= candidates.MOST_STEPS]
    assert election.default == min(fast, key=lambda name: election.overall(name).log_loss)
    assert "default" in election.wins[election.default]


def test_what_learnt_one_kind_of_market_by_heart_is_not_the_default():
    """Half of what counts are markets of a generator that nothing learns from."""
    by_heart = judging.mean([replace(FAIR, log_loss=0.5), replace(FAIR, log_loss=0.8)])
    sound = judging.mean([replace(FAIR, log_loss=0.55), replace(FAIR, log_loss=0.7)])
    default, _ = elect(lstm=by_heart, boosted=sound)
    assert default == "boosted"
    assert sound.log_loss == pytest.approx(0.625)


def test_a_win_that_nobody_would_see_does_not_ship():
    _, wins = elect(boosted=FAIR, forest=replace(FAIR, log_loss=0.61, short_log_loss=0.895))
    assert set(wins) == {"boosted"}


def test_foreign_markets_are_of_their_own_kind_and_the_same_under_a_seed():
    one, again = (lessons(TINY, 1, silent).foreign for _ in range(2))
    assert {market.shocks for market in one} == {"resampled"}
    assert [market.bars.close.tolist() for market in one] == [market.bars.close.tolist() for market in again]


def test_a_judgement_is_of_bars_a_client_can_ask_about():
    """A made-up detector that is right from bar 252 on, and says so with 0.9, and has no idea before."""
    taught = lessons(TINY, 1, silent)
    truth = {id(market.bars): market.regimes for market in taught.markets}

    class Knowing(Rules):
        def filter(self, bars, *, start=0):
            given = np.full((bars.n_bars, 5), 0.025)
            regimes = truth[id(bars)]
            given[np.arange(bars.n_bars), regimes] = 0.9
            given[: judging.SHORT] = 0.2
            codes = np.where(np.arange(bars.n_bars) < judging.SHORT, 5, regimes)
            return super().filter(bars)._replace(codes=codes, probabilities=given)

    found = judging.judge(Knowing(), taught.markets)
    assert found.short_log_loss == pytest.approx(np.log(5))
    assert -np.log(0.9) < found.log_loss < np.log(5)
    assert found.precision == pytest.approx(1.0)
    assert found.recall < 1.0
