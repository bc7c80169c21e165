"""Hidden Markov model of daily returns: hmmlearn fits it, and it is answered from plain arrays without that library."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import Float
from regime_core.errors import ModelError
from regime_core.kernels import hmm as kernel
from regime_core.models.kmeans import require_k
from regime_core.states import YEAR, Codes, Market

if TYPE_CHECKING:
    from hmmlearn.hmm import GaussianHMM

WEIGHTS = "hmm.npz"
ITERATIONS, TOLERANCE = 500, 1e-3
"""Most steps of a start, and the change of the log-likelihood below which it ends."""
STAY_PRIOR, STAY_DAYS = 0.98, YEAR
"""The prior of each row of the transition matrix is worth as many days as these, of which this share stayed."""
MEAN_DAYS, VARIANCE_DAYS = 21, 5
"""Days of average mean, and of average variance, that each state is given before it is given its own."""
STAY_RANGE, LOG_VARIANCE_RANGE, MEAN_SPREAD = (0.9, 0.99), (-2.3, 1.6), 0.1
"""What starts are drawn from: share of days that stay, log-variance and mean in units of all days' own."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A Gaussian hidden Markov chain of one value a day.

    mean, variance : (k,) of the value in each state. transition : (k, k) from row to column, rows sum to 1.
    start : (k,) probabilities on the first day.
    """

    mean: Float
    variance: Float
    transition: Float
    start: Float

    def log_density(self, value: Float) -> Float:
        """Of each day's value in each state, (n_days, k)."""
        return np.asarray(-0.5 * ((value[:, None] - self.mean) ** 2 / self.variance + np.log(2.0 * np.pi * self.variance)))

    def stationary(self) -> Float:
        """Share of days spent in each state in the long run, (k,)."""
        k = len(self.mean)
        balance = np.vstack([self.transition.T - np.eye(k), np.ones(k)])
        share = np.clip(np.linalg.lstsq(balance, np.append(np.zeros(k), 1.0), rcond=None)[0], 0.0, None)
        return np.asarray(share / share.sum())

    def reordered(self, order: NDArray[np.intp]) -> Chain:
        """Return the same chain with its states in another order."""
        return Chain(self.mean[order], self.variance[order], self.transition[np.ix_(order, order)], self.start[order])


