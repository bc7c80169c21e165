"""The recurrent detector's network in PyTorch: how it is fitted, and how it answers on a card."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from ctypes import CDLL
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import Float
from regime_core.errors import ModelError
from regime_core.models.cards import CardLost, Read
from regime_core.regimes import MIN_BARS, N_REGIMES

if TYPE_CHECKING:
    import torch

Float32 = NDArray[np.float32]
Codes = NDArray[np.int8]
Told = Callable[[int, int], None]

ROWS_A_MARKET = 300
"""Labelled bars from which on a market counts no more."""
WARM_UP, LAST_RATE = 0.02, 0.02
"""Share of the fit in which the learning rate rises, and what is left of it at the end."""
GRADIENT_NORM, WEIGHT_DECAY = 1.0, 1e-4
NO_CLASS = -1
SPREAD_OF_LENGTHS = 0.1
"""Markets are put together by length, blurred by about this share, so that groups change from pass to pass."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a network is fitted; see ``LSTM``."""

    hidden: int
    passes: int
    markets_a_batch: int
    bars_a_step: int
    learning_rate: float
    seed: int


class Step(NamedTuple):
    """Bars of a few markets on which the optimiser takes one step.

    inputs : (n_markets, n_bars, n_inputs), 0 past a market's end.
    codes, weights : (n_markets, n_bars); NO_CLASS and any weight where nothing is to be learned.
    """

    inputs: Float32
    codes: NDArray[np.int64]
    weights: Float32


def resolved(device: str) -> str:
    """``cpu`` or ``cuda``: ``auto`` is CUDA where there is a card; PyTorch is not imported where NVIDIA's driver is missing.

    Raises ModelError ``model.device`` for CUDA without a card or without PyTorch, or another word.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise ModelError("model.device", f"The device is {device!r}: use auto, cpu or cuda.")
    if device == "cpu" or (device == "auto" and not has_driver()):
        return "cpu"
    try:
        import torch
    except ImportError as error:
        if device == "auto":
            return "cpu"
        raise ModelError(
            "model.device", f"CUDA was asked for, and PyTorch cannot be imported ({error}): install it, or use auto or cpu."
        ) from error
    if torch.cuda.is_available():
        return "cuda"
    if device == "cuda":
        raise ModelError("model.device", "CUDA was asked for, and PyTorch sees no card: use auto or cpu.")
    return "cpu"


def has_driver() -> bool:
    """Whether NVIDIA's driver is installed; it is not started."""
    for library in ("libcuda.so.1", "nvcuda.dll"):
        with contextlib.suppress(OSError):
            CDLL(library)
            return True
    return False


def fit(
    sequences: Sequence[tuple[Float32, Codes]], plan: Plan, device: str, tell: Told | None = None
) -> tuple[Float32, tuple[Float32, ...]]:
    """Mean of each input, (n_inputs,), and the arrays of ``kernels.recurrent.forward``, for inputs as they come.

    sequences : inputs (n_bars, n_inputs) and codes (n_bars,) of each market. tell : called with batches done and in all.
    """
    import torch

    mean, scale = _mean_and_scale(sequences)
    standard = [(((inputs - mean) / scale).astype(np.float32), codes) for inputs, codes in sequences]
    threads = torch.get_num_threads()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(plan.seed)
        # sums in several threads are not the same bit for bit
        torch.set_num_threads(1)
        try:
            network = _network(len(mean), plan.hidden).to(device)
            _optimise(network, standard, plan, device, tell or (lambda done, total: None))
        finally:
            torch.set_num_threads(threads)
    return mean.astype(np.float32), _for_inputs_as_they_come(network, mean, scale)


def _mean_and_scale(sequences: Sequence[tuple[Float32, Codes]]) -> tuple[Float, Float]:
    """Mean and standard deviation of each input, (n_inputs,); 1 for one that never changes."""
    every = np.concatenate([inputs for inputs, _ in sequences])
    scale = every.std(axis=0, dtype=np.float64)
    return every.mean(axis=0, dtype=np.float64), np.where(scale > 0.0, scale, 1.0)


