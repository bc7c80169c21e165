"""Known bars in the format of each vendor, as bytes, with the truth that a right reading gives."""

from __future__ import annotations

from vendors import containers, crypto, doubtful, exchanges, many, platforms, portals, services, stray
from vendors.known import FORMATS, Known, VendorFile

__all__ = [
    "FORMATS",
    "Known",
    "VendorFile",
    "containers",
    "crypto",
    "doubtful",
    "exchanges",
    "many",
    "platforms",
    "portals",
    "services",
    "stray",
]