class HMM:
    """Gaussian hidden Markov model of the daily return; states are ordered by rising centre of the VIX, else of volatility.

    The return is the one value of a day that is nearly independent of the day before once the state is given, as the model
    supposes; the VIX and 21-day volatility are not, and only name the states.

    k : number of states. n_init : starts, of which that with the largest posterior density counts. random_state : their seed.

    Priors, since maximum likelihood on daily returns likes states of single days: each row of the transition matrix is
    Dirichlet, worth ``STAY_DAYS`` days of which ``STAY_PRIOR`` stayed; a state's mean and variance are worth ``MEAN_DAYS`` and
    ``VARIANCE_DAYS`` days of those of all days. They are stated in units of the returns' own deviation: hmmlearn's default of
    0.01 for a sum of squares is a hundred days of a variance of 1e-4.

    Fitted: ``chain_`` (in fractions a day), ``centres_`` (k, n_values) means of the values in each state, in the units of
    ``Market.values``, ``columns_`` their names, ``last_`` (k,) probabilities on the last day fitted on, ``fitted_through_``
    (that day, int nanoseconds since 1970 UTC), ``log_posterior_`` (of every start, up to a constant, as tried).
    """

    name: ClassVar[str] = "hmm"
    window = YEAR

    def __init__(self, *, k: int = 2, n_init: int = 10, random_state: int = 0) -> None:
        self.k = k
        self.n_init = n_init
        self.random_state = random_state

    def fit(self, past: Market) -> Self:
        """Fit on every day of ``past``: pass the days that were known, and no other. Needs hmmlearn.

        Raises ModelError ``model.k`` for a k outside 2..5, or one that the data does not bear.
        """
        from threadpoolctl import threadpool_limits

        require_k(past, self.k)
        returns = past.values[:, 0]
        spread = float(returns.std()) or 1.0
        centre = float(returns.mean())
        standard = (returns - centre) / spread
        with threadpool_limits(limits=1):  # the sums of several threads differ in their last bits from run to run
            chains = [_fitted(standard, self.k, np.random.default_rng([self.random_state, i])) for i in range(self.n_init)]
        self.log_posterior_ = np.array([_log_posterior(chain, standard) for chain in chains])
        best = chains[int(self.log_posterior_.argmax())]
        found = Chain(best.mean * spread + centre, best.variance * spread**2, best.transition, best.start)
        filtered, _ = kernel.forward(found.log_density(returns), found.start, found.transition)
        weight = kernel.smooth(filtered, found.transition)
        days = weight.sum(axis=0)
        if days.min() < 1.0:
            raise ModelError(
                "model.k", f"{self.k} states were asked for, and only {(days >= 1.0).sum()} of them ever come: ask for fewer."
            )
        centres = weight.T @ past.values / days[:, None]
        order = np.argsort(centres[:, past.order_column], kind="stable")
        self.chain_ = found.reordered(order)
        self.centres_ = np.ascontiguousarray(centres[order])
        self.columns_ = past.columns
        self.last_ = filtered[-1, order]
        self.fitted_through_ = int(past.time[-1])
        return self

    def filter(self, days: Market) -> tuple[Codes, Float]:
        """State of each day, (n_days,), and its probabilities, (n_days, k): row t rests on the fit and on days up to t only.

        Days that begin after the fit ended carry on from its last day; others begin with the long-run shares of the states.
        """
        filtered = self._filtered(days)
        return filtered.argmax(axis=1).astype(np.int8), filtered

    def decode(self, days: Market) -> Codes:
        """Likeliest state of each day in hindsight, (n_days,): later days count."""
        return np.asarray(self.smoothed(days).argmax(axis=1), dtype=np.int8)

    def smoothed(self, days: Market) -> Float:
        """Probabilities of the states in hindsight, (n_days, k)."""
        return np.asarray(kernel.smooth(self._filtered(days), self.chain_.transition))

    def forecast(self, days: Market, horizon: int) -> Float:
        """Probabilities of the state ``horizon`` days after each day, (n_days, k): row t rests on days up to t only."""
        step = np.linalg.matrix_power(self.chain_.transition, horizon)
        ahead = np.zeros((days.n_days, self.k))
        for probability, row in zip(self._filtered(days).T, step, strict=True):  # a matrix product rounds by the number of rows
            ahead += probability[:, None] * row
        return ahead

    def save(self, folder: Path) -> tuple[str, ...]:
        """Write ``hmm.npz`` and return its name; the same fit gives the same bytes."""
        content = io.BytesIO()
        np.savez(
            content,
            mean=self.chain_.mean,
            variance=self.chain_.variance,
            transition=self.chain_.transition,
            start=self.chain_.start,
            centres=self.centres_,
            columns=np.array(self.columns_),
            last=self.last_,
            fitted_through=np.int64(self.fitted_through_),
            log_posterior=self.log_posterior_,
        )
        (folder / WEIGHTS).write_bytes(content.getvalue())
        return (WEIGHTS,)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back what ``save`` wrote, without hmmlearn: answers are the same bit for bit."""
        with np.load(folder / WEIGHTS, allow_pickle=False) as stored:
            model = cls(k=len(stored["mean"]), n_init=len(stored["log_posterior"]))
            model.chain_ = Chain(stored["mean"], stored["variance"], stored["transition"], stored["start"])
            model.centres_, model.columns_ = stored["centres"], tuple(str(name) for name in stored["columns"])
            model.last_, model.log_posterior_ = stored["last"], stored["log_posterior"]
            model.fitted_through_ = int(stored["fitted_through"])
        return model

    def _filtered(self, days: Market) -> Float:
        chain = self.chain_
        start = chain.stationary()
        if days.n_days and days.time[0] > self.fitted_through_:
            fitted, first = (np.datetime64(int(day), "ns").astype("M8[D]") for day in (self.fitted_through_, days.time[0]))
            start = self.last_ @ np.linalg.matrix_power(chain.transition, max(1, int(np.busday_count(fitted, first))))
        filtered: Float = kernel.forward(chain.log_density(days.values[:, 0]), start, chain.transition)[0]
        return filtered


def _fitted(standard: Float, k: int, rng: np.random.Generator) -> Chain:
    """Local maximum of the posterior from one start. standard : (n_days,) returns of mean 0 and deviation 1."""
    model = _start(k, rng)
    model.fit(standard[:, None])
    return Chain(model.means_[:, 0], model.covars_[:, 0, 0], model.transmat_, model.startprob_)


def _start(k: int, rng: np.random.Generator) -> GaussianHMM:
    """Model of hmmlearn with our priors and drawn parameters, which it starts from."""
    from hmmlearn import base, hmm

    class Monitor(base.ConvergenceMonitor):  # type: ignore[misc]
        """Ends where the log-likelihood no longer moves: the priors may also lower it, which hmmlearn takes for a fault."""

        def report(self, log_prob: float) -> None:
            self.history.append(log_prob)
            self.iter += 1

        @property
        def converged(self) -> bool:
            still = len(self.history) > 1 and abs(self.history[-1] - self.history[-2]) < self.tol
            return bool(self.iter == self.n_iter or still)

    model = hmm.GaussianHMM(
        k,
        covariance_type="diag",
        transmat_prior=_transition_prior(k),
        means_prior=0.0,
        means_weight=MEAN_DAYS,
        covars_prior=VARIANCE_DAYS,
        covars_weight=1 + VARIANCE_DAYS,
        n_iter=ITERATIONS,
        tol=TOLERANCE,
        init_params="",
    )
    model.monitor_ = Monitor(TOLERANCE, ITERATIONS, False)
    stay = rng.uniform(*STAY_RANGE, size=k)
    model.startprob_ = np.full(k, 1.0 / k)
    model.transmat_ = np.where(np.eye(k, dtype=bool), stay[:, None], (1.0 - stay[:, None]) / (k - 1))
    model.means_ = MEAN_SPREAD * rng.standard_normal((k, 1))
    model.covars_ = np.exp(rng.uniform(*LOG_VARIANCE_RANGE, size=(k, 1)))
    return model


def _transition_prior(k: int) -> Float:
    """Dirichlet parameters of each row of the transition matrix, (k, k)."""
    stay = np.eye(k, dtype=bool)
    return np.asarray(1.0 + STAY_DAYS * np.where(stay, STAY_PRIOR, (1.0 - STAY_PRIOR) / (k - 1)))


def _log_posterior(chain: Chain, standard: Float) -> float:
    """Log-likelihood and log-priors of a chain of standardised returns, up to a constant."""
    _, log_likelihood = kernel.forward(chain.log_density(standard), chain.start, chain.transition)
    moves = ((_transition_prior(len(chain.mean)) - 1.0) * np.log(chain.transition)).sum()
    means = -0.5 * (MEAN_DAYS * chain.mean**2 / chain.variance).sum()
    variances = -0.5 * VARIANCE_DAYS * (1.0 / chain.variance + np.log(chain.variance)).sum()
    return float(log_likelihood + moves + means + variances)