class OnDevice:
    """The fitted network on a device, in float32 throughout; see ``kernels.recurrent.forward`` for its arrays.

    usual : (n_inputs,) what inputs read usually. of_late : last bars on which one reads so, for what the answer loses by it.
    Raises CardLost where the device does not take it.
    """

    def __init__(self, network: Sequence[Float32], usual: Float32, of_late: int, device: str) -> None:
        import torch

        from_input, from_hidden, bias, head_input, head_hidden, head_bias = (torch.tensor(array) for array in network)
        self._device, self._of_late, self._usual = device, of_late, torch.tensor(usual)
        model = _network(len(head_input), len(from_hidden))
        model.load_state_dict(
            {
                "memory.weight_ih_l0": from_input.T,
                "memory.weight_hh_l0": from_hidden.T,
                "memory.bias_ih_l0": bias,
                "memory.bias_hh_l0": torch.zeros_like(bias),
                "head.weight": torch.cat([head_input, head_hidden]).T,
                "head.bias": head_bias,
            }
        )
        try:
            self._model = model.to(device)
        except RuntimeError as error:
            raise CardLost(_first_line(error)) from error

    def __call__(self, sequences: Sequence[Float32]) -> list[Read]:
        """Read sequences (n_bars, n_inputs) from their first bars, each of more bars than ``of_late``.

        Raises MemoryError where they have no room, or CardLost.
        """
        try:
            return self._read(sequences)
        except RuntimeError as error:
            if _is_out_of_memory(error):
                raise MemoryError(_first_line(error)) from error
            raise CardLost(_first_line(error)) from error

    def free(self) -> None:
        """Let go of memory that PyTorch keeps for later."""
        import torch

        if torch.cuda.is_initialized():
            torch.cuda.empty_cache()

    def _read(self, sequences: Sequence[Float32]) -> list[Read]:
        import torch
        from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

        k = self._of_late
        lengths = [len(one) - k for one in sequences]
        padded = np.zeros((len(sequences), max(lengths), sequences[0].shape[1]), dtype=np.float32)
        for rows, of_one, n in zip(padded, sequences, lengths, strict=True):
            rows[:n] = of_one[:n]
        # TF32 keeps ten bits of a number: too few for probabilities that agree with the CPU's
        exact = torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False)
        with torch.inference_mode(), exact:
            inputs = torch.from_numpy(padded).to(self._device)
            packed = pack_padded_sequence(inputs, torch.tensor(lengths), batch_first=True, enforce_sorted=False)
            hidden, memory = self._model["memory"](packed)
            hidden, _ = pad_packed_sequence(hidden, batch_first=True)
            earlier = self._margins(inputs, hidden)
            ways = self._read_in_all_ways(np.stack([one[-k:] for one in sequences])).to(self._device)
            n_ways = ways.shape[1]
            each = [state.repeat_interleave(n_ways, dim=1) for state in memory]
            late = self._margins(ways.flatten(0, 1), self._model["memory"](ways.flatten(0, 1), each)[0])
        late = late.reshape(len(sequences), n_ways, k, N_REGIMES)
        return [
            Read(np.concatenate([of_one[:n], ways[0]]), ways[1:, -1])
            for of_one, n, ways in zip(earlier, lengths, late, strict=True)
        ]

    def _read_in_all_ways(self, late: Float32) -> torch.Tensor:
        """Last bars as they are, then with one input after another as usual: (n_sequences, 1 + n_inputs, of_late, n_inputs)."""
        import torch

        each = torch.arange(late.shape[-1])
        ways = torch.from_numpy(late)[:, None].repeat(1, 1 + len(each), 1, 1)
        ways[:, 1 + each, :, each] = self._usual[:, None, None]
        return ways

    def _margins(self, inputs: torch.Tensor, hidden: torch.Tensor) -> Float:
        import torch

        margins = self._model["head"](torch.cat([inputs, hidden], dim=-1)).cpu().numpy()
        return np.asarray(margins, dtype=np.float64)


def _is_out_of_memory(error: RuntimeError) -> bool:
    import torch

    # cuDNN and cuBLAS have errors of their own for it
    return isinstance(error, torch.OutOfMemoryError) or any(words in str(error) for words in ("out of memory", "ALLOC_FAILED"))


def _first_line(error: RuntimeError) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _network(n_inputs: int, hidden: int) -> torch.nn.ModuleDict:
    from torch import nn

    return nn.ModuleDict(
        {"memory": nn.LSTM(n_inputs, hidden, batch_first=True), "head": nn.Linear(n_inputs + hidden, N_REGIMES)}
    )


def _forward(
    network: torch.nn.ModuleDict, rows: torch.Tensor, memory: tuple[torch.Tensor, torch.Tensor] | None
) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
    """Margins (n_markets, n_bars, 5) and the memory after the last bar."""
    import torch

    hidden, memory = network["memory"](rows, memory)
    return network["head"](torch.cat([rows, hidden], dim=-1)), memory


