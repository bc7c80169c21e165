"""One engine a process: loads the models once and answers every face of the product, so that all give the same labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from regime_core import artifacts, walkforward
from regime_core.artifacts import Artifacts, ModelEntry
from regime_core.bars import DAY_NS, OHLCV, all_positive, with_arithmetic_moves
from regime_core.errors import ModelError
from regime_core.evaluation import conformal
from regime_core.evaluation.persistence import last_run
from regime_core.kernels import cut_trees, persistence
from regime_core.models import Detector, Filtered, Forecaster, Reading, Rules, jump
from regime_core.models.cards import Card
from regime_core.models.ensemble import recurrent
from regime_core.models.lstm import LSTM, Device
from regime_core.models.rules import metrics_row
from regime_core.models.training_rows import TrainingRows
from regime_core.regimes import (
    ALL_REGIMES,
    MIN_BARS,
    N_REGIMES,
    REGIMES,
    UNKNOWN,
    UNKNOWN_CODE,
    Detection,
    Labels,
    Metrics,
    Regime,
)
from regime_core.states import Clustering, Forecast, Market, WalkForward

EXPLAIN_BARS = 252
"""Bars that the metrics beside a label rest on: as many as a label of a file under rules does."""
RECENT_BARS = cut_trees.BLOCK - persistence.MEMORY + 1
"""Bars labelled for an answer: the last one, and those before it for its age.

