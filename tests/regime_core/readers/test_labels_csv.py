import io
import os
import threading

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_core.bars import DAY_NS, OHLCV
from regime_core.errors import ReaderError
from regime_core.readers import read_csv, write_labels_csv
from regime_core.regimes import ALL_NAMES, REGIME_NAMES, Labels, ModelRef

MINUTE_NS = 60_000_000_000
START = 1_600_000_200 * 10**9


def labelled(time, close, volume=None):
    time, close = np.asarray(time, dtype=np.int64), np.asarray(close, dtype=float)
    n = len(time)
    volume = np.full(n, np.nan) if volume is None else np.asarray(volume, dtype=float)
    probabilities = np.random.default_rng(1).dirichlet(np.ones(5), n)
    codes = probabilities.argmax(axis=1).astype(np.int8)
    codes[0], probabilities[0] = 5, 0.2
    labels = Labels(time, codes, probabilities, np.where(codes == 5, 0.0, probabilities.max(axis=1)), ModelRef("rules", "1"))
    return OHLCV(time, close, close * 1.25, close / 1.25, close, volume), labels


def written(bars, labels):
    file = io.BytesIO()
    write_labels_csv(file, bars, labels)
    return file.getvalue()


def test_columns_and_values_against_pandas():
    bars, labels = labelled(START + MINUTE_NS * np.arange(40), 100 + np.arange(40) / 7, np.arange(40))
    frame = pd.read_csv(io.BytesIO(written(bars, labels)))
    assert list(frame) == [
        *("timestamp", "open", "high", "low", "close", "volume", "regime", "confidence"),
        *("p_trending_bullish", "p_trending_bearish", "p_ranging", "p_volatile", "p_calm"),
    ]
    expected = pd.to_datetime(bars.time, utc=True).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert list(frame["timestamp"]) == list(expected)
    assert list(frame["regime"]) == [ALL_NAMES[code] for code in labels.codes]
    np.testing.assert_array_equal(frame["close"], bars.close)
    for i, name in enumerate(REGIME_NAMES):
        assert list(frame[f"p_{name}"]) == [float(f"{value:.6f}") for value in labels.probabilities[:, i]]
    first = written(bars, labels).decode().splitlines()[1]
    assert first.endswith(",unknown,0.000000,0.200000,0.200000,0.200000,0.200000,0.200000")


@settings(max_examples=40, deadline=None)
@given(
    closes=st.lists(st.floats(1e-9, 1e12), min_size=2, max_size=20),
    step=st.sampled_from([DAY_NS, 7 * DAY_NS, MINUTE_NS, 1_000_000, 1_001]),
    with_volume=st.booleans(),
)
def test_what_is_written_reads_back_exactly(closes, step, with_volume):
    start = START // DAY_NS * DAY_NS
    bars, labels = labelled(start + step * np.arange(len(closes)), closes, closes if with_volume else None)
    back = read_csv(written(bars, labels)).bars
    for before, after in zip(bars, back, strict=True):
        np.testing.assert_array_equal(before, after)


def test_daily_bars_show_plain_dates():
    bars, labels = labelled(START // DAY_NS * DAY_NS + DAY_NS * np.arange(3), [1, 2, 3])
    assert written(bars, labels).decode().splitlines()[1].startswith("2020-09-13,1,1.25,0.8,1,,unknown,")


def test_many_rows_are_written_in_parts_without_loss():
    bars, labels = labelled(START + MINUTE_NS * np.arange(200_003), np.linspace(1, 2, 200_003))
    back = read_csv(written(bars, labels)).bars
    np.testing.assert_array_equal(back.close, bars.close)


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "out.csv"
    path.write_text("old")
    path.chmod(0o640)
    bars, labels = labelled(START + MINUTE_NS * np.arange(3), [1, 2, 3])
    broken = Labels(labels.time, np.array([0, 1, 99], dtype=np.int8), labels.probabilities, labels.confidence, labels.model)
    with pytest.raises(IndexError):
        write_labels_csv(path, bars, broken)
    assert path.read_text() == "old"
    write_labels_csv(path, bars, labels)
    assert path.read_bytes() == written(bars, labels)
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path):
    pipe, got = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()), daemon=True)
    reader.start()
    bars, labels = labelled(START + MINUTE_NS * np.arange(3), [1, 2, 3])
    write_labels_csv(pipe, bars, labels)
    reader.join(timeout=10)
    assert got == [written(bars, labels)]
    assert pipe.is_fifo()


def test_labels_of_other_bars_are_refused():
    bars, labels = labelled(START + MINUTE_NS * np.arange(3), [1, 2, 3])
    with pytest.raises(ReaderError, match="label the same bars"):
        write_labels_csv(io.BytesIO(), bars.rows(0, 2), labels)
    with pytest.raises(ReaderError, match="times differ"):
        write_labels_csv(io.BytesIO(), bars._replace(time=bars.time + 1), labels)
