"""First stage: the histories of a folder become the market that states are learnt from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regime_core import states
from regime_core.bars import OHLCV
from regime_core.errors import RegimeError
from regime_core.readers import read_csv
from regime_core.states import Market


@dataclass(frozen=True, slots=True)
class History:
    """What a folder holds. sha256 : of the days and values that states are learnt from."""

    market: Market
    sha256: str

    def about(self) -> dict[str, Any]:
        """First and last day, number of days, columns and hash, as the manifest keeps them."""
        return {
            "first": _day(self.market, 0),
            "last": _day(self.market, -1),
            "days": self.market.n_days,
            "data_sha256": self.sha256,
            "columns": list(self.market.columns),
        }


def ingest(folder: Path) -> History:
    """Market of ``sp500.csv`` and ``vix.csv`` of a folder, or of ``sp500_daily.csv`` and ``vix_daily.csv``.

    Raises RegimeError where they are not there, ReaderError where they cannot be read, ModelError where they do not overlap.
    """
    market = states.market(*(_bars(folder, name) for name in ("sp500", "vix")))
    return History(market, hashlib.sha256(market.time.tobytes() + market.values.tobytes()).hexdigest())


def _bars(folder: Path, name: str) -> OHLCV:
    paths = [folder / f"{stem}.csv" for stem in (name, f"{name}_daily")]
    for path in paths:
        if path.exists():
            return read_csv(path).bars
    raise RegimeError(
        "file.missing", f"{folder} has neither {paths[0].name} nor {paths[1].name}: name a folder of daily histories as --data."
    )


def _day(market: Market, row: int) -> str:
    return str(market.time[row].view("M8[ns]").astype("M8[D]"))
