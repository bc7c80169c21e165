"""How gunicorn serves: ``gunicorn --config gunicorn.conf.py "app:create_server()"``."""

import importlib
import logging
import os
import pkgutil
import resource
import shutil
import sys
import tempfile
import threading
from logging.config import dictConfig
from pathlib import Path

from gunicorn.arbiter import Arbiter
from gunicorn.config import Config
from gunicorn.glogging import Logger as GunicornLogger
from gunicorn.workers.base import Worker

import logs
from regime_core.models import cards
from runtime import ROOT, Settings
from serving import connections, counts
from serving.handover import HANDOVER
from serving.models import SERVED, loads

MOST_FILES = 65_536

settings = Settings.from_environment()
connections.Worker.patience = settings.slow_seconds

bind = f"{f'[{settings.host}]' if ':' in settings.host else settings.host}:{settings.port}"
workers = settings.workers
worker_class = connections.Worker
threads = settings.threads
preload_app = False  # models are loaded after the fork: OpenMP and CUDA do not survive one
timeout = 60
graceful_timeout = 30
keepalive = 15
sendfile = False  # it would wait in a thread for the client: see serving.sending
limit_request_line = 8190
limit_request_fields = 64
limit_request_field_size = 8190
forwarder_headers = ""
secure_scheme_headers = {}  # the app believes as many proxies as its settings say
control_socket_disable = True
accesslog = None  # the app writes its own, see REGIME_ACCESS_LOG


class Log(GunicornLogger):
    """Gunicorn's own lines in the format of all others; its access log stays off, as it costs every request."""

    def setup(self, cfg: Config) -> None:
        """Write as the settings say."""
        super().setup(cfg)
        dictConfig(logs.configuration(settings.log))


logger_class = Log


def on_starting(server: Arbiter) -> None:
    """Take the models: without them the server does not start. Then make the workers' metrics folder."""
    server.log.info("Loading the models; a first start also compiles them, which takes up to a minute")
    for warning in settings.warnings():
        server.log.warning("%s", warning)
    if not SERVED.take(settings, server.log):
        sys.exit(1)
    _fit_to_device(server)
    counts.SHARED.folder = Path(tempfile.mkdtemp(prefix="regime-desk-metrics-"))
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(counts.SHARED.folder)
    _import_for_all()


def _import_for_all() -> None:
    """Import what every worker needs, so that they start sooner; nothing is created by it."""
    importlib.import_module("app")
    importlib.import_module("api.bodies").warm_up()
    importlib.import_module("sklearn.cluster")  # else the first to open Clusters waits for it, once a worker
    for module in pkgutil.walk_packages([str(ROOT / "components")], "components."):
        importlib.import_module(module.name)


def on_reload(server: Arbiter) -> None:
    """Take the models anew, for the workers that follow. Where these are not whole, they serve what was served before."""
    if SERVED.take(settings, server.log):
        server.log.info("The models were taken anew from %s", settings.model_dir)
    else:
        server.log.error("The models that were served before are kept")
    _fit_to_device(server)
    HANDOVER.begin(server.worker_age, server.cfg.workers)


def _fit_to_device(server: Arbiter) -> None:
    """Where models answer on a card, let one worker have it, with so many threads that their requests meet in one pass."""
    if not SERVED.on_card:
        return
    server.cfg.set("workers", 1)
    server.cfg.set("threads", max(settings.threads, cards.THREADS))
    server.num_workers = 1
    server.log.info(
        "Models answer on a CUDA card: one worker has it, with %s threads (WEB_CONCURRENCY=%s is for the CPU)",
        server.cfg.threads,
        settings.workers,
    )


def post_fork(server: Arbiter, worker: Worker) -> None:
    """Let a worker serve the models that were taken, on their device, and hold as many connections as the system lets it."""
    os.environ["REGIME_MODEL_DIR"] = str(SERVED.folder)
    os.environ["REGIME_DEVICE"] = "cuda" if SERVED.on_card else "cpu"
    os.environ["REGIME_THREADS"] = str(server.cfg.threads)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, MOST_FILES), most))


def post_worker_init(worker: Worker) -> None:
    """Load the models, so that the first client does not wait for them, and watch the schedule of updates."""
    import refresh
    import runtime
    import telemetry
    from api import metrics
    from results import ahead

    # a card that has gone since the start ends no server: the CPU answers, and says so
    if not loads(runtime.current(), worker.log, or_say_so=True):
        sys.exit(Arbiter.APP_LOAD_ERROR)  # ends the server: a worker started anew would fail alike
    worker.count_problem = telemetry.problem
    refresh.start(runtime.current(), threading.Event())
    metrics.start(runtime.current())
    ahead.start(runtime.results(), runtime.library(), runtime.engine(), threading.Event())
    HANDOVER.serves(worker.age)


def worker_exit(server: Arbiter, worker: Worker) -> None:
    """End at once: Python would take all kernels and pages apart first, for seconds of a processor that others serve with."""
    ending = sys.exc_info()[1]
    logging.shutdown()
    os._exit(ending.code if isinstance(ending, SystemExit) and isinstance(ending.code, int) else int(ending is not None))


def child_exit(server: Arbiter, worker: Worker) -> None:
    """Let go of a worker's live gauges, and put its counts with those of the dead; they stay in the sums."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)
    assert counts.SHARED.folder is not None
    try:
        counts.fold(counts.SHARED.folder, worker.pid)
    except OSError as error:
        server.log.error("The counts of worker %s stay in files of its own: %s", worker.pid, error)


def on_exit(server: Arbiter) -> None:
    """Remove the workers' metrics folder and the copies of the models."""
    shutil.rmtree(os.environ.pop("PROMETHEUS_MULTIPROC_DIR"), ignore_errors=True)
    SERVED.clear()
