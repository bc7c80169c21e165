"""The search: each trial seeded, hopeless ones given up, a kill makes no difference, costs stay within bounds."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import optuna
import pytest

from regime_core.models import Boosted
from regime_core.training import candidates, search
from regime_core.training.candidates import CANDIDATES, Candidate, Task
from regime_core.training.lessons import lessons
from regime_core.training.plan import Plan
from regime_core.training.progress import silent

ROOT = Path(__file__).resolve().parents[3]
TRIALS = 7
PLAN = Plan(train_markets=12, validation_markets=3, foreign_markets=2, rows_a_market=60, search_rows=300, threads=1)
KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, "tests/regime_core/training")
from test_search import PLAN, TRIALS, toy
from regime_core.training.lessons import lessons
from regime_core.training.progress import silent
from regime_core.training.search import search

def dies(count):
    if count == 4:
        os.kill(os.getpid(), signal.SIGKILL)

search(lessons(PLAN, 3, silent), Path(sys.argv[1]), trials=TRIALS, candidates=[toy(dies)], tell=silent)
"""


@pytest.fixture(scope="module")
def taught():
    return lessons(PLAN, 3, silent)


def toy(before=lambda count: None):
    """Small boosted trees; ``before`` is told the number of each fit of this process."""
    count = 0

    def fit(task):
        nonlocal count
        before(count)
        count += 1
        return candidates.fit_boosted(task)

    def suggest(trial):
        return {
            "depth": trial.suggest_int("depth", 1, 3),
            "rounds": 40,
            "learning_rate": trial.suggest_float("learning_rate", 0.001, 0.4, log=True),
            "min_child_weight": trial.suggest_float("min_child_weight", 1.0, 50.0, log=True),
        }

    return Candidate("boosted", fit, suggest, {"depth": 2, "learning_rate": 0.2, "min_child_weight": 5.0})


@pytest.fixture(scope="module")
def found(taught, tmp_path_factory):
    return search.search(taught, tmp_path_factory.mktemp("runs"), trials=TRIALS, candidates=[toy()], tell=silent)["boosted"]


def test_the_best_of_all_trials_is_found_and_hopeless_ones_were_given_up(found):
    finished = [trial for trial in found.trials if trial.log_loss is not None]
    assert found.log_loss == min(trial.log_loss for trial in finished)
    assert found.parameters in [trial.parameters for trial in finished]
    assert len(found.trials) == TRIALS
    pruned = [trial for trial in found.trials if trial.log_loss is None]
    assert pruned
    assert all(search.WARM_UP_ROUNDS <= trial.rounds <= 40 for trial in pruned)
    assert found.about()["pruned"] == len(pruned)


def test_the_first_trial_has_the_parameters_it_was_given(found):
    assert found.trials[0].parameters == {"depth": 2, "rounds": 40, "learning_rate": 0.2, "min_child_weight": 5.0}


def test_a_search_that_was_killed_goes_on_to_the_same_end(found, taught, tmp_path):
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert killed.returncode == -signal.SIGKILL
    storage = f"sqlite:///{tmp_path / search.STUDIES}"
    (study,) = optuna.get_all_study_summaries(storage=storage)
    assert study.n_trials == 5  # the fifth was under way
    seen = []
    resumed = search.search(taught, tmp_path, trials=TRIALS, candidates=[toy(seen.append)], tell=silent)["boosted"]
    assert resumed == found
    assert len(seen) == TRIALS - 4


def test_a_kill_before_the_first_trial_began_makes_no_difference_either(found, taught, tmp_path, monkeypatch):
    def killed(_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(optuna.Study, "ask", killed)
        search.search(taught, tmp_path, trials=2, candidates=[toy()], tell=silent)
    resumed = search.search(taught, tmp_path, trials=2, candidates=[toy()], tell=silent)["boosted"]
    assert resumed.trials == found.trials[:2]


def test_another_seed_or_other_rows_are_another_search(taught, tmp_path):
    told = []
    for seed in (3, 4, 3):
        search.search(
            lessons(PLAN, seed, silent), tmp_path, trials=1, candidates=[toy(lambda _, s=seed: told.append(s))], tell=silent
        )
    assert told == [3, 4]


def test_a_candidate_without_a_space_is_not_searched(taught, tmp_path):
    found = search.search(taught, tmp_path, trials=3, candidates=[Candidate("boosted", None)], tell=silent)
    assert found["boosted"].trials == ()
    assert found["boosted"].parameters == {}


@pytest.mark.parametrize("depth", [4, 5, 6])
def test_no_trial_may_cost_more_than_the_service_can_bear(depth):
    most = {"depth": depth, "rounds": candidates.most_rounds(depth)}
    assert (
        candidates.boosted_steps(most)
        <= candidates.MOST_STEPS
        < candidates.boosted_steps(most | {"rounds": most["rounds"] + 1})
    )
    trial = optuna.trial.FixedTrial({"depth": depth, "rounds": most["rounds"], "learning_rate": 0.1, "min_child_weight": 9.0})
    assert candidates.boosted_space(trial)["rounds"] == most["rounds"]


def test_steps_are_those_of_the_trees_that_answer(taught):
    parameters = {"depth": 3, "rounds": 4, "learning_rate": 0.3, "min_child_weight": 1.0}
    model = candidates.fit_boosted(Task(taught, taught.train, parameters))
    assert len(model.trees_.split) * 3 == candidates.boosted_steps(parameters)


def test_a_leaf_wants_the_same_share_of_some_rows_as_of_all(taught, monkeypatch):
    seen = []
    monkeypatch.setattr(Boosted, "fit", lambda self, *_, **__: seen.append(self.min_child_weight) or self)
    monkeypatch.setattr(Boosted, "calibrate", lambda self, *_: self)
    for rows in (taught.train, taught.searched):
        candidates.fit_boosted(Task(taught, rows, {"min_child_weight": 80.0}))
    assert seen == [80.0, 80.0 * len(taught.searched.codes) / len(taught.train.codes)]


def test_a_mixture_stands_only_with_its_members():
    names = [one.name for one in candidates.standing(("boosted", "ensemble", "linear"))]
    assert names == ["boosted", "linear"]
    assert candidates.standing(None) == CANDIDATES


def test_every_candidate_is_a_model_of_the_manifest():
    from regime_core.models import MODELS

    assert {one.name for one in CANDIDATES} <= set(MODELS)
    assert len({one.name for one in CANDIDATES}) == len(CANDIDATES)
