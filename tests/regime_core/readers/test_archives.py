"""Archives of files: each series has a name of its own, and what is damaged is said to be."""

import gzip
import io
import random
import zipfile

import pytest

from regime_core.errors import ReaderError
from regime_core.readers import read


def packed(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()


def prices(level, symbol=""):
    head, end = ("Date,Close,Symbol\n", f",{symbol}\n") if symbol else ("Date,Close\n", "\n")
    return head + "".join(f"2021-{1 + i // 28:02}-{1 + i % 28:02},{level + i % 5}{end}" for i in range(60))


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["nyse/AAPL.csv", "lse/AAPL.csv", "lse/MSFT.csv"], ["nyse/AAPL", "lse/AAPL", "MSFT"]),
        (["a/x/AAPL.csv", "b/x/AAPL.csv"], ["a/x/AAPL", "b/x/AAPL"]),
        (["a/AAPL.csv", "AAPL.csv"], ["a/AAPL", "AAPL"]),
        (["AAPL.csv", "AAPL.tsv"], ["AAPL", "AAPL_2"]),
        (["x/BRK.A.csv", "x/BRK.B.csv"], ["BRK.A", "BRK.B"]),
    ],
)
def test_files_of_one_name_are_told_by_their_folders(paths, names):
    reading = read(packed({path: prices(100 * (i + 1)) for i, path in enumerate(paths)}), name="all.zip")
    assert [(one.symbol, one.bars.close[0]) for one in reading.series] == [
        (name, 100 * (i + 1)) for i, name in enumerate(names)
    ]


def test_a_symbol_that_two_files_name_has_their_names_too():
    files = {"nyse.csv": prices(100, "AAPL"), "lse.csv": prices(200, "AAPL"), "tse.csv": prices(300, "7203")}
    reading = read(packed(files), name="all.zip")
    assert [(one.symbol, one.bars.close[0]) for one in reading.series] == [("nyse AAPL", 100), ("lse AAPL", 200), ("7203", 300)]
    assert [one.source.symbol_column is None for one in reading.series] == [True, True, False]


def test_a_large_gzip_file_cut_short_is_damaged_whatever_size_its_last_bytes_seem_to_state():
    noise = random.Random(5)
    text = "Date,Close\n" + "".join(f"2021-01-04,{noise.uniform(10, 11):.15f}\n" for _ in range(60_000))
    whole = gzip.compress(text.encode(), 1)
    assert 1_032 * len(whole) > 2**29
    cuts = [
        end for end in range(len(whole) - 200_000, len(whole)) if 512e6 < int.from_bytes(whole[end - 4 : end], "little") < 1e9
    ]
    assert cuts
    for end in cuts[:3]:
        with pytest.raises(ReaderError) as caught:
            read(whole[:end], name="bars.csv.gz")
        assert caught.value.code == "reader.damaged"
        assert "ends in mid-stream" in caught.value.message
