# Habits. `make` lists them.
.PHONY: help lint format check messages lock bench

help: ## this list
	@grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*## /\t/'

lint: ## ruff and mypy
	.venv/bin/ruff check . && .venv/bin/mypy .

format: ## write the code as ruff and djade want it
	.venv/bin/ruff check --fix -q . ; .venv/bin/ruff format . ; git ls-files 'templates/*.html' | xargs .venv/bin/djade --target-version 5.2

check: ## everything CI checks, without the suite
	scripts/check

messages: ## collect and compile translations
	.venv/bin/python manage.py makemessages -l de --no-location --no-obsolete --ignore .venv --ignore var
	.venv/bin/python manage.py compilemessages -l de --ignore .venv

lock: ## write the requirements files anew (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url -q requirements.in -o requirements.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url -q requirements-dev.in -o requirements-dev.txt

bench: ## all benchmarks
	.venv/bin/python -m bench completions
	.venv/bin/python -m bench check
