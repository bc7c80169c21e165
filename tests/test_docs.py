"""Every command in README.md and docs/ is run here, or checked as far as it can be; of what is not run whole, REASONS says why.

A command of a kind that is not known to this test fails it, so that nothing in the documents goes untested.
"""

import contextlib
import hashlib
import io
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from real_server import SHIPPED, serving
from regime_core.__main__ import main as command_line
from regime_core.bars import to_frame
from runtime import Settings
from stress_markets import index_and_vix

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "data" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
CRATE = ROOT / "clients" / "rust" / "market-regime-detector"
FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"(?:^ {4}\S.*\n?)+", re.MULTILINE)
SPAN = re.compile(r"`([^`\n]+)`")
SERVED = "http://127.0.0.1:8050"
HEADS = {
    *(
        "make",
        "python",
        "python3",
        "docker",
        "pip",
        "cargo",
        "curl",
        "kill",
        "sha256sum",
        "printf",
        "gunicorn",
        "mlflow",
        "git",
    ),
    *("apt-get", "sudo", "uv", "npm", "sh", "bash"),
}
"""Words that a command begins with; a code span that begins with one, and goes on, is a command."""

REASONS = {
    "make": "sets up environments, trains or runs whole suites: its targets and variables are checked by a dry run",
    "use": "would swap the shipped models: tests/regime_core/test_versions.py runs it",
    "train": "takes minutes: tests/regime_core/test_training.py runs it on little",
    "ingest": "asks other servers: tests/regime_core/sources runs it against made-up ones",
    "benchmark": "takes minutes and half a machine: its arguments are parsed by itself",
    "vendors": "reads 160 files, as tests/regime_core/readers/vendors does",
    "docker": "no engine is at hand: the files it names are read by tests/deploy",
    "pip": "changes the environment: the versions are held against the pins",
    "cargo": "tests/test_rust_client.py and make rust run it",
    "mlflow": "serves until it is stopped: its pin and its address are checked",
    "kill": "tests/faults sends it to real servers",
    "writer": "writes into the documents or vectors: that what it wrote is so is tested beside it",
}
"""Kind of command that is not run whole -> why, and what is done instead."""
PLACEHOLDERS = {
    "NAME@VERSION": "boosted@1",
    "DIR": "data",
    "FOLDER": "data",
    "FILE": "PRICES.csv",
    "FILE...": "PRICES.csv",
    "OUT": "OUT.csv",
}


def named(document):
    """Its path in the repository."""
    return str(document.relative_to(ROOT))


def blocks(document):
    """Language and text of each fenced block; commands indented by four spaces count as ``sh``."""
    text = document.read_text()
    found = [
        (block["language"], re.sub(rf"^{block['indent']}", "", block["text"], flags=re.MULTILINE))
        for block in FENCE.finditer(text)
    ]
    rest = FENCE.sub("", text)
    return found + [("sh", re.sub(r"^ {4}", "", block[0], flags=re.MULTILINE)) for block in INDENTED.finditer(rest)]


def commands_of(text):
    """Commands of a block of shell: lines, joined where they go on, without comments."""
    joined = re.sub(r"\\\n\s*", " ", text)
    joined = re.sub(r"\n\s*\|", " |", joined)
    for line in joined.splitlines():
        bare = re.sub(r"\s+#\s.*$", "", line).strip()
        if bare and not bare.startswith("#"):
            yield bare


def head_of(command):
    """The program, without assignments before it and without its folder."""
    words = command.split()
    while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
        words = words[1:]
    return words[0].rpartition("/")[2] if words else ""


def spans(document):
    for span in SPAN.findall(FENCE.sub("", document.read_text())):
        if head_of(span) in HEADS and " " in span.strip():
            yield span


def all_commands():
    """Document and command, once each."""
    seen = {}
    for document in DOCUMENTS:
        written = [command for language, text in blocks(document) if language == "sh" for command in commands_of(text)]
        for command in (*written, *spans(document)):
            seen.setdefault(command, named(document))
    return [pytest.param(command, id=f"{name}: {command[:70]}") for command, name in seen.items()]


def kind_of(command):
    """What a command is, or None."""
    head = head_of(command)
    if head in ("python", "python3"):
        return kind_of_python(command)
    if " && " in command and head in ("pip", "docker"):
        return head
    if "sha256sum" in command and head in ("printf", "sha256sum"):
        return "digest"
    if "openssl" in command:
        return "secret"
    return {
        "make": "make",
        "docker": "docker",
        "pip": "pip",
        "cargo": "cargo",
        "curl": "curl",
        "kill": "kill",
        "mlflow": "mlflow",
    }.get(head)


