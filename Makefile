# The only commands a person needs to know: setup, run, test, lint, data, train, bench.
PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
SOURCE ?= yahoo,cboe
OUT    ?= final_model
DATA   ?= data

.PHONY: help setup run test lint data train bench image-check browser prometheus

help:                ## Show this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 14

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null 2>&1 && $(PYTHON) -m venv $(VENV) || \
	{ python3 -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' && python3 -m venv $(VENV); } || \
	{ echo "Python 3.11 is needed and was not found: install it, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }

$(VENV)/run.stamp: requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/train.stamp: requirements.txt requirements-train.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-train.txt
	@touch $@ $(VENV)/run.stamp

$(VENV)/dev.stamp: requirements.txt requirements-train.txt requirements-dev.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/train.stamp $(VENV)/run.stamp

setup: $(VENV)/dev.stamp browser prometheus  ## Create .venv with everything that running, training, testing and linting need

run: $(VENV)/run.stamp            ## Serve the dashboard and the JSON service on http://127.0.0.1:8050
	exec $(BIN)/gunicorn --config gunicorn.conf.py "app:create_server()"

test: $(VENV)/dev.stamp browser prometheus   ## Run the whole suite with its coverage bounds, browser tests included
	$(BIN)/python -m coverage erase
	$(BIN)/python -m pytest --cov --cov-report=
	$(BIN)/python -m coverage report --include='regime_core/*' --fail-under=90 --skip-covered
	$(BIN)/python -m coverage report --include='api/*' --fail-under=90 --skip-covered

lint: $(VENV)/dev.stamp           ## Check format, style, types and pins
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pip check --disable-pip-version-check

data: $(VENV)/run.stamp           ## Bring the S&P 500 and VIX histories up to date (SOURCE=yahoo,cboe)
	$(BIN)/python -m regime_core ingest --source $(SOURCE)

# Threads that wait for each other sleep: on a busy machine a fit would else take ten times as long.
train: $(VENV)/train.stamp        ## Train all models anew, put in use what is no worse (DATA=FOLDER OUT=FOLDER FORCE=1)
	OMP_WAIT_POLICY=PASSIVE MLFLOW_DISABLE_TELEMETRY=true \
	  $(BIN)/python -m regime_core train --data $(DATA) --out $(OUT) $(if $(FORCE),--force)

bench: $(VENV)/dev.stamp          ## Print the figures of docs/ again
	@for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(BIN)/python -m benchmarks.$$(basename $$file .py) || exit 1; done

image-check: $(VENV)/dev.stamp    ## Replay the Dockerfile in a clean Debian root, start it and ask it (as root)
	@command -v debootstrap >/dev/null 2>&1 || { apt-get update -qq && apt-get install -y -qq --no-install-recommends debootstrap >/dev/null; }
	$(BIN)/python deploy/image_check.py

# The package starts a service of its own where it can; only its programs are wanted.
prometheus:
	@if command -v promtool >/dev/null 2>&1 && command -v prometheus >/dev/null 2>&1; then exit 0; fi; \
	if command -v apt-get >/dev/null 2>&1 && [ "$$(id -u)" = 0 ]; then \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends prometheus >/dev/null && \
	  if [ -d /run/systemd/system ]; then systemctl disable --quiet --now prometheus; else service prometheus stop >/dev/null 2>&1 || true; fi; \
	else \
	  echo "The tests of deploy/ need Prometheus and promtool. On Debian: sudo apt-get install prometheus" >&2; exit 1; \
	fi

browser:
	@if command -v chromium >/dev/null 2>&1 && command -v chromedriver >/dev/null 2>&1; then exit 0; fi; \
	if command -v apt-get >/dev/null 2>&1 && [ "$$(id -u)" = 0 ]; then \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium chromium-driver >/dev/null; \
	else \
	  echo "The browser tests need Chromium and its driver. On Debian: sudo apt-get install chromium chromium-driver" >&2; exit 1; \
	fi
