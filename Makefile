# What people and CI run. `make` alone says what there is.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup demo ison-py test test-live check lint audit bench bench-terminusdb

CARGO ?= cargo

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install what is missing: a C linker and PostgreSQL 13 or newer
	@sh scripts/install-postgresql.sh
	@command -v $(CARGO) >/dev/null || { echo "Rust is missing: install it from https://rustup.rs and run make again" >&2; exit 1; }

demo: setup ## Build, start a private PostgreSQL, and show records in both storages
	$(CARGO) build --release -p udal-cli --locked
	target/release/udal demo

ison-py: ## Install the Python parser that tests read ISON back with, where there is Python
	@sh scripts/install-python-packages.sh target/ison-py crates/udal-format/tests/ison/requirements.txt "reading ISON back with ison-py"

test: setup ison-py check ## Run the repository's checks and every test, against a real PostgreSQL
	@sh scripts/install-pgbouncer.sh
	$(CARGO) test --workspace --locked

test-live: ## Run the behaviour suite on the TerminusDB server at UDAL_TERMINUSDB_URL; with UDAL_TERMINUSDB_RECORD=1, record it
	@test -n "$$UDAL_TERMINUSDB_URL" || { echo "set UDAL_TERMINUSDB_URL to a TerminusDB server, such as http://localhost:6363" >&2; exit 1; }
	$(CARGO) test -p udal-terminusdb --locked -- --test-threads 1

check: ## Run the repository's checks alone: dependencies, clauses, sizes, paths
	$(CARGO) run -q -p xtask --locked -- check

lint: ## Run clippy, rustfmt and cargo-deny (installs cargo-deny where it is missing)
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	$(CARGO) fmt --all --check
	@sh scripts/install-cargo-deny.sh
	$(CARGO) deny --locked check bans licenses sources

bench: setup ## Measure Udal beside the bare driver and SQLAlchemy; writes docs/benchmarks.md
	@sh scripts/install-python-packages.sh target/bench-python crates/udal/benches/sqlalchemy/requirements.txt SQLAlchemy
	$(CARGO) build --release -p udal-cli --locked
	UDAL_BENCH_PYTHON=$(CURDIR)/target/bench-python/bin/python UDAL_BENCH_PROGRAM=$(CURDIR)/target/release/udal \
		UDAL_BENCH_PAGE=$(CURDIR)/docs/benchmarks.md \
		$(CARGO) bench --locked -p udal --bench postgresql

bench-terminusdb: ## Measure Udal beside bare requests and the official client, on the server at UDAL_TERMINUSDB_URL; writes docs/benchmarks-terminusdb.md
	@test -n "$$UDAL_TERMINUSDB_URL" || { echo "set UDAL_TERMINUSDB_URL to a TerminusDB server, such as http://localhost:6363" >&2; exit 1; }
	@sh scripts/install-python-packages.sh target/bench-terminusdb crates/udal-terminusdb/benches/terminusdb/requirements.txt "the official client"
	UDAL_BENCH_PYTHON=$(CURDIR)/target/bench-terminusdb/bin/python UDAL_BENCH_DOCUMENTS=10000,100000 \
		UDAL_BENCH_PAGE=$(CURDIR)/docs/benchmarks-terminusdb.md \
		$(CARGO) bench --locked -p udal-terminusdb --bench terminusdb

audit: ## Look for known vulnerabilities in dependencies (needs the network)
	@sh scripts/install-cargo-deny.sh
	$(CARGO) deny --locked check advisories
