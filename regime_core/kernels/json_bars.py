"""Bars in JSON text straight into columns, for text that holds nothing unusual; all else is left to a whole JSON reader.

A number becomes the double nearest to it: by one division or product where its digits and its power of ten are doubles
themselves, else from the leading 128 bits of the power (Lemire, Number Parsing at a Gigabyte per Second, 2021). Where that
leaves the last bit open, which is next to never, the text is left to the whole reader as well.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Text = NDArray[np.uint8]
Float = NDArray[np.float64]
Int = NDArray[np.int64]

FIELDS = ("open", "high", "low", "close", "volume", "timestamp")
OPEN, HIGH, LOW, CLOSE, VOLUME, TIME = range(6)
UNUSUAL = -1
"""Instead of a place in the text or a field: there is something that is not read here."""
OTHER = 6
"""A field of another name."""
REQUIRED = 1 << TIME | 1 << OPEN | 1 << HIGH | 1 << LOW | 1 << CLOSE
MOST_POWER = 22
"""Powers of ten up to this one are doubles."""
FAR_POWER = 40
"""Numbers with a larger power of ten, either way, are left to the whole reader."""
TENS = 10.0 ** np.arange(MOST_POWER + 1)
WHOLE = 2**53
"""Whole numbers up to this one are doubles."""
MOST_DIGITS = 19
"""Digits that surely fit 64 bits; 18 of a whole number that is a time."""


def _leading(power: int) -> tuple[int, int, int]:
    """First and second 64 bits of 5 to a power, cut off, and the power of two that the first bit stands for, plus one."""
    five = 5 ** abs(power)
    length = five.bit_length()
    if power < 0:
        bits, length = (1 << (127 + length)) // five, 1 - length
    else:
        bits = five << (128 - length)
    return bits >> 64, bits & (2**64 - 1), length


_BITS = [_leading(power) for power in range(-FAR_POWER, FAR_POWER + 1)]
UPPER = np.array([bits[0] for bits in _BITS], dtype=np.uint64)
LOWER = np.array([bits[1] for bits in _BITS], dtype=np.uint64)
LENGTH = np.array([bits[2] for bits in _BITS], dtype=np.int64)
"""Of 5 to the powers from -FAR_POWER on, see ``_leading``."""
QUOTE, BACKSLASH, COMMA, COLON, POINT, MINUS, PLUS, ZERO = (ord(c) for c in '"\\,:.-+0')
BRACE, END_BRACE, BRACKET, END_BRACKET, LETTER_N = (ord(c) for c in "{}[]n")


@njit(cache=True, nogil=True, error_model="numpy")
def read_rows(text: Text, at: int, time: Int, values: Float) -> tuple[int, int]:
    """Number of bars in an array of objects, and the place after it; UNUSUAL where it holds what is not read here.

    text : ends in a zero byte, at which every reading stops. at : place of the opening bracket. time : (n,)
    epochs as they stand. values : (5, n) open, high, low, close, volume, NaN where it is null or missing. n is at least the
    number of bars. Every bar has a time, in whole numbers, and the four prices, each field once.
    """
    at, n = _space(text, at + 1), 0
    if text[at] == END_BRACKET:
        return 0, at + 1
    while n < len(time):
        at = _row(text, at, n, time, values)
        if at == UNUSUAL:
            return 0, UNUSUAL
        n += 1
        at, ends = _after(text, at, END_BRACKET)
        if ends:
            return n, at
    return 0, UNUSUAL


@njit(cache=True, nogil=True, error_model="numpy")
def _row(text: Text, at: int, n: int, time: Int, values: Float) -> int:
    """Read an object into the ``n``-th row; the place after it."""
    if text[at] != BRACE:
        return UNUSUAL
    values[VOLUME, n] = np.nan
    at, seen = _space(text, at + 1), 0
    while True:
        field, at = _key(text, at)
        if field == UNUSUAL or (field != OTHER and seen >> field & 1):
            return UNUSUAL
        seen |= 1 << field
        if field == TIME:
            time[n], at = _whole(text, at)
        elif field == OTHER:
            at = _skipped(text, at)
        elif field == VOLUME and text[at] == LETTER_N:
            at = _null(text, at)
        else:
            values[field, n], at = _number(text, at)
        if at == UNUSUAL:
            return UNUSUAL
        at, ends = _after(text, at, END_BRACE)
        if ends:
            return at if seen & REQUIRED == REQUIRED else UNUSUAL


@njit(cache=True, nogil=True, error_model="numpy")
def read_columns(text: Text, at: int, time: Int, values: Float) -> tuple[int, int]:
    """Number of bars in an object of arrays, one a field, and the place after it; as ``read_rows``.

    Every array is as long as the others; the prices and the time are there, and the volume may be null or missing.
    """
    values[VOLUME] = np.nan
    at, n, seen = _space(text, at + 1), -1, 0
    while True:
        field, at = _key(text, at)
        if field in (UNUSUAL, OTHER) or seen >> field & 1:
            return 0, UNUSUAL
        seen |= 1 << field
        if field == VOLUME and text[at] == LETTER_N:
            at = _null(text, at)
        else:
            size, at = _array(text, at, field, time, values)
            if at == UNUSUAL or (n >= 0 and size != n):
                return 0, UNUSUAL
            n = size
        if at == UNUSUAL:
            return 0, UNUSUAL
        at, ends = _after(text, at, END_BRACE)
        if ends:
            return (n, at) if seen & REQUIRED == REQUIRED else (0, UNUSUAL)


@njit(cache=True, nogil=True, error_model="numpy")
def _array(text: Text, at: int, field: int, time: Int, values: Float) -> tuple[int, int]:
    if text[at] != BRACKET:
        return 0, UNUSUAL
    at, n = _space(text, at + 1), 0
    if text[at] == END_BRACKET:
        return 0, at + 1
    while n < len(time):
        if field == TIME:
            time[n], at = _whole(text, at)
        elif field == VOLUME and text[at] == LETTER_N:
            at = _null(text, at)
        else:
            values[field, n], at = _number(text, at)
        if at == UNUSUAL:
            return 0, UNUSUAL
        n += 1
        at, ends = _after(text, at, END_BRACKET)
        if ends:
            return n, at
    return 0, UNUSUAL


@njit(cache=True, nogil=True, error_model="numpy")
def _after(text: Text, at: int, closing: int) -> tuple[int, bool]:
    """Place of the next part of a list, or the place after its closing mark; and whether it ends, as what is unusual does."""
    at = _space(text, at)
    if text[at] == closing:
        return at + 1, True
    return (_space(text, at + 1), False) if text[at] == COMMA else (UNUSUAL, True)


@njit(cache=True, nogil=True, error_model="numpy")
def _space(text: Text, at: int) -> int:
    """Place of the next byte that is no space."""
    while text[at] == 32 or 9 <= text[at] <= 10 or text[at] == 13:
        at += 1
    return at


@njit(cache=True, nogil=True, error_model="numpy")
def _key(text: Text, at: int) -> tuple[int, int]:
    """Field that a key names, and the place of its value."""
    if text[at] != QUOTE:
        return UNUSUAL, at
    start = at + 1
    end = _closing(text, start)
    if end == UNUSUAL:
        return UNUSUAL, at
    at = _space(text, end + 1)
    if text[at] != COLON:
        return UNUSUAL, at
    return _field(text, start, end - start), _space(text, at + 1)


@njit(cache=True, nogil=True, error_model="numpy")
def _closing(text: Text, at: int) -> int:
    """Place of the quote that ends a text of plain ASCII without escapes."""
    while text[at] != QUOTE:
        if text[at] == BACKSLASH or text[at] < 32 or text[at] > 126:
            return UNUSUAL
        at += 1
    return at


@njit(cache=True, nogil=True, error_model="numpy")
def _field(text: Text, at: int, size: int) -> int:
    for field in range(len(FIELDS)):
        if NAME_SIZES[field] == size:
            same = True
            for i in range(size):
                same &= text[at + i] == NAMES[field, i]
            if same:
                return field
    return OTHER


NAME_SIZES = np.array([len(name) for name in FIELDS])
NAMES = np.array([list(name.ljust(9).encode()) for name in FIELDS], dtype=np.uint8)


@njit(cache=True, nogil=True, error_model="numpy")
def _skipped(text: Text, at: int) -> int:
    """Place after a value of no interest: a number, null or a plain text."""
    if text[at] == LETTER_N:
        return _null(text, at)
    if text[at] == QUOTE:
        end = _closing(text, at + 1)
        return end if end == UNUSUAL else end + 1
    return _number(text, at)[1]


@njit(cache=True, nogil=True, error_model="numpy")
def _null(text: Text, at: int) -> int:
    if text[at + 1] == ord("u") and text[at + 2] == ord("l") and text[at + 3] == ord("l"):
        return at + 4
    return UNUSUAL


@njit(cache=True, nogil=True, error_model="numpy")
def _whole(text: Text, at: int) -> tuple[int, int]:
    """A whole number without sign, of at most 18 digits without a leading zero, and the place after it."""
    start, value = at, 0
    while ZERO <= text[at] <= ZERO + 9:
        value = value * 10 + (text[at] - ZERO)
        at += 1
        if at - start == MOST_DIGITS:
            return 0, UNUSUAL
    if at == start or (text[start] == ZERO and at - start > 1) or _goes_on(text[at]):
        return 0, UNUSUAL
    return value, at


@njit(cache=True, nogil=True, error_model="numpy")
def _goes_on(byte: int) -> bool:
    """Whether a byte makes more of the digits before it: a fraction or a power of ten."""
    return byte == POINT or byte == ord("e") or byte == ord("E")


@njit(cache=True, nogil=True, error_model="numpy")
def _number(text: Text, at: int) -> tuple[float, int]:
    """A number, and the place after it."""
    negative = text[at] == MINUS
    if negative:
        at += 1
    digits, power, start = np.uint64(0), 0, at
    while ZERO <= text[at] <= ZERO + 9:
        digits = digits * np.uint64(10) + np.uint64(text[at] - ZERO)
        at += 1
    n = at - start
    if n == 0 or (n > 1 and text[start] == ZERO):
        return 0.0, UNUSUAL
    if text[at] == POINT:
        at += 1
        begun = at
        while ZERO <= text[at] <= ZERO + 9:
            digits = digits * np.uint64(10) + np.uint64(text[at] - ZERO)
            at += 1
        power = begun - at
        if power == 0:
            return 0.0, UNUSUAL
        n -= power
        if text[start] == ZERO:  # leading zeros are no digits
            n -= 1
            while begun < at and text[begun] == ZERO:
                begun += 1
                n -= 1
    if n > MOST_DIGITS:
        return 0.0, UNUSUAL
    if text[at] == ord("e") or text[at] == ord("E"):
        shift, at = _power(text, at + 1)
        if at == UNUSUAL:
            return 0.0, UNUSUAL
        power += shift
    value = _double(digits, power)
    return (-value if negative else value), (UNUSUAL if np.isnan(value) else at)


@njit(cache=True, nogil=True, error_model="numpy")
def _power(text: Text, at: int) -> tuple[int, int]:
    """The power after an ``e``, of at most three digits, and the place after it."""
    negative = text[at] == MINUS
    if negative or text[at] == PLUS:
        at += 1
    start, value = at, 0
    while at - start < 3 and ZERO <= text[at] <= ZERO + 9:
        value = 10 * value + (text[at] - ZERO)
        at += 1
    if at == start or ZERO <= text[at] <= ZERO + 9:
        return 0, UNUSUAL
    return (-value if negative else value), at


@njit(cache=True, nogil=True, error_model="numpy")
def _double(digits: np.uint64, power: int) -> float:
    """The double nearest to digits times a power of ten; NaN where that is left open."""
    if digits == 0:
        return 0.0
    if digits <= WHOLE and -MOST_POWER <= power <= MOST_POWER:
        return float(digits) / TENS[-power] if power < 0 else float(digits) * TENS[power]
    if not -FAR_POWER <= power <= FAR_POWER:
        return np.nan
    word, shifted = np.uint64(digits), 0
    while not word >> np.uint64(63):
        word <<= np.uint64(1)
        shifted += 1
    upper, middle = _product(word, UPPER[power + FAR_POWER])
    more, _ = _product(word, LOWER[power + FAR_POWER])
    middle += more
    upper += np.uint64(middle < more)
    if middle == ~np.uint64(0):
        return np.nan
    spare = 10 + int(upper >> np.uint64(63))
    rest, half = upper & np.uint64((1 << spare) - 1), np.uint64(1 << (spare - 1))
    if rest == half and middle == 0:
        return np.nan
    kept = (upper >> np.uint64(spare)) + np.uint64(rest >= half)
    return float(kept) * 2.0 ** (spare + LENGTH[power + FAR_POWER] + power - shifted)


@njit(cache=True, nogil=True, error_model="numpy")
def _product(a: np.uint64, b: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Upper and lower 64 bits of a product of 64 bits each."""
    half, low = np.uint64(32), np.uint64(0xFFFFFFFF)
    a1, a0, b1, b0 = a >> half, a & low, b >> half, b & low
    mixed = a1 * b0 + (a0 * b0 >> half)
    other = a0 * b1 + (mixed & low)
    return a1 * b1 + (mixed >> half) + (other >> half), a * b
