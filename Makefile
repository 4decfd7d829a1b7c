# Everything that is done to the project. What each target does is in dev/, a Python package that needs
# nothing installed.  PORT=8001 make demo · make test ARGS="tests/knowledge -x" · make demo PYTHON=python3.12

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || echo python3)
export PORT ARGS SIZE ONLY

.DEFAULT_GOAL := help
.PHONY: help demo test check fmt lock assets services shell bench clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

demo: ## build and run the whole hub with demo data (PORT=8000)
	@$(PYTHON) -m dev demo

test: ## run all tests (ARGS= for pytest; REQUIRE_BROWSER=1 makes the browser tests compulsory)
	@$(PYTHON) -m dev test

check: ## format, lint, types, floor plan, templates, migrations, deployment settings, locked requirements
	@$(PYTHON) -m dev check

fmt: ## format Python and templates
	@$(PYTHON) -m dev fmt

lock: ## compile requirements*.txt and package-lock.json (ARGS=--upgrade for newer versions)
	@$(PYTHON) -m dev lock

assets: ## build the style sheets
	@$(PYTHON) -m dev assets

services: ## run PostgreSQL and Valkey alone and print their addresses
	@$(PYTHON) -m dev services

shell: ## Django's shell on the demo's database
	@$(PYTHON) -m dev shell

bench: ## measure how fast, on data that it makes (SIZE=100000 rows, ONLY=search, notifications or exchanges)
	@$(PYTHON) -m dev bench

clean: ## remove everything that was built, downloaded or loaded here
	@$(PYTHON) -m dev clean
