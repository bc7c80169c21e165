"""The recurrent detector: its kernel against PyTorch, streams against whole files, its files, what it learns in a second."""

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from regime_core import simulate
from regime_core.bars import OHLCV
from regime_core.errors import ArtifactError, ModelError
from regime_core.evaluation import scores
from regime_core.features import relative
from regime_core.kernels import recurrent, regime_filter
from regime_core.models import cards, lstm, lstm_torch
from regime_core.models.arrays import packed
from regime_core.models.lstm import LSTM, Weights, inputs_of
from regime_core.regimes import MIN_BARS, N_REGIMES, UNKNOWN_CODE
from regime_core.training import markets

HIDDEN = 6
QUICK = {"hidden": HIDDEN, "passes": 4, "markets_a_batch": 4, "bars_a_step": 64, "learning_rate": 0.02}
cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA card")


def market(seed, n_bars=700, **changes):
    size = {"s0": 0.01, "mean_duration": 40, "shocks": "gaussian"} | changes
    return simulate.market(n_bars, **size, rng=np.random.default_rng([61, seed]))


@pytest.fixture(scope="module")
def sequences():
    made = (market(seed, 120 + 90 * seed) for seed in range(8))
    return [(inputs_of(one.bars), one.regimes) for one in made]


@pytest.fixture(scope="module")
def small(sequences):
    """Fitted in a second on eight short markets: enough to be wrong in an interesting way."""
    return LSTM(**QUICK).fit(sequences).calibrate_on(sequences)


@pytest.fixture
def random_network():
    rng = np.random.default_rng(62)
    n = len(lstm.INPUTS)
    shapes = (n, 4 * HIDDEN), (HIDDEN, 4 * HIDDEN), (4 * HIDDEN,), (n, N_REGIMES), (HIDDEN, N_REGIMES), (N_REGIMES,)
    return Weights(*(rng.normal(0, 0.5, shape).astype(np.float32) for shape in shapes))


def by_torch(rows, network):
    """PyTorch's own layers, put together here and nowhere else."""
    layer = torch.nn.LSTM(rows.shape[1], HIDDEN, batch_first=True)
    with torch.no_grad():
        layer.weight_ih_l0.copy_(torch.from_numpy(network.from_input.T.copy()))
        layer.weight_hh_l0.copy_(torch.from_numpy(network.from_hidden.T.copy()))
        layer.bias_ih_l0.copy_(torch.from_numpy(network.bias))
        layer.bias_hh_l0.zero_()
        hidden = layer(torch.from_numpy(rows)[None])[0][0].numpy()
    return rows @ network.head_input + hidden @ network.head_hidden + network.head_bias


def test_the_kernel_equals_pytorch(random_network):
    rows = np.random.default_rng(63).normal(0, 2, (300, len(lstm.INPUTS))).astype(np.float32)
    given = recurrent.forward(rows, np.zeros((2, HIDDEN), np.float32), *random_network)
    np.testing.assert_allclose(given, by_torch(rows, random_network), atol=1e-4)


@pytest.fixture
def stand_in(monkeypatch):
    """PyTorch's CPU as the card: the path that answers on one, walked without."""
    monkeypatch.setattr(lstm_torch, "resolved", lambda device: "cpu" if device == "cpu" else "cpu:0")


@pytest.fixture
def on_card(small):
    """Answer on a card until the test ends."""
    yield lambda: small.answer_on("cuda")
    small.answer_on("cpu")


def test_the_kernel_and_pytorch_give_the_same_answers(small, stand_in, on_card):
    bars = market(20, 900).bars
    own, effects, evidence = small.filter(bars), small.read(bars).effects(2), small.read(bars).evidence(2)
    on_card()
    np.testing.assert_allclose(small.filter(bars).probabilities, own.probabilities, atol=1e-5)
    np.testing.assert_array_equal(small.filter(bars).codes, own.codes)
    np.testing.assert_allclose(small.read(bars).effects(2), effects, atol=1e-5)
    assert small.read(bars).evidence(2) == evidence
    assert sum(small.card_.take_sizes()) == 4


