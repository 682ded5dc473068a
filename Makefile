# Everything is done in a virtual environment of this folder's own; `make help` lists what there is.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Settings of a run: make run ARGS="agent=td3 seed=1"
ARGS ?=
# The study of `make study`, in conf/study/.
STUDY ?= smoke
# Two workers suit two cores; the tests that build environments share one worker each.
WORKERS ?= 2
# How long `make fuzz` plays.
MINUTES ?= 30

.DEFAULT_GOAL := help
.PHONY: help setup run test test-slow fuzz docs notebooks lint format bench study figures clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{ printf "  make %-10s %s\n", $$1, $$2 }'

setup: $(READY)  ## make the virtual environment with all that is needed, fetch and compile the engines

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 10) or sys.exit("RaveForce needs Python 3.10 or newer, and $(PYTHON) is " + sys.version.split()[0] + "; name another: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[train,sweep,watch,ray,docs,dev]"
	$(BIN)/python -m raveforce.glicol.wasm.binary
	$(BIN)/python -c "import raveforce, raveforce.distances as d; s = raveforce.render('o: sin 440', 0.1); d.measure(s, s)"
	@touch $@

run: setup  ## train an agent: a kick drum with SAC, unless ARGS say otherwise
	$(BIN)/python run.py $(ARGS)

test: setup  ## run the tests (all but the slow ones)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

test-slow: setup  ## run the slow tests
	$(BIN)/python -m pytest -m slow

fuzz: setup  ## play any programs with both engines and compare, for MINUTES; then 20,000 tasks and manifests
	FUZZ_MINUTES=$(MINUTES) $(BIN)/python -m pytest -m slow -s tests/glicol/fuzz
	FUZZ_EXAMPLES=20000 $(BIN)/python -m pytest tests/experiments/config/test_task_fuzz.py tests/experiments/records/test_checkpoints.py

docs: setup  ## build the documentation into site/; nothing may be broken
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --clean

notebooks: setup  ## run the notebooks
	PYTHONPATH=$(CURDIR) $(BIN)/python -m pytest --nbmake --nbmake-timeout=600 notebooks

lint: setup  ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup  ## put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

study: setup  ## do a study, with tables, statistics, figures and page: make study STUDY=agents
	$(BIN)/python -m experiments.study study=$(STUDY) $(ARGS)

bench: setup  ## measure how fast sound is made
	$(BIN)/python -m benchmarks.render

figures: setup  ## make the published figures from the stored tables, into results/figures unless ARGS say otherwise
	$(BIN)/python -m experiments.figures $(ARGS)

clean:  ## remove the virtual environment and caches; results stay
	rm -rf $(VENV) site .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