With those that labels look back on they fill one block of the trees, which takes as long for fewer. So does each further look
back: it reads twice as many bars.
"""


class Engine:
    """Detectors of one verified model folder. They answer on the CPU until ``answer_on`` says otherwise."""

    def __init__(self, models: Artifacts) -> None:
        self._models = models
        # A client's answer under rules rests on all bars sent; labels of a file on a trailing window.
        self._answering: dict[str, Detector] = {**models.detectors}
        if "rules" in self._answering:
            self._answering["rules"] = Rules(window=0)

    @classmethod
    def load(cls, folder: Path) -> Engine:
        """Engine of a model folder. Raises ArtifactError if a file is missing or altered."""
        return cls(artifacts.load(folder))

    @classmethod
    def load_one(cls, folder: Path, model: str | None = None) -> Engine:
        """Engine that answers by one detector alone, and is there sooner. model : as for ``entry``. Raises as ``load``."""
        name = None if model is None else model.partition("@")[0]
        return cls(artifacts.load(folder, kinds=(artifacts.DETECTOR,), detectors=(name,)))

    def answer_on(self, device: Device, *, or_say_so: bool = False) -> None:
        """Have recurrent models answer on a device. ``auto`` : a card where there is one that the default model can use.

        A folder without recurrent models stays on the CPU. PyTorch is imported only where they may use a card.
        or_say_so : see ``LSTM.answer_on``. Raises ModelError ``model.device`` for CUDA where PyTorch sees no card.
        """
        on_card = self._recurrent if device != "auto" or recurrent([self._models.detectors[self.default]]) else []
        for model in on_card if device != "cpu" else []:
            model.answer_on(device, or_say_so=or_say_so)

    @property
    def device(self) -> str:
        """Where recurrent models answer: ``cuda``, or ``cpu``, where all others answer too."""
        return "cuda" if any(not card.lost for card in self._cards) else "cpu"

    @property
    def lost(self) -> bool:
        """Whether a card that recurrent models should answer on is lost."""
        return any(card.lost for card in self._cards)

    def take_pass_sizes(self) -> list[int]:
        """Sequences in each forward pass on a card since this was last asked."""
        return [size for card in self._cards for size in card.take_sizes()]

    @property
    def _recurrent(self) -> list[LSTM]:
        return recurrent(self._models.detectors.values())

    @property
    def _cards(self) -> list[Card]:
        return [model.card_ for model in self._recurrent if model.card_ is not None]

    @property
    def default(self) -> str:
        """Name of the model that answers when none is named."""
        return self._models.default

    @property
    def training_rows(self) -> TrainingRows | None:
        """What the detectors learnt from; None where the model folder does not say."""
        return self._models.training_rows

    @property
    def entries(self) -> dict[str, ModelEntry]:
        """What the manifest says of each model, by name."""
        return dict(self._models.entries)

    def entry(self, model: str | None = None) -> ModelEntry:
        """Manifest entry of ``name`` or ``name@version``; the default's for None.

        Raises ModelError ``model.unknown`` for a name that is not there, ``model.gone`` for a version that is no longer served.
        """
        name, at, version = (self.default if model is None else model).partition("@")
        found = self._models.entries.get(name)
        if found is None:
            known = ", ".join(self._models.entries)
            raise ModelError("model.unknown", f"There is no model {name!r}: ask for one of {known}.")
        if at and version != found.version:
            raise ModelError("model.gone", f"{name}@{version} is no longer served; the current one is {name}@{found.version}.")
        return found

    def label(self, bars: OHLCV, *, model: str | None = None) -> Labels:
        """Causal labels of every bar; all unknown for fewer than ``MIN_BARS`` bars.

        bars : may have prices of zero and below; their moves in price count, see ``bars.with_arithmetic_moves``.
        Raises ModelError ``model.negative_prices`` where rules are asked about such bars: their thresholds are relative moves.
        """
        entry = self.entry(model)
        if bars.n_bars < MIN_BARS:
            return _unlabelled(bars, entry)
        filtered = self._models.detectors[entry.name].filter(_readable(bars, entry))
        return Labels(bars.time, *filtered, entry.ref)

    def label_twice(self, bars: OHLCV, *, model: str | None = None) -> tuple[Labels, NDArray[np.int8]]:
        """Labels as ``label`` gives them, and those that rest on the bars after each too, (n_bars,), from one reading.

        Both are unknown for fewer than ``MIN_BARS`` bars. Raises ModelError as ``label`` does.
        """
        entry = self.entry(model)
        if bars.n_bars < MIN_BARS:
            return _unlabelled(bars, entry), np.full(bars.n_bars, UNKNOWN_CODE, dtype=np.int8)
        reading = self._models.detectors[entry.name].read(_readable(bars, entry))
        return Labels(bars.time, *reading.filter(0), entry.ref), reading.decode()

    def hindsight(self, bars: OHLCV, *, model: str | None = None) -> NDArray[np.int8]:
        """Labels of every bar that rest on the bars after it too, (n_bars,); unknown for fewer than ``MIN_BARS`` bars.

        Raises ModelError as ``label`` does.
        """
        entry = self.entry(model)
        if bars.n_bars < MIN_BARS:
            return np.full(bars.n_bars, UNKNOWN_CODE, dtype=np.int8)
        return self._models.detectors[entry.name].decode(_readable(bars, entry))

    def detect(
        self, bars: OHLCV, *, model: str | None = None, history: bool = False, warnings: tuple[str, ...] = ()
    ) -> Detection:
        """Regime of the last bar, with its age and what it rests on.

        history : also give the labels of every bar.
        warnings : repairs made on the way here, handed on with the answer.
        """
        entry = self.entry(model)
        if bars.n_bars < MIN_BARS:
            return _insufficient(bars, entry, warnings, self.label(bars, model=model) if history else None)
        answering, labelling = self._answering[entry.name], self._models.detectors[entry.name]
        reading = answering.read(bars)
        first = max(MIN_BARS - 1, bars.n_bars - RECENT_BARS)
        recent = reading.filter(first)
        code = int(recent.codes[-1])
        age, censored = (0, False) if code == UNKNOWN_CODE else _age(reading, bars.n_bars, recent.codes, first)
        labels = None
        if history:
            labelled = reading if labelling is answering else labelling.read(bars)
            labels = Labels(bars.time, *labelled.filter(0), entry.ref)
        if labels is not None and labels.codes[-1] != code:
            warnings = (
                *warnings,
                f"regime rests on all {bars.n_bars:,} bars sent, each of labels on the {entry.window} up to it.",
            )
        evidence = reading.evidence(code)
        last, metrics, inputs, fallback = _last(recent), _metrics(bars), reading.inputs(), reading.fallback
        return _detection(entry, bars, last, age, censored, evidence, metrics, warnings, labels, inputs, fallback)

    def explain(self, bars: OHLCV, labels: Labels) -> Detection:
        """Regime of the last of these labels, with its age and what it rests on; always the last label itself.

        bars : those that were labelled. labels : of these bars, by a model of this engine.
        The metrics are of the last ``EXPLAIN_BARS`` bars.
        """
        entry = self.entry(labels.model.name)
        bars = with_arithmetic_moves(bars)
        recent = bars.rows(max(0, bars.n_bars - EXPLAIN_BARS))
        if bars.n_bars < MIN_BARS:
            return _insufficient(bars, entry, (), labels)
        code = int(labels.codes[-1])
        age = 0 if code == UNKNOWN_CODE else last_run(labels.codes)
        last = _last(Filtered(labels.codes, labels.probabilities, labels.confidence))
        evidence = self._models.detectors[entry.name].read(bars).evidence(code)
        return _detection(entry, bars, last, age, age > bars.n_bars - MIN_BARS, evidence, _metrics(recent), (), labels)

    def forecast(self, days: Market, *, explained: bool = False) -> Forecast:
        """Forecast of the stress state 1, 5 and 21 days after a market's last day, with baselines.

        explained : also with what moved it.

        Raises ModelError ``model.not_shipped`` in a folder without a forecaster, ``model.columns`` for a market without a VIX.
        """
        return self._forecaster().forecast(days, model=self.state_entry("forecaster").ref, explained=explained)

    def cluster(self, days: Market) -> Clustering:
        """States of a market's days under the shipped centres. Raises ModelError as ``forecast`` does."""
        return self._forecaster().states_.cluster(days)

    def state_entry(self, name: str) -> ModelEntry:
        """Manifest entry of a model of stress states. Raises ModelError ``model.not_shipped`` in a folder that has none."""
        found = self._models.state_entries.get(name)
        if found is None:
            raise _not_shipped(name)
        return found

    @property
    def walk_forward_k(self) -> tuple[int, ...]:
        """Numbers of states that forecasts of past years are shipped for; none where none are."""
        return () if self._models.walk_forward is None else walkforward.shipped_k(self._models.walk_forward)

    def walk_forward(self, k: int | None = None) -> WalkForward:
        """Shipped forecasts of past years, each made by models of the years before; those of the fewest states where k is None.

        Raises ModelError ``model.not_shipped`` where none are shipped, ReaderError for another k.
        """
        if self._models.walk_forward is None:
            raise _not_shipped("walk-forward")
        return walkforward.read(self._models.walk_forward, k)

    def _forecaster(self) -> Forecaster:
        if self._models.forecaster is None:
            raise _not_shipped("forecaster")
        return self._models.forecaster

    def warm_up(self) -> None:
        """Compile and touch all that an answer needs, so that the first client does not wait for it."""
        n = 4 * MIN_BARS
        close = np.exp(0.01 * np.sin(np.arange(n)))
        for step in (DAY_NS, DAY_NS // 24):  # bars within a day have kernels of their own
            time = np.arange(n, dtype=np.int64) * step
            bars = OHLCV(time, close, close * 1.01, close * 0.99, close, np.full(n, np.nan))
            for name in self._models.detectors:
                self.detect(bars, model=name, history=True)
                self.label_twice(bars, model=name)
        jump.solve(np.column_stack([close, np.arange(n) % 3.0]), k=2, penalty=1.0, n_init=1)  # the Clusters page fits it


def _readable(bars: OHLCV, entry: ModelEntry) -> OHLCV:
    if entry.name == "rules" and not all_positive(bars):
        raise ModelError(
            "model.negative_prices",
            "Some prices are zero or below, and rules compare moves in percent of the price: pick another model.",
        )
    return with_arithmetic_moves(bars)


def _unlabelled(bars: OHLCV, entry: ModelEntry) -> Labels:
    n = bars.n_bars
    unknown = np.full(n, UNKNOWN_CODE, dtype=np.int8)
    return Labels(bars.time, unknown, np.full((n, N_REGIMES), 1 / N_REGIMES), np.zeros(n), entry.ref)


def _not_shipped(name: str) -> ModelError:
    return ModelError("model.not_shipped", f"This model folder has no {name}: add it with `python -m regime_core train`.")


def _age(reading: Reading, n_bars: int, codes: NDArray[np.int8], first: int) -> tuple[int, bool]:
    """How many bars the last label has held; True where its run reaches the first bar that can be labelled.

    codes : labels of the bars from ``first`` on. Where they are all the same, more are made, further and further back.
    """
    age = last_run(codes)
    while age == len(codes) and first > MIN_BARS - 1:
        first = max(MIN_BARS - 1, first - len(codes) - persistence.MEMORY + 1)
        codes = reading.filter(first).codes
        age = last_run(codes)
    return age, age == n_bars - MIN_BARS + 1


def _last(filtered: Filtered) -> Filtered:
    return Filtered(filtered.codes[-1:], filtered.probabilities[-1:], filtered.confidence[-1:])


def _detection(
    entry: ModelEntry,
    bars: OHLCV,
    last: Filtered,
    age: int,
    censored: bool,
    evidence: str,
    metrics: Metrics,
    warnings: tuple[str, ...],
    labels: Labels | None,
    inputs: NDArray[np.float64] | None = None,
    fallback: str | None = None,
) -> Detection:
    return Detection(
        regime=ALL_REGIMES[int(last.codes[0])],
        confidence=float(last.confidence[0]),
        reasoning=_reasoning(entry, last, age, censored, evidence),
        probabilities=last.probabilities[0],
        metrics=metrics,
        as_of=int(bars.time[-1]),
        regime_age=age,
        regime_age_censored=censored,
        bars_used=bars.n_bars,
        warm=bars.n_bars >= entry.window,
        model=entry.ref,
        warnings=warnings,
        labels=labels,
        prediction_set=_prediction_set(entry, last),
        inputs=inputs,
        fallback=fallback,
    )


def _prediction_set(entry: ModelEntry, last: Filtered) -> tuple[Regime, ...] | None:
    if entry.set_threshold is None or last.codes[0] == UNKNOWN_CODE:
        return None
    inside: list[bool] = conformal.members(last.probabilities, entry.set_threshold)[0].tolist()
    likely: list[float] = last.probabilities[0].tolist()
    return tuple(REGIMES[code] for code in sorted(range(N_REGIMES), key=lambda code: -likely[code]) if inside[code])


def _insufficient(bars: OHLCV, entry: ModelEntry, warnings: tuple[str, ...], labels: Labels | None) -> Detection:
    return Detection(
        regime=UNKNOWN,
        confidence=0.0,
        reasoning=f"Insufficient data: {bars.n_bars} bars (need {MIN_BARS})",
        probabilities=np.full(N_REGIMES, 1 / N_REGIMES),
        metrics=_metrics(bars),
        as_of=int(bars.time[-1]) if bars.n_bars else None,
        regime_age=0,
        regime_age_censored=False,
        bars_used=bars.n_bars,
        warm=False,
        model=entry.ref,
        warnings=warnings,
        labels=labels,
    )


def _metrics(bars: OHLCV) -> Metrics:
    volatility, trend_strength, atr_percent, range_efficiency, momentum, ma_convergence = metrics_row(bars).tolist()
    return Metrics(volatility, trend_strength, atr_percent, range_efficiency, momentum, ma_convergence, sample_size=bars.n_bars)


def _reasoning(entry: ModelEntry, last: Filtered, age: int, censored: bool, evidence: str) -> str:
    code = int(last.codes[0])
    if code == UNKNOWN_CODE:
        return f"No regime stands out: {evidence}."
    words = ALL_REGIMES[code].name.replace("_", " ")
    held = f"for {'at least ' if censored else ''}{age:,} bar{'s' if age != 1 else ''}"
    confidence = float(last.confidence[0])
    if entry.name == "rules":
        return f"{words.capitalize()} with {confidence * 100:.0f} of 100 points, {held}: {evidence}."
    return f"{confidence * 100:.0f} % likely {words}, {held}: {evidence}."
