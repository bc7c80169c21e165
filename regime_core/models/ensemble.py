"""A mixture of detectors: their log probabilities by weights learned on markets that none of them was fitted on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import OHLCV, Float
from regime_core.errors import ArtifactError, ModelError
from regime_core.features import relative
from regime_core.models.arrays import packed, unpacked
from regime_core.models.base import Detector
from regime_core.models.boosted import Boosted
from regime_core.models.forest import Forest
from regime_core.models.linear import Linear
from regime_core.models.lstm import LSTM
from regime_core.models.margins import MarginDetector, MarginReading, softmax
from regime_core.regimes import MIN_BARS

MEMBERS: dict[str, type[MarginDetector]] = {"boosted": Boosted, "forest": Forest, "linear": Linear, "lstm": LSTM}


class Ensemble(MarginDetector):
    """A logarithmic pool: probabilities are a product of the members', each raised to its weight, and sum to 1.

    window, lead : see ``MarginDetector``. members : names of what is mixed, keys of MEMBERS.

    Fitted: ``members_``, fitted detectors in the order of ``members``, and ``shares_`` (n_members,), their weights, at least 0
    and summing to 1; ``temperature_`` has what the weights sum to beside that.
    Source: Genest and Zidek (1986), Combining probability distributions: a critique and an annotated bibliography.
    """

    name: ClassVar[str] = "ensemble"
    weights_file: ClassVar[str] = "ensemble.npz"
    columns: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *, window: int = 500, lead: float = 1.5, members: Sequence[str] = ("boosted", "lstm")) -> None:
        self.window = window
        self.lead = lead
        self.members = members

    def fit(
        self,
        detectors: Sequence[MarginDetector],
        markets: Sequence[tuple[OHLCV, NDArray[np.int8]]],
        *,
        rows_a_market: int = 300,
    ) -> Self:
        """Find the weights and the temperature of the least log-loss on markets that no member was fitted on.

        detectors : fitted and calibrated, in the order of ``members``. markets : bars and their true regimes, (n_bars,).
        rows_a_market : spread evenly over each market's bars, at most.
        """
        if [detector.name for detector in detectors] != list(self.members):
            raise ModelError("model.members", f"The ensemble mixes {', '.join(self.members)}: give it these, in this order.")
        logs, codes = [], []
        for bars, regimes in markets:
            rows = np.unique(np.linspace(MIN_BARS - 1, len(regimes) - 1, rows_a_market).astype(np.int64))
            known = relative.Known(bars)
            readings = [one.reading(bars, known) for one in detectors]
            logs.append(_log_probabilities(detectors, readings, MIN_BARS - 1)[:, rows - MIN_BARS + 1])
            codes.append(regimes[rows])
        weights = pool_weights(np.concatenate(logs, axis=1), np.concatenate(codes))
        if not weights.any():
            raise ModelError("model.members", "No member of the ensemble knows more than chance on these markets.")
        self.members_ = tuple(detectors)
        self.temperature_ = float(1.0 / weights.sum())
        self.take(packed(shares=weights / weights.sum()))
        return self

    def reading(self, bars: OHLCV, known: relative.Known) -> EnsembleReading:
        """Have each member read the same."""
        return EnsembleReading(self, bars, known)

    def take(self, weights: bytes) -> None:
        """Be fitted with packed weights of the members. Raises ArtifactError if they are no weights of so many."""
        (shares,) = unpacked(weights, ("shares",))
        if shares.shape != (len(self.members),) or not (shares >= 0).all() or not np.isclose(shares.sum(), 1.0):
            raise ArtifactError("artifact.altered", "The ensemble's weights do not fit its members: restore or retrain it.")
        self.shares_, self.weights_ = shares, weights

    def save(self, folder: Path) -> tuple[str, ...]:
        """Write the weights, and the members beside them; a member that ships alone too has the same files."""
        own = super().save(folder)
        return (*own, *(name for member in self.members_ for name in member.save(folder)))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back what ``save`` wrote."""
        model = super().load(folder)
        if unknown := set(model.members) - set(MEMBERS):
            raise ArtifactError("artifact.altered", f"The ensemble has the member {unknown.pop()!r}, which is not known.")
        model.members_ = tuple(MEMBERS[name].load(folder) for name in model.members)
        return model


class EnsembleReading(MarginReading):
    """Bars that all members have read, from one pass of the forward filter."""

    _detector: Ensemble

    def __init__(self, detector: Ensemble, bars: OHLCV, known: relative.Known) -> None:
        super().__init__(detector, bars, known)
        self._of_members = [member.reading(bars, known) for member in detector.members_]

    def _made(self, start: int) -> Float:
        """Weighted log probabilities of bars ``start:``, (n_bars - start, 5)."""
        logs = _log_probabilities(self._detector.members_, self._of_members, start)
        self.fallback = next((reading.fallback for reading in self._of_members if reading.fallback), None)
        pooled = np.zeros(logs.shape[1:])
        for share, of_member in zip(self._detector.shares_, logs, strict=True):  # a product of matrices rounds by their rows
            pooled += share * of_member
        return pooled

    def effects(self, code: int) -> Float:
        """What each feature adds to the log-odds of ``code`` in each member, by the members' weights, (n_features,)."""
        effects = np.stack([reading.effects(code) for reading in self._of_members])
        return np.asarray(self._detector.shares_ @ effects / self._detector.temperature_)


def recurrent(detectors: Iterable[Detector]) -> list[LSTM]:
    """Recurrent networks among detectors, and among what ensembles of them mix."""
    apart = [one for detector in detectors for one in (detector.members_ if isinstance(detector, Ensemble) else (detector,))]
    return [one for one in apart if isinstance(one, LSTM)]


def pool_weights(log_probabilities: Float, codes: NDArray[np.int8]) -> Float:
    """Weights at least 0 of the logarithmic pool of the least log-loss, (n_members,); it has one minimum only.

    log_probabilities : (n_members, n_rows, n_classes). codes : (n_rows,) the true classes.
    """
    from scipy.optimize import minimize

    n_members, n_rows, _ = log_probabilities.shape
    of_truth = log_probabilities[:, np.arange(n_rows), codes].mean(axis=1)

    def loss_and_slope(weights: Float) -> tuple[float, Float]:
        pooled = np.tensordot(weights, log_probabilities, axes=1)
        top = pooled.max(axis=1, keepdims=True)
        raised = np.exp(pooled - top)
        total = raised.sum(axis=1, keepdims=True)
        expected = np.einsum("mrc,rc->m", log_probabilities, raised / total) / n_rows
        return float((np.log(total) + top).mean() - weights @ of_truth), expected - of_truth

    found = minimize(
        loss_and_slope, np.full(n_members, 1.0 / n_members), jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * n_members
    )
    return np.asarray(found.x)


def _log_probabilities(detectors: Sequence[MarginDetector], readings: Sequence[MarginReading], start: int) -> Float:
    """Calibrated log probabilities by each detector of bars ``start:``, (n_detectors, n_bars - start, 5)."""
    pairs = zip(detectors, readings, strict=True)
    return np.log(np.stack([softmax(reading.margins(start) / one.temperature_) for one, reading in pairs]))
