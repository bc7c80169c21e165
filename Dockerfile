FROM python:3.11-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 \
    HOST=0.0.0.0 PORT=8050 \
    REGIME_STATE_DIR=/var/lib/regime-desk NUMBA_CACHE_DIR=/var/lib/regime-desk/numba

RUN apt-get update && apt-get install -y --no-install-recommends make libgomp1 && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --uid 10001 regime \
    && install -d -o regime -g regime /srv/regime-desk /var/lib/regime-desk
WORKDIR /srv/regime-desk
USER regime

COPY --chown=regime:regime Makefile requirements.lock ./
RUN make .venv/run.stamp PYTHON=python3.11 && find .venv -name '__pycache__' -prune -exec rm -rf {} +
COPY --chown=regime:regime . .

VOLUME /var/lib/regime-desk
EXPOSE 8050
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
    CMD [".venv/bin/python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/ready', timeout=4)"]
CMD [".venv/bin/gunicorn", "--config", "gunicorn.conf.py", "app:create_server()"]
