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

Source = Path | str | bytes | BinaryIO
"""What can be read: a path (also as text), the bytes of a file, or a binary file object."""

SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "a zip or Excel file", "open it and save the sheet as CSV (UTF-8)"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file", "open it and save the sheet as CSV (UTF-8)"),
    (b"\x1f\x8b", "a gzip file", "unpack it first"),
    (b"BZh", "a bzip2 file", "unpack it first"),
    (b"\xfd7zXZ\x00", "an xz file", "unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a zstd file", "unpack it first"),
    (b"\x89PNG", "a PNG picture", "send the data as CSV"),
    (b"\xff\xd8\xff", "a JPEG picture", "send the data as CSV"),
    (b"GIF8", "a GIF picture", "send the data as CSV"),
    (b"%PDF", "a PDF document", "send the data as CSV"),
    (b"PAR1", "a Parquet file", "save it as CSV"),
    (b"\xff\xfe", "UTF-16 text", "save it as CSV with UTF-8 encoding"),
    (b"\xfe\xff", "UTF-16 text", "save it as CSV with UTF-8 encoding"),
)
PICKLE = re.compile(rb"\x80[\x02-\x05]")
MARKUP = re.compile(rb"\s*(<!doctype|<html|<\?xml|<svg)", re.IGNORECASE)
JSON_START = re.compile(rb"\s*[\[{]")
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file known to be UTF-8 text: line ends are LF, the byte order mark is gone.

    name : as people know it, for messages.
    encoding : as found: ``utf-8`` or ``utf-8-sig`` (with byte order mark).
    """

    name: str
    data: bytes
    encoding: str


def load_text(source: Source, *, name: str | None = None, max_bytes: int) -> TextFile:
    """Read at most ``max_bytes`` of UTF-8 text.

    Raises ReaderError for a file that is missing, empty, too large, binary (named where its kind is known) or not UTF-8.
    """
    shown = name or display_name(source)
    data = _load(source, shown, max_bytes)
    if len(data) > max_bytes:
        raise _too_large(shown, max_bytes)
    _refuse_binary(data, shown)
    encoding = "utf-8-sig" if data.startswith(BOM) else "utf-8"
    data = data.removeprefix(BOM)
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if not data.strip():
        raise ReaderError("reader.empty", f"{shown} is empty: send a header line and one line a bar.")
    _refuse_other_encodings(data, shown)
    return TextFile(shown, data, encoding)


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
            raise _too_large(shown, max_bytes)
        with path.open("rb") as file:
            return file.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        raise ReaderError("reader.no_file", f"{path} cannot be read: {error}.") from error


def _too_large(shown: str, max_bytes: int) -> ReaderError:
    return ReaderError("reader.too_large", f"{shown} is larger than {max_bytes / 1e6:,.0f} MB: split it by date.")


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
        raise ReaderError("reader.not_csv", f"{shown} is JSON, not CSV: save the bars as CSV.")
    if b"\x00" in data:
        at = data.index(b"\x00")
        raise ReaderError(
            "reader.not_text", f"{shown} is binary (a zero byte at offset {at}), not CSV text: save the data as CSV."
        )


def _refuse_other_encodings(data: bytes, shown: str) -> None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ReaderError(
            "reader.encoding", f"{shown}, line {line} holds bytes that are not UTF-8: save the file with UTF-8 encoding."
        ) from error
