# One command for each habit. Everything runs in .venv, which is built on first use from constraints.txt.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup verify test lint types layers format kill-matrix clean

setup: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Tollens needs Python 3.11 or newer; try make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test]'
	@touch $@

verify: setup       ## judge every claim and write a report
	$(BIN)/tollens verify

test: setup         ## the whole test suite
	$(BIN)/python -m pytest -n 2

lint: setup         ## style and format, without changing anything
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: setup        ## mypy --strict on the three packages
	$(BIN)/mypy

layers: setup       ## who may import whom
	$(BIN)/lint-imports

kill-matrix: setup  ## refresh the kill matrix that diagnoses compare with
	rm -rf build/kill-matrix
	$(BIN)/tollens mutants --out build/kill-matrix
	$(BIN)/tollens report build/kill-matrix --format matrix
	cp build/kill-matrix/kill_matrix.json reports/tollens/kill_matrix.json

format: setup       ## rewrite the files in house style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