def _optimise(
    network: torch.nn.ModuleDict, sequences: Sequence[tuple[Float32, Codes]], plan: Plan, device: str, tell: Told
) -> None:
    import torch

    optimiser = torch.optim.AdamW(network.parameters(), lr=plan.learning_rate, weight_decay=WEIGHT_DECAY)
    mixed = device == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    rng = np.random.default_rng(plan.seed)
    batches = [batch for _ in range(plan.passes) for batch in _batches(sequences, plan.markets_a_batch, rng)]
    for done, batch in enumerate(batches):
        tell(done, len(batches))
        for group in optimiser.param_groups:
            group["lr"] = plan.learning_rate * _rate(done / len(batches))
        memory = None
        for step in _steps(batch, plan.bars_a_step):
            with torch.autocast(device, dtype=torch.bfloat16, enabled=mixed):
                given, memory = _forward(network, torch.from_numpy(step.inputs).to(device), memory)
            memory = (memory[0].detach(), memory[1].detach())
            if (step.codes == NO_CLASS).all():
                continue
            loss = _loss(given.float(), step, device)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), GRADIENT_NORM)
            optimiser.step()
    tell(len(batches), len(batches))


def _rate(share: float) -> float:
    """Learning rate over its highest, once this share of the fit is done."""
    return min(1.0, share / WARM_UP + LAST_RATE) * max(LAST_RATE, 0.5 * (1.0 + math.cos(math.pi * share)))


def _loss(given: torch.Tensor, step: Step, device: str) -> torch.Tensor:
    """Mean negative log probability of the truth, each bar by the weight of its market."""
    import torch

    codes, weights = torch.from_numpy(step.codes).to(device), torch.from_numpy(step.weights).to(device)
    losses = torch.nn.functional.cross_entropy(
        given.reshape(-1, N_REGIMES), codes.reshape(-1), ignore_index=NO_CLASS, reduction="none"
    )
    return (losses * weights.reshape(-1)).sum() / (weights * (codes != NO_CLASS)).sum()


def _batches(
    sequences: Sequence[tuple[Float32, Codes]], size: int, rng: np.random.Generator
) -> list[list[tuple[Float32, Codes]]]:
    """All markets in groups of about the same length, in random order."""
    lengths = np.array([len(codes) for _, codes in sequences])
    order = np.argsort(lengths * np.exp(SPREAD_OF_LENGTHS * rng.standard_normal(len(lengths))), kind="stable")
    groups = [[sequences[i] for i in order[first : first + size]] for first in range(0, len(order), size)]
    return [groups[i] for i in rng.permutation(len(groups))]


def _steps(batch: Sequence[tuple[Float32, Codes]], size: int) -> Iterator[Step]:
    """The markets of a batch from their first bar to the last of the longest, ``size`` bars at a time."""
    lengths = [len(codes) for _, codes in batch]
    longest = max(lengths)
    inputs = np.zeros((len(batch), longest, batch[0][0].shape[1]), dtype=np.float32)
    codes = np.full((len(batch), longest), NO_CLASS, dtype=np.int64)
    for i, (rows, regimes) in enumerate(batch):
        inputs[i, : len(rows)] = rows
        codes[i, MIN_BARS - 1 : len(rows)] = regimes[MIN_BARS - 1 :]
    weights = np.array([[min(1.0, ROWS_A_MARKET / max(n - MIN_BARS + 1, 1))] for n in lengths], dtype=np.float32)
    for first in range(0, longest, size):
        part = slice(first, first + size)
        yield Step(inputs[:, part], codes[:, part], np.broadcast_to(weights, codes[:, part].shape).copy())


def _for_inputs_as_they_come(network: torch.nn.ModuleDict, mean: Float, scale: Float) -> tuple[Float32, ...]:
    """Arrays of ``kernels.recurrent.forward``, with the standardisation of inputs made part of them."""
    state = {name: value.detach().cpu().numpy().astype(np.float64) for name, value in network.state_dict().items()}
    n_inputs = len(mean)
    from_input = state["memory.weight_ih_l0"].T / scale[:, None]
    head = state["head.weight"].T
    head_input = head[:n_inputs] / scale[:, None]
    bias = state["memory.bias_ih_l0"] + state["memory.bias_hh_l0"] - mean @ from_input
    arrays = (
        from_input,
        state["memory.weight_hh_l0"].T,
        bias,
        head_input,
        head[n_inputs:],
        state["head.bias"] - mean @ head_input,
    )
    return tuple(np.ascontiguousarray(array, dtype=np.float32) for array in arrays)
