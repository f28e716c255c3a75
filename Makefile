# The newcomer's two commands: make demo, make test. Everything else is here too.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
RUNS   := $(VENV)/.runs-$(shell cksum < requirements.lock | cut -d' ' -f1)
DEV    := $(VENV)/.dev-$(shell cksum < requirements-dev.lock | cut -d' ' -f1)
EDX    := .venv-openedx
CAMPUS := $(EDX)/.ready-$(shell cksum < tests/lti/openedx/requirements.lock | cut -d' ' -f1)
MESSAGES := $(wildcard learning/project/locale/*/LC_MESSAGES/*.po)

.PHONY: demo test openedx lint bench browser messages format lock help
help:
	@echo "make demo   the demo school on http://127.0.0.1:8000 (Ctrl-C stops it)"
	@echo "make test   the whole suite; make lint: all checks; make bench: the measurements"

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed."; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python's venv module is missing: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# Exactly the locked packages: a changed lock means a new install.
$(RUNS): requirements.lock | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@rm -f $(VENV)/.runs-*; touch $@

$(DEV): requirements-dev.lock | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@rm -f $(VENV)/.dev-* $(VENV)/.runs-*; touch $@ $(RUNS)

# Message files, by the lock's own tool.
%.mo: %.po | $(VENV)/bin/python
	@$(BIN)/pybabel -q compile -i $< -o $@

messages: $(MESSAGES:.po=.mo)

demo: $(RUNS)
	@$(MAKE) --no-print-directory messages
	@exec $(BIN)/python manage.py demo $(ARGS)

# Platforms that the tests launch from, Open edX's LTI consumer first: under the AGPL, so in an environment of its own.
$(CAMPUS): tests/lti/openedx/requirements.lock | $(VENV)/bin/python
	$(BIN)/python -m venv $(EDX)
	$(EDX)/bin/pip install --quiet --disable-pip-version-check --retries 1 --require-hashes -r $<
	@rm -f $(EDX)/.ready-*; touch $@

openedx: $(CAMPUS)

test: $(DEV)
	@$(MAKE) --no-print-directory messages
	@$(MAKE) --no-print-directory openedx || echo "Open edX's LTI consumer could not be installed: its tests are left out (make openedx tries again)."
	$(BIN)/python -m tests.run $(ARGS)

lint: $(DEV)
	@$(MAKE) --no-print-directory messages
	$(BIN)/python -m tests.lint

bench: $(DEV)
	@$(MAKE) --no-print-directory messages
	$(BIN)/python -m benchmarks $(ARGS)

format: $(DEV)
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format --quiet .

lock: $(DEV)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml --group dev -o requirements-dev.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml --extra elasticsearch -P 'elasticsearch<9' -o requirements-elasticsearch.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate tests/lti/openedx/requirements.in -o tests/lti/openedx/requirements.lock