def test_the_card_alone_reads_the_bars_and_finds_the_reasons(small, stand_in, on_card, monkeypatch):
    on_card()
    read = []
    go_on = LSTM.go_on
    monkeypatch.setattr(LSTM, "go_on", lambda self, inputs, memory: read.append(len(inputs)) or go_on(self, inputs, memory))
    reading = small.read(market(20, 900).bars)
    reading.filter(0)
    reading.evidence(1)
    assert not read


def test_bars_are_gone_through_once_however_far_a_label_looks_back(small, monkeypatch):
    read = []
    go_on = LSTM.go_on
    monkeypatch.setattr(LSTM, "go_on", lambda self, inputs, memory: read.append(len(inputs)) or go_on(self, inputs, memory))
    reading = small.read(market(20, 900).bars)
    for start in (880, 600, 100, 0):
        reading.filter(start)
    assert read == [900 - lstm.EXPLAINED_BARS, lstm.EXPLAINED_BARS]


def test_readings_of_many_threads_meet(small, stand_in, on_card, monkeypatch):
    """Nothing on the way to the card lets only one thread through."""
    on_card()
    all_there = threading.Barrier(8)
    read = small.card_.read

    def wait_and_read(inputs):
        all_there.wait(60)
        return read(inputs)

    monkeypatch.setattr(small.card_, "read", wait_and_read)
    bars = market(20, 400).bars
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: small.read(bars).filter(0).codes, range(8)))
    assert all((codes == found[0]).all() for codes in found)


def test_a_long_market_is_read_by_the_kernel(small, stand_in, on_card, monkeypatch):
    monkeypatch.setattr(cards, "LONGEST", 300)
    on_card()
    reading = small.read(market(20, 400).bars)
    reading.filter(0)
    assert reading.fallback is None
    assert small.card_.take_sizes() == []


@pytest.mark.parametrize("reason", [cards.LOST, cards.TOO_LARGE])
def test_what_a_card_does_not_read_the_kernel_does_and_says_so(small, stand_in, on_card, monkeypatch, reason):
    bars = market(20, 400).bars
    own = small.filter(bars)
    on_card()
    monkeypatch.setattr(small.card_, "read", lambda inputs: reason)
    reading = small.read(bars)
    np.testing.assert_array_equal(reading.filter(0).probabilities, own.probabilities)
    assert reading.fallback == reason


def test_a_card_that_is_not_there_is_refused_or_said(small, on_card, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ModelError, match="no card"):
        on_card()
    small.answer_on("cuda", or_say_so=True)
    assert small.card_.lost
    reading = small.read(market(20, 400).bars)
    reading.filter(0)
    assert reading.fallback == cards.LOST
    small.answer_on("auto", or_say_so=True)
    assert small.card_ is None


@cuda
def test_a_card_gives_the_same_probabilities(small, on_card):
    bars = market(20, 4000).bars
    own = small.filter(bars)
    on_card()
    np.testing.assert_allclose(small.filter(bars).probabilities, own.probabilities, atol=1e-4)


@cuda
def test_fits_on_a_card(sequences):
    model = LSTM(**QUICK, device="cuda").fit(sequences)
    assert model.filter(market(20).bars).confidence[MIN_BARS:].min() > 0.2


def test_a_memory_goes_on_where_it_was_left(random_network):
    rows = np.random.default_rng(64).normal(size=(100, len(lstm.INPUTS))).astype(np.float32)
    whole = recurrent.forward(rows, np.zeros((2, HIDDEN), np.float32), *random_network)
    memory = np.zeros((2, HIDDEN), np.float32)
    parts = [recurrent.forward(part, memory, *random_network) for part in (rows[:1], rows[1:40], rows[40:])]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def five_minutes(n_bars):
    """Sessions of 78 bars, and nights in which the price jumps by ten bars' moves."""
    bars = market(30, n_bars).bars
    session, bar = np.divmod(np.arange(n_bars, dtype=np.int64), 78)
    jumps = np.exp(0.1 * np.cumsum((-1) ** session))
    prices = {name: jumps * getattr(bars, name) for name in ("open", "high", "low", "close")}
    return bars._replace(time=(session * 288 + bar) * 5 * 60 * 10**9, **prices)


def still_at_first(n_bars):
    """No trade for 60 bars."""
    bars = market(31, n_bars).bars
    price = [np.where(np.arange(n_bars) < 60, bars.open[60], getattr(bars, name)) for name in ("open", "high", "low", "close")]
    return bars._replace(**dict(zip(("open", "high", "low", "close"), price, strict=True)))


