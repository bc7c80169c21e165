"""What a worker makes before anyone asks for it."""

import threading
from types import SimpleNamespace

import pytest

from regime_core import trials
from regime_core.errors import RegimeError
from regime_core.models.sensitivity import VARIED
from results import ahead


class Asked:
    """Results that note what they are asked for."""

    def __init__(self):
        self.of = []

    def __getattr__(self, name):
        return lambda *given: self.of.append((name, *given))


@pytest.fixture
def work():
    dataset = SimpleNamespace(id="sp500", bars=SimpleNamespace(n_bars=1000))
    infos = [SimpleNamespace(id="sp500", bundled=True), SimpleNamespace(id="mine", bundled=False)]
    library = SimpleNamespace(infos=lambda: infos, get={"sp500": dataset}.__getitem__)
    engine = SimpleNamespace(default="boosted", entries={"rules": None, "boosted": None})
    results = Asked()
    for step in ahead.steps(results, library, engine):
        step()
    return results.of, dataset


def test_what_pages_open_with_comes_first_and_the_default_model_before_others(work):
    of, dataset = work
    assert of[:3] == [("forecast", dataset), ("scores", dataset), ("outcomes", dataset)]
    assert ("input_drift", dataset, 748, 1000) in of
    models = [given[2] for given in of if given[0] == "trial"]
    assert models == ["boosted"] * len(trials.CELLS) + ["rules"] * len(trials.CELLS)
    assert {given[1] for given in of if given[0] == "yardstick"} == set(trials.CELLS)
    assert [given[2] for given in of if given[0] == "sensitivity"][: len(VARIED)] == list(VARIED)
    assert {given[3] for given in of if given[0] == "sensitivity" and len(given) == 4} == {2, 3, 4, 5}


def test_what_cannot_be_made_holds_up_nothing_else(monkeypatch):
    monkeypatch.setattr(ahead, "PAUSE_SECONDS", 0.0)
    made = []

    def impossible():
        raise RegimeError("market.short", "There is too little history.")

    ahead.run(iter([impossible, lambda: made.append(1)]), threading.Event(), begin=0.0)
    assert made == [1]


def test_it_ends_when_told_to(monkeypatch):
    monkeypatch.setattr(ahead, "PAUSE_SECONDS", 0.0)
    stop = threading.Event()
    made = []
    ahead.run(iter([lambda: made.append(1), stop.set, lambda: made.append(2)]), stop, begin=0.0)
    assert made == [1]
    ahead.run(iter([lambda: made.append(3)]), stop, begin=0.0)
    assert made == [1]
