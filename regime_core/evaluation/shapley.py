"""Shapley values: the one division of a result among its parts that adds up, heeds no order and gives a dummy nothing."""

from __future__ import annotations

from math import factorial

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


def coalitions(n_players: int) -> NDArray[np.bool_]:
    """Who is in each coalition, (2**n_players, n_players): the empty one first, all together last."""
    return np.asarray(np.arange(2**n_players)[:, None] >> np.arange(n_players) & 1, dtype=bool)


def shapley_values(worth: Float) -> Float:
    """Exact Shapley value of each player, (n_players,); they sum to the worth of all together less that of none.

    worth : (2**n_players,) of each coalition, in the order of ``coalitions``.
    Source: Shapley, Contributions to the Theory of Games II (1953).
    """
    n_players = len(worth).bit_length() - 1
    codes = np.arange(len(worth))
    size = coalitions(n_players).sum(axis=1)
    weight = np.array([factorial(s) * factorial(max(0, n_players - s - 1)) for s in range(n_players + 1)]) / factorial(
        n_players
    )
    out = np.empty(n_players)
    for player in range(n_players):
        without = codes[codes >> player & 1 == 0]
        out[player] = (weight[size[without]] * (worth[without | 1 << player] - worth[without])).sum()
    return out
