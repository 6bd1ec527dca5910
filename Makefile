# The two commands are `make demo` and `make test`; the rest is for those who work on Whetstone.

CARGO ?= cargo
WHET := $(or $(CARGO_TARGET_DIR),target)/release/whet
DEMO := target/demo

.PHONY: demo test check build figures docs clean

## Installs what is missing, builds, and makes examples/pricing faster.
demo: build
	@rm -rf $(DEMO) && mkdir -p $(DEMO) && cp -r examples/pricing $(DEMO)/pricing
	@cd $(DEMO)/pricing && git init -q -b main . && git add -A && \
	  git -c user.name=demo -c user.email=demo@localhost commit -q -m "pricing 1.4.0"
	$(WHET) optimize $(DEMO)/pricing --rules-only --max-time 172s --data-dir $(DEMO)/data

build:
	@scripts/install-missing
	$(CARGO) build --release --locked --bin whet --bin whet-runner

## Installs what is missing and passes every test but the long figures.
test: check
	$(CARGO) build --locked --bin whet --bin whet-runner
	$(CARGO) test --locked --workspace

check:
	@scripts/install-missing
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings -A rustdoc::private_intra_doc_links" $(CARGO) doc --locked --workspace --no-deps --quiet

## Takes the long measurements behind docs/figures.md.
figures: build
	loadtests/live-rates
	loadtests/injected-slowness
	loadtests/twelve-candidates
	loadtests/recording-overhead
	loadtests/idle-memory
	loadtests/real-packages

## Writes the documents that are made from code: command line and rules.
docs:
	UPDATE_DOCS=1 $(CARGO) test --locked --workspace --quiet generated_documents

clean:
	rm -rf $(DEMO)
