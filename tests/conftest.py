import pytest

from app import create_app
from runtime import Settings


@pytest.fixture(scope="session")
def app(tmp_path_factory):
    """The whole house, with the shipped models and the bundled data. One a process: Dash keeps its callbacks globally."""
    return create_app(Settings(state_dir=tmp_path_factory.mktemp("state")))


@pytest.fixture
def client(app):
    """A visitor of their own."""
    return app.server.test_client()
