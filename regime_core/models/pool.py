"""A linear pool of probabilities, its weights learnt on days that its members were not fitted on.

Source: Hall and Mitchell, Combining density forecasts, International Journal of Forecasting 23 (2007).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from regime_core.bars import Float
from regime_core.evaluation import conformal
from regime_core.models.members import Member, Past

FOLDS = 8
DAYS = 1500
"""Days of the past that weights are learnt on at most, evenly spread: neighbours say nearly the same."""
STEPS = 500
SMALLEST_WEIGHT = 0.05
"""A member with less is left out."""


def weights(given: Float, independent: float) -> Float:
    """Weights of the mixture under which outcomes were likeliest, (n_members,); they sum to 1.

    given : (n_days, n_members), probability that each member gave to what came. independent : how many outcomes these days are
    worth. The best member alone answers unless the mixture makes so many outcomes likelier by more than a nat for each member
    added (Akaike, IEEE Transactions on Automatic Control 19, 1974). Found by expectation-maximisation.
    """
    found = np.full(given.shape[1], 1.0 / given.shape[1])
    for _ in range(STEPS):
        share = given * found
        found = (share / share.sum(axis=1, keepdims=True)).mean(axis=0)
    kept = np.where(found >= SMALLEST_WEIGHT, found, 0.0)
    kept /= kept.sum()
    alone = np.log(given).mean(axis=0)
    gain = float(np.log(given @ kept).mean() - alone.max())
    return kept if gain * independent > np.count_nonzero(kept) - 1 else np.eye(len(kept))[alone.argmax()]


def weighted(past: Past, candidates: Mapping[str, type[Member]]) -> tuple[dict[str, float], dict[str, float], float]:
    """Weights of the candidates that have one; log-loss of each, nats a day; threshold of the pool's prediction sets.

    All from days that the members asked were not fitted on; the threshold as in ``evaluation.conformal``.
    """
    given = out_of_fold(past, candidates)
    shares = weights(given, len(past.rows) / past.horizon)
    found = {name: float(share) for name, share in zip(candidates, shares, strict=True) if share}
    log_loss = dict(zip(candidates, (-np.log(given).mean(axis=0)).tolist(), strict=True))
    return found, log_loss, conformal.threshold_of((given * shares).sum(axis=1))


def out_of_fold(past: Past, members: Mapping[str, type[Member]]) -> Float:
    """Probability of what came on days of the past, by members fitted on the other folds: (n_days, n_members)."""
    spread_over = np.linspace(0, len(past.rows) - 1, min(DAYS, len(past.rows))).round().astype(np.int64)
    asked = past.rows[spread_over]
    parts = []
    for inside, rest in past.folds(FOLDS):
        rows = inside[np.isin(inside, asked)]
        came = past.codes[rows + past.horizon]
        said = [member().fit(rest).probabilities(past.ingredients[rows]) for member in members.values()]
        parts.append(np.column_stack([given[np.arange(len(rows)), came] for given in said]))
    return np.concatenate(parts)
