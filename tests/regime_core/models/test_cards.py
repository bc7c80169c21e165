"""A network on a card, without one: PyTorch's CPU stands in, or a pass that fails as cards do."""

import logging
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_core.errors import ModelError
from regime_core.kernels import recurrent
from regime_core.models import cards, lstm, lstm_torch
from regime_core.models.cards import LOST, MOST, TOO_LARGE, Card, CardLost, Passes, Read, alike
from regime_core.models.lstm import Weights
from regime_core.regimes import N_REGIMES

HIDDEN = 6
N_INPUTS = len(lstm.INPUTS)
TOLERANCE = 1e-5


def network(seed=62):
    rng = np.random.default_rng(seed)
    shapes = (
        (N_INPUTS, 4 * HIDDEN),
        (HIDDEN, 4 * HIDDEN),
        (4 * HIDDEN,),
        (N_INPUTS, N_REGIMES),
        (HIDDEN, N_REGIMES),
        (N_REGIMES,),
    )
    return Weights(*(rng.normal(0, 0.5, shape).astype(np.float32) for shape in shapes))


NETWORK = network()
USUAL = np.linspace(-1, 1, N_INPUTS, dtype=np.float32)
OF_LATE = 3


def sequence(n_bars, seed=0):
    return np.random.default_rng([63, n_bars, seed]).normal(0, 2, (n_bars, N_INPUTS)).astype(np.float32)


def by_kernel(rows):
    remembered = np.zeros((2, HIDDEN), np.float32)
    margins = [forward(rows[:-OF_LATE], remembered), forward(rows[-OF_LATE:], remembered.copy())]
    without = []
    for i, usual in enumerate(USUAL):
        late = rows[-OF_LATE:].copy()
        late[:, i] = usual
        without.append(forward(late, remembered.copy())[-1])
    return Read(np.concatenate(margins), np.array(without))


def forward(rows, memory):
    return recurrent.forward(rows, memory, *NETWORK)


def on_cpu():
    return lstm_torch.OnDevice(NETWORK, USUAL, OF_LATE, "cpu")


def same(read, expected):
    np.testing.assert_allclose(read.margins, expected.margins, atol=TOLERANCE)
    np.testing.assert_allclose(read.without, expected.without, atol=TOLERANCE)


class Small:
    """A device with room for so many sequences of any length. ``tried``, ``freed`` : passes tried, and times it was freed."""

    def __init__(self, room):
        self.room = room
        self.tried = []
        self.freed = 0

    def __call__(self, sequences):
        self.tried.append(len(sequences))
        if len(sequences) > self.room:
            raise MemoryError
        return [Read(np.full((len(one), N_REGIMES), one[0, 0]), one[:2]) for one in sequences]

    def free(self):
        self.freed += 1


def asked(passes, sequences):
    found = dict(passes(sequences))
    assert sorted(found) == list(range(len(sequences)))
    return [found[i] for i in range(len(sequences))]


lengths = st.lists(st.integers(OF_LATE + 1, 90), min_size=1, max_size=30)


@settings(deadline=None, max_examples=40)
@given(lengths)
def test_what_is_read_together_is_read_as_alone_and_as_by_the_kernel(lengths):
    sequences = [sequence(n, i) for i, n in enumerate(lengths)]
    for one, read in zip(sequences, on_cpu()(sequences), strict=True):
        same(read, on_cpu()([one])[0])
        same(read, by_kernel(one))
    for one, read in zip(sequences, asked(Passes(on_cpu()), sequences), strict=True):
        same(read, by_kernel(one))


@given(lengths)
def test_groups_hold_each_once_shortest_first_and_alike(lengths):
    groups = alike(lengths)
    assert sorted(index for group in groups for index in group) == list(range(len(lengths)))
    in_order = [lengths[index] for group in groups for index in group]
    assert in_order == sorted(lengths)
    for group, following in zip(groups, [*groups[1:], []], strict=True):
        shortest = lengths[group[0]]
        assert all(lengths[index] <= cards.SPREAD * shortest for index in group)
        assert all(lengths[index] > cards.SPREAD * shortest for index in following)


