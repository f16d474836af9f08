# Commands for developers. `make` lists them. Works with GNU make 3.81 (macOS) and bash 3.2.

PORT = 8000
ARGS =

.DEFAULT_GOAL := help
.PHONY: help run test lint format bench drill messages pictures container

help: ## Show this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -e 's/^/make /' -e 's/: .*## /	/'

run: ## Try the site on this machine, with demo stories (PORT=8001 for another port)
	@.ci/venv requirements.txt
	@.ci/try-out $(PORT)

test: ## Run the linters, and all tests on SQLite and PostgreSQL (ARGS="sqlite -k word" for a part)
	@.ci/venv requirements-dev.txt
	@.venv/bin/python -m tests.run $(ARGS)

lint: ## Run only the linters
	@.ci/venv requirements-dev.txt
	@.venv/bin/python -m tests.run lint

format: ## Format the code, and apply the linters' automatic fixes
	@.ci/venv requirements-dev.txt
	@.venv/bin/python -m ruff check --fix-only .
	@.venv/bin/python -m ruff format .

bench: ## Measure the search, the server, the leak check, and pages on a slow connection (ARGS="search --sizes 1000")
	@.ci/venv requirements-dev.txt
	@.venv/bin/python -m tests.bench $(ARGS)

drill: ## Cause faults on purpose and check that the site survives them (ARGS="floods soak" for some)
	@.ci/venv requirements-dev.txt
	@.venv/bin/python -m tests.drills $(ARGS)

# site_project/words_of_wagtail rewords texts of Wagtail, and is written by hand.
messages: ## Update, compile and check the translations of the interface (needs GNU gettext)
	@.ci/venv requirements-dev.txt
	@TRY_OUT=1 .venv/bin/python manage.py makemessages --locale ar --locale es --locale fr --add-location file --no-obsolete --ignore data --ignore docs --ignore tests
	@TRY_OUT=1 .venv/bin/python manage.py compilemessages --ignore .venv
	@.venv/bin/python -m pytest -q tests/site_project/test_translations.py

pictures: ## Draw the demo's pictures again, from tests/demo_pictures/scenes (ARGS="bay lantern" for some)
	@.ci/venv requirements-dev.txt
	@.venv/bin/python -m tests.demo_pictures $(ARGS)

container: ## Build the image, run it locked down with PostgreSQL behind nginx, and check it (needs docker or podman)
	@.ci/venv requirements-dev.txt
	@.venv/bin/python -m tests.container
