# Everything a fresh machine needs is Python 3.11+, pip and make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: help quickstart test test-slow check bench clean
.DEFAULT_GOAL := help

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(VENV)/.run: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing (PyTorch and friends, a few minutes the first time) ..."
	@$(PIP) -e '.[generate,train]'
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	@$(PIP) -e '.[dev]'
	@touch $@

quickstart: $(VENV)/.run ## Raw pages to an aligned adapter, offline, on the CPU
	@$(BIN)/seimai run recipes/quickstart.yaml --labels judge

test: $(VENV)/.dev ## The tests
	@$(BIN)/python -m pytest -q -m "not slow" --durations=10

test-slow: $(VENV)/.dev ## The slow tests: a real Argilla and a real browser, kills, benchmarks' gold
	@$(BIN)/python -m pytest -q -m slow --durations=10

check: $(VENV)/.dev ## Format, lint and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/pyright --pythonpath $(BIN)/python

bench: $(VENV)/.dev ## The runner's speed and its own share
	@$(BIN)/python benchmarks/runner.py

clean: ## Remove the virtual environment and all runs
	rm -rf $(VENV) runs