def kind_of_python(command):
    if " | curl " in command or "| curl" in command:
        return "curl"
    module = re.search(r" -m ([\w.]+)(?: (\w+))?", command)
    if module and module[1] == "regime_core":
        return module[2] if module[2] in ("use", "train", "ingest") else "regime_core"
    if module and module[1] == "regime_core.features":
        return "features page"
    if module and module[1].startswith("benchmarks."):
        return "benchmark"
    if module and module[1] == "vendors":
        return "vendors"
    script = re.search(r"python3? ([\w/.]+\.py)", command)
    if script and script[1].startswith("benchmarks/"):
        return "benchmark"
    if script and script[1] == "runtime.py":
        return "settings"
    if script and (ROOT / script[1]).exists():
        return "writer"
    return None


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A folder with the files that the documents speak of: 400 days of prices, five years of a market with its VIX."""
    folder = tmp_path_factory.mktemp("desk")
    lines = (ROOT / "data" / "sp500.csv").read_text().splitlines(keepends=True)
    (folder / "PRICES.csv").write_text("".join((lines[0], *lines[-400:])))
    for name, bars in zip(("SP500.csv", "VIX.csv"), index_and_vix(1300, first="1996-01-02"), strict=True):
        to_frame(bars).to_csv(folder / name)
    (folder / "deploy" / "secrets").mkdir(parents=True)
    shutil.copytree(ROOT / "data", folder / "data")
    return folder


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("served"), WEB_CONCURRENCY="1", REGIME_MODEL_DIR=SHIPPED) as server:
        yield server.address


def bash(command, folder, **environment):
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def arguments_of(command):
    """Words after the program, with files that are there in the place of names in capitals; ``> FILE`` is left out."""
    words = shlex.split(re.sub(r" > \S+$", "", command))
    return [PLACEHOLDERS.get(word, word) for word in words[1 + next(i for i, word in enumerate(words) if "=" not in word) :]]


@pytest.mark.parametrize("command", all_commands())
def test_a_command_is_of_a_known_kind(command):
    kind = kind_of(command)
    assert kind in KINDS or kind in CHECKED_TOGETHER, f"Nothing tests this kind of command: {command}"


def run_command_line(command, desk, monkeypatch):
    """Run as it stands, in this process, and every file it is told to write is there."""
    monkeypatch.chdir(desk)
    told = io.StringIO()
    arguments = arguments_of(command)[2:]
    with contextlib.redirect_stdout(told):
        assert command_line(arguments) == 0
    assert told.getvalue().strip()
    if "--out" in arguments:
        assert Path(arguments[arguments.index("--out") + 1]).stat().st_size > 0


def check_usage(command, desk, monkeypatch):
    """The command line takes these arguments."""
    from regime_core.__main__ import _parser

    arguments = arguments_of(command)[2:]
    if "--help" in arguments:
        with pytest.raises(SystemExit, match="0"):
            _parser().parse_args(arguments)
    else:
        assert callable(_parser().parse_args(arguments).run)


def check_make(command, desk, monkeypatch):
    """Targets are there, and variables are settings or such that the Makefile reads."""
    makefile = (ROOT / "Makefile").read_text()
    words = shlex.split(command)
    given = [word.partition("=")[0] for word in words if "=" in word]
    known = {entry.split("`")[1] for entry in Settings.markdown().splitlines() if entry.startswith("| `")}
    for name in given:
        assert name in known or re.search(rf"\$\((?:if )?{name}\b", makefile), name
    targets = [word for word in words if "=" not in word and word != "make"]
    assert targets
    done = subprocess.run(
        ["make", "--dry-run", *targets, *(word for word in words if "=" in word)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def check_docker(command, desk, monkeypatch):
    files = re.findall(r"--file (\S+)", command) or ["Dockerfile"]
    assert [file for file in files if not (ROOT / file).is_file()] == []


def check_pip(command, desk, monkeypatch):
    pins = "\n".join(path.read_text() for path in ROOT.glob("requirements*.txt"))
    for name, version in re.findall(r"\b([\w-]+)==(\S+)", command):
        assert re.search(rf"^{name}(-cpu)?=={re.escape(version)}$", pins, re.MULTILINE), f"{name} is pinned otherwise"
    for name in re.findall(r"uninstall -y (\S+)", command):
        assert re.search(rf"^{name}==", pins, re.MULTILINE)


def check_cargo(command, desk, monkeypatch):
    assert f"`{command}`" in (CRATE / "README.md").read_text()
    for name in re.findall(r"--example (\w+)", command):
        assert f'"{name}"' in (ROOT / "tests" / "test_rust_client.py").read_text()


def check_mlflow(command, desk, monkeypatch):
    assert re.search(r"^mlflow==", (ROOT / "requirements-train.txt").read_text(), re.MULTILINE)
    address = re.search(r"sqlite:///(\S+)", command)[1]
    sources = "".join(path.read_text() for path in (ROOT / "regime_core" / "training").glob("*.py"))
    assert Path(address).name in sources


def check_kill(command, desk, monkeypatch):
    assert "SIGHUP" in "".join(path.read_text() for path in (ROOT / "tests" / "faults").glob("*.py"))


def check_digest(command, desk, monkeypatch):
    if "$KEY" in command:
        assert bash(command, ROOT, KEY="a key").strip() == hashlib.sha256(b"a key").hexdigest()
    else:
        file = ROOT / shlex.split(command)[-1]
        assert bash(command, ROOT).split()[0] == hashlib.sha256(file.read_bytes()).hexdigest()


def check_secret(command, desk, monkeypatch):
    bash(command, desk)
    assert (desk / command.rpartition("> ")[2]).stat().st_size >= 32


def check_settings(command, desk, monkeypatch):
    done = subprocess.run([sys.executable, "runtime.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == Settings.markdown().strip()


def check_features_page(command, desk, monkeypatch):
    done = subprocess.run([sys.executable, "-m", "regime_core.features"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == (ROOT / command.rpartition("> ")[2]).read_text()


def check_vendors(command, desk, monkeypatch):
    assert (ROOT / "tests" / "support" / "vendors" / "__main__.py").exists()
    assert list((ROOT / "tests" / "regime_core" / "readers" / "vendors").glob("test_*.py"))


def check_writer(command, desk, monkeypatch):
    script = ROOT / re.search(r"([\w/.]+\.py)", command)[1]
    compile(script.read_text(), str(script), "exec")


KINDS = {
    "regime_core": run_command_line,
    "use": check_usage,
    "train": check_usage,
    "ingest": check_usage,
    "make": check_make,
    "docker": check_docker,
    "pip": check_pip,
    "cargo": check_cargo,
    "mlflow": check_mlflow,
    "kill": check_kill,
    "digest": check_digest,
    "secret": check_secret,
    "settings": check_settings,
    "features page": check_features_page,
    "vendors": check_vendors,
    "writer": check_writer,
}
RUN_WHOLE = {"regime_core", "curl", "digest", "secret", "settings", "features page"}
CHECKED_TOGETHER = ("benchmark", "curl")


def of_kinds(*kinds):
    return [param for param in all_commands() if kind_of(param.values[0]) in kinds]


@pytest.mark.parametrize("command", of_kinds(*KINDS))
def test_a_command_does_what_is_said(command, desk, monkeypatch):
    KINDS[kind_of(command)](command, desk, monkeypatch)


PARSING = """
import argparse, importlib, json, sys

