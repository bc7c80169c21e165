"""Files that visitors brought, each in a folder of its own with all that was made of it.

An upload lies at ``<hash of its owner>/<unguessable id>/source``. A look-up needs both, so an id alone shows nothing. Whom its
owner gave a link has a ``Grant`` instead. It holds as long as the key that lies beside the file is the one it was given under.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO

from regime_core.errors import RegimeError

SOURCE, ABOUT, SHARE_KEY = "source", "upload.json", "share.key"
FOLDERS_KEPT = 1_000
"""Folders of shared uploads that are remembered; any other is looked for."""
_ID = re.compile(r"u[A-Za-z0-9_-]{22}")
_SUFFIXES = re.compile(r"\.(csv|txt|tsv|xlsx|gz|zip|dat|prn)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Grant:
    """Sight, and nothing more, of another visitor's upload.

    until : when it ends, in seconds since 1970. key : of the upload's sharing at the time. series : which of the file's series
    is looked at; None for the one that its owner shows.
    """

    upload_id: str
    until: int
    key: str
    series: int | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in its folder.

    name : as its visitor knows it, for messages. reading : name of the folder with the bars that are shown of it, empty while
    there are none. series : which of them is shown; symbol : its name where the file holds several, else empty.
    shared : whether whoever asked sees it by a grant, and may change nothing.
    """

    id: str
    folder: Path
    name: str
    reading: str = ""
    series: int = 0
    symbol: str = ""
    shared: bool = False

    @property
    def source(self) -> Path:
        """The file as it came."""
        return self.folder / SOURCE

    @property
    def title(self) -> str:
        """What a picker shows: the name without what says its format, ``btc`` of ``btc.csv.gz``, and the series shown."""
        return self.named(self.symbol)

    @property
    def arrived(self) -> float:
        """When the file came, in seconds since 1970; 0 where it is gone."""
        return _arrived(self.folder)

    def named(self, symbol: str) -> str:
        """Title of one of its series."""
        short = self.name
        while _SUFFIXES.sub("", short) not in (short, ""):
            short = _SUFFIXES.sub("", short)
        return f"{short} · {symbol}" if symbol else short


@dataclass(slots=True)
class Arrival:
    """A file on its way in. file : to write it to. name : to be set to what its visitor calls it."""

    id: str
    file: BinaryIO
    name: str = ""


