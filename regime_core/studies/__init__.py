"""What is made of a file that was brought: what was understood of it, its bars, their labels, and files to take home."""

from __future__ import annotations

from regime_core.studies.report import (
    Choice,
    Preview,
    PreviewRow,
    Report,
    overrides_json,
    overrides_key,
    overrides_of_json,
)
from regime_core.studies.shelf import KINDS, Before, Shelf, Summary
from regime_core.studies.typed import write_parquet
from regime_core.studies.work import Labeller, differing, make, summary

__all__ = [
    "KINDS",
    "Before",
    "Choice",
    "Labeller",
    "Preview",
    "PreviewRow",
    "Report",
    "Shelf",
    "Summary",
    "differing",
    "make",
    "overrides_json",
    "overrides_key",
    "overrides_of_json",
    "summary",
    "write_parquet",
]
