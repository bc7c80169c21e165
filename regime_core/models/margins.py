"""What detectors on the forward filter have in common: margins, a temperature, and labels that hold on."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from inspect import signature
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from regime_core.bars import OHLCV, Float
from regime_core.errors import ArtifactError, ModelError
from regime_core.features import relative
from regime_core.kernels import persistence
from regime_core.models import reasons
from regime_core.models.base import Filtered
from regime_core.regimes import MIN_BARS, N_REGIMES, UNKNOWN_CODE

TEMPERATURES = np.exp(np.linspace(np.log(0.5), np.log(2.0), 141))


class MarginDetector(ABC):
    """A detector that gives each regime a margin, the log-odds of it, from what the forward filter makes of the bars.

    A subclass sets ``name`` and ``weights_file``, and says how bars are read and weights taken from bytes; its ``__init__``
    takes parameters by name and stores them.

    window : bars wanted for full accuracy.
    lead : log-odds, summed over the bars, by which a new regime must lead the one held before the label changes; in hindsight,
    what a change of label costs. See ``kernels.persistence``.
    Fitted: ``weights_`` (bytes of the weights file), ``temperature_`` (margins are divided by it).
    """

    name: ClassVar[str]
    weights_file: ClassVar[str]
    columns: ClassVar[tuple[str, ...]] = relative.NAMES
    """What the margins are made of: weights for other columns are refused."""
    not_saved: ClassVar[tuple[str, ...]] = ()
    """Parameters that are of a machine, not of the model."""
    window: int
    lead: float
    weights_: bytes
    temperature_: float

    @abstractmethod
    def take(self, weights: bytes) -> None:
        """Be fitted with what a weights file holds. Raises ArtifactError if that is not usable."""

    def read(self, bars: OHLCV) -> MarginReading:
        """Read bars, for several questions about the same ones."""
        self._require_fitted()
        if bars.n_bars < MIN_BARS:
            raise ModelError("model.too_few_bars", f"{self.name} needs {MIN_BARS} bars, got {bars.n_bars}.")
        return self.reading(bars, relative.Known(bars))

    @abstractmethod
    def reading(self, bars: OHLCV, known: relative.Known) -> MarginReading:
        """Read bars of which it is known already what the forward filter makes of them."""

    def filter(self, bars: OHLCV, *, start: int = 0) -> Filtered:
        """Causal labels of bars ``start:``; rows before the fiftieth bar are unknown."""
        return self.read(bars).filter(start)

    def decode(self, bars: OHLCV) -> NDArray[np.int8]:
        """Labels of all bars with hindsight; those before the fiftieth bar are unknown."""
        return self.read(bars).decode()

    def held(self, margins: Float, before: int) -> Filtered:
        """Labels of the rows of margins after the first ``before``, which are only looked back on."""
        if len(margins) <= relative.PIECE:
            return self._held(margins, before)
        back, size = persistence.MEMORY - 1, relative.PIECE
        with ThreadPoolExecutor(2) as pool:
            pieces = list(
                pool.map(
                    lambda at: self._held(margins[max(0, at - back) : at + size], min(at, back)),
                    range(before, len(margins), size),
                )
            )
        return Filtered(*(np.concatenate(column) for column in zip(*pieces, strict=True)))

    def _held(self, margins: Float, before: int) -> Filtered:
        return Filtered(*persistence.label(margins, self.temperature_, self.lead, before))

    def save(self, folder: Path) -> tuple[str, ...]:
        """Write the weights in their own format, and parameters and temperature as JSON."""
        self._require_fitted()
        settings = {
            "parameters": {
                name: getattr(self, name) for name in signature(type(self)).parameters if name not in self.not_saved
            },
            "temperature": self.temperature_,
            "features": list(self.columns),
        }
        (folder / self.weights_file).write_bytes(self.weights_)
        (folder / f"{self.name}.json").write_text(json.dumps(settings, indent=1) + "\n")
        return self.weights_file, f"{self.name}.json"

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back what ``save`` wrote, without the library that fitted it.

        Raises ArtifactError if a file is missing or wants other features than this version computes.
        """
        path = folder / f"{cls.name}.json"
        try:
            settings = json.loads(path.read_bytes())
            weights = (folder / cls.weights_file).read_bytes()
            model = cls(**settings["parameters"])
            model.temperature_ = float(settings["temperature"])
            features = tuple(settings["features"])
        except FileNotFoundError as error:
            raise ArtifactError("artifact.missing", f"{error.filename} is missing: restore or retrain the model.") from error
        except (ValueError, KeyError, TypeError) as error:
            raise ArtifactError("artifact.altered", f"{path} is not usable ({error}): restore it.") from error
        if features != cls.columns:
            raise ArtifactError("artifact.features", f"{path} wants other features than this version has: retrain it.")
        model.take(weights)
        return model

    def _require_fitted(self) -> None:
        if not hasattr(self, "weights_"):
            raise ModelError("model.not_fitted", f"{self.name} was not fitted: load it from a model folder or call fit.")