class Uploads:
    """Every visitor's files. Every worker of a server has one on the same folder."""

    def __init__(
        self, folder: Path, *, most: int = 20, ttl_seconds: float = 7 * 86_400, clock: Callable[[], float] = time.time
    ) -> None:
        self.folder = folder
        self.most = most
        self.ttl_seconds = ttl_seconds
        self.clock = clock
        self._shared_at: dict[str, Path] = {}

    @contextlib.contextmanager
    def receive(self, visitor: str) -> Iterator[Arrival]:
        """Take a file in: it is kept once the block is left without an error, else nothing of it stays.

        The oldest beyond the visitor's share are removed then, and all that have expired.
        """
        owner = self._owner(visitor)
        upload_id = "u" + secrets.token_urlsafe(16)
        partial = owner / f".{upload_id}"
        partial.mkdir(parents=True, mode=0o700)
        try:
            with (partial / SOURCE).open("xb") as file:
                arrival = Arrival(upload_id, file)
                yield arrival
            _tell(Upload(upload_id, partial, base_name(arrival.name)))
            partial.replace(owner / upload_id)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        self.expire()
        for upload in self.all(visitor)[self.most :]:
            self.remove(upload)

    def get(self, upload_id: str, visitor: str | None, grants: Sequence[Grant] = ()) -> Upload:
        """Upload by id, of this visitor or one that a grant shows.

        Raises RegimeError ``dataset.unknown`` if there is none, and ``share.over`` for one that a grant showed once.
        """
        if not _ID.fullmatch(upload_id):
            raise unknown()
        if visitor is not None:
            own = self._kept(self._owner(visitor) / upload_id)
            if own is not None:
                return own
        grant = next((one for one in grants if one.upload_id == upload_id), None)
        if grant is None:
            raise unknown()
        found = self._granted(grant)
        if found is None:
            raise share_over()
        return found

    def all(self, visitor: str) -> list[Upload]:
        """A visitor's uploads, newest first."""
        folders = [path for path in self._owner(visitor).glob("u*") if _ID.fullmatch(path.name) and not self._expired(path)]
        found = []
        for folder in sorted(folders, key=_arrived, reverse=True):
            with contextlib.suppress(FileNotFoundError):  # another worker may remove it just now
                found.append(_told(folder))
        return found

    def show(self, upload: Upload, reading: str, series: int = 0, symbol: str = "") -> Upload:
        """Show another reading, or another of its series, from now on. symbol : as in ``Upload``."""
        changed = replace(upload, reading=reading, series=series, symbol=symbol)
        if changed != upload:
            _tell(changed)
        return changed

    def granted(self, grants: Sequence[Grant]) -> list[tuple[Upload, Grant]]:
        """Uploads that grants show now, in their order."""
        found = ((self._granted(grant), grant) for grant in grants)
        return [(upload, grant) for upload, grant in found if upload is not None]

    def kept_until(self, upload: Upload) -> float:
        """When the file is removed, in seconds since 1970."""
        return upload.arrived + self.ttl_seconds

    def share_key(self, upload: Upload) -> str:
        """Key that grants of this upload are given under, made by the first of them. Raises OSError where it is gone."""
        path = upload.folder / SHARE_KEY
        if not path.is_file():
            temporary = upload.folder / f".{SHARE_KEY}.{secrets.token_hex(4)}"
            temporary.write_text(secrets.token_urlsafe(12))
            with contextlib.suppress(FileExistsError):  # another worker was first: then its key counts
                os.link(temporary, path)
            temporary.unlink()
        return path.read_text()

    def is_shared(self, upload: Upload) -> bool:
        """Whether there may be grants of this upload that hold."""
        return (upload.folder / SHARE_KEY).is_file()

    def stop_sharing(self, upload: Upload) -> None:
        """End all grants of an upload: none holds under the key of later ones."""
        (upload.folder / SHARE_KEY).unlink(missing_ok=True)

    def remove(self, upload: Upload) -> None:
        """Remove a file with all that was made of it."""
        shutil.rmtree(upload.folder, ignore_errors=True)

    def expire(self) -> None:
        """Remove whatever is older than its time to live: uploads, and what a stopped server left half received."""
        for path in self.folder.glob("*/*"):
            if not self._expired(path):
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def _kept(self, folder: Path) -> Upload | None:
        with contextlib.suppress(FileNotFoundError):
            if not self._expired(folder):
                return _told(folder)
        return None

    def _granted(self, grant: Grant) -> Upload | None:
        """Upload that a grant shows; None where it does not hold any more."""
        if self.clock() >= grant.until or not _ID.fullmatch(grant.upload_id):
            return None
        folder = self._shared_at.get(grant.upload_id)
        if folder is None or not folder.is_dir():
            folder = next(self.folder.glob(f"*/{grant.upload_id}"), None)
        if folder is None:
            return None
        if len(self._shared_at) >= FOLDERS_KEPT:
            self._shared_at.clear()
        self._shared_at[grant.upload_id] = folder
        with contextlib.suppress(FileNotFoundError):
            if hmac.compare_digest((folder / SHARE_KEY).read_bytes(), grant.key.encode()):
                upload = self._kept(folder)
                return None if upload is None else replace(upload, shared=True)
        return None

    def _owner(self, visitor: str) -> Path:
        return self.folder / hashlib.sha256(visitor.encode()).hexdigest()[:32]

    def _expired(self, path: Path) -> bool:
        return self.clock() - _arrived(path) > self.ttl_seconds


def base_name(name: str) -> str:
    """File name without folders and characters that cannot be seen, at most 100 characters."""
    seen = "".join(character for character in name if character.isprintable())
    return PureWindowsPath(PurePosixPath(seen).name).name[-100:] or "the file"


def download_name(title: str, what: str = "labels", suffix: str = "csv") -> str:
    """``btc_usd_daily_labels.csv`` for the labels of ``btc usd/daily``."""
    return f"{re.sub(r'[^A-Za-z0-9._-]+', '_', title).strip('._') or 'bars'}_{what}.{suffix}"


def unknown() -> RegimeError:
    """Error for a dataset that is not there for whoever asks."""
    return RegimeError(
        "dataset.unknown",
        "This dataset is not here: it has expired, or belongs to another visitor. Pick another, or upload the file again.",
    )


def share_over() -> RegimeError:
    """Error for a dataset that whoever asks was shown by a link which holds no more."""
    return RegimeError(
        "share.over",
        "This file was shared with you, and is no longer: the link has run out, or whoever brought the file stopped sharing it "
        "or removed it. Ask for a new link.",
    )


def _tell(upload: Upload) -> None:
    about = {"name": upload.name, "reading": upload.reading, "series": upload.series, "symbol": upload.symbol}
    temporary = upload.folder / f".{ABOUT}.{secrets.token_hex(4)}"
    temporary.write_text(json.dumps(about))
    temporary.replace(upload.folder / ABOUT)


def _told(folder: Path) -> Upload:
    about = json.loads((folder / ABOUT).read_text())
    return Upload(folder.name, folder, about["name"], about["reading"], about["series"], about["symbol"])


def _arrived(path: Path) -> float:
    """When a file came, in seconds since 1970; 0 where it is gone."""
    for known in (path / SOURCE, path):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            return known.stat().st_mtime
    return 0.0
