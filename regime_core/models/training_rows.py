"""What a detector's training rows looked like, for telling whether those that are answered look the same."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from regime_core.regimes import N_REGIMES, REGIME_NAMES

N_BINS = 10


@dataclass(frozen=True, slots=True)
class TrainingRows:
    """Shares of a detector's training rows.

    names : of the inputs. edges : (n_inputs, N_BINS - 1) ascending; bin i of an input holds what is above i of its edges. They
    are the deciles; where several are equal, all but one are infinite, so that the last bins hold nothing.
    shares : (n_inputs, N_BINS) of the rows in each bin. regimes : (5,) of the rows under each, in the order of ``REGIMES``.
    n_rows : how many there were.
    """

    names: tuple[str, ...]
    edges: NDArray[np.float64]
    shares: NDArray[np.float64]
    regimes: NDArray[np.float64]
    n_rows: int

    @classmethod
    def of(cls, names: tuple[str, ...], inputs: NDArray[np.float32], codes: NDArray[np.int8]) -> Self:
        """Count rows. inputs : (n_rows, n_inputs) finite. codes : (n_rows,) in 0..4."""
        edges = np.full((len(names), N_BINS - 1), np.inf)
        for row, column in zip(edges, inputs.T, strict=True):
            deciles = np.quantile(column, np.arange(1, N_BINS) / N_BINS, method="inverted_cdf")
            different = np.unique(deciles.astype(np.float64))
            row[: len(different)] = different
        counts = binned(inputs, edges)
        n = len(codes)
        return cls(names, edges, counts / n, np.bincount(codes, minlength=N_REGIMES) / n, n)

    def to_json(self) -> bytes:
        """All of it; ``from_json`` reads it back bit for bit. Infinite edges are left out."""
        whole = {
            "n_rows": self.n_rows,
            "regimes": dict(zip(REGIME_NAMES, self.regimes.tolist(), strict=True)),
            "inputs": {
                name: {"edges": edges[np.isfinite(edges)].tolist(), "shares": shares.tolist()}
                for name, edges, shares in zip(self.names, self.edges, self.shares, strict=True)
            },
        }
        return json.dumps(whole, indent=1, allow_nan=False).encode() + b"\n"

    @classmethod
    def from_json(cls, content: bytes) -> Self:
        """Read back what ``to_json`` wrote. Raises ValueError, KeyError or TypeError for anything else."""
        whole = json.loads(content)
        inputs = whole["inputs"]
        edges = np.full((len(inputs), N_BINS - 1), np.inf)
        for row, one in zip(edges, inputs.values(), strict=True):
            row[: len(one["edges"])] = one["edges"]
        shares = np.array([one["shares"] for one in inputs.values()], dtype=np.float64).reshape(len(inputs), N_BINS)
        regimes = np.array([whole["regimes"][name] for name in REGIME_NAMES], dtype=np.float64)
        if not (np.diff(np.where(np.isfinite(edges), edges, 1e300), axis=1) >= 0).all():
            raise ValueError("the edges do not ascend")
        return cls(tuple(inputs), edges, shares, regimes, int(whole["n_rows"]))


def binned(inputs: NDArray[np.floating], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """How many rows fall into each bin of each input, (n_inputs, N_BINS).

    inputs : (n_rows, n_inputs). edges : as of ``TrainingRows``.
    """
    columns = zip(edges, inputs.T, strict=True)
    return np.stack(
        [
            np.bincount(np.searchsorted(cuts, column, side="left"), minlength=N_BINS).astype(np.float64)
            for cuts, column in columns
        ]
    )
