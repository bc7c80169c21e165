"""The description and its page hold what the routes do."""

import ast
import html
import json
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from api import wire
from api.problems import CODES
from json_service import bars_of, detect, walk

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def document(service):
    return service.get("/openapi.json").get_json()


def resolve(document, reference):
    place = document
    for part in reference.removeprefix("#/").split("/"):
        place = place[part]
    return place


def test_every_reference_resolves(service, document):
    references = re.findall(r'"\$ref":\s*"([^"]+)"', service.get("/openapi.json").text)
    assert len(references) > 10
    for reference in references:
        assert resolve(document, reference)
    assert document["openapi"].startswith("3.1")


def test_every_path_is_there_with_its_method_and_the_examples_are_answered(service, document):
    assert {"/detect_regime", "/detect_regime/batch", "/health", "/healthcheck", "/ready", "/metrics"} <= set(document["paths"])
    paths = {**document["paths"]}
    assert paths.pop("/predict")["get"]["responses"].keys() >= {"200", "503"}  # answered where there is data: test_predict
    for path, item in paths.items():
        for method, operation in item.items():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
            response = service.open(path, method=method.upper(), json=body)
            assert response.status_code == 200
            assert response.mimetype in operation["responses"]["200"]["content"]


@pytest.mark.parametrize("history", [False, True])
def test_replies_have_the_fields_and_types_described(service, document, history):
    schema = document["components"]["schemas"]["DetectReply"]
    reply = detect(service, bars_of(walk(60)), history=history).get_json()
    optional = set(schema["properties"]) - set(schema["required"])
    assert optional == {"labels", "confidences"}
    assert set(reply) == set(schema["required"]) | (optional if history else set())
    msgspec.convert(reply, wire.DetectReply)


def test_keys_and_rates_are_described_where_they_are_set(service_with):
    post = (
        service_with(api_keys="0" * 64, rate_limit="9/second")
        .get("/openapi.json")
        .get_json()["paths"]["/detect_regime"]["post"]
    )
    assert post["security"] == [{"key": []}]
    assert {"401", "429"} <= set(post["responses"])


def test_under_a_prefix_the_document_and_the_page_point_there(service):
    environ = {"SCRIPT_NAME": "/desk"}
    document = service.get("/openapi.json", environ_overrides=environ).get_json()
    assert document["servers"] == [{"url": "/desk"}]
    page = service.get("/docs", environ_overrides=environ).text
    assert "/desk/detect_regime" in page
    assert not re.findall(r'(?:href|src)="/(?!desk/)', page)


def test_the_page_asks_nobody_else_and_lists_every_code(service):
    page = html.unescape(service.get("/docs").text)
    assert not re.findall(r'(?:href|src|url)[=(]"?(?:https?:)?//', page)
    for code, (status, meaning) in CODES.items():
        assert f'<tr id="{code}">' in page
        assert str(status) in page
        assert meaning in page
    for field in wire.DetectReply.__struct_fields__:
        assert f"<code>{field}</code>" in page


def test_the_line_to_try_sends_what_the_page_answers(service):
    page = html.unescape(service.get("/docs").text)
    script, answer = re.search(r"<pre>python3 -c '(.*?)' .*?</pre>.*?<pre>(.*?)</pre>", page, re.DOTALL).groups()
    sent = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, timeout=60).stdout
    reply = service.post("/detect_regime", data=sent, content_type="application/json")
    assert reply.get_json() == json.loads(answer)


def test_the_line_of_the_manual_gets_the_answer_it_shows(client):
    """The shipped model answers; its figures change with a new training, the fields and the regime do not."""
    manual = (ROOT / "docs" / "api.md").read_text()
    script, answer = re.search(r"```sh\npython3 -c '(.*?)' .*?```json\n(.*?)\n```", manual, re.DOTALL).groups()
    sent = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, timeout=60).stdout
    reply = client.post("/detect_regime", data=sent, content_type="application/json").get_json()
    shown = json.loads(answer)
    assert list(reply) == list(shown)
    assert reply["metrics"] == pytest.approx(shown["metrics"])
    assert [reply[name] for name in ("regime", "as_of", "bars_used")] == [
        shown[name] for name in ("regime", "as_of", "bars_used")
    ]


def codes_raised_in(*files):
    """First arguments of RegimeErrors and their children, by AST."""
    for file in files:
        for node in ast.walk(ast.parse((ROOT / file).read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "").endswith("Error"):
                for constant in ast.walk(node.args[0]) if node.args else ():
                    if isinstance(constant, ast.Constant) and re.fullmatch(r"[a-z]+\.[a-z_]+", str(constant.value)):
                        yield constant.value


def test_every_code_a_client_may_meet_is_described():
    raised = set(codes_raised_in("regime_core/engine.py", "api/wire.py", "api/guard.py", "api/routes.py"))
    raised |= {code for code in codes_raised_in("regime_core/bars.py") if code not in ("bars.index", "bars.columns")}
    assert len(raised) > 12
    assert raised <= set(CODES)
