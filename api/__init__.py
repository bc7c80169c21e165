"""The JSON face: what a trading system calls, and the way of files in and out."""

from __future__ import annotations

from flask import Flask

from api import bodies, direct, guard, logs, metrics, problems, routes, shares, uploads
from runtime import Runtime


def register(server: Flask, runtime: Runtime) -> None:
    """Add the JSON routes, those of files, /metrics, their guards and the error handlers to a server."""
    bodies.warm_up()
    problems.register(server)
    routes.register(server, runtime)
    uploads.register(server, runtime)
    metrics.register(server, runtime)
    direct.register(server, runtime)
    guard.register(server, runtime.settings)
    shares.register(server, runtime)
    logs.register(server, runtime.settings)