class Parsed(Exception):
    pass

take = argparse.ArgumentParser.parse_args
def parse(self, *arguments, **options):
    take(self, *arguments, **options)
    raise Parsed

argparse.ArgumentParser.parse_args = parse
for module, arguments in json.load(sys.stdin):
    sys.argv = [module, *arguments]
    main = importlib.import_module(module).main
    if arguments or "argparse" in vars(sys.modules[module]):
        try:
            main()
        except Parsed:
            continue
        sys.exit(f"{module} parses no arguments")
"""


def test_benchmarks_take_the_arguments_that_are_said():
    asked = []
    for param in of_kinds("benchmark"):
        words = arguments_of(param.values[0])
        module = words[1] if words[0] == "-m" else words[0].removesuffix(".py").replace("/", ".")
        asked.append((module, words[2:] if words[0] == "-m" else words[1:]))
    assert asked
    done = subprocess.run(
        [sys.executable, "-c", PARSING], cwd=ROOT, input=json.dumps(asked), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", of_kinds("curl"))
def test_a_request_is_answered(command, served):
    assert SERVED in command
    reply = json.loads(bash(command.replace(SERVED, served), ROOT))
    assert 0 < reply["confidence"] <= 1


def test_the_answers_that_are_shown_are_those_of_today(served):
    """``python docs/answers.py`` writes them."""
    for document in (ROOT / "README.md", ROOT / "docs" / "api.md"):
        requests = [text for language, text in blocks(document) if language == "sh" and "curl" in text]
        shown = next(json.loads(text) for language, text in blocks(document) if language == "json")
        command = next(command for command in commands_of(requests[0]) if "curl" in command)
        reply = json.loads(bash(command.replace(SERVED, served), ROOT))
        assert list(reply) == list(shown)
        assert reply["reasoning"] == shown["reasoning"]
        assert reply["confidence"] == pytest.approx(shown["confidence"], abs=1e-9)


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_the_python_of_a_document_runs(document, desk, monkeypatch, capsys):
    """Block after block, in one place: they go on from each other."""
    monkeypatch.chdir(desk)
    names = {"__name__": "document"}
    for language, text in blocks(document):
        if language == "python":
            exec(compile(text, document.name, "exec"), names)


def test_the_rust_of_a_document_is_that_of_the_crate():
    """The crate's README is compiled and run by its tests; lines that rustdoc hides are not shown elsewhere."""
    tested = [
        re.sub(r"^# .*\n?", "", text, flags=re.MULTILINE).strip()
        for language, text in blocks(CRATE / "README.md")
        if language == "rust"
    ]
    for document in DOCUMENTS:
        for language, text in blocks(document):
            if language == "rust":
                assert text.strip() in tested, f"{document.name}: {text[:80]}"


