"""What moved a forecast: its probability divided, exactly, among groups of what its inputs are made of."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import Float
from regime_core.evaluation.shapley import coalitions, shapley_values
from regime_core.features import stress
from regime_core.states import PARKINSON, RETURN, VIX, VOLATILITY, Contribution

BACKGROUND_DAYS = 64
TITLES = {
    "level": "VIX level",
    "moves": "VIX against its last days and months",
    "today": "Today's return and its size",
    "volatility": "Realised volatility",
    "range": "Daily ranges",
    "weeks": "Returns over 5 and 21 days",
    "fall": "Fall from the 126-day high",
}
"""Group -> what it is, in words, where there is a VIX."""
_MEMBERS = {
    "level": (VIX, PARKINSON, "variance", "level"),
    "moves": ("change_1", "change_5", "against_21", "against_126"),
    "today": (RETURN, "return_1", "size_1"),
    "volatility": (VOLATILITY, "kept_sum", "kept_squares", "volatility_5", "volatility_21", "volatility_63", "size_leaving"),
    "range": ("range_5", "range_21"),
    "weeks": ("return_5", "return_21"),
    "fall": ("drawdown_126",),
}
_SAME_AS_ELSEWHERE = {
    PARKINSON: {"range_21": "level"},
    VOLATILITY: {"variance": "volatility", "level": "volatility", "range_5": "volatility", "range_21": "volatility"},
}
"""Last value of a market without a VIX -> what is the same there as the inputs of another group, and belongs to it."""


def groups(columns: tuple[str, ...]) -> tuple[str, ...]:
    """Group of ``TITLES`` that each of ``stress.ingredients`` belongs to, of a market with these values.

    An ingredient is in one group, and what is made of several (a distance to a centre) is made anew for every mixture of them.
    """
    found = {name: group for group, names in _MEMBERS.items() for name in names} | _SAME_AS_ELSEWHERE.get(columns[-1], {})
    return tuple(found[name] for name in stress.ingredient_names(columns))


def background_rows(n_days: int) -> NDArray[np.int64]:
    """Rows of at most ``BACKGROUND_DAYS`` days, spread evenly from ``stress.FIRST_ROW`` to the last: the past."""
    return np.unique(np.linspace(stress.FIRST_ROW, n_days - 1, BACKGROUND_DAYS).round().astype(np.int64))


def contributions(
    today: Float, background: Float, columns: tuple[str, ...], answer: Callable[[Float], Float]
) -> tuple[float, tuple[Contribution, ...]]:
    """Mean answer to the background, and what each group adds to it, largest first; all together are the answer to today.

    today : (n_ingredients,). background : (n, n_ingredients). answer : rows of ingredients -> (n_rows,) probabilities.
    A group's contribution is its Shapley value in the game whose coalitions take their ingredients from today and all others
    from a day of the background, averaged over these days.
    Source: Lundberg and Lee, A Unified Approach to Interpreting Model Predictions (2017), with every coalition counted.
    """
    belongs = np.array(groups(columns))
    names = tuple(dict.fromkeys(belongs.tolist()))
    member = belongs == np.array(names)[:, None]
    taken = coalitions(len(names)) @ member
    mixed = np.where(taken[:, None, :], today, background)
    worth = answer(mixed.reshape(-1, len(today))).reshape(len(taken), len(background)).mean(axis=1)
    parts = [
        Contribution(name, stress.in_words(TITLES[name], columns), float(change), _inputs(name, belongs, columns))
        for name, change in zip(names, shapley_values(worth), strict=True)
    ]
    return float(worth[0]), tuple(sorted(parts, key=lambda part: -abs(part.change)))


def _inputs(group: str, belongs: NDArray[np.str_], columns: tuple[str, ...]) -> tuple[str, ...]:
    """Inputs of a group in words."""
    names = np.array(stress.ingredient_names(columns))[belongs == group].tolist()
    return tuple(stress.in_words(stress.TITLES[name], columns) for name in names if name in stress.TITLES)
