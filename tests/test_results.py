"""Results are made once, and one that takes long holds up only those who ask for it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from results.base import Kept

PATIENCE = 30


def test_what_is_asked_for_at_once_is_made_once():
    kept, made, go = Kept(4), [], Event()

    def make():
        assert go.wait(PATIENCE)
        made.append(1)
        return "made"

    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(kept.get, "a", make) for _ in range(3)]
        go.set()
        assert [one.result(PATIENCE) for one in asked] == ["made"] * 3
    assert made == [1]
    assert kept.has("a")


def test_one_that_takes_long_holds_up_no_other():
    kept, go = Kept(4), Event()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(kept.get, "slow", lambda: go.wait(PATIENCE) and "slow")
        try:
            assert kept.get("quick", lambda: "quick") == "quick"
            assert not slow.done()
        finally:
            go.set()
        assert slow.result(PATIENCE) == "slow"


def test_what_could_not_be_made_is_tried_again():
    kept = Kept(4)
    with pytest.raises(ZeroDivisionError):
        kept.get("a", lambda: 1 // 0)
    assert not kept.has("a")
    assert kept.get("a", lambda: 2) == 2


def test_the_result_asked_for_longest_ago_is_let_go_of():
    kept = Kept(2)
    for name in "ab":
        kept.get(name, lambda name=name: name)
    kept.get("a", lambda: "anew")
    kept.get("c", lambda: "c")
    assert [kept.has(name) for name in "abc"] == [True, False, True]
