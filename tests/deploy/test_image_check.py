"""How the replay of the Dockerfile reads it; the replay itself is `make image-check`, as it needs root and a Debian mirror."""

import importlib.util

import pytest

from .conftest import ROOT

SPEC = importlib.util.spec_from_file_location("image_check", ROOT / "deploy/image_check.py")
image_check = importlib.util.module_from_spec(SPEC)


@pytest.fixture(scope="module", autouse=True)
def loaded():
    import sys

    sys.modules["image_check"] = image_check
    SPEC.loader.exec_module(image_check)
    yield
    del sys.modules["image_check"]


def test_every_instruction_of_the_dockerfile_is_one_that_is_replayed():
    steps = list(image_check.instructions((ROOT / "Dockerfile").read_text()))
    assert steps[0][0] == "FROM"
    assert steps[0][1] in image_check.BASES
    assert [name for name, _ in steps].count("RUN") == 2
    run = next(rest for name, rest in steps if name == "RUN")
    assert "useradd" in run  # of a line that goes on over several


def test_an_instruction_that_is_not_known_stops_it():
    with pytest.raises(SystemExit, match="ENTRYPOINT"):
        list(image_check.instructions('FROM a\nENTRYPOINT ["b"]\n'))


def test_what_is_sent_is_what_serves_and_no_secret():
    files = image_check.sent(ROOT)
    assert {"app.py", "logs.py", "final_model/drift.json", "data/sp500.csv", "requirements.txt"} <= set(files)
    tops = {name.split("/")[0] for name in files}
    assert not tops & {"deploy", "tests", "docs", "benchmarks", ".git", ".venv", "var"}
    assert not [name for name in files if "__pycache__" in name]


def test_variables_and_commands_are_taken_as_they_stand(tmp_path):
    image = image_check.Image(tmp_path, 0)
    for name, rest in image_check.instructions((ROOT / "Dockerfile").read_text()):
        if name in ("ENV", "USER", "CMD", "HEALTHCHECK", "VOLUME", "WORKDIR"):
            image_check.do(image, name, rest, ROOT)
    assert (image.user, image.folder, image.volumes) == ("regime", "/srv/regime-desk", ["/var/lib/regime-desk"])
    assert image.environment["NUMBA_CACHE_DIR"] == "/var/lib/regime-desk/numba"
    assert image.command[0] == ".venv/bin/gunicorn"
    assert "/ready" in image.health[-1]
