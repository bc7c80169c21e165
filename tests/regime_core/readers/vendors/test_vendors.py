import pytest

from vendors import FORMATS
from vendors.reading import difference, read

ALL = sorted(FORMATS)
READ = [name for name in ALL if FORMATS[name]().status == "ok"]
ASKED = [name for name in ALL if FORMATS[name]().status != "ok"]


@pytest.mark.parametrize("name", READ)
def test_a_vendors_file_is_read_right(name):
    file = FORMATS[name]()
    got = read(file)
    if file.may_ask and got.status == "ambiguous":
        return
    assert got.status == "ok", got.message
    assert difference(file, got) == ""


@pytest.mark.parametrize("name", [name for name in READ if FORMATS[name]().warnings])
def test_what_is_odd_in_a_file_is_said(name):
    file = FORMATS[name]()
    got = read(file)
    assert file.may_ask or file.warnings <= got.codes


@pytest.mark.parametrize("name", ASKED)
def test_what_nothing_settles_is_asked_or_refused(name):
    assert read(FORMATS[name]()).status in ("ambiguous", "rejected")