@pytest.mark.parametrize("room", [1, 3, 100, 256])
def test_out_of_memory_halves_the_pass_and_everyone_is_answered(room):
    device = Small(room)
    passes = Passes(device)
    sequences = [np.full((5, N_INPUTS), i, np.float32) for i in range(MOST)]
    for i, read in enumerate(asked(passes, sequences)):
        assert read.margins[0, 0] == i
    assert device.freed == sum(n > room for n in device.tried)
    assert device.tried[0] == MOST
    assert all(later <= max(room, earlier // 2) + 1 for earlier, later in zip(device.tried, device.tried[1:], strict=False))
    sizes = passes.take_sizes()
    assert sum(sizes) == MOST
    assert max(sizes) <= room


def test_a_pass_that_had_no_room_grows_again_by_one():
    device = Small(64)
    passes = Passes(device)
    sequences = [sequence(5)] * MOST
    asked(passes, sequences)
    assert device.tried[:3] == [256, 128, 64]
    device.room = MOST
    device.tried.clear()
    asked(passes, sequences)
    first = device.tried[0]
    assert first <= 65
    assert device.tried[:3] == [first, first + 1, first + 2]


def test_a_sequence_that_alone_has_no_room_is_refused_and_the_others_are_not():
    class TooLong(Small):
        def __call__(self, sequences):
            if max(map(len, sequences)) > 10:
                self.room = 0
            try:
                return super().__call__(sequences)
            finally:
                self.room = 100

    long, short = sequence(12), sequence(4)
    read = asked(Passes(TooLong(100)), [short, long, short])
    assert read[1] == TOO_LARGE
    np.testing.assert_array_equal(read[0].without, short[:2])
    np.testing.assert_array_equal(read[2].without, short[:2])


class Breaking(Small):
    """A device that is lost in its third pass."""

    def __call__(self, sequences):
        if len(self.tried) == 2:
            self.tried.append(len(sequences))
            raise CardLost("unspecified launch failure")
        return super().__call__(sequences)


def test_a_lost_card_says_so_once_and_is_asked_no_more(caplog):
    device = Breaking(MOST)
    passes = Passes(device)
    with caplog.at_level(logging.ERROR):
        found = asked(passes, [sequence(n) for n in (5, 50, 500)] * 2)
        assert [isinstance(read, Read) for read in found] == [True, True, False] * 2
        assert found[2] == found[5] == LOST
        assert asked(passes, [sequence(5)]) == [LOST]
    assert len(device.tried) == 3
    (record,) = caplog.records
    assert "unspecified launch failure" in record.message


def test_other_errors_reach_who_asked():
    def spoilt(sequences):
        raise ValueError("spoilt")

    card = Card(lambda: spoilt)
    with pytest.raises(ValueError, match="spoilt"):
        card.read(sequence(5))
    assert not card.lost
    card.close()


def test_a_card_that_cannot_be_used_from_the_start_is_lost(caplog):
    def make():
        raise ModelError("model.device", "PyTorch sees no card")

    card = Card(make)
    assert card.lost
    assert card.read(sequence(5)) == LOST
    assert "PyTorch sees no card" in caplog.text


def test_a_card_that_does_not_answer_is_lost(monkeypatch, caplog):
    held = threading.Event()

    def hangs(sequences):
        held.wait(120)
        return []

    monkeypatch.setattr(cards, "PATIENCE_SECONDS", 0.05)
    card = Card(lambda: hangs)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(card.read, [sequence(5)] * 4)) == [LOST] * 4
    assert card.lost
    (record,) = caplog.records
    assert "no answer within" in record.message
    held.set()


def test_many_threads_have_their_own_answers():
    card = Card(on_cpu)
    at_once = threading.Barrier(64)
    sequences = [[sequence(20 + (7 * i + 31 * j) % 90, i) for j in range(4)] for i in range(64)]

    def ask(mine):
        at_once.wait()
        return [card.read(one) for one in mine]

    with ThreadPoolExecutor(64) as pool:
        found = list(pool.map(ask, sequences))
    for mine, reads in zip(sequences, found, strict=True):
        for one, read in zip(mine, reads, strict=True):
            same(read, by_kernel(one))
    sizes = card.take_sizes()
    assert sum(sizes) == 256
    assert len(sizes) < 256
    assert card.take_sizes() == []
    card.close()


ERRORS = [
    (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), MemoryError),
    (RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), MemoryError),
    (torch.AcceleratorError("CUDA error: out of memory"), MemoryError),
    (torch.AcceleratorError("CUDA error: unspecified launch failure\nsecond line"), CardLost),
    (RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"), CardLost),
]


@pytest.mark.parametrize(("raised", "becomes"), ERRORS, ids=[str(error)[:30] for error, _ in ERRORS])
def test_errors_of_pytorch_are_told_apart(monkeypatch, raised, becomes):
    device = on_cpu()

    def fail(sequences):
        raise raised

    monkeypatch.setattr(device, "_read", fail)
    with pytest.raises(becomes) as told:
        device([sequence(5)])
    assert "second line" not in str(told.value)


def test_a_device_that_does_not_take_the_network_is_a_lost_card(monkeypatch):
    def fail(self, device):
        raise torch.AcceleratorError("CUDA error: no kernel image is available for execution on the device")

    monkeypatch.setattr(torch.nn.ModuleDict, "to", fail)
    assert Card(on_cpu).read(sequence(5)) == LOST


def test_memory_of_a_pass_is_free_before_the_next():
    """The error of a pass holds what it had taken: nothing is freed while it is held."""
    held = []

    class Holding(Small):
        def __call__(self, sequences):
            taken = np.zeros(3).view(Taken)
            held.append(weakref.ref(taken))
            return super().__call__(sequences)

        def free(self):
            assert all(ref() is None for ref in held)
            super().free()

    device = Holding(1)
    asked(Passes(device), [sequence(5)] * 4)
    assert device.freed == sum(n > 1 for n in device.tried) > 1


class Taken(np.ndarray):
    """Memory that a pass takes."""
