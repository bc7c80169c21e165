"""Files in and out: bounded reading that refuses what is not text, and writing that never leaves half a file."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from regime_core.errors import ReaderError
from regime_core.readers import archives, decoding, workbook

Source = Path | str | bytes | BinaryIO
"""What can be read: a path (also as text), the bytes of a file, or a binary file object."""

SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"\xd0\xcf\x11\xe0", "an old Excel file", "open it and save the sheet as CSV (UTF-8)"),
    (b"BZh", "a bzip2 file", "unpack it first"),
    (b"\xfd7zXZ\x00", "an xz file", "unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a zstd file", "unpack it first"),
    (b"\x89PNG", "a PNG picture", "send the data as CSV"),
    (b"\xff\xd8\xff", "a JPEG picture", "send the data as CSV"),
    (b"GIF8", "a GIF picture", "send the data as CSV"),
    (b"%PDF", "a PDF document", "send the data as CSV"),
    (b"PAR1", "a Parquet file", "save it as CSV"),
    (b"version https://git-lfs", "a Git LFS pointer, not the data", "fetch the file itself with git lfs pull"),
)
PICKLE = re.compile(rb"\x80[\x02-\x05]")
MARKUP = re.compile(rb"\s*(?:<!doctype|<html|<\?xml|<svg|<head|<table|<body|<!--)", re.IGNORECASE)
JSON_START = re.compile(rb"\s*[\[{]")
NOTEBOOK = re.compile(rb'"nbformat"|"cell_type"')
MAX_UNPACKED = 512_000_000
"""Bytes that a file may hold once unpacked."""


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file known to be UTF-8 text: line ends are LF, the byte order mark is gone.

    name : as people know it, for messages.
    encoding : as found: ``utf-8``, ``utf-8-sig`` (with byte order mark), ``utf-16``, ``cp932``, …; ``xlsx`` for a workbook.
    """

    name: str
    data: bytes
    encoding: str


def load_texts(source: Source, *, name: str | None = None, max_bytes: int) -> list[TextFile]:
    """Every table of a source as UTF-8 text: one for a plain file, one for each CSV of a zip.

    Raises ReaderError for a file that is missing, empty, too large, damaged or no text (its kind named where it is known).
    """
    shown = name or display_name(source)
    limit = min(max_bytes, MAX_UNPACKED)
    data = _load(source, shown, limit)
    if len(data) > limit:
        raise archives.too_large(shown, limit)
    return [_text(content, inner, limit) for inner, content in archives.unpack(data, shown, max_bytes=limit)]


def _text(data: bytes, shown: str, max_bytes: int) -> TextFile:
    if data.startswith(archives.ZIP):
        return TextFile(shown, workbook.sheet_as_csv(data, shown, max_bytes=max_bytes), "xlsx")
    _refuse_binary(data, shown)
    text, encoding = decoding.to_utf8(data, shown)
    if not re.search(rb"\S", text):
        raise ReaderError("reader.empty", f"{shown} is empty: send a header line and one line a bar.")
    _refuse_zero_bytes(text, shown)
    return TextFile(shown, text, encoding)


def display_name(source: Source) -> str:
    """Name of a source for messages: the file's name, or ``the file`` where it has none."""
    if isinstance(source, (str, Path)):
        return Path(source).name or str(source)
    return "the file"


def write_atomically(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """Write a file so that a reader sees the old one or the new one, never half of either.

    ``write`` gets a binary file in the same folder, which is synced and renamed onto ``path``. A symbolic link is followed, the
    old file's permissions are kept. Something that is no regular file (a pipe, /dev/stdout) is written to directly.
    Raises OSError where the folder cannot be written; the old file is then unchanged.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        with target.open("wb") as direct:
            write(direct)
        return
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}.tmp")
    try:
        with temporary.open("xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            temporary.chmod(stat.S_IMODE(target.stat().st_mode))
        temporary.replace(target)
    finally:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()


def _load(source: Source, shown: str, max_bytes: int) -> bytes:
    if isinstance(source, bytes):
        return source
    if not isinstance(source, (str, Path)):
        return source.read(max_bytes + 1)
    path = Path(source)
    try:
        if not path.exists():
            raise ReaderError("reader.no_file", f"{path} does not exist: check the path.")
        if not path.is_file():
            raise ReaderError("reader.no_file", f"{path} is not a regular file: name one CSV file.")
        if path.stat().st_size > max_bytes:
            raise archives.too_large(shown, max_bytes)
        with path.open("rb") as file:
            return file.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        raise ReaderError("reader.no_file", f"{path} cannot be read: {error}.") from error


def _refuse_binary(data: bytes, shown: str) -> None:
    head = data[:256]
    for signature, kind, cure in SIGNATURES:
        if head.startswith(signature):
            raise ReaderError("reader.not_text", f"{shown} is {kind}, not CSV text: {cure}.")
    if PICKLE.match(head):
        raise ReaderError("reader.not_text", f"{shown} is a Python pickle, which is never opened here: save the data as CSV.")
    if MARKUP.match(head):
        raise ReaderError("reader.not_csv", f"{shown} is a web page or XML, not CSV: download the data itself.")
    if JSON_START.match(head):
        if NOTEBOOK.search(data[:20_000]):
            raise ReaderError("reader.not_csv", f"{shown} is a Jupyter notebook (JSON), not CSV: save the bars as CSV.")
        raise ReaderError("reader.not_csv", f"{shown} is JSON, not CSV: save the bars as CSV.")


def _refuse_zero_bytes(text: bytes, shown: str) -> None:
    if b"\x00" in text:
        at = text.index(b"\x00")
        raise ReaderError(
            "reader.not_text", f"{shown} is binary (a zero byte at offset {at}), not CSV text: save the data as CSV."
        )
