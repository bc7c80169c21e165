"""Everything that is installed is pinned to a version, and to the hashes of its files."""

import re
import subprocess
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
SETS = ("requirements", "requirements-train", "requirements-dev")
WITHOUT_HASH = {"torch"}
"""Which of its builds is installed depends on where from: the Makefile says so too."""


def name(text):
    return re.sub(r"[-_.]+", "-", text).lower()


def pinned(set_):
    """Name -> version of a set and of those it rests on."""
    pins = {}
    for line in (ROOT / f"{set_}.txt").read_text().splitlines():
        if line.startswith("-r "):
            pins |= pinned(line.removeprefix("-r ").removesuffix(".txt"))
        elif line and not line.startswith("#"):
            package, version = re.fullmatch(r"([\w.-]+)(?:\[[\w, ]+\])?==([\w.]+)", line).groups()
            pins[name(package)] = version
    return pins


def hashed(set_):
    """Name -> version and hashes of a lock file."""
    text = (ROOT / f"{set_}.lock").read_text()
    found = re.findall(r"^([\w.-]+)(?:\[[\w, ]+\])?==([\w.]+)((?: \\\n    --hash=sha256:[0-9a-f]{64})*)$", text, re.MULTILINE)
    return {name(package): (version, hashes.count("sha256:")) for package, version, hashes in found}


@pytest.mark.parametrize("set_", SETS)
def test_every_pin_has_its_hashes(set_):
    """``make lock`` writes them."""
    pins, locked = pinned(set_), hashed(set_)
    assert {package: version for package, (version, _) in locked.items()} == {
        package: version for package, version in pins.items() if package not in WITHOUT_HASH
    }
    assert not [package for package, (_, hashes) in locked.items() if not hashes]
    assert len(locked) > 50


@pytest.mark.parametrize("python", ["3.11.0", "3.11.99"])
@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("set_", SETS)
def test_a_set_holds_all_that_its_packages_bring(set_, machine, python):
    """Else pip, which checks hashes of all or none, refuses the set, or installs less than the whole of it."""
    pins = pinned(set_)
    where = {"extra": "", "platform_machine": machine, "python_full_version": python}
    needed = {
        name(requirement.name)
        for package in pins.keys() - WITHOUT_HASH
        for requirement in map(Requirement, distribution(package).requires or [])
        if requirement.marker is None or requirement.marker.evaluate(where)
    }
    assert needed <= pins.keys()


@pytest.mark.parametrize("set_", SETS)
def test_packages_come_from_the_usual_registry_alone(set_):
    text = (ROOT / f"{set_}.lock").read_text()
    assert not re.findall(r"^--|https?:|@", text, re.MULTILINE)


@pytest.mark.parametrize("set_", SETS)
def test_make_installs_by_hash(set_):
    """And by version what has no hash; nothing else."""
    stamp = {"requirements": "run", "requirements-train": "train", "requirements-dev": "dev"}[set_]
    command = ["make", "--dry-run", "--always-make", "VENV=nowhere", f"nowhere/{stamp}.stamp"]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    installs = [line.split(" pip install ")[1] for line in made.splitlines() if " pip install " in line]
    by_version = [f"$(grep '^{package}==' requirements-train.txt)" for package in WITHOUT_HASH if package in pinned(set_)]
    assert f"--require-hashes {'--no-deps ' * (stamp == 'dev')}-r {set_}.lock" in installs[0]
    assert [line.removeprefix("--quiet --disable-pip-version-check ") for line in installs[1:]] == by_version
