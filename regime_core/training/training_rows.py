"""What detectors learnt from, as ``final_model`` keeps it; as a command, for a folder that was trained without it.

``python -m regime_core.training.training_rows [FOLDER]``
"""

from __future__ import annotations

import sys
from pathlib import Path

from regime_core import MODEL_DIR, artifacts
from regime_core.errors import RegimeError
from regime_core.features import relative
from regime_core.models.training_rows import TrainingRows
from regime_core.training.lessons import Lessons, lessons
from regime_core.training.plan import Plan
from regime_core.training.progress import silent


def training_rows(taught: Lessons) -> TrainingRows:
    """Deciles of each feature, and shares of the regimes, over all training rows."""
    return TrainingRows.of(relative.NAMES, *taught.train)


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
    rows = training_rows(taught)
    artifacts.add_training_rows(folder, rows)
    return rows


if __name__ == "__main__":
    added = add(Path(sys.argv[1]) if len(sys.argv) > 1 else MODEL_DIR, Plan(), 0)
    print(f"{artifacts.DRIFT}: {added.n_rows:,} training rows of {len(added.names)} features")
