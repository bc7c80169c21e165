"""Grants: how a cookie holds them, and that they show and never change."""

import numpy as np
import pytest

from regime_core import shares
from regime_core.bars import OHLCV
from regime_core.datasets import Library
from regime_core.errors import RegimeError
from regime_core.shares import Shares
from regime_core.uploads import Grant, Uploads
from visitors import uploaded


def bars(n=60, first="2018-01-01"):
    time = (np.datetime64(first, "D") + np.arange(n)).astype("M8[ns]").astype(np.int64)
    close = 100.0 + np.arange(n)
    return OHLCV(time, close, close + 1, close - 1, close, np.full(n, 1e6))


@pytest.fixture
def library(tmp_path):
    (tmp_path / "data").mkdir()
    return Library(tmp_path / "data", Uploads(tmp_path / "uploads"))


@pytest.fixture
def sealed(library):
    return Shares(library.uploads, b"a key of 32 bytes or thereabouts")


def grant_to(library, sealed, upload_id, days=1):
    return sealed.grant(sealed.link(library.uploads.get(upload_id, "alice"), days).token)


def test_a_guest_sees_the_dataset_and_cannot_ask_for_it_to_change_it(library, sealed):
    upload_id = uploaded(library, "alice", "btc.csv", bars())
    grant = grant_to(library, sealed, upload_id)
    assert library.get(upload_id, "alice").shared is False
    seen = library.get(upload_id, "bob", [grant])
    assert (seen.shared, seen.source, seen.title, seen.bars.n_bars) == (True, "shared", "btc", 60)
    assert library.get(upload_id, "alice", [grant]).shared is False  # what is kept in memory is still the owner's own
    assert library.upload(upload_id, "bob", [grant])[0].shared
    with pytest.raises(RegimeError, match="another visitor"):
        library.upload(upload_id, "bob")
    with pytest.raises(RegimeError) as error:
        sealed.link(library.upload(upload_id, "bob", [grant])[0], 1)
    assert error.value.code == "dataset.unknown"


def test_the_list_of_a_guest_names_what_is_shared_last_and_what_is_over_not_at_all(library, sealed):
    theirs, mine = uploaded(library, "alice", "btc.csv", bars()), uploaded(library, "bob", "eth.csv", bars())
    grant = grant_to(library, sealed, theirs)
    assert [(info.id, info.shared) for info in library.infos("bob", [grant])] == [(mine, False), (theirs, True)]
    assert [info.id for info in library.infos("alice", [grant])] == [theirs]
    library.uploads.stop_sharing(library.uploads.get(theirs, "alice"))
    assert [info.id for info in library.infos("bob", [grant])] == [mine]
    with pytest.raises(RegimeError) as error:
        library.get(theirs, "bob", [grant])
    assert error.value.code == "share.over"


def test_a_guest_looks_at_a_series_of_their_own(library, sealed):
    upload_id = uploaded(library, "alice", "two.csv", bars(), bars(90))
    grant = grant_to(library, sealed, upload_id)
    (looking,) = shares.looking_at([grant], upload_id, 1)
    assert [(info.id, info.title) for info in library.infos("bob", [looking])] == [(f"{upload_id}.1", "two · S1")]
    assert [info.id for info in library.infos("alice")] == [f"{upload_id}.0"]
    (gone,) = shares.looking_at([grant], upload_id, 7)
    assert [info.id for info in library.infos("bob", [gone])] == [f"{upload_id}.0"]


@pytest.mark.parametrize("key", ["", "0123456789abcdef"])
def test_a_grant_under_another_key_shows_nothing(library, sealed, key):
    upload_id = uploaded(library, "alice", "btc.csv", bars())
    forged = Grant(upload_id, 2**40, key)
    with pytest.raises(RegimeError):
        library.get(upload_id, "bob", [forged])  # nothing is shared at all
    grant_to(library, sealed, upload_id)
    with pytest.raises(RegimeError):
        library.get(upload_id, "bob", [forged])


def test_a_grant_of_an_id_that_is_a_path_finds_nothing(library):
    assert library.uploads.granted([Grant("../../etc", 2**40, "x"), Grant("*", 2**40, "x")]) == []


def test_a_link_is_made_for_the_times_that_are_offered(library, sealed):
    upload = library.uploads.get(uploaded(library, "alice", "btc.csv", bars()), "alice")
    for days in (0, -1, 8, 365):
        with pytest.raises(RegimeError, match="1 or 7 days"):
            sealed.link(upload, days)


def test_grants_are_read_back_from_a_cookie_and_anything_else_is_none():
    grants = (Grant("u1", 5, "k"), Grant("u2", 6, "l", 3))
    assert shares.grants_of(shares.plain(grants)) == grants
    for other in (None, "x", 3, {}, [["u1"]], [["u1", "5", "k", None]], [[1, 2, 3, 4]]):
        assert shares.grants_of(other) == ()


def test_a_new_grant_takes_the_place_of_an_older_one_of_the_same_file():
    old, other, new = Grant("u1", 5, "k", 2), Grant("u2", 5, "k"), Grant("u1", 9, "m")
    assert shares.with_grant([old, other], new) == (other, new)