class MarginReading(ABC):
    """Bars that a ``MarginDetector`` has read: what it says of them rests on one pass of the forward filter.

    A subclass says how margins are ``_made`` and what ``effects`` are.
    """

    fallback: str | None = None

    def __init__(self, detector: MarginDetector, bars: OHLCV, known: relative.Known) -> None:
        self._detector = detector
        self._bars = bars
        self._known = known
        self._first = bars.n_bars
        self._margins = np.empty((0, N_REGIMES))

    def margins(self, start: int) -> Float:
        """Margins of bars ``start:``, (n_bars - start, 5); not made again once they were. start : MIN_BARS - 1 or later."""
        if start < self._first:
            self._margins = self._made(start)
            self._first = start
        return self._margins[start - self._first :]

    @abstractmethod
    def _made(self, start: int) -> Float:
        """Margins of bars ``start:``, of which those from ``_first`` on are in ``_margins`` already."""

    @abstractmethod
    def effects(self, code: int) -> Float:
        """What each feature of the last bar adds to the log-odds of regime ``code`` against all others, (n_features,)."""

    def decode(self) -> NDArray[np.int8]:
        """Labels of all bars with hindsight; those before the fiftieth bar are unknown."""
        codes = np.full(self._bars.n_bars, UNKNOWN_CODE, dtype=np.int8)
        first = MIN_BARS - 1
        codes[first:] = persistence.decode(self.margins(first) / self._detector.temperature_, self._detector.lead)
        return codes

    def filter(self, start: int) -> Filtered:
        """Causal labels of bars ``start:``; rows before the fiftieth bar are unknown."""
        n_bars = self._bars.n_bars
        known_from = min(max(MIN_BARS - 1, start), n_bars)
        first = max(MIN_BARS - 1, known_from - persistence.MEMORY + 1)
        known = self._detector.held(self.margins(first), known_from - first)
        unknown = known_from - start
        if unknown == 0:
            return known
        return Filtered(
            np.concatenate([np.full(unknown, UNKNOWN_CODE, dtype=np.int8), known.codes]),
            np.concatenate([np.full((unknown, N_REGIMES), 1.0 / N_REGIMES), known.probabilities]),
            np.concatenate([np.zeros(unknown), known.confidence]),
        )

    def evidence(self, code: int) -> str:
        """What moved label ``code`` of the last bar most, with values in the instrument's own units; see ``models.reasons``."""
        row = self._known.matrix(self._bars.n_bars - 1)[0]
        return reasons.in_words(reasons.reasons(self.effects(code), code), row, code, self._bars.close)

    def inputs(self) -> Float:
        """Features of the last bar in the order of ``features.relative``, (n_features,)."""
        return np.asarray(self._known.matrix(self._bars.n_bars - 1)[0], dtype=np.float64)


def best_temperature(margins: Float, codes: NDArray[np.int8]) -> float:
    """Temperature of the least log-loss. margins : (n_rows, n_classes). codes : (n_rows,) the true classes."""
    rows = np.arange(len(codes))
    losses = [-np.log(softmax(margins / t)[rows, codes]).mean() for t in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])


def softmax(margins: Float) -> Float:
    """Probabilities of log-odds, (n_rows, n_classes)."""
    return np.asarray(persistence.softmax(margins))
