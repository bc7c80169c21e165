"""Where the time of one answer goes: its parts by ``boosted`` and ``rules``, as they follow each other on 252 bars.

Run from the repository: ``python -m benchmarks.parts``. Of each part the least and the median of many answers to random walks,
in microseconds by the clock; a part counts what it calls.
"""

from __future__ import annotations

import argparse
import functools
import json
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

from api import wire
from benchmarks.service import as_bars, walks
from regime_core import engine
from regime_core.features import relative
from regime_core.kernels import detection, persistence
from regime_core.kernels import relative as kernel
from regime_core.models import margins, reasons, trees

Place = tuple[Any, str]
PARTS: dict[str, dict[str, Place]] = {
    "boosted": {
        "reading the body": (wire, "decode"),
        "checking the bars": (wire, "to_bars"),
        "bars to moves": (relative, "standardised_moves"),
        "forward filter and features": (kernel, "filtered_and_features"),
        "trees": (trees.CutTrees, "margins"),
        "labels": (persistence, "label"),
        "reasons": (margins.MarginReading, "evidence"),
        "of these, the trees again": (trees.CutTrees, "contributions"),
        "of these, what to name": (reasons, "reasons"),
        "of these, words": (reasons, "in_words"),
        "metrics": (engine, "_metrics"),
        "the whole answer": (engine.Engine, "detect"),
        "writing it": (wire, "reply"),
    },
    "rules": {
        "metrics of all bars labelled": (detection, "rule_metrics"),
        "the whole answer": (engine.Engine, "detect"),
    },
}


def timed(owner: Any, name: str, spent: dict[str, float], part: str) -> Callable[[], None]:
    """Have a function add its seconds to a part; returns what undoes that."""
    whole = getattr(owner, name)

    @functools.wraps(whole)
    def measured(*given: Any, **named: Any) -> Any:
        start = time.perf_counter()
        try:
            return whole(*given, **named)
        finally:
            spent[part] += time.perf_counter() - start

    setattr(owner, name, measured)
    return lambda: setattr(owner, name, whole)


def measure(model: str, bodies: list[bytes], rounds: int) -> dict[str, list[float]]:
    """Seconds of each part, one an answer."""
    served = engine.Engine.load(Path("final_model"))
    served.warm_up()
    spent: dict[str, float] = defaultdict(float)
    undo = [timed(*place, spent, part) for part, place in PARTS[model].items()]
    found: dict[str, list[float]] = {part: [] for part in PARTS[model]}
    try:
        for body in bodies * rounds:
            spent.clear()
            series = wire.decode(body)
            bars, _ = wire.to_bars(series, max_bars=10**6)
            wire.reply(served.detect(bars, model=model))
            for part in found:
                found[part].append(spent[part])
    finally:
        for one in undo:
            one()
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    arguments = parser.parse_args()
    series = [as_bars(columns) for columns in islice(walks(1), 60)]
    bodies = [json.dumps({"bars": bars}, separators=(",", ":")).encode() for bars in series]
    print("| model | part | least, us | median, us |")
    print("|---|---|---|---|")
    for model in PARTS:
        for part, seconds in measure(model, bodies, arguments.rounds).items():
            print(f"| {model} | {part} | {1e6 * min(seconds):.0f} | {1e6 * statistics.median(seconds):.0f} |")


if __name__ == "__main__":
    main()
