# What people do here, one target each. `make` alone lists them.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9

# Some machines set it. Each worker process of the tests would then compile all of them again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install demo test test-fast test-one-statement test-citus test-servers test-trust trust-figures lint format docs pictures dev bench bench-docs bench-quick lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

install: $(VENV)/.installed ## make .venv from the lock

# The stamp makes a second run immediate.
$(VENV)/.installed: requirements.lock pyproject.toml hatch_build.py
	@PYTHON=$(PYTHON) UV_VERSION=$(UV_VERSION) ./install.sh

lock: ## resolve requirements.lock again from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --upgrade --python-version 3.10 --all-extras --group pyproject.toml:dev pyproject.toml -o requirements.lock

demo: install ## build the demo department on the embedded server
	@$(BIN)/dagster asset materialize --select 'staging/*' 2> .demo.log || { tail -n 40 .demo.log; exit 1; }
	@rm -f .demo.log
	@echo
	@$(BIN)/staging-assets db psql -q -c "select relname as largest_tables, reltuples::bigint as rows from pg_class where relnamespace = 'staging'::regnamespace and relkind = 'r' order by reltuples desc limit 5"
	@echo "the UI:       make dev, then http://127.0.0.1:3000"
	@echo "the database: $(BIN)/staging-assets db psql"

dev: install ## open the Dagster UI on http://127.0.0.1:3000
	@exec $(BIN)/staging-assets dev

test: install ## run every test
	@$(BIN)/python -m pytest -n auto

test-fast: install ## run the tests that need no server, in half a minute
	@$(BIN)/python -m pytest -n auto --no-server --quiet

test-one-statement: install ## the tests of the engine, on a server that takes one statement a message
	@$(BIN)/python -m pytest -n auto --one-statement $(addprefix staging_assets_tests/,builder checks postgres publisher scheduler sources)

test-citus: install ## the tests on the Citus cluster that STAGING_TEST_CITUS_URL names
	@$(BIN)/python -m pytest staging_assets_tests/end_to_end/test_citus.py

test-servers: install ## the tests of the engine on PostgreSQL 14 to 18, fetched by npm
	@$(BIN)/python -m staging_assets_tests.support.other_servers -n auto

test-trust: install ## the proofs of docs/reliability.md in full, in 20 minutes
	@STAGING_TEST_TRUST=full $(BIN)/python -m pytest -n 2 --durations=0 staging_assets_tests/trust

trust-figures: install ## the same, and write what they saw into docs/reliability.md
	@STAGING_TEST_TRUST=full $(BIN)/python -m pytest -n 2 --durations=0 --write-figures staging_assets_tests/trust

lint: install ## format and style of Python and SQL, and types
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/sqlfluff lint --processes 0 --disable-progress-bar sql

format: install ## format Python and SQL
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/sqlfluff fix --processes 0 --disable-progress-bar --quiet sql

docs: install ## write the pages that are made from the code
	@$(BIN)/python -W ignore::RuntimeWarning -m staging_assets.settings.variables docs/settings.md

pictures: install ## take the pictures of the README anew, in a browser
	@$(BIN)/python -m staging_assets_tests.support.pictures

bench: install ## every benchmark, side by side (long)
	@$(BIN)/python -m benchmarks

bench-docs: install ## the tables of docs/performance.md, in half an hour on an idle machine
	@$(BIN)/python -m benchmarks --docs --write-docs

bench-quick: install ## the short benchmarks, under 3 minutes
	@$(BIN)/python -m benchmarks --quick

clean: ## stop the embedded server, remove .venv and its data
	@-test ! -x $(BIN)/staging-assets || $(BIN)/staging-assets db stop
	@rm -rf $(VENV) .staging
