"""What rules would have earned, and how detectors do on markets whose truth is known."""

from __future__ import annotations

from collections.abc import Callable

from regime_core import backtests, trials
from regime_core.backtests import Tested, Trade
from regime_core.bars import OHLCV
from regime_core.datasets import Dataset
from regime_core.trials import Answers, Cell, Trial
from results.base import Kept, Sources, key_of
from results.of_labels import LabelResults
from results.of_states import StateResults

TESTS_KEPT = 64
TRIALS_KEPT = 64


class TrialResults(LabelResults, StateResults):
    """Backtests and trials."""

    def __init__(self, sources: Sources) -> None:
        """Nothing is made yet."""
        super().__init__(sources)
        self._tests: Kept[Tested] = Kept(TESTS_KEPT)
        self._trials: Kept[Trial] = Kept(TRIALS_KEPT)

    def tested_labels(self, dataset: Dataset, model: str, out: tuple[int, ...], trade: Trade) -> Tested | None:
        """Backtest of staying out of regimes as a detector named them; None while its labels still have to be made.

        Raises RegimeError as ``backtests.of_labels`` does.
        """
        labels = self.labels(dataset, model)
        if labels is None:
            return None
        key = (*self._label_key(dataset, labels.model), out, trade)
        return self._tests.get(key, lambda: backtests.of_labels(dataset.bars, labels, out, trade))

    def tested_states(
        self, dataset: Dataset, k: int | None, out: Callable[[int], tuple[int, ...]], trade: Trade, *, horizon: int | None
    ) -> Tested | None:
        """Backtest of staying out of stress states, forecast ``horizon`` days ahead or, where None, today's as known today.

        out : number of states -> codes to stay out of. None while ``walk_forward`` has none.
        Raises RegimeError as ``walk_forward`` and ``backtests.of_labels`` do.
        """
        walk = self.walk_forward(dataset, k)
        if walk is None:
            return None
        codes = out(walk.k)
        key = (*self._walk_key(dataset, k), *key_of(dataset, None), codes, trade, horizon)

        def make() -> Tested:
            if horizon is None:
                return backtests.of_states(dataset.bars, walk, codes, trade)
            return backtests.of_forecasts(dataset.bars, walk, codes, trade, horizon=horizon)

        return self._tests.get(key, make)

    def trial(self, cell: Cell, model: str | None = None) -> Trial:
        """How well a detector names the regimes of simulated markets; made anew for each version of the model."""
        ref = self._engine().entry(model).ref

        def answers(bars: OHLCV) -> Answers:
            labels = self._engine().label(bars, model=ref.name)
            return Answers(labels.codes, labels.probabilities)

        return self._trials.get((cell, ref), lambda: trials.of_detector(cell, answers))

    def yardstick(self, cell: Cell) -> Trial:
        """How well the exact Bayes filter names the regimes of the same markets."""
        return self._trials.get((cell, None), lambda: trials.of_yardstick(cell))
