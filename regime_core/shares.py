"""Links by which a visitor lets others see an upload: signed, expiring, and void once their owner wants them to be."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from itsdangerous import BadSignature, URLSafeSerializer

from regime_core.errors import RegimeError
from regime_core.uploads import Grant, Upload, Uploads, share_over, unknown

DAYS = (1, 7)
"""For how long a link may be made to work."""
DAY_SECONDS = 86_400
MOST_GRANTS = 10
"""Uploads of others that a visitor's cookie remembers; the one granted longest ago beyond them is forgotten."""
REMEMBERED = "shared"
"""Under which name a visitor's signed cookie holds the grants."""
PARAMETER = "share"
"""Under which name an address holds a token."""
_SALT = "regime-desk upload share"


@dataclass(frozen=True, slots=True)
class Link:
    """What is added to an address, and until when it works, in seconds since 1970."""

    token: str
    until: int


class Shares:
    """Makes links to uploads, and grants of the links.

    A token holds the id of the upload, when it ends, and the key of the upload's sharing; nothing of its owner.
    """

    def __init__(self, uploads: Uploads, key: bytes) -> None:
        """Sign with the server's key, under a salt of these links' own."""
        self._uploads = uploads
        self._serializer = URLSafeSerializer(key, salt=_SALT, signer_kwargs={"digest_method": hashlib.sha256})

    def link(self, upload: Upload, days: int) -> Link:
        """Link to an upload that works for so many days, and not longer than the file is kept.

        Raises RegimeError ``share.days`` for any other time than ``DAYS``, and ``dataset.unknown`` for a file that is another
        visitor's, or gone.
        """
        if days not in DAYS:
            raise RegimeError("share.days", f"A link works for {' or '.join(map(str, DAYS))} days, not for {days}.")
        if upload.shared:
            raise unknown()
        try:
            key = self._uploads.share_key(upload)
        except FileNotFoundError:
            raise unknown() from None
        until = int(min(self._uploads.clock() + days * DAY_SECONDS, self._uploads.kept_until(upload)))
        return Link(str(self._serializer.dumps([upload.id, until, key])), until)

    def grant(self, token: str) -> Grant:
        """Grant of a link's token.

        Raises RegimeError ``share.damaged`` for a token that was not made here, ``share.expired`` for one whose time is up, and
        ``share.over`` where the file is gone or no longer shared.
        """
        try:
            upload_id, until, key = self._serializer.loads(token)
        except (BadSignature, ValueError):
            raise RegimeError(
                "share.damaged",
                "The link is not whole, or was not made by this server: copy all of it, or ask for it again.",
            ) from None
        if self._uploads.clock() >= until:
            raise RegimeError("share.expired", "The time for which the link was made is up. Ask for a new one.")
        grant = Grant(upload_id, until, key)
        if not self._uploads.granted([grant]):
            raise share_over()
        return grant


def grants_of(remembered: object) -> tuple[Grant, ...]:
    """Grants that ``plain`` wrote; none of anything else, as of a cookie of another version."""
    found = []
    for one in remembered if isinstance(remembered, list) else ():
        match one:
            case [str(upload_id), int(until), str(key), int() | None as series]:
                found.append(Grant(upload_id, until, key, series))
    return tuple(found)


def plain(grants: Sequence[Grant]) -> list[list[str | int | None]]:
    """Grants as JSON holds them."""
    return [[grant.upload_id, grant.until, grant.key, grant.series] for grant in grants]


def with_grant(grants: Sequence[Grant], new: Grant) -> tuple[Grant, ...]:
    """Grants with a new one as the last, in the place of any other of the same upload."""
    return (*(one for one in grants if one.upload_id != new.upload_id), new)[-MOST_GRANTS:]


def looking_at(grants: Sequence[Grant], upload_id: str, series: int) -> tuple[Grant, ...]:
    """Grants of which that of an upload has another series in sight."""
    return tuple(replace(one, series=series) if one.upload_id == upload_id else one for one in grants)
