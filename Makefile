# `make help` lists the targets. PYTHON=python3.12 make demo picks another interpreter than the first
# good one on PATH.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.10 /usr/bin/python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2> /dev/null && \
	{ command -v $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
OUT := .cache/demo
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
INPUTS := pyproject.toml src/ksimage/__init__.py

.PHONY: help demo test lint docs zipapp dev clean
.DEFAULT_GOAL := demo
.DELETE_ON_ERROR:

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r name text; do \
		printf '  make %-8s %s\n' "$$name" "$$text"; done
	@echo "KSIMAGE_E2E=1 make test: what needs root, an engine, a registry or a cluster fails where it is missing"

demo: $(VENV)/.run ## the main job on a miniature image; needs Python >= 3.10 and a package index
	@rm -rf $(OUT) && mkdir -p $(OUT)
	@examples/demo.sh $(BIN)/ksimage $(BIN)/python $(OUT)

docs: $(VENV)/.run ## write docs/commands.md and docs/exit-codes.md from the program
	$(BIN)/python -m tests.support.command_pages
	$(BIN)/python -m tests.support.exit_code_page
	$(BIN)/python -m tests.support.settings_page

test: $(VENV)/.test ## the tests; what cannot run here is skipped by name (COVERAGE=1: lines and branches)
ifdef COVERAGE
	@rm -rf .cache/coverage && mkdir -p .cache/coverage
	$(BIN)/python -m coverage run -m pytest $(PYTEST_ARGS)
	@$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report
else
	$(BIN)/python -m pytest $(PYTEST_ARGS)
endif

zipapp: $(VENV)/.run ## dist/ksimage.pyz: one file with all dependencies, for every Python from 3.10 on
	$(BIN)/python tools/make_zipapp.py dist/ksimage.pyz

lint: $(VENV)/.dev $(VENV)/.test ## ruff, mypy, and import-linter (the order of the rooms)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

dev: $(VENV)/.test $(VENV)/.dev ## all that work on ksimage needs
	@! command -v pre-commit > /dev/null || pre-commit install > /dev/null

clean: ## remove what these made
	rm -rf $(VENV) node_modules .cache build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache .coverage
	find src tests examples -name __pycache__ -prune -exec rm -rf {} +

# The stamps: what is installed, so that a second run does not ask the index again.

$(VENV)/.run: $(VENV)/.made $(INPUTS)
	$(PIP) --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.made $(INPUTS)
	$(PIP) --editable '.[test]'
	@touch $@ $(VENV)/.run

$(VENV)/.dev: $(VENV)/.made $(INPUTS)
	$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/.run

$(VENV)/.made:
	@test -n "$(PYTHON)" || { \
		echo "No Python 3.10 or newer is on PATH. Name one: PYTHON=/path/to/python make $(MAKECMDGOALS)" >&2; \
		exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { \
		echo "$(PYTHON) cannot make environments: ensurepip is missing." >&2; \
		echo "On Debian and Ubuntu: apt install python3-venv" >&2; \
		exit 1; }
	@rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	@touch $@
