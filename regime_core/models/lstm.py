"""A recurrent network on scale-free inputs: a five-regime detector that carries what it saw along instead of fixed horizons."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import ClassVar, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import OHLCV, Float
from regime_core.errors import ArtifactError
from regime_core.features import relative
from regime_core.features.stream import BarStream
from regime_core.kernels import persistence, recurrent
from regime_core.models import cards, reasons
from regime_core.models.arrays import packed, unpacked
from regime_core.models.base import Filtered
from regime_core.models.margins import MarginDetector, MarginReading, best_temperature
from regime_core.regimes import MIN_BARS, N_REGIMES, REGIME_NAMES, UNKNOWN_CODE

Device = Literal["auto", "cpu", "cuda"]
Float32 = NDArray[np.float32]
Sequences = Sequence[tuple[Float32, NDArray[np.int8]]]
"""Inputs (n_bars, n_inputs) of markets and their true regimes (n_bars,)."""

INPUTS: tuple[str, ...] = (
    *(f"log_p_{name}" for name in REGIME_NAMES),
    "log_p_steady",
    "fat_tails",
    "s0_uncertainty",
    "move_to_s0",
    "log_range_volatility",
    "log_local_volatility",
    "log_long_volatility",
    "log_age",
    "move_to_local",
    "untraded",
)
"""What the network reads of each bar: what the forward filter knows after it, and the bar itself in units of s0."""
TOLD_AS = {"move_to_s0": "drift_16", "move_to_local": "drift_16"} | dict.fromkeys(
    ("log_range_volatility", "log_local_volatility"), "log_volatility_8"
)
"""Inputs that are not features -> the feature that says the same to an analyst."""
FEATURE_OF_INPUT = [relative.NAMES.index(TOLD_AS.get(name, name)) for name in INPUTS]
EXPLAINED_BARS = 16
"""An input counts by what the answer loses when it reads as usual on this many bars."""


class Weights(NamedTuple):
    """Arrays of the network, float32; see ``kernels.recurrent.forward``."""

    from_input: Float32
    from_hidden: Float32
    bias: Float32
    head_input: Float32
    head_hidden: Float32
    head_bias: Float32


class StreamState:
    """What a stream of bars left behind: the forward filter, the network's memory, and the margins a label looks back on."""

    def __init__(self, n_hidden: int) -> None:
        self.bars = BarStream()
        self.seen = 0
        self.memory = np.zeros((2, n_hidden), dtype=np.float32)
        self.margins: deque[Float] = deque(maxlen=persistence.MEMORY)


