"""The JSON face: what a trading system calls."""

from __future__ import annotations

from flask import Flask

from api import guard, metrics, problems, routes
from runtime import Runtime


def register(server: Flask, runtime: Runtime) -> None:
    """Add the JSON routes, /metrics, their guards and the error handlers to a server."""
    problems.register(server)
    routes.register(server, runtime)
    metrics.register(server, runtime)
    guard.register(server, runtime.settings)
