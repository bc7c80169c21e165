"""Replays the Dockerfile in a clean Debian root and starts what it makes, without a container engine: `make image-check`.

Each RUN, COPY, ENV, WORKDIR, USER, VOLUME, HEALTHCHECK and CMD of the Dockerfile is read and done in a root that debootstrap
made of the base image's Debian release. Then the CMD runs as it would under compose.yaml: as its user, the root read-only, with
its tmpfs and volumes alone to write to, in a network of its own without a way out, and is asked by its own health check and for
a regime. It needs root, Linux namespaces, a Debian mirror and PyPI. Not proven: the base image, which brings a Python of its
own, and the engine's building and caching of layers.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent
BASES = {"python:3.11-slim-bookworm": ("bookworm", "ca-certificates python3.11 python3.11-venv")}
"""What stands for a base image: the Debian release it is of, and the packages that bring its Python."""
DONE = {"FROM", "ENV", "RUN", "WORKDIR", "USER", "COPY", "VOLUME", "EXPOSE", "HEALTHCHECK", "CMD"}
ENTER_BUILD = 'mount -t proc proc "$1/proc" && shift && exec "$@"'
ENTER_RUN = r"""
set -e
root=$1; view=$2; shift 2
ip link set lo up
mount --bind "$root" "$view"
mount -t proc proc "$view/proc"
mount -o remount,bind,ro "$view"
while [ "$1" != -- ]; do
  case $1 in
    tmpfs) mount -t tmpfs -o "$3" tmpfs "$view$2"; shift 3;;
    bind) mount --bind "$2" "$view$3"; shift 3;;
  esac
done
shift
exec "$@"
"""
START_SECONDS = 900
"""How long to wait for it: on a busy machine compiling takes its time."""
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ASK = """
import json, urllib.request
step = range(252)
columns = {"timestamp": [1699000000 + 86400 * i for i in step]}
for name, level in {"open": 100, "high": 101, "low": 99, "close": 100.5}.items():
    columns[name] = [level + i for i in step]
body, kind = json.dumps({"columns": columns}).encode(), {"Content-Type": "application/json"}
request = urllib.request.Request("http://127.0.0.1:8050/detect_regime", body, kind)
print(json.load(urllib.request.urlopen(request, timeout=30))["regime"])
"""


@dataclass
class Image:
    """What the instructions so far have come to. root : of its files. base_bytes : of them before the first instruction."""

    root: Path
    base_bytes: int
    user: str = "root"
    folder: str = "/"
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": PATH})
    volumes: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)

    def inside(self, command: list[str], root: Path, **environment: str) -> list[str]:
        """Command that runs another one in a root as the image's user, in its folder and environment."""
        home = "/root" if self.user == "root" else f"/home/{self.user}"
        variables = [f"{name}={value}" for name, value in ({"HOME": home} | self.environment | environment).items()]
        change = f"cd {shlex.quote(self.folder)} && exec {shlex.join(command)}"
        return ["chroot", f"--userspec={self.user}:{self.user}", str(root), "env", "-i", *variables, "/bin/sh", "-c", change]


def instructions(dockerfile: str) -> Iterator[tuple[str, str]]:
    """Instructions and what follows them, continued lines joined. Raises SystemExit on one that this script does not know."""
    text = re.sub(r"\\\n", " ", re.sub(r"(?m)^\s*#.*\n", "", dockerfile))
    for line in filter(None, map(str.strip, text.splitlines())):
        name, _, rest = line.partition(" ")
        if name not in DONE:
            raise SystemExit(f"The Dockerfile has {name}, which this check does not replay.")
        yield name, rest.strip()


def ignored(path: str, patterns: list[str]) -> bool:
    """Whether .dockerignore leaves out a path, relative to the source, or a folder above it."""
    parts = path.split("/")
    above = ["/".join(parts[: i + 1]) for i in range(len(parts))]
    return any(
        fnmatch.fnmatch(one, pattern.removeprefix("**/")) or fnmatch.fnmatch(one.split("/")[-1], pattern.removeprefix("**/"))
        if pattern.startswith("**/")
        else fnmatch.fnmatch(one, pattern)
        for one in above
        for pattern in patterns
    )