def thin(bars, seed):
    return markets.untraded(bars, 0.4, np.random.default_rng(seed))


STREAMS = {
    "daily": market(32).bars,
    "intraday": five_minutes(700),
    "still": still_at_first(300),
    "thin": thin(market(35).bars, 1),
    "thin intraday": thin(five_minutes(700), 2),
    "coarse": markets.on_grid(market(36).bars, 1.0),
}


@pytest.mark.parametrize("bars", STREAMS.values(), ids=list(STREAMS))
def test_a_stream_is_labelled_as_the_whole(small, bars):
    state = small.begin()
    rows = [small.step(state, bars.rows(t, t + 1)) for t in range(bars.n_bars)]
    whole = small.filter(bars)
    streamed = [np.concatenate(part) for part in zip(*rows, strict=True)]
    np.testing.assert_array_equal(streamed[0], whole.codes)
    np.testing.assert_allclose(streamed[1], whole.probabilities, atol=1e-6)
    np.testing.assert_allclose(streamed[2], whole.confidence, atol=1e-6)
    assert (whole.codes == UNKNOWN_CODE).sum() == MIN_BARS - 1


def test_a_stream_looks_back_as_far_as_the_whole(small, monkeypatch):
    """Where labels seldom change, what is held at first is seen for long."""
    monkeypatch.setattr(small, "lead", 20.0)
    for seed in range(50, 58):
        bars = market(seed, 90, mean_duration=15).bars
        state = small.begin()
        codes = [small.step(state, bars.rows(t, t + 1)).codes[0] for t in range(bars.n_bars)]
        np.testing.assert_array_equal(codes, small.filter(bars).codes)


def test_inputs_by_hand():
    bars = market(33, 120).bars
    filtered = regime_filter.filter_bars(relative.standardised_moves(bars))
    row = dict(zip(lstm.INPUTS, inputs_of(bars)[100].astype(float), strict=True))
    features = dict(zip(relative.NAMES, relative.matrix(bars)[100].astype(float), strict=True))
    for name in set(lstm.INPUTS) & set(relative.NAMES):
        assert row[name] == pytest.approx(features[name], abs=1e-6)
    move, s0 = filtered[100, regime_filter.MOVE], np.exp(filtered[100, regime_filter.LOG_S0])
    assert row["move_to_s0"] == pytest.approx(move / s0, rel=1e-5)
    assert row["log_range_volatility"] == pytest.approx(np.log(np.sqrt(filtered[100, regime_filter.VARIANCE]) / s0), abs=1e-5)
    assert row["move_to_local"] * np.exp(row["log_local_volatility"]) == pytest.approx(row["move_to_s0"], rel=1e-5)


@pytest.mark.parametrize("power", [0.1, 2.0])
def test_labels_do_not_depend_on_the_scale_of_prices(small, power):
    bars = market(34, 1500).bars
    other = bars._replace(**{name: 3 * getattr(bars, name) ** power for name in ("open", "high", "low", "close")})
    assert np.mean(small.filter(other).codes == small.filter(bars).codes) > 0.99


def test_a_second_of_fitting_finds_regimes(small):
    """Five classes: chance is 0.2, and the forward filter it reads from is near 0.8."""
    held_out = [market(seed, 1500) for seed in range(40, 43)]
    truth = np.concatenate([one.regimes[200:] for one in held_out])
    found = np.concatenate([small.filter(one.bars).codes[200:] for one in held_out])
    assert scores.balanced_accuracy(truth, found) > 0.7


def test_the_same_seed_gives_the_same_bits_and_another_does_not(small, sequences):
    threads, random = torch.get_num_threads(), torch.random.get_rng_state()
    assert LSTM(**QUICK).fit(sequences).weights_ == small.weights_
    assert LSTM(**QUICK, random_state=1).fit(sequences).weights_ != small.weights_
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.random.get_rng_state(), random)


def test_progress_is_told_to_the_end(sequences):
    told = []
    LSTM(**(QUICK | {"passes": 2})).fit(sequences, tell=lambda done, total: told.append((done, total)))
    assert told == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]