class LSTM(MarginDetector):
    """Long short-term memory on what the forward filter knows after each bar, trained on simulated markets.

    Trained by PyTorch, on CUDA in mixed precision; answered in float32 by a compiled kernel, or by PyTorch on CUDA.

    window, lead : see ``MarginDetector``. hidden : size of the memory.
    passes : over the markets. markets_a_batch, bars_a_step : how many are stepped through together, and bars between two steps
    of the optimiser, over which errors are carried back. learning_rate : highest; it rises, then falls as a cosine.
    device : of fitting, and of answering thereafter; ``auto`` is CUDA where PyTorch sees a card. Weights are the same bit for
    bit on the CPU alone. It is no part of what is saved. random_state : seed of first weights and of the order of markets.

    Fitted: ``network_`` (Weights), ``usual_`` (n_inputs,) mean of each input in training. ``card_`` : what answers in place of
    the compiled kernel, None on the CPU; see ``answer_on``.
    """

    name: ClassVar[str] = "lstm"
    weights_file: ClassVar[str] = "lstm.npz"
    columns: ClassVar[tuple[str, ...]] = INPUTS
    not_saved: ClassVar[tuple[str, ...]] = ("device",)
    card_: cards.Card | None = None

    def __init__(
        self,
        *,
        window: int = 500,
        lead: float = 1.5,
        hidden: int = 32,
        passes: int = 7,
        markets_a_batch: int = 32,
        bars_a_step: int = 256,
        learning_rate: float = 0.008,
        device: Device = "cpu",
        random_state: int = 0,
    ) -> None:
        self.window = window
        self.lead = lead
        self.hidden = hidden
        self.passes = passes
        self.markets_a_batch = markets_a_batch
        self.bars_a_step = bars_a_step
        self.learning_rate = learning_rate
        self.device = device
        self.random_state = random_state

    def fit(self, sequences: Sequences, *, tell: Callable[[int, int], None] | None = None) -> Self:
        """Fit to markets and their true regimes; no calibration yet. Needs PyTorch.

        sequences : inputs as ``inputs_of`` gives them, and codes in 0..4. The first MIN_BARS - 1 bars of each are read, not
        learned; every market counts alike from 300 labelled bars on. tell : called with batches done and in all.
        """
        from regime_core.models import lstm_torch

        plan = lstm_torch.Plan(
            self.hidden, self.passes, self.markets_a_batch, self.bars_a_step, self.learning_rate, self.random_state
        )
        usual, network = lstm_torch.fit(sequences, plan, lstm_torch.resolved(self.device), tell)
        self.take(packed(usual=usual, **dict(zip(Weights._fields, network, strict=True))))
        self.temperature_ = 1.0
        self.answer_on(self.device)
        return self

    def calibrate_on(self, sequences: Sequences, *, rows_a_market: int = 300) -> Self:
        """Set the temperature that gives the least log-loss on markets the network was not fitted on.

        rows_a_market : spread evenly over each market's bars, at most, so that a long one counts no more than a short one.
        """
        margins, codes = [], []
        for inputs, regimes in sequences:
            rows = np.unique(np.linspace(MIN_BARS - 1, len(regimes) - 1, rows_a_market).astype(np.int64))
            margins.append(self.margins(inputs)[rows])
            codes.append(regimes[rows])
        self.temperature_ = best_temperature(np.concatenate(margins), np.concatenate(codes))
        return self

    def answer_on(self, device: Device, *, or_say_so: bool = False) -> None:
        """Answer on this device from now on. ``cuda`` : a card; ``auto`` : a card where there is one.

        or_say_so : where the card that was asked for is not there, the CPU answers and each answer says so, as where it is lost
        later. Else that raises ModelError ``model.device``.
        """
        self._require_fitted()
        from regime_core.models import lstm_torch

        known_later = device == "cuda" and or_say_so
        self.card_ = None
        if known_later or lstm_torch.resolved(device) != "cpu":
            network, usual = self.network_, self.usual_
            self.card_ = cards.Card(lambda: lstm_torch.OnDevice(network, usual, EXPLAINED_BARS, lstm_torch.resolved("cuda")))

    def margins(self, features: Float32) -> Float:
        """Log-odds before the temperature, (n_bars, 5), of a market's inputs from its first bar on."""
        self._require_fitted()
        read = self.by_card(features)
        if isinstance(read, cards.Read):
            return read.margins
        return self.go_on(features, np.zeros((2, self.n_hidden), np.float32))

    def by_card(self, inputs: Float32) -> cards.Read | str | None:
        """What a card makes of a market's inputs, from its first bar on.

        Why it cannot, where it should; None where the CPU reads them anyway: too few bars, or too many, or no card.
        """
        if self.card_ is None or not EXPLAINED_BARS < len(inputs) <= cards.LONGEST:
            return None
        return self.card_.read(inputs)

    def go_on(self, inputs: Float32, memory: Float32) -> Float:
        """Margins of further bars, (n_bars, 5), on the CPU. memory : (2, n_hidden), brought up to date in place."""
        return np.asarray(recurrent.forward(inputs, memory, *self.network_))

    def reading(self, bars: OHLCV, known: relative.Known) -> LSTMReading:
        """Read bars of which it is known already what the forward filter makes of them."""
        return LSTMReading(self, bars, known)

    @property
    def n_hidden(self) -> int:
        """Size of the memory of the fitted network."""
        return len(self.network_.from_hidden)

    def begin(self) -> StreamState:
        """State of a stream before its first bar."""
        self._require_fitted()
        return StreamState(self.n_hidden)

    def step(self, state: StreamState, bar: OHLCV) -> Filtered:
        """Label one more bar, as ``filter`` labels it on all bars so far, at the same cost however many those are.

        state : of ``begin``, brought up to date in place. bar : one bar, later than all before. Returns one row; it is unknown
        until MIN_BARS bars have come.
        """
        for known in state.bars.push(bar):
            state.seen += 1
            row = np.empty((1, recurrent.N_INPUTS), dtype=np.float32)
            recurrent.input_of(known, state.seen, row[0])
            state.margins.append(self.go_on(row, state.memory)[0])
        if state.seen < MIN_BARS:
            return Filtered(np.full(1, UNKNOWN_CODE, np.int8), np.full((1, N_REGIMES), 1.0 / N_REGIMES), np.zeros(1))
        # a label never looks back on bars before the first that could be labelled
        looked_back = np.array(state.margins)[-min(len(state.margins), state.seen - MIN_BARS + 1) :]
        return self.held(looked_back, len(looked_back) - 1)

    def take(self, weights: bytes) -> None:
        """Be fitted with arrays packed in one file. Raises ArtifactError if they are not there or do not fit together."""
        usual, *arrays = unpacked(weights, ("usual", *Weights._fields))
        network = Weights(*arrays)
        n = len(network.from_hidden)
        shapes = (len(INPUTS), 4 * n), (n, 4 * n), (4 * n,), (len(INPUTS), N_REGIMES), (n, N_REGIMES), (N_REGIMES,)
        if tuple(array.shape for array in network) != shapes or any(array.dtype != np.float32 for array in network):
            raise ArtifactError("artifact.altered", "The model file holds arrays of another network: restore or retrain it.")
        self.network_, self.usual_, self.weights_, self.card_ = network, usual, weights, None


