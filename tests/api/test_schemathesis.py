"""Requests made from /openapi.json, well-formed and not: each answer is one that the description has."""

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

import json_service

FORBIDDEN = set(json_service.FORBIDDEN)


def described(server):
    return schemathesis.openapi.from_wsgi("/openapi.json", server)


def test_placeholder(server):
    print(list(described(server).get_all_operations()))
