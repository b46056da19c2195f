# Two commands for a fresh machine with Python 3.11 or newer and make:
#   make gaussian   the main demonstration: a picture, an MP4, a SavedModel
#   make test       the tests

PYTHON ?= python3
VENV ?= .venv
MUTANTS ?= 20
BIN := $(VENV)/bin
INSTALL = @echo "installing TensorFlow and what goes with it into $(VENV)" \
		"(2.5 GB or more, minutes) ..." && \
	$(BIN)/python -m pip --disable-pip-version-check install --quiet \
		--constraint constraints.txt --editable

.PHONY: gaussian saved_models test test-all test-page mutants lint audit bench clean

gaussian: $(VENV)/.run
	run=$$(date +runs/gaussian-%Y%m%d-%H%M%S); \
	$(BIN)/python scripts/gaussian.py --minibatch --log-every 100 \
		--run-dir $$run --anim-path $$run/gaussian.mp4 \
		--export $$run/saved_model

# The models that ship: after a change of what is exported, or of the training.
saved_models: $(VENV)/.run
	rm -rf saved_models/gaussian saved_models/gaussian_minibatch \
		saved_models/triangles
	$(BIN)/python scripts/gaussian.py --export saved_models/gaussian
	$(BIN)/python scripts/gaussian.py --minibatch \
		--export saved_models/gaussian_minibatch
	$(BIN)/python scripts/dcgan.py --dataset triangles --size 32 --width 32 \
		--ema 0.999 --epochs 4 --export saved_models/triangles
	$(BIN)/python -c 'from tf_gans.serving import files; \
		files.write_configs("saved_models")'

test: $(VENV)/.test
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not slow"

test-all: $(VENV)/.test
	$(BIN)/python -m pytest -n 2 --dist loadgroup

# The page of explore.py, in the Chromium or Chrome that is on the PATH.
test-page: $(VENV)/.page
	$(BIN)/python -m pytest tests/serving/test_page.py \
		tests/serving/test_page_numbers.py

# Are faults found? docs/testing.md says what it does, and how long it takes:
#   make mutants MUTANTS=5 MODULES="losses models/gan"
mutants: $(VENV)/.mutants
	OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_CPP_MIN_LOG_LEVEL=3 \
		nice $(BIN)/python -m tests.mutants --tries $(MUTANTS) $(MODULES)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Are faults of the packages known? Asks the Python advisory database.
audit: $(VENV)/bin/python
	$(BIN)/python -m pip --disable-pip-version-check install --quiet pip-audit
	$(BIN)/pip-audit --requirement constraints.txt --no-deps \
		--disable-pip

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "tf_gans needs Python 3.11 or newer; $(PYTHON) is older. Name one: make PYTHON=python3.11 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python pyproject.toml constraints.txt
	$(INSTALL) .
	touch $@

$(VENV)/.test: $(VENV)/bin/python pyproject.toml constraints.txt
	$(INSTALL) '.[test]'
	touch $@ $(VENV)/.run

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml constraints.txt
	$(INSTALL) '.[dev,serving]'
	touch $@ $(VENV)/.test $(VENV)/.run

$(VENV)/.page: $(VENV)/bin/python pyproject.toml constraints.txt
	$(INSTALL) '.[test,browser]'
	touch $@ $(VENV)/.test $(VENV)/.run

$(VENV)/.mutants: $(VENV)/bin/python pyproject.toml constraints.txt
	$(INSTALL) '.[mutants]'
	touch $@ $(VENV)/.test $(VENV)/.run

$(VENV)/.bench: $(VENV)/bin/python pyproject.toml constraints.txt
	$(INSTALL) '.[bench]'
	touch $@ $(VENV)/.run

clean:
	rm -rf $(VENV) build dist *.egg-info
