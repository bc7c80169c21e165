"""Bytes of any encoding as UTF-8: byte order marks first, then UTF-8 itself, then what makes the header readable."""

from __future__ import annotations

import codecs

from charset_normalizer import from_bytes

from regime_core.errors import ReaderError
from regime_core.readers.names import recognised

MARKS: tuple[tuple[bytes, str, str], ...] = (
    (codecs.BOM_UTF8, "utf-8", "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16"),
)
LEGACY = ("cp1252", "cp932", "gb18030", "big5", "euc_kr", "cp1251", "cp1250", "cp1254", "cp1253")
HEAD_BYTES = 20_000


def to_utf8(data: bytes, shown: str) -> tuple[bytes, str]:
    """Text as UTF-8 without byte order mark and with LF line ends, and the name of the encoding found.

    Raises ReaderError where no encoding fits.
    """
    text, encoding = _decoded(data, shown)
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return text, encoding


def _decoded(data: bytes, shown: str) -> tuple[bytes, str]:
    for mark, codec, name in MARKS:
        if data.startswith(mark):
            return _recoded(data[len(mark) :], codec, shown), name
    wide = _wide_codec(data)
    if wide:
        return _recoded(data, wide, shown), "utf-16"
    if data.isascii():
        return data, "utf-8"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        codec = _legacy_codec(data, shown)
        return _recoded(data, codec, shown), codec
    return data, "utf-8"


def _recoded(data: bytes, codec: str, shown: str) -> bytes:
    try:
        text = data.decode(codec)
        return data if codec == "utf-8" else text.encode("utf-8")
    except (UnicodeDecodeError, UnicodeEncodeError) as error:
        raise ReaderError(
            "reader.encoding",
            f"{shown} holds bytes that are not {codec}, as its start says: save the file with UTF-8 encoding.",
        ) from error


def _wide_codec(data: bytes) -> str | None:
    """UTF-16 without a mark: every second byte of plain text is zero."""
    head = data[:400]
    even, odd = head[0::2], head[1::2]
    if len(head) < 8 or len(data) % 2:
        return None
    if odd.count(0) > 0.7 * len(odd) and not even.count(0):
        return "utf-16-le"
    return "utf-16-be" if even.count(0) > 0.7 * len(even) and not odd.count(0) else None


def _legacy_codec(data: bytes, shown: str) -> str:
    """The codec under which most header cells are known names; of equals the one that charset-normalizer finds likeliest."""
    possible = [codec for codec in LEGACY if _decodes(data, codec)]
    if not possible:
        raise ReaderError(
            "reader.encoding", f"{shown} holds bytes of no known text encoding: save the file with UTF-8 encoding."
        )
    known = {codec: _known_names(data[:HEAD_BYTES].decode(codec, "ignore")) for codec in possible}
    best = [codec for codec in possible if known[codec] == max(known.values())]
    if len(best) == 1:
        return best[0]
    match = from_bytes(data[:HEAD_BYTES], cp_isolation=best).best()
    return match.encoding if match and match.encoding in best else best[0]


def _decodes(data: bytes, codec: str) -> bool:
    try:
        data.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _known_names(head: str) -> int:
    lines = [line for line in head.splitlines()[:30] if line.strip()]
    return max((recognised([cell.strip(' "') for cell in line.split(mark)]) for line in lines for mark in ",;\t|"), default=0)
