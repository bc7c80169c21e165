"""How far what is answered has moved from what the models learnt from, from the counts of all workers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from regime_core.evaluation.stability import population_stability_index
from regime_core.models.training_rows import N_BINS, TrainingRows
from regime_core.regimes import REGIME_NAMES


def gauges(families: Iterable[Metric], expected: TrainingRows, model: str) -> Iterator[Metric]:
    """Stability indices of the inputs and of the mix of regimes, the share of flips, and the answers these rest on.

    families : of ``telemetry``, summed over the workers. expected : what the detectors learnt from. model : the default, whose
    mix and flips are told; pages aside, as they show the same bars again and again. A gauge without an answer yet is left out.
    """
    counted = _Counted(families)
    bins = counted.bins(expected.names)
    mix = counted.regimes(model)
    rows, answers = int(bins.sum(axis=1).max()), int(mix.sum())
    yield GaugeMetricFamily("drift_inputs_answers", "Answers that drift_feature_psi rests on.", rows)
    yield GaugeMetricFamily("drift_mix_answers", "Answers that drift_regime_mix_psi and drift_flip_ratio rest on.", answers)
    if rows:
        of_features = GaugeMetricFamily(
            "drift_feature_psi", "Population stability index of a feature against training.", labels=["feature"]
        )
        for name, index in zip(expected.names, population_stability_index(bins, expected.shares), strict=True):
            of_features.add_metric([name], index)
        yield of_features
    if answers:
        index = population_stability_index(mix[None], expected.regimes[None])[0]
        yield GaugeMetricFamily(
            "drift_regime_mix_psi", "Population stability index of the default model's regimes against training.", index
        )
        yield GaugeMetricFamily(
            "drift_flip_ratio",
            "Share of the default model's answers whose regime is another than a bar before.",
            counted.flips(model) / answers,
        )


class _Counted:
    """Samples of counters, by the name of the family."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._samples = {
            family.name: [sample for sample in family.samples if sample.name.endswith("_total")] for family in families
        }

    def bins(self, names: tuple[str, ...]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        """Answers by input and decile, (n_inputs, N_BINS)."""
        counts = np.zeros((len(names), N_BINS))
        at = {name: row for row, name in enumerate(names)}
        for sample in self._samples.get("feature_bin", []):
            if sample.labels["feature"] in at:
                counts[at[sample.labels["feature"]], int(sample.labels["bin"])] = sample.value
        return counts

    def regimes(self, model: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        """Answers of a model by the regime named, (5,)."""
        counts = dict.fromkeys(REGIME_NAMES, 0.0)
        for sample in self._samples.get("prediction_requests", []):
            labels = sample.labels
            if labels["model"] == model and labels["source"] != "page" and labels["regime"] in counts:
                counts[labels["regime"]] += sample.value
        return np.array(list(counts.values()))

    def flips(self, model: str) -> float:
        """Answers of a model that were flips."""
        return sum(sample.value for sample in self._samples.get("regime_flips", []) if sample.labels["model"] == model)
