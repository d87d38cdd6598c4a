# setup · demo · test · check · bench · lock.  Python 3.11+, git and make are all that must be there.
PYTHON ?= python3
PORT ?= 8000
DATA ?= demo
CASES ?= 10000 100000
OPEN ?= 10000 100000
BIN = .venv/bin
DISTRIBUTIONS = platform $(wildcard plugins/*)

.PHONY: help setup demo test check bench lock clean

help:
	@echo "make demo    the whole platform with a living demo city on http://127.0.0.1:$(PORT) (PORT=, DATA=, QUIET=1)"
	@echo "make test    the whole suite (ARGS= goes to pytest)"
	@echo "make check   lint, types, layers, catalogues"
	@echo "make bench   figures (CASES='10000 100000 1000000' OPEN='100000 1000000')"
	@echo "make lock    pin dependencies anew"

setup: .setup-python .setup-static

.setup-python: requirements.txt $(addsuffix /pyproject.toml,$(DISTRIBUTIONS))
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing Python packages ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation $(addprefix --editable ,$(addprefix ./,$(DISTRIBUTIONS)))
	@touch $@

.setup-static: .setup-python package-lock.json tools/build_static.mjs $(wildcard platform/banshi/web/styles/*) $(wildcard platform/banshi/web/scripts/*)
	@$(BIN)/python tools/node.py
	@touch $@

demo: setup
	@$(BIN)/banshi demo --port $(PORT) --data "$(DATA)" $(if $(QUIET),--quiet)

test: setup
	@$(BIN)/python -m pytest -n 2 --dist load $(ARGS)

check: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy platform/banshi $(wildcard plugins/*/banshi_*) bench
	@$(BIN)/lint-imports
	@$(BIN)/python tools/catalogues.py --check
	@$(BIN)/banshi plugins --check > /dev/null

bench: setup
	@$(BIN)/python -m bench $(CASES)
	@$(BIN)/python -m bench.time $(OPEN)
	@$(BIN)/python -m bench.plugins
	@$(BIN)/python -m bench.papers

lock:
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/python tools/lock.py

clean:
	rm -rf .venv node_modules .setup-* platform/banshi/web/static/vendor
