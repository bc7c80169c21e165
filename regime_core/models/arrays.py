"""Arrays of a fitted model as bytes, in a format that runs no code when read."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regime_core.errors import ArtifactError


def packed(**arrays: NDArray[Any]) -> bytes:
    """NumPy's compressed archive of arrays by name; the same arrays give the same bytes."""
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **arrays)
    return content.getvalue()


def unpacked(content: bytes, names: tuple[str, ...]) -> tuple[NDArray[Any], ...]:
    """Arrays of these names. Raises ArtifactError if the bytes are no archive, or lack one of them."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            return tuple(stored[name] for name in names)
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ArtifactError("artifact.altered", f"The model file holds no arrays ({error}): restore or retrain it.") from error
