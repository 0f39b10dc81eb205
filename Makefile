# make demo   see real prompts distilled, within minutes; needs no compiler
# make test   everything real, llama-cpp-python included (compiled once, about 4 minutes on 2 cores)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Of llama.cpp only the library is used: no image models, no TLS for its downloader.
export CMAKE_ARGS ?= -DLLAVA_BUILD=OFF -DLLAMA_OPENSSL=OFF
export CMAKE_BUILD_PARALLEL_LEVEL ?= $(shell getconf _NPROCESSORS_ONLN)
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: demo test check unit bench clean

demo: $(VENV)/demo.installed
	$(BIN)/spsd demo

test: check unit

check: $(VENV)/test.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

unit: $(VENV)/test.installed
	$(BIN)/python -m pytest

bench: $(VENV)/test.installed
	$(BIN)/python -m benchmarks.run_all

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "SPSD needs Python 3.10 or newer; name one with: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/demo.installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet -e '.[demo]'
	touch $@

$(VENV)/test.installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet -e '.[test]'
	touch $@

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
