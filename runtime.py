"""Settings, read once, and the one engine, library, job pool and store of results of this process."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_address
from pathlib import Path
from threading import RLock
from typing import Any, get_args

from jobs import Jobs
from regime_core import trials
from regime_core.artifacts import MANIFEST
from regime_core.datasets import Library
from regime_core.engine import Engine
from regime_core.errors import ArtifactError, ModelError, RegimeError
from regime_core.models.lstm import Device
from regime_core.shares import Shares
from regime_core.uploads import Uploads
from results import Results

ROOT = Path(__file__).resolve().parent
_SHA256 = re.compile(r"[0-9a-f]{64}")


def _setting(default: object, env: str, help_: str) -> Any:  # noqa: ANN401 - the field's own type is declared where it is used
    return field(default=default, metadata={"env": env, "help": help_})


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting of the server, with its environment variable."""

    host: str = _setting("127.0.0.1", "HOST", "Address to serve on; 0.0.0.0 opens it beyond this machine.")
    port: int = _setting(8050, "PORT", "Port to serve on.")
    workers: int = _setting(2, "WEB_CONCURRENCY", "Worker processes.")
    threads: int = _setting(4, "REGIME_THREADS", "Threads a worker.")
    device: Device = _setting(
        "auto",
        "REGIME_DEVICE",
        "Where recurrent models answer: cpu, cuda (no start without a card), or auto: a card if there is one and the default "
        "model has use for it. On a card there is one worker.",
    )
    url_prefix: str = _setting(
        "", "REGIME_URL_PREFIX", "Path under which a reverse proxy shows the server, for example /regimes."
    )
    trusted_proxies: int = _setting(
        0, "REGIME_TRUSTED_PROXIES", "Reverse proxies in front whose X-Forwarded headers are believed."
    )
    data_dir: Path = _setting(ROOT / "data", "REGIME_DATA_DIR", "Folder of the S&P 500 and VIX histories.")
    model_dir: Path = _setting(ROOT / "final_model", "REGIME_MODEL_DIR", "Folder of the models.")
    state_dir: Path = _setting(
        ROOT / "var", "REGIME_STATE_DIR", "Folder of uploads, jobs and the signing key; made on first start."
    )
    refresh_hours: float = _setting(
        0.0, "REGIME_REFRESH_HOURS", "Hours between updates of the histories; 0 never updates by itself."
    )
    refresh_sources: str = _setting(
        "yahoo,cboe", "REGIME_REFRESH_SOURCES", "Sources tried for an update, comma-separated, in order."
    )
    yahoo_url: str = _setting("https://query1.finance.yahoo.com", "REGIME_YAHOO_URL", "Base address of Yahoo's chart endpoint.")
    cboe_url: str = _setting(
        "https://cdn.cboe.com/api/global/us_indices/daily_prices/VIX_History.csv",
        "REGIME_CBOE_URL",
        "Address of CBOE's VIX history.",
    )
    fred_url: str = _setting(
        "https://fred.stlouisfed.org/graph/fredgraph.csv", "REGIME_FRED_URL", "Address of FRED's CSV service."
    )
    slow_seconds: float = _setting(
        10.0,
        "REGIME_SLOW_SECONDS",
        "Seconds a client may take for the head of a request, and fall behind 16 kB/s in its body; beyond them 408.",
    )
    max_body_mb: int = _setting(32, "REGIME_MAX_BODY_MB", "Largest request body, in MB; beyond it 413.")
    max_bars: int = _setting(200_000, "REGIME_MAX_BARS", "Most bars in one series of a request; beyond it 422.")
    max_series: int = _setting(5_000, "REGIME_MAX_SERIES", "Most series in one batch; beyond it 422.")
    max_upload_mb: int = _setting(100, "REGIME_MAX_UPLOAD_MB", "Largest file on the Label page, in MB.")
    max_uploads: int = _setting(20, "REGIME_MAX_UPLOADS", "Uploads kept for one visitor; the oldest beyond them are removed.")
    upload_days: float = _setting(7.0, "REGIME_UPLOAD_DAYS", "Days an upload is kept.")
    max_jobs: int = _setting(1, "REGIME_MAX_JOBS", "Heavy jobs (large labellings, updates) that run at once; others wait.")
    api_keys: str = _setting(
        "", "REGIME_API_KEYS", "SHA-256 hashes (hex) of accepted API keys, comma-separated; empty leaves the JSON routes open."
    )
    metrics_keys: str = _setting(
        "", "REGIME_METRICS_KEYS", "The same for /metrics; empty leaves it open, whatever REGIME_API_KEYS says."
    )
    login_header: str = _setting(
        "",
        "REGIME_LOGIN_HEADER",
        "Header in which the reverse proxy names who has logged in, for example X-Forwarded-User: pages, uploads and downloads "
        "are refused without it. Believed only with REGIME_TRUSTED_PROXIES; the proxy must remove it from what clients send.",
    )
    model_digest: str = _setting(
        "", "REGIME_MODEL_DIGEST", "SHA-256 (hex) of the model folder's manifest.json; models of any other are not served."
    )
    rate_limit: str = _setting(
        "", "REGIME_RATE_LIMIT", "Requests allowed per key or address and worker, such as 600/minute; empty for no limit."
    )
    redis_url: str = _setting(
        "", "REDIS_URL", "Redis that shares rate limits between workers; empty keeps them in each worker."
    )
    secure_cookies: bool = _setting(False, "REGIME_SECURE_COOKIES", "1 sends the visitor's cookie over HTTPS only.")
    log: str = _setting(
        "", "REGIME_LOG", "Lines of the log: json, one object an event, or text; empty is text in a terminal, else json."
    )
    access_log: bool = _setting(
        False, "REGIME_ACCESS_LOG", "1 logs every request; else only those that failed by a fault of the server."
    )

    def __post_init__(self) -> None:
        """Raises ValueError for settings that do not go together, or are none."""
        if self.device not in get_args(Device):
            raise ValueError(f"REGIME_DEVICE={self.device!r} is none of {', '.join(get_args(Device))}.")
        if self.login_header and not self.trusted_proxies:
            raise ValueError(
                "REGIME_LOGIN_HEADER needs REGIME_TRUSTED_PROXIES: without a proxy in front anyone could send the header."
            )
        if self.model_digest and not _SHA256.fullmatch(self.model_digest.lower()):
            raise ValueError("REGIME_MODEL_DIGEST is not a SHA-256 hash: 64 hexadecimal digits are needed.")

    @property
    def jobs_off(self) -> str:
        """Why visitors may not start jobs that cost (fits, updates); empty where they may."""
        if self.login_header or _is_loopback(self.host):
            return ""
        return (
            "Fits and updates are off: this server can be reached from other machines without a login. "
            "Whoever runs it can turn them on: see REGIME_LOGIN_HEADER."
        )

    def warnings(self) -> list[str]:
        """What whoever starts the server should know of these settings."""
        return [f"HOST={self.host}: {self.jobs_off}"] if self.jobs_off else []

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Settings of the environment; unset or empty variables keep the default.

        Raises ValueError, naming the variable, for a value that does not parse.
        """
        environment = os.environ if environment is None else environment
        given: dict[str, Any] = {}
        for setting in fields(cls):
            variable = setting.metadata["env"]
            if environment.get(variable):
                given[setting.name] = _parse(setting.type, variable, environment[variable])
        return cls(**given)

    @classmethod
    def markdown(cls) -> str:
        """Table of every setting, for the README."""
        rows = [f"| `{f.metadata['env']}` | {_shown(f.default)} | {f.metadata['help']} |" for f in fields(cls)]
        return "\n".join(["| variable | default | what it does |", "|---|---|---|", *rows])

    @property
    def base_urls(self) -> dict[str, str]:
        """Base address of each source."""
        return {"yahoo": self.yahoo_url, "cboe": self.cboe_url, "fred": self.fred_url}


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _parse(type_: object, variable: str, text: str) -> object:
    try:
        match type_:
            case "int":
                return int(text)
            case "float":
                return float(text)
            case "bool":
                return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[text.lower()]
            case "Path":
                return Path(text)
    except (ValueError, KeyError):
        raise ValueError(f"{variable}={text!r} is not a valid {type_}.") from None
    return text


def _shown(default: object) -> str:
    match default:
        case "":
            return ""
        case bool():
            return f"`{int(default)}`"
        case Path():
            return f"`{default.relative_to(ROOT)}`"
    return f"`{default}`"


class Runtime:
    """What one process holds: its settings, engine, library, jobs and results, each made when first asked for."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.library = Library(
            settings.data_dir,
            Uploads(settings.state_dir / "uploads", most=settings.max_uploads, ttl_seconds=settings.upload_days * 86_400),
        )
        self.jobs = Jobs(settings.state_dir / "jobs", max_running=settings.max_jobs)
        self._engine: Engine | None = None
        self._shares: Shares | None = None
        self.results = Results(
            self.library,
            self.jobs,
            lambda: self.engine,
            model_dir=settings.model_dir,
            folder=settings.state_dir / "results",
            fits_off=settings.jobs_off,
        )
        self._lock = RLock()

    @property
    def shares(self) -> Shares:
        """Links to uploads, signed with the key that signs visitors' cookies too."""
        if self._shares is None:
            self._shares = Shares(self.library.uploads, signing_key(self.settings.state_dir))
        return self._shares

    @property
    def loaded(self) -> bool:
        """Whether the models are loaded and warm."""
        return self._engine is not None

    @property
    def engine(self) -> Engine:
        """The engine, loaded and warmed at the first call. Raises as ``load``."""
        return self.load()

    def load(self, *, or_say_so: bool = False) -> Engine:
        """Return the engine, loaded and warmed at the first call.

        or_say_so : a card that is asked for and does not answer is named in each answer, which the CPU then gives.
        Raises ArtifactError on a model folder that is not whole, or not the one that ``settings.model_digest`` is of, and
        ModelError ``model.device`` for a card that does not answer.
        """
        with self._lock:
            if self._engine is None:
                self._require_digest()
                engine = Engine.load(self.settings.model_dir)
                engine.answer_on(self.settings.device, or_say_so=or_say_so)
                engine.warm_up()
                trials.warm_up()
                if engine.lost and self.settings.device == "cuda" and not or_say_so:
                    raise ModelError("model.device", "CUDA was asked for, and the card failed in its first answers.")
                self._engine = engine
            return self._engine

    def update_by_visitor(self) -> str:
        """Start (or join) an update of the bundled histories for a visitor. Raises RegimeError ``jobs.off``, ``jobs.full``."""
        if self.settings.jobs_off:
            raise RegimeError("jobs.off", self.settings.jobs_off)
        return self.start_update()

    def start_update(self) -> str:
        """Start (or join) the job that brings the bundled histories up to date, and return its id."""
        settings = self.settings
        arguments = ["ingest", "--source", settings.refresh_sources, "--data-dir", str(settings.data_dir)]
        for source, url in settings.base_urls.items():
            arguments += ["--base-url", f"{source}={url}"]
        return self.jobs.start(arguments)

    def _require_digest(self) -> None:
        wanted, path = self.settings.model_digest.lower(), self.settings.model_dir / MANIFEST
        if not wanted or not path.is_file():  # a folder without a manifest is refused with more to say
            return
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != wanted:
            raise ArtifactError(
                "artifact.digest",
                f"{path} has the SHA-256 {found}, and REGIME_MODEL_DIGEST asks for {wanted}: these models were not approved.",
            )


_runtime: Runtime | None = None


def configure(settings: Settings) -> Runtime:
    """Set up this process; called once by ``create_app``."""
    global _runtime
    _runtime = Runtime(settings)
    return _runtime


def current() -> Runtime:
    """This process's runtime. Raises RuntimeError before ``configure``."""
    if _runtime is None:
        raise RuntimeError("runtime.configure(settings) has not been called: create the app with app.create_app().")
    return _runtime


def engine() -> Engine:
    """The one engine of this process."""
    return current().engine


def library() -> Library:
    """The one dataset library of this process."""
    return current().library


def results() -> Results:
    """Results on the datasets of this process."""
    return current().results


def signing_key(state_dir: Path) -> bytes:
    """Key that signs visitors' cookies: made on first start, readable by its owner only, shared by all workers."""
    path = state_dir / "signing.key"
    state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        temporary = state_dir / f".signing.{secrets.token_hex(8)}"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(32))
        try:
            os.link(temporary, path)  # fails if another worker was first: then its key counts
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
    return path.read_bytes()


if __name__ == "__main__":
    print(Settings.markdown())