def sent(source: Path) -> list[str]:
    """Files that an engine would be sent: all but those of .dockerignore."""
    patterns = [line.strip() for line in (source / ".dockerignore").read_text().splitlines() if line.strip()]
    found = []
    for folder, folders, files in os.walk(source):
        below = Path(folder).relative_to(source)
        folders[:] = [name for name in folders if not ignored((below / name).as_posix(), patterns)]
        found += [(below / name).as_posix() for name in files if not ignored((below / name).as_posix(), patterns)]
    return sorted(found)


def bootstrap(base: str, root: Path) -> None:
    """Make a clean Debian root that stands for a base image."""
    if base not in BASES:
        raise SystemExit(f"The base image {base} is not one this check knows what to put for.")
    release, packages = BASES[base]
    run(["debootstrap", "--variant=minbase", release, str(root), "http://deb.debian.org/debian"])
    shutil.copyfile("/etc/resolv.conf", root / "etc/resolv.conf")
    quietly = "DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends"
    run(building(Image(root, 0), f"apt-get update && {quietly} {packages} && apt-get clean && rm -rf /var/lib/apt/lists/*"))


def replay(dockerfile: str, source: Path, root: Path) -> Image:
    """Do each instruction in turn."""
    steps = list(instructions(dockerfile))
    name, base = steps.pop(0)
    if name != "FROM":
        raise SystemExit("The Dockerfile does not begin with FROM.")
    begun = time.perf_counter()
    bootstrap(base, root)
    image = Image(root, size(root))
    say(f"FROM {base}: {image.base_bytes / 1e6:.0f} MB of Debian in its place", begun)
    for name, rest in steps:
        begun = time.perf_counter()
        do(image, name, rest, source)
        say(f"{name} {rest[:90]}", begun)
    return image


def do(image: Image, name: str, rest: str, source: Path) -> None:
    """Do one instruction."""
    match name:
        case "ENV":
            image.environment |= dict(word.split("=", 1) for word in shlex.split(rest))
        case "RUN":
            run(building(image, rest))
        case "WORKDIR":
            image.folder = rest
            (image.root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
        case "USER":
            image.user = rest
        case "COPY":
            copy(image, rest, source)
        case "VOLUME":
            image.volumes.append(rest)
        case "CMD":
            image.command = json.loads(rest)
        case "HEALTHCHECK":
            image.health = json.loads(rest.partition("CMD ")[2])


def building(image: Image, line: str) -> list[str]:
    """Command that runs a line of shell in an image that is being built."""
    enter = ["unshare", "--mount", "--pid", "--fork", "sh", "-c", ENTER_BUILD, "enter", str(image.root)]
    return [*enter, *image.inside(["/bin/sh", "-c", line], image.root, **certificates(image.root))]


def copy(image: Image, rest: str, source: Path) -> None:
    """Copy files of the source, as .dockerignore leaves them, to the working folder."""
    options = [word for word in shlex.split(rest) if word.startswith("--")]
    *wanted, target = [word for word in shlex.split(rest) if not word.startswith("--")]
    owner = next((option.removeprefix("--chown=") for option in options if option.startswith("--chown=")), "root:root")
    into = Path(image.folder) / target
    for name in sent(source):
        if "." in wanted or name in wanted:
            there = image.root / str(into / name).lstrip("/")
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / name, there)
    run(["chroot", str(image.root), "chown", "-R", owner, image.folder])


def certificates(root: Path) -> Mapping[str, str]:
    """Where PyPI is reached through a certificate of one's own (PIP_CERT), hand it in while building."""
    own = os.environ.get("PIP_CERT")
    if not own:
        return {}
    shutil.copyfile(own, root / "tmp/pip.crt")
    return {"PIP_CERT": "/tmp/pip.crt"}


