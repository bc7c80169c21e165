"""A body that is scanned says the same as one that goes by way of the JSON decoder."""

import json

import numpy as np
import pytest

from api import bodies, wire
from json_service import bars_of, walk
from regime_core.errors import RegimeError

BARS = bars_of(walk(60))
COLUMNS = {name: [bar[name] for bar in BARS] for name in BARS[0]}
ASKED = {"symbol": "XYZ", "model": "rules", "history": True, "strict": True, "venue": {"of": [1, 2]}}


def both(body, monkeypatch):
    scanned = wire.decode(body)
    monkeypatch.setattr(bodies, "scan", lambda _: None)
    return scanned, wire.decode(body)


@pytest.mark.parametrize("sent", [{"bars": BARS}, {"columns": COLUMNS}, {"columns": COLUMNS | {"volume": None}}])
@pytest.mark.parametrize("asked", [{}, ASKED])
def test_both_ways_give_the_same(sent, asked, monkeypatch):
    for body in (json.dumps(asked | sent).encode(), json.dumps(sent | asked, separators=(",", ":"), indent=1).encode()):
        assert bodies.scan(body) is not None
        with monkeypatch.context() as patch:
            scanned, decoded = both(body, patch)
        for name in ("by_column", "model", "history", "strict"):
            assert getattr(scanned, name) == getattr(decoded, name)
        np.testing.assert_array_equal(scanned.time, decoded.time)
        assert scanned.time.dtype == decoded.time.dtype
        for found, wanted in zip(wire.to_bars(scanned, max_bars=99)[0], wire.to_bars(decoded, max_bars=99)[0], strict=True):
            np.testing.assert_array_equal(found, wanted)


TEXT = json.dumps(BARS)
ELSEWHERE = [
    '{"meta": {"bars": %s}}',
    '{"meta": {"bars": %s}, "bars": []}',
    '{"bars": [], "meta": {"bars": %s}}',
    '{"bars": %s, "bars": []}',
    '{"bars": %s, "b\\u0061rs": []}',
    '{"bars": %s, "columns": null}',
    '{"symbol": "\\"bars\\":[", "bars": %s}',
    '{"bars": %s',
    '{"bars": %s}}',
    '{"bars": %s, }',
    '{"bars": %s, "history": 1}',
    '{"bars": %s, "model": "' + "x" * 101 + '"}',
    '[{"bars": %s}]',
    '{"bars": %s, "x": "\x00"}',
]


@pytest.mark.parametrize("text", ELSEWHERE)
def test_bars_in_another_place_or_twice_are_left_to_the_decoder(text):
    assert bodies.scan((text % TEXT).encode()) is None


@pytest.mark.parametrize("n", [0, 1, 49])
@pytest.mark.parametrize("end", range(1, 60, 7))
def test_a_body_that_is_cut_off_is_malformed(n, end):
    body = json.dumps({"bars": BARS[:n]}).encode()
    with pytest.raises(RegimeError) as caught:
        wire.decode(body[: -min(end, len(body) - 1)])
    assert caught.value.code == "json.malformed"
