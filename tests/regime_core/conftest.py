import numpy as np
import pytest

from regime_core import MODEL_DIR
from regime_core.engine import Engine
from regime_core.sources import bundled


@pytest.fixture(scope="session")
def engine():
    return Engine.load(MODEL_DIR)


@pytest.fixture(scope="session")
def sp500():
    return bundled.read(MODEL_DIR.parent / "data" / "sp500.csv").bars


@pytest.fixture
def rng():
    return np.random.default_rng(20)
