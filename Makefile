# Every target sets up what it needs: Python 3.11 or newer and make are enough. Where there are several Pythons it takes
# the fastest (bench/interpreters.py); `make PYTHON=python3.12 …` takes that one.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?=
PROCESSES ?= 4
# What may not keep its compiled code compiles it at each start. The tests see to that themselves.
unexport PYTHONDONTWRITEBYTECODE
# Two environments: .venv has what it takes to run the system, .venv-dev also what tests, checks and benches need.
RUN := .venv
DEVELOP := .venv-dev
BIN := $(DEVELOP)/bin
READY := $(DEVELOP)/ready
# The pages as a site. What builds them is installed for that alone, and removed.
SITE := gateway/rulemint_gateway/site/inline.json
PACKAGES := shared gateway rule-runner cli

.PHONY: help run logs develop test abuse faults fuzz cluster layers lint format docs docs-site sdk console-vendor console-pictures console-looks up down bench bench-pages bench-quick bench-growth bench-endurance bench-cluster compatibility soak lock clean

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(RUN)/ready ## Run the whole system on this machine: http://localhost:8080
	@echo "Starting Rulemint on $$($(RUN)/bin/python --version), $$(readlink -f $(RUN)/bin/python)"
	@$(MAKE) --silent --question $(SITE) || { echo "Building the pages of /docs, while you go on"; $(MAKE) --silent $(SITE) & }
	@exec $(RUN)/bin/rulemint dev

logs: $(RUN)/ready ## Watch the live logs of the running system
	@exec $(RUN)/bin/rulemint logs --follow

develop: $(READY) ## Set up .venv-dev, where tests, checks and benches run

test: $(READY) ## Run every test, four files at a time because they wait a lot (PROCESSES=0: one after the other)
	$(BIN)/pytest tests --numprocesses $(PROCESSES) --dist loadfile

abuse: $(READY) ## Run every hostile rule in every leg, and with each layer of the sandbox taken away; prints a table
	$(BIN)/pytest tests/abuse --abuse-everything --abuse-table -

faults: $(READY) ## Break everything once, also what takes long (about ten minutes); prints a table of what was seen
	$(BIN)/pytest tests/faults --faults-everything --faults-table -

fuzz: $(READY) ## Make up very many inputs for each property, and for each operation of the API (about ten minutes)
	$(BIN)/pytest tests/unit tests/integration/http tests/integration/hosts/test_inputs.py tests/e2e/openapi tests/e2e/config --fuzz-everything --timeout 1800

cluster: $(READY) ## Run the tests of integration and end to end on clusters of three masters and three replicas
	RULEMINT_TEST_VALKEY=cluster $(BIN)/pytest tests/integration tests/e2e --numprocesses $(PROCESSES) --dist loadfile

layers: $(READY) ## Make docs/security/layers.md anew: which layer holds what, measured on this machine
	$(BIN)/python docs/layers.py

lint: $(READY) ## Check style, types, imports, dependencies, plain English and the host programs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(PACKAGES) bench sdk tests
	$(BIN)/lint-imports
	$(BIN)/python docs/prose.py
	@for package in $(PACKAGES); do echo "deptry $$package"; (cd $$package && ../$(BIN)/deptry .) || exit 1; done
	cd sdk/python && ../../$(BIN)/deptry .
	cd sdk/javascript && ../../$(BIN)/deno lint && ../../$(BIN)/deno fmt --check
	cd rule-runner/rulemint_runner/host_programs/deno && ../../../../$(BIN)/deno check main.js && ../../../../$(BIN)/deno lint && ../../../../$(BIN)/deno fmt --check
	cd gateway/rulemint_gateway/web/console && ../../../../$(BIN)/deno check main.js && ../../../../$(BIN)/deno lint && ../../../../$(BIN)/deno fmt --check
	cd tests/unit/rulemint_gateway/web/console && ../../../../../$(BIN)/deno check && ../../../../../$(BIN)/deno lint && ../../../../../$(BIN)/deno fmt --check

format: $(READY) ## Format everything
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	cd rule-runner/rulemint_runner/host_programs/deno && ../../../../$(BIN)/deno fmt
	cd sdk/javascript && ../../$(BIN)/deno fmt
	cd gateway/rulemint_gateway/web/console && ../../../../$(BIN)/deno fmt
	cd tests/unit/rulemint_gateway/web/console && ../../../../../$(BIN)/deno fmt

docs: $(READY) ## Make docs/settings.md and docs/limits.md anew from the code, and the table of docs/reliability.md from the tests
	$(BIN)/python docs/settings.py
	$(BIN)/python docs/limits.py
	$(BIN)/python docs/faults.py

docs-site: $(RUN)/ready $(SITE) ## Build the pages of docs/ into the site that a gateway serves at /docs/

$(SITE): $(wildcard *.md docs/*.md docs/*/*.md) docs/conf.py docs/site.py docs/requirements.lock
	@python=$(RUN)/bin/python; [ -x $$python ] || python=$(BIN)/python; $$python docs/site.py

sdk: $(READY) ## Make the copies of the rule contract anew that the test kits and the console have
	$(BIN)/python sdk/derive.py
	$(BIN)/python sdk/derive_console.py

console-vendor: $(READY) ## Make the bundle of the console's third parties anew, as its lock file says
	$(BIN)/python gateway/console_vendor/bundle.py

console-pictures: $(READY) ## Make docs/pictures/console anew: every page of the console in light and dark (needs chromium)
	$(BIN)/python docs/console_pictures.py

