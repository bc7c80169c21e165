"""The record of a training in MLflow: parameters, metrics, figures, the model folder as plain files, and a registered version.

MLflow's model flavours, which pickle, are not used, and its telemetry is off: no request leaves this machine but to a server
that ``MLFLOW_TRACKING_URI`` names.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from regime_core import artifacts
from regime_core.errors import RegimeError
from regime_core.training.figures import figures
from regime_core.training.pipeline import Trained
from regime_core.training.plan import Order
from regime_core.training.summary import figures as scores
from regime_core.training.summary import summary

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT = REGISTERED = "regime-desk"
STORE = "mlflow.db"
FOLDER = "final_model"
"""Path of the model folder among a run's artifacts."""
_REPLACED = str.maketrans({",": "", "(": "", ")": ""})
"""Characters of our scores' names that a metric's name may not have."""


def require() -> None:
    """Refuse before the long work where MLflow or Optuna is not there. Raises RegimeError."""
    from importlib.util import find_spec

    missing = [name for name in ("mlflow", "optuna") if find_spec(name) is None]
    if missing:
        raise RegimeError(
            "training.not_installed", f"{' and '.join(missing)} not installed: `pip install -r requirements-train.txt`."
        )


def track(trained: Trained, order: Order) -> str:
    """Record a training that ended, register its version, and return where the run is.

    Raises RegimeError ``tracking.failed`` where the server of ``MLFLOW_TRACKING_URI`` does not take it.
    """
    from mlflow.exceptions import MlflowException

    try:
        return _track(_client(order.runs), trained, order)
    except MlflowException as error:
        raise RegimeError(
            "tracking.failed", f"The models are in {trained.kept}, but MLflow did not take the run: {error}"
        ) from error


def _client(runs: Path) -> MlflowClient:
    """Client of the server that is named in the environment, else of a SQLite file among the runs."""
    import mlflow
    from mlflow.environment_variables import MLFLOW_DISABLE_TELEMETRY
    from mlflow.telemetry import set_telemetry_client

    MLFLOW_DISABLE_TELEMETRY.set(True)
    set_telemetry_client()  # drops the one made at import, which sends nothing before it is first used
    uri = mlflow.get_tracking_uri() if mlflow.is_tracking_uri_set() else f"sqlite:///{runs.absolute() / STORE}"
    return mlflow.MlflowClient(uri, registry_uri=uri)


def _track(client: MlflowClient, trained: Trained, order: Order) -> str:
    manifest = artifacts.read_manifest(trained.kept)
    run = client.create_run(_experiment(client, order.runs), run_name=trained.kept.name)
    number = run.info.run_id
    for name, value in _parameters(trained, order).items():
        client.log_param(number, name, value)
    for name, value in scores(manifest).items():
        client.log_metric(number, name.translate(_REPLACED), value)
    for name, figure in figures(trained, manifest):
        client.log_figure(number, figure, f"figures/{name}")
    client.log_text(number, summary(trained, order, run=number), "summary.txt")
    client.log_artifacts(number, str(trained.kept), FOLDER)
    version = _register(client, number, run.info.artifact_uri, trained)
    client.set_terminated(number)
    return f"run {number} of {client.tracking_uri}, registered as {REGISTERED} {version}"


def _experiment(client: MlflowClient, runs: Path) -> str:
    """Number of the experiment; made where it is not there, its files beside the SQLite file, or where a server puts them."""
    found = client.get_experiment_by_name(EXPERIMENT)
    if found is not None:
        return str(found.experiment_id)
    local = client.tracking_uri.startswith("sqlite:")
    location = (runs.absolute() / "artifacts").as_uri() if local else None
    return str(client.create_experiment(EXPERIMENT, artifact_location=location))


def _parameters(trained: Trained, order: Order) -> dict[str, object]:
    plan = {name: getattr(order.plan, name) for name in order.plan.__dataclass_fields__}
    chosen: dict[str, object] = {}
    if trained.election is not None:
        for name, found in trained.election.found.items():
            chosen |= {f"{name}.{key}": value for key, value in found.parameters.items()}
        chosen |= {"default": trained.election.default, "markets_sha256": trained.election.lessons.sha256}
    if trained.states is not None:
        chosen |= {f"states.{name}": value for name, value in trained.states.chosen.history.about().items()}
        chosen |= {"states.k": trained.states.chosen.k}
    used = {f"used.{kind}": verdict.accepted for kind, verdict in trained.verdicts.items()}
    return {"seed": order.seed, "only": order.only, **plan, **chosen, **used}


def _register(client: MlflowClient, run: str, artifact_uri: str, trained: Trained) -> str:
    """Version of the registered model that is this run's folder."""
    if not client.search_registered_models(f"name = '{REGISTERED}'"):
        client.create_registered_model(REGISTERED)
    manifest = artifacts.read_manifest(trained.kept)
    tags = {name: raw["version"] for name, raw in manifest["models"].items()}
    found = client.create_model_version(REGISTERED, source=f"{artifact_uri}/{FOLDER}", run_id=run, tags=tags)
    return str(found.version)
