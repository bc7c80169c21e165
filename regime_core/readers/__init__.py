"""Text of a vendor into bars, or an error naming row and column; and labelled bars back into a file."""

from __future__ import annotations

from regime_core.readers.csv_bars import ReadResult, read_csv
from regime_core.readers.inspection import Inspection, describe, inspect, inspection_of, layout_of
from regime_core.readers.labelled import write_labels
from regime_core.readers.labels_csv import write_labels_csv
from regime_core.readers.reading import Overrides, Reading, read

__all__ = [
    "Inspection",
    "Overrides",
    "ReadResult",
    "Reading",
    "describe",
    "inspect",
    "inspection_of",
    "layout_of",
    "read",
    "read_csv",
    "write_labels",
    "write_labels_csv",
]
