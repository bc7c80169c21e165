"""Train the detectors on simulated markets: fit, calibrate, score on markets never seen, save."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from regime_core import artifacts
from regime_core.features import relative
from regime_core.models import Boosted, Rules
from regime_core.training.heldout import choose_window, held_out_scores
from regime_core.training.markets import DURATION_RANGE, LENGTH_RANGE, S0_RANGE, rows
from regime_core.training.progress import Progress, silent
from regime_core.training.sets import set_threshold


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is simulated; the defaults are those of the shipped model.

    train_markets, validation_markets : of random parameters and lengths. rows_a_market : taken at random from each, at most.
    test_paths : of TEST_BARS bars, for each s0, mean duration and kind of shocks.
    """

    train_markets: int = 4000
    validation_markets: int = 300
    rows_a_market: int = 300
    test_paths: int = 4


def train(out: Path, *, seed: int, progress: Progress | None = None, plan: Plan | None = None) -> None:
    """Rebuild every shipped model into the folder ``out``; the same seed gives the same bytes.

    progress : called with the stage, how much is done and how much there is.
    """
    plan = plan or Plan()
    tell = progress or silent
    features, codes = rows(plan.train_markets, plan.rows_a_market, part="train", seed=seed, progress=tell)
    tell("fit", 0, 1)
    model = Boosted(random_state=seed).fit(features, codes)
    tell("fit", 1, 1)
    model.calibrate(*rows(plan.validation_markets, plan.rows_a_market, part="validation", seed=seed, progress=tell))
    figures = held_out_scores(model, seed=seed, paths=plan.test_paths, progress=tell)
    model.window = choose_window(figures["agreement_by_window"])
    training = {
        "seed": seed,
        "rows": len(codes),
        "s0": list(S0_RANGE),
        "mean_duration": list(DURATION_RANGE),
        "bars": list(LENGTH_RANGE),
        "data": "simulated markets, see docs/models.md",
        **asdict(plan),
    }
    threshold = set_threshold(
        model,
        first=plan.validation_markets,
        n_markets=2 * plan.validation_markets,
        rows_a_market=plan.rows_a_market,
        seed=seed,
        progress=tell,
    )
    artifacts.save(
        out,
        [
            artifacts.Fitted(model, relative.NAMES, training, figures, threshold),
            artifacts.Fitted(Rules()),
        ],
        default=Boosted.name,
    )
