"""Bars read straight from JSON text are those of a whole JSON reader, or are left to it."""

import json
import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from regime_core.kernels import json_bars

FIELDS = ("timestamp", "open", "high", "low", "close", "volume")


def bytes_of(text):
    return np.frombuffer(text.encode() + b"\0", dtype=np.uint8)


def rows_of(text, most=50):
    time, values = np.empty(most, dtype=np.int64), np.empty((5, most))
    n, end = json_bars.read_rows.py_func(bytes_of(text), 0, time, values)
    return None if end == json_bars.UNUSUAL else (time[:n], values[:, :n], end)


def columns_of(text, most=50):
    time, values = np.empty(most, dtype=np.int64), np.empty((5, most))
    n, end = json_bars.read_columns.py_func(bytes_of(text), 0, time, values)
    return None if end == json_bars.UNUSUAL else (time[:n], values[:, :n], end)


@settings(deadline=None)  # the first example compiles
@given(st.floats(allow_nan=False, allow_infinity=False) | st.floats(1e-9, 1e9) | st.floats(1, 1e6, width=32))
@example(9007199254740993.0)
@example(0.1)
@example(101.30000305175781)
@example(5e-324)
def test_a_number_is_the_nearest_double_or_is_left_open(value):
    text = repr(value)
    found, end = json_bars._number(bytes_of(text), 0)
    if end != json_bars.UNUSUAL:
        assert (found, end) == (value, len(text)) and math.copysign(1, found) == math.copysign(1, value)
    else:
        assert value == 0 or not 1e-20 < abs(value) < 1e15


@settings(deadline=None)  # the first example compiles
@given(st.integers(0, 10**19 - 1), st.integers(-30, 20))
@example(9007199254740993, 0)
@example(9007199254740993, -1)
@example(2**63, -19)
def test_digits_with_a_power_are_the_nearest_double_or_are_left_open(digits, power):
    text = f"{digits}e{power}"
    found, end = json_bars._number(bytes_of(text), 0)
    assert end == json_bars.UNUSUAL or found == float(text)


NO_NUMBERS = ("01", "1.", ".5", "-", "1e", "1e+", "+1", "--1", "NaN", "Infinity", "0x1", "", "-01", "00.5", "1.e5", "1 2")


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_number_of_json_is_left_open(text):
    bar = '{"timestamp":1,"open":%s,"high":1,"low":1,"close":1}'
    assert rows_of(f"[{bar % text}]") is None
    assert rows_of(f"[{bar % '1.5'}]") is not None


numbers = st.floats(0.001, 1e6) | st.integers(1, 10**9) | st.decimals(1, 1000, places=2).map(float)
bars = st.fixed_dictionaries(
    {name: numbers for name in FIELDS[1:5]} | {"timestamp": st.integers(0, 10**18 - 1)},
    optional={"volume": numbers | st.none(), "vwap": numbers | st.none(), "exchange": st.text("abc XYZ.:{}[],", max_size=5)},
).flatmap(lambda bar: st.permutations(list(bar.items())).map(dict))
layouts = st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", " :\t")])


@settings(deadline=None)  # the first example compiles
@given(st.lists(bars, max_size=8), layouts, st.sampled_from([None, 1]))
def test_rows_are_those_of_a_whole_reader(given_bars, separators, indent):
    text = json.dumps(given_bars, separators=separators, indent=indent)
    found = rows_of(text + "}")
    assert found is not None
    time, values, end = found
    assert end == len(text) and time.tolist() == [bar["timestamp"] for bar in given_bars]
    for name, column in zip(FIELDS[1:], values, strict=True):
        wanted = [float("nan") if bar.get(name) is None else float(bar[name]) for bar in given_bars]
        np.testing.assert_array_equal(column, wanted)


