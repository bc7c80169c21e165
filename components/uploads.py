"""A visitor's file on its way into the library: from the browser's text to bars, and back as a labelled file."""

from __future__ import annotations

import base64
import binascii
import re
from pathlib import PurePosixPath, PureWindowsPath

from regime_core.errors import ReaderError
from regime_core.readers import ReadResult, read_csv


def decode(contents: str, max_mb: float) -> bytes:
    """Bytes of a file as the browser sends it, ``data:...;base64,...``.

    Raises ReaderError for a file over the limit, or text that is not base64.
    """
    _, _, encoded = contents.partition(",")
    if len(encoded) * 3 / 4 > max_mb * 1e6 + 3:
        raise too_large(len(encoded) * 3 / 4e6, max_mb)
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise ReaderError("upload.encoding", "The file did not arrive whole: drop it again.") from error


def too_large(megabytes: float, max_mb: float) -> ReaderError:
    """Error for a file over the limit."""
    return ReaderError("upload.too_large", f"The file has {megabytes:,.1f} MB; the limit is {max_mb:g} MB. Split it by date.")


def read(contents: str, name: str, max_mb: float) -> ReadResult:
    """Bars of a dropped file and what was found on the way. Raises ReaderError or BarsError naming row and column."""
    return read_csv(decode(contents, max_mb), name=base_name(name))


def base_name(name: str) -> str:
    """File name without folders and characters that cannot be seen, at most 100 characters."""
    seen = "".join(character for character in name if character.isprintable())
    return PureWindowsPath(PurePosixPath(seen).name).name[-100:] or "the file"


def title(name: str) -> str:
    """What the picker shows for a file: its name without ``.csv``."""
    return re.sub(r"\.(csv|txt|tsv)$", "", base_name(name), flags=re.IGNORECASE)


def download_name(dataset_title: str, kind: str = "labels") -> str:
    """``btc_usd_daily_labels.csv`` for the ``labels`` of ``btc_usd_daily``."""
    slug = re.sub(r"[^A-Za-z0-9._-]+", "_", dataset_title).strip("._") or "bars"
    return f"{slug}_{kind}.csv"
