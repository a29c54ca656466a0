# Every target works in .venv and installs what it needs into it, with constraints.txt.
# `make demo` on a fresh machine needs Python 3.11 and a package index; nothing else.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test test-all lint format bench clean

demo: $(VENV)/.base
	$(BIN)/tasrih label examples/article.txt

test: $(VENV)/.dev lint
	$(BIN)/python -m pytest -m "not system" --cov --cov-report=term

test-all: $(VENV)/.dev $(VENV)/.apt lint
	$(BIN)/python -m pytest --cov --cov-report=term

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks.compare

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# Python alone: labels, serves and scores in batch; no torch.
$(VENV)/.base: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) --editable .
	touch $@

# What training and the tests need on top.
$(VENV)/.dev: $(VENV)/.base
	$(PIP) --editable '.[train,search,tracking,ray,s3,tracing,postgres,dev]'
	touch $@

# System packages, for tests that drive a browser or a database server. Root or sudo.
$(VENV)/.apt: apt.txt $(VENV)/bin/python
	packages=$$(grep -v '^#' apt.txt || true); \
	if [ -n "$$packages" ]; then \
	  as=$$(test $$(id -u) = 0 || echo sudo); \
	  $$as apt-get update --quiet=2 && $$as apt-get install --yes --quiet=2 --no-install-recommends $$packages; \
	fi
	touch $@
