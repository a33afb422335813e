# Everything the project needs is installed by these targets into .venv: git, make and Python 3.11 are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
FUNCTIONS_STAMP := $(VENV)/.functions
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header
SOAK_RUNS ?= 2000
# What some tests need besides .venv, as package:program or package:file; without them those tests are skipped by name.
EXTRAS := prometheus:promtool chromium:chromium chromium-driver:chromedriver postgresql-15:/usr/lib/postgresql/15/bin/postgres \
	postgresql-15-cron:/usr/lib/postgresql/15/lib/pg_cron.so strace:strace nginx-light:nginx pgbouncer:pgbouncer wrk:wrk

.DEFAULT_GOAL := help
.PHONY: help setup extras dev test test-fast soak check format bench load lock clean

help: ## Show this help
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) $(FUNCTIONS_STAMP) ## Create .venv with the `medtime` command

$(STAMP): requirements-dev.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "setup: '$(PYTHON)' is not on the PATH; install Python 3.11 or newer, or say make PYTHON=/path/to/python"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "setup: $$($(PYTHON) --version 2>&1) is too old; MedTime needs Python 3.11 or newer (make PYTHON=python3.12 setup)"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "setup: this Python has no venv module; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "setup: installing into $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

# Edge functions load npm packages when they first start. Here, so that a stack works without a net later on.
$(FUNCTIONS_STAMP): $(STAMP) $(wildcard supabase/functions/*/deno.json)
	@for function in supabase/functions/*/index.ts; do \
		timeout 120 $(BIN)/deno cache --quiet --config "$${function%index.ts}deno.json" "$$function" || \
		{ echo "setup: npm packages of $$function cannot be fetched now; it fetches them when it is first called"; exit 0; }; \
	done
	@touch $(FUNCTIONS_STAMP)

extras: ## Install Debian packages for the extra checks, where that is possible
	@missing=$$(for extra in $(EXTRAS); do command -v "$${extra#*:}" >/dev/null || test -e "$${extra#*:}" || echo "$${extra%:*}"; done); \
	if [ -z "$$missing" ]; then echo "extras: all there"; exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "extras: installing" $$missing "..."; \
		export DEBIAN_FRONTEND=noninteractive; \
		{ timeout 120 apt-get update -qq && timeout 300 apt-get install -qq --yes --no-install-recommends $$missing; } >/dev/null || true; \
	fi; \
	for extra in $(EXTRAS); do \
		command -v "$${extra#*:}" >/dev/null || test -e "$${extra#*:}" || echo "extras: no $${extra%:*}: the tests that need it are skipped"; \
	done

dev: setup ## Run the embedded stack until Ctrl-C
	@exec $(BIN)/medtime dev

test: setup ## Run all tests
	$(BIN)/pytest -n 2 --dist loadgroup
	$(BIN)/deno test --quiet --allow-read=docs,tests supabase/functions tests/functions

test-fast: setup ## Run the unit and database tests only
	$(BIN)/pytest -n 2 --dist loadgroup tests/unit tests/database

soak: setup ## Run the simulation much longer (SOAK_RUNS=2000)
	MEDTIME_SOAK_RUNS=$(SOAK_RUNS) $(BIN)/pytest tests/simulation

check: setup ## Lint and type-check everything
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar supabase/migrations medtime_backend policies
	$(BIN)/deno fmt --check
	$(BIN)/deno lint
	$(BIN)/kubernetes-validate --strict --quiet $(wildcard deploy/kubernetes/*.yaml)
	@if [ -x $(BIN)/hadolint ]; then $(BIN)/hadolint deploy/Dockerfile; else echo "check: no hadolint for this system: deploy/Dockerfile is not linted"; fi
	$(BIN)/deno check supabase/functions tests/functions tests/auth tests/http tests/ocr

format: setup ## Format Python and TypeScript
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/deno fmt

bench: setup ## Measure push, pull, identity, policies, the audit, growth, the catalog, prescriptions (ratios within one run)
	$(BIN)/python benchmarks/sync.py
	$(BIN)/python -m benchmarks.catalog_seed
	$(BIN)/python -m benchmarks.catalog_search
	$(BIN)/python -m benchmarks.prescriptions
	$(BIN)/python -m benchmarks.ocr

load: setup ## Find the highest rate of a mixed load, then twice that (needs wrk)
	$(BIN)/python -m benchmarks.load

lock: setup ## Renew the locked dependencies
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) --extra ocr -c requirements.lock pyproject.toml -o requirements-ocr.lock
	$(COMPILE) --extra local --extra ocr --extra audit --extra otel --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	$(COMPILE) deploy/requirements-build.in -o deploy/requirements-build.lock

clean: ## Remove what the targets made (.venv, .medtime, caches)
	rm -rf $(VENV) .medtime .pytest_cache .mypy_cache .ruff_cache .hypothesis dist
