"""``benchmarks/gpu_inference.py`` without a card: it runs on the CPU, alone, and its forward passes are the product's."""

import ast
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from regime_core import MODEL_DIR
from regime_core.models import LSTM, lstm_torch
from regime_core.models.margins import softmax

FILE = Path(__file__).resolve().parents[1] / "benchmarks" / "gpu_inference.py"


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("gpu_inference", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def shipped():
    return LSTM.load(MODEL_DIR)


def test_it_needs_pytorch_and_numpy_alone():
    nodes = [node for node in ast.walk(ast.parse(FILE.read_text())) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} - sys.stdlib_module_names == {"numpy", "torch"}


@pytest.mark.parametrize("weights", ["lstm.npz", "random"])
def test_it_runs_alone_and_prints_its_tables(tmp_path, weights):
    shutil.copy(FILE, tmp_path)
    if weights != "random":
        shutil.copy(MODEL_DIR / weights, tmp_path)
    quick = ["--bars", "20", "30", "--batches", "1", "3", "--seconds", "0.001", "--size", "32", "--megabytes", "1"]
    command = [sys.executable, "-I", FILE.name, "--device", "cpu", "--weights", "lstm.npz", *quick]
    printed = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    first, *lines = printed.splitlines()
    assert f"weights: {weights}" in first
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    assert [row[:2] for row in rows if row[0] != "bars"] == [
        *(["20", "1"], ["20", "3"], ["30", "1"], ["30", "3"]),
        *(["20", "3"], ["30", "3"]),
    ]
    for row in rows[-2:]:
        assert float(row[2]) < 1e-5
        assert float(row[3]) < 1e-5
        assert row[4].startswith("0 of ")


def test_its_passes_are_those_of_the_product(benchmark, shipped):
    weights = benchmark.weights_of(MODEL_DIR / "lstm.npz")
    inputs = benchmark.series(weights, 4, 60)
    on_device = benchmark.OnDevice(weights, "cpu")(inputs)
    served = [read.margins for read in lstm_torch.OnDevice(shipped.network_, shipped.usual_, 16, "cpu")(list(inputs))]
    np.testing.assert_allclose(on_device, served, atol=1e-5)
    kernel = np.stack([softmax(shipped.margins(one)) for one in inputs])
    for kind in (np.float32, np.float64):
        np.testing.assert_allclose(benchmark.by_numpy(weights, inputs, kind), kernel, atol=1e-5)


def test_its_inputs_are_such_as_the_network_knows(benchmark, shipped):
    """Neither all alike nor beyond all it has seen: several regimes are likeliest somewhere."""
    weights = benchmark.weights_of(MODEL_DIR / "lstm.npz")
    given = benchmark.by_numpy(weights, benchmark.series(weights, 16, 252), np.float32)
    assert len(np.unique(given.argmax(axis=-1))) >= 3
    assert 0.3 < given.max(axis=-1).mean() < 0.999


def test_its_counts_by_hand(benchmark, shipped):
    """15 inputs and 32 cells: 128 gates of each, and a head of five from both."""
    weights = benchmark.weights_of(Path("nowhere"))
    assert benchmark.operations_a_bar(weights) == 2 * (15 * 128 + 32 * 128 + 15 * 5 + 32 * 5) + 320
    assert benchmark.bytes_a_bar(weights) == 4 * (15 * 2 + 128 * 2 + 32 * 2 + 5)
