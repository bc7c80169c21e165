"""How the states of a market's days move with what was chosen to make them: how many, the jump penalty, and the seed.

All in sample: everything is fitted on the days that it labels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import Float
from regime_core.evaluation import agreement
from regime_core.evaluation.agreement import Ints
from regime_core.evaluation.geometry import mean_silhouette
from regime_core.models import jump
from regime_core.models.kmeans import SILHOUETTE_DAYS, Candidates, KMeans, scaler
from regime_core.states import Clustering, Codes, Market

VARIED = ("k", "penalty", "seed")
SEEDS = 20
STARTS = (1, 10)
"""Starts of k-means under each seed: one alone, which shows what luck can do, and as many as the states shown rest on."""
PENALTIES = (0.0, *jump.PENALTIES)
"""Without a penalty a jump model is k-means."""
NEAREST = 0.25
"""Share of the days that count as near to the border."""


@dataclass(frozen=True, slots=True)
class Variant:
    """States of the same days under another setting.

    value : the number of states, the penalty or the seed. starts : of which the best counted. k : number of states.
    codes : (n_days,) by rising stress. changed : (n_days,) whether a day's state is not the one matched with its present state.
    table : (k of the present states, k) days in each present state and each of these.
    switches : times the state changes from one day to the next. rand : adjusted Rand index against the present states.
    silhouette : mean silhouette, in [-1, 1]; NaN where fewer than two states are met. met : states that any day is in.
    """

    value: float
    starts: int
    k: int
    codes: Codes
    changed: NDArray[np.bool_]
    table: Ints
    switches: int
    rand: float
    silhouette: float
    met: int

    @property
    def share(self) -> float:
        """Share of the days that change hands."""
        return float(self.changed.mean())

    @property
    def whole(self) -> bool:
        """Whether each of its states is met: one that lost a state says little about where the others' borders are."""
        return self.met == self.k


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """States of a market's days under every setting of one choice, against the present ones.

    varied : one of ``VARIED``. present : the states they are compared with. border : (n_days,) how far each day lies from the
    border of its present state, in standard deviations of the values. switches : times the present states change.
    """

    varied: str
    present: Clustering
    variants: tuple[Variant, ...]
    border: Float
    switches: int

    @property
    def counted(self) -> tuple[Variant, ...]:
        """Settings in which each state is met: those that ``differs`` is about."""
        return tuple(variant for variant in self.variants if variant.whole)

    @property
    def differs(self) -> Float:
        """Share of the counted settings in which each day changes hands, (n_days,); 0 where none counts."""
        counted = self.counted
        if not counted:
            return np.zeros(len(self.border))
        return np.asarray(np.mean([variant.changed for variant in counted], axis=0))

    @property
    def near_share(self) -> float:
        """Share of all changes of hands on the ``NEAREST`` of days nearest to a border; NaN where no day changes hands."""
        differs = self.differs
        total = differs.sum()
        near = agreement.nearness(self.border, round(1 / NEAREST)) == 0
        return float(differs[near].sum() / total) if total else float("nan")

    def by_nearness(self, n_groups: int) -> tuple[Float, Float]:
        """Share of days that change hands, mean over the counted settings, and largest distance to the border, by group.

        Both (n_groups,); groups are equally large, the first the nearest to the border.
        """
        groups = agreement.nearness(self.border, n_groups)
        reach = np.full(n_groups, np.nan)
        np.fmax.at(reach, groups, self.border)
        return agreement.means_by_group(self.differs, groups, n_groups), reach


def vary(varied: str, market: Market, candidates: Candidates, present: Clustering) -> Sensitivity:
    """States under every setting of one choice. varied : one of ``VARIED``. present : of these candidates, on this market.

    k : every other number of states that the market bears. penalty : statistical jump models of as many states, from no
    penalty to the largest of ``PENALTIES``. seed : k-means of as many states from ``SEEDS`` seeds, with each of ``STARTS``.
    """
    mean, scale = scaler(market.values)
    rows = (market.values - mean) / scale
    settings = {"k": _by_k, "penalty": _by_penalty, "seed": _by_seed}[varied](market, rows, candidates, present)
    judge = _Judge(rows, present)
    variants = tuple(judge.variant(value, starts, k, codes) for value, starts, k, codes in settings)
    border = agreement.border_distance(rows, (present.centres - mean) / scale)
    return Sensitivity(varied, present, variants, border, _switches(present.codes))


Settings = Iterator[tuple[float, int, int, Codes]]
"""Value, starts, number of states and codes of each setting."""


def _by_k(market: Market, _rows: Float, candidates: Candidates, present: Clustering) -> Settings:
    for k, model in sorted(candidates.models.items()):
        if k != present.k:
            yield k, model.n_init, k, model.label(market.values)


def _by_seed(market: Market, _rows: Float, _candidates: Candidates, present: Clustering) -> Settings:
    for starts in STARTS:
        for seed in range(SEEDS):
            model = KMeans(k=present.k, n_init=starts, random_state=seed).fit(market)
            yield seed, starts, present.k, model.label(market.values)


def _by_penalty(market: Market, rows: Float, _candidates: Candidates, present: Clustering) -> Settings:
    for penalty in PENALTIES:
        found = jump.solve(rows, k=present.k, penalty=penalty)
        rank = np.argsort(np.argsort(found.centres[:, market.order_column], kind="stable"))
        yield penalty, jump.STARTS, present.k, rank[found.codes].astype(np.int8)


class _Judge:
    """Compares states with the present ones; the silhouette of states met before is not measured anew."""

    def __init__(self, rows: Float, present: Clustering) -> None:
        from scipy.spatial import distance

        self._present = present
        self._sample = slice(None, None, -(-len(rows) // SILHOUETTE_DAYS))
        self._between = distance.cdist(rows[self._sample], rows[self._sample])
        self._silhouettes: dict[bytes, float] = {}

    def variant(self, value: float, starts: int, k: int, codes: Codes) -> Variant:
        present = self._present
        table = agreement.crosswalk(present.codes, codes, present.k, k)
        return Variant(
            value=value,
            starts=starts,
            k=k,
            codes=codes,
            changed=agreement.changed(present.codes, codes, table),
            table=table,
            switches=_switches(codes),
            rand=agreement.adjusted_rand_index(table),
            silhouette=self._silhouette(codes),
            met=len(np.unique(codes)),
        )

    def _silhouette(self, codes: Codes) -> float:
        seen = np.ascontiguousarray(codes[self._sample])
        key = seen.tobytes()
        if key not in self._silhouettes:
            few = len(np.unique(seen)) < 2
            self._silhouettes[key] = float("nan") if few else mean_silhouette(self._between, seen)
        return self._silhouettes[key]


def _switches(codes: Codes) -> int:
    return int(np.count_nonzero(codes[1:] != codes[:-1]))
