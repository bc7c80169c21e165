"""Imports point down, never up or sideways across a bar: read from every module by AST."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORE_ORDER = (
    *("kernels", "errors", "evaluation", "regimes", "bars", "states", "features", "models", "walkforward", "reports"),
    *(
        "readers",
        "sources",
        "simulate",
        "trials",
        "backtests",
        "artifacts",
        "versions",
        "mapped",
        "uploads",
        "shares",
        "studies",
        "datasets",
        "engine",
        "training",
        "commands",
        "__main__",
    ),
)
OF_NOTHING = ("kernels", "evaluation")
FACES = ("pages", "api")
SHARED = ("components", "runtime", "results", "telemetry", "serving", "logs", "refresh", "jobs")
MAY_IMPORT = {
    "app": {*FACES, *SHARED, "regime_core"},
    "pages": {"components", "runtime", "telemetry", "jobs", "regime_core", "pages"},
    "api": {"runtime", "telemetry", "serving", "logs", "regime_core", "api"},
    "components": {"components", "runtime", "telemetry", "jobs", "regime_core"},
    "refresh": {"runtime", "regime_core"},
    "serving": {"serving", "runtime", "regime_core"},
    "runtime": {"results", "jobs", "regime_core"},
    "results": {"results", "jobs", "regime_core"},
    "telemetry": {"regime_core"},
    "logs": set(),
    "jobs": {"regime_core"},
    "regime_core": {"regime_core"},
}
OURS = set(MAY_IMPORT)
NOT_IN_CORE = {
    "flask",
    "dash",
    "dash_bootstrap_components",
    "dash_ag_grid",
    "plotly",
    "gunicorn",
    "prometheus_client",
}
NOT_AT_IMPORT = {"xgboost", "torch", "mlflow", "sklearn", "hmmlearn"}


def modules(*parts):
    for part in parts:
        path = ROOT / part
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]


def name_of(path):
    """Dotted name of a module's file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path, *, at_import=False):
    """Dotted names a module imports; ``from package import module`` names the module. Not those for the type checker alone."""
    tree = ast.parse(path.read_text())
    skipped = set()
    for node in ast.walk(tree):
        for_types = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        later = at_import and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if for_types or later:
            skipped |= {id(inner) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} is a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def core_part(name):
    """``readers`` of ``regime_core.readers.csv_bars``; None for the package itself."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "regime_core" and parts[1] in CORE_ORDER else None


def complaints(paths, forbidden):
    return [f"{name_of(path)} imports {name}" for path in paths for name in imports(path) if forbidden(name_of(path), name)]


def upward(importer, imported):
    top, target = importer.split(".")[0], imported.split(".")[0]
    return target in OURS and target not in MAY_IMPORT[top]


def upward_in_core(importer, imported):
    source, target = core_part(importer), core_part(imported)
    if source is None or target is None or source == target:
        return False
    return source in OF_NOTHING or CORE_ORDER.index(target) >= CORE_ORDER.index(source)


def test_every_part_is_known_to_this_test():
    assert {core_part(name_of(path)) for path in modules("regime_core")} <= {None, *CORE_ORDER}
    top = {path.stem for path in ROOT.glob("*.py")} - {"gunicorn.conf"}
    assert top <= OURS


def test_imports_point_down():
    assert not complaints(modules(*OURS), upward)


def test_imports_inside_the_core_point_down_a_strict_list():
    assert not complaints(modules("regime_core"), upward_in_core)


def test_kernels_and_scores_import_nothing_of_the_project():
    paths = modules(*(f"regime_core/{part}" for part in OF_NOTHING))
    assert not complaints(paths, lambda source, name: name.startswith("regime_core") and core_part(name) != core_part(source))


def test_the_core_knows_neither_web_nor_environment():
    assert not complaints(modules("regime_core"), lambda _, name: name.split(".")[0] in NOT_IN_CORE)
    for path in modules("regime_core"):
        names = {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
        assert not names & {"environ", "getenv"}, path


def test_the_environment_is_read_in_one_place():
    readers = {
        name_of(path)
        for path in modules(*OURS)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")
    }
    assert readers <= {"runtime", "jobs"}  # a job's process sets the threads of its own libraries


def test_figures_know_no_callbacks_and_no_engine():
    banned = {"dash", "runtime", "flask"}
    assert not complaints(modules("components/figures"), lambda _, name: name.split(".")[0] in banned)


def test_heavy_libraries_are_imported_when_used():
    for path in modules(*OURS):
        heavy = {name.split(".")[0] for name in imports(path, at_import=True)} & NOT_AT_IMPORT
        assert not heavy, f"{path} imports {heavy} at import"


def test_no_pickle_anywhere():
    assert not complaints(
        modules(*OURS), lambda _, name: name.split(".")[0] in {"pickle", "joblib", "cloudpickle", "dill", "shelve"}
    )


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("api.routes", "pages.overview"),
        ("pages.overview", "api.wire"),
        ("components.cards", "pages.label"),
        ("regime_core.bars", "runtime.Settings"),
        ("runtime", "telemetry"),
        ("results", "runtime"),
        ("telemetry", "api.metrics"),
        ("jobs", "app.create_app"),
    ],
)
def test_a_planted_import_upwards_is_seen(importer, imported):
    assert upward(importer, imported)


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("regime_core.bars", "regime_core.engine.Engine"),
        ("regime_core.models.rules", "regime_core.readers.csv_bars"),
        ("regime_core.evaluation.scores", "regime_core.errors.RegimeError"),
        ("regime_core.readers", "regime_core.sources.bundled"),
    ],
)
def test_a_planted_import_upwards_in_the_core_is_seen(importer, imported):
    assert upward_in_core(importer, imported)
