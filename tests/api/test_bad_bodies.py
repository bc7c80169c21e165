"""Bodies that are not what they should be: each gets its status, its code and a detail that names the place."""

import copy
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from json_service import FORBIDDEN, bars_of, columns_of, detect, refused, walk

BARS = bars_of(walk(60))
INVALID = {
    "nothing": b"",
    "text": b"hello",
    "truncated": json.dumps({"bars": BARS}).encode()[:-200],
    "truncated list": b"[1, 2",
    "trailing": b'{"bars": []} x',
    "leading zero": b'{"bars": [], "x": 01}',
    "utf-16": json.dumps({"bars": BARS}).encode("utf-16"),
    "zeros": b"\0" * 1000,
    "single quotes": b"{'bars': []}",
}


def changed(index, **fields):
    bars = copy.deepcopy(BARS)
    bars[index].update(fields)
    return bars


def post(service, body, path="/detect_regime"):
    return service.post(path, data=body, content_type="application/json")


@pytest.mark.parametrize("field", ["symbol", "model"])
def test_text_that_is_not_utf8_is_400(service, field):
    refused(post(service, b'{"bars": [], "%s": "M\xfcnch"}' % field.encode()), 400, "json.malformed", "UTF-8")


def test_text_that_is_not_utf8_in_one_series_spoils_no_other(service):
    good = json.dumps({"bars": BARS}).encode()
    body = b'{"series": [' + good + b', {"bars": [], "symbol": "\xff"}, ' + good + b"]}"
    answers = post(service, body, "/detect_regime/batch").get_json()["results"]
    assert [answer.get("code") for answer in answers] == [None, "json.malformed", None]
    assert "UTF-8" in answers[1]["detail"]


@pytest.mark.parametrize("body", INVALID.values(), ids=INVALID)
@pytest.mark.parametrize("path", ["/detect_regime", "/detect_regime/batch"])
def test_malformed_json_is_400(service, body, path):
    refused(post(service, body, path), 400, "json.malformed")


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000 + b"]" * 100_000,
        b"[" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"bars": [], "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"series": [' + b"[" * 100_000 + b"]" * 100_000 + b"]}",
        b'{"bars": NaN, "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=["lists", "open lists", "objects", "ignored field", "series", "with NaN"],
)
@pytest.mark.parametrize("path", ["/detect_regime", "/detect_regime/batch"])
def test_a_hundred_thousand_levels_are_400(service, body, path):
    response = post(service, body, path)
    assert response.status_code == 400
    assert response.get_json()["code"] in ("json.nesting", "json.malformed")
    assert post(service, json.dumps({"bars": BARS}).encode()).status_code == 200


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        (b"null", "json.type", ["The body"]),
        (b"[]", "json.type", ["The body: expected an object, got an array"]),
        (b"3", "json.type", []),
        (b"{}", "json.series", ["bars or columns"]),
        (json.dumps({"bars": BARS, "columns": columns_of(BARS)}).encode(), "json.series", []),
        (b'{"bars": {}}', "json.type", ["bars: expected an array"]),
        (b'{"bars": [3]}', "json.type", ["bars[0]: expected an object"]),
        (b'{"bars": [{}]}', "json.missing", ["bars[0] lacks the field timestamp"]),
        (b'{"columns": {"timestamp": []}}', "json.missing", ["columns lacks the field open"]),
        (b'{"bars": [], "history": 1}', "json.type", ["history: expected true or false"]),
        (b'{"bars": [], "model": 7}', "json.type", ["model: expected"]),
        (b'{"bars": [], "model": "' + b"x" * 101 + b'"}', "json.range", ["model"]),
        (b'{"bars": [], "symbol": ["x"]}', "json.type", ["symbol"]),
    ],
)
def test_another_shape_is_422(service, body, code, words):
    refused(post(service, body), 422, code, *words)


@pytest.mark.parametrize("name", ["open", "high", "low", "close"])
@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("NaN", "bars.non_finite"),
        ("Infinity", "bars.non_finite"),
        ("-Infinity", "bars.non_finite"),
        ("0", "bars.not_positive"),
        ("-1.5", "bars.not_positive"),
        ("1e999", "json.range"),
        ("1" + "0" * 5000, "json.range"),
        ("null", "json.type"),
        ("true", "json.type"),
        ('"3.5"', "json.type"),
        ('"NaN"', "json.type"),
        ("[1]", "json.type"),
    ],
)
def test_a_price_that_is_none_is_422_and_its_place_is_named(service, name, value, code):
    written = json.dumps({"bars": changed(17, **{name: 123456.5})}).replace("123456.5", value)
    refused(post(service, written.encode()), 422, code, f"bars[17].{name}")
    columns = json.dumps({"columns": columns_of(changed(17, **{name: 123456.5}))}).replace("123456.5", value)
    refused(post(service, columns.encode()), 422, code, f"columns.{name}[17]")


