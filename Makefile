# Every target sets up what it needs: a virtual environment in .venv with the locked dependencies.
# `make demo` trains a real model on a cluster of its own; `make test` and `make test-slow` run every test.

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow simulate chaos judge fuzz screenshots install lint format types imports check check-generated audit generate reference lock bench clean

help: ## say what each target does
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 18

demo: $(INSTALLED) ## train a small CNN on handwritten digits on a cluster of its own
	$(BIN)/cyxwiz demo

# Two processes: the engine's tests keep one core busy while those that start clusters mostly wait.
test: $(INSTALLED) ## run every test but the slow ones
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow"

test-slow: $(INSTALLED) ## run the slow tests
	$(BIN)/python -m pytest -n 2 --dist worksteal -m slow

# For example: make simulate SEEDS=100000
simulate: $(INSTALLED) ## run simulated clusters from seeds until one breaks a promise
	$(BIN)/python -m tests.simulation --seeds $(or $(SEEDS),2000)

# For example: make chaos CHAOS="--faults 300 --seed 7"
chaos: $(INSTALLED) ## thirty jobs on three real nodes while a hundred faults happen
	$(BIN)/python -m tests.chaos $(CHAOS)

# Each of the hundred is compiled twice.
judge: $(INSTALLED) ## train every model of tests/judged_models: an epoch, and 20 steps on one batch
	$(BIN)/python -m pytest -n 2 tests/judged_models/train_every_model.py

# For example: make fuzz FORMATS="csv npz" FUZZ_SECONDS=600
fuzz: $(INSTALLED) ## feed damaged files to every parser of data, a minute each
	@.ci/fuzz $(BIN) $(or $(FUZZ_SECONDS),60) $(FORMATS)

screenshots: $(INSTALLED) ## take the pictures of docs/images from a cluster of its own, in Chromium
	$(BIN)/python -m tests.browser.screenshots

install: $(INSTALLED) ## only set up .venv

$(INSTALLED): requirements.lock requirements-build.lock pyproject.toml .ci/install
	@.ci/install $(VENV)

check: lint types imports check-generated ## every check that is no test

lint: $(INSTALLED) ## style and formatting
	$(BIN)/ruff check
	$(BIN)/ruff format --check

audit: $(INSTALLED) ## look for known weaknesses in our code and in what is locked
	@.ci/audit $(BIN)

format: $(INSTALLED) ## rewrite to the common format, and fix what can be fixed safely
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

types: $(INSTALLED) ## mypy, strict
	$(BIN)/mypy

imports: $(INSTALLED) ## which part may import which
	$(BIN)/lint-imports

generate: $(INSTALLED) ## regenerate shared/pb from proto/
	.ci/generate-stubs $(BIN) shared/pb

check-generated: $(INSTALLED) ## that shared/pb is what proto/ gives
	.ci/check-generated $(BIN)

reference: $(INSTALLED) ## rewrite the pages of docs/ that are made from the code
	$(BIN)/python -m shared.model_definition.layer_table > docs/reference/layers.md
	$(BIN)/python -m server_node.training.hyperparameter_table > docs/reference/hyperparameters.md
	$(BIN)/python -m shared.job_file_page > docs/reference/job-file.md
	$(BIN)/python -m shared.protocol_page > docs/reference/protocol.md
	$(BIN)/python -m cyxwiz.cli.reference > docs/reference/command-line.md
	$(BIN)/python -m central_server.settings_page > docs/reference/central-server.md
	$(BIN)/python -m server_node.settings_page > docs/reference/server-node.md
	$(BIN)/python -m shared.lifecycle_page > docs/internals/lifecycle.md

lock: $(INSTALLED) ## resolve the newest dependencies into every requirements*.lock
	.ci/lock $(BIN)/uv

bench: $(INSTALLED) ## print every figure, one benchmark after the other
	@for script in benchmarks/bench_*.py; do \
		name=$$(basename $$script .py); echo "== $$name"; $(BIN)/python -m benchmarks.$$name || exit 1; \
	done

clean: ## remove what make and the tools made
	rm -rf $(VENV) $(VENV).lock .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