def test_every_block_is_in_a_language_that_is_tested():
    kinds = {language for document in DOCUMENTS for language, _ in blocks(document)}
    assert kinds <= {"sh", "python", "rust", "json", "toml", ""}  # without a language: what a command prints


def test_json_is_json():
    for document in DOCUMENTS:
        for language, text in blocks(document):
            if language == "json":
                json.loads(text)


def test_of_each_kind_that_is_not_run_whole_a_reason_is_given():
    met = {kind_of(param.values[0]) for param in all_commands()}
    assert REASONS.keys() <= met
    assert met - RUN_WHOLE == REASONS.keys()
    for told in REASONS.values():
        for path in re.findall(r"tests/[\w/.]+", told):
            assert (ROOT / path).exists(), path


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_links_lead_somewhere(document):
    text = re.sub(r"^```.*?^```", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"https?://", target):
            continue
        path, _, anchor = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        assert file.exists(), target
        if anchor:
            assert anchor in anchors(file), target


def anchors(document):
    """Anchors of a document's headings, as GitHub makes them."""
    for title in re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def test_every_document_is_in_the_contents():
    contents = (ROOT / "docs" / "index.md").read_text()
    for document in DOCUMENTS:
        assert document.parent != ROOT / "docs" or document.name == "index.md" or f"]({document.name})" in contents


def test_the_house_is_as_it_is_drawn():
    """Every part that architecture.md names is there, and every part at the top of the repository is named."""
    text = (ROOT / "docs" / "architecture.md").read_text()
    for where, block in (("", "app.py  "), ("regime_core/", "__init__.py  ")):
        drawn = next(text for language, text in blocks(ROOT / "docs" / "architecture.md") if text.startswith(block))
        named = re.findall(r"^([\w.]+/?)  ", drawn, re.MULTILINE)
        assert [name for name in named if not (ROOT / where / name).exists()] == []
        if not where:
            tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
                "\n"
            )
            top = {
                path.split("/")[0] + ("/" if "/" in path else "")
                for path in tracked
                if path.endswith((".py", ".rs", ".md", ".js"))
            }
            assert {name for name in top if name.endswith(("/", ".py"))} <= set(named)
    for name in re.findall(r"`([\w/]+\.py)`", text):
        assert (ROOT / name).exists() or (ROOT / "regime_core" / name).exists() or list(ROOT.glob(f"*/{name}")), name


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("npm install dash", None),
        ("python setup.py install", None),
        ("REGIME_DEVICE=cpu make run", "make"),
        (".venv/bin/python -m benchmarks.hmm", "benchmark"),
        ("python3 -c 'print(1)' | curl -d @- http://127.0.0.1:8050/detect_regime", "curl"),
    ],
)
def test_kinds_are_told_apart(command, kind):
    assert kind_of(command) == kind
