"""/docs: the OpenAPI document as one page, with a line to try and this server's own answer to it."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from flask import render_template

from api import openapi, wire
from api.problems import CODES
from runtime import Settings

SHOWN = (
    "DetectRequest",
    "Bar",
    "DetectReply",
    "Metrics",
    "PredictReply",
    "HorizonForecast",
    "BaselineForecast",
    "StateModel",
    "Health",
)
SCRIPT = (
    "import json, math; c = [round(100 * 1.004**i + math.sin(i), 2) for i in range(60)]; "
    "t = [1699000000 + 86400 * i for i in range(60)]; "
    'print(json.dumps({"columns": {"timestamp": t, "open": c, "high": c, "low": c, "close": c}}))'
)


def page(settings: Settings, *, root: str, url: str, answer: wire.DetectReply) -> str:
    """HTML of the page. root : path of the server. url : its address. answer : its reply to ``openapi.example()``."""
    document = openapi.specification(settings, root)
    routes = [
        (path, method.upper(), operation) for path, item in document["paths"].items() for method, operation in item.items()
    ]
    schemas = [(name, _shown(document["components"]["schemas"][name])) for name in SHOWN]
    return render_template(
        "docs.html",
        root=root,
        settings=settings,
        curl=_curl(url, keyed=bool(settings.api_keys)),
        answer=json.dumps(msgspec.to_builtins(answer), indent=1, ensure_ascii=False),
        routes=routes,
        schemas=schemas,
        codes=CODES,
    )


def _curl(url: str, *, keyed: bool) -> str:
    key = " -H 'Authorization: Bearer KEY'" if keyed else ""
    return f"python3 -c '{SCRIPT}' \\\n  | curl -s {url}/detect_regime{key} -H 'Content-Type: application/json' -d @-"


def _shown(schema: dict[str, Any]) -> dict[str, Any]:
    required = schema.get("required", [])
    fields = [
        {
            "name": name,
            "type": _type(of),
            "required": name in required,
            "description": of.get("description") or _allowed(of),
        }
        for name, of in schema["properties"].items()
    ]
    return {"description": schema.get("description", ""), "fields": fields}


def _allowed(of: dict[str, Any]) -> str:
    return ", ".join(of["enum"]) if "enum" in of else ""


def _type(of: dict[str, Any]) -> str:
    """Name a schema's type in a word or two."""
    if "$ref" in of:
        return str(of["$ref"]).rpartition("/")[2]
    if "anyOf" in of:
        return " or ".join(dict.fromkeys(_type(option) for option in of["anyOf"]))
    if "allOf" in of:
        return _type(of["allOf"][0])
    if of.get("type") == "array":
        item = of.get("items")
        return f"list of {_type(item)}" if item else "list of string"
    return str(of.get("type", "any"))
