import pytest

from regime_core.readers import Inspection
from vendors import FORMATS
from vendors.reading import difference, read

NOT_YET = {"negative_prices"}
"""Formats that are refused so far, or asked about. One that is read comes off this list."""

READ_WRONG: set[str] = set()
"""Formats that are read wrongly so far: the worst that can happen. One that is mended comes off this list."""

ALL = sorted(FORMATS)
READ = [name for name in ALL if name not in NOT_YET | READ_WRONG and FORMATS[name]().status == "ok"]
ASKED = [name for name in ALL if name not in READ_WRONG and FORMATS[name]().status != "ok"]


@pytest.mark.parametrize("name", READ)
def test_a_vendors_file_is_read_right(name):
    file = FORMATS[name]()
    got = read(file)
    if file.may_ask and got.status == "ambiguous":
        return
    assert got.status == "ok", got.message
    assert difference(file, got) == ""


@pytest.mark.skipif("status" not in Inspection.__dataclass_fields__, reason="inspection gives no codes of warnings")
@pytest.mark.parametrize("name", [name for name in READ if FORMATS[name]().warnings])
def test_what_is_odd_in_a_file_is_said(name):
    file = FORMATS[name]()
    got = read(file)
    assert file.may_ask or file.warnings <= got.codes


@pytest.mark.parametrize("name", ASKED)
def test_what_nothing_settles_is_asked_or_refused(name):
    assert read(FORMATS[name]()).status in ("ambiguous", "rejected")


@pytest.mark.parametrize("name", sorted(NOT_YET))
def test_a_format_not_read_yet_is_refused(name):
    got = read(FORMATS[name]())
    assert got.status in ("ambiguous", "rejected"), difference(FORMATS[name](), got) or "it is read right: take it off NOT_YET"
    assert got.message


@pytest.mark.xfail(strict=True, reason="known to be read wrongly")
@pytest.mark.parametrize("name", sorted(READ_WRONG))
def test_a_wrong_reading_is_mended(name):
    file = FORMATS[name]()
    got = read(file)
    assert got.status != "ok" or (file.status == "ok" and difference(file, got) == "")


def test_lists_name_formats_that_exist():
    assert set(FORMATS) >= NOT_YET | READ_WRONG
    assert not NOT_YET & READ_WRONG