@dataclass
class Container:
    """The image's CMD, running as compose.yaml says. view : where its root is seen, by itself alone."""

    image: Image
    process: subprocess.Popen[bytes]
    view: Path
    environment: dict[str, str]

    def ask(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        """Run a command beside it."""
        enter = ["nsenter", f"--target={self.process.pid}", "--mount", "--net"]
        asked = [*enter, *self.image.inside(command, self.view, **self.environment)]
        return subprocess.run(asked, capture_output=True, text=True, timeout=60)


def start(image: Image, service: Mapping[str, object], room: Path) -> Container:
    """Start the CMD. room : of its volumes; what is there is kept from start to start."""
    mounts: list[str] = []
    for mount in service["tmpfs"]:
        path, _, options = mount.partition(":")
        mounts += ["tmpfs", path, options]
    for mount in service["volumes"]:
        name, path = mount.split(":")[:2]
        if not (room / name).exists():  # an engine fills a new volume with what the image has there
            run(["cp", "--archive", str(image.root / path.lstrip("/")), str(room / name)])
        mounts += ["bind", str(room / name), path]
    view = room / "view"
    view.mkdir(exist_ok=True)
    environment = {name: str(value) for name, value in service["environment"].items()}
    enter = ["unshare", "--mount", "--net", "sh", "-c", ENTER_RUN, "enter", str(image.root), str(view), *mounts, "--"]
    with (room / "log").open("ab") as log:
        command = [*enter, *image.inside(image.command, view, **environment)]
        return Container(image, subprocess.Popen(command, stdout=log, stderr=log), view, environment)


def until_ready(container: Container, log: Path) -> float:
    """Seconds until its own health check passes."""
    begun = time.perf_counter()
    while time.perf_counter() - begun < START_SECONDS:
        if container.process.poll() is not None:
            break
        if container.ask(container.image.health).returncode == 0:
            return time.perf_counter() - begun
        time.sleep(1)  # a health check is a process of its own, and takes from the start what it needs itself
    raise SystemExit(f"It did not become ready:\n{log.read_text()[-3000:]}")


def cpu_seconds(pid: int) -> float:
    """CPU time of a process and its children, those that have ended too."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            continue
        if pid in (int(path.parent.name), int(fields[1])):
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def check(image: Image, room: Path) -> None:
    """Start it twice, ask it, end it, and print how long it took."""
    service = yaml.safe_load((HERE / "compose.yaml").read_text())["services"]["app"]
    for start_ in ("cold start, kernels compiled", "second start, kernels of the first"):
        container = start(image, service, room)
        try:
            seconds = until_ready(container, room / "log")
            print(f"{start_}: ready after {seconds:.1f} s, {cpu_seconds(container.process.pid):.1f} s of CPU", flush=True)
            uid = Path(f"/proc/{container.process.pid}/status").read_text().split("Uid:")[1].split()[0]
            answered = container.ask([".venv/bin/python", "-c", ASK])
            written = container.ask(["touch", "app.py"])
            if answered.returncode or uid != str(service["user"]) or written.returncode == 0:
                raise SystemExit(f"uid {uid}, {answered.stderr[-2000:]}, writing said {written.stderr or 'nothing'}")
            print(f"  runs as uid {uid}, its root read-only; /detect_regime answers {answered.stdout.strip()}")
        finally:
            container.process.terminate()
            code = container.process.wait(60)
        if code != 0:
            raise SystemExit(f"It ended with {code}:\n{(room / 'log').read_text()[-3000:]}")


def size(root: Path) -> int:
    """Bytes of all files of a root."""
    return sum(path.lstat().st_size for path in root.rglob("*") if path.is_file() and not path.is_symlink())


def run(command: list[str]) -> None:
    """Run a step. Raises SystemExit, with what it said, where it fails."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{shlex.join(command)[:300]} failed:\n{(done.stdout + done.stderr)[-3000:]}")


def say(what: str, begun: float) -> None:
    """Tell what was done and how long it took."""
    print(f"{time.perf_counter() - begun:7.1f} s  {what}", flush=True)


def main() -> None:
    """Replay, start, ask."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", type=Path, help="folder to make the root in, and leave it there")
    kept = parser.parse_args().keep
    if os.geteuid() != 0:
        sys.exit("A root is made and entered: run this as root.")
    with tempfile.TemporaryDirectory(prefix="regime-desk-image-") as temporary:
        room = kept or Path(temporary)
        (root := room / "root").mkdir(parents=True)
        image = replay((SOURCE / "Dockerfile").read_text(), SOURCE, root)
        (root / "tmp/pip.crt").unlink(missing_ok=True)
        whole = size(root)
        print(f"image: {whole / 1e6:.0f} MB, {(whole - image.base_bytes) / 1e6:.0f} MB of it beyond the base")
        check(image, room)


if __name__ == "__main__":
    main()
