"""Adds what detectors learnt from to a model folder that was trained without keeping it.

``python -m regime_core.training.learnt_from [FOLDER]``
"""

from __future__ import annotations

import sys
from pathlib import Path

from regime_core import MODEL_DIR, artifacts
from regime_core.errors import RegimeError
from regime_core.models.training_rows import TrainingRows
from regime_core.training.lessons import lessons
from regime_core.training.plan import Plan
from regime_core.training.progress import silent


def add(folder: Path, plan: Plan, seed: int) -> TrainingRows:
    """Simulate again what the detectors of a folder learnt from, and add what it looked like; the models stay as they are.

    Raises RegimeError ``training.other_rows`` where these are not the rows that the default detector learnt from.
    """
    models = artifacts.load(folder, kinds=(artifacts.DETECTOR,), detectors=(None,))
    taught = lessons(plan, seed, silent)
    if taught.sha256 != models.entries[models.default].training.get("data_sha256"):
        raise RegimeError(
            "training.other_rows", f"{folder}: {models.default} learnt from other rows than seed {seed} and this plan give."
        )
    artifacts.add_training_rows(folder, taught.training_rows)
    return taught.training_rows


if __name__ == "__main__":
    added = add(Path(sys.argv[1]) if len(sys.argv) > 1 else MODEL_DIR, Plan(), 0)
    print(f"{artifacts.DRIFT}: {added.n_rows:,} training rows of {len(added.names)} features")
