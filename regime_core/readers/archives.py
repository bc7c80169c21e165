"""Packed files: gzip and zip, unpacked within a bound, each CSV inside with its name."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections import Counter
from pathlib import PurePosixPath

from regime_core.errors import ReaderError

GZIP = b"\x1f\x8b"
ZIP = b"PK\x03\x04"
TABLES = (".csv", ".tsv", ".xlsx")
TEXTS = (".txt", ".dat", ".prn")
"""What is read of a zip that holds none of ``TABLES``; beside one these are remarks on it."""
CHUNK = 1 << 20
MAX_MEMBERS = 5_000
BOMB_BYTES, BOMB_RATIO = 64_000_000, 200
"""What unpacks to more bytes than this, and so many times what it was, is no table of prices: it is not unpacked further."""


def unpack(data: bytes, shown: str, *, max_bytes: int) -> list[tuple[str, bytes]]:
    """Name and content of every table in packed bytes; the bytes themselves, under their own name, where they are not packed.

    A workbook, itself a zip, is not unpacked. What the system adds (``__MACOSX``, hidden files) is left out.
    Raises ReaderError on damage, on more than ``max_bytes`` in all, and where there is no table inside.
    """
    if data.startswith(GZIP):
        return [(shown.removesuffix(".gz"), _gunzip(data, shown, max_bytes))]
    if not data.startswith(ZIP):
        return [(shown, data)]
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if is_workbook(archive):
                return [(shown, data)]
            return _members(archive, shown, max_bytes)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise ReaderError(
            "reader.damaged",
            f"{shown} is no zip or Excel file that can be opened ({error}): pack it again, without a password.",
        ) from error


def is_workbook(archive: zipfile.ZipFile) -> bool:
    """Whether a zip is a workbook, of Excel or OpenDocument."""
    return any(name.startswith("xl/workbook") or name == "content.xml" for name in archive.namelist())


def too_large(shown: str, max_bytes: int) -> ReaderError:
    """Error for content over the bound."""
    return ReaderError("reader.too_large", f"{shown} is larger than {max_bytes / 1e6:,.0f} MB: split it by date.")


def _gunzip(data: bytes, shown: str, max_bytes: int) -> bytes:
    if min(int.from_bytes(data[-4:], "little"), _by_its_start(data)) > max_bytes:  # a whole file ends with its size
        raise too_large(f"{shown}, unpacked,", max_bytes)
    parts, size, rest = [], 0, data
    try:
        while rest.startswith(GZIP):
            stream = zlib.decompressobj(31)
            while rest and not stream.eof:
                part = stream.decompress(rest, CHUNK)
                rest = stream.unconsumed_tail
                parts.append(part)
                size += len(part)
                if size > max_bytes or (size > BOMB_BYTES and size > BOMB_RATIO * (len(data) - len(rest))):
                    raise too_large(f"{shown}, unpacked,", max_bytes)
            if not stream.eof:
                raise ReaderError(
                    "reader.damaged", f"{shown} is a gzip file that ends in mid-stream: copy or download it again."
                )
            rest = stream.unused_data
    except zlib.error as error:
        raise ReaderError("reader.damaged", f"{shown} is a damaged gzip file ({error}): copy or download it again.") from error
    return b"".join(parts)


def _by_its_start(data: bytes) -> float:
    """Bytes to which a gzip file unpacks, if all of it is packed as closely as its start; 0 where that is damaged.

    The size at its end counts only beside this: of a file that has lost its end those bytes say nothing.
    """
    stream = zlib.decompressobj(31)
    try:
        start = stream.decompress(data, CHUNK)
    except zlib.error:
        return 0.0
    return len(data) * len(start) / (len(data) - len(stream.unconsumed_tail) - len(stream.unused_data))


def _members(archive: zipfile.ZipFile, shown: str, max_bytes: int) -> list[tuple[str, bytes]]:
    files = [info for info in archive.infolist() if not info.is_dir() and not _added_by_system(info.filename)]
    known = [[info for info in files if PurePosixPath(info.filename).suffix.lower() in kind] for kind in (TABLES, TEXTS)]
    tables = known[0] or known[1] or files[:1]
    if not tables:
        raise ReaderError("reader.empty", f"{shown} is a zip without a CSV file inside: pack the CSV itself.")
    if len(tables) > MAX_MEMBERS:
        raise ReaderError("reader.too_many_symbols", f"{shown} holds more than {MAX_MEMBERS:,} files: split it.")
    if sum(info.file_size for info in tables) > max_bytes:
        raise too_large(f"{shown}, unpacked,", max_bytes)
    left, found = max_bytes, []
    for info, name in zip(tables, _told_apart([info.filename for info in tables]), strict=True):
        with archive.open(info) as member:
            content = member.read(left + 1)
        if len(content) > left:
            raise too_large(f"{shown}, unpacked,", max_bytes)
        left -= len(content)
        found.append((name, content))
    return found


def _told_apart(paths: list[str]) -> list[str]:
    """Each file's name, with as much of its folder before it as tells it from others of that name."""
    parts = [PurePosixPath(path).parts for path in paths]
    sizes = [1] * len(paths)
    while True:
        names = ["/".join(part[-size:]) for part, size in zip(parts, sizes, strict=True)]
        stems = Counter(str(PurePosixPath(name).with_suffix("")) for name in names)
        longer = [
            min(size + (stems[str(PurePosixPath(name).with_suffix(""))] > 1), len(part))
            for name, size, part in zip(names, sizes, parts, strict=True)
        ]
        if longer == sizes:
            return names
        sizes = longer


def _added_by_system(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return "__MACOSX" in parts or parts[-1].startswith(".") or parts[-1] in ("Thumbs.db", "desktop.ini")
