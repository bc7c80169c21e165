"""Feed the reader damaged and random files for some minutes: it may answer or refuse, and nothing else.

Run: ``PYTHONPATH=.:tests/support python -m vendors.fuzz --minutes 10 --seed 1``. Prints how many files were read,
asked about and refused, and each other error once with the bytes that bring it; leaves 1 where there is one.
"""

from __future__ import annotations

import argparse
import base64
import random
import sys
import time
import traceback
from collections import Counter

from vendors.known import FORMATS
from vendors.reading import read_bytes

LARGEST = 60_000
"""Longer files are left out: damage shows in short ones as well, and more of them are tried."""
BYTES = (
    b"\n",
    b"\r",
    b"\r\n",
    b"\t",
    b"\x00",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xc2\xa0",
    b"\xed\xa0\x80",
    b"PK\x03\x04",
)
MARKS = b"\" ' , ; | - + . -- % $ { [ <html> =1+1 sep=; Open Close Date Name null nan inf (1,5) 1.2.3 1e999 -1e308".split()
DATES = b"31/02/2020 0000-00-00 9999-12-31 -62135596800 99999999999999999999 2020-01-01T25:61:00Z +99:99".split()
PIECES = (*BYTES, *MARKS, *DATES)
"""What damaged files hold where they should not."""


def damaged(rng: random.Random, corpus: list[tuple[str, bytes]]) -> tuple[str, bytes]:
    """Return a file of the corpus with one to eight random changes, or, now and then, noise."""
    name, data = rng.choice(corpus)
    if rng.random() < 0.03:
        return name, rng.randbytes(rng.randrange(400))
    for _ in range(rng.randint(1, 8)):
        data = _change(rng, data, corpus)[:LARGEST]
    return name, data


def _change(rng: random.Random, data: bytes, corpus: list[tuple[str, bytes]]) -> bytes:
    at = rng.randrange(len(data) + 1)
    end = min(len(data), at + rng.choice((1, 1, 3, 20, 200)))
    match rng.randrange(7):
        case 0:
            return data[:at] + rng.choice(PIECES) + data[at:]
        case 1:
            return data[:at] + rng.choice(PIECES) + data[end:]
        case 2:
            return data[:at] + data[end:]
        case 3:
            return data[:at] + data[at:end] * rng.randint(2, 5) + data[end:]
        case 4:
            return data[: rng.choice((at, min(at, 300)))]
        case 5:
            mark = rng.choice(PIECES)
            return data.replace(mark, rng.choice(PIECES), rng.choice((1, 10, -1)))
        case _:
            other = rng.choice(corpus)[1]
            cut = rng.randrange(len(other) + 1)
            return data[:at] + other[cut:]


def fuzz(minutes: float, seed: int) -> int:
    """Try files until the time is up; return how many kinds of error were found that are no ``ReaderError``."""
    rng = random.Random(seed)
    corpus = [(file.name, file.data) for file in (write() for write in FORMATS.values()) if len(file.data) <= LARGEST]
    counts: Counter[str] = Counter()
    found: dict[str, int] = {}
    slowest = (0.0, b"")
    until = time.monotonic() + 60 * minutes
    while time.monotonic() < until:
        name, data = damaged(rng, corpus)
        began = time.monotonic()
        try:
            counts[read_bytes(data, name).status] += 1
        except Exception as error:  # what the reader raises besides is what this looks for
            kind = _kind(error)
            found[kind] = found.get(kind, 0) + 1
            if found[kind] == 1:
                print(f"{kind}\n  {name}: {base64.b64encode(data[:3000]).decode()}", flush=True)
        slowest = max(slowest, (time.monotonic() - began, data))
    print(f"files tried: {sum(counts.values()) + sum(found.values()):,}; {dict(counts)}; slowest {slowest[0]:.2f} s")
    for kind, count in found.items():
        print(f"{count:,} times {kind}")
    return len(found)


def _kind(error: Exception) -> str:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "regime_core" in frame.filename]
    place = f"{frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else "outside the reader"
    return f"{type(error).__name__} at {place}: {str(error)[:120]}"


def main() -> int:
    """Run for the minutes given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    return 1 if fuzz(arguments.minutes, arguments.seed) else 0


if __name__ == "__main__":
    sys.exit(main())
