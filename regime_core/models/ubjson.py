"""Reader of Universal Binary JSON, the format of XGBoost's model files, so that serving needs no XGBoost."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from regime_core.errors import ArtifactError

_NUMBERS = {"i": ">i1", "U": ">u1", "I": ">i2", "l": ">i4", "L": ">i8", "d": ">f4", "D": ">f8"}
_CONSTANTS = {"T": True, "F": False, "Z": None}


def loads(content: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Value of a UBJSON document (draft 12); arrays of one numeric type become NumPy arrays.

    Raises ArtifactError on bytes that are not UBJSON.
    """
    try:
        return _Reader(content).value()
    except (struct.error, IndexError, KeyError, ValueError, RecursionError) as error:
        raise ArtifactError(
            "artifact.altered", f"The model file is not valid UBJSON ({error}): restore or retrain it."
        ) from error


class _Reader:
    def __init__(self, content: bytes) -> None:
        self.content = content
        self.at = 0

    def value(self, marker: str = "") -> Any:  # noqa: ANN401
        marker = marker or self.marker()
        if marker == "{":
            return self.object()
        if marker == "[":
            return self.array()
        if marker == "S":
            return self.text()
        if marker == "C":
            return self.marker()
        if marker in _CONSTANTS:
            return _CONSTANTS[marker]
        return self.number(marker)

    def marker(self) -> str:
        character = chr(self.content[self.at])
        self.at += 1
        return character

    def number(self, marker: str) -> float:
        dtype = np.dtype(_NUMBERS[marker])
        result: float = np.frombuffer(self.content, dtype, 1, self.at)[0].item()
        self.at += dtype.itemsize
        return result

    def text(self) -> str:
        length = int(self.number(self.marker()))
        self.at += length
        return self.content[self.at - length : self.at].decode()

    def header(self) -> tuple[str, int]:
        """Type and length of a container, where it states them; "" and -1 where not."""
        kind = ""
        if self.peek("$"):
            kind = self.marker()
        length = int(self.number(self.marker())) if self.peek("#") else -1
        return kind, length

    def peek(self, marker: str) -> bool:
        if chr(self.content[self.at]) != marker:
            return False
        self.at += 1
        return True

    def array(self) -> Any:  # noqa: ANN401
        kind, length = self.header()
        if kind in _NUMBERS:
            dtype = np.dtype(_NUMBERS[kind])
            values = np.frombuffer(self.content, dtype, length, self.at)
            self.at += length * dtype.itemsize
            return values.astype(dtype.newbyteorder("="))
        if length >= 0:
            return [self.value(kind) for _ in range(length)]
        items = []
        while not self.peek("]"):
            items.append(self.value())
        return items

    def object(self) -> dict[str, Any]:
        kind, length = self.header()
        result = {}
        while length > 0 or (length < 0 and not self.peek("}")):
            name = self.text()
            result[name] = self.value(kind)
            length -= 1 if length > 0 else 0
        return result
