# make demo, make test: everything from a bare machine with Python 3.11 or later.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# How many processes run the tests; each has servers of its own, and half a gigabyte of memory.
PROCESSES ?= 2
# What the pages are built from, by the installation.
PAGES := hatch_build.py $(wildcard gateway/pages/graphiql/* gateway/pages/graphiql/examples/*)

# Pages that the last installation left out, and this one should not.
MISSING_PAGES := $(if $(GATEWAY_BUILD_WITHOUT_PAGES)$(wildcard gateway/pages/static/index.html),,missing-pages)

.PHONY: demo test check format clean missing-pages

demo: $(VENV)/.installed
	$(BIN)/gateway demo

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n $(PROCESSES) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

check: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml constraints.txt $(PAGES) $(MISSING_PAGES)
	@echo "Installing; the first time this takes about a minute."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) gateway/pages/static