console-looks: $(READY) ## Make tests/golden/console anew: how the console's main pages are meant to look (needs chromium)
	$(BIN)/python docs/console_looks.py

up: ## Build the images and run the system, with the demo, in containers
	docker compose --profile demo up --build --remove-orphans

down: ## Stop what `make up` started; the volumes stay
	docker compose --profile "*" down

bench: $(READY) ## Measure ours beside others and against what is to be reached (about 40 minutes)
	$(BIN)/python -m bench.goals --rounds $(or $(ROUNDS),5) --seconds $(or $(SECONDS_EACH),5)

bench-pages: bench ## The same, and write the figures into docs/performance.md and README.md
	$(BIN)/python -m bench.pages

bench-quick: $(READY) ## A look at tokens per second, ours beside others, in two minutes
	$(BIN)/python -m bench.tokens --subjects no-rule,javascript,python,oidc-inline,oidc-isolated,oidc-webhook,authlib,arq \
	  --algorithms ES256 --connections 1,32 --rounds 1 --seconds 2 --into bench/results/quick.json

bench-growth: $(READY) ## Measure more tenants, processes and clients; the first token after idle; dispatch alone
	$(BIN)/python -m bench.growth --rounds $(or $(ROUNDS),5) --seconds $(or $(SECONDS_EACH),5)

bench-endurance: $(READY) ## Ask for 80 % of what one rule can do for ten minutes: memory, latency, errors (RULE=python: that rule)
	$(BIN)/python -m bench.endurance --rule $(or $(RULE),javascript)

bench-cluster: $(READY) ## Measure what each node of a cluster does for a token, with 1, 3 and 6 shards of the queue
	$(BIN)/python -m bench.cluster --rounds $(or $(ROUNDS),3) --seconds $(or $(SECONDS_EACH),4)

compatibility: $(READY) ## Try packages of npm and PyPI, and make docs/compatibility.md anew (ONLY=axios,requests: those)
	$(BIN)/python -m bench.compatibility $(if $(ONLY),--only $(ONLY)) $(if $(AGAIN),--again)

COMPILE := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-strip-extras --quiet \
  $(foreach package,cli shared gateway rule-runner,--no-emit-package rulemint-$(package))

soak: $(READY) ## Let hostile tenants loose on a system of its own for ten minutes and time the honest ones (MINUTES=2: for two)
	$(BIN)/python -m bench.soak --minutes $(or $(MINUTES),10)

lock: $(READY) ## Make requirements-dev.lock anew, from it the parts that `make run` and the images install, and those of bench and images
	$(COMPILE) --upgrade pyproject.toml $(foreach group,build lock test lint,--group $(group)) --output-file requirements-dev.lock
	$(COMPILE) --constraint requirements-dev.lock pyproject.toml --group build --output-file requirements.lock
	$(COMPILE) --constraint requirements-dev.lock gateway/pyproject.toml cli/pyproject.toml --output-file gateway/requirements.lock
	$(COMPILE) --constraint requirements-dev.lock rule-runner/pyproject.toml --output-file rule-runner/requirements.lock
	$(COMPILE) --upgrade docs/requirements.in --output-file docs/requirements.lock
	$(COMPILE) --upgrade bench/requirements.in --output-file bench/requirements.lock
	$(COMPILE) --upgrade images/requirements.in --output-file images/requirements.lock

clean: ## Remove the environments and every cache; .rulemint stays
	rm -rf $(RUN) $(DEVELOP) $(dir $(SITE)) bench/.venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache bench/results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUN)/ready: requirements.lock
$(READY): requirements-dev.lock
# An environment that is there is brought up to date. One of another Python than PYTHON=… is made anew.
BASE := -c 'import os, sys; print(os.path.realpath(sys._base_executable))'
$(RUN)/ready $(READY): pyproject.toml $(PACKAGES:%=%/pyproject.toml) $(if $(PYTHON),FORCE)
	@set -e; trap 'exit 130' INT; folder=$(@D); lock=$(filter %.lock,$^); \
	pip="$$folder/bin/python -m pip --quiet --disable-pip-version-check install"; \
	if ! $$folder/bin/python -m pip --version >/dev/null 2>&1 || \
	  { [ -n "$(PYTHON)" ] && [ "$$($(or $(PYTHON),python3) $(BASE))" != "$$($$folder/bin/python $(BASE))" ]; }; then \
	  command -v python3 >/dev/null || { echo "Python 3.11 or newer with venv is needed (Debian, Ubuntu: apt-get install python3-venv; Fedora: dnf install python3.13)" >&2; exit 1; }; \
	  echo "1 of 3: Making $$folder, once. Looking for the fastest Python"; made=; \
	  for python in $(or $(PYTHON),$$(python3 bench/interpreters.py)); do \
	    $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$$python does not run, or is older than Python 3.11" >&2; continue; }; \
	    rm -rf $$folder; $$python -m venv $$folder && { made=yes; break; }; \
	  done; \
	  [ -n "$$made" ] || { echo "$$folder could not be made: make PYTHON=python3.12 … names the Python to use" >&2; exit 1; }; \
	fi; \
	echo "2 of 3: Installing the $$(grep -c '==' $$lock) packages of $$lock into $$folder ($(if $(filter $(RUN),$(@D)),230,750) MiB)"; \
	$$pip --require-hashes --prefer-binary -r $$lock; \
	echo "3 of 3: Installing Rulemint into $$folder"; \
	$$pip --no-deps --no-build-isolation $(PACKAGES:%=-e ./%); \
	touch $@

FORCE:
