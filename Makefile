# Works with GNU make 3.81 (macOS) and bash 3.2. `make` alone tells what there is.

PORT = 8000
ARGS =

.DEFAULT_GOAL := help
.PHONY: help run test lint format pictures

help: ## Show this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -e 's/^/make /' -e 's/: .*## /	/'

run: ## Try the site on this machine, with demo stories (PORT=8001 for another port)
	@.ci/venv requirements.txt
	@.ci/try-out $(PORT)

test: ## Check the code and run all tests on SQLite and PostgreSQL (ARGS="sqlite -k word" for a part)
	@.ci/venv requirements-dev.txt
	@.venv/bin/python -m tests.run $(ARGS)

lint: ## Check only the form of the code
	@.ci/venv requirements-dev.txt
	@.venv/bin/python -m tests.run lint

format: ## Format the code, and mend what can be mended without thinking
	@.ci/venv requirements-dev.txt
	@.venv/bin/python -m ruff check --fix-only .
	@.venv/bin/python -m ruff format .

pictures: ## Take the pictures of the documentation anew
	@.ci/venv requirements-dev.txt
	@.venv/bin/python -m docs.take_pictures
