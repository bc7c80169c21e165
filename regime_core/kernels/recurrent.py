"""A long short-term memory over bars: what it reads of each bar, and its forward pass. Arrays in, arrays out."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from regime_core.kernels import regime_filter as bank
from regime_core.kernels import regime_grid as grid

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]

N_INPUTS = grid.N_STATES + 9
OLDEST = 2000.0
"""Bars after which a market gets no older."""


@njit(cache=True, nogil=True, error_model="numpy")
def inputs(filtered: Float) -> Float32:
    """What the network reads of each bar, (n_bars, N_INPUTS); the order is that of ``models.lstm.INPUTS``.

    filtered : (n_bars, bank.N_OUT) as ``regime_filter.filter_bars`` returns.
    """
    out = np.empty((len(filtered), N_INPUTS), dtype=np.float32)
    for t in range(len(filtered)):
        input_of(filtered[t], t + 1, out[t])
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def input_of(known: Float, seen: int, out: Float32) -> None:
    """Fill ``out`` (N_INPUTS,) with what the network reads of one bar.

    known : (bank.N_OUT,) a row of ``regime_filter.filter_bars``; of NaN, before anything has moved, it reads as certainly calm.
    seen : bars up to this one.
    """
    age = np.log(min(float(seen), OLDEST))
    if np.isnan(known[0]):
        _fill_still(out, age)
        return
    log_s0 = known[bank.LOG_S0]
    for k in range(grid.N_STATES):
        out[k] = np.log(max(known[k], bank.SMALLEST))
    rest = out[grid.N_STATES :]
    rest[0] = known[bank.FAT_TAILS]
    rest[1] = known[bank.SD_LOG_S0]
    move = known[bank.MOVE] / np.sqrt(max(known[bank.SPAN], 1.0))
    rest[2] = move / np.exp(log_s0)
    rest[3] = 0.5 * np.log(known[bank.VARIANCE]) - log_s0
    rest[4] = known[bank.LOG_LOCAL] - log_s0
    rest[5] = known[bank.LOG_LONG] - log_s0
    rest[6] = age
    rest[7] = move / np.exp(known[bank.LOG_LOCAL])
    rest[8] = known[bank.UNTRADED]


@njit(cache=True, nogil=True, error_model="numpy")
def _fill_still(out: Float32, age: float) -> None:
    out[:] = 0.0
    out[: grid.N_STATES] = np.log(bank.SMALLEST)
    out[grid.CALM] = 0.0
    out[grid.N_STATES + 3] = out[grid.N_STATES + 4] = np.log(grid.VOLATILITY[grid.CALM])
    out[grid.N_STATES + 6] = age


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def forward(
    rows: Float32,
    memory: Float32,
    from_input: Float32,
    from_hidden: Float32,
    bias: Float32,
    head_input: Float32,
    head_hidden: Float32,
    head_bias: Float32,
) -> Float:
    """Margins after each row, (n_rows, n_classes); the memory is left as the last row leaves it.

    rows : (n_rows, n_inputs). memory : (2, n_hidden) hidden and cell state, zeros at first.
    from_input, from_hidden, bias : (n_inputs, 4 n_hidden), (n_hidden, 4 n_hidden), (4 n_hidden,) of the input, forget, cell and
    output gates. head_input, head_hidden, head_bias : (n_inputs, n_classes), (n_hidden, n_classes), (n_classes,).
    Source: Hochreiter and Schmidhuber (1997), Long short-term memory; with the forget gate of Gers et al. (2000).
    """
    n_inputs, n_hidden = rows.shape[1], memory.shape[1]
    out = np.empty((len(rows), len(head_bias)))
    gates = np.empty(4 * n_hidden, dtype=np.float32)
    margins = np.empty(len(head_bias), dtype=np.float32)
    hidden, cell = memory
    for t in range(len(rows)):
        gates[:] = bias
        margins[:] = head_bias
        for i in range(n_inputs):
            _add(rows[t, i], from_input[i], gates)
            _add(rows[t, i], head_input[i], margins)
        for i in range(n_hidden):
            _add(hidden[i], from_hidden[i], gates)
        _advance(gates, hidden, cell)
        for i in range(n_hidden):
            _add(hidden[i], head_hidden[i], margins)
        out[t] = margins
    return out


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _add(by: np.float32, weights: Float32, total: Float32) -> None:
    for j in range(len(total)):
        total[j] += by * weights[j]


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _advance(gates: Float32, hidden: Float32, cell: Float32) -> None:
    """Bring hidden and cell state up to date, in place."""
    n = len(hidden)
    one, two = np.float32(1.0), np.float32(2.0)
    for j in range(n):
        enters = one / (one + np.exp(-gates[j]))
        stays = one / (one + np.exp(-gates[n + j]))
        new = two / (one + np.exp(-two * gates[2 * n + j])) - one
        shown = one / (one + np.exp(-gates[3 * n + j]))
        cell[j] = stays * cell[j] + enters * new
        hidden[j] = shown * (two / (one + np.exp(-two * cell[j])) - one)
