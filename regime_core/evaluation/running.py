"""How often something held over the last so many days, day by day."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


def running_share(held: NDArray[np.bool_], window: int) -> Float:
    """Share of the last ``window`` entries that are true, each entry's own included, (n,); NaN until there are that many."""
    out = np.full(len(held), np.nan)
    if len(held) >= window:
        total = np.cumsum(np.append(0, held))
        out[window - 1 :] = (total[window:] - total[:-window]) / window
    return out
