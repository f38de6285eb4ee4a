# make run | test | test-quick | check | audit | sbom | docs | bench | screenshots | format | demo-reset | clean
PYTHON ?= python3
PORT ?= 8501
BIN := .venv/bin
# Two workers, a file at a time in the order of tests/limits.py.
IN_TWO := -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: run test test-quick check audit sbom docs bench screenshots format clean demo-reset

.venv/.run: requirements.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/.dev: requirements.txt requirements-dev.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ .venv/.run

run: .venv/.run ## Prepare the database (demo city on the first start) and serve
	$(BIN)/python manage.py demo --if-empty
	@echo "http://localhost:$(PORT)"
	$(BIN)/python manage.py serve --port $(PORT)

test: .venv/.dev ## Everything, the real browser included
	$(BIN)/python -m pytest $(IN_TWO) --durations 25

test-quick: .venv/.dev ## While at work: SQLite alone, without the browser and the longest tests
	$(BIN)/python -m pytest $(IN_TWO) -m "not browser and not thorough"

check: .venv/.dev ## Lint, format, types, layers, weaknesses in the source
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml app.py manage.py pages services data

audit: .venv/.dev ## Known weaknesses of the pinned packages; needs its service on the internet
	$(BIN)/python -m tests.components audit

sbom: .venv/.dev ## Component list (CycloneDX) of what the application runs with
	$(BIN)/python -m tests.components list

docs: .venv/.dev ## Write what a machine can: the counts of attacks, the workflows, the list of components
	$(BIN)/python -m tests.counting
	$(BIN)/python -m tests.workflow_docs
	$(BIN)/python -m tests.components list

format: .venv/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/.dev ## Figures of docs/benchmarks.md, all measured in one run
	$(BIN)/python -m tests.bench

screenshots: .venv/.dev ## Take the README's pictures anew
	SCREENSHOTS=docs/images $(BIN)/python -m pytest tests/e2e/test_main_job.py

demo-reset: .venv/.run ## Throw the embedded demo database away and make it anew
	rm -rf var/cadastre.db var/cadastre.db-wal var/cadastre.db-shm var/cadastre.checkpoints.txt* var/files
	$(BIN)/python manage.py demo

clean:
	rm -rf .venv var .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
