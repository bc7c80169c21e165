"""A disk that is full: what cannot be kept is refused, and the rest goes on."""

import json
import os
import subprocess
import urllib.error
import urllib.request
from http.cookiejar import CookieJar

import pytest

from json_service import rules_folder
from real_server import post, reaches, serving

FORM = {"Content-Type": "multipart/form-data; boundary=x", "X-Regime-Desk": "upload", "Sec-Fetch-Site": "same-origin"}
ROWS = b"".join(b"2020-%02d-%02d,100,110,90,%d,1000\n" % (1 + i // 28, 1 + i % 28, 100 + i % 5) for i in range(300))
CSV = b"Date,Open,High,Low,Close,Volume\n" + ROWS * 120


@pytest.fixture
def disk(tmp_path):
    """A disk of four megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


class Visitor:
    """A browser with the server's cookie."""

    def __init__(self, server):
        self.server = server
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        with self.opener.open(f"{server.address}/", timeout=60) as page:
            assert page.status == 200

    def send(self):
        body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="mine.csv"\r\n\r\n' + CSV + b"\r\n--x--\r\n"
        try:
            with self.opener.open(urllib.request.Request(f"{self.server.address}/uploads", body, FORM), timeout=60) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)


def test_a_file_that_finds_no_room_is_refused_and_leaves_nothing_and_answers_go_on(disk, tmp_path):
    rules_folder(tmp_path / "model")
    with serving(tmp_path, REGIME_STATE_DIR=str(disk / "state")) as server:
        visitor = Visitor(server)
        assert len(CSV) > 900_000
        assert visitor.send()[0] == 201
        filler = disk / "filler"
        free = os.statvfs(disk)
        filler.write_bytes(b"\0" * (free.f_bavail * free.f_frsize - 500_000))
        before = sorted(path for path in disk.rglob("*"))
        for _ in range(3):
            status, problem = visitor.send()
            assert (status, problem["code"]) == (507, "upload.disk_full")
            assert post(server.address)[0] == 200
            assert reaches(f"{server.address}/ready")
        assert sorted(path for path in disk.rglob("*")) == before
        filler.unlink()
        assert visitor.send()[0] == 201