class LSTMReading(MarginReading):
    """Bars that the network goes through once: on a card, or on the CPU, with what it remembered shortly before the last."""

    _detector: LSTM

    def __init__(self, detector: LSTM, bars: OHLCV, known: relative.Known) -> None:
        super().__init__(detector, bars, known)
        self._inputs = np.asarray(recurrent.inputs(known.filtered))
        self._remembered = np.zeros((2, detector.n_hidden), dtype=np.float32)
        self._of_card: cards.Read | None = None
        self._all_margins: Float | None = None

    def _made(self, start: int) -> Float:
        if self._all_margins is None:
            self._all_margins = self._gone_through()
        return self._all_margins[start:]

    def _gone_through(self) -> Float:
        """Margins of all bars, (n_bars, 5)."""
        read = self._detector.by_card(self._inputs)
        if isinstance(read, cards.Read):
            self._of_card = read
            return read.margins
        self.fallback = read
        earlier = self._detector.go_on(self._inputs[:-EXPLAINED_BARS], self._remembered)
        last = self._detector.go_on(self._inputs[-EXPLAINED_BARS:], self._remembered.copy())
        return np.concatenate([earlier, last])

    def effects(self, code: int) -> Float:
        """What each feature, as far as the network reads it or its like, adds to the log-odds of ``code``, (n_features,).

        It counts by what the answer loses where an input reads as usual of late.
        """
        effects = np.zeros(len(relative.NAMES))
        margins = self.margins(self._bars.n_bars - 1)[0]
        without = self._without() if self._of_card is None else self._of_card.without
        losses = np.ascontiguousarray((margins - without).T)
        against = reasons.against_others(losses, margins / self._detector.temperature_, code)
        np.add.at(effects, FEATURE_OF_INPUT, against)
        return effects

    def _without(self) -> Float:
        """Margins after the last bar where one input reads as usual on the last bars, (n_inputs, 5)."""
        last = self._inputs[-EXPLAINED_BARS:]
        without = np.empty((len(INPUTS), N_REGIMES))
        for i, usual in enumerate(self._detector.usual_):
            changed = last.copy()
            changed[:, i] = usual
            without[i] = self._detector.go_on(changed, self._remembered.copy())[-1]
        return without


def inputs_of(bars: OHLCV) -> Float32:
    """What the network reads of each bar, (n_bars, n_inputs) in the order of INPUTS. bars : at least MIN_BARS."""
    return np.asarray(recurrent.inputs(relative.Known(bars).filtered))
