import pytest

import json_service


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    return json_service.server(tmp_path_factory.mktemp("service"))


@pytest.fixture
def service(server):
    return server.test_client()


@pytest.fixture
def service_with(tmp_path):
    return lambda **settings: json_service.server(tmp_path, **settings).test_client()
