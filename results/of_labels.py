"""Labels of datasets, and what is told from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from regime_core import studies
from regime_core.datasets import Dataset
from regime_core.errors import RegimeError
from regime_core.evaluation import aftermath, persistence
from regime_core.evaluation.aftermath import Aftermath
from regime_core.evaluation.persistence import Spells
from regime_core.readers import Overrides
from regime_core.regimes import MIN_BARS, N_REGIMES, Labels
from regime_core.studies import Shelf, Summary
from regime_core.uploads import Upload
from results.base import INLINE_BARS, Base, Kept, Sources

INLINE_BYTES = 1_000_000
"""Larger files are read and labelled by a job; so is whatever is packed, as it may be large inside."""
PACKED = (b"PK", b"\x1f\x8b")
QUICK_BARS = 20_000
"""Series up to here are labelled for a comparison with others, where nobody asked for their labels."""
AFTERMATH_BARS = 50_000
"""Newest bars that what followed a label rests on: in a request, however long the series is."""
LABELS_KEPT = 32
SUMMARIES_KEPT = 128


class LabelResults(Base):
    """Labels, hindsight, spells and summaries."""

    def __init__(self, sources: Sources) -> None:
        """Nothing is made yet."""
        super().__init__(sources)
        self._labels: Kept[Labels] = Kept(LABELS_KEPT)
        self._hindsight: Kept[NDArray[np.int8]] = Kept(LABELS_KEPT)
        self._summaries: Kept[Summary] = Kept(SUMMARIES_KEPT)
        self._aftermaths: Kept[dict[int, Aftermath]] = Kept(LABELS_KEPT)

    def labels(self, dataset: Dataset, model: str | None = None) -> Labels | None:
        """Labels of a dataset; None while those of a long upload still have to be made by ``start_study``."""
        ref = self._engine().entry(model).ref
        if dataset.shelf is not None and dataset.shelf.labelled(ref):
            return dataset.shelf.labels(dataset.series, ref, dataset.bars.time)
        if dataset.bars.n_bars > INLINE_BARS:
            return None
        return self._labels.get(self._label_key(dataset, ref), lambda: self._engine().label(dataset.bars, model=ref.name))

    def has_labels(self, dataset: Dataset, model: str | None = None) -> bool:
        """Whether ``labels`` and ``hindsight`` would give any at once."""
        shelf, ref = dataset.shelf, self._engine().entry(model).ref
        return dataset.bars.n_bars <= INLINE_BARS or (shelf is not None and shelf.labelled(ref))

    def labels_at_hand(self, dataset: Dataset, model: str | None = None) -> Labels | None:
        """Labels of a dataset as ``labels`` gives them, where that takes a moment; None where it would not."""
        ref = self._engine().entry(model).ref
        made = dataset.shelf is not None and dataset.shelf.labelled(ref)
        if made or dataset.bars.n_bars <= QUICK_BARS or self._labels.has(self._label_key(dataset, ref)):
            return self.labels(dataset, model)
        return None

    def aftermath(self, dataset: Dataset, model: str | None = None) -> dict[int, Aftermath]:
        """What followed each bar with the label of the newest one, beside all bars, by bars ahead; of the newest bars only.

        Empty while there are no labels, and where the newest bar has none.
        """
        labels = self.labels(dataset, model)
        if labels is None or labels.codes[-1] >= N_REGIMES:
            return {}
        close, codes = dataset.bars.close, labels.codes
        first = max(MIN_BARS - 1, len(labels) - AFTERMATH_BARS)

        def make() -> dict[int, Aftermath]:
            return {h: aftermath.aftermath(close, codes, int(codes[-1]), first=first, horizon=h) for h in aftermath.HORIZONS}

        return self._aftermaths.get(self._label_key(dataset, labels.model), make)

    def hindsight(self, dataset: Dataset, model: str | None = None) -> NDArray[np.int8] | None:
        """Labels of a dataset that rest on later bars too, (n_bars,); None while those of a long upload have to be made."""
        ref = self._engine().entry(model).ref
        if dataset.shelf is not None and dataset.shelf.labelled(ref):
            return dataset.shelf.hindsight(dataset.series, ref)
        if dataset.bars.n_bars > INLINE_BARS:
            return None
        key = self._label_key(dataset, ref)
        return self._hindsight.get(key, lambda: self._engine().hindsight(dataset.bars, model=ref.name))

    def differing(self, dataset: Dataset, model: str | None = None) -> tuple[int, int] | None:
        """Bars whose label hindsight changes, and bars that have both labels; None while that is not known."""
        ref = self._engine().entry(model).ref
        if dataset.shelf is not None and dataset.shelf.labelled(ref):
            return dataset.shelf.differing(dataset.series, ref)
        labels, hindsight = self.labels(dataset, model), self.hindsight(dataset, model)
        return None if labels is None or hindsight is None else studies.differing(labels.codes, hindsight)

    def spells(self, dataset: Dataset, model: str | None = None, *, hindsight: bool = False) -> Spells | None:
        """Spells of a dataset's labels; None while these are not there."""
        ref = self._engine().entry(model).ref
        if dataset.shelf is not None and dataset.shelf.labelled(ref):
            return dataset.shelf.spells(dataset.series, ref, hindsight=hindsight)
        labels = self.labels(dataset, model)
        codes = self.hindsight(dataset, model) if hindsight else None if labels is None else labels.codes
        if labels is None or codes is None:
            return None
        return persistence.spells(codes, labels.confidence, dataset.bars.close)

    def summary(self, upload: Upload, model: str | None = None) -> Summary | None:
        """Where each series of an upload stands, as far as it is there; None where the model has not labelled the file."""
        shelf, ref = Shelf(upload.folder / upload.reading), self._engine().entry(model).ref
        if not upload.reading or not shelf.labelled(ref):
            return None
        return self._summaries.get((str(shelf.folder), f"{ref.name}@{ref.version}"), lambda: shelf.summary(ref))

    def summary_of(self, dataset: Dataset, model: str | None = None) -> Summary | None:
        """Where a single series stands; None where ``labels`` is."""
        labels, ref = self.labels(dataset, model), self._engine().entry(model).ref
        if labels is None:
            return None
        return self._summaries.get(self._label_key(dataset, ref), lambda: studies.summary(dataset.title, dataset.bars, labels))

    def start_study(self, upload: Upload, overrides: Overrides, model: str | None = None) -> str | None:
        """Make all that the Label page shows of a file: at once where it is small, else by a job, whose id is returned.

        Raises RegimeError ``jobs.full``, and ``file.unusable`` where the disk is full.
        """
        name = self._engine().entry(model).name
        folder = self.shelf(upload, overrides).folder
        if _is_small(upload.source):
            try:
                studies.make(upload.source, folder, self._engine, _quiet, name=upload.name, overrides=overrides, model=name)
            except OSError as error:
                reason = f"The server could not keep {upload.name} ({error.strerror}): try again, or tell whoever runs it."
                raise RegimeError("file.unusable", reason) from error
            return None
        return self._jobs.start(
            [
                *("study", str(upload.source), "--out", str(folder), f"--name={upload.name}"),
                *("--model", name, "--model-dir", str(self._model_dir)),
                f"--overrides={studies.overrides_json(overrides)}",
            ]
        )

    def shelf(self, upload: Upload, overrides: Overrides) -> Shelf:
        """Where what is made of a file under these overrides lies."""
        return Shelf(upload.folder / studies.overrides_key(overrides))


def _is_small(source: Path) -> bool:
    with source.open("rb") as file:
        return source.stat().st_size <= INLINE_BYTES and not file.read(4).startswith(PACKED)


def _quiet(_stage: str, _done: int, _total: int) -> None:
    """Tell no one of the progress of what is done at once."""
