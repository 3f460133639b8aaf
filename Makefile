# The verbs of the project. `make run` and `make test` do all the set-up on a machine with
# Python >= 3.11 and make.
PYTHON ?= python3
SCENARIO ?= green-village
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test check bench fuzz accept-full lock clean

run: $(VENV)/.run-ready
	@$(BIN)/rampart run $(SCENARIO)
	@echo "Next: $(BIN)/rampart scenarios    (the other scenarios)    make test    (prove it)"

test: $(VENV)/.test-ready
	$(BIN)/python -m pytest -q -m "not slow" -p no:cacheprovider

check: $(VENV)/.test-ready
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.run-ready
	$(BIN)/rampart bench

fuzz: $(VENV)/.test-ready
	$(BIN)/python -m pip install -q --require-hashes --no-deps -r lock/fuzz.txt
	$(BIN)/python tests/fuzz/run_fuzz.py --inputs 1000000

accept-full: $(VENV)/.test-ready
	$(BIN)/python -m pytest -q -m slow -p no:cacheprovider

lock: $(VENV)/.test-ready
	sh .ci/lock.sh

clean:
	rm -rf $(VENV) build dist rampart-out

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Rampart needs Python >= 3.11; say: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "this Python cannot make virtual environments; on Debian: apt-get install python3-venv"; exit 2; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run-ready: $(VENV)/.python lock/run.txt pyproject.toml
	@echo "Setting up (first time: a few minutes) ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r lock/run.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/rampart warm
	@touch $@

$(VENV)/.test-ready: $(VENV)/.python lock/test.txt pyproject.toml
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r lock/test.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