@settings(deadline=None)  # the first example compiles
@given(st.lists(bars, max_size=8), layouts, st.booleans())
def test_columns_are_those_of_a_whole_reader(given_bars, separators, with_volume):
    sent = {name: [bar.get(name) for bar in given_bars] for name in (FIELDS if with_volume else FIELDS[:5])}
    text = json.dumps(sent, separators=separators)
    found = columns_of(text + "}")
    assert found is not None
    time, values, end = found
    assert end == len(text) and time.tolist() == sent["timestamp"]
    for name, column in zip(FIELDS[1:], values, strict=True):
        wanted = [float("nan") if value is None else float(value) for value in sent.get(name, [None] * len(time))]
        np.testing.assert_array_equal(column, wanted)


BAR = '{"timestamp":1,"open":1,"high":1,"low":1,"close":1}'


@pytest.mark.parametrize(
    "text",
    [
        "[",
        f"[{BAR}",
        f"[{BAR},]",
        f"[{BAR},,{BAR}]",
        f"[{BAR[:-1]},]",
        f"[{BAR[:-1]}",
        f"[{BAR[:-1]},}}]",
        "[{}]",
        "[1]",
        "[null]",
        f"[{BAR.replace('1', 'null', 1)}]",
        f"[{BAR.replace(':1,', ':1.0,', 1)}]",
        f"[{BAR.replace(':1,', ':-1,', 1)}]",
        f"[{BAR.replace('low', 'open')}]",
        f'[{BAR[:-1]},"open":2}}]',
        f'[{BAR[:-1]},"volume":1,"volume":2}}]',
        f'[{BAR[:-1]},"volume":nul}}]',
        f'[{BAR[:-1]},"a\\u0062":1}}]',
        f'[{BAR[:-1]},"x":[1]}}]',
        f'[{BAR[:-1]},"x":true}}]',
        f'[{BAR[:-1]},"x":"é"}}]',
        "[" + BAR.replace("1", "1\0", 1) + "]",
        "[" + ",".join([BAR] * 51) + "]",
    ],
)
def test_unusual_rows_are_left_to_a_whole_reader(text):
    assert rows_of(text) is None


COLUMNS = '{"timestamp":[1],"open":[1],"high":[1],"low":[1],"close":[1]}'


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{}",
        COLUMNS.replace("[1]", "[1,2]", 1),
        COLUMNS.replace("[1]", "[]", 1),
        COLUMNS.replace("[1]", "null", 1),
        COLUMNS.replace("low", "open"),
        COLUMNS.replace("low", "lower"),
        COLUMNS[:-1],
        COLUMNS[:-2],
        COLUMNS.replace("[1]", "[1", 1),
        COLUMNS.replace("[1]", "[1,]", 1),
        COLUMNS[:-1] + ',"volume":nil}',
    ],
)
def test_unusual_columns_are_left_to_a_whole_reader(text):
    assert columns_of(text) is None


def test_columns_may_have_no_volume_or_null_for_it():
    for text in (COLUMNS, COLUMNS[:-1] + ',"volume":null}', COLUMNS[:-1] + ',"volume":[null]}'):
        found = columns_of(text)
        assert found is not None and np.isnan(found[1][4]).all() and (found[1][:4] == 1).all()


def test_uncompiled_it_reads_the_same(monkeypatch):
    bars_ = [
        dict.fromkeys(FIELDS, i) | {"timestamp": i, "open": 1.25 * i, "low": -0.5e-3, "x": "y", "z": None} for i in range(1, 9)
    ]
    rows = json.dumps([bars_[0] | {"volume": None}, *bars_[1:]])
    columns = json.dumps({name: [bar[name] for bar in bars_] for name in FIELDS})
    compiled = rows_of(rows + "}"), columns_of(columns + "}")
    for name in dir(json_bars):
        plain = getattr(getattr(json_bars, name), "py_func", None)
        if plain is not None and name not in ("read_rows", "read_columns"):
            monkeypatch.setattr(json_bars, name, plain)
    for found, wanted in zip((rows_of(rows + "}"), columns_of(columns + "}")), compiled, strict=True):
        assert found[2] == wanted[2]
        np.testing.assert_array_equal(found[0], wanted[0])
        np.testing.assert_array_equal(found[1], wanted[1])
