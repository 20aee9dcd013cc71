# What people do here, one target each. `make` alone lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
ACTIVATE_MARK := \# The dagster of this project stands before the stock one: see bin/dagster.

.DEFAULT_GOAL := help
.PHONY: help install demo test lint format dev bench bench-quick lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

install: $(VENV)/.installed ## make .venv from the lock

# The stamp makes a second run immediate. Bytecode is compiled here because
# importing dagster without it takes almost three times as long.
$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(None if (3, 10) <= sys.version_info < (3, 14) else "Python 3.10 to 3.13 is needed; this is " + sys.version.split()[0] + ". Say which: make install PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q staging_assets
	@grep -q '$(ACTIVATE_MARK)' $(BIN)/activate || printf '\n%s\nPATH="%s/bin:$$PATH"; export PATH; hash -r 2>/dev/null\n' '$(ACTIVATE_MARK)' '$(CURDIR)' >> $(BIN)/activate
	@touch $@
	@echo "installed into $(VENV): source $(VENV)/bin/activate"

lock: ## resolve requirements.lock again from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --upgrade --python-version 3.10 --group pyproject.toml:dev pyproject.toml -o requirements.lock
