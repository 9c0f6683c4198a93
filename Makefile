# make run    set up everything, then a server and one virtual phone on an example folder
# make test   set up everything, then the tests, once
# make check  static: format, lint, types, import contracts
# make fix    what the linters can mend by themselves
# make bench  measure against dnsmasq, tftpd-hpa, nginx, rsyslog and Apache (docs/performance.md)
# make lock   choose new versions of the libraries (extras keep their names: pip, when it reads
#             hashes, wants coverage[toml] pinned as coverage[toml])

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --quiet --disable-pip-version-check
LOCK   := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
          --no-header --no-annotate --no-emit-index-url --no-strip-extras --upgrade pyproject.toml
SOURCES := src tests bench

.PHONY: run test check fix bench lock clean setup setup-dev system-packages
.DELETE_ON_ERROR:

run: setup
	@$(BIN)/ringback try

test: setup-dev system-packages
	$(BIN)/python -m pytest -n 2 --dist worksteal $(TESTS)

check: setup-dev
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

fix: setup-dev
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

bench: setup-dev system-packages
	$(BIN)/python -m bench.run $(BENCH)

lock: setup-dev
	$(PIP) install uv
	$(LOCK) --group build -o requirements.lock
	$(LOCK) --group build --group dev --constraint requirements.lock -o requirements-dev.lock

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .bench build dist

setup: $(VENV)/.run
setup-dev: $(VENV)/.dev

$(BIN)/python:
	@sh scripts/make-venv "$(PYTHON)" $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing Ringback and its libraries into $(VENV) ..."
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	@echo "Installing the test tools ..."
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

system-packages:
	@sh scripts/system-packages
