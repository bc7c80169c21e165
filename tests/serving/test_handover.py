"""Who still serves at a reload, and until when."""

import os

import pytest

from serving.handover import Handover


@pytest.fixture
def handover():
    return Handover()


def test_without_a_reload_nobody_waits_for_anyone(handover):
    handover.serves(1)
    assert not any(handover.awaited_by(age) for age in range(1, 5))


def test_the_old_are_awaited_until_as_many_new_ones_serve(handover):
    handover.begin(4, 2)
    assert [handover.awaited_by(age) for age in (3, 4, 5, 6)] == [True, True, False, False]
    handover.serves(4)  # one of the old, late
    handover.serves(6)
    assert handover.awaited_by(3)
    handover.serves(7)  # in place of 5, which was killed
    assert not handover.awaited_by(3)
    handover.begin(7, 1)
    assert handover.awaited_by(7)
    handover.serves(8)
    assert not handover.awaited_by(7)


def test_what_a_forked_worker_says_its_siblings_see(handover):
    handover.begin(2, 1)
    child = os.fork()
    if child == 0:
        handover.serves(3)
        os._exit(0)
    os.waitpid(child, 0)
    assert not handover.awaited_by(2)
