# Two commands do everything from a fresh clone: `make reproduce` and `make test`.
# Python compiles what it imports, so nothing is compiled ahead: half the time of an installation.
# They need Python 3.11 to 3.14 with venv, and a package index; all else is set up in .venv. For a
# newer Python the pinned packages have no wheels; `pip install .` takes newer ones.

# A command starts in a third of the time where it need not compile all modules again.
unexport PYTHONDONTWRITEBYTECODE

SUPPORTED := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c '$(SUPPORTED)' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
OUT ?= genlab-report

.PHONY: help reproduce test lint format bench fuzz docs docs-look lock clean

help:
	@echo "make reproduce   the whole chapter at quick scale; the page is $(OUT)/index.html"
	@echo "make test        the tests"
	@echo "make lint        style and types        make format   rewrite the style"
	@echo "make bench       speed beside PyTorch   make docs     the manual, in docs/_build"
	@echo "make fuzz        ten minutes of damaged files and ten thousand bad command lines"
	@echo "make lock        pin the newest versions"
	@echo "make clean       remove .venv and what the tools left"

reproduce: $(VENV)/.run
	$(BIN)/genlab reproduce --scale quick --out $(OUT)

test: $(VENV)/.dev
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 8 --dist loadfile

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(PIP) check
	@$(BIN)/python -m benchmarks.audit

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks

fuzz: $(VENV)/.dev
	$(BIN)/python -m benchmarks.fuzz_readers 600
	$(BIN)/python -m benchmarks.bad_input 10000

docs: $(VENV)/.dev
	$(BIN)/sphinx-build -E -W --keep-going -b html docs docs/_build
	@echo "The manual: docs/_build/index.html"

# Every page of the manual in a browser, in both schemes and at two widths.
docs-look: docs
	GENLAB_BOOK=docs/_build $(BIN)/python -m pytest --quiet --numprocesses auto tests/test_manual_pages.py

# Exact versions and hashes, for every supported Python and system, and no index address.
LOCK := $(BIN)/uv pip compile --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --no-emit-index-url --no-annotate --no-header --quiet --upgrade
lock: $(VENV)/.made
	$(PIP) install uv
	$(LOCK) pyproject.toml --extra dev --extra docs -o requirements/dev.txt
	$(LOCK) pyproject.toml requirements/build.in -c requirements/dev.txt -o requirements/run.txt

clean:
	rm -rf $(VENV) docs/_build build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.made:
	@test -n "$(PYTHON)" || { echo "genlab needs Python 3.11 to 3.14 with venv; set PYTHON to one." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.made requirements/run.txt pyproject.toml
	@echo "Installing genlab and what it needs into $(VENV) (about a minute)"
	$(PIP) install --no-compile --require-hashes -r requirements/run.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	@echo "Installing what the tests need into $(VENV)"
	$(PIP) install --no-compile --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.bench: $(VENV)/.dev
	@echo "Installing PyTorch for the comparison"
	$(PIP) install --no-build-isolation --editable '.[bench]'
	@touch $@
