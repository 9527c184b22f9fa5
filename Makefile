# make demo    the main job on a miniature image; needs Python >= 3.10 and a package index
# make test    the tests; what needs root, an engine or a registry is skipped by name
#              (KSIMAGE_E2E=1 make test: a missing one is a failure)
# make docs    write docs/commands.md and docs/exit-codes.md from the program
# make lint    ruff, mypy, and import-linter (the order of the rooms)
# make clean   remove what these made
#
# PYTHON=python3.12 make demo    picks another interpreter than the first good one on PATH.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.10 /usr/bin/python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2> /dev/null && \
	{ command -v $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
OUT := .cache/demo
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
INPUTS := pyproject.toml src/ksimage/__init__.py

.PHONY: demo docs test lint clean
.DELETE_ON_ERROR:

demo: $(VENV)/.run
	@rm -rf $(OUT) && mkdir -p $(OUT)
	@examples/demo.sh $(BIN)/ksimage $(BIN)/python $(OUT)

docs: $(VENV)/.run
	$(BIN)/python -m tests.support.command_pages
	$(BIN)/python -m tests.support.exit_code_page
	$(BIN)/python -m tests.support.settings_page

test: $(VENV)/.test
	$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:
	rm -rf $(VENV) .cache build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache .coverage
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