def test_the_first_bars_are_read_and_not_learned(sequences):
    """Truths of bars that are never labelled change nothing."""
    others = [(inputs, np.where(np.arange(len(codes)) < MIN_BARS - 1, 4, codes).astype(np.int8)) for inputs, codes in sequences]
    quick = QUICK | {"passes": 1}
    assert LSTM(**quick).fit(others).weights_ == LSTM(**quick).fit(sequences).weights_


def test_padding_changes_nothing(sequences):
    """A market stepped through beside a longer one is learned as alone: what lies past its end has no class."""
    short, long = sequences[0], sequences[-1]
    steps = list(lstm_torch._steps([short, long], 64))
    n = len(short[1])
    codes = np.concatenate([step.codes[0] for step in steps])
    assert (codes[n:] == lstm_torch.NO_CLASS).all()
    np.testing.assert_array_equal(codes[MIN_BARS - 1 : n], short[1][MIN_BARS - 1 :])
    np.testing.assert_array_equal(np.concatenate([step.inputs[0] for step in steps])[:n], short[0])


def test_evidence_names_what_moved_the_answer(small):
    loud = market(35, 400, mean_duration=1e9)
    code = int(small.filter(loud.bars).codes[-1])
    assert any(character.isdigit() for character in small.read(loud.bars).evidence(code))
    with pytest.raises(ModelError, match="50"):
        small.read(loud.bars.rows(0, 49))


def test_a_device_is_of_the_machine_and_is_not_saved(small, tmp_path, monkeypatch):
    monkeypatch.setattr(small, "device", "auto")
    small.save(tmp_path)
    assert "device" not in json.loads((tmp_path / "lstm.json").read_text())["parameters"]
    assert LSTM.load(tmp_path).device == "cpu"


@pytest.mark.parametrize(("there", "asked", "found"), [(True, "auto", "cuda"), (False, "auto", "cpu"), (True, "cpu", "cpu")])
def test_auto_is_cuda_where_there_is_a_card(monkeypatch, there, asked, found):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    monkeypatch.setattr(lstm_torch, "has_driver", lambda: True)
    assert lstm_torch.resolved(asked) == found


def test_auto_does_without_pytorch_where_there_is_no_driver(monkeypatch):
    """Not even what PyTorch would say is asked for."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(lstm_torch, "CDLL", no_library)
    assert lstm_torch.resolved("auto") == "cpu"
    monkeypatch.setattr(lstm_torch, "CDLL", lambda name: name)
    assert lstm_torch.resolved("auto") == "cuda"


def no_library(name):
    raise OSError(f"{name}: cannot open shared object file")


def test_without_pytorch_auto_is_the_cpu_and_cuda_is_refused(monkeypatch):
    monkeypatch.setattr(lstm_torch, "has_driver", lambda: True)
    monkeypatch.setitem(sys.modules, "torch", None)
    assert lstm_torch.resolved("auto") == "cpu"
    with pytest.raises(ModelError, match="PyTorch cannot be imported"):
        lstm_torch.resolved("cuda")


@pytest.mark.parametrize(("asked", "message"), [("cuda", "no card"), ("tpu", "auto, cpu or cuda")])
def test_devices_that_are_not_there_are_refused(monkeypatch, asked, message):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ModelError, match=message):
        lstm_torch.resolved(asked)


def test_an_unfitted_network_is_refused():
    with pytest.raises(ModelError, match="not fitted"):
        LSTM().filter(market(36, 60).bars)
    with pytest.raises(ModelError, match="not fitted"):
        LSTM().begin()


def test_weights_of_another_network_are_refused(random_network):
    usual = np.zeros(len(lstm.INPUTS), np.float32)
    for spoilt in (random_network._replace(bias=random_network.bias[1:]), random_network._replace(bias=np.zeros(4 * HIDDEN))):
        with pytest.raises(ArtifactError, match="another network"):
            LSTM().take(packed(usual=usual, **spoilt._asdict()))
    with pytest.raises(ArtifactError, match="no arrays"):
        LSTM().take(b"pickle")


def test_bars_are_taken_one_at_a_time(small):
    assert isinstance(market(37, 60).bars.rows(0, 1), OHLCV)
    state = small.begin()
    assert small.step(state, market(37, 60).bars.rows(0, 1)).codes.tolist() == [UNKNOWN_CODE]
