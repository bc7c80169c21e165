"""The rules answer the shared vectors as they always did; clients in other languages are held to the same ones."""

import json
from pathlib import Path

import pytest

import json_service
from json_service import detect

FOLDER = Path(__file__).parent / "conformance"
FILES = ("real", "simulated", "edges", "borders", "refusals")


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    return json_service.server(tmp_path_factory.mktemp("conformance")).test_client()


def vectors():
    read = {name: json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")) for name in FILES}
    return [pytest.param(vector, id=f"{name}: {vector['name']}") for name in FILES for vector in read[name]]


def numbers(column):
    return [float(value) if value in ("nan", "inf", "-inf") else value for value in column]


@pytest.mark.parametrize("vector", vectors())
def test_rules_answer_a_vector_to_the_last_bit(service, vector):
    columns = {name: numbers(column) for name, column in vector["columns"].items()}
    bars = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    response = detect(service, bars, model="rules")
    answer = response.get_json()
    if "refusal" in vector:
        assert response.status_code == 422
        assert answer["code"] == vector["refusal"]["code"]
        assert answer["detail"].startswith(f"{vector['refusal']['place']} is ")
        return
    assert response.status_code == 200
    assert {name: answer[name] for name in vector["reply"]} == vector["reply"]
    as_columns = detect(service, columns=columns, model="rules").get_json()
    assert {**as_columns, "warnings": answer["warnings"]} == answer


def test_the_vectors_reach_every_answer():
    replies = [vector.values[0].get("reply") for vector in vectors()]
    regimes = [reply["regime"] for reply in replies if reply]
    assert set(regimes) == {"trending_bullish", "trending_bearish", "ranging", "volatile", "calm", "unknown"}
    assert sum(reply["warnings"] != [] for reply in replies if reply) > 10
    assert sum(reply is None for reply in replies) > 20
    assert sum((FOLDER / f"{name}.json").stat().st_size for name in FILES) < 1_000_000
