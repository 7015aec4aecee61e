# The two commands that a newcomer needs are `make demo` and `make test`.

.PHONY: demo test bench prerequisites test-prerequisites

# Real plans that are not part of the project; tests that need them are skipped, and say so, where there are none.
ifneq ($(wildcard ../shared/corpus),)
export PERF_LOOK_CORPUS ?= $(abspath ../shared/corpus)
endif

# A test never rewrites a snapshot here.
test: export INSTA_UPDATE := no

# nextest is faster and says more; cargo's own runner does.
NEXTEST := $(shell cargo nextest --version 2>/dev/null)
RUN_TESTS := $(if $(NEXTEST),cargo nextest run --workspace --locked --no-fail-fast,cargo test --workspace --locked --no-fail-fast --lib --bins --tests)

# Shows the main job on a throw-away server.
demo: prerequisites
	cargo run --locked --package perf-look -- demo --to target/demo

# Every check that a change must pass.
test: test-prerequisites
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --locked
	$(RUN_TESTS)
	cargo test --doc --workspace --locked
	cargo bench --package perf-look-benches --locked -- --test
	@$(if $(PERF_LOOK_CORPUS),true,echo "SKIPPED: tests over many real plans; name their folder in PERF_LOOK_CORPUS")

# Measures; takes some minutes.
bench:
	cargo bench --package perf-look-benches --locked

# Installs what is missing, and says what it does.
prerequisites:
	@scripts/prerequisites

# And what only the tests need: a browser, to look at the reports with, and others' viewers, to load profiles in,
# and pages to measure.
test-prerequisites:
	@scripts/prerequisites --browser
	@scripts/prerequisites --hypopg
	@scripts/prerequisites --viewers
	@scripts/viewers
	@scripts/duckdb
	@scripts/pages
