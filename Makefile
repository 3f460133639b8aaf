# The verbs of the project. `make run` and `make test` do all the set-up on a machine with
# Python >= 3.11 and make.
PYTHON ?= python3
SCENARIO ?= green-village
VENV := .venv
BIN := $(VENV)/bin
FALLING := rocket_107 rocket_122 mortar_60 mortar_81 mortar_120
CATALOGUE := green-village quiet-day friendly-return mixed-saturation baghdad-rockets baghdad-drones \
             al-asad-drones launch-sites behind-ridge

# What a command prints, on the screen and as docs/evidence/NAME-DATE.txt
on_record = @file=docs/evidence/$(1)-$$(date -u +%F).txt; { echo "$(2)"; $(2); } > "$$file"; \
            failed=$$?; cat "$$file"; exit $$failed

.PHONY: run test check bench fuzz accept-full lock clean

run: $(VENV)/.run-ready
	@$(BIN)/rampart run $(SCENARIO)
	@echo "Next: $(BIN)/rampart scenarios    (the other scenarios)    make test    (prove it)"

test: $(VENV)/.test-ready
	$(BIN)/python -m pytest -q -m "not slow" -n 2 -p no:cacheprovider

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

# The figures of the docs anew, most on seeds that nothing was set on (of S1's and S2's on some): dated files in
# docs/evidence/, the tracker's in docs/benchmarks.md. Most of a day on two cores, nearly all of it S1 and S2.
# What S2 has heard stands in docs/evidence/s2-hours.jsonl, so that it goes on where it was stopped.
accept-full: $(VENV)/.test-ready
	sh .ci/peers.sh
	$(BIN)/python -m pytest -q -m slow -p no:cacheprovider
	$(BIN)/python benchmarks/tracker_vs_stonesoup.py --first-seed 4001 --write
	$(BIN)/python benchmarks/honesty.py --seeds 501-750 --workers 2 --write
	$(BIN)/python benchmarks/fast_radar.py --seeds 101-120 --workers 2 --write
	$(BIN)/python benchmarks/noisy_radar.py --seeds 101-120 --workers 2 --write
	$(BIN)/python benchmarks/outside.py --seeds 101-120 --write
	$(BIN)/python benchmarks/registration.py --seeds 301-310 --workers 2 --write
	$(BIN)/python benchmarks/classifier.py --seeds 401-480 --write
	$(BIN)/python benchmarks/aircraft.py --write
	$(BIN)/python benchmarks/drone_roc.py --flights 312 --seed 900 --write
	$(BIN)/python benchmarks/drone_roc.py --flights 312 --seed 900 --no-rcs --write
	$(BIN)/python benchmarks/origin.py --seeds 2001-2100 --write
	$(BIN)/python benchmarks/pd_from_snr.py --write
	$(BIN)/python benchmarks/catalogue.py $(CATALOGUE) --write
	$(BIN)/python benchmarks/weaves.py --write
	$(BIN)/python benchmarks/weaves.py --large --write
	$(BIN)/python benchmarks/lone_rounds.py --no-rcs --no-doppler --write
	$(BIN)/python benchmarks/lone_rounds.py --no-elevation --write
	$(BIN)/python benchmarks/lone_rounds.py --no-elevation --no-rcs --no-doppler --write
	$(BIN)/python benchmarks/s1.py --seeds 1-1120 --write
	$(BIN)/python benchmarks/s1.py --seeds 1-480 --sigma 1 --threshold 0.003 0.01 0.03 0.1 0.3 --classes $(FALLING) --write
	$(BIN)/python benchmarks/s2.py --hours 1-2160 --keep docs/evidence/s2-hours.jsonl --write
	$(call on_record,gliders,$(BIN)/python benchmarks/s2.py --hours 40001-40020 --only glider --times 10)
	$(call on_record,switched-on,$(BIN)/python benchmarks/s2.py --hours 50001-50170 --only glider --times 10 --seconds 60)
	$(call on_record,bearing-only,$(BIN)/python benchmarks/bearing_only.py --seeds 2001-2020)
	$(call on_record,flight,$(BIN)/python benchmarks/flight.py)
	$(call on_record,terrain,$(BIN)/python benchmarks/terrain.py)
	$(call on_record,metrics,$(BIN)/python benchmarks/metrics.py)
	$(call on_record,journal,$(BIN)/python benchmarks/journal.py)
	$(call on_record,asterix,$(BIN)/python benchmarks/asterix.py)
	$(call on_record,bench,$(BIN)/rampart bench)

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
