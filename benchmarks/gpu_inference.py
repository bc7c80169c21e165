"""The recurrent detector's forward pass on a card: series a second, beside what the card can do, and the CPU's answers.

Run: python benchmarks/gpu_inference.py [--device cuda|cpu] [--weights final_model/lstm.npz]. It needs PyTorch and NumPy and
nothing of this project, so that it can be copied alone to a machine that has a card. Without the weights file they are random.

The pass is the server's: series packed, torch.nn.LSTM (cuDNN on a card) in float32 with TF32 off, then the head; after that the
last 16 bars once more for each input, which reads as usual there, as the reasons of an answer want it. Its time includes the
copies to the card and back. Limits are measured in the same run: a product of two square float32 matrices, TF32
off, for arithmetic; a copy of a large array on the device, reading and writing counted, for memory. A CPU works in one thread.
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

N_INPUTS, N_HIDDEN, N_REGIMES = 15, 32, 5
OF_LATE = 16
"""Last bars that are read again for each input."""
SHAPES = {
    "from_input": (N_INPUTS, 4 * N_HIDDEN),
    "from_hidden": (N_HIDDEN, 4 * N_HIDDEN),
    "bias": (4 * N_HIDDEN,),
    "head_input": (N_INPUTS, N_REGIMES),
    "head_hidden": (N_HIDDEN, N_REGIMES),
    "head_bias": (N_REGIMES,),
}
WEIGHTS = Path(__file__).parents[1] / "final_model" / "lstm.npz"
Arrays = dict[str, np.ndarray]


def weights_of(path: Path) -> Arrays:
    """Arrays of a weights file, or random ones of the same shapes where there is no such file."""
    if path.is_file():
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    rng = np.random.default_rng(0)
    return {name: rng.normal(0, 0.3, shape).astype(np.float32) for name, shape in SHAPES.items()}


def series(weights: Arrays, n_series: int, n_bars: int) -> np.ndarray:
    """Inputs about as large as real ones, (n_series, n_bars, n_inputs): each walks about its mean in training.

    How far one walks is told by its weights: the network was fitted to inputs of one size, which is part of the weights since.
    """
    rng = np.random.default_rng([n_series, n_bars])
    shocks = rng.normal(size=(n_series, n_bars, len(weights["from_input"])))
    for t in range(1, n_bars):
        shocks[:, t] = 0.95 * shocks[:, t - 1] + 0.3 * shocks[:, t]
    size = 3.0 / np.linalg.norm(weights["from_input"], axis=1)
    return (weights.get("usual", np.float32(0)) + size * shocks).astype(np.float32)


def by_numpy(weights: Arrays, inputs: np.ndarray, kind: type[np.floating]) -> np.ndarray:
    """Probabilities after each bar, (n_series, n_bars, 5), one bar after another, as the formula has it."""
    w = {name: array.astype(kind) for name, array in weights.items()}
    inputs = inputs.astype(kind)
    hidden = cell = np.zeros((len(inputs), len(w["from_hidden"])), dtype=kind)
    margins = []
    for t in range(inputs.shape[1]):
        gates = inputs[:, t] @ w["from_input"] + hidden @ w["from_hidden"] + w["bias"]
        enters, stays, new, shown = np.split(gates, 4, axis=1)
        cell = sigmoid(stays) * cell + sigmoid(enters) * np.tanh(new)
        hidden = sigmoid(shown) * np.tanh(cell)
        margins.append(inputs[:, t] @ w["head_input"] + hidden @ w["head_hidden"] + w["head_bias"])
    return softmax(np.stack(margins, axis=1))


def sigmoid(values: np.ndarray) -> np.ndarray:
    """Logistic function."""
    return 0.5 + 0.5 * np.tanh(0.5 * values)


def softmax(margins: np.ndarray) -> np.ndarray:
    """Probabilities of log-odds, in the last axis."""
    raised = np.exp(margins - margins.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


class OnDevice:
    """The network on a device."""

    def __init__(self, weights: Arrays, device: str) -> None:
        w = {name: torch.tensor(array) for name, array in weights.items()}
        self.usual = w.get("usual", torch.zeros(len(w["from_input"])))
        n_inputs, n_hidden = len(w["from_input"]), len(w["from_hidden"])
        self.device = device
        self.memory = torch.nn.LSTM(n_inputs, n_hidden, batch_first=True)
        self.head = torch.nn.Linear(n_inputs + n_hidden, len(w["head_bias"]))
        gates = {"weight_ih_l0": w["from_input"].T, "weight_hh_l0": w["from_hidden"].T, "bias_ih_l0": w["bias"]}
        self.memory.load_state_dict(gates | {"bias_hh_l0": torch.zeros_like(w["bias"])})
        self.head.load_state_dict({"weight": torch.cat([w["head_input"], w["head_hidden"]]).T, "bias": w["head_bias"]})
        self.memory.to(device)
        self.head.to(device)

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """Margins after each bar, (n_series, n_bars, 5). inputs : of more bars than OF_LATE."""
        n_series, n_bars, _ = inputs.shape
        earlier, ways = inputs[:, :-OF_LATE], self.in_all_ways(inputs[:, -OF_LATE:])
        exact = torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False)
        with torch.inference_mode(), exact:
            rows = torch.from_numpy(earlier).to(self.device)
            lengths = torch.full((n_series,), n_bars - OF_LATE)
            hidden, memory = self.memory(pack_padded_sequence(rows, lengths, batch_first=True, enforce_sorted=False))
            hidden, _ = pad_packed_sequence(hidden, batch_first=True)
            margins = self.head(torch.cat([rows, hidden], dim=-1)).cpu().numpy()
            rows = ways.to(self.device)
            hidden, _ = self.memory(rows, [state.repeat_interleave(len(rows) // n_series, dim=1) for state in memory])
            late = self.head(torch.cat([rows, hidden], dim=-1)).cpu().numpy()
            return np.concatenate([margins, late[:: len(rows) // n_series]], axis=1)

    def in_all_ways(self, late: np.ndarray) -> torch.Tensor:
        """Last bars as they are, then with one input after another as usual: (n_series * (1 + n_inputs), OF_LATE, n_inputs)."""
        each = torch.arange(late.shape[-1])
        ways = torch.from_numpy(late)[:, None].repeat(1, 1 + len(each), 1, 1)
        ways[:, 1 + each, :, each] = self.usual[:, None, None]
        return ways.flatten(0, 1)


def seconds(work: Callable[[], object], device: str, at_least: float) -> float:
    """Least seconds of some work, done again and again for this long, after it was done once: other programs only slow it."""
    taken = []
    finish(work, device)
    started = time.perf_counter()
    while not taken or time.perf_counter() - started < at_least:
        begun = time.perf_counter()
        finish(work, device)
        taken.append(time.perf_counter() - begun)
    return min(taken)


def finish(work: Callable[[], object], device: str) -> None:
    """Do some work to its end: a card goes on after it was told what to do."""
    work()
    if device != "cpu":
        torch.cuda.synchronize()


def arithmetic_limit(device: str, size: int, at_least: float) -> float:
    """Operations a second in a product of two square float32 matrices."""
    left, right = torch.rand(size, size, device=device), torch.rand(size, size, device=device)
    return 2 * size**3 / seconds(lambda: left @ right, device, at_least)


def memory_limit(device: str, megabytes: int, at_least: float) -> float:
    """Bytes a second, read and written, in a copy of a large array."""
    source = torch.rand(megabytes * 250_000, device=device)
    target = torch.empty_like(source)
    return 2 * source.nbytes / seconds(lambda: target.copy_(source), device, at_least)


def operations_a_bar(weights: Arrays) -> int:
    """Multiplications and additions of all products, and ten for each cell's functions."""
    products = sum(weights[name].size for name in ("from_input", "from_hidden", "head_input", "head_hidden"))
    return 2 * products + 10 * len(weights["from_hidden"])


