# The only commands a person needs to know: setup, run, test, rust, lint, data, train, bench, screenshots.
PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
SOURCE ?= yahoo,cboe
OUT    ?= final_model
DATA   ?= data
CRATE  := clients/rust/market-regime-detector
CRATES := $(addprefix librust-,$(addsuffix -dev,reqwest tokio tokio-macros serde serde-json chrono thiserror))

# Everything is installed by exact versions with the hashes of all their files, so that it is what was tested; but torch, which
# has other builds elsewhere, by its version alone. What tests is installed as it stands in its lock, which holds all that its
# packages bring (tests/test_pins.py): pip's own search takes no hash for urllib3 with extras where others ask for it without.
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check
HASHED := $(PIP) --require-hashes
TORCH  := $(PIP) $$(grep '^torch==' requirements-train.txt)

.PHONY: charts help setup run test rust soak lint lock data train bench screenshots image-check browser crates prometheus

help:                ## Show this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 18

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null 2>&1 && $(PYTHON) -m venv $(VENV) || \
	{ python3 -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' && python3 -m venv $(VENV); } || \
	{ echo "Python 3.11 is needed and was not found: install it, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }

$(VENV)/run.stamp: requirements.lock | $(BIN)/python
	$(HASHED) -r requirements.lock
	@touch $@

$(VENV)/train.stamp: requirements-train.lock requirements-train.txt | $(BIN)/python
	$(HASHED) -r requirements-train.lock
	$(TORCH)
	@touch $@ $(VENV)/run.stamp

$(VENV)/dev.stamp: requirements-dev.lock requirements-train.txt | $(BIN)/python
	$(HASHED) --no-deps -r requirements-dev.lock
	$(TORCH)
	@touch $@ $(VENV)/train.stamp $(VENV)/run.stamp

setup: $(VENV)/dev.stamp browser crates prometheus  ## Create .venv with everything that running, training, testing and linting need

run: $(VENV)/run.stamp            ## Serve the dashboard and the JSON service on http://127.0.0.1:8050
	exec $(BIN)/gunicorn --config gunicorn.conf.py "app:create_server()"

test: $(VENV)/dev.stamp browser crates prometheus  ## Run the whole suite with its coverage bounds, browser and Rust tests included
	$(BIN)/python -m coverage erase
	$(BIN)/python -m pytest --cov --cov-report=
	$(BIN)/python -m coverage report --include='regime_core/*' --fail-under=90 --skip-covered
	$(BIN)/python -m coverage report --include='api/*' --fail-under=90 --skip-covered
	$(MAKE) --no-print-directory rust

# Debian's crates where they are, else crates.io: looked up only once `crates` has run.
rust: crates                      ## Build the Rust client and run its tests and the examples of its documentation
	cd $(CRATE) && cargo test $(if $(wildcard /usr/share/cargo/registry/reqwest-*),--offline --config debian.toml)

soak: $(VENV)/dev.stamp           ## Run the fault tests that take over a minute each
	$(BIN)/python -m pytest -m soak -s tests/faults

lint: $(VENV)/dev.stamp           ## Check format, style, types, security and pins
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive .
	$(BIN)/python -m pip check --disable-pip-version-check

lock: | $(BIN)/python             ## Write the hashes of what requirements*.txt pin
	@$(PIP) $$(grep '^uv==' requirements-dev.txt)
	@for set in requirements requirements-train requirements-dev; do \
	  $(BIN)/uv pip compile --quiet --no-deps --no-strip-extras --generate-hashes --no-annotate --no-emit-package torch \
	    --python-version 3.11.9 --custom-compile-command "make lock" $$set.txt -o $$set.lock || exit 1; done

charts: $(VENV)/run.stamp         ## Build the parts of plotly.js that the pages draw with, as assets/charts/plotly-*.min.js (needs npm)
	sh deploy/charts.sh $$($(BIN)/python -c "from plotly.offline import get_plotlyjs_version as version; print(version())")

data: $(VENV)/run.stamp           ## Bring the S&P 500 and VIX histories up to date (SOURCE=yahoo,cboe)
	$(BIN)/python -m regime_core ingest --source $(SOURCE)

# Threads that wait for each other sleep: on a busy machine a fit would else take ten times as long.
train: $(VENV)/train.stamp        ## Train all models anew, put in use what is no worse (DATA=FOLDER OUT=FOLDER FORCE=1)
	OMP_WAIT_POLICY=PASSIVE MLFLOW_DISABLE_TELEMETRY=true \
	  $(BIN)/python -m regime_core train --data $(DATA) --out $(OUT) $(if $(FORCE),--force)

bench: $(VENV)/dev.stamp          ## Print the figures of docs/ again
	@for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(BIN)/python -m benchmarks.$$(basename $$file .py) || exit 1; done

screenshots: $(VENV)/dev.stamp browser  ## Take the pictures of docs/ from the running app
	$(BIN)/python docs/pictures/make.py

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

crates:
	@if command -v cargo >/dev/null 2>&1 && dpkg -s $(CRATES) >/dev/null 2>&1; then exit 0; fi; \
	if command -v apt-get >/dev/null 2>&1 && [ "$$(id -u)" = 0 ]; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	    $(CRATES) $$(command -v cargo >/dev/null 2>&1 || echo cargo) >/dev/null; \
	elif ! command -v cargo >/dev/null 2>&1; then \
	  echo "The Rust client needs cargo 1.63 or newer. On Debian: sudo apt-get install cargo $(CRATES)" >&2; exit 1; \
	fi
