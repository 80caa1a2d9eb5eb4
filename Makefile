# Each target makes its own .venv and installs into it when needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TESTED := iadtln datamodules tests benchmarks

.PHONY: demo test test-fast test-random coverage check format bench results clean help

help:  ## show these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

# torch first and alone: it is the one that decides which of several builds pip takes
$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --constraint constraints.txt torch
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

demo: $(VENV)/installed  ## the main job on simulated recordings: source-only beside adapted
	$(BIN)/python -m iadtln compare --config configs/experiments/demo.yaml \
		--config configs/recipe/tuned.yaml --output runs/demo

test: $(VENV)/installed  ## the whole suite, on all cores
	$(BIN)/pytest -n auto --dist loadfile

test-fast: $(VENV)/installed  ## without the slow tests
	$(BIN)/pytest -n auto --dist loadfile -m 'not slow'

test-random: $(VENV)/installed  ## the same in a random order, which it prints
	$(BIN)/pytest -n auto --dist loadfile -p randomly

# in one process: what runs in processes of its own is not counted
coverage: $(VENV)/installed  ## the share of lines that the suite runs, at least 95 % (20 minutes)
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage report

check: $(VENV)/installed  ## lint, format, types, spelling
	$(BIN)/ruff check $(TESTED)
	$(BIN)/ruff format --check $(TESTED)
	$(BIN)/mypy
	$(BIN)/codespell $(TESTED) configs docs README.md CHANGELOG.md CONTRIBUTING.md Makefile

format: $(VENV)/installed  ## mend what can be mended
	$(BIN)/ruff check --fix $(TESTED)
	$(BIN)/ruff format $(TESTED)

bench: $(VENV)/installed  ## speed of a training step beside the plain form
	$(BIN)/python benchmarks/training.py

PLANS := measured recipes overview margins cwru_ablation_table4 cwru_bearing
results: $(VENV)/installed  ## the tables of docs/results on measured recordings (hours on two cores)
	for plan in $(PLANS); do \
		$(BIN)/python -m iadtln benchmark --config configs/benchmarks/$$plan.yaml && \
		mkdir -p docs/results/$$plan && \
		find runs/$$plan -maxdepth 1 \( -name table.md -o -name results.csv -o -name '*.png' \) \
			-exec cp {} docs/results/$$plan \; || exit 1; \
	done

clean:  ## remove the environment and caches; runs stay
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache build *.egg-info
