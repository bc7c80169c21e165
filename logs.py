"""What every process of the server writes to its log, and how: one line an event, to stderr.

Imported by gunicorn's own process too, so it needs nothing but the standard library.
"""

from __future__ import annotations

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

FORMATS = ("json", "text")
request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""Of the request that is being answered; every line of the log that belongs to it has it."""


def configuration(chosen: str) -> dict[str, Any]:
    """Configuration for ``logging.config.dictConfig``, gunicorn's loggers included.

    chosen : a key of FORMATS; empty is text in a terminal, else json. Raises ValueError for another.
    """
    if chosen and chosen not in FORMATS:
        raise ValueError(f"REGIME_LOG={chosen!r} is neither json nor text.")
    kind = chosen or ("text" if sys.stderr.isatty() else "json")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": Json}, "text": {"()": Text}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "formatter": kind}},
        "root": {"level": "INFO", "handlers": ["stderr"]},
        "loggers": {"gunicorn.error": {"level": "INFO", "handlers": ["stderr"], "propagate": False}},
    }


class Json(logging.Formatter):
    """One JSON object a line: time, level, logger, process, message; request_id and what else is known, where it is."""

    def format(self, record: logging.LogRecord) -> str:
        """Line of an event."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
        }
        if (known := request_id.get()) is not None:
            line["request_id"] = known
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class Text(logging.Formatter):
    """The same for people; what a stranger sent cannot begin a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """Line of an event, and the lines of its exception."""
        time = datetime.fromtimestamp(record.created).astimezone().isoformat(" ", "milliseconds")
        known = request_id.get()
        own = f" [{known}]" if known is not None else ""
        fields = "".join(f" {name}={value}" for name, value in getattr(record, "fields", {}).items())
        message = "".join(c if c.isprintable() else repr(c)[1:-1] for c in f"{record.getMessage()}{fields}")
        trace = f"\n{self.formatException(record.exc_info)}" if record.exc_info else ""
        return f"{time} {record.levelname} {record.name} {record.process}{own} {message}{trace}"
