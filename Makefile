# Everything a developer does, one word each. `make` alone lists the words.
# Relative paths only: the checkout may lie in a directory with spaces in its name.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BIN := .venv/bin
STAMP := .venv/.installed
# One more than most machines of the build have cores: tests wait for servers now and then.
WORKERS ?= 3
SEEDS ?= 1
# What else to hand to pytest or to the demo: make test ARGS="-k release -x"
ARGS ?=

.PHONY: help setup demo test check fix bench bench-peers chaos docs

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

setup: $(STAMP) ## Make .venv and install everything, once

demo: $(STAMP) ## Run the bot in an emulated world
	$(BIN)/python -m bot demo $(ARGS)

# Coverage doubles the time, so it is asked for: by ARGS="--cov", as .ci/run does.
test: $(STAMP) ## Run the tests
	$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

check: $(STAMP) ## Check style, types, imports and the generated pages
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy bot flows integrations storage tests
	$(BIN)/lint-imports
	$(BIN)/python -m bot docs --check

fix: $(STAMP) ## Mend what a machine can mend
	$(BIN)/python -m ruff check --fix .
	$(BIN)/python -m ruff format .

bench: $(STAMP) ## Measure ourselves against peers and limits
	$(BIN)/python -m tests.bench $(ARGS)

chaos: $(STAMP) ## Break everything during many runs: make chaos SEEDS="1 2 3"
	$(BIN)/python -m tests.chaos $(SEEDS) $(ARGS)

# Their pins clash with ours, so each peer lives in an environment of its own.
bench-peers: $(STAMP) ## Make the environments of the peers that `bench` knows, under .peers
	@for peer in dbos errbot prefect; do \
	  [ -x ".peers/$$peer/bin/python" ] || $(BIN)/python -m venv ".peers/$$peer"; \
	done
	.peers/dbos/bin/python -m pip install --quiet dbos 'psycopg[binary]'
	.peers/errbot/bin/python -m pip install --quiet errbot pytest
	.peers/prefect/bin/python -m pip install --quiet prefect 'fastapi<0.141'

docs: $(STAMP) ## Write the generated pages again
	$(BIN)/python -m bot docs

# Made again only when what is to be installed has changed.
$(STAMP): pyproject.toml constraints.txt
	@if ! [ -x $(BIN)/python ] || ! $(BIN)/python -m pip --version > /dev/null 2>&1; then \
	  for python in $${PYTHON:-python3 python3.13 python3.12 python3.11 python}; do \
	    if "$$python" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' \
	        > /dev/null 2>&1; then found=$$python; break; fi; \
	  done; \
	  if [ -z "$${found:-}" ]; then \
	    echo "Flowbot needs Python 3.11 or newer, with its venv module (on Debian: python3-venv)." >&2; \
	    echo "None was found. Install one, or name it: make setup PYTHON=/path/to/python3" >&2; \
	    exit 1; \
	  fi; \
	  echo "Making .venv with $$("$$found" --version)"; \
	  "$$found" -m venv --clear .venv; \
	fi
	$(BIN)/python -m pip install --quiet --editable '.[dev,postgres]' --constraint constraints.txt
	@touch $(STAMP)