def bytes_a_bar(weights: Arrays) -> int:
    """Bytes a bar must at least move in memory: inputs in twice, gates out and in, memory out and in, margins out."""
    n_inputs, n_gates = weights["from_input"].shape
    return 4 * (2 * n_inputs + 2 * n_gates + 2 * n_gates // 4 + weights["head_bias"].size)


def name_of(device: str) -> str:
    """What the device calls itself, and what it was asked with."""
    if device == "cpu":
        found = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
        model = found[0].partition(": ")[2] if found else platform.machine()
        return f"{model}, one thread, PyTorch {torch.__version__}"
    about = torch.cuda.get_device_properties(device)
    cudnn = torch.backends.cudnn.version()
    return f"{about.name}, {about.total_memory / 2**30:.0f} GiB, PyTorch {torch.__version__}, cuDNN {cudnn}"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="lstm.npz of a model folder")
    parser.add_argument("--bars", type=int, nargs="+", default=[252, 500])
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 8, 32, 128, 256])
    parser.add_argument("--seconds", type=float, default=1.0, help="how long each cell is measured")
    parser.add_argument("--size", type=int, default=0, help="of the matrices; 8192 on a card, 2048 on a CPU")
    parser.add_argument("--megabytes", type=int, default=0, help="of the array copied; 4000 on a card, 400 on a CPU")
    asked = parser.parse_args()
    weights, device = weights_of(asked.weights), asked.device
    on_cpu = device == "cpu"
    torch.backends.cuda.matmul.allow_tf32 = False
    if on_cpu:
        torch.set_num_threads(1)
    print(f"{name_of(device)}; weights: {asked.weights.name if asked.weights.is_file() else 'random'}\n")
    operations = arithmetic_limit(device, asked.size or (2048 if on_cpu else 8192), asked.seconds)
    moved = memory_limit(device, asked.megabytes or (400 if on_cpu else 4000), asked.seconds)
    print(f"limits measured: {operations / 1e9:,.0f} GFLOP/s in float32, {moved / 1e9:,.1f} GB/s\n")
    network = OnDevice(weights, device)
    print("| bars | series | ms a pass | µs a bar's step | series a second | GFLOP/s (of the limit) | GB/s (of the limit) |")
    print("|---|---|---|---|---|---|---|")
    for n_bars in asked.bars:
        for n_series in asked.batches:
            inputs = series(weights, n_series, n_bars)
            took = seconds(lambda inputs=inputs: network(inputs), device, asked.seconds)
            stepped = n_series * (n_bars + OF_LATE * len(weights["from_input"]))
            done, carried = (stepped * each(weights) / took for each in (operations_a_bar, bytes_a_bar))
            cells = (
                f"{n_bars} | {n_series} | {took * 1e3:.2f} | {took / n_bars * 1e6:.1f} | {n_series / took:,.0f}",
                f"{done / 1e9:,.2f} ({done / operations:.2%}) | {carried / 1e9:,.2f} ({carried / moved:.2%})",
            )
            print(f"| {' | '.join(cells)} |")
    tell_differences(weights, network, asked.bars, max(asked.batches))


def tell_differences(weights: Arrays, network: OnDevice, lengths: list[int], n_series: int) -> None:
    """Print how far the device's probabilities are from those of the formula."""
    print("\n| bars | series | largest difference from float32 on the CPU | from float64 | likeliest regime differs |")
    print("|---|---|---|---|---|")
    for n_bars in lengths:
        inputs = series(weights, n_series, n_bars)
        given = softmax(network(inputs).astype(np.float64))
        single, double = (by_numpy(weights, inputs, kind) for kind in (np.float32, np.float64))
        differs = (given.argmax(axis=-1) != single.argmax(axis=-1)).sum()
        far = [np.abs(given - other).max() for other in (single, double)]
        print(f"| {n_bars} | {n_series} | {far[0]:.1e} | {far[1]:.1e} | {differs:,} of {n_series * n_bars:,} bars |")


if __name__ == "__main__":
    main()
