# Everything that a person or CI does with this tree. `make help` lists it.

PYTHON ?= python3
DATA ?= .watchword-demo
# Long tests print the seed that they used; give it back to see the same again: make soak SEED=...
ifndef SEED
SEED := $(shell od -An -N4 -tu4 /dev/urandom | tr -d ' ')
endif
BIN := .venv/bin

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHON

.DEFAULT_GOAL := help
.PHONY: help run test fences style types arrows unit soak fuzz torture faults simulate bench mutants screenshots messages lock parts clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST)

run: .venv/run.stamp ## start Watchword with an example user and an example VPN
	$(BIN)/watchword up --demo --data $(DATA)

test: parts .venv/test.stamp ## install what the tests need, then run the fences and the tests
	@$(MAKE) --no-print-directory fences unit

parts:
	@scripts/install-test-parts

fences: style types arrows ## all that can be said without running anything

style: .venv/test.stamp ## ruff, with clocks and randomness banned outside of kit
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/test.stamp ## mypy, strict
	$(BIN)/mypy

arrows: .venv/test.stamp ## import-linter: who may import whom
	$(BIN)/lint-imports --no-logo

unit: .venv/test.stamp ## the tests alone, with the branch coverage of domain and wire
	PYTHONHASHSEED=0 $(BIN)/pytest --numprocesses=2 --dist=loadfile --hypothesis-profile=fixed \
		--ignore=tests/browser --ignore=tests/e2e --cov --cov-report=term-missing:skip-covered
	$(BIN)/pytest --hypothesis-profile=fixed tests/browser tests/e2e

soak: parts .venv/test.stamp ## the long tests: fuzz, kills, fault schedules, simulation
	@echo "seed: $(SEED)"
	WATCHWORD_SOAK_SEED=$(SEED) $(BIN)/pytest -m soak -o faulthandler_timeout=1500 --hypothesis-profile=soak \
		--hypothesis-seed=$(SEED)

fuzz: .venv/test.stamp ## coverage-guided fuzzing of the codecs: make fuzz SECONDS=600 FUZZ=--keep
	$(BIN)/python -m tests.fuzz --seconds $(or $(SECONDS),60) --seed $(SEED) $(FUZZ)

torture: .venv/test.stamp ## kill -9 under load, many times: make torture KILLS=500
	$(BIN)/python -m tests.torture --kills $(or $(KILLS),500) --seed $(SEED)

simulate: .venv/test.stamp ## portal and servers in virtual time: make simulate SCHEDULES=10000, or SEED=7 SCHEDULES=1 to see one
	$(BIN)/python -m tests.simulation --schedules $(or $(SCHEDULES),10000) --seed $(SEED) --processes 2

faults: parts .venv/test.stamp ## a portal and servers on hosts of their own, and what goes wrong: make faults SCHEDULES=500
	$(BIN)/python -m tests.faults --schedules $(or $(SCHEDULES),30) --seed $(SEED)

bench: .venv/test.stamp ## requests a second, beside FreeRADIUS in the same run
	$(BIN)/python -m bench

mutants: ## take the checks out of the decision one by one, and see that tests fail
	scripts/mutants $(LOWEST)

screenshots: .venv/test.stamp ## a picture of every page in both schemes, under docs/screenshots
	$(BIN)/python -m tests.rigs.screenshots

messages: .venv/test.stamp ## bring the catalogues of translations to what pages say
	$(BIN)/python -m tests.rigs.messages

lock: ## write the locked requirements anew from the *.in files
	scripts/lock

clean: ## take away what make made
	rm -rf .venv .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache $(DATA)

# One environment: what the tests need comes on top of what Watchword runs on.
.venv/run.stamp: requirements.txt requirements-build.txt pyproject.toml scripts/make-venv
	scripts/make-venv requirements.txt requirements-build.txt
	@touch $@

.venv/test.stamp: requirements-test.txt pyproject.toml scripts/make-venv
	scripts/make-venv requirements-test.txt
	@touch $@ .venv/run.stamp