@pytest.mark.parametrize(
    ("fields", "code", "place"),
    [
        ({"high": 1.0, "low": 2.0}, "bars.high_below_low", "bars[17].high"),
        ({"volume": -1.0}, "bars.volume", "bars[17].volume"),
        ({"volume": "many"}, "json.type", "bars[17].volume"),
        ({"timestamp": "2023-11-03"}, "json.type", "bars[17].timestamp"),
        ({"timestamp": None}, "json.type", "bars[17].timestamp"),
        ({"timestamp": True}, "json.type", "bars[17].timestamp"),
        ({"timestamp": 10**30}, "json.range", "bars[17].timestamp"),
        ({"timestamp": 1.7e18 * 10}, "bars.mixed_time_units", "timestamp"),
        ({"timestamp": 1_699_000_000_000}, "bars.mixed_time_units", "bars[17].timestamp"),
    ],
)
def test_a_bar_that_cannot_be_is_422_and_its_place_is_named(service, fields, code, place):
    refused(detect(service, changed(17, **fields)), 422, code, place)


def test_text_for_a_time_says_what_to_send(service):
    refused(detect(service, changed(17, timestamp="2023-11-03")), 422, "json.type", "epoch seconds")


def test_times_beyond_what_a_nanosecond_clock_holds_are_422(service):
    bars = [bar | {"timestamp": 9_223_372_036 + i} for i, bar in enumerate(BARS)]
    refused(detect(service, bars), 422, "bars.time", "2262")


def test_columns_of_different_lengths_are_422(service):
    columns = columns_of(BARS)
    columns["low"].pop()
    refused(detect(service, columns=columns), 422, "bars.length", "low has 59", "timestamp has 60")


@pytest.mark.parametrize(
    "bars", [BARS[::-1], [*BARS, BARS[-1]], changed(9, close=BARS[9]["high"] * 1.001)], ids=["unsorted", "repeated", "outside"]
)
def test_strict_refuses_what_would_be_repaired(service, bars):
    assert detect(service, bars).status_code == 200
    refused(detect(service, bars, strict=True), 422, "bars.needs_repair")
    assert detect(service, BARS, strict=True).status_code == 200


def test_an_unknown_model_is_422_and_another_version_is_410(service):
    refused(detect(service, BARS, model="oracle"), 422, "model.unknown", "oracle", "rules")
    refused(detect(service, BARS, model="rules@0.9"), 410, "model.gone", "rules@1")
    refused(detect(service, BARS[:3], model="rules@0.9"), 410, "model.gone")


scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from([0, -1, 1e308, 5e-324, "NaN"])
)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4), max_leaves=12
)
prices = st.one_of(st.floats(min_value=1e-3, max_value=1e6), scalars)
odd_bars = st.fixed_dictionaries(
    {
        "timestamp": st.one_of(st.integers(0, 2 * 10**9), scalars),
        "open": prices,
        "high": prices,
        "low": prices,
        "close": prices,
    },
    optional={"volume": scalars},
)
extreme = st.lists(st.sampled_from([5e-324, 1e-300, 1.0, 1e300, 1.7e308]), min_size=50, max_size=70).map(
    lambda closes: [
        {"timestamp": i, "open": c, "high": c, "low": c, "close": c, "volume": 1.7e308} for i, c in enumerate(closes, start=1)
    ]
)
requests = st.fixed_dictionaries(
    {},
    optional={
        "bars": st.one_of(st.lists(odd_bars, max_size=4), extreme, anything),
        "columns": st.one_of(st.fixed_dictionaries({name: st.lists(prices, max_size=3) for name in BARS[0]}), anything),
        "model": st.one_of(st.sampled_from(["rules", "rules@1", "rules@2", "@", ""]), scalars),
        "history": st.one_of(st.booleans(), scalars),
        "strict": st.one_of(st.booleans(), scalars),
    },
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.one_of(requests.map(json.dumps), anything.map(json.dumps), st.text()).map(
        lambda text: text.encode(errors="replace")
    )
)
def test_whatever_is_sent_gets_a_status_of_the_contract_and_no_error_reads_as_an_answer(service, body):
    response = post(service, body)
    assert response.status_code in (200, 400, 410, 422), response.text
    reply = json.loads(response.text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert (response.status_code == 200) == all(key in reply for key in FORBIDDEN)
    assert response.status_code == 200 or not set(reply) & set(FORBIDDEN)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(series=st.lists(st.one_of(requests, anything), max_size=4))
def test_a_batch_answers_each_series_in_its_place(service, series):
    response = post(service, json.dumps({"series": series}).encode(), "/detect_regime/batch")
    if response.status_code == 422:
        assert response.get_json()["code"] == "bars.non_finite"  # NaN is no JSON: the whole body is refused
        return
    assert response.status_code == 200, response.text
    results = response.get_json()["results"]
    assert len(results) == len(series)
    for one, result in zip(series, results, strict=True):
        alone = post(service, json.dumps(one).encode())
        if alone.status_code == 200:
            assert result == alone.get_json()
        else:
            assert (result["status"], result["code"]) == (alone.status_code, alone.get_json()["code"])
            assert not set(result) & set(FORBIDDEN)
