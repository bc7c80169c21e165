"""Every day up to the furthest horizon, made of what was fitted for some of them.

A day that models were fitted for has their own answer. Any other lies between two such days: the paths that each of the two
replays are drawn out or together to that many days (``HistoricalSimulation.over``) and replayed on the part of the window
that will still be known then; other members of a pool answer for their own day. The two answers are mixed in log-odds, by how
near each day is on a logarithmic scale of days.

Source of the mixture: Genest and Zidek, Combining probability distributions, Statistical Science 1 (1986), the logarithmic
pool. ``benchmarks/fan.py`` scores the days between against models fitted for these very days.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from regime_core.bars import Float
from regime_core.features import stress
from regime_core.models.heads import Head
from regime_core.models.historical import HistoricalSimulation
from regime_core.states import Fan, Market


def fan(heads: Mapping[int, Head], days: Market, today: int) -> Fan:
    """Forecast of each day up to the furthest horizon from the last of ``days``, whose state is ``today``."""
    ahead = range(1, max(heads) + 1)
    return Fan(
        days=np.array(ahead, dtype=np.int64),
        fitted=tuple(sorted(heads)),
        probabilities=np.vstack([probabilities(heads, days, day, first=days.n_days - 1) for day in ahead]),
        markov=np.vstack([between(heads, day, lambda horizon: heads[horizon].markov[None, today]) for day in ahead]),
        persistence=np.vstack([between(heads, day, lambda horizon: _stays(heads[horizon], today)) for day in ahead]),
    )


def probabilities(heads: Mapping[int, Head], days: Market, ahead: int, *, first: int = stress.FIRST_ROW) -> Float:
    """Probabilities ``ahead`` days after each of ``days[first:]``, (n_days - first, k). first : ``FIRST_ROW`` or later."""
    return between(heads, ahead, lambda horizon: _answers(heads[horizon], horizon, days, ahead, first))


def between(heads: Mapping[int, Head], ahead: int, answer: Callable[[int], Float]) -> Float:
    """Answer of the horizon that is ``ahead``, else of the two around it, mixed; of the nearest where there is one side only.

    answer : horizon -> (n_rows, k), all positive.
    """
    if ahead in heads:
        return answer(ahead)
    before, after = [h for h in heads if h < ahead], [h for h in heads if h > ahead]
    if not before or not after:
        return answer(max(before) if before else min(after))
    near, far = max(before), min(after)
    share = float(np.log(ahead / near) / np.log(far / near))
    mixed = np.exp((1.0 - share) * np.log(answer(near)) + share * np.log(answer(far)))
    return np.asarray(mixed / mixed.sum(axis=1, keepdims=True))


def _answers(head: Head, horizon: int, days: Market, ahead: int, first: int) -> Float:
    """Pooled answers of one head, (n_days - first, k): what it replays runs for ``ahead`` days."""
    own, then = (stress.ingredients(days, day)[first:] for day in (horizon, ahead))
    parts = [
        head.weights[name]
        * (member.over(ahead).probabilities(then) if isinstance(member, HistoricalSimulation) else member.probabilities(own))
        for name, member in head.members.items()
    ]
    return np.asarray(np.sum(parts, axis=0))


def _stays(head: Head, today: int) -> Float:
    """What persistence gives to each state, (1, k)."""
    k = len(head.markov)
    out = np.full((1, k), (1.0 - head.stay) / (k - 1))
    out[0, today] = head.stay
    return out
