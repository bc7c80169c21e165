"""Statistical jump models: states of market days that change only where a change pays for itself.

Discrete or continuous; ``kernels.jump`` says what is minimised, and names the sources. ``solve`` works on any standardised
rows, ``Jump`` on the days of a market.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import ClassVar, NamedTuple, Self

import numpy as np

from regime_core.bars import Float
from regime_core.errors import ModelError
from regime_core.evaluation import splits
from regime_core.kernels import jump as kernels
from regime_core.models.kmeans import require_k, scaler
from regime_core.states import YEAR, Codes, Market

WEIGHTS = "jump.npz"
PENALTIES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
"""Penalties to choose among, in squared standard deviations summed over the values."""
STARTS = 30
"""Starts of which the best counts."""
LEVELS = {2: ((5, 3), (20, 1)), 3: ((5, 3), (10, 1), (20, 1)), 4: ((5, 2), (10, 1)), 5: ((3, 2), (6, 1))}
"""Grids of the continuous model by number of states, coarse to fine: steps that a probability is a multiple of one in, and how
many of the solutions go on on the next."""
LEAP, LEAPED = 0.1, 4
"""The continuous model's starts descend as discrete ones first, at this share of the penalty, since many small steps cost less
than one leap; and how many of their solutions go on."""
MAX_ROUNDS, TRIALS = 300, 3
SEEDED_FROM = 1000
"""Rows, evenly spread, that starts are drawn from."""
PRIOR_DAYS = 21
"""Days of average variance that each state is given when a penalty is chosen."""


class Solution(NamedTuple):
    """Centres (k, n_values), probabilities of the states on each row (n_rows, k), and the objective they reach."""

    centres: Float
    probabilities: Float
    objective: float

    @property
    def codes(self) -> Codes:
        """Likeliest state of each row, (n_rows,)."""
        return np.asarray(self.probabilities.argmax(axis=1), dtype=np.int8)


def solve(
    rows: Float,
    *,
    k: int,
    penalty: float,
    continuous: bool = False,
    n_init: int = STARTS,
    random_state: int = 0,
    finest: int = LEVELS[2][-1][0],
) -> Solution:
    """Least objective found from ``n_init`` starts. rows : (n_rows, n_values), standardised, at least k of them that differ.

    finest : grids of the continuous model with more steps than this are left out; 5 or more.
    """
    rows = np.ascontiguousarray(rows, dtype=np.float64)
    rng = np.random.default_rng(random_state)
    spread = np.ascontiguousarray(rows[:: -(-len(rows) // SEEDED_FROM)])
    starts = np.array([kernels.seeds(spread, k, rng.random((k, TRIALS))) for _ in range(n_init)])
    corners = kernels.simplex(k, 1)
    if not continuous:
        return _finished(rows, _descended(rows, starts, corners, penalty, 1)[0], corners, penalty)
    starts = _descended(rows, starts, corners, penalty * LEAP, LEAPED)
    for steps, kept in LEVELS[k]:
        if steps <= finest:
            points = kernels.simplex(k, steps)
            starts = _descended(rows, starts, points, penalty, kept)
    return _finished(rows, starts[0], points, penalty)


def _descended(rows: Float, starts: Float, points: Float, penalty: float, kept: int) -> Float:
    """Centres of the best solutions that starts come to, best first, (kept, k, n_values)."""
    centres, objectives = kernels.descend(rows, starts, points, kernels.penalties(points, penalty), MAX_ROUNDS)
    return np.asarray(centres[np.argsort(objectives, kind="stable")[:kept]])


def _finished(rows: Float, centres: Float, points: Float, penalty: float) -> Solution:
    path, objective = kernels.cheapest(rows, centres, points, kernels.penalties(points, penalty))
    return Solution(centres, points[path], float(objective))


class Jump:
    """Statistical jump model of a market's standardised values; states rise with the centre of the VIX, else of volatility.

    k : number of states. penalty : of a change from one state to another, in squared standard deviations summed over the
    values; chosen on past days where None. continuous : days may lie between states. n_init : starts, of which the best
    counts. random_state : seed of the starts.

    Fitted: ``columns_`` (names of the values), ``mean_`` and ``scale_`` (n_values,) of the days fitted on, ``centres_``
    (k, n_values) standardised, ``penalty_``, ``costs_`` (n_points,) of the cheapest path to each point on the last day fitted
    on, above the least of them, ``fitted_through_`` (that day, int nanoseconds since 1970 UTC).
    """

    name: ClassVar[str] = "jump"
    window = YEAR

    def __init__(
        self,
        *,
        k: int = 2,
        penalty: float | None = None,
        continuous: bool = False,
        n_init: int = STARTS,
        random_state: int = 0,
    ) -> None:
        self.k = k
        self.penalty = penalty
        self.continuous = continuous
        self.n_init = n_init
        self.random_state = random_state

    def fit(self, past: Market) -> Self:
        """Fit on every day of ``past``: pass the days that were known, and no other.

        Raises ModelError ``model.k`` for a k outside 2..5, or one that the data does not bear under the penalty.
        """
        require_k(past, self.k)
        self.penalty_ = self._chosen(past) if self.penalty is None else float(self.penalty)
        self._fit(past)
        return self

    def filter(self, days: Market) -> tuple[Codes, Float]:
        """State of each day, (n_days,), and probabilities, (n_days, k): row t rests on the fit and on days up to t only.

        Days that begin after the fit ended carry on from its last day; others begin with nothing before them. A day's state is
        the end of the cheapest path up to it. Probabilities are its point in the continuous model; in the discrete one they
        fall with the cost of ending elsewhere, as likelihoods of unit variance would, and are surer than they should be.
        """
        values = self._values(days)
        if self.continuous:
            probabilities = self._points()[values.argmin(axis=1)]
        else:
            likelihood = np.exp(values.min(axis=1, keepdims=True) - values)
            probabilities = likelihood / likelihood.sum(axis=1, keepdims=True)
        return probabilities.argmax(axis=1).astype(np.int8), probabilities

    def decode(self, days: Market) -> Codes:
        """State of each day in hindsight, (n_days,): on the cheapest path through all of them."""
        points = self._points()
        path = kernels.backward(self._values(days), kernels.penalties(points, self.penalty_))
        return np.asarray(points[path].argmax(axis=1), dtype=np.int8)

    def save(self, folder: Path) -> tuple[str, ...]:
        """Write ``jump.npz`` and return its name; the same fit gives the same bytes."""
        content = io.BytesIO()
        np.savez(
            content,
            columns=np.array(self.columns_),
            mean=self.mean_,
            scale=self.scale_,
            centres=self.centres_,
            penalty=np.float64(self.penalty_),
            continuous=np.bool_(self.continuous),
            costs=self.costs_,
            fitted_through=np.int64(self.fitted_through_),
        )
        (folder / WEIGHTS).write_bytes(content.getvalue())
        return (WEIGHTS,)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back what ``save`` wrote: answers are the same bit for bit."""
        with np.load(folder / WEIGHTS, allow_pickle=False) as stored:
            model = cls(k=len(stored["centres"]), penalty=float(stored["penalty"]), continuous=bool(stored["continuous"]))
            model.columns_ = tuple(str(name) for name in stored["columns"])
            model.mean_, model.scale_, model.centres_ = stored["mean"], stored["scale"], stored["centres"]
            model.penalty_, model.costs_ = float(stored["penalty"]), stored["costs"]
            model.fitted_through_ = int(stored["fitted_through"])
        return model

    def _fit(self, past: Market) -> None:
        self.columns_ = past.columns
        self.mean_, self.scale_ = scaler(past.values)
        solution = solve(
            self._standardised(past),
            k=self.k,
            penalty=self.penalty_,
            continuous=self.continuous,
            n_init=self.n_init,
            random_state=self.random_state,
        )
        met = np.unique(solution.codes)
        if len(met) < self.k:
            raise ModelError(
                "model.k",
                f"{self.k} states were asked for, and under a penalty of {self.penalty_:g} only {len(met)} of them ever come: "
                "ask for fewer, or for a smaller penalty.",
            )
        self.centres_ = solution.centres[np.argsort(solution.centres[:, past.order_column], kind="stable")]
        self.fitted_through_ = int(past.time[-1])
        last = self._values(past)[-1]
        self.costs_ = last - last.min()

    def _chosen(self, past: Market) -> float:
        """Largest penalty whose labels tell about the next day's return what the best one's do, within one standard error.

        Each is fitted on the earlier part of the past and judged on the later by the log-density of the next return in the
        state of the day. The rule of one standard error: Breiman, Friedman, Olshen, Stone, Classification and Regression
        Trees (1984); of equals it takes the states that change least.
        """
        before, block = splits.with_validation(0, past.n_days, 1, days=5 * YEAR)
        scores = {}
        for penalty in PENALTIES:
            trial = type(self)(
                k=self.k, penalty=penalty, continuous=self.continuous, n_init=self.n_init, random_state=self.random_state
            )
            trial.penalty_ = penalty
            try:
                trial._fit(past.rows(before.start, before.stop))
            except ModelError:  # no day is in some state: the larger penalties will not do either
                break
            codes, _ = trial.filter(past.rows(0, block.stop))
            scores[penalty] = _next_day_log_density(codes, past.values[: block.stop + 1, 0], self.k, block.start)
        if not scores:
            raise ModelError("model.k", f"{self.k} states were asked for, and the data has fewer: ask for fewer.")
        best = max(scores.values(), key=lambda score: float(score.mean()))
        error = {penalty: (best - score).std() / np.sqrt(len(score)) for penalty, score in scores.items()}
        return max(penalty for penalty, score in scores.items() if (best - score).mean() <= error[penalty])

    def _points(self) -> Float:
        return kernels.simplex(self.k, LEVELS[self.k][-1][0] if self.continuous else 1)

    def _values(self, days: Market) -> Float:
        """Cost of the cheapest path to each point on each day, (n_days, n_points)."""
        self._require_columns(days)
        points = self._points()
        follows = days.n_days > 0 and days.time[0] > self.fitted_through_
        start = self.costs_ if follows else np.zeros(len(points))
        rows = self._standardised(days)
        return np.asarray(kernels.forward(rows, self.centres_, points, kernels.penalties(points, self.penalty_), start))

    def _standardised(self, days: Market) -> Float:
        return np.ascontiguousarray((days.values - self.mean_) / self.scale_)

    def _require_columns(self, days: Market) -> None:
        if days.columns != self.columns_:
            raise ModelError(
                "model.columns",
                f"This model rests on {', '.join(self.columns_)}, and the data has {', '.join(days.columns)}: "
                "bring the missing one, or fit a model on this data.",
            )


def _next_day_log_density(codes: Codes, returns: Float, k: int, first: int) -> Float:
    """Log-density of the return after each day ``first:`` under a normal law per state, (n_days - first,).

    codes : (n_days,). returns : (n_days + 1,). The laws are those of the returns after days before ``first``.
    """
    after = returns[1:]
    known, told = codes[: first - 1], after[: first - 1]
    mean = told.mean()
    variance = np.empty(k)
    for state in range(k):
        squares = (told[known == state] - mean) ** 2
        variance[state] = (squares.sum() + PRIOR_DAYS * told.var()) / (len(squares) + PRIOR_DAYS)
    scored = variance[codes[first:]]
    return np.asarray(-0.5 * ((after[first:] - mean) ** 2 / scored + np.log(2.0 * np.pi * scored)))
