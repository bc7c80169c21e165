"""The script that takes the pictures of the documents, as a module: docs/ is no package."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"


def script() -> ModuleType:
    """``docs/pictures/make.py``."""
    found = importlib.util.spec_from_file_location("docs_pictures_make", FOLDER / "make.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[found.name] = module
    found.loader.exec_module(module)
    return module
