# Jemput: everything a newcomer needs is `make install`, `make demo` and `make test`.
# PYTHON may name any Python from 3.11 on: make install PYTHON=python3.13

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TESTS ?= tests
SOAK ?= 1
UV_COMPILE := env -u UV_INDEX -u UV_INDEX_URL -u UV_EXTRA_INDEX_URL -u UV_FIND_LINKS UV_NO_CONFIG=1 \
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url --no-emit-find-links

# What was compiled once is kept, for the tests' many processes, whatever the surroundings say.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install demo test check packages compiled bench soak run docs lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(STAMP) ## Build .venv with field-client and sync-server in it

# Python compiles what is imported at its first use; to compile everything beforehand takes longer.
$(STAMP): requirements-dev.lock pyproject.toml .ci/make_venv.sh
	@PYTHON="$(PYTHON)" bash .ci/make_venv.sh $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP) ## Play a regency's day: two devices offline, sync, a duplicate decided (KEEP=1 keeps the homes)
	KEEP=$(KEEP) $(BIN)/python -m tests.demo

# Four at a time on two cores: half of what the tests take is waiting for one another.
test: $(STAMP) ## Run the checks and every test (TESTS=tests/unit for a part)
	@$(MAKE) --no-print-directory --jobs 2 check packages compiled
	$(BIN)/pytest -n 4 --dist worksteal --session-timeout 1500 --durations 8 $(TESTS)

packages:
	@bash .ci/system_packages.sh

# Once, while the checks run, instead of in each worker; the tests say what cannot be collected.
compiled: $(STAMP)
	@$(BIN)/pytest -p no:xdist --collect-only -qqq $(TESTS) >/dev/null || true

check: $(STAMP) ## Check format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(STAMP) ## Measure the headline figures beside their peers, one JSON line each
	@for script in bench/*.py; do $(BIN)/python "$$script" || exit 1; done

soak: $(STAMP) ## Try every fault and history at length, for hours (SOAK=0.1: a tenth as many)
	@bash .ci/system_packages.sh
	@if $(BIN)/python -m tests.support.fuzz_decoders --published; then \
	    $(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r requirements-fuzz.lock; \
	else echo "The decoders are not fuzzed by Atheris: it is not published for this system."; fi
	HYPOTHESIS_PROFILE=soak SOAK=$(SOAK) $(BIN)/pytest -n 2 --dist worksteal -m soak --timeout 0 -rP $(TESTS)

run: $(STAMP) ## Serve a throwaway regency on 127.0.0.1 until Ctrl-C
	bash .ci/serve_throwaway.sh $(BIN)

docs: $(STAMP) ## Rewrite docs/commands.md, errors.md and records.md from the programs
	$(BIN)/python -m tests.support.docs_reference

lock: $(STAMP) ## Resolve the newest versions into the lock files
	$(UV_COMPILE) --upgrade requirements.in --output-file requirements.lock
	$(UV_COMPILE) --upgrade requirements.in requirements-dev.in --output-file requirements-dev.lock --constraint requirements.lock
	$(UV_COMPILE) --upgrade bench/peers/kinto.in --output-file bench/peers/kinto.lock
	$(UV_COMPILE) --upgrade bench/peers/splink.in --output-file bench/peers/splink.lock
	$(UV_COMPILE) --upgrade requirements-fuzz.in --output-file requirements-fuzz.lock

clean: ## Remove .venv and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info build dist
