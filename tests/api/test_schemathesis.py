"""Requests made from /openapi.json, well-formed and not: each answer is one that the description has."""

import json

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

import json_service

OPERATIONS = {
    "POST /detect_regime",
    "POST /detect_regime/batch",
    *(f"GET /{name}" for name in ("predict", "health", "healthcheck", "ready", "metrics", "docs")),
}


CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
"""Not whether what fits the schema is accepted, and all else refused: bars that no market can have fit it, and a batch answers
each series in its place."""


@pytest.fixture(scope="module")
def described(server):
    found = schemathesis.openapi.from_wsgi("/openapi.json", server).get_all_operations()
    return {operation.ok().label: operation.ok() for operation in found}


def test_every_operation_is_explored(described):
    assert set(described) == OPERATIONS


@pytest.mark.parametrize(
    ("label", "mode"),
    [
        *((label, GenerationMode.POSITIVE) for label in sorted(OPERATIONS)),
        *((label, GenerationMode.NEGATIVE) for label in sorted(OPERATIONS) if label.startswith("POST")),
    ],
)
def test_every_answer_is_described_and_no_fault_of_the_server(described, label, mode):
    statuses = set()

    @settings(max_examples=60 if label.startswith("POST") else 5, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=described[label].as_strategy(generation_mode=mode))
    def explore(case):
        response = case.call_and_validate(checks=CHECKS)
        statuses.add(response.status_code)
        if response.status_code >= 400:
            assert not set(json.loads(response.content)) & set(json_service.FORBIDDEN)

    explore()
    assert statuses, "no request was made"
